"""What a RewriteRule forbids in a real Apache is forbidden by nginx, also where nginx cannot say when."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.apache import imported, parse, translate
from tests.compat.apache.servers import answer, both, build

BAD = {"User-Agent": "bad"}
FORBIDDEN: list[tuple[str, dict[str, str]]] = [
    *((path, {}) for path in ("/.git", "/.gitignore", "/x/.git/config", "/top", "/late", "/names/a", "/names/x.bak")),
    *((path, {}) for path in ("/names/xa", "/again/a", "/again/x/y.bak", "/again/xa")),
    *((path, {}) for path in ("/above/sub/secret", "/deep/secret", "/above/sub/one.txt", "/one.txt")),
    *((path, {}) for path in ("/aliased/sub/secret", "/inner/secret", "/outer/above/sub/secret", "/outer/names/a")),
    *(
        (path, {})
        for path in ("/asked/always", "/asked/or", "/asked/flag", "/asked/case", "/access/.x", "/access/y/.x")
    ),
    *((path, {}) for path in ("/match/secret", "/wildly/secret", "/location/secret", "/n.html", "/names/n.html")),
    *((path, {}) for path in ("/crossed/x", "/within/x", "/x/within/x", "/several/x", "/again/x/several/x")),
    ("/asked/agent", BAD),
    ("/running", {"Host": "running.example.org"}),
    ("/inherited", {"Host": "options.example.org"}),
]
MORE = ["/asked/never", "/match/open", "/wildly/open", "/location/open"]
OPEN: list[tuple[str, dict[str, str]]] = [
    *(
        (path, {})
        for path in ("/index.html", "/x/git", "/names/b", "/names/bak", "/deep/open", "/above/open", "/asked/open")
    ),
    *(
        (path, {})
        for path in (
            "/asked/agent",
            "/access/x",
            "/off/x",
            "/inherited",
            "/running",
            "/x/top",
            "/aliased/open",
            "/inner/open",
            "/outer/names/b",
        )
    ),
    ("/late", {"Host": "options.example.org"}),
]
PAGES = {
    "www/access/.htaccess": "RewriteRule (^|/)\\. - [F]\n",
    **{f"www/{path}/x": "" for path in ("crossed", "within", "x/within", "several", "names/x/several", "open")},
    "mime.types": "text/html html\n",
    **{f"www{path}": path for path in ("/index.html", "/.git", "/.gitignore", "/x/.git/config", "/x/git", "/top/x")},
    **{f"www{path}": path for path in ("/late", "/running", "/inherited", "/n.html", "/above/sub/one.txt", "/x/top")},
    **{f"www{path}": path for path in ("/names/a", "/names/b", "/names/x.bak", "/names/bak", "/names/n.html")},
    **{f"www{path}": path for path in ("/names/xa", "/names/x/y.bak", "/names/.git", "/off/x", "/asked/busy")},
    **{f"www/above/{path}": path for path in ("sub/secret", "sub/open", "open")},
    **{f"www/asked/{path}": path for path in ("always", "never", "agent", "or", "flag", "case", "open")},
    **{f"www/access/{path}": path for path in (".x", "x", "y/.x")},
    **{f"www/{place}/{name}": "" for place in ("match", "wildly", "location") for name in ("secret", "open")},
}


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """The site's files."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        build(root, PAGES, ())
        yield root


@pytest.fixture(scope="module")
def ports(root: Path) -> Iterator[tuple[int, int]]:
    """The ports of Apache, and of nginx."""
    with both(root, "forbidden.conf") as found:
        yield found


@pytest.mark.parametrize(("path", "headers"), FORBIDDEN, ids=str)
def test_forbidden_by_both(ports: tuple[int, int], path: str, headers: dict[str, str]) -> None:
    """Whatever the status is that keeps the client out."""
    found = [answer(port, "GET", path, headers)["status"] for port in ports]
    assert set(found) <= {"403", "404", "410"}, found
    assert found[0] in {found[1], "410", "404"}


@pytest.mark.parametrize("path", MORE)
def test_forbidden_in_more_cases(ports: tuple[int, int], path: str) -> None:
    """The condition or the section cannot be said: the whole place is closed."""
    assert [answer(port, "GET", path, {})["status"] for port in ports] == ["200", "403"]


@pytest.mark.parametrize(("path", "headers"), OPEN, ids=str)
def test_open_in_both(ports: tuple[int, int], path: str, headers: dict[str, str]) -> None:
    """Nothing more is closed than must be."""
    assert [answer(port, "GET", path, headers)["status"] for port in ports] == ["200", "200"]


def test_maintenance_is_no_protection(ports: tuple[int, int]) -> None:
    """A rule that says 503 in a condition that nginx cannot ask would be a site that is away for ever."""
    assert [answer(port, "GET", "/asked/busy", {})["status"] for port in ports] == ["503", "200"]


def test_all_of_it_is_told(root: Path, ports: tuple[int, int]) -> None:
    """Each rule that was not carried over as it is says so, and that it is closed."""
    left = [
        one for one in imported((str(root / "httpd.conf"),)).of("not carried") if "[R=503]" not in one.directive.raw
    ]
    rules = [one for one in left if one.directive.name == "rewriterule"]
    assert len(rules) >= 10
    assert [one for one in rules if " instead: " not in one.reason] == []


@pytest.mark.parametrize(
    ("section", "end"),
    [('<If "%{HTTP_HOST} =~ /x/">', "</If>"), ("<Location ${NOWHERE}>", "</Location>"), ("<Macro x>", "</Macro>")],
)
@pytest.mark.parametrize("engine", ["On", "Off"])
def test_a_section_that_cannot_be_said(section: str, end: str, engine: str) -> None:
    """The place around it is closed, unless no engine runs anywhere."""
    text = f"Listen 80\nDocumentRoot /w\nRewriteEngine {engine}\n{section}\nRewriteRule secret - [F]\n{end}\n"
    result = translate(parse([("main", text)], lambda name: [], {}), lambda path: "", "/etc/apache2")
    (outcome,) = [one for one in result.of("not carried") if one.directive.name == "rewriterule"]
    assert outcome.reason.startswith("closed for everybody instead: ") is (engine == "On")
    assert all(zone.body.settings.access.closed is (engine == "On") for zone in result.sites[0].zones)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (r"/\.git", True),
        ("^/srv/w/a", True),
        ("^/other/a", True),
        ("/private", True),
        ("/srv", True),
        ("/w/a", False),
        ("w/a", False),
        ("r*v/w/a", False),
        ("(w|x)/a", False),
        ("/[w]/a", False),
        (r"(^|/)\.git", False),
        ("/private|/w/a", False),
        ("^/srv/.*/a", False),
        ("^/.*/w/a", False),
    ],
)
def test_folders_that_urls_do_not_tell(expression: str, told: bool) -> None:
    """Where a part of the document root may be a part of what matches, the file's path is asked, too."""
    text = f"Listen 80\nDocumentRoot /srv/w\n<DirectoryMatch {expression}>\nRequire all denied\n</DirectoryMatch>\n"
    site = translate(parse([("main", text)], lambda name: [], {}), lambda path: "", "/etc/apache2").sites[0]
    assert any("$file_" in line for line in site.statements) is not told
    assert any("/srv/w$1" in line for line in site.statements) is not told


def test_what_opens_is_left_alone() -> None:
    """Only what keeps somebody out is closed."""
    text = "Listen 80\nDocumentRoot /srv/w\n<DirectoryMatch /w/a>\nRequire all granted\n</DirectoryMatch>\n"
    site = translate(parse([("main", text)], lambda name: [], {}), lambda path: "", "/etc/apache2").sites[0]
    assert not any("$file_" in line for line in site.statements)
