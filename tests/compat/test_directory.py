"""CGIDirectory: from a URL to the program, and never out of the directory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import CGIDirectory, ConfigurationError
from compat.directory import url_segments
from compat.errors import RequestError

OPEN = '#!/bin/sh\nprintf \'Content-Type: text/plain\\n\\n%s|%s\' "$SCRIPT_NAME" "${PATH_INFO-none}"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A cgi-bin with one program in each place, and a secret one beside it."""
    root = tmp_path / "cgi-bin"
    for name in ("env.cgi", "sub/env.cgi", "sub/index.cgi", "b c.cgi", "caf\u00e9.cgi", "../secret.cgi"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(OPEN)
        path.chmod(0o755)
    (root / "data.txt").write_text("source")
    (root / "run.sh").write_text(OPEN.partition("\n")[2])
    (root / "out.cgi").symlink_to(root.parent / "secret.cgi")
    (root / "outdir").symlink_to(root.parent)
    (root / "broken.cgi").symlink_to("nowhere")
    (root / "empty").mkdir()
    os.mkfifo(root / "fifo.cgi", 0o755)
    return root


# raw target, options, what the program prints or the status
WALK = [
    ("/env.cgi", {}, "/env.cgi|none"),
    ("/env.cgi/", {}, "/env.cgi|/"),
    ("/env.cgi/pi", {}, "/env.cgi|/pi"),
    ("/env.cgi/pi/", {}, "/env.cgi|/pi/"),
    ("/env.cgi/a+b;v=1", {}, "/env.cgi|/a+b;v=1"),
    ("/sub/env.cgi/p/q", {}, "/sub/env.cgi|/p/q"),
    ("//env.cgi/x", {}, "/env.cgi|/x"),
    ("/sub//env.cgi//x", {}, "/sub/env.cgi|/x"),
    ("/%65nv.cgi/x", {}, "/env.cgi|/x"),
    ("/b%20c.cgi", {}, "/b c.cgi|none"),
    ("/caf%C3%A9.cgi", {}, "/caf\u00e9.cgi|none"),
    ("/env.cgi/a/../b/./c", {}, "/env.cgi|/b/c"),
    ("/sub/../env.cgi/x", {}, "/env.cgi|/x"),
    ("/../../env.cgi", {}, "/env.cgi|none"),
    ("/sub//../env.cgi", {}, 404),
    ("/sub/../env.cgi//x", {}, 404),
    ("//sub/../env.cgi", {}, 404),
    ("/env.cgi/a//../x", {}, 404),
    ("/env.cgi/%2e%2e/x", {}, 404),
    ("/%2e%2e/secret.cgi", {}, 404),
    ("/sub/.%2E/env.cgi", {}, 404),
    ("/env.cgi/%2Fetc", {}, 404),
    ("/sub%2Fenv.cgi", {}, 404),
    ("/../secret.cgi", {}, 404),
    ("/env.cgi%00/x", {}, 404),
    ("/env.cgi/a%00b", {}, 404),
    ("/env.cgi;v=1/x", {}, 404),
    ("/env.cgi%20", {}, 404),
    ("/ENV.CGI", {}, 404),
    ("/missing.cgi", {}, 404),
    ("/missing/env.cgi", {}, 404),
    ("/", {}, 403),
    ("/sub", {}, 403),
    ("/sub/", {}, 403),
    ("/empty/", {"index": ["index.cgi"]}, 403),
    ("/sub/", {"index": ["none.cgi", "index.cgi"]}, "/sub/index.cgi|none"),
    ("/data.txt", {}, 403),
    ("/run.sh", {}, 403),
    ("/fifo.cgi", {}, 403),
    ("/out.cgi", {}, 403),
    ("/outdir/secret.cgi", {}, 403),
    ("/broken.cgi", {}, 403),
    ("/out.cgi", {"follow_symlinks": True}, "/out.cgi|none"),
    ("/outdir/secret.cgi/x", {"follow_symlinks": True}, "/outdir/secret.cgi|/x"),
    ("/broken.cgi", {"follow_symlinks": True}, 404),
    ("/run.sh/x", {"interpreters": {".sh": "/bin/sh"}}, "/run.sh|/x"),
    ("/run.sh", {"interpreters": {"sh": ["/bin/sh", "-e"]}}, "/run.sh|none"),
    ("/env.cgi", {"extensions": [".cgi"]}, "/env.cgi|none"),
    ("/run.sh", {"extensions": ["cgi"], "interpreters": {".sh": "/bin/sh"}}, 403),
    ("/env.cgi/pi", {"path_info": False}, 404),
    ("/env.cgi", {"path_info": False}, "/env.cgi|none"),
    ("/m/env.cgi/x", {"mount": "/m"}, "/m/env.cgi|/x"),
    ("/env.cgi", {"mount": "/m"}, 404),
    ("//m/env.cgi/x", {"mount": "/m"}, "/m/env.cgi|/x"),
    ("//m//n//env.cgi", {"mount": "/m/n"}, "/m/n/env.cgi|none"),
    ("//mm/env.cgi", {"mount": "/m"}, 404),
]


@pytest.mark.parametrize(("raw", "options", "expected"), WALK, ids=[f"{row[0]} {row[1] or ''}" for row in WALK])
def test_walk(ask: Callable[..., Any], root: Path, raw: str, options: dict[str, Any], expected: str | int) -> None:
    """Each target runs the program of its row, or none."""
    app = CGIDirectory(root, **options)
    answer = ask(app, unquote_to_bytes(raw).decode("latin-1"), check=False, RAW_URI=raw, QUERY_STRING="")
    if isinstance(expected, int):
        assert answer.status.startswith(str(expected))
        assert answer.body == (answer.status + "\n").encode()
    else:
        assert (answer.status, answer.body.decode()) == ("200 OK", expected)


def to_link(root: Path) -> None:
    """Put a link in the place of a folder."""
    (root / "sub").rename(root / "moved")
    (root / "sub").symlink_to("moved")


def to_program(root: Path) -> None:
    """Put a program in the place of a folder."""
    (root / "sub").rename(root / "moved")
    shutil.copy(root / "env.cgi", root / "sub")


def to_folder(root: Path) -> None:
    """Put a folder with a program in the place of a program."""
    (root / "env.cgi").rename(root / "x.cgi")
    (root / "env.cgi").mkdir()
    (root / "x.cgi").rename(root / "env.cgi" / "x.cgi")


# URL, index, what it leads to, what happens then, and what it leads to after that
CHANGES: list[tuple[str, Sequence[str], str | int, Callable[[Path], object], str | int]] = [
    ("/sub/env.cgi", (), "/sub/env.cgi|none", to_link, 403),
    ("/sub/env.cgi", (), "/sub/env.cgi|none", to_program, "/sub|/env.cgi"),
    ("/sub/env.cgi", (), "/sub/env.cgi|none", lambda root: shutil.rmtree(root / "sub"), 404),
    ("/env.cgi/x.cgi", (), "/env.cgi|/x.cgi", to_folder, "/env.cgi/x.cgi|none"),
    ("/env.cgi", (), "/env.cgi|none", lambda root: (root / "env.cgi").chmod(0o644), 403),
    (
        "/sub/",
        ("index.cgi", "env.cgi"),
        "/sub/index.cgi|none",
        lambda root: (root / "sub/index.cgi").unlink(),
        "/sub/env.cgi|none",
    ),
    (
        "/",
        ("main.cgi", "env.cgi"),
        "/env.cgi|none",
        lambda root: shutil.copy(root / "env.cgi", root / "main.cgi"),
        "/main.cgi|none",
    ),
]
NAMES = ["link", "program", "gone", "folder", "mode", "index gone", "earlier index"]


@pytest.mark.parametrize(("url", "index", "before", "change", "after"), CHANGES, ids=NAMES)
def test_changes_are_seen(
    ask: Callable[..., Any],
    root: Path,
    url: str,
    index: Sequence[str],
    before: str | int,
    change: Callable[[Path], object],
    after: str | int,
) -> None:
    """Where a URL led before says nothing of where it leads after a change on the way."""
    app = CGIDirectory(root, index=index)
    for expected in (before, before, after):
        if expected == after:
            change(root)
        answer = ask(app, url, check=False, RAW_URI=url)
        assert (int(answer.status[:3]) if isinstance(expected, int) else answer.body.decode()) == expected


def test_outer_script_name(ask: Callable[..., Any], root: Path) -> None:
    """What stands before the application in the URL stands before SCRIPT_NAME."""
    assert ask(CGIDirectory(root, mount="/m"), "/m/env.cgi/x", SCRIPT_NAME="/outer").body == b"/outer/m/env.cgi|/x"


def test_root_may_be_a_link(ask: Callable[..., Any], root: Path, tmp_path: Path) -> None:
    """The operator's own link to the directory is no link inside it."""
    (tmp_path / "link").symlink_to(root)
    assert ask(CGIDirectory(tmp_path / "link"), "/env.cgi").body == b"/env.cgi|none"


@pytest.mark.parametrize(("path", "raw"), [("/a/../b", None), ("/a//../b", "/a//../b")])
def test_dots_that_are_refused(path: str, raw: str | None) -> None:
    """Where the server does not tell what was sent, a dot segment may have been an encoded one; beside an empty segment
    a front end may read it otherwise.
    """
    with pytest.raises(RequestError):
        url_segments(path, raw)


@given(st.lists(st.sampled_from(["..", ".", "", "a", "%2e%2e", "..%2f", "secret.cgi", "sub"]), max_size=8))
def test_segments_never_climb(parts: list[str]) -> None:
    """Whatever the path, no segment that is walked leads upwards."""
    raw = "/" + "/".join(parts)
    try:
        segments, _ = url_segments(unquote_to_bytes(raw).decode("latin-1"), raw)
    except RequestError:
        return
    assert not {"..", ".", ""} & set(segments)
    assert not any("/" in segment for segment in segments)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"interpreters": {".x": "no-such-program"}}, "no-such-program"),
        ({"interpreters": {"a/b": "/bin/sh"}}, "a/b"),
        ({"extensions": ".cgi"}, "extensions"),
        ({"extensions": [""]}, "extension"),
        ({"index": "index.cgi"}, "index"),
        ({"index": ["index.cgi", "../secret.cgi"]}, "secret"),
        ({"index": ["sub/index.cgi"]}, "sub/index.cgi"),
        ({"index": [".."]}, "index"),
        ({"index": [""]}, "index"),
    ],
)
def test_refused_options(root: Path, options: dict[str, Any], says: str) -> None:
    """What cannot be is refused when the application is made."""
    with pytest.raises(ConfigurationError, match=says):
        CGIDirectory(root, **options)


def test_urls_of_any_bytes(ask: Callable[..., Any], root: Path) -> None:
    """A name that is no UTF-8 has a URL like any other, and that leads to it."""
    shutil.copy(root / "env.cgi", os.fsencode(root) + b"/\xe9.cgi")
    app = CGIDirectory(root, mount="/m")
    assert [url for url in app.urls() if "%" in url] == ["/m/b%20c.cgi", "/m/caf%C3%A9.cgi", "/m/%E9.cgi"]
    assert ask(app, "/m/\xe9.cgi", RAW_URI="/m/%E9.cgi").body == b"/m/\xe9.cgi|none"


def test_not_a_directory(root: Path) -> None:
    """So is a file, and what is not there."""
    for path in (root / "env.cgi", root / "gone"):
        with pytest.raises(ConfigurationError, match="not a directory"):
            CGIDirectory(path)


def test_redirect_within_the_directory(ask: Callable[..., Any], root: Path) -> None:
    """A local redirect of one program runs another."""
    path = root / "go.cgi"
    path.write_text("#!/bin/sh\nprintf 'Location: /sub/env.cgi/pi?q\\n\\n'\n")
    path.chmod(0o755)
    assert ask(CGIDirectory(root), "/go.cgi").body == b"/sub/env.cgi|/pi"
