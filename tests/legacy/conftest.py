"""An embedded PostgreSQL for the tests of the old index, with seeded databases to clone, and a caller of WSGI
applications.
"""

import base64
import io
import itertools
import re
import sys
import xmlrpc.client
from pathlib import Path
from shutil import copytree
from urllib.parse import unquote_to_bytes, urlencode

import pytest

postgres = pytest.importorskip("harness.postgres")
SEED = Path(__file__).parents[2] / "recordings" / "seed.json"


@pytest.fixture(scope="session")
def server():
    """One PostgreSQL for the session."""
    with postgres.start() as running:
        yield running


@pytest.fixture(scope="session")
def seeded(server, tmp_path_factory):
    """Return prepare(seed file) -> (template database name, files folder), loading each seed once."""
    from legacy.load import load

    loaded = {}

    def prepare(seed):
        if seed not in loaded:
            name = f"seed{len(loaded)}"
            files = tmp_path_factory.mktemp("files")
            load(str(seed), server.create_database(name), str(files))
            loaded[seed] = (name, files)
        return loaded[seed]

    return prepare


@pytest.fixture(scope="session")
def database_names():
    """Names for throw-away databases."""
    return (f"scratch{number}" for number in itertools.count())


class Answer:
    """What an application answered."""

    def __init__(self, status, headers, body):
        code, _, self.reason = status.partition(" ")
        self.status = int(code)
        self.headers = headers
        self.body = body

    def header(self, name):
        """The first header of that name, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.headers} {self.body[:2000]!r}>"


def call(app, method, target, headers=(), body=b"", user=None):
    """Ask a WSGI application in process; `user` is (name, password) for Basic authentication."""
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8016",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_URI": target,
        "RAW_URI": target,
    }
    for name, value in headers:
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = value
    if user is not None:
        environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
    started, written = [], []

    def start_response(status, headers, exc_info=None):
        started[:] = [(status, headers)]
        return written.append

    result = app(environ, start_response)
    try:
        written += result
    finally:
        getattr(result, "close", lambda: None)()
    return Answer(*started[0], b"".join(written))


@pytest.fixture(scope="session")
def ask():
    """The function `call`."""
    return call


class Visitor:
    """A browser at an index of its own: sends back cookies, fills in the tokens of forms; `user` is for Basic."""

    def __init__(self, app, folder):
        self.app = app
        self.folder = folder
        self.jar = {}
        self.user = None
        self.token = None

    def get(self, target, *headers):
        """GET a page; remember its cookies and the token of its forms."""
        return self._seen(call(self.app, "GET", target, [*self._headers(), *headers], user=self.user))

    def ask(self, method, target, *headers, body=b""):
        """Send any request, with the length of its body."""
        length = [("Content-Length", str(len(body)))] if body else []
        return call(self.app, method, target, [*headers, *length], body, self.user)

    def action(self, action, /, **fields):
        """GET an action with parameters."""
        return self.get("/pypi?" + urlencode({":action": action, **fields}, doseq=True))

    def post(self, action, /, token=True, **fields):
        """POST a form as a browser does, with the token of the last form seen unless told not to."""
        if token and self.token:
            fields["CSRFToken"] = self.token
        body = urlencode({":action": action, **fields}, doseq=True).encode()
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body)))]
        return self._seen(call(self.app, "POST", "/pypi", [*headers, *self._headers()], body, self.user))

    def send(self, action, files, /, **fields):
        """POST a form with files: {name: (file name, content)}."""
        parts = [
            f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in {":action": action, **({"CSRFToken": self.token} if self.token else {}), **fields}.items()
        ]
        parts += [
            f'--B\r\nContent-Disposition: form-data; name="{key}"; filename="{name}"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n".encode()
            + content
            + b"\r\n"
            for key, (name, content) in files.items()
        ]
        body = b"".join(parts) + b"--B--\r\n"
        headers = [("Content-Type", "multipart/form-data; boundary=B"), ("Content-Length", str(len(body)))]
        return self._seen(call(self.app, "POST", "/pypi", [*headers, *self._headers()], body, self.user))

    def log_in(self, name, password):
        """Log in for a cookie, and look at the profile for the token."""
        self.jar.pop("pypi", None)
        self.user = (name, password)
        answer = self.action("login")
        self.user = None
        assert answer.status == 200, answer
        return self.action("user_form")

    def mails(self):
        """What was mailed so far."""
        path = self.folder / "mail"
        return path.read_text() if path.exists() else ""

    def call(self, method, *parameters):
        """Call by XML-RPC."""
        body = xmlrpc.client.dumps(parameters, method, allow_none=True).encode()
        headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))]
        return xmlrpc.client.loads(call(self.app, "POST", "/pypi", headers, body).body)[0][0]

    def journal(self, name):
        """[(version, action)] of a project, the oldest first."""
        rows = [row for row in self.call("changelog_since_serial", 0) if row[0] == name]
        return [(row[1], row[3]) for row in sorted(rows, key=lambda row: row[4])]

    def _headers(self):
        return [("Cookie", "; ".join(f"{name}={value}" for name, value in self.jar.items()))] if self.jar else []

    def _seen(self, answer):
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.jar[key] = rest.partition(";")[0]
        if found := re.search(rb'name="CSRFToken" value="([^"]*)"', answer.body):
            self.token = found[1].decode()
        return answer


@pytest.fixture(scope="session")
def read_only(server, seeded, database_names):
    """The URL of a database of our own seed that nobody writes to."""
    return server.create_database(next(database_names), seeded(SEED)[0])


@pytest.fixture(params=["application", "cgi"])
def reader(request, read_only, seeded, tmp_path, monkeypatch):
    """A visitor who only reads, in process and as true CGI."""
    from legacy import wsgi

    monkeypatch.setenv("PYPI_DATABASE_URL", read_only)
    monkeypatch.setenv("PYPI_FILES", str(seeded(SEED)[1]))
    monkeypatch.setenv("PYPI_BASE_URL", "http://index.example/pypi")
    return Visitor(getattr(wsgi, request.param), tmp_path)


@pytest.fixture(params=["application", "cgi"])
def visitor(request, server, seeded, database_names, tmp_path, monkeypatch):
    """A visitor of a fresh index with our own seed, in process and as true CGI."""
    from legacy import wsgi

    name = next(database_names)
    monkeypatch.setenv("PYPI_DATABASE_URL", server.create_database(name, seeded(SEED)[0]))
    monkeypatch.setenv("PYPI_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("PYPI_MAIL", str(tmp_path / "mail"))
    monkeypatch.setenv("PYPI_BASE_URL", "http://index.example/pypi")
    copytree(seeded(SEED)[1], tmp_path / "files")
    yield Visitor(getattr(wsgi, request.param), tmp_path)
    server.drop_database(name)
