"""An embedded PostgreSQL for the tests of the old index, with seeded databases to clone, and a caller of WSGI
applications.
"""

import base64
import io
import itertools
import sys
from urllib.parse import unquote_to_bytes

import pytest

postgres = pytest.importorskip("harness.postgres")


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
