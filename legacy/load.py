"""Fill an empty index from a seed file (docs/legacy.md has the format): the same file always gives the same rows.

A file with anything wrong in it is refused whole, with the path of the first wrong value, before a row is written.
"""

import binascii
import json
import os
from base64 import b64decode
from datetime import UTC, datetime

import psycopg2
from psycopg2.extras import execute_values

from legacy.account_store import hash_password
from legacy.config import HERE
from legacy.incoming import write_file
from legacy.metadata import in_order
from legacy.store import file_digests, seconds, stored_path

BEGINNING = datetime(2005, 1, 1)
ADDRESS = '127.0.0.1'
FIRST_USER = 2  # the schema comes with an account, deleted-user
TEXT, FLAG, LIST, TIME, BASE64 = 'text', 'true or false', 'a list', 'a time like 2016-01-02T03:04:05', 'base64'

USER = {'name': TEXT, 'password': TEXT, 'email': TEXT, 'admin': FLAG}
PROJECT = {'name': TEXT, 'owner': TEXT, 'maintainers': LIST, 'releases': LIST}
RELEASE = {
    'version': TEXT, 'summary': TEXT, 'description': TEXT, 'home_page': TEXT, 'license': TEXT, 'author': TEXT,
    'author_email': TEXT, 'keywords': TEXT, 'platform': TEXT, 'requires_python': TEXT, 'classifiers': LIST,
    'hidden': FLAG, 'submitted': TIME, 'files': LIST,
}
RELEASE_TEXTS = tuple(key for key, kind in RELEASE.items() if kind == TEXT and key != 'version')
FILE = {'filename': TEXT, 'packagetype': TEXT, 'python_version': TEXT, 'comment': TEXT, 'content_base64': BASE64}


class BadSeed(ValueError):
    """The seed is not of the format; the message begins with the path of the first wrong value."""


# -- reading --


def read_seed(path):
    """Return the checked seed in a file, times and contents decoded."""
    try:
        with open(path, encoding='utf-8') as source:
            seed = json.load(source)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadSeed('%s: %s' % (path, error)) from None
    return check_seed(seed)


def check_seed(seed):
    """Return a copy of a seed with times and contents decoded; BadSeed at the first value that is wrong."""
    parts = members(seed, 'seed', {'users': LIST, 'classifiers': LIST, 'projects': LIST})
    users, classifiers, projects = parts.values()
    users = [members(user, 'users[%d]' % n, USER) for n, user in enumerate(users)]
    for n, text in enumerate(classifiers):
        expect(isinstance(text, str), 'classifiers[%d]' % n, 'must be text')
        expect(text not in classifiers[:n], 'classifiers[%d]' % n, 'stands there twice')
    unique(users, 'users', 'name')
    unique(users, 'users', 'email')
    names = {user['name'] for user in users}
    known = set(classifiers)
    projects = [check_project(project, 'projects[%d]' % n, names, known) for n, project in enumerate(projects)]
    unique(projects, 'projects', 'name')
    filenames = [dict(file, where='projects[%d].releases[%d].files[%d]' % (p, r, f))
                 for p, project in enumerate(projects) for r, release in enumerate(project['releases'])
                 for f, file in enumerate(release['files'])]
    unique(filenames, '', 'filename')
    unique(filenames, '', 'content')
    return {'users': users, 'classifiers': classifiers, 'projects': projects}


def check_project(project, where, users, classifiers):
    """One project, its people and its releases."""
    project = members(project, where, PROJECT)
    expect(project['owner'] in users, where + '.owner', 'no such user: %r' % project['owner'])
    for n, user in enumerate(project['maintainers']):
        expect(isinstance(user, str) and user in users, '%s.maintainers[%d]' % (where, n), 'no such user: %r' % (user,))
    project['releases'] = [check_release(release, '%s.releases[%d]' % (where, n), classifiers)
                           for n, release in enumerate(project['releases'])]
    unique(project['releases'], where + '.releases', 'version')
    return project


def check_release(release, where, classifiers):
    """One release and its files."""
    release = members(release, where, RELEASE)
    for n, text in enumerate(release['classifiers']):
        expect(isinstance(text, str) and text in classifiers, '%s.classifiers[%d]' % (where, n),
               'not in the list: %r' % (text,))
    release['files'] = [check_file(file, '%s.files[%d]' % (where, n)) for n, file in enumerate(release['files'])]
    return release


def check_file(file, where):
    """One file; its name becomes a path."""
    file = members(file, where, FILE)
    name = file['filename']
    expect(name not in ('', '.', '..') and '/' not in name and '\0' not in name, where + '.filename',
           'not the name of a file: %r' % name)
    file['content'] = file.pop('content_base64')
    return file


def members(value, where, kinds):
    """Return {key: decoded value} of an object that has exactly these keys, of these kinds."""
    expect(isinstance(value, dict), where, 'must be an object')
    inside = '' if where == 'seed' else where + '.'
    for key in kinds:
        expect(key in value, inside + key, 'is missing')
    for key in value:
        expect(key in kinds, inside + key, 'is not a known key')
    return {key: decoded(value[key], inside + key, kind) for key, kind in kinds.items()}


def decoded(value, where, kind):
    """Return one value, checked for its kind."""
    try:
        return DECODE[kind](value)
    except (TypeError, ValueError, binascii.Error):
        raise BadSeed('%s: must be %s, is %s' % (where, kind, json.dumps(value)[:60])) from None


def of_type(kind):
    """A check for one type of JSON."""
    def check(value):
        if type(value) is not kind:
            raise TypeError(kind)
        return value
    return check


def text_for_sql(value):
    """Text that PostgreSQL can hold."""
    if '\0' in of_type(str)(value):
        raise ValueError('NUL')
    return value


DECODE = {
    TEXT: text_for_sql, FLAG: of_type(bool), LIST: of_type(list),
    TIME: lambda value: datetime.strptime(value, '%Y-%m-%dT%H:%M:%S'),
    BASE64: lambda value: b64decode(value, validate=True),
}


def expect(condition, where, message):
    """Raise BadSeed unless the condition holds."""
    if not condition:
        raise BadSeed('%s: %s' % (where, message))


def unique(items, where, key):
    """No two items with the same value."""
    seen = set()
    for n, item in enumerate(items):
        expect(item[key] not in seen, '%s.%s' % (item.get('where') or '%s[%d]' % (where, n), key), 'stands there twice')
        seen.add(item[key])


# -- writing --

TABLES = {
    'accounts_user': ('password', 'username', 'date_joined'),
    'accounts_email': ('user_id', 'email', '"primary"', 'verified'),
    'trove_classifiers': ('classifier',),
    'packages': ('name', 'autohide', 'comments', 'hosting_mode', 'created'),
    'roles': ('user_name', 'role_name', 'package_name'),
    'releases': ('name', 'version', *RELEASE_TEXTS, '_pypi_hidden', '_pypi_ordering', 'created'),
    'release_classifiers': ('name', 'version', 'trove_id'),
    'release_files': (
        'name', 'version', 'python_version', 'packagetype', 'comment_text', 'filename', 'path', 'size', 'has_signature',
        'md5_digest', 'sha256_digest', 'blake2_256_digest', 'downloads', 'upload_time',
    ),
    'file_registry': ('filename',),
    'journals': ('name', 'version', 'action', 'submitted_date', 'submitted_by', 'submitted_from'),
}


def load(path, database_url, files_dir):
    """Fill the empty index in a database and a folder from a seed file; returns the number of projects.

    Makes the tables where there are none. Raises BadSeed for the file, ValueError for an index that is not empty.
    """
    seed = read_seed(path)
    make_schema(database_url)
    connection = psycopg2.connect(database_url)
    try:
        with connection, connection.cursor() as cursor:
            expect_empty(cursor)
            for table, rows in seed_rows(seed).items():
                names = ', '.join(TABLES[table])
                execute_values(cursor, 'INSERT INTO %s (%s) VALUES %%s' % (table, names), rows, page_size=500)
            write_files(seed, files_dir)
        connection.autocommit = True
        connection.cursor().execute('VACUUM ANALYZE')  # else plans depend on when autovacuum comes by
    finally:
        connection.close()
    return len(seed['projects'])


def make_schema(database_url):
    """Make the tables, unless they are there."""
    connection = psycopg2.connect(database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('packages')")
            if cursor.fetchone()[0] is None:
                with open(os.path.join(HERE, 'schema.sql'), encoding='utf-8') as schema:
                    cursor.execute(schema.read())
    finally:
        connection.close()


def expect_empty(cursor):
    """Refuse an index that has anything in it."""
    for table in ('accounts_email', 'packages', 'journals', 'trove_classifiers'):
        cursor.execute('SELECT 1 FROM %s LIMIT 1' % table)
        if cursor.fetchone():
            raise ValueError('the index is not empty: load fills only a new one')


def seed_rows(seed):
    """Return {table: rows} of a checked seed, tables and rows in the order to insert them."""
    rows = {table: [] for table in TABLES}
    for number, user in enumerate(seed['users'], FIRST_USER):
        password = hash_password(user['name'], user['password'])
        rows['accounts_user'].append((password, user['name'], BEGINNING.replace(tzinfo=UTC)))
        rows['accounts_email'].append((number, user['email'], True, True))
        if user['admin']:
            rows['roles'].append((user['name'], 'Admin', None))
            rows['journals'].append((None, None, 'add Admin ' + user['name'], BEGINNING, user['name'], ADDRESS))
    rows['trove_classifiers'] = [(text,) for text in seed['classifiers']]
    ids = {text: number for number, text in enumerate(seed['classifiers'], 1)}
    for project in seed['projects']:
        add_project(rows, project, ids)
    return rows


def add_project(rows, project, classifier_ids):
    """A project, its roles, releases and files, with the journal they would have left."""
    name, owner = project['name'], project['owner']
    created = min((release['submitted'] for release in project['releases']), default=BEGINNING)

    def journal(version, action, when):
        rows['journals'].append((name, version, action, when, owner, ADDRESS))

    rows['packages'].append((name, True, True, 'pypi-explicit', created))
    journal(None, 'create', created)
    for role, user in [('Owner', owner), *(('Maintainer', user) for user in project['maintainers'])]:
        rows['roles'].append((user, role, name))
        journal(None, 'add %s %s' % (role, user), created)
    ordering = in_order(release['version'] for release in project['releases'])
    for release in project['releases']:
        version, when = release['version'], release['submitted']
        texts = [release[column] for column in RELEASE_TEXTS]
        rows['releases'].append((name, version, *texts, release['hidden'], ordering.index(version), when))
        rows['release_classifiers'] += [(name, version, classifier_ids[text]) for text in release['classifiers']]
        journal(version, 'new release', when)
        for file in release['files']:
            rows['release_files'].append(file_row(name, version, file, when))
            rows['file_registry'].append((file['filename'],))
            journal(version, 'add %s file %s' % (file['python_version'], file['filename']), when)


def file_row(name, version, file, when):
    """The release_files row of a file."""
    digests = file_digests(file['content'])
    return (name, version, file['python_version'], file['packagetype'], file['comment'], file['filename'],
            stored_path(digests, file['filename']), len(file['content']), False, *digests, 0, when)


def write_files(seed, files_dir):
    """Store the contents, dated as submitted."""
    for project in seed['projects']:
        for release in project['releases']:
            for file in release['files']:
                path = stored_path(file_digests(file['content']), file['filename'])
                write_file(files_dir, path, file['content'], seconds(release['submitted']))
