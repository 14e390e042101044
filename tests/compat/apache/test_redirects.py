"""Redirects within sections and access files are for the same URLs in a real Apache and in its translation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.apache import imported
from tests.compat.apache.servers import HERE, answer, both, build

ACCESS = {
    "d": "Redirect gone /d/x.html\n",
    "h": "Redirect gone\n",
    "i": "Redirect /i/x.html /z.html\n",
    "j": "RedirectMatch x.html /z.html\nRedirectMatch 404 y\n<Files p.html>\nRedirect 410\n</Files>\n",
}
PAGES = {f"www/{folder}/{name}.html": "" for folder in "abcdefghijlm" for name in "xyp"}
PAGES |= dict.fromkeys(("www/x.html", "www/z.html", "www/f/q/x.html", "www/f/a.bak", "www/moved.html"), "")
PAGES |= dict.fromkeys(
    ("www/dm/x.html", "www/wx/x.html", "www/a/k.html", "other/k.html", "other/secret.bak", "www/b/anyx"), ""
)
PAGES |= {f"www/{folder}/.htaccess": text for folder, text in ACCESS.items()}
PATHS = [line.split() for line in (HERE / "redirects.paths").read_text().splitlines()]


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """The site's files."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        build(root, {"mime.types": "text/html html\n", **PAGES}, ("cgi/a.cgi", "cgi/b.cgi", "cgi/one/one.cgi"))
        yield root


@pytest.fixture(scope="module")
def ports(root: Path) -> Iterator[tuple[int, int]]:
    """The ports of Apache, and of nginx with compat behind it."""
    with both(root, "redirects.conf") as found:
        yield found


@pytest.mark.parametrize(("host", "path", "status"), PATHS)
def test_same_redirects(ports: tuple[int, int], host: str, path: str, status: str) -> None:
    """Of the section, and of the path, if one is named."""
    apache, ours = (answer(port, "GET", path, {"Host": f"{host}.example.org"}) for port in ports)
    assert apache["status"] == status
    assert (ours["status"], ours["location"]) == (status, apache["location"])


@pytest.mark.parametrize(
    ("path", "apache", "ours"),
    [("/dm/x.html", "410", "403"), ("/wx/x.html", "404", "403"), ("/cgi-bin/a.cgi/a.bak", "200", "403")],
)
def test_closed_instead(ports: tuple[int, int], path: str, apache: str, ours: str) -> None:
    """What refuses and cannot be said closes its place; what a name refuses is refused behind a program's, too."""
    assert [answer(port, "GET", path, {})["status"] for port in ports] == [apache, ours]


def test_what_was_not_carried(root: Path, ports: tuple[int, int]) -> None:
    """The two that are closed instead, and one that leads elsewhere by a file's name."""
    left = imported((str(root / "httpd.conf"),)).of("not carried")
    closed = [outcome.reason.startswith("closed for everybody instead: ") for outcome in left]
    assert closed == [True, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "<Files ${X}>\nRedirect 404\n</Files>",
        "RedirectMatch 404 (?|a)",
        "<Macro x>\nRedirect 403\n</Macro>",
        "<If \"-R '10.0.0.0/8'\">\nRedirect 403 /\n</If>",
    ],
)
def test_refusals_that_cannot_be_said(tmp_path: Path, text: str) -> None:
    """Nothing that they may keep back is open."""
    main = tmp_path / "httpd.conf"
    main.write_text(f"Listen 80\nLoadModule alias_module x\nDocumentRoot /srv\n{text}\n")
    result = imported((str(main),))
    (outcome,) = result.of("not carried")
    assert outcome.reason.startswith("closed for everybody instead: ")
    (site,) = result.sites
    assert site.zones[0].body.settings.access.closed or "return 403;" in site.statements
