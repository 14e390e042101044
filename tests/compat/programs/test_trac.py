"""Trac as a CGI program through compat, beside its own WSGI front end on the same environment."""

from __future__ import annotations

import http.cookiejar
import importlib.util
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compat.programs.conftest import Site, program, run

CGI = """#!{python}
import os
os.environ["TRAC_ENV"] = {folder!r}
from trac.web import cgi_frontend
cgi_frontend.run()
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Trac environment with its example pages."""
    if importlib.util.find_spec("trac") is None or importlib.util.find_spec("pkg_resources") is None:
        pytest.skip("Trac, or the setuptools with pkg_resources that it needs, is not installed")
    folder = tmp_path_factory.mktemp("trac")
    words = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "trac.admin.console",
        folder / "env",
        "initenv",
        "P",
        "sqlite:db/trac.db",
    ]
    run(words, folder)
    run([*words[:6], "permission", "add", "anonymous", "TICKET_CREATE"], folder)
    program(folder / "trac.cgi", CGI.format(python=sys.executable, folder=str(folder / "env")))
    return folder


@pytest.fixture(scope="module")
def own(environment: Path, serve: Callable[..., Site]) -> Site:
    """Trac as a WSGI application."""
    return serve("trac.web.main:dispatch_request", TRAC_ENV=str(environment / "env"), PYTHONWARNINGS="ignore")


@pytest.fixture(scope="module")
def site(environment: Path, serve: Callable[..., Site], runner: str) -> Site:
    """trac.cgi behind compat."""
    return serve(f'compat:CGIScript("{environment}/trac.cgi", runner="{runner}", env={{"PYTHONWARNINGS": "ignore"}})')


def stable(page: bytes, site: Site) -> bytes:
    """Return a page without what each session and each request has of its own."""
    page = page.replace(site.url.encode(), b"SITE")
    page = re.sub(rb"\d+ (second|minute)s?", b"some time", page)
    page = re.sub(rb'(__FORM_TOKEN"? *(?:value=|:|=) *)"[0-9a-f]+"', rb'\1"TOKEN"', page)
    return re.sub(rb"(form_token\"?[:=] ?)\"[0-9a-f]+\"", rb'\1"TOKEN"', page)


@pytest.mark.parametrize("path", ["/", "/newticket", "/search?q=wiki", "/missing"])
def test_pages_as_its_own_front_end(site: Site, own: Site, path: str) -> None:
    """Status, type and text of each page are those of Trac as a WSGI application."""
    ours, theirs = site.get(path), own.get(path)
    assert (ours.status, ours.all("Content-Type")) == (theirs.status, theirs.all("Content-Type"))
    assert stable(ours.body, site) == stable(theirs.body, own)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Trac 1.6 itself reads no form with legacy-cgi (Python 3.13)")
def test_new_ticket(site: Site) -> None:
    """A form with its token and cookie makes a ticket, and the redirect leads to it."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({}))
    with browser.open(f"{site.url}/newticket", timeout=30) as form:
        token = re.search(rb'name="__FORM_TOKEN" value="([0-9a-f]+)"', form.read())
    assert token
    fields = {
        "__FORM_TOKEN": token[1].decode(),
        "field_summary": "h\xe9llo",
        "field_description": "d",
        "submit": "Create",
    }
    with browser.open(f"{site.url}/newticket", urllib.parse.urlencode(fields).encode(), timeout=30) as page:
        assert re.search(r"/ticket/\d+$", page.url)
        assert "h\xe9llo" in page.read().decode()
