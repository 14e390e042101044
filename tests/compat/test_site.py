"""Several applications on one site, and the health endpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from compat import CGIDirectory, ConfigurationError, StaticFiles
from compat.errors import RequestError
from compat.site import Health, Site


def named(name: str) -> Any:
    """An application that answers with its name and the path it sees."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{name} {environ['PATH_INFO']}".encode()]

    return application


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", b"files /"),
        ("/cgi-bin", b"cgi /cgi-bin"),
        ("/cgi-bin/a/b", b"cgi /cgi-bin/a/b"),
        ("/cgi-bins", b"files /cgi-bins"),
        ("/cgi-bin/icons/x.png", b"icons /cgi-bin/icons/x.png"),
        ("", b"files "),
        ("//cgi-bin/a", b"cgi //cgi-bin/a"),
        ("/./cgi-bin/a", b"cgi /./cgi-bin/a"),
        ("/x/../cgi-bin/a", b"cgi /x/../cgi-bin/a"),
        ("/cgi-bin/../a", b"files /cgi-bin/../a"),
        ("/cgi-bin//icons/a", b"icons /cgi-bin//icons/a"),
        ("/cgi-bin/..", b"files /cgi-bin/.."),
        ("*", b"files *"),
    ],
)
def test_longest_prefix(ask: Callable[..., Any], path: str, body: bytes) -> None:
    """The longest prefix of the path without dots and empty segments answers, and sees the path as it was."""
    site = Site({"/": named("files"), "/cgi-bin": named("cgi"), "/cgi-bin/icons/": named("icons")})
    assert ask(site, PATH_INFO=path, RAW_URI=path, check=False).body == body


SOURCES = [
    ("/cgi-bin/a.cgi", "ran"),
    ("//cgi-bin/a.cgi", "ran"),
    ("/cgi-bin//a.cgi", "ran"),
    ("/./cgi-bin/a.cgi", "ran"),
    ("/x/../cgi-bin/a.cgi", "ran"),
    ("/cgi-bin/../cgi-bin/a.cgi", "ran"),
    ("/x//../cgi-bin/a.cgi", "404 Not Found\n"),
    ("/%2e/cgi-bin/a.cgi", "404 Not Found\n"),
    ("/x/%2e%2e/cgi-bin/a.cgi", "404 Not Found\n"),
    ("/cgi-bin%2Fa.cgi", "404 Not Found\n"),
    ("/%2Fcgi-bin/a.cgi", "404 Not Found\n"),
    ("/link/a.cgi", "404 Not Found\n"),
    ("/style.css", "style"),
    ("/cgi-bin/../style.css", "style"),
]


@pytest.mark.parametrize(("raw", "body"), SOURCES)
def test_no_source(ask: Callable[..., Any], tmp_path: Path, raw: str, body: str) -> None:
    """Programs that stand among the files are run or refused, however their URL is written: never sent."""
    (tmp_path / "cgi-bin").mkdir()
    (tmp_path / "cgi-bin/a.cgi").write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; printf ran\n")
    (tmp_path / "cgi-bin/a.cgi").chmod(0o755)
    (tmp_path / "link").symlink_to("cgi-bin")
    (tmp_path / "style.css").write_text("style")
    programs = CGIDirectory(tmp_path / "cgi-bin", mount="/cgi-bin")
    site = Site({"/cgi-bin": programs, "": StaticFiles(tmp_path, never=[programs.root])})
    path = unquote_to_bytes(raw).decode("latin-1")
    assert ask(site, PATH_INFO=path, RAW_URI=raw, check=False).body.decode() == body


def test_nothing_there(ask: Callable[..., Any]) -> None:
    """Without an application for the rest: 404."""
    assert ask(Site({"/a": named("a")}), "/b").status == "404 Not Found"


def test_local_redirect_beside(ask: Callable[..., Any], tmp_path: Path) -> None:
    """What a program redirects to may stand beside it, outside of its own mount (RFC 3875 section 6.2.2)."""
    (tmp_path / "to.cgi").write_text("#!/bin/sh\nprintf 'Location: /files/x.png\\nSet-Cookie: a=b\\n\\n'\n")
    (tmp_path / "to.cgi").chmod(0o755)
    site = Site({"/cgi-bin": CGIDirectory(tmp_path, mount="/cgi-bin"), "/files": named("files")})
    answer = ask(site, "/cgi-bin/to.cgi")
    assert (answer.status, answer.body) == ("200 OK", b"files /files/x.png")
    assert answer.all("Set-Cookie") == ["a=b"]


@pytest.mark.parametrize("prefixes", [("/a", "/a/"), ("/a/b", "/a//b"), ("", "/"), ("a",)])
def test_refused(prefixes: tuple[str, ...]) -> None:
    """Two at one place, or no prefix at all."""
    with pytest.raises(ConfigurationError):
        Site({prefix: named("x") for prefix in prefixes})


def test_health(ask: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """200 while nothing is wrong; else 503, and the reason in the log only."""
    assert ask(Health(lambda: None)).status == "200 OK"

    def look() -> None:
        raise RequestError(404, "/srv/app.cgi: No such file")

    answer = ask(Health(look))
    assert answer.status == "503 Service Unavailable"
    assert b"srv" not in answer.body
    assert "/srv/app.cgi: No such file" in caplog.text
