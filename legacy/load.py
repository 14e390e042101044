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

from legacy.config import HERE, Config
from legacy.metadata import in_order
from legacy.store import Store, hash_password

BEGINNING = datetime(2005, 1, 1)
ADDRESS = '127.0.0.1'
TEXT, FLAG, LIST, TIME, BASE64 = 'text', 'true or false', 'a list', 'a time like 2016-01-02T03:04:05', 'base64'

USER = {'name': TEXT, 'password': TEXT, 'email': TEXT, 'admin': FLAG}
PROJECT = {'name': TEXT, 'owner': TEXT, 'maintainers': LIST, 'releases': LIST}
RELEASE = {
    'version': TEXT, 'summary': TEXT, 'description': TEXT, 'home_page': TEXT, 'license': TEXT, 'author': TEXT,
    'author_email': TEXT, 'keywords': TEXT, 'platform': TEXT, 'requires_python': TEXT, 'classifiers': LIST,
    'hidden': FLAG, 'submitted': TIME, 'files': LIST,
}
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


def load(path, database_url, files_dir):
    """Fill the empty index in a database and a folder from a seed file; returns the number of projects.

    Makes the tables where there are none. Raises BadSeed for the file, ValueError for an index that is not empty.
    """
    seed = read_seed(path)
    make_schema(database_url)
    config = Config({'PYPI_DATABASE_URL': database_url, 'PYPI_FILES': files_dir})
    store = Store(config)
    try:
        if store.value('SELECT 1 FROM packages LIMIT 1') or store.value('SELECT 1 FROM journals LIMIT 1'):
            raise ValueError('the index is not empty: load fills only a new one')
        write_users(store, seed['users'])
        execute_values(store.connection.cursor(), 'INSERT INTO trove_classifiers (classifier) VALUES %s',
                       [(text,) for text in seed['classifiers']])
        for project in seed['projects']:
            write_project(store, project)
        store.commit()
    finally:
        store.close()
    analyze(database_url)
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


def analyze(database_url):
    """Give the planner its statistics, so that plans do not depend on when autovacuum came by."""
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    try:
        connection.cursor().execute('VACUUM ANALYZE')
    finally:
        connection.close()


def write_users(store, users):
    """Accounts, active and never logged in; admins have a role without a project."""
    for user in users:
        store.execute(
            'INSERT INTO accounts_user (password, username, date_joined) VALUES (%s, %s, %s)',
            hash_password(user['name'], user['password']), user['name'], BEGINNING.replace(tzinfo=UTC))
        store.execute('INSERT INTO accounts_email (user_id, email, "primary", verified)'
                      ' SELECT id, %s, true, true FROM accounts_user WHERE username=%s', user['email'], user['name'])
    for user in users:
        if user['admin']:
            store.set_user(user['name'], ADDRESS)
            store.add_role(user['name'], 'Admin', None, BEGINNING)


def write_project(store, project):
    """A project, its roles, releases and files, with the journal they would have left."""
    name = project['name']
    created = min((release['submitted'] for release in project['releases']), default=BEGINNING)
    store.set_user(project['owner'], ADDRESS)
    store.new_package(name, created)
    store.add_role(project['owner'], 'Owner', name, created)
    for user in project['maintainers']:
        store.add_role(user, 'Maintainer', name, created)
    for release in project['releases']:
        store.new_release(name, release['version'], release, release['hidden'], release['submitted'])
        for file in release['files']:
            store.add_file(name, release['version'], file['filename'], file['content'], file['packagetype'],
                           file['python_version'], file['comment'], when=release['submitted'])
    store.set_ordering(name, in_order(release['version'] for release in project['releases']))
