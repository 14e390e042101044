"""modern.wsgi: one application for each environment, made at the first request."""

import psycopg2
import pytest
from webob import Request

from modern.migrations import upgrade
from modern.sandbox import WrongPlace
from modern.settings import SettingsError
from modern.wsgi import FromEnvironment, application


def asked(app, target):
    """The answer of an application."""
    return Request.blank(target, base_url="http://index.example").get_response(app)


def test_nothing_is_read_before_the_first_request(seeded_site):
    """The environment counts as it is then, and again when it changes."""
    environ = {}
    app = FromEnvironment(environ)
    with pytest.raises(SettingsError):
        asked(app, "/pypi")
    environ |= {"PYPI_DATABASE_URL": seeded_site[0].database_url, "PYPI_FILES": seeded_site[0].files}
    environ["PYPI_BASE_URL"] = "http://one.example/pypi"
    assert "http://one.example/pypi" in asked(app, "/pypi?:action=rss").text
    made = app._application()
    assert app._application() is made
    environ["PYPI_BASE_URL"] = "http://two.example/pypi"
    assert "http://two.example/pypi" in asked(app, "/pypi?:action=rss").text


@pytest.fixture
def environ(modern_server, tmp_path, request):
    """The environment of an index without a project, each test's own."""
    url = modern_server.create_database("wsgi_" + request.node.name)
    upgrade(url)
    return {"PYPI_DATABASE_URL": url, "PYPI_FILES": str(tmp_path / "files")}


def publish(environ):
    """Have the index be in use."""
    connection = psycopg2.connect(environ["PYPI_DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO packages (name) VALUES ('x')")
    connection.close()


def test_a_sandbox_claims_its_places(environ):
    """With its first request; from then on they are no index's, however much is in them."""
    assert asked(FromEnvironment(environ | {"PYPI_SANDBOX": "yes"}), "/simple/").status_int == 200
    publish(environ)
    assert asked(FromEnvironment(environ | {"PYPI_SANDBOX": "yes"}), "/simple/").status_int == 200
    with pytest.raises(WrongPlace, match="the database is a sandbox's"):
        asked(FromEnvironment(environ), "/simple/")


def test_an_index_is_served_as_no_sandbox(environ):
    """Each request is refused, and nothing is marked."""
    publish(environ)
    app = FromEnvironment(environ | {"PYPI_SANDBOX": "yes"})
    for _ in range(2):
        with pytest.raises(WrongPlace, match="in use and no sandbox"):
            asked(app, "/simple/")
    assert asked(FromEnvironment(environ), "/simple/").status_int == 200


def test_a_sandbox_claims_its_places_when_the_database_is_back(environ):
    """Until then there is no index, as ever."""
    url = environ["PYPI_DATABASE_URL"]
    environ["PYPI_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    app = FromEnvironment(environ)
    environ["PYPI_SANDBOX"] = "yes"
    assert asked(app, "/simple/").status_int == 503
    assert app._claimed is None
    environ["PYPI_DATABASE_URL"] = url
    assert asked(app, "/simple/").status_int == 200
    assert app._claimed is not None


def test_servers_find_it():
    """`gunicorn modern.wsgi:application`."""
    assert isinstance(application, FromEnvironment)
