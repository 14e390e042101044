"""What a section by a name or a pattern opens in a real Apache is open in its translation, or closed and listed."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.apache import imported
from tests.compat.apache.servers import HERE, answer, both, build

PAGES = [
    "www/pub.txt",
    "www/d/pub.txt",
    "www/Pub.txt",
    "www/index.html",
    "www/x/index.html",
    "www/pub.html/secret.html",
]
PAGES += ["www/public/x.html", "www/a/public/b/x.html", "www/notpublic.html", "www/w/wild/x.html", "www/w/x.html"]
PAGES += ["www/hidden/x.html", "www/x/x.html", "srv/docs/x.html", "srv/docs/public/x.html"]
PROGRAMS = ["www/s.cgi", "www/pub.cgi", "www/d/pub.cgi", "www/public/s.cgi", "www/w/wild/s.cgi", "www/public.cgi/s.cgi"]
PROGRAMS += [
    "www/run.x",
    "www/d/run.x",
    "www/refused.y",
    "www/d/refused.y",
    "cgi/s.cgi",
    "cgi/pub.cgi",
    "cgi/sub/pub.cgi",
    "cgi/public/s.cgi",
    "cgi/one.cgi",
]
PATHS = [line.split() for line in (HERE / "granted.paths").read_text().splitlines()]
BOB, ALICE = (
    {"Authorization": "Basic " + base64.b64encode(word).decode()} for word in (b"bob:builder", b"alice:wonder")
)


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """The site's files."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        build(root, {"mime.types": "text/html html\n", **{name: name for name in PAGES}}, PROGRAMS)
        yield root


@pytest.fixture(scope="module")
def ports(root: Path) -> Iterator[tuple[int, int]]:
    """The ports of Apache, and of nginx with compat behind it."""
    with both(root, "granted.conf") as found:
        yield found


@pytest.mark.parametrize(("host", "path", "apache", "ours"), PATHS)
def test_nothing_more_is_open(ports: tuple[int, int], host: str, path: str, apache: str, ours: str) -> None:
    """Whatever the name and the path behind it: what Apache closes is closed."""
    assert (ours, apache) in {("200", "200"), ("403", "200"), ("403", "403"), ("404", "403"), ("403", "404")}
    found = [answer(port, "GET", path, {"Host": f"{host}.example.org"})["status"] for port in ports]
    assert found == [apache, ours]


@pytest.mark.parametrize(
    ("host", "path", "user", "apache", "ours"),
    [
        ("users", "/pub.cgi", BOB, "200", "200"),
        ("users", "/pub.cgi/x", BOB, "200", "200"),
        ("users", "/pub.cgi", ALICE, "401", "401"),
        ("users", "/s.cgi", ALICE, "200", "200"),
        ("users", "/s.cgi/pub.cgi", BOB, "401", "403"),
        ("users", "/s.cgi/pub.cgi", ALICE, "200", "403"),
        ("users", "/cgi-bin/s.cgi/pub.cgi", BOB, "401", "403"),
        ("each", "/s.cgi", ALICE, "200", "200"),
        ("each", "/s.cgi/x", ALICE, "200", "200"),
        ("each", "/s.cgi", BOB, "401", "401"),
        ("each", "/s.cgi/pub.cgi", BOB, "401", "403"),
        ("each", "/pub.cgi/s.cgi", ALICE, "401", "403"),
        ("each", "/pub.cgi/one.cgi", ALICE, "401", "403"),
        ("each", "/cgi-bin/pub.cgi/s.cgi", ALICE, "401", "401"),
        ("each", "/cgi-bin/s.cgi/pub.cgi", ALICE, "200", "200"),
        ("each", "/cgi-bin/pub.cgi/one.cgi", ALICE, "401", "401"),
    ],
)
def test_other_users(
    ports: tuple[int, int], host: str, path: str, user: dict[str, str], apache: str, ours: str
) -> None:
    """Rules that neither open nor close alone hold where it is sure that they do; elsewhere nobody comes in."""
    headers = {"Host": f"{host}.example.org", **user}
    assert [answer(port, "GET", path, headers)["status"] for port in ports] == [apache, ours]


@pytest.mark.parametrize("host", ["runs", "kept"])
@pytest.mark.parametrize("path", ["/run.x", "/run.x/i", "/d/run.x", "/d/run.x/i", "/refused.y", "/d/refused.y"])
def test_never_as_text(ports: tuple[int, int], host: str, path: str) -> None:
    """What Apache runs by a file's name is run, or closed."""
    apache, ours = (answer(port, "GET", path, {"Host": f"{host}.example.org"}) for port in ports)
    assert (ours["status"] == "403") or (ours["body"][:7] == apache["body"][:7])
    assert apache["body"].startswith("program" if host == "runs" or path.startswith(("/run", "/d/run")) else "#!/bin")


def test_what_stays_closed_is_listed(root: Path, ports: tuple[int, int]) -> None:
    """With one sentence that says what."""
    left = imported((str(root / "httpd.conf"),)).of("not carried")
    assert {outcome.directive.name for outcome in left} == {"require", "setenv", "sethandler"}
    assert all("closed" in outcome.reason for outcome in left if outcome.directive.name == "require")
    hosts = {line for line in (root / "httpd.conf").read_text().splitlines() if "ServerName" in line}
    told = {outcome.directive.sections[0].place for outcome in left}
    assert len(hosts) - 1 - len(told) == len(["wild", "url", "slash"])
