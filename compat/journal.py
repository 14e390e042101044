"""What is written down about a request: one line at its end, and what the program said on its error output.

Goes to the logger `compat` where the host configured logging, else to `wsgi.errors`; to neither what is below that
logger's level. Bytes from outside are escaped and bounded.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from .environ import encode
from .types import Environ, Outcome

OBSERVER = "compat.observer"
"""The environ's key for a callable that is given the Outcome of each run: how metrics listen."""

MAX_LINE = 8192
MAX_STDERR = 1 << 20

logger = logging.getLogger("compat")
_unprintable = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def escape(data: bytes) -> str:
    r"""Return one line of text for bytes from outside: what is not printable UTF-8 becomes `\xNN`."""
    text = data.decode("utf-8", "backslashreplace")
    return _unprintable.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def one_line(text: str) -> str:
    """Return text that no client can break into a second line, and that every stream can hold."""
    if text.isascii() and text.isprintable():
        return text
    return escape(text.encode("utf-8", "backslashreplace"))


class Journal:
    """Takes the messages of one request, whose `environ` it knows. `program` is the name they carry."""

    def __init__(self, environ: Environ, program: str = "") -> None:
        self.program = program
        self.environ = environ
        self._errors: Any = environ["wsgi.errors"]
        self._observe: Callable[[Outcome], object] | None = environ.get(OBSERVER)
        self._pending = b""
        self._taken = 0

    def say(self, level: int, message: str, outcome: Outcome | None = None) -> None:
        """Write one line. A log record bears `program`, `outcome`, `client` and `path`, for formatters."""
        self._write(level, one_line(message), outcome)

    def _write(self, level: int, message: str, outcome: Outcome | None = None) -> None:
        if level < logger.level:
            return
        text = f"{one_line(self.program)}: {message}" if self.program else message
        if logger.hasHandlers():
            logger.log(level, "%s", text, extra=self._told(outcome))
            return
        try:
            self._errors.write(f"compat: {text}\n")
            self._errors.flush()
        except (OSError, ValueError):
            pass  # a full disk, or a closed stream: that costs the line, as in Python's logging, and never an answer

    def _told(self, outcome: Outcome | None) -> dict[str, Any]:
        path = self.environ.get("SCRIPT_NAME", "") + self.environ.get("PATH_INFO", "")
        client = self.environ.get("REMOTE_ADDR", "")
        return {"program": self.program, "outcome": outcome, "client": client, "path": escape(encode(path))}

    def end(self, outcome: Outcome) -> None:
        """Write the line of a request, if anybody wants it: it costs a fiftieth of a small program."""
        level = logging.INFO if outcome.well else logging.WARNING
        if logger.isEnabledFor(level) if logger.hasHandlers() else level >= logger.level:
            self.say(level, str(outcome), outcome)
        if self._observe is not None:
            self._observe(outcome)

    def exception(self, message: str, trace: str) -> None:
        """Write a message and a traceback, which the client never sees."""
        self._write(logging.ERROR, "\n".join(one_line(line) for line in (message, *trace.rstrip().split("\n"))))

    def stderr(self, data: bytes) -> None:
        """Take bytes of a program's error output; whole lines are written as they come."""
        room = MAX_STDERR - self._taken
        self._taken += len(data)
        if room <= 0:
            return
        *lines, self._pending = (self._pending + data[:room]).split(b"\n")
        for line in lines:
            self._stderr_line(line)
        while len(self._pending) >= MAX_LINE:
            self._stderr_line(self._pending[:MAX_LINE])
            self._pending = self._pending[MAX_LINE:]

    def end_stderr(self) -> None:
        """Write what is left without a line end, and how much was not written at all."""
        if self._pending:
            self._stderr_line(self._pending)
            self._pending = b""
        if self._taken > MAX_STDERR:
            self.say(logging.WARNING, f"stderr: {self._taken - MAX_STDERR} more bytes not shown")
            self._taken = 0

    def _stderr_line(self, line: bytes) -> None:
        line = line.removesuffix(b"\r")
        for start in range(0, len(line) or 1, MAX_LINE):
            self.say(logging.WARNING, f"stderr: {escape(line[start : start + MAX_LINE])}")
