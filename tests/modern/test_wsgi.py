"""modern.wsgi: one application for each environment, made at the first request."""

import pytest
from webob import Request

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


def test_servers_find_it():
    """`gunicorn modern.wsgi:application`."""
    assert isinstance(application, FromEnvironment)
