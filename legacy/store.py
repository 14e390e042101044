"""All SQL of the index, by hand, on psycopg2: names, versions and values in; dictionaries and lists out.

One `Store` serves one request, which commits or rolls back; nothing here writes to the client or looks at a form.
Every time written comes from Python's clock, in UTC. Where the old SQL had no ORDER BY, rows came as they lay; here
they come in the order of their insertion.
"""

import os
import re
import threading
from datetime import UTC

import psycopg2

from legacy.account_store import AccountStore, utcnow
from legacy.incoming import Incoming

RELEASE_COLUMNS = (
    'author', 'author_email', 'maintainer', 'maintainer_email', 'home_page', 'license', 'summary', 'description',
    'keywords', 'platform', 'requires_python', 'download_url',
)
DEPENDENCY_KINDS = (
    'requires', 'provides', 'obsoletes', 'requires_dist', 'provides_dist', 'obsoletes_dist', 'requires_external',
    'project_url',
)
SEARCHABLE = (
    'name', 'version', 'author', 'author_email', 'maintainer', 'maintainer_email', 'home_page', 'license', 'summary',
    'description', 'keywords', 'platform', 'download_url', '_pypi_hidden',
)

_kept = threading.local()  # the open connection of this thread, where Config.keep_connection allows one


class DuplicateFile(Exception):
    """A file of that name or with that content is stored already."""


class UsedFilename(Exception):
    """A file of that name was stored once, and is gone."""


def connect(config):
    """Return a psycopg2 connection to `config.database_url`: this thread's own open one if that is allowed and
    works.
    """
    if not config.keep_connection:
        return psycopg2.connect(config.database_url)
    key = (os.getpid(), config.database_url)
    if getattr(_kept, 'key', None) == key and _answers(_kept.connection):
        return _kept.connection
    _kept.key = None
    _kept.connection = psycopg2.connect(config.database_url)
    _kept.key = key
    return _kept.connection


def _answers(connection):
    try:
        connection.cursor().execute('SELECT 1')
    except psycopg2.Error:
        connection.close()
        return False
    return True


def normalise_name(name):
    """Fold runs of `.`, `_` and `-` and the case, as the SQL function normalize_pep426_name does."""
    return re.sub(r'[._-]+', '-', name).lower()


class Store(AccountStore):
    """The index's tables, over one connection, on behalf of at most one user."""

    def __init__(self, config):
        self.config = config
        self.username = None
        self.userip = None
        self.incoming = Incoming(config.files_dir)
        self.connection = connect(config)

    # -- plumbing --

    def query(self, sql, *args):
        """Run a SELECT, return its rows as tuples."""
        cursor = self.connection.cursor()
        cursor.execute(sql, args)
        return cursor.fetchall()

    def dicts(self, sql, *args):
        """Run a SELECT, return its rows as dictionaries."""
        cursor = self.connection.cursor()
        cursor.execute(sql, args)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def value(self, sql, *args):
        """Run a SELECT, return the first column of its first row, or None."""
        rows = self.query(sql, *args)
        return rows[0][0] if rows else None

    def execute(self, sql, *args):
        """Run a statement that returns nothing."""
        self.connection.cursor().execute(sql, args)

    def execute_unique(self, error, sql, *args):
        """Run a statement; where it breaks a uniqueness, drop the transaction and raise `error`."""
        try:
            self.execute(sql, *args)
        except psycopg2.IntegrityError:
            self.rollback()
            raise error from None

    def set_user(self, username, userip):
        """Say who acts from now on: journal rows carry both."""
        self.username = username
        self.userip = userip

    def commit(self):
        """Make everything so far durable."""
        try:
            self.connection.commit()
        except psycopg2.Error:
            self.incoming.abandon()
            raise
        self.incoming.settle()

    def rollback(self):
        """Drop everything since the last commit."""
        self.connection.rollback()
        self.incoming.undo()

    def close(self):
        """Drop what was not committed; give the connection back or close it."""
        self.incoming.undo()
        if self.config.keep_connection and not self.connection.closed:
            self.connection.rollback()
        else:
            self.connection.close()

    # -- roles --

    def has_role(self, role, package_name):
        """True if the acting user has the role for exactly that name, or globally."""
        return bool(self.query(
            'SELECT 1 FROM roles WHERE user_name=%s AND role_name=%s AND (package_name=%s OR package_name IS NULL)',
            self.username, role, package_name))

    def may_change(self, package_name):
        """True for Owner, Maintainer and Admin."""
        return any(self.has_role(role, package_name) for role in ('Admin', 'Maintainer', 'Owner'))

    def add_role(self, user, role, package_name):
        """Give a role, with its journal row."""
        self.execute('INSERT INTO roles (user_name, role_name, package_name) VALUES (%s, %s, %s)',
                     user, role, package_name)
        self.journal(package_name, None, 'add %s %s' % (role, user))

    def roles_of(self, package_name):
        """[(role, user)] of a project."""
        return self.query(
            'SELECT role_name, user_name FROM roles WHERE package_name=%s ORDER BY role_name DESC, user_name',
            package_name)

    def remove_role(self, user, role, package_name):
        """Take a role, with its journal row."""
        self.execute('DELETE FROM roles WHERE user_name=%s AND role_name=%s AND package_name=%s',
                     user, role, package_name)
        self.journal(package_name, None, 'remove %s %s' % (role, user))

    def user_has_role(self, user, role, package_name):
        """True if a user was given exactly this role."""
        return bool(self.query('SELECT 1 FROM roles WHERE user_name=%s AND role_name=%s AND package_name=%s',
                               user, role, package_name))

    def packages_of(self, user):
        """Names of the projects that a user has a role in, as people sort them."""
        return [name for name, _ in self.query(
            'SELECT DISTINCT package_name, lower(package_name) FROM roles'
            ' WHERE user_name=%s AND package_name IS NOT NULL ORDER BY 2, 1', user)]

    def role_rows(self, package_name):
        """[(role, user)] of a project, in the order they were given."""
        return self.query('SELECT role_name, user_name FROM roles WHERE package_name=%s ORDER BY ctid', package_name)

    def roles_by_user(self, user):
        """[(role, project or None)] of a user, in the order they were given."""
        return self.query('SELECT role_name, package_name FROM roles WHERE user_name=%s ORDER BY ctid', user)

    # -- journal --

    def journal(self, name, version, action):
        """Write one journal row; its id is the serial that mirrors follow."""
        when = utcnow().replace(microsecond=0)
        self.execute(
            'INSERT INTO journals (name, version, action, submitted_date, submitted_by, submitted_from)'
            ' VALUES (%s, %s, %s, %s, %s, %s)', name, version, action, when, self.username, self.userip)

    def last_serial(self):
        """The newest serial of all, or None."""
        return self.value('SELECT max(id) FROM journals')

    def changelog(self, since):
        """[(name, version, time, action, serial)] of all that happened after a time."""
        return self.query(
            'SELECT name, version, submitted_date, action, id FROM journals WHERE submitted_date > %s ORDER BY id',
            since)

    def journal_since(self, since):
        """Journal rows after a time, the oldest first."""
        return self.dicts('SELECT name, version, action, submitted_date FROM journals WHERE submitted_date > %s'
                          ' ORDER BY id', since)

    def changelog_since(self, serial):
        """[(name, version, time, action, serial)] of all that has a higher serial."""
        return self.query(
            'SELECT name, version, submitted_date, action, id FROM journals WHERE id > %s ORDER BY id', serial)

    def changed_packages(self, since):
        """Names in journal rows after a time, in the order of their first one."""
        return [name for name, _ in self.query(
            'SELECT name, min(id) FROM journals WHERE submitted_date > %s GROUP BY name ORDER BY 2', since)]

    def updated_releases(self, since):
        """[(name, version)] of visible releases made after a time, newest first."""
        return self.query(
            "SELECT j.name, j.version FROM journals j, releases r WHERE j.name=r.name AND j.version=r.version"
            " AND r._pypi_hidden=false AND j.action='new release' AND j.submitted_date > %s"
            " GROUP BY j.name, j.version ORDER BY max(j.submitted_date) DESC, max(j.id) DESC", since)

    # -- projects --

    def lock_package(self, name):
        """Have a project to ourselves until the end of the transaction, before anything of it is written: two who write
        at once would wait for each other (the journal's trigger writes the project's row after its releases), and one
        of them would fail.
        """
        self.execute('SELECT 1 FROM packages WHERE name=%s FOR NO KEY UPDATE', name)

    def reserve_name(self, name):
        """Have all spellings of a name to ourselves until the end of the transaction: of two that are registered at
        once, the second is told of the first.
        """
        self.execute('SELECT pg_advisory_xact_lock(hashtext(normalize_pep426_name(%s)))', name)

    def has_package(self, name):
        """True if a project of exactly this name is registered."""
        return bool(self.query('SELECT 1 FROM packages WHERE name=%s', name))

    def find_package(self, name):
        """The registered spelling of a name, by the SQL normalisation; None if there is none."""
        return self.value(
            'SELECT name FROM packages WHERE normalize_pep426_name(name)=normalize_pep426_name(%s)'
            ' ORDER BY name = %s DESC, created, name', name, name)

    def package_names(self):
        """All names, by the collation of the database."""
        return [name for name, in self.query('SELECT name FROM packages ORDER BY name')]

    def each_package_name(self):
        """The same, to be gone through more than once: the database keeps them, not this process."""
        return Names(self.connection)

    def package_serials(self):
        """{name: last serial}."""
        return dict(self.query('SELECT name, last_serial FROM packages ORDER BY name'))

    def package_count(self):
        """How many projects are registered."""
        return self.value('SELECT count(*) FROM packages')

    def package_serial(self, name):
        """The last serial of a project."""
        return self.value('SELECT last_serial FROM packages WHERE name=%s', name)

    def new_package(self, name):
        """Register a project."""
        self.execute(
            "INSERT INTO packages (name, autohide, comments, hosting_mode, created)"
            " VALUES (%s, true, true, 'pypi-explicit', %s)", name, utcnow())
        self.journal(name, None, 'create')

    def hides_old_releases(self, name):
        """True if a new release of the project hides the others."""
        return bool(self.value('SELECT autohide FROM packages WHERE name=%s', name))

    def set_autohide(self, name, autohide):
        """Say whether a new release hides the others."""
        self.execute('UPDATE packages SET autohide=%s WHERE name=%s', autohide, name)

    def set_docs(self, name):
        """Note that documentation was uploaded."""
        self.execute('UPDATE packages SET has_docs=true WHERE name=%s', name)
        self.journal(name, None, 'docupdate')

    def unset_docs(self, name):
        """Note that documentation was removed."""
        self.execute('UPDATE packages SET has_docs=false WHERE name=%s', name)
        self.journal(name, None, 'docdestroy')

    def hosting_mode(self, name):
        """How the simple page of a project linked elsewhere (B122), or None."""
        return self.value('SELECT hosting_mode FROM packages WHERE name=%s', name)

    def newest_packages(self, count):
        """The projects made last, with the summary of their first release."""
        return self.dicts(
            'SELECT p.name, p.created, (SELECT r.summary FROM releases r WHERE r.name=p.name'
            ' ORDER BY r._pypi_ordering DESC LIMIT 1) AS summary FROM packages p'
            ' ORDER BY p.created DESC, p.name LIMIT %s', count)

    def remove_package(self, name):
        """Delete a project and all of it but its journal, which gets one more row (B081); returns its files' paths."""
        paths = [path for path, _, _ in self.package_files(name)]
        for table in ('release_files', 'release_dependencies', 'release_classifiers', 'releases'):
            self.execute('DELETE FROM %s WHERE name=%%s' % table, name)
        self.execute('DELETE FROM roles WHERE package_name=%s', name)
        self.journal(name, None, 'remove')
        self.execute('DELETE FROM packages WHERE name=%s', name)
        return paths

    def remove_release(self, name, version):
        """Delete a release and all of it but its journal, which gets one more row; returns its files' paths."""
        paths = [file['path'] for file in self.files(name, version)]
        for table in ('release_files', 'release_dependencies', 'release_classifiers', 'releases'):
            self.execute('DELETE FROM %s WHERE name=%%s AND version=%%s' % table, name, version)
        self.journal(name, version, 'remove')
        return paths

    # -- releases --

    def release(self, name, version):
        """The row of a release, with what its project adds; None if there is none."""
        rows = self.dicts(
            'SELECT r.*, p.bugtrack_url, p.has_docs FROM packages p, releases r'
            ' WHERE p.name=r.name AND r.name=%s AND r.version=%s', name, version)
        return rows[0] if rows else None

    def releases(self, name, hidden=None):
        """Releases of a project, highest ordering first; `hidden` False or True selects."""
        wanted = '' if hidden is None else ' AND _pypi_hidden=%s' % ('true' if hidden else 'false')
        return self.dicts(
            'SELECT name, version, summary, _pypi_hidden, _pypi_ordering FROM releases WHERE name=%s' + wanted +
            ' ORDER BY _pypi_ordering DESC, version', name)

    def latest_version(self, name, hidden_too):
        """The version of highest ordering that has a `new release` journal row (B164), or None."""
        return self.value(
            "SELECT r.version FROM releases r WHERE r.name=%s AND (%s OR NOT r._pypi_hidden) AND EXISTS"
            " (SELECT 1 FROM journals j WHERE j.name=r.name AND j.version=r.version AND j.action='new release')"
            " ORDER BY r._pypi_ordering DESC, r.version LIMIT 1", name, hidden_too)

    def newest_releases(self, count):
        """The visible releases made last."""
        return self.dicts(
            'SELECT name, version, created, summary FROM releases WHERE NOT _pypi_hidden'
            ' ORDER BY created DESC, name, version LIMIT %s', count)

    def new_release(self, name, version, data):
        """Insert a release (`data`: columns that are given), its classifiers and dependencies, and its journal row."""
        columns = [column for column in RELEASE_COLUMNS if data.get(column) is not None]
        names = ['name', 'version', '_pypi_hidden', 'created', *columns]
        values = [name, version, False, utcnow(), *(data[column] for column in columns)]
        places = ', '.join(['%s'] * len(names))
        self.execute('INSERT INTO releases (%s) VALUES (%s)' % (', '.join(names), places), *values)
        if data.get('classifiers'):
            self.set_classifiers(name, version, data['classifiers'])
        for kind in DEPENDENCY_KINDS:
            if data.get(kind):
                self.set_dependencies(name, version, kind, data[kind])
        self.journal(name, version, 'new release')

    def update_release(self, name, version, changes):
        """Write changed columns, classifiers and dependencies of a release, and one journal row naming them."""
        columns = [column for column in (*RELEASE_COLUMNS, '_pypi_hidden') if column in changes]
        if columns:
            assignments = ', '.join(column + '=%s' for column in columns)
            self.execute('UPDATE releases SET %s WHERE name=%%s AND version=%%s' % assignments,
                         *(changes[column] for column in columns), name, version)
        if 'classifiers' in changes:
            self.set_classifiers(name, version, changes['classifiers'])
        for kind in DEPENDENCY_KINDS:
            if kind in changes:
                self.set_dependencies(name, version, kind, changes[kind])
        named = [*columns, *(key for key in ('classifiers', *DEPENDENCY_KINDS) if key in changes)]
        self.journal(name, version, 'update ' + ', '.join(named))

    def hide_releases_but(self, name, version):
        """Hide every other release of the project."""
        self.execute('UPDATE releases SET _pypi_hidden=true WHERE name=%s AND version<>%s AND NOT _pypi_hidden',
                     name, version)

    def set_ordering(self, name, versions):
        """Number the releases of a project by the given order, from 0, touching only what changes."""
        for number, version in enumerate(versions):
            self.execute(
                'UPDATE releases SET _pypi_ordering=%s'
                ' WHERE name=%s AND version=%s AND _pypi_ordering IS DISTINCT FROM %s',
                number, name, version, number)

    def classifiers(self):
        """All classifiers, by the collation of the database."""
        return [text for text, in self.query('SELECT classifier FROM trove_classifiers ORDER BY classifier')]

    def unknown_classifiers(self, texts):
        """Those of `texts` that are no trove classifier."""
        if not texts:
            return []
        rows = self.query('SELECT classifier FROM trove_classifiers WHERE classifier = ANY(%s)', list(texts))
        return [text for text in texts if (text,) not in rows]

    def release_classifiers(self, name, version):
        """[(classifier, its id)] of a release, by text."""
        return self.query(
            'SELECT t.classifier, t.id FROM trove_classifiers t, release_classifiers r'
            ' WHERE r.name=%s AND r.version=%s AND r.trove_id=t.id ORDER BY t.classifier', name, version)

    def set_classifiers(self, name, version, texts):
        """Replace the classifiers of a release."""
        self.execute('DELETE FROM release_classifiers WHERE name=%s AND version=%s', name, version)
        for text in texts:
            self.execute('INSERT INTO release_classifiers (name, version, trove_id)'
                         ' SELECT %s, %s, id FROM trove_classifiers WHERE classifier=%s', name, version, text)

    def dependencies(self, name, version):
        """{kind: [specifier]} of a release, only the kinds it has."""
        found = {}
        for kind, specifier in self.query(
                'SELECT kind, specifier FROM release_dependencies WHERE name=%s AND version=%s ORDER BY kind, ctid',
                name, version):
            found.setdefault(DEPENDENCY_KINDS[kind - 1], []).append(specifier)
        return found

    def set_dependencies(self, name, version, kind, specifiers):
        """Replace the dependencies of one kind."""
        number = DEPENDENCY_KINDS.index(kind) + 1
        self.execute('DELETE FROM release_dependencies WHERE name=%s AND version=%s AND kind=%s', name, version, number)
        for specifier in specifiers:
            self.execute('INSERT INTO release_dependencies (name, version, kind, specifier) VALUES (%s, %s, %s, %s)',
                         name, version, number, specifier)

    def search_releases(self, spec, operator='and'):
        """Releases matching {field: [texts]}: substrings in any case, OR within a field, `operator` between them."""
        clauses, args = [], []
        for field, texts in spec.items():
            if field == '_pypi_hidden' or field not in SEARCHABLE or not texts:
                continue
            clauses.append('(%s)' % ' OR '.join('lower(r.%s) LIKE %%s' % field for _ in texts))
            args += ['%%%s%%' % text.lower() for text in texts]
        where = '(%s)' % (' %s ' % ('OR' if operator == 'or' else 'AND')).join(clauses) if clauses else 'true'
        hidden = 'r._pypi_hidden = %s' % ('true' if spec.get('_pypi_hidden') == ['1'] else 'false')
        return self.dicts(
            'SELECT r.name, r.version, r.summary, r._pypi_ordering FROM releases r WHERE %s AND %s'
            ' ORDER BY lower(r.name), r._pypi_ordering, r.name' % (where, hidden), *args)

    def search_columns(self, term):
        """Visible releases in which any searched column contains the (lower-case) term, with those columns."""
        like = '%%%s%%' % term
        columns = ('name', 'summary', 'keywords', 'description', 'author', 'maintainer')
        return self.dicts(
            'SELECT name, version, summary, keywords, description, author, maintainer, _pypi_ordering FROM releases'
            ' WHERE NOT _pypi_hidden AND (%s) ORDER BY lower(name), _pypi_ordering'
            % ' OR '.join('lower(%s) LIKE %%s' % column for column in columns), *[like] * len(columns))

    # -- browsing by classifier --

    def trove(self):
        """{id: classifier} of all classifiers."""
        return dict(self.query('SELECT id, classifier FROM trove_classifiers'))

    def classified_releases(self, selected):
        """Visible releases that have, for each of the given sets of ids, one of its classifiers."""
        where = ''.join(
            ' AND EXISTS (SELECT 1 FROM release_classifiers c WHERE c.name=r.name AND c.version=r.version'
            ' AND c.trove_id = ANY(%s))' for _ in selected)
        return self.dicts(
            'SELECT r.name, r.version, r.summary FROM releases r WHERE NOT r._pypi_hidden' + where +
            ' ORDER BY lower(r.name), r._pypi_ordering', *[list(ids) for ids in selected])

    def classifier_ids(self):
        """[(name, version, id)] of the classifiers of all visible releases."""
        return self.query('SELECT c.name, c.version, c.trove_id FROM release_classifiers c, releases r'
                          ' WHERE c.name=r.name AND c.version=r.version AND NOT r._pypi_hidden')

    # -- files --

    def remove_file(self, name, digest):
        """Delete the row of a file of a project, with its journal row; returns its path, None where there is none."""
        rows = self.query('DELETE FROM release_files WHERE name=%s AND md5_digest=%s'
                          ' RETURNING version, filename, path', name, digest)
        if not rows:
            return None
        version, filename, path = rows[0]
        self.journal(name, version, 'remove file ' + filename)
        return path

    def files(self, name, version):
        """File rows of a release, by file name."""
        return self.dicts(
            'SELECT packagetype, python_version, comment_text, filename, md5_digest, downloads, size, has_signature,'
            ' path, upload_time FROM release_files WHERE name=%s AND version=%s ORDER BY filename', name, version)

    def package_files(self, name):
        """[(path, filename, md5)] of every release of a project, hidden ones too."""
        return self.query('SELECT path, filename, md5_digest FROM release_files WHERE name=%s ORDER BY path', name)

    def top_packages(self, number):
        """[(name, downloads)] of the projects whose files were downloaded most; None: of all."""
        return self.query('SELECT name, sum(downloads) FROM release_files GROUP BY name ORDER BY 2 DESC, 1 LIMIT %s',
                          number)

    def has_md5(self, digest):
        """True if a stored file has this digest."""
        return bool(self.query('SELECT 1 FROM release_files WHERE md5_digest=%s', digest))

    def has_file(self, name, version, filename):
        """True if the release has a file of this name."""
        return bool(self.query('SELECT 1 FROM release_files WHERE name=%s AND version=%s AND filename=%s',
                               name, version, filename))

    def add_file(self, name, version, filename, content, packagetype, python_version, comment, signature=None):
        """Insert a file row and its journal row, then put content and signature below files_dir.

        Raises DuplicateFile where name or content are stored already, UsedFilename where the name was once. The
        database finds that out, so that each refused attempt takes an id, as it always did.
        """
        when = utcnow()
        digests = file_digests(content)
        path = stored_path(digests, filename)
        self.execute_unique(
            DuplicateFile,
            'INSERT INTO release_files'
            ' (name, version, python_version, packagetype, comment_text, filename, path, size, has_signature,'
            ' md5_digest, sha256_digest, blake2_256_digest, downloads, upload_time)'
            ' VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s)',
            name, version, python_version, packagetype, comment, filename, path, len(content), signature is not None,
            *digests, when)
        self.execute_unique(UsedFilename, 'INSERT INTO file_registry (filename) VALUES (%s)', filename)
        self.journal(name, version, 'add %s file %s' % (python_version, filename))
        self.incoming.sweep(self.has_path)
        files = {path: content} if signature is None else {path: content, path + '.asc': signature}
        self.incoming.place(files, seconds(when))

    def has_path(self, path):
        """True if a file is stored there."""
        return bool(self.query('SELECT 1 FROM release_files WHERE path=%s', path))


class Names:
    """Names of all projects at one moment, read in portions each time they are gone through."""

    PORTION = 2000

    def __init__(self, connection):
        self.cursor = connection.cursor('names', scrollable=True)
        self.cursor.itersize = self.PORTION
        self.cursor.execute('SELECT name FROM packages ORDER BY name')

    def __iter__(self):
        self.cursor.scroll(0, mode='absolute')
        for name, in self.cursor:
            yield name

    def close(self):
        """Let the database forget them."""
        self.cursor.close()


def file_digests(content):
    """(MD5, SHA-256, BLAKE2b-256) of a file, in hexadecimal."""
    import hashlib
    digests = hashlib.md5(content), hashlib.sha256(content), hashlib.blake2b(content, digest_size=32)
    return tuple(digest.hexdigest() for digest in digests)


def stored_path(digests, filename):
    """Where a file is stored: AA/BB/REST/FILENAME of its BLAKE2b (B276)."""
    blake2 = digests[2]
    return '/'.join((blake2[:2], blake2[2:4], blake2[4:], filename))


def seconds(when):
    """A time of the program's clock in whole seconds since the epoch: downloads make Last-Modified and ETag of it."""
    return int(when.replace(tzinfo=UTC).timestamp())
