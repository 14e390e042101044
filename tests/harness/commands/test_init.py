"""`harness init`: a recording in, a harness.toml that works and a first comparison out."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.commands.init import command, mounted_at
from harness.config import read_config
from harness.errors import HarnessError
from harness.exchange import Exchange, Request, Response
from harness.store.cassette import write_cassette

PROGRAM = """\
#!/bin/sh
echo "Content-Type: text/plain"
echo
echo "hello $QUERY_STRING"
"""


def exchange(line: bytes, body: bytes) -> Exchange:
    """Return an exchange as the program answers it."""
    headers = ((b"Content-Type", b"text/plain"),)
    return Exchange("", Request(line + b" HTTP/1.1", ((b"Host", b"h"),)), Response(200, b"OK", headers, body))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, with a program and a recording of it."""
    (tmp_path / "cgi").mkdir()
    program = tmp_path / "cgi" / "hello.cgi"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    safe = [exchange(b"GET /bin/hello.cgi?%d" % number, b"hello %d\n" % number) for number in range(12)]
    write_cassette(tmp_path / "a.yaml", [exchange(b"POST /bin/hello.cgi", b"hello \n"), *safe])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def test_writes_a_configuration(folder: Path) -> None:
    """The file is read by the harness; what is left to do is said."""
    result = init("a.yaml")
    assert result.exit_code == 0
    assert read_config(folder / "harness.toml").targets["old"].app == "http://h"
    assert "harness.toml: written, from a.yaml (13 exchanges)" in result.stderr
    assert "Give it a [state.start]" in result.stderr
    assert "harness diff a.yaml --old old --new new" in result.stderr


def test_compares_with_the_programs(folder: Path) -> None:
    """Programs in a folder are found under their URLs, and ten safe exchanges are compared at once."""
    result = init("a.yaml", "--cgi-bin", "cgi")
    app = f"compat:CGIDirectory('{folder / 'cgi'}', mount='/bin')"
    assert read_config(folder / "harness.toml").targets["old"].app == app
    assert "judged 10 of 10" in result.stdout
    assert "different 0" in result.stdout


@pytest.mark.parametrize(
    ("path", "given", "app"),
    [
        ("/", "cgi", "compat:CGIScript('{}')"),
        ("/", "cgi/hello", "compat:CGIScript('{}')"),
        ("/bin/hello/more", "cgi/hello", "compat:CGIScript('{}', mount='/bin/hello')"),
    ],
    ids=["the only one in the folder", "named", "named, and in the path"],
)
def test_a_single_program_may_be_the_whole_site(folder: Path, path: str, given: str, app: str) -> None:
    """Recorded behind `compat:CGIScript`, no path names the program; nor need its name look like one."""
    program = (folder / "cgi" / "hello.cgi").rename(folder / "cgi" / "hello")
    (folder / "cgi" / "data.txt").write_text("")
    write_cassette(folder / "a.yaml", [exchange(f"GET {path}?1".encode(), b"hello 1\n")])
    result = init("a.yaml", "--cgi-bin", given)
    assert read_config(folder / "harness.toml").targets["old"].app == app.format(program)
    assert "judged 1 of 1" in result.stdout
    assert "different 0" in result.stdout


def test_reads_that_look_unsafe_are_not_tried_out(folder: Path) -> None:
    """Ten requests are sent to what is given, none of them a logout; that it might be listed is said in the file."""
    reads = [exchange(b"GET /bin/hello.cgi?logout", b""), exchange(b"GET /bin/hello.cgi?1", b"hello 1\n")]
    write_cassette(folder / "a.yaml", reads)
    result = init("a.yaml", "--cgi-bin", "cgi")
    assert "judged 1 of 1" in result.stdout
    entry = '# unsafe = [\n#     "GET /bin/hello.cgi?*logout*",  # 1 exchange\n# ]'
    assert entry in (folder / "harness.toml").read_text()


def test_shows_differences(folder: Path) -> None:
    """A program that answers otherwise than recorded shows at once; that is no error."""
    (folder / "cgi" / "hello.cgi").write_text(PROGRAM.replace("hello", "Hello"))
    result = init("a.yaml", "--cgi-bin", "cgi")
    assert "different 10 in 1 group" in result.stdout
    assert result.exit_code == 0


def test_compares_two_targets(folder: Path) -> None:
    """Two targets that were named are compared and written down."""
    app = f'compat:CGIDirectory("{folder / "cgi"}", mount="/bin")'
    result = init("a.yaml", "--old", app, "--new", app)
    assert "judged 10 of 10" in result.stdout
    targets = read_config(folder / "harness.toml").targets
    assert (targets["old"].app, targets["new"].app) == (app, app)


def test_a_target_that_does_not_start(folder: Path) -> None:
    """The message says that the file stands all the same."""
    with pytest.raises(HarnessError, match="the file is written"):
        init("a.yaml", "--old", "recorded", "--new", "no_such_module_at_all:app")
    assert read_config(folder / "harness.toml").targets["new"].app == "no_such_module_at_all:app"


def test_apache(folder: Path) -> None:
    """An Apache configuration gives both sides: Apache, and its programs under compat."""
    (folder / "site.conf").write_text(f"Listen 8081\nScriptAlias /bin/ {folder / 'cgi'}/\nSetEnv A b\n")
    result = init("site.conf")
    targets = read_config(folder / "harness.toml").targets
    assert targets["old"].app == "http://127.0.0.1:8081"
    assert targets["new"].app == f"compat:CGIDirectory('{folder / 'cgi'}/', mount='/bin', env={{'A': 'b'}})"
    assert "harness record --upstream http://127.0.0.1:8081" in result.stderr


def test_never_writes_over(folder: Path) -> None:
    """A file that is there stays, unless --force is given; -o - writes nothing."""
    (folder / "harness.toml").write_text("# mine")
    with pytest.raises(HarnessError, match="is there already"):
        init("a.yaml")
    assert "[target.old]" in init("a.yaml", "-o", "-").stdout
    assert (folder / "harness.toml").read_text() == "# mine"
    init("a.yaml", "--force")
    assert (folder / "harness.toml").read_text() != "# mine"


ERRORS = {
    "missing": (["none.archive"], "none.archive: no such file"),
    "neither": (["cgi/hello.cgi"], "is no recording, and as Apache's configuration it has no ScriptAlias"),
    "two configurations": (["cgi/hello.cgi", "b.conf"], "give one Apache configuration, not 2"),
    "no folder": (["a.yaml", "--cgi-bin", "a.yaml"], "--cgi-bin a.yaml: is not a folder"),
    "no place": (["a.yaml", "-o", "none/harness.toml"], "none/harness.toml: cannot be written"),
}


@pytest.mark.parametrize(("arguments", "message"), ERRORS.values(), ids=ERRORS)
def test_errors(folder: Path, arguments: list[str], message: str) -> None:
    """What cannot be is refused with a message."""
    (folder / "b.conf").write_text("")
    with pytest.raises(HarnessError) as caught:
        init(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("path", "mount"),
    [("/cgi-bin/a.cgi", "/cgi-bin"), ("/x/y/a.cgi/info", "/x/y"), ("/a.cgi", ""), ("/b", None)],
)
def test_mounted_at(path: str, mount: str | None) -> None:
    """What stands before a program's name is where the folder is mounted."""
    assert mounted_at(["/", path], {"a.cgi"}) == mount
