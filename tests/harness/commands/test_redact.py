"""`harness redact`: recordings written anew without their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.redact import command
from harness.commands.show import command as show
from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings, writer_for

SECRET = b"hunter2-Tq81xZ"
SESSION = b"k3J9x0PqL2mW8vT4"
FORM = (b"Host", b"h"), (b"Content-Type", b"application/x-www-form-urlencoded"), (b"Content-Length", b"29")
LOGIN = Exchange(
    "",
    Request(b"POST /login HTTP/1.1", FORM, b"user=alice&pw=" + SECRET, "length"),
    Response(302, b"Found", ((b"Set-Cookie", b"sid=" + SESSION), (b"Location", b"/"), (b"Content-Length", b"0"))),
    started=1.5,
)
HOME = Exchange(
    "",
    Request(b"GET /?trace=" + SESSION + b" HTTP/1.1", ((b"Host", b"h"),)),
    Response(200, b"OK", ((b"Content-Length", b"2"),), b"hi"),
    started=1.0,
)
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_KEY", KEY)


def write(path: Path, *exchanges: Exchange, state: str | None = "seed") -> Path:
    """Write a recording."""
    path.parent.mkdir(exist_ok=True)
    writer = writer_for(path, state)
    for exchange in exchanges:
        writer.add(exchange)
    writer.close()
    return path


def run(*arguments: object) -> str:
    """Run the command and return what it said."""
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False).output


@pytest.mark.parametrize(
    ("source", "target"), [("a.archive", "b.archive"), ("a.yaml", "b.archive"), ("a.json", "b.yaml")]
)
def test_secrets_are_gone_and_counted(tmp_path: Path, source: str, target: str) -> None:
    """A password and a session are tokens in the new file, equal where they were equal; it is told how many."""
    said = run(write(tmp_path / source, HOME, LOGIN), "-o", tmp_path / target)
    home, login = (one for recording in open_recordings([tmp_path / target]) for one in recording)
    assert SECRET not in (login.request.body or b"")
    assert (login.request.body or b"").startswith(b"user=alice&pw=")
    sid = (login.response.header(b"set-cookie") or b"").removeprefix(b"sid=") if login.response else b""
    assert sid != SESSION
    assert home.request.query == b"trace=" + sid
    assert said == "replaced: 2 cookie, 1 password\nredacted 2 exchanges, changed 2\n"
    assert not any(SECRET in file.read_bytes() or SESSION in file.read_bytes() for file in tmp_path.glob("b.*"))


def test_again_with_the_same_key_changes_nothing(tmp_path: Path) -> None:
    """Redacting what is redacted leaves it as it is, and says that it was redacted before."""
    run(write(tmp_path / "a.yaml", HOME, LOGIN), "-o", tmp_path / "b.yaml")
    said = run(tmp_path / "b.yaml", "-o", tmp_path / "c.yaml")
    assert (tmp_path / "c.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()
    assert said.splitlines() == [
        "2 exchanges had been redacted before: their tokens stay, whatever the key",
        "redacted 2 exchanges, changed 0",
    ]


def test_another_key_leaves_the_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is a token already is no secret, and stays equal to those of the same recording."""
    run(write(tmp_path / "a.yaml", HOME, LOGIN), "-o", tmp_path / "b.yaml")
    monkeypatch.setenv("HARNESS_KEY", KEY[::-1])
    run(tmp_path / "b.yaml", "-o", tmp_path / "c.yaml")
    assert (tmp_path / "c.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()


def test_another_key_gives_other_tokens(tmp_path: Path) -> None:
    """The tokens of a clear recording are those of the key."""
    source = write(tmp_path / "a.yaml", LOGIN)
    (tmp_path / "key").write_text(KEY[::-1])
    run(source, "-o", tmp_path / "b.yaml")
    run(source, "-o", tmp_path / "c.yaml", "--key-file", tmp_path / "key")
    assert (tmp_path / "c.yaml").read_bytes() != (tmp_path / "b.yaml").read_bytes()


def test_folder_becomes_a_folder(tmp_path: Path) -> None:
    """Each recording of a folder is one in the new folder, with its own state; tokens are the same in all."""
    write(tmp_path / "in/a.yaml", LOGIN)
    write(tmp_path / "in/b.yaml", LOGIN, state=None)
    said = run(tmp_path / "in", "-o", f"{tmp_path}/out/")
    one, other = open_recordings([tmp_path / "out"])
    assert (one.name, one.state, other.name, other.state) == ("a.yaml", "seed", "b.yaml", None)
    assert next(iter(one)).request == next(iter(other)).request
    assert said.endswith("redacted 2 exchanges, changed 2\n")


def test_a_recording_may_take_its_own_place(tmp_path: Path) -> None:
    """Output and input may be one file: it is replaced when all is written."""
    path = write(tmp_path / "a.archive", LOGIN)
    run(path, "-o", path)
    assert SECRET not in path.read_bytes()
    assert len(open_recordings([path])[0]) == 1


@pytest.mark.parametrize("name", ["a.archive", "a.yaml"])
def test_what_took_its_own_place_is_overwritten(tmp_path: Path, name: str) -> None:
    """Nobody reads the secrets from the disk, nor from a journal that was left."""
    path = write(tmp_path / name, LOGIN)
    journal = tmp_path / f"{name}-wal"
    journal.write_bytes(SECRET)
    with path.open("rb") as old, journal.open("rb") as log:
        said = run(path, "-o", path)
        assert SECRET not in old.read()
        assert name == "a.yaml" or log.read().strip(b"\0") == b""
    assert f"{path}: took its own place" in said


def test_a_second_name_of_what_took_its_own_place_is_told(tmp_path: Path) -> None:
    """Through a hard link the secrets would still be there."""
    path = write(tmp_path / "a.archive", LOGIN)
    (tmp_path / "b.archive").hardlink_to(path)
    with pytest.raises(RecordingError, match="another name"):
        run(path, "-o", path)


def test_states_are_not_mixed(tmp_path: Path) -> None:
    """Recordings of different starting states get into no one file; a folder is offered."""
    write(tmp_path / "in/a.yaml", LOGIN)
    write(tmp_path / "in/b.yaml", LOGIN, state=None)
    with pytest.raises(UsageError, match="give a folder"):
        run(tmp_path / "in", "-o", tmp_path / "x.archive")


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    """A recording that cannot be read to its end leaves no half of a new one, and nothing in clear."""
    source = write(tmp_path / "a.archive", *[LOGIN] * 50)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    CliRunner().invoke(command, [str(source), "-o", str(tmp_path / "b.archive")])
    assert [file.name for file in tmp_path.iterdir()] == ["a.archive"]


def test_show_tells_what_is_in_clear(tmp_path: Path) -> None:
    """`harness show --privacy` names fields, and none of their values."""
    run(write(tmp_path / "a.archive", HOME, LOGIN), "-o", tmp_path / "b.archive")
    said = CliRunner().invoke(show, [str(tmp_path / "b.archive"), "--privacy"], catch_exceptions=False).output
    assert "       1  form user  5 characters: letters" in said
    assert "password  request.body form pw" in said
    assert "alice" not in said
