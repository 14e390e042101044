"""Catalogue, PATHS: which program a URL leads to, and what is left of it (RFC 3875 sections 4.1.5, 4.1.13)."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from compat import CGIDirectory, CGIScript

SHOWS = """import os, sys
out = sys.stdout.buffer
out.write(b"Content-Type: text/plain\\n\\n")
name, info = os.environb[b"SCRIPT_NAME"], os.environb.get(b"PATH_INFO", b"none")
out.write(b"|".join([name, info, os.path.basename(__file__).encode()]))
"""
SECRET = "secret source"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, write_program: Callable[..., Path]) -> Path:
    """A cgi-bin with programs in each place, files that are none, and a program beside it."""
    folder = tmp_path_factory.mktemp("paths")
    for name in ("env.cgi", "sub/env.cgi", "sub/index.cgi", "index.cgi", "caf\u00e9.cgi", "a b.cgi", "../outside.cgi"):
        write_program(folder / "cgi-bin" / name, SHOWS)
    write_program(folder / "cgi-bin" / "plain.cgi", f"# {SECRET}\n" + SHOWS, mode=0o644)
    write_program(folder / "cgi-bin" / "page.php", f"# {SECRET}\n" + SHOWS, mode=0o644)
    (folder / "cgi-bin" / "data.txt").write_text(SECRET)
    (folder / "cgi-bin" / "none").mkdir()
    (folder / "cgi-bin" / "link.cgi").symlink_to("../outside.cgi")
    (folder / "cgi-bin" / "inner.cgi").symlink_to("env.cgi")
    (folder / "cgi-bin" / "up").symlink_to("..")
    return folder / "cgi-bin"


INDEX = {"index": ["index.cgi"]}
# name, raw target, options, SCRIPT_NAME|PATH_INFO|file, or the status
TARGETS: list[tuple[str, str, dict[str, Any], str | int]] = [
    ("46 an extra path", "/env.cgi/extrapath?a=b", {}, "/env.cgi|/extrapath|env.cgi"),
    ("46a an extra path of a slash", "/env.cgi/", {}, "/env.cgi|/|env.cgi"),
    ("47 none", "/env.cgi", {}, "/env.cgi|none|env.cgi"),
    ("49 a mount with slashes", "/m/env.cgi/bar", {"mount": "/m//"}, "/m/env.cgi|/bar|env.cgi"),
    ("49a outside of the mount", "/env.cgi", {"mount": "/m"}, 404),
    ("49b a name that begins as the mount does", "/mm/env.cgi", {"mount": "/m"}, 404),
    ("50 mounted at the root", "/env.cgi/bar", {"mount": "/"}, "/env.cgi|/bar|env.cgi"),
    ("52 bytes in the extra path", "/env.cgi/caf%C3%A9/%E9", {}, "/env.cgi|/caf\xc3\xa9/\xe9|env.cgi"),
    ("52a bytes in the program's name", "/caf%C3%A9.cgi/x", {}, "/caf\xc3\xa9.cgi|/x|caf\xc3\xa9.cgi"),
    ("52b a space in the program's name", "/a%20b.cgi/x", {}, "/a b.cgi|/x|a b.cgi"),
    ("55 doubled slashes", "//env.cgi//x", {}, "/env.cgi|/x|env.cgi"),
    ("55a doubled slashes within the mount", "/m//env.cgi/x", {"mount": "/m"}, "/m/env.cgi|/x|env.cgi"),
    ("56 an encoded letter", "/%65nv.cgi/x", {}, "/env.cgi|/x|env.cgi"),
    ("58 dots in the extra path", "/env.cgi/a/../b/./c", {}, "/env.cgi|/b/c|env.cgi"),
    ("58a dots over the program's name", "/env.cgi/../sub/env.cgi/x", {}, "/sub/env.cgi|/x|env.cgi"),
    ("58b dots over the root", "/../../../env.cgi", {}, "/env.cgi|none|env.cgi"),
    ("59 encoded dots", "/env.cgi/%2e%2e/x", {}, 404),
    ("59a encoded dots to a program outside", "/%2e%2e/outside.cgi", {}, 404),
    ("59b half encoded", "/sub/.%2e/env.cgi", {}, 404),
    ("59c one encoded dot", "/%2e/env.cgi", {}, 404),
    ("59d dots and an encoded slash", "/sub/..%2fenv.cgi", {}, 404),
    ("59e an encoded slash", "/sub%2Fenv.cgi", {}, 404),
    ("59f an encoded slash in the extra path", "/env.cgi/a%2fb", {}, 404),
    ("59g encoded twice", "/%252e%252e/outside.cgi", {}, 404),
    ("59h a backslash", "/sub%5C..%5Cenv.cgi", {}, 404),
    ("59i overlong UTF-8 dots", "/%c0%ae%c0%ae/outside.cgi", {}, 404),
    ("59j out and back", "/../cgi-bin/env.cgi", {}, 404),
    ("61 a link out of the directory", "/link.cgi", {}, 403),
    ("61a a link inside the directory", "/inner.cgi", {}, 403),
    ("61b a link to a directory", "/up/outside.cgi", {}, 403),
    ("61c links where asked for", "/link.cgi", {"follow_symlinks": True}, "/link.cgi|none|link.cgi"),
    ("61d through a link", "/up/outside.cgi/x", {"follow_symlinks": True}, "/up/outside.cgi|/x|outside.cgi"),
    ("62 NUL", "/env.cgi/a%00b", {}, 404),
    ("62a NUL after the name", "/env.cgi%00.txt", {}, 404),
    ("62b a line feed", "/env.cgi%0a", {}, 404),
    ("64 a parameter", "/env.cgi;v=1/x", {}, 404),
    ("65 a plus sign", "/env.cgi/a+b", {}, "/env.cgi|/a+b|env.cgi"),
    ("67 a space after the name", "/env.cgi%20", {}, 404),
    ("67a a dot after the name", "/env.cgi.", {}, 404),
    ("67b capital letters", "/ENV.CGI", {}, 404),
    ("67c a backup copy", "/env.cgi~", {}, 404),
    ("68 a directory further down", "/sub/env.cgi/p", {}, "/sub/env.cgi|/p|env.cgi"),
    ("70 a directory without an index", "/none/", {}, 403),
    ("70a the root without an index", "/", {}, 403),
    ("70b without an index, without a slash", "/none", INDEX, 403),
    ("71 the index", "/", INDEX, "/index.cgi|none|index.cgi"),
    ("71a an index further down", "/sub/", INDEX, "/sub/index.cgi|none|index.cgi"),
    ("71b an index by its name", "/sub/index.cgi/x", INDEX, "/sub/index.cgi|/x|index.cgi"),
    ("73 not executable", "/plain.cgi", {}, 403),
    ("73a no program at all", "/data.txt", {}, 403),
    ("73b a path after what is no program", "/data.txt/x", {}, 403),
    ("76 an extension that is not allowed", "/env.cgi", {"extensions": [".pl"]}, 403),
    ("76a one that is", "/env.cgi", {"extensions": ["cgi"]}, "/env.cgi|none|env.cgi"),
    ("77a not mapped, not executable", "/page.php", {}, 403),
    ("79 no extra path wanted", "/env.cgi/x", {"path_info": False}, 404),
    ("79a not even a slash", "/env.cgi/", {"path_info": False}, 404),
    ("79b and none there", "/env.cgi", {"path_info": False}, "/env.cgi|none|env.cgi"),
    ("79c nothing there", "/missing.cgi", {}, 404),
    ("79d a program is no directory", "/env.cgi/env.cgi", {}, "/env.cgi|/env.cgi|env.cgi"),
]


@pytest.fixture(scope="module")
def at(root: Path) -> Callable[..., CGIDirectory]:
    """The directory behind a runner with some options, made once each."""
    made: dict[str, CGIDirectory] = {}

    def make(runner: str, options: dict[str, Any]) -> CGIDirectory:
        return made.setdefault(f"{runner} {options}", CGIDirectory(root, runner=runner, **options))

    return make


@pytest.mark.parametrize(
    ("target", "options", "expected"), [row[1:] for row in TARGETS], ids=[row[0] for row in TARGETS]
)
def test_target(
    ask: Callable[..., Any],
    at: Callable[..., CGIDirectory],
    runner: str,
    target: str,
    options: dict[str, Any],
    expected: str | int,
) -> None:
    """Each target runs the program of its row, or none; a refusal tells nothing but its status."""
    path, _, query = target.partition("?")
    decoded = unquote_to_bytes(path).decode("latin-1")
    answer = ask(at(runner, options), check=False, PATH_INFO=decoded, QUERY_STRING=query, RAW_URI=target)
    if isinstance(expected, str):
        assert (answer.status, answer.body.decode("latin-1")) == ("200 OK", expected)
        return
    assert answer.status.startswith(str(expected))
    assert answer.body == (answer.status + "\n").encode()
    assert answer.log.count("\n") == 1
    assert f"status={expected} (" in answer.log


# name, target, options, SCRIPT_NAME of the server, Location
SLASHES = [
    ("71c the directory without its slash", "/sub", {}, "", "/sub/"),
    ("71d with a query", "/sub?a=%20&b", {}, "", "/sub/?a=%20&b"),
    ("71e behind a mount", "/m/sub", {"mount": "/m"}, "", "/m/sub/"),
    ("71f the root of the mount", "/m", {"mount": "/m"}, "", "/m/"),
    ("71g inside another application", "/sub", {}, "/outer", "/outer/sub/"),
    ("71h never another host", "//sub", {}, "", "/sub/"),
    ("71i dots", "/./sub", {}, "", "/sub/"),
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("target", "options", "outer", "location"), [row[1:] for row in SLASHES], ids=[row[0] for row in SLASHES]
)
def test_slash(
    ask: Callable[..., Any], root: Path, method: str, target: str, options: dict[str, Any], outer: str, location: str
) -> None:
    """A directory with an index is asked for with its slash, as Apache wants it: relative links need it."""
    path, _, query = target.partition("?")
    changes = {"PATH_INFO": path, "QUERY_STRING": query, "RAW_URI": outer + target, "SCRIPT_NAME": outer}
    answer = ask(CGIDirectory(root, **INDEX, **options), check=False, REQUEST_METHOD=method, **changes)
    assert (answer.status, answer.all("Location")) == ("301 Moved Permanently", [location])


@pytest.mark.parametrize(
    ("mount", "outer", "raw", "expected"),
    [
        ("/myscript//", "", "/myscript/bar", "/myscript|/bar"),
        ("/", "", "/bar", "|/bar"),
        ("//", "", "/bar", "|/bar"),
        ("", "", "/bar", "|/bar"),
        ("/", "", "", "|none"),
        ("/m", "/out", "/m/x", "/out/m|/x"),
        ("", "", "/a/../b/c", "|/b/c"),
        ("", "", "/a//b/./c", "|/a//b/c"),
        ("", "", "*", "400"),
        ("", "", "/a/./b/..", "|/a/"),
        ("", "", "/../../etc/passwd", "|/etc/passwd"),
        ("", "", "/..", "|/"),
        ("", "", "/a//../b", "404"),
        ("", "", "/a.b/..c/...", "|/a.b/..c/..."),
        ("/m", "", "/m/../x", "404"),
        ("/m", "", "/x/../m/y", "/m|/y"),
        ("", "", "/%2e%2e/etc/passwd", "404"),
        ("", "", "/a/.%2E/b", "404"),
        ("", "", "/..%2fetc", "404"),
        ("", "", "/a%2f../b", "404"),
        ("", "", "/a%2Fb", "|/a/b"),
    ],
    ids=[
        "49 mount", "50 root", "50a two slashes", "50b no mount", "50c an empty path", "50d inside another application",
        "58c dots of one program's path", "58m a dot and an empty segment", "58d no path at all",
        "58e a dot and dots at the end", "58f above the root",
        "58g the root", "58h over an empty segment", "58i dots in names", "58j out of the mount", "58k into the mount",
        "59l encoded dots", "59m half encoded", "59n an encoded slash after dots", "59o and before them",
        "59p an encoded slash alone",
    ],
)  # fmt: skip
def test_script_mounts(
    ask: Callable[..., Any], script: Callable[..., Any], mount: str, outer: str, raw: str, expected: str
) -> None:
    """One program behind a mount: SCRIPT_NAME never ends with a slash, PATH_INFO never climbs."""
    decoded = unquote_to_bytes(raw).decode("latin-1")
    answer = ask(script(SHOWS, mount=mount), check=False, PATH_INFO=decoded, SCRIPT_NAME=outer, RAW_URI=raw)
    if expected.isdigit():
        assert answer.status.startswith(expected)
    else:
        assert answer.body.decode() == expected + "|p.cgi"


@pytest.mark.parametrize(
    ("raw_path", "expected"), [(False, "404 Not Found"), (True, "|/a/../b|p.cgi")], ids=["59q", "58l as it was sent"]
)
def test_target_not_told(ask: Callable[..., Any], script: Callable[..., Any], raw_path: bool, expected: str) -> None:
    """Where the server does not tell what was sent, dots may have been encoded: refused, unless wanted."""
    answer = ask(script(SHOWS, raw_path=raw_path), PATH_INFO="/a/../b")
    assert expected in {answer.status, answer.body.decode()}


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"], ids="53 {}".format)
def test_bytes_in_python(ask: Callable[..., Any], script: Callable[..., Any], locale: str) -> None:
    """A program in Python 3 sees each byte once: an invalid one as a surrogate, nothing encoded twice."""
    source = "import os\nprint('Content-Type: text/plain\\n\\n' + ascii(os.environ['PATH_INFO']))"
    answer = ask(script(source, env={"LC_ALL": locale, "PYTHONUTF8": "1"}), PATH_INFO="/caf\xc3\xa9/\xe9")
    assert answer.body == b"'/caf\\xe9/\\udce9'\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/{runner}/env.cgi/a/../b", b"/b"),
        ("/{runner}//env.cgi/x", b"/x"),
        ("/{runner}/%65nv.cgi/x", b"/x"),
        ("/{runner}/env.cgi/%2e%2e/x", 404),
        ("/{runner}/../exec/%2e%2e/x", 404),
        ("/{runner}/env.cgi/a%00b", 404),
        ("/{runner}/env.cgi%20", 404),
        ("/{runner}/none.cgi", 404),
        ("/{runner}/%E9%ff.cgi", 404),
        ("/{runner}/", 403),
    ],
    ids=[
        "58 dots", "55 slashes", "56 encoded letter", "59 encoded dots", "59k to the other mount", "62 NUL", "67 space",
        "79 nothing there", "79e nothing there, in bytes that are no text", "70 no index",
    ],
)  # fmt: skip
def test_over_the_wire(
    wire: Any, runner: str, variables: Callable[..., Any], target: str, expected: bytes | int
) -> None:
    """The same behind a real server, which tells the raw target."""
    reply = wire.ask(target.format(runner=runner))
    if isinstance(expected, int):
        assert reply.status == expected
    else:
        assert variables(reply.body)[b"PATH_INFO"] == expected


def test_80_absolute_form(wire: Any, every_way: Any, variables: Callable[..., Any]) -> None:
    """A target with a host counts more than the header Host (RFC 9112 section 3.2.2)."""
    path = every_way.url("env")
    seen = variables(wire.ask(f"http://other.test:81{path}/p?x=1", "Host: ignored.test").body)
    names = (b"SERVER_NAME", b"SERVER_PORT", b"SCRIPT_NAME", b"PATH_INFO", b"QUERY_STRING")
    assert [seen.get(name) for name in names] == [b"other.test", b"81", path.encode(), b"/p", b"x=1"]


def test_74_executable_but_unreadable(ask: Callable[..., Any], directory: Callable[..., Any], cgi_bin: Path) -> None:
    """A binary that nobody may read runs."""
    source = cgi_bin / "env-c.cgi"
    if not source.exists():
        pytest.skip("no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "b.cgi"
        shutil.copy(source, binary)
        binary.chmod(0o111)
        assert b"SCRIPT_NAME=" in ask(CGIScript(binary)).body
        assert stat.S_IMODE(binary.stat().st_mode) == 0o111


def test_77_mapped_to_an_interpreter(ask: Callable[..., Any], root: Path, runner: str) -> None:
    """The interpreter gets the script as its argument; no execute permission is needed, and its source is not sent."""
    app = CGIDirectory(root, interpreters={".php": shutil.which("python3") or "python3"}, runner=runner)
    answer = ask(app, "/page.php/x")
    assert answer.body == b"/page.php|/x|page.php"


@pytest.mark.parametrize("output", ["junk", "Content-Type: text/plain\n\nok"], ids=["82 failed", "82a worked"])
def test_directory_of_the_server(ask: Callable[..., Any], script: Callable[..., Any], output: str) -> None:
    """The program runs in its own directory; the server stays where it is."""
    before = os.getcwd()
    source = f"import os, sys\nos.chdir('/')\nos.umask(0o77)\nsys.stdout.write({output!r})"
    assert ask(script(source)).status[:3] in {"200", "502"}
    assert os.getcwd() == before


WORDS = [
    ("83 off unless asked for", False, "GET", "one+two%20x+%2Dd", []),
    ("83a words", True, "GET", "one+two%20x+%2Dd", ["one", "two x", "-d"]),
    ("83b HEAD", True, "HEAD", "one", None),
    ("83c no words for POST", True, "POST", "one", []),
    ("83d no query", True, "GET", "", []),
    ("83e what a shell would take", True, "GET", "$(id)+;ls+%27%22*", ["$(id)", ";ls", "'\"*"]),
    ("83f NUL", True, "GET", "a%00b+c", []),
    ("85 an equals sign", True, "GET", "a=1+2", []),
    ("85a an encoded one", True, "GET", "a%3D1+2", ["a=1", "2"]),
]


@pytest.mark.parametrize(
    ("isindex", "method", "query", "expected"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS]
)
def test_isindex(
    ask: Callable[..., Any],
    script: Callable[..., Any],
    isindex: bool,
    method: str,
    query: str,
    expected: list[str] | None,
) -> None:
    """Words of the query reach the command line only where the operator wants it, each as it is."""
    source = "import sys\nprint('Content-Type: text/plain\\n\\n' + repr(sys.argv[1:]), end='')"
    answer = ask(script(source, isindex=isindex), QUERY_STRING=query, REQUEST_METHOD=method)
    assert answer.body.decode() == ("" if expected is None else repr(expected))
