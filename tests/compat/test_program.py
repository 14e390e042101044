"""What runs, in which environment, and why it cannot."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from compat.errors import ConfigurationError, RequestError
from compat.program import Program, environment, existing_file, find_interpreter, limits_prefix, obstacle, start_error

SELF = Program("/srv/a.cgi")
PHP = Program("/srv/a.php", ("/usr/bin/php-cgi",))


def test_server_environment_stays_out() -> None:
    """Only PATH of the server's environment is passed by default."""
    own = {"PATH": "/bin", "HOME": "/root", "SECRET": "x"}
    assert environment({b"A": b"1"}, SELF, {}, (), own) == {b"PATH": b"/bin", b"A": b"1"}


def test_path_has_a_default() -> None:
    """A server without PATH still gives programs one."""
    assert environment({}, SELF, {}, (), {}) == {b"PATH": b"/usr/local/bin:/usr/bin:/bin"}


def test_passed_names() -> None:
    """`pass_env` and COMPAT_PASS_ENV name variables to pass; names that are not set are left out."""
    own = {"PATH": "/bin", "TZ": "UTC", "PYTHONHASHSEED": "0", "X": "y", "COMPAT_PASS_ENV": "PYTHONHASHSEED, MISSING,"}
    assert environment({}, SELF, {}, ["TZ", "GONE"], own) == {b"PATH": b"/bin", b"TZ": b"UTC", b"PYTHONHASHSEED": b"0"}


def test_operator_wins() -> None:
    """The operator's `env` overrides request variables and PATH; a client cannot reach either."""
    variables = environment(
        {b"REQUEST_URI": b"/x", b"HTTP_A": b"1"}, SELF, {"REQUEST_URI": "/y", "PATH": "/p"}, (), {"PATH": "/bin"}
    )
    assert variables == {b"REQUEST_URI": b"/y", b"HTTP_A": b"1", b"PATH": b"/p"}


@pytest.mark.parametrize(("program", "expected"), [(SELF, None), (PHP, b"200")], ids=["other", "php"])
def test_redirect_status(program: Program, expected: bytes | None) -> None:
    """php-cgi refuses to work without REDIRECT_STATUS; nothing else needs it."""
    assert environment({}, program, {}, (), {}).get(b"REDIRECT_STATUS") == expected


@pytest.mark.parametrize(
    ("program", "argv"),
    [
        (SELF, ("/srv/a.cgi", "word")),
        (Program("/srv/a.py", ("/usr/bin/python2.7", "-u")), ("/usr/bin/python2.7", "-u", "/srv/a.py", "word")),
    ],
    ids=["itself", "interpreter"],
)
def test_command(program: Program, argv: tuple[str, ...]) -> None:
    """Interpreter, script, words; and the script's own directory to run in (RFC 3875 section 7.2)."""
    command = program.command(["word"], {})
    assert command.argv == argv
    assert command.cwd == "/srv"
    assert program.command([], {}, ("/usr/bin/prlimit", "--cpu=1")).argv[:2] == ("/usr/bin/prlimit", "--cpu=1")


@pytest.mark.parametrize(
    ("name", "interpreter", "status"),
    [
        ("env.cgi", (), None),
        ("missing.cgi", (), 404),
        ("sub", (), 403),
        ("notexecutable.cgi", (), 403),
        ("notexecutable.cgi", ("/bin/sh",), None),
        ("env.cgi/more", (), 404),
    ],
)
def test_check(programs: Path, name: str, interpreter: tuple[str, ...], status: int | None) -> None:
    """404 for what is not there, 403 for what may not be run; an interpreter needs no execute permission."""
    program = Program(str(programs / name), interpreter)
    if status is None:
        program.check()
        return
    with pytest.raises(RequestError) as caught:
        program.check()
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (errno.ENOENT, 404),
        (errno.ENOTDIR, 404),
        (errno.ENAMETOOLONG, 404),
        (errno.ELOOP, 404),
        (errno.EACCES, 403),
        (errno.EPERM, 403),
        (errno.EMFILE, 503),
        (errno.ENOMEM, 503),
    ],
)
def test_look_error(monkeypatch: pytest.MonkeyPatch, number: int, status: int) -> None:
    """What may not be looked at is forbidden, not missing, as in a directory of programs."""

    def refuse(path: str) -> os.stat_result:
        raise OSError(number, "text")

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(RequestError) as caught:
        SELF.check()
    assert (caught.value.status, caught.value.retry_after) == (status, 1 if status == 503 else None)


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (b"#!/bin/sh\n", ""),
        (b"\x7fELF...", ""),
        (b"", "empty"),
        (b"echo\n", "no #! line"),
        (b"#!\n", "names no interpreter"),
        (b"#!/bin/sh\r\n", "carriage return"),
        (b"#!/no/such/thing -w\n", "/no/such/thing, which is not there"),
        (b"#!/usr/bin/env no-such-program\n", "no-such-program, which is not on PATH"),
    ],
)
def test_obstacle(tmp_path: Path, first: bytes, says: str) -> None:
    """The first line of a program explains most failures to start."""
    file = tmp_path / "a.cgi"
    file.write_bytes(first)
    text = obstacle(Program(str(file)))
    assert says in text
    assert bool(text) == bool(says)


@pytest.mark.parametrize(
    ("number", "status"),
    [(errno.E2BIG, 431), (errno.ETXTBSY, 503), (errno.EAGAIN, 503), (errno.ENOENT, 500), (errno.ENOEXEC, 500)],
)
def test_start_error(number: int, status: int) -> None:
    """Why exec failed decides who is at fault."""
    error = start_error(SELF, OSError(number, "text"))
    assert error.status == status
    assert (error.retry_after is not None) == (status == 503)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ()),
        ("/bin/sh", ("/bin/sh",)),
        ("/bin/sh -e", ("/bin/sh", "-e")),
        (["/bin/sh", "a b"], ("/bin/sh", "a b")),
    ],
)
def test_find_interpreter(given: str | list[str] | None, expected: tuple[str, ...]) -> None:
    """Text is split like a command line, a list is taken as it is."""
    assert find_interpreter(given) == expected


def test_interpreter_on_path_becomes_absolute() -> None:
    """A bare name is looked up once, at start: the request's PATH has no say."""
    assert find_interpreter("sh")[0].startswith("/")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("no-such-program", "no-such-program"),
        ("", "names no command"),
        (" ", "names no command"),
        ([], "names no command"),
        ([""], "not an executable file"),
        ("'x", "No closing quotation"),
    ],
)
def test_missing_interpreter(given: str | list[str], says: str) -> None:
    """An interpreter that is not there, or that names nothing, is refused at start."""
    with pytest.raises(ConfigurationError, match=says):
        find_interpreter(given)


def test_limits() -> None:
    """Limits become a prlimit command, and unknown ones are refused."""
    assert limits_prefix({}) == ()
    assert limits_prefix({"cpu": 1, "core": 0})[1:] == ("--cpu=1:2", "--core=0")
    for wrong in ({"speed": 1}, {"cpu": -1}, {"cpu": "1"}):
        with pytest.raises(ConfigurationError):
            limits_prefix(wrong)  # type: ignore[arg-type]


def test_existing_file(tmp_path: Path) -> None:
    """A script that is not there is refused at start, by its absolute path."""
    with pytest.raises(ConfigurationError, match=str(tmp_path)):
        existing_file(tmp_path / "gone.cgi")
