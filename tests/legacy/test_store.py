"""The connection of a store, logins, and what the database keeps by itself."""

import threading
from datetime import UTC, datetime

import psycopg2
import pytest

from legacy import account_store, store
from legacy.config import Config
from legacy.load import make_schema


@pytest.fixture(scope="module")
def url(server):
    """An empty index."""
    url = server.create_database("store")
    make_schema(url)
    return url


@pytest.fixture
def opened(url, tmp_path):
    """A function that opens stores; all are closed afterwards."""
    stores = []

    def connect(keep=False):
        stores.append(store.Store(Config({"PYPI_DATABASE_URL": url, "PYPI_FILES": str(tmp_path)}, keep)))
        return stores[-1]

    yield connect
    for one in stores:
        one.close()


def backend(one):
    """The process id of the server's side of a connection."""
    return one.value("SELECT pg_backend_pid()")


def test_a_connection_is_closed_after_each_request(opened):
    """As CGI does."""
    one = opened()
    one.close()
    assert one.connection.closed


def test_a_kept_connection_serves_the_next_request(opened):
    """And what the first one did not commit is gone."""
    one = opened(keep=True)
    first = backend(one)
    one.execute("INSERT INTO packages (name) VALUES ('lost')")
    one.close()
    two = opened(keep=True)
    assert backend(two) == first
    assert not two.has_package("lost")


def test_a_broken_connection_is_replaced(opened, url):
    """The server was restarted, or threw us out."""
    one = opened(keep=True)
    first = backend(one)
    one.close()
    other = psycopg2.connect(url)
    other.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    other.close()
    assert backend(opened(keep=True)) != first


def test_each_thread_has_its_own(opened):
    """Two requests at once never share a transaction."""
    found = []
    thread = threading.Thread(target=lambda: found.append(backend(opened(keep=True))))
    thread.start()
    thread.join()
    assert found != [backend(opened(keep=True))]


def test_login_is_noted_once_a_minute(opened, monkeypatch):
    """last_login changes with the first login, and not with the next (B229)."""
    one = opened()
    one.execute(
        "INSERT INTO accounts_user (username, password) VALUES ('u', %s) ON CONFLICT DO NOTHING",
        account_store.hash_password("u", "pw"),
    )
    assert one.login("u", "pw")
    first = one.value("SELECT last_login FROM accounts_user WHERE username = 'u'")
    assert one.login("u", "pw")
    assert one.value("SELECT last_login FROM accounts_user WHERE username = 'u'") == first
    assert abs((datetime.now(UTC) - first).total_seconds()) < 30
    assert not one.login("u", "pW")
    assert not one.login("U", "pw")


def test_serials_follow_the_journal(opened):
    """The database keeps last_serial; nobody writes it (B267)."""
    one = opened()
    one.set_user(None, "127.0.0.1")
    one.new_package("serial")
    one.journal("serial", "1.0", "something")
    assert one.package_serial("serial") == one.last_serial()


@pytest.mark.parametrize("name", ["zope.interface", "A__b--c..d", "plain", "Uni-Code"])
def test_both_normalisations_agree(opened, name):
    """The SQL function and the one of uploads."""
    assert opened().value("SELECT normalize_pep426_name(%s)", name) == store.normalise_name(name)


def test_a_name_is_registered_once_at_a_time(opened):
    """Two spellings registered at once would both have been there."""
    one, two = opened(), opened()
    one.reserve_name("Race-Two")
    two.execute("SET lock_timeout = '100ms'")
    two.reserve_name("race-three")
    with pytest.raises(psycopg2.errors.LockNotAvailable):
        two.reserve_name("race_two")
    two.rollback()
    one.commit()
    two.reserve_name("race_two")


def test_two_first_pages_carry_one_token(opened):
    """Whichever was made first."""
    one, two = opened(), opened()
    one.new_user("racer", "racer@example.org", "Abcd1234efgh5678")
    first = one.csrf_token("racer")
    threading.Timer(0.3, one.commit).start()
    assert two.csrf_token("racer") == first


def test_a_commit_that_fails_loses_no_file(opened, tmp_path):
    """The connection broke while it was told: the row may be there, so the file stays until somebody has asked."""

    class Broken:
        def __init__(self, connection):
            self.connection = connection

        def __getattr__(self, name):
            return getattr(self.connection, name)

        def commit(self):
            self.connection.commit()
            raise psycopg2.OperationalError("server closed the connection unexpectedly")

    one = opened()
    one.execute("INSERT INTO packages (name) VALUES ('told')")
    one.execute("INSERT INTO releases (name, version) VALUES ('told', '1')")
    one.connection = Broken(one.connection)
    one.add_file("told", "1", "told-1.tgz", b"told", "sdist", "source", "")
    with pytest.raises(psycopg2.OperationalError):
        one.commit()
    one.close()
    (path,) = opened().query("SELECT path FROM release_files WHERE filename = 'told-1.tgz'")[0]
    assert (tmp_path / path).read_bytes() == b"told"
    two = opened()
    two.incoming.sweep(two.has_path)
    assert (tmp_path / path).exists()
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_a_project_is_one_upload_at_a_time(opened):
    """Uploads at once to one project waited for each other for ever, and one of them was refused."""
    one, two = opened(), opened()
    one.execute("INSERT INTO packages (name) VALUES ('busy')")
    one.commit()
    one.lock_package("busy")
    two.execute("SET lock_timeout = '100ms'")
    with pytest.raises(psycopg2.errors.LockNotAvailable):
        two.lock_package("busy")
    two.rollback()
    assert two.has_package("busy"), "who only reads does not wait"
    one.commit()
    two.lock_package("busy")
