"""What is written about a request: one line each, escaped and bounded, to the host's logging or to wsgi.errors."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Callable

import pytest

from compat.journal import OBSERVER, Journal, escape
from compat.types import Outcome


def journal() -> tuple[Journal, io.StringIO]:
    """Return a journal and what it writes to."""
    errors = io.StringIO()
    return Journal({"wsgi.errors": errors}, "/srv/a.cgi"), errors


@pytest.fixture
def bare_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that did not configure logging (pytest itself does)."""
    monkeypatch.setattr(logging.getLogger("compat"), "hasHandlers", lambda: False)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        (b"\xc3\xa9", "\u00e9"),
        (b"\xff\x1b[0m\r\0", r"\xff\x1b[0m\r\x00"),
        ("\u2028".encode(), r"\u2028"),
        (b"a\tb", "a\tb"),
    ],
)
def test_escape(data: bytes, text: str) -> None:
    """Nothing that a program prints can move a cursor or forge a line."""
    assert escape(data) == text


def test_to_wsgi_errors(bare_logging: None) -> None:
    """Without logging configured, lines go to wsgi.errors."""
    it, errors = journal()
    it.say(logging.INFO, "message")
    assert errors.getvalue() == "compat: /srv/a.cgi: message\n"


class Full(io.StringIO):
    """A log on a full disk."""

    def flush(self) -> None:
        """Fail as the system does."""
        raise OSError(errno.ENOSPC, "No space left on device")


def closed() -> io.StringIO:
    """Return a log that somebody has closed."""
    errors = io.StringIO()
    errors.close()
    return errors


@pytest.mark.parametrize("make", [Full, closed], ids=["full", "closed"])
def test_log_that_cannot_be_written(bare_logging: None, make: Callable[[], io.StringIO]) -> None:
    """It costs lines, and no answer."""
    seen: list[Outcome] = []
    it = Journal({"wsgi.errors": make(), OBSERVER: seen.append}, "/srv/a.cgi")
    outcome = Outcome("/srv/a.cgi", "GET", 200)
    it.stderr(b"line\n")
    it.end(outcome)
    it.exception("message", "trace")
    assert seen == [outcome]


@pytest.mark.parametrize("handlers", [False, True], ids=["wsgi.errors", "logging"])
def test_what_nobody_wants_is_not_written(
    handlers: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A host whose server has a log of requests already says so by the logger's level; observers hear of all."""
    logger, heard = logging.getLogger("compat"), list[Outcome]()
    monkeypatch.setattr(logger, "hasHandlers", lambda: handlers)
    made, errors = journal()
    made = Journal({"wsgi.errors": errors, OBSERVER: heard.append}, "/srv/a.cgi")
    well = Outcome("/srv/a.cgi", "GET", status=200, well=True)
    with caplog.at_level(logging.WARNING, "compat"):
        made.end(well)
        assert (errors.getvalue(), caplog.text) == ("", "")
        made.stderr(b"oops\n")
        assert "oops" in (caplog.text if handlers else errors.getvalue())
    assert heard == [well]


def test_to_logging(caplog: pytest.LogCaptureFixture) -> None:
    """With logging configured, lines go to the logger `compat`, and nowhere else."""
    it, errors = journal()
    with caplog.at_level(logging.INFO, "compat"):
        it.say(logging.INFO, "100% message")
    assert caplog.record_tuples == [("compat", logging.INFO, "/srv/a.cgi: 100% message")]
    assert errors.getvalue() == ""


def test_stderr_lines(bare_logging: None) -> None:
    """Lines are written whole, wherever the bytes were cut, even inside a character; the last needs no line end."""
    it, errors = journal()
    for piece in (b"on", b"e\ntw", b"o \xc3", b"\xa9\r\n", b"rest"):
        it.stderr(piece)
    it.end_stderr()
    lines = [line.removeprefix("compat: /srv/a.cgi: stderr: ") for line in errors.getvalue().splitlines()]
    assert lines == ["one", "two \u00e9", "rest"]


def test_stderr_is_bounded(bare_logging: None) -> None:
    """Ten megabytes of error output do not become ten megabytes of log."""
    it, errors = journal()
    for _ in range(160):
        it.stderr(b"x" * 65536)
    it.end_stderr()
    assert len(errors.getvalue()) < 1_100_000
    assert f"{160 * 65536 - (1 << 20)} more bytes not shown" in errors.getvalue()
