"""The new index over our own seed, one for a session, and people who visit it. Tests make names of their own."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from webob import Request

postgres = pytest.importorskip("harness.postgres")
pytest.importorskip("pyramid")
SEED = Path(__file__).parents[2] / "recordings" / "seed.json"
BASE = "http://index.example/pypi"


@pytest.fixture(scope="session")
def modern_server():
    """One PostgreSQL for the session."""
    with postgres.start() as running:
        yield running


@pytest.fixture(scope="session")
def seeded_site(modern_server, tmp_path_factory):
    """(settings, application) of an index with our own seed, which all tests of the session share."""
    from legacy.load import load
    from modern.app import make_app
    from modern.migrations import upgrade
    from modern.settings import Settings

    folder = tmp_path_factory.mktemp("site")
    url = modern_server.create_database("site")
    load(str(SEED), url, str(folder / "files"))
    upgrade(url)
    settings = Settings(
        database_url=url, files=str(folder / "files"), mail_file=str(folder / "mail"), base_url=BASE,
        docs_url="http://docs.example",
    )  # fmt: skip
    return settings, make_app(settings)


class Person:
    """Somebody with a browser: keeps cookies, fills in tokens; `user` (name, password) is for Basic authentication."""

    def __init__(self, settings, app):
        self.settings = settings
        self.app = app
        self.jar = {}
        self.user = None
        self.token = None

    def ask(self, method, target, body=b"", **headers):
        """Send a request as it stands; return webob's response."""
        request = Request.blank(target, base_url="http://index.example", method=method, body=body)
        request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        if self.jar:
            request.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        if self.user:
            request.headers["Authorization"] = "Basic " + base64.b64encode(":".join(self.user).encode()).decode()
        return self._seen(request.get_response(self.app))

    def get(self, target, **headers):
        """GET a page."""
        return self.ask("GET", target, **headers)

    def act(self, action, /, **fields):
        """GET an action with parameters."""
        return self.get("/pypi?" + urlencode({":action": action, **fields}, doseq=True))

    def post(self, action, /, token=True, **fields):
        """POST a form, with the token of the last form seen unless told not to."""
        carried = {"CSRFToken": self.token} if token and self.token else {}
        body = urlencode({":action": action, **carried, **fields}, doseq=True).encode()
        return self.ask("POST", "/pypi", body, Content_Type="application/x-www-form-urlencoded")

    def send(self, action, files, /, **fields):
        """POST a form with files: {field: (file name, content)}."""
        texts = {":action": action, **({"CSRFToken": self.token} if self.token else {}), **fields}
        parts = [f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in texts.items()]
        for key, (name, content) in files.items():
            head = f'--B\r\nContent-Disposition: form-data; name="{key}"; filename="{name}"\r\n\r\n'
            parts += [head.encode(), content, b"\r\n"]
        return self.ask("POST", "/pypi", b"".join(parts) + b"--B--\r\n", Content_Type="multipart/form-data; boundary=B")

    def log_in(self, name, password):
        """Log in for a cookie, and look at the profile for the token."""
        self.user = (name, password)
        assert self.act("login").status_int == 200
        self.user = None
        return self.act("user_form")

    def mails(self):
        """All that was mailed to anybody."""
        path = Path(self.settings.mail_file)
        return path.read_text() if path.exists() else ""

    def _seen(self, response):
        for value in response.headers.getall("Set-Cookie"):
            key, _, rest = value.partition("=")
            self.jar[key] = rest.partition(";")[0]
        if found := re.search(rb'name="CSRFToken" value="([^"]*)"', response.body):
            self.token = found[1].decode()
        return response


@pytest.fixture
def person(seeded_site):
    """Somebody whom the shared index does not know."""
    return Person(*seeded_site)


@pytest.fixture
def another(seeded_site):
    """Somebody else."""
    return Person(*seeded_site)


@pytest.fixture
def bob(seeded_site):
    """Bob, logged in by cookie."""
    visitor = Person(*seeded_site)
    visitor.log_in("bob", "bobpw")
    return visitor


@pytest.fixture
def alice(seeded_site):
    """Alice, an administrator, logged in by cookie."""
    visitor = Person(*seeded_site)
    visitor.log_in("alice", "alicepw")
    return visitor


@pytest.fixture
def named(seeded_site):
    """named(prefix): a name that nobody has used yet."""
    settings, _ = seeded_site
    counter = Path(settings.mail_file).with_name("names")

    def fresh(prefix):
        number = len(counter.read_text()) if counter.exists() else 0
        counter.write_text("x" * (number + 1))
        return f"{prefix}{number}"

    return fresh
