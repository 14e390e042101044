"""One configuration in a real Apache, and its translation in nginx with compat: the same requests, the same answers."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.apache import imported
from tests.compat.apache.servers import HERE, answer, both, build

PAGES = {
    "www/index.html": "home",
    "www/start.html": "start",
    "www/cake.recipe": "cake",
    "www/noextension": "?",
    "www/secret.txt": "secret",
    "www/errors/404.html": "<p>not here</p>",
    "www/docs/a.html": "a",
    "www/sub/index.html": "sub",
    "www/.htpasswd": "x",
    "static/index.html": "static",
    "static/favicon.ico": "icon",
    "static/one.png": "png",
    "static/members/index.html": "members",
    "static/office/index.html": "office",
    "static/local/index.html": "local",
    "static/read/index.html": "read",
    "static/secret.txt": "secret",
    "mixed/page.html": "page",
    "mixed/both/index.html": "both",
    "mixed/plain/index.html": "plain",
    "mixed/old.cgi.txt": "old",
    "mime.types": "text/html html htm\ntext/plain txt\nimage/png png\nimage/gif gif\nimage/x-icon ico\n",
}
PROGRAMS = ("cgi-bin/env.cgi", "cgi-bin/admin.cgi", "app/app.cgi", "mixed/run.cgi", "mixed/index.cgi")
PROGRAMS += ("mixed/both/index.cgi", "mixed/plain/run.cgi")
ALICE, BOB = (base64.b64encode(word.encode()).decode() for word in ("alice:wonder", "bob:builder"))


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """The site's files."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        build(root, PAGES, PROGRAMS)
        shutil.copy(HERE / "htaccess", root / "www" / ".htaccess")
        yield root


@pytest.fixture(scope="module")
def ports(root: Path) -> Iterator[tuple[int, int]]:
    """The ports of Apache, and of nginx with compat behind it."""
    with both(root, "httpd.conf") as found:
        yield found


AS_ALICE, AS_BOB = {"Authorization": f"Basic {ALICE}"}, {"Authorization": f"Basic {BOB}"}
REQUESTS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", path, {}) for path in (HERE / "paths.txt").read_text().split()
]
REQUESTS += [
    ("GET", "/cgi-bin/admin.cgi/x", AS_ALICE),
    ("GET", "/cgi-bin/admin.cgi", AS_BOB),
    ("GET", "/cgi-bin/admin.cgi", {"Authorization": "Basic " + base64.b64encode(b"alice:wrong").decode()}),
    ("GET", "/cgi-bin/admin.cgi", {"Authorization": "Basic !!!"}),
    ("GET", "/cgi-bin/env.cgi", AS_BOB),
    ("GET", "/cgi-bin/env.cgi", {"X-Remote-User": "root", "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"}),
    ("GET", "/static/members/", AS_BOB),
    ("GET", "/item?id=12", {"User-Agent": "some badbot 1"}),
    ("GET", "/start.html", {"User-Agent": "some badbot 1"}),
    ("GET", "/a/b?c=d", {"Host": "Shop.example.net"}),
    ("GET", "/start.html", {"Host": "unknown.example.com"}),
    ("HEAD", "/start.html", {}),
    ("HEAD", "/cgi-bin/env.cgi", {}),
    ("POST", "/cgi-bin/env.cgi", {}),
    ("POST", "/item?id=12", {}),
    ("POST", "/static/read/", {}),
    ("POST", "/old/x", {}),
    ("PUT", "/app/x", {}),
]


@pytest.mark.parametrize(("method", "path", "headers"), REQUESTS, ids=lambda value: str(value)[:60])
def test_same_answer(ports: tuple[int, int], method: str, path: str, headers: dict[str, str]) -> None:
    """Both answer alike."""
    apache, ours = (answer(port, method, path, headers) for port in ports)
    assert ours == apache


@pytest.mark.parametrize("path", ["/cgi-bin/", "/cgi-bin/missing.cgi", "/mixed/none.cgi"])
def test_known_difference(ports: tuple[int, int], path: str) -> None:
    """What compat refuses keeps compat's page, where Apache shows the ErrorDocument: the import says so."""
    apache, ours = (answer(port, "GET", path, {}) for port in ports)
    assert ours["status"] == apache["status"]
    assert ours["body"] == "(own page)" != apache["body"]


def test_double_slash(ports: tuple[int, int]) -> None:
    """Apache merges slashes before the mount; compat does for a folder, not for one program."""
    assert [answer(port, "GET", "//cgi-bin//env.cgi", {})["status"] for port in ports] == ["200", "200"]
    assert [answer(port, "GET", "//app", {})["status"] for port in ports] == ["200", "404"]


def test_what_was_not_carried(root: Path, ports: tuple[int, int]) -> None:
    """Exactly what the tests above show to differ."""
    left = imported((str(root / "httpd.conf"),)).of("not carried")
    assert [outcome.directive.raw[:3] for outcome in left] == ["404", "403"]
