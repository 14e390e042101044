"""Section 1 of the catalogue and what hangs on it: the handler's contract, the shells around it; by number."""

import io
import os
import subprocess
import sys

import psycopg2
import pytest

from legacy.config import HERE, Config
from legacy.handler import WebUI

BOB = ("bob", "bobpw")


class Handler:
    """What a shell of 2003 offered, and no more."""

    def __init__(self, body=b""):
        self.rfile, self.wfile = io.BytesIO(body), io.BytesIO()
        self.config = Config()
        self.calls = []

    def send_response(self, code, message=""):
        """The status."""
        self.calls.append(("status", code, message))

    def send_header(self, name, value):
        """One header."""
        self.calls.append(("header", name, value))

    def set_content_type(self, value):
        """The type, which mod_python had as an attribute (I06)."""
        self.calls.append(("type", value))

    def end_headers(self):
        """The body comes next."""
        self.calls.append(("end",))


def environment(**variables):
    """The variables without which nothing works."""
    return {"REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/pypi", "PATH_INFO": "", **variables}


def test_b001_run_returns_nothing(reader):
    """All goes out through the handler."""
    handler = Handler()
    assert WebUI(handler, environment(QUERY_STRING=":action=list_classifiers")).run() is None
    assert handler.calls == [("status", 200, "OK"), ("type", "text/plain; charset=utf-8"), ("end",)]
    assert b"Framework :: Pyramid\n" in handler.wfile.getvalue()


def test_b002_one_argument_of_send_response(reader):
    """Where the oldest code answers, there is no reason phrase; the type is a header there."""
    handler = Handler()
    WebUI(handler, environment(SCRIPT_NAME="/id")).run()
    assert handler.calls[:2] == [("status", 200, ""), ("header", "Content-Type", "application/xrds+xml")]


def test_b004_address_is_required(reader):
    """A front end that sets none is broken: the constructor fails (B016)."""
    with pytest.raises(KeyError, match="REMOTE_ADDR"):
        WebUI(Handler(), {"REQUEST_METHOD": "GET"})


def test_b014_body_of_its_length(reader, ask):
    """What comes after CONTENT_LENGTH is not read; without a length there is no body."""
    from legacy.wsgi import application

    form = [("Content-Type", "application/x-www-form-urlencoded")]
    body = b":action=list_classifiers&x=y"
    for length, found in ((len(body), True), (7, False)):
        answer = ask(application, "POST", "/pypi", [*form, ("Content-Length", str(length))], body)
        assert (b"Framework :: Pyramid\n" in answer.body) == found


def test_b017_headers_that_nobody_ends(reader):
    """The login form by another method: 405 where the shell ends it, an error of the gateway where it does not."""
    answer = reader.ask("PUT", "/pypi/x/y/login_form")
    assert answer.status in (405, 500, 502)


def test_b024_user_let_in_by_ssh(reader):
    """A full login for an account that exists; the header that a client may send is another variable."""
    for user, status in (("bob", 200), ("nosuch", 401)):
        handler = Handler()
        WebUI(handler, environment(SSH_USER=user, QUERY_STRING=":action=user_form")).run()
        assert handler.calls[0][1] == status
    assert reader.get("/pypi?:action=user_form", ("SSH-User", "bob")).status == 401


def test_b026_forms_are_read_before_the_database(reader, monkeypatch):
    """A form that cannot be read is refused by an index without a database; downloads need none either."""
    monkeypatch.setenv("PYPI_DATABASE_URL", "postgresql://127.0.0.1:1/x")
    form = ("Content-Type", "application/x-www-form-urlencoded")
    assert reader.ask("POST", "/pypi", form, body=b"name=%FF").status == 400
    assert reader.get("/packages/nosuch").status == 404


@pytest.mark.parametrize("script", ["/simple/", "/serversig", "/mirrors", "/security", "/daytime", "/serial", "/id"])
def test_b027_names_without_authentication(visitor, script):
    """Credentials are not looked at there: no login is noted."""
    connection = psycopg2.connect(os.environ["PYPI_DATABASE_URL"])
    visitor.user = BOB
    visitor.get(script)
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_login FROM accounts_user WHERE username='bob'")
        assert cursor.fetchone() == (None,)
    connection.close()


def test_b051_feeds_follow_at_once(visitor):
    """After a submission the feed has it."""
    visitor.user = BOB
    visitor.post("submit", name="fresh", version="7.7")
    assert b"<title>fresh 7.7</title>" in visitor.action("rss").body
    assert b"<title>fresh added to PyPI</title>" in visitor.action("packages_rss").body


def test_b010_closed_for_maintenance(tmp_path):
    """A switch in the program: 503 in two lines, for everybody."""
    with open(f"{HERE}/pypi.cgi", encoding="utf-8") as source:
        text = source.read().replace("CLOSED = False", "CLOSED = True").replace("sys.path[0] =", "_ =")
    (tmp_path / "pypi.cgi").write_text(text)
    packages = os.pathsep.join([os.path.dirname(HERE), *sys.path])
    done = subprocess.run(
        [sys.executable, str(tmp_path / "pypi.cgi")], env={"PYTHONPATH": packages, **environment()}, capture_output=True
    )
    assert done.stdout.startswith(b"Status: 503 Server down for maintenance\r\n"), done.stderr
    assert done.stdout.partition(b"\r\n\r\n")[2].count(b"\n") == 2


def test_b165_file_without_a_time(visitor):
    """JSON cannot write it: 500."""
    connection = psycopg2.connect(os.environ["PYPI_DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE release_files SET upload_time=NULL WHERE filename='gruesse-1.0.tar.gz'")
    connection.close()
    assert visitor.get("/pypi/gruesse/json").status == 500


def test_b181_no_fields_of_metadata_1_2(visitor):
    """They are stored, and not in PKG-INFO."""
    visitor.user = BOB
    visitor.post("submit", name="fresh", version="1", requires_dist="x", requires_python=">=3", maintainer="m")
    text = visitor.action("display_pkginfo", name="fresh", version="1").body
    assert b"Maintainer: m\n" in text
    assert b"equires-Dist" not in text
    assert b"equires-Python" not in text


@pytest.mark.parametrize(
    ("target", "has_length"),
    [("/id", True), ("/simple/", True), ("/simple/demo/", True), ("/pypi?:action=purge", True), ("/pypi", False),
     ("/pypi?:action=rss", False), ("/pypi/demo/json", False)],
)  # fmt: skip
def test_b262_who_says_how_long_it_is(reader, target, has_length):
    """The oldest code and the simple index; for the rest the server does."""
    handler = Handler()
    name, _, query = target.partition("?")
    script, _, path = name[1:].partition("/")
    info = f"/{path}" if "/" in name[1:] else ""
    WebUI(handler, environment(SCRIPT_NAME=f"/{script}", PATH_INFO=info, QUERY_STRING=query)).run()
    assert any(call[:2] == ("header", "Content-Length") for call in handler.calls) == has_length


@pytest.mark.parametrize(
    ("target", "kind", "body"),
    [
        ("/pypi?:action=nosuch", "plain", b"Not Found ()\n\n"),
        ("/pypi?:action=search", "plain", b"Error processing form\n\nYou need to supply a search term\n\n"),
        ("/pypi?:action=login", "html", b"<strong>Login required</strong><br /><br />\n\nYou must login"),
    ],
)
def test_b248_error_pages(reader, target, kind, body):
    """Heading, message, content, with blank lines; as HTML where the content has markup (B251, B232)."""
    answer = reader.get(target)
    assert answer.header("Content-Type") == f"text/{kind}; charset=utf-8"
    assert answer.body.startswith(body)


def test_b278_downloads(visitor):
    """From disk, with validators, a type by the extension, and a text where there is nothing."""
    path = visitor.call("release_urls", "demo", "1.0")[1]["path"]
    answer = visitor.get(f"/packages/{path}")
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/gzip"
    tag = answer.header("ETag")
    assert visitor.get(f"/packages/{path}", ("If-None-Match", tag)).status == 304
    assert visitor.get("/packages/nosuch").status == 404
