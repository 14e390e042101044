"""XML-RPC: a posted body in, a response document out. Methods are the functions in METHODS, each given the store first.

Faults speak Python 2 (`<type 'exceptions.ValueError'>:...`): clients have matched on them. Kept without
xmlrpc.server, whose imports alone would double the time of a CGI start.
"""

import re
from datetime import UTC, datetime
from xmlrpc.client import DateTime, Fault, Unmarshaller, dumps

from legacy import feeds
from legacy.store import SEARCHABLE

MAX_BODY = 10 * 1024 * 1024
OLD_MODULES = {'builtins': 'exceptions', 'xmlrpc.client': 'xmlrpclib'}
CONTROL_CHARACTERS = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f]')


class EntitiesForbidden(ValueError):
    """A document that declares entities: refused, whatever it would have expanded to."""

    old_type = "<class 'defusedxml.common.EntitiesForbidden'>"


def answer(env, rfile, store):
    """Return the bytes of a methodResponse to the request body; every error becomes a fault."""
    try:
        length = int(env['CONTENT_LENGTH']) if env.get('CONTENT_LENGTH') else missing_length()
        if length >= MAX_BODY:
            raise ValueError('The body is 10 MiB or more')
        body = rfile.read(length)
    except (KeyError, ValueError) as error:
        return encode(Fault(1, '%s(%r,)' % (type(error).__name__, error.args[0])))
    try:
        parameters, method = parse(body)
        return encode((call(store, method, parameters),))
    except Fault as fault:
        return encode(fault)
    except Exception as error:
        return encode(fault_of(error))


def missing_length():
    """A body without a length cannot be read by the CGI rules."""
    raise KeyError('CONTENT_LENGTH')


def encode(value):
    """The document as bytes, without the control characters that XML does not allow (B135)."""
    document = dumps(value, methodresponse=True, allow_none=True)
    return CONTROL_CHARACTERS.sub('', document).encode('utf-8', 'replace')


def fault_of(error):
    """The fault that an exception became."""
    return Fault(1, '%s:%s' % (old_type(error), error))


def old_type(error):
    """How Python 2 printed the type of an exception."""
    kind = type(error)
    if hasattr(kind, 'old_type'):
        return kind.old_type
    module = OLD_MODULES.get(kind.__module__, kind.__module__)
    return "<%s '%s.%s'>" % ('type' if module == 'exceptions' else 'class', module, kind.__name__)


def parse(body):
    """Return (parameters, method name) of a methodCall."""
    from xml.parsers import expat
    target = Unmarshaller()
    parser = expat.ParserCreate()
    parser.StartElementHandler = target.start
    parser.EndElementHandler = target.end
    parser.CharacterDataHandler = target.data
    parser.EntityDeclHandler = forbid_entity
    target.xml(None, None)
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        error.__class__.old_type = "<class 'xml.parsers.expat.ExpatError'>"
        raise
    return target.close(), target.getmethodname()


def forbid_entity(name, is_parameter_entity, value, base, system_id, public_id, notation_name):
    """expat met an entity declaration."""
    raise EntitiesForbidden('EntitiesForbidden(name=%r, system_id=%r, public_id=%r)' % (name, system_id, public_id))


def call(store, method, parameters):
    """Run one method by its name."""
    function = SYSTEM.get(method) or METHODS.get(method)
    if function is None:
        raise Exception('method "%s" is not supported' % method)
    check_count(function, method.replace('.', '_') if method in SYSTEM else function.__name__, 1 + len(parameters))
    return function(store, *parameters)


def check_count(function, name, given):
    """Refuse too few or too many arguments in the words of Python 2, which counted the store as well."""
    most = function.__code__.co_argcount
    least = most - len(function.__defaults__ or ())
    if not least <= given <= most:
        wanted = least if given < least else most
        limit = 'exactly' if least == most else 'at least' if given < least else 'at most'
        raise TypeError('%s() takes %s %d argument%s (%d given)' % (name, limit, wanted, 's'[wanted == 1:], given))


# -- the index's methods --


def list_packages(store):
    """Names of all projects."""
    return store.package_names()


def list_packages_with_serial(store):
    """{name: last serial}."""
    return store.package_serials()


def package_releases(store, package_name, show_hidden=False):
    """Versions of a project, highest first; an empty list for an unknown one."""
    return [release['version'] for release in store.releases(package_name, None if show_hidden else False)]


def release_data(store, package_name, version):
    """The metadata of a release; an empty struct for an unknown one."""
    release = store.release(package_name, version)
    if release is None:
        return {}
    return feeds.release_info(store.config, release, store.release_classifiers(package_name, version),
                              store.dependencies(package_name, version))


def release_urls(store, package_name, version):
    """The files of a release, by file name."""
    return [feeds.file_info(store.config, file, lambda time: DateTime(time.strftime('%Y%m%dT%H:%M:%S')))
            for file in store.files(package_name, version)]


def search(store, spec, operator='and'):
    """Visible releases whose fields contain the given texts; unknown fields are ignored, unknown operators mean
    `and`.
    """
    wanted = {field: value if isinstance(value, list) else [value]
              for field, value in spec.items() if field in SEARCHABLE}
    wanted.pop('_pypi_hidden', None)
    return store.search_releases(wanted, operator)


def updated_releases(store, since):
    """[name, version] of visible releases made since, newest first."""
    return [list(row) for row in store.updated_releases(moment(since))]


def changelog(store, since, with_ids=False):
    """[name, version, time, action(, serial)] of journal rows after a time."""
    rows = [event(row) for row in store.changelog(moment(since))]
    return rows if with_ids else [row[:4] for row in rows]


def changelog_since_serial(store, since):
    """[name, version, time, action, serial] of journal rows with a higher serial."""
    return [event(row) for row in store.changelog_since(since)]


def changelog_last_serial(store):
    """The newest serial, or nil."""
    return store.last_serial()


def changed_packages(store, since):
    """Names of projects with journal rows after a time."""
    return store.changed_packages(moment(since))


def user_packages(store, user):
    """[role, project] of a user."""
    return [list(row) for row in store.roles_by_user(user)]


def package_roles(store, package_name):
    """[role, user] of a project."""
    return [list(row) for row in store.role_rows(package_name)]


def package_hosting_mode(store, package_name):
    """How the simple page of a project links elsewhere."""
    return store.hosting_mode(package_name)


def release_downloads(store, package_name, version):
    """[file name, downloads] of a release: counts ended with May 2016."""
    return [[file['filename'], file['downloads']] for file in store.files(package_name, version)]


def top_packages(store, number=None):
    """[name, downloads] of the projects downloaded most."""
    return [list(row) for row in store.top_packages(number)]


def browse(store, categories):
    """[name, version] of visible releases that have all of the given classifiers, or ones below them."""
    from legacy.browse import below
    if not isinstance(categories, list):
        raise TypeError('Parameter categories must be a list')
    trove = store.trove()
    ids = {text: id for id, text in trove.items()}
    for category in categories:
        if category not in ids:
            raise ValueError('Unknown category "%s"' % category)
    found = store.classified_releases([below(ids[category], trove) for category in categories])
    return [[release['name'], release['version']] for release in found]


def post_cheesecake_for_release(store, package_name, version, scores, password):
    """Scores of a rating service that is no more: nobody knows its password."""
    raise ValueError('Bad password.')


def moment(since):
    """Seconds since the epoch as the database has times; a longer number was no int in Python 2."""
    assert isinstance(since, int), ''
    assert -2 ** 63 <= since < 2 ** 63, ''
    return datetime.fromtimestamp(since, UTC).replace(tzinfo=None)


def event(row):
    """A journal row with its time as seconds since the epoch."""
    name, version, when, action, serial = row
    return [name, version, int(when.replace(tzinfo=UTC).timestamp()), action, serial]


METHODS = {function.__name__: function for function in (
    list_packages, list_packages_with_serial, package_releases, release_data, release_urls, search, updated_releases,
    changelog, changelog_since_serial, changelog_last_serial, changed_packages, user_packages, package_roles,
    package_hosting_mode, release_downloads, top_packages, browse, post_cheesecake_for_release)}
METHODS.update(package_urls=release_urls, package_data=release_data)  # the names of 2005


# -- the dispatcher's own methods --


def list_methods(store):
    """system.listMethods."""
    return sorted([*METHODS, *SYSTEM])


def method_help(store, name):
    """system.methodHelp."""
    function = METHODS.get(name) or SYSTEM.get(name)
    return function.__doc__ or '' if function else ''


def method_signature(store, name):
    """system.methodSignature: never known."""
    return 'signatures not supported'


def multicall(store, calls):
    """system.multicall: each result in an array of one, each fault as a struct."""
    if len(calls) > 100:
        # The old code meant to raise a Fault and had not imported it; clients saw this text (B159).
        raise NameError("global name 'Fault' is not defined")
    results = []
    for item in calls:
        try:
            results.append([call(store, item['methodName'], item['params'])])
        except Exception as error:
            fault = error if isinstance(error, Fault) else fault_of(error)
            results.append({'faultCode': fault.faultCode, 'faultString': fault.faultString})
    return results


SYSTEM = {'system.listMethods': list_methods, 'system.methodHelp': method_help,
          'system.methodSignature': method_signature, 'system.multicall': multicall}
