"""A folder of files: what is sent, whole or in part, and what never is."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compat import ConfigurationError, StaticFiles

pytestmark = pytest.mark.usefixtures("no_new_descriptors")
TEXT = b"0123456789"
CHANGED = 1_000_000_000  # Sun, 09 Sep 2001 01:46:40 GMT
DATE = "Sun, 09 Sep 2001 01:46:40 GMT"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of files, with something secret beside it."""
    root = tmp_path / "public"
    for name in ("a.txt", "sub/index.html", "sub/b.tar.gz", "empty", ".htpasswd", ".git/config", ".well-known/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"" if name == "empty" else TEXT)
        os.utime(root / name, (CHANGED, CHANGED))
    (root / "caf\u00e9 1.HTML").write_bytes(TEXT)
    (root / "bare").mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / ".git" / "config").write_text("secret")
    (root / "inside").symlink_to("a.txt")
    (root / "outside").symlink_to("../secret")
    (root / "up").symlink_to("..")
    os.mkfifo(root / "pipe")
    return root


ANSWERS = [
    ("/a.txt", "200 OK", "text/plain"),
    ("/sub/", "200 OK", "text/html"),
    ("/sub/b.tar.gz", "200 OK", "application/gzip"),
    ("/empty", "200 OK", "application/octet-stream"),
    ("/caf\u00c3\u00a9 1.HTML", "200 OK", "text/html"),
    ("/inside", "200 OK", "application/octet-stream"),
    ("/.well-known/x", "200 OK", "application/octet-stream"),
    ("//a.txt", "200 OK", "text/plain"),
    ("/sub", "301 Moved Permanently", None),
    ("/", "404 Not Found", "text/plain; charset=utf-8"),
    ("/bare/", "404 Not Found", None),
    ("/a.txt/", "404 Not Found", None),
    ("/a.txt/x", "404 Not Found", None),
    ("/missing", "404 Not Found", None),
    ("/.htpasswd", "404 Not Found", None),
    ("/.git/config", "404 Not Found", None),
    ("/outside", "404 Not Found", None),
    ("/up/secret", "404 Not Found", None),
    ("/../secret", "404 Not Found", None),
    ("/sub/../../secret", "404 Not Found", None),
    ("/./a.txt", "200 OK", "text/plain"),
    ("/pipe", "404 Not Found", None),
    ("/a.txt\0", "404 Not Found", None),
]


@pytest.mark.parametrize(("path", "status", "kind"), ANSWERS, ids=[row[0].replace("\0", "NUL") for row in ANSWERS])
def test_answers(ask: Callable[..., Any], files: Path, path: str, status: str, kind: str | None) -> None:
    """What is served, as what, and what is not."""
    answer = ask(StaticFiles(files), PATH_INFO=path, check=".." not in path)
    assert answer.status == status
    assert kind is None or answer.all("Content-Type") == [kind]
    assert b"secret" not in answer.body
    assert answer.all("Content-Length") == [str(len(answer.body))]


CONDITIONS = [
    ({}, 200, TEXT),
    ({"HTTP_IF_NONE_MATCH": "TAG"}, 304, b""),
    ({"HTTP_IF_NONE_MATCH": '"x", W/TAG'}, 304, b""),
    ({"HTTP_IF_NONE_MATCH": "*"}, 304, b""),
    ({"HTTP_IF_NONE_MATCH": '"x"', "HTTP_IF_MODIFIED_SINCE": DATE}, 200, TEXT),
    ({"HTTP_IF_MODIFIED_SINCE": DATE}, 304, b""),
    ({"HTTP_IF_MODIFIED_SINCE": "Sun, 09 Sep 2001 01:46:39 GMT"}, 200, TEXT),
    ({"HTTP_IF_MODIFIED_SINCE": "yesterday"}, 200, TEXT),
    ({"HTTP_RANGE": "bytes=2-4"}, 206, b"234"),
    ({"HTTP_RANGE": "bytes=7-"}, 206, b"789"),
    ({"HTTP_RANGE": "bytes=-3"}, 206, b"789"),
    ({"HTTP_RANGE": "bytes=-30"}, 200, TEXT),
    ({"HTTP_RANGE": "bytes=2-400"}, 206, b"23456789"),
    ({"HTTP_RANGE": "bytes=10-"}, 416, b""),
    ({"HTTP_RANGE": "bytes=-0"}, 416, b""),
    ({"HTTP_RANGE": "bytes=5-2"}, 200, TEXT),
    ({"HTTP_RANGE": "bytes=0-1,3-4"}, 200, TEXT),
    ({"HTTP_RANGE": "pages=1-2"}, 200, TEXT),
    ({"HTTP_RANGE": "bytes=-"}, 200, TEXT),
    ({"HTTP_RANGE": f"bytes={'9' * 6000}-"}, 200, TEXT),
    ({"HTTP_RANGE": "bytes=2-4", "HTTP_IF_RANGE": "TAG"}, 206, b"234"),
    ({"HTTP_RANGE": "bytes=2-4", "HTTP_IF_RANGE": DATE}, 206, b"234"),
    ({"HTTP_RANGE": "bytes=2-4", "HTTP_IF_RANGE": '"x"'}, 200, TEXT),
    ({"HTTP_RANGE": "bytes=2-4", "REQUEST_METHOD": "HEAD"}, 200, b""),
]


@pytest.mark.parametrize(("headers", "status", "body"), CONDITIONS, ids=[str(row[0])[:60] for row in CONDITIONS])
def test_conditions(ask: Callable[..., Any], files: Path, headers: dict[str, str], status: int, body: bytes) -> None:
    """Conditional and range requests (RFC 9110 sections 13, 14)."""
    tag = ask(StaticFiles(files), "/a.txt").all("ETag")[0]
    answer = ask(StaticFiles(files), "/a.txt", **{name: value.replace("TAG", tag) for name, value in headers.items()})
    assert (int(answer.status[:3]), answer.body) == (status, body)
    assert answer.all("ETag") == [tag]
    expected = {206: f"bytes {TEXT.index(body or b'0')}-", 416: "bytes */10"}.get(status)
    assert [value.startswith(expected or "?") for value in answer.all("Content-Range")] == [True] * (
        expected is not None
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 12) | st.none(), last=st.integers(0, 12) | st.none())
def test_every_range(ask: Callable[..., Any], files: Path, first: int | None, last: int | None) -> None:
    """A part is what Python's slices say; the whole where the range makes no sense, 416 where it is empty."""
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    answer = ask(StaticFiles(files), "/a.txt", HTTP_RANGE=header)
    if first is None and last is None:
        expected = TEXT
    elif first is None:
        expected = TEXT[-last:] if last else b""
    elif last is not None and last < first:
        expected = TEXT
    else:
        expected = TEXT[first : None if last is None else last + 1]
    assert answer.body == expected
    assert answer.status[:3] == ("416" if not expected else "200" if expected == TEXT else "206")


NAMES = [
    "..",
    ".",
    "",
    "up",
    "outside",
    "inside",
    "secret",
    "public",
    "a.txt",
    "sub",
    ".git",
    "config",
    "\0",
    "\xff",
    "x" * 300,
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.lists(st.sampled_from(NAMES), max_size=5).map("/".join),
    headers=st.dictionaries(
        st.sampled_from(["HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30) | st.just(DATE),
    ),
)
def test_nothing_leads_out(ask: Callable[..., Any], files: Path, path: str, headers: dict[str, str]) -> None:
    """Whatever is asked for, and however: no secret, no file with a dot, no error of ours."""
    answer = ask(StaticFiles(files), PATH_INFO="/" + path, check=False, **headers)
    assert int(answer.status[:3]) in {200, 206, 301, 304, 400, 404, 416}
    assert answer.body in {TEXT, b"404 Not Found\n", b"400 Bad Request\n"} or answer.body in TEXT


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/sub?a=b", "/static/sub/?a=b"),
        ('/sub?a=%20&b=\xc3\xa9 "<', "/static/sub/?a=%20&b=%C3%A9%20%22%3C"),
        ("//sub", "/static/sub/"),
        ("", "/static/"),
    ],
)
def test_to_the_folder(ask: Callable[..., Any], files: Path, path: str, location: str) -> None:
    """A folder without its slash leads to the one with it, below the prefix."""
    assert ask(StaticFiles(files, "/static"), "/static" + path).all("Location") == [location]


@pytest.mark.parametrize(
    ("name", "number", "status"),
    [
        ("open", errno.EACCES, "403 Forbidden"),
        ("stat", errno.EACCES, "403 Forbidden"),
        ("open", errno.EMFILE, "503 Service Unavailable"),
        ("open", errno.ELOOP, "404 Not Found"),
    ],
)
def test_what_the_system_refuses(
    ask: Callable[..., Any], files: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, status: str
) -> None:
    """What may not be read is forbidden, what cannot be opened now is for later."""
    app = StaticFiles(files)

    def refuse(*words: Any, **options: Any) -> Any:
        raise OSError(number, "text")

    monkeypatch.setattr(os, name, refuse)
    answer = ask(app, "/a.txt")
    assert (answer.status, answer.all("Retry-After")) == (status, ["1"] if status[0] == "5" else [])


def test_never_to_another_host(ask: Callable[..., Any], files: Path) -> None:
    """Two slashes in front would be a host's name."""
    assert ask(StaticFiles(files), "//sub").all("Location") == ["/sub/"]


NEVER = [
    ("/a.txt", ["a.txt"], 404),
    ("//a.txt", ["a.txt"], 404),
    ("/inside", ["a.txt"], 404),
    ("/a.txt", ["inside"], 404),
    ("/sub/b.tar.gz", ["sub"], 404),
    ("/sub/", ["sub"], 404),
    ("/sub/b.tar.gz", ["su", "missing", "../secret"], 200),
    ("/a.txt", ["sub"], 200),
    ("/a.txt", [".."], 200),
]


@pytest.mark.parametrize(("path", "never", "status"), NEVER)
def test_never(ask: Callable[..., Any], files: Path, path: str, never: list[str], status: int) -> None:
    """What is a program's is not served by any name; a folder that is a part of such a one was named on purpose."""
    answer = ask(StaticFiles(files, never=[files / name for name in never]), path)
    assert answer.status.startswith(str(status))


def test_not_the_folder_of_programs(files: Path) -> None:
    """Nothing of it could be served."""
    with pytest.raises(ConfigurationError, match="their source"):
        StaticFiles(files, never=[files / "sub" / ".."])


def test_other_methods(ask: Callable[..., Any], files: Path) -> None:
    """Files are read, not written to."""
    answer = ask(StaticFiles(files), "/a.txt", body=b"x")
    assert (answer.status, answer.all("Allow")) == ("405 Method Not Allowed", ["GET, HEAD"])


def test_outside_of_the_prefix(ask: Callable[..., Any], files: Path) -> None:
    """A prefix ends where a segment ends."""
    assert ask(StaticFiles(files, "/static"), "/statics/a.txt").status == "404 Not Found"
    assert ask(StaticFiles(files, "/static/"), "/static/a.txt").body == TEXT


def test_head(ask: Callable[..., Any], files: Path) -> None:
    """HEAD tells the length and sends nothing."""
    answer = ask(StaticFiles(files), "/a.txt", REQUEST_METHOD="HEAD")
    assert (answer.status, answer.all("Content-Length"), answer.body) == ("200 OK", ["10"], b"")


def test_a_file_that_shrinks(ask: Callable[..., Any], environ_for: Callable[..., Any], files: Path) -> None:
    """What was promised and is not there any more breaks the connection off."""
    iterable = StaticFiles(files)(environ_for("/a.txt"), lambda *args: None)
    (files / "a.txt").write_bytes(b"")
    with pytest.raises(OSError, match="10 bytes early"):
        list(iterable)
    iterable.close()


@pytest.mark.parametrize(("folder", "url"), [("missing", ""), ("public/a.txt", ""), ("public", "static")])
def test_refused(files: Path, folder: str, url: str) -> None:
    """What cannot be is told when the object is made."""
    with pytest.raises(ConfigurationError):
        StaticFiles(files.parent / folder, url)
