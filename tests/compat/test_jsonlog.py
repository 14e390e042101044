"""Each record is one line of JSON that holds what the journal knew."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from typing import Any

import pytest

from compat.errors import ConfigurationError
from compat.journal import Journal
from compat.jsonlog import JSONFormatter, json_logging
from compat.site import Health
from compat.types import Exit, Outcome


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the logger `compat` writes, as objects."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    logger = logging.getLogger("compat")
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "propagate", False)
    monkeypatch.setattr(logger, "level", logging.INFO)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def journal() -> Journal:
    """A request for a program."""
    environ = {"wsgi.errors": io.StringIO(), "REMOTE_ADDR": "192.0.2.1", "PATH_INFO": "/a\u00e9\n"}
    return Journal(environ, "/srv/a.cgi")


def test_outcome(lines: Any) -> None:
    """A run has its numbers as fields."""
    journal().end(Outcome("/srv/a.cgi", "GET", 200, Exit(signal=9), 1.5, 0.25, 7, failed=504, note="too slow"))
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "compat",
        "message": "/srv/a.cgi: GET status=200 signal=9 duration=1.500 bytes=7 (too slow)",
        "program": "/srv/a.cgi",
        "client": "192.0.2.1",
        "path": "/a\\xe9\\n",
        "method": "GET",
        "status": 200,
        "exit": None,
        "signal": 9,
        "seconds": 1.5,
        "waited": 0.25,
        "bytes": 7,
        "failed": 504,
        "note": "too slow",
    }


def test_refused_request(lines: Any) -> None:
    """What never ran has no exit, duration or bytes."""
    journal().end(Outcome("", "GET", 404, failed=404, note="gone"))
    assert not {"exit", "signal", "seconds", "bytes"} & set(lines()[0])


def test_stderr_is_one_line_each(lines: Any) -> None:
    """Line ends and control bytes of a program cannot forge a record."""
    journal().stderr(b'{"level": "x"}\r\x1b[0m\nnext\n')
    assert [line["message"] for line in lines()] == [
        '/srv/a.cgi: stderr: {"level": "x"}\\r\\x1b[0m',
        "/srv/a.cgi: stderr: next",
    ]


def test_health(lines: Any) -> None:
    """What is wrong with the program is a line like all others, without a line end of the program's making."""

    def look() -> None:
        raise ConfigurationError("/srv/a\n.cgi cannot be read")

    environ = {"wsgi.errors": io.StringIO(), "REQUEST_METHOD": "GET", "REMOTE_ADDR": "192.0.2.1"}
    Health(look)(environ, lambda status, headers, exc_info=None: lambda data: None)
    (line,) = lines()
    assert (line["level"], line["message"]) == ("warning", r"not healthy: /srv/a\n.cgi cannot be read")
    assert environ["wsgi.errors"].getvalue() == ""


def test_exception(lines: Any) -> None:
    """A traceback stays inside its record."""
    try:
        raise LookupError("here")
    except LookupError:
        logging.getLogger("compat").exception("failed")
    (line,) = lines()
    assert "LookupError: here" in line["traceback"]


def test_configuration_is_accepted() -> None:
    """Python's logging takes it, and nothing else of the host is switched off."""
    names = ("compat", "gunicorn.error", "root")
    loggers = [logging.getLogger(name if name != "root" else None) for name in names]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    try:
        logging.config.dictConfig(json_logging() | {"incremental": False})
        assert isinstance(loggers[0].handlers[0].formatter, JSONFormatter)
        assert not logging.getLogger("compat.other").disabled
    finally:
        for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
            logger.handlers[:], logger.level, logger.propagate = handlers, level, propagate
