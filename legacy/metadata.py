"""The rules a release's metadata must keep: a form in; clean data, or ValueError with the old server's words, out.

Messages quote values as Python 2 did (`u'...'`): clients print them. No SQL and no output here.
"""

import re

from legacy.forms import FileUpload
from legacy.store import DEPENDENCY_KINDS

LISTS = ('classifiers', *DEPENDENCY_KINDS)
FORBIDDEN_NAMES = ('requirements.txt', 'rrequirements.txt')  # typos of `pip install -r` must not find a project
# What the metadata library of the time called missing, in its order.
REQUIRED_1_2 = (('Home-page', 'home_page'), ('Author', 'author'))

LEGAL_NAME = re.compile(r'[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?', re.IGNORECASE | re.ASCII)
DOTTED_NAME = re.compile(r'\s*([a-z_]\w*(?:\.[a-z_]\w*)*)(.*)', re.IGNORECASE | re.DOTALL)
COMPARISON = re.compile(r'\s*(<=|>=|<|>|!=|==)\s*([^\s,]+)\s*')
STRICT_VERSION = re.compile(r'\d+\.\d+(\.\d+)?([ab]\d+)?')
PROVISION = re.compile(r'\s*[a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)*(?:\s*\(\s*([^)\s]+)\s*\))?\s*')


def u_repr(value):
    """repr() as Python 2 gave it: texts, also those in lists, carry a `u` and escape what is not ASCII."""
    if isinstance(value, list):
        return '[%s]' % ', '.join(u_repr(item) for item in value)
    return 'u' + ascii(value) if isinstance(value, str) else repr(value)


def form_metadata(form):
    """Return {field: text or list} of the form's metadata: keys in lower case, values stripped, uploads left out
    (B193).
    """
    data = {}
    for key, value in form.items():
        key = key.lower()
        values = [item.strip() for item in as_list(value) if not isinstance(item, FileUpload)]
        if key.startswith(':') or not values:
            continue
        if key in LISTS:
            data[key] = [line.strip() for item in values for line in item.split('\n') if line.strip()]
        else:
            data[key] = ','.join(values)
    return data


def as_list(value):
    """A value of a form as a list."""
    return value if isinstance(value, list) else [value]


def validate(data, unknown_classifiers):
    """Raise ValueError for the first rule that `data` breaks; `unknown_classifiers` looks up classifier texts."""
    for field in ('name', 'version'):
        if not data.get(field):
            raise ValueError('Missing required field "%s"' % field)
    if not LEGAL_NAME.fullmatch(data['name']):
        raise ValueError('Invalid package name')
    check_version(data['version'])
    for kind in ('requires', 'obsoletes'):
        check_each(kind, data, check_predicate)
    check_each('provides', data, check_provision)
    for classifier in unknown_classifiers(data.get('classifiers') or []):
        raise ValueError('Invalid classifier "%s"' % classifier)
    if data.get('metadata_version') == '1.2':
        check_1_2(data)
    for field in ('download_url', 'home_page'):
        check_url(data.get(field))


def check_version(version):
    """PEP 440, without a local part."""
    from packaging.version import InvalidVersion, Version
    if version.strip() != version:
        raise ValueError('Invalid version, cannot have leading or trailing whitespace.')
    try:
        parsed = Version(version)
    except InvalidVersion:
        raise ValueError('Invalid version, cannot be parsed as a valid PEP 440 version.') from None
    if parsed.local is not None:
        raise ValueError('Invalid version, cannot use PEP 440 local versions on PyPI.')


def check_each(kind, data, check):
    """Apply a check to every value of one kind."""
    for value in data.get(kind) or ():
        try:
            check(value)
        except ValueError as error:
            raise ValueError('Bad "%s" syntax: %s' % (kind, error)) from None


def check_predicate(text):
    """`dotted.name (>=1.0, <2.0)`, as PEP 314 has it."""
    if not text.strip():
        raise ValueError('Empty package restriction')
    match = DOTTED_NAME.fullmatch(text)
    if not match:
        raise ValueError('Bad package name in %s' % text)
    rest = match.group(2).strip()
    if not rest:
        return
    if not (rest.startswith('(') and rest.endswith(')')):
        raise ValueError('Expected parenthesized list: %s' % rest)
    for comparison in rest[1:-1].split(','):
        found = COMPARISON.fullmatch(comparison)
        if not found:
            raise ValueError('Bad package restriction syntax: %s' % comparison)
        check_strict(found.group(2))


def check_provision(text):
    """`dotted.name (1.0)`."""
    match = PROVISION.fullmatch(text)
    if not match:
        raise ValueError('illegal provides specification: %s' % u_repr(text))
    if match.group(1):
        check_strict(match.group(1))


def check_strict(version):
    """Two or three numbers and at most an a or b tag, as distutils' strict versions."""
    if not STRICT_VERSION.fullmatch(version):
        raise ValueError("invalid version number '%s'" % version)


def check_1_2(data):
    """The extra rules for those who say that they write metadata version 1.2."""
    for label, field in REQUIRED_1_2:
        if not data.get(field):
            raise ValueError('"%s" is missing' % label)


def check_url(url):
    """An absolute http or https URI, or the UNKNOWN that distutils writes for a missing one."""
    if not url or url == 'UNKNOWN':
        return
    scheme, colon, rest = url.partition('://')
    if not colon or not scheme or not rest.partition('/')[0]:
        raise ValueError('Invalid URI: %s' % u_repr(url))
    if scheme not in ('http', 'https'):
        raise ValueError('Invalid scheme %s for URI %s' % (u_repr(scheme), u_repr(url)))


def in_order(versions):
    """Return versions from lowest to highest: those that PEP 440 does not know come first."""
    return sorted(versions, key=version_key)


def version_key(version):
    """A sort key: PEP 440's order, or for other texts the piecewise order that setuptools had before it."""
    from packaging.version import InvalidVersion, Version
    try:
        return 1, Version(version), ()
    except InvalidVersion:
        return 0, 0, tuple(old_pieces(version))


def old_pieces(version):
    """Numbers padded so that they compare as texts, words marked so that they sort before numbers."""
    for piece in re.findall(r'\d+|[a-z]+|-', version.lower()):
        if piece.isdigit():
            yield piece.zfill(8)
        elif piece == '-':
            yield '*final-'
        else:
            yield '*' + {'alpha': 'a', 'beta': 'b', 'rc': 'c', 'pre': 'c', 'dev': '@'}.get(piece, piece)
    yield '*final'


def pkginfo_metadata(text):
    """Return the metadata of a PKG-INFO file as `form_metadata` does of a form; the description loses its indent."""
    from email.parser import HeaderParser
    message = HeaderParser().parsestr(text)
    data = {}
    for name in dict.fromkeys(key.lower() for key in message.keys()):
        values = message.get_all(name)
        field = {'classifier': 'classifiers'}.get(name, name).replace('-', '_')
        if field in LISTS:
            data[field] = [value.strip() for value in values]
        elif field == 'description':
            data[field] = '\n'.join(line.removeprefix(' ' * 8) for line in values[0].split('\n'))
        else:
            data[field] = ','.join(values)
    return data
