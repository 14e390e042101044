"""The vocabulary of compat on one page: the WSGI types (PEP 3333) and the values passed between its stages.

Everything here is frozen and free of I/O. What a stage does with these values is written in the module named after the
stage. The values are tuples with names, since a request makes seven: a frozen dataclass takes four times as long.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, Protocol

Environ = dict[str, Any]
Headers = tuple[tuple[str, str], ...]
Variables = dict[bytes, bytes]
Application = Callable[[Environ, "StartResponse"], Iterable[bytes]]
Redirect = Literal["none", "local"]


class StartResponse(Protocol):
    """The second argument of a WSGI application (PEP 3333, "The start_response() Callable")."""

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
        """Begin a response and return the legacy `write` callable."""


class Input(Protocol):
    """What compat needs of `wsgi.input`."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, empty at the end."""


class Place(NamedTuple):
    """Where a URL led: the part that names the program, the rest, and the program's file (RFC 3875 sections 4.1.5,
    4.1.13).

    All three are "bytes as latin-1" text, as PEP 3333 has them. `script_filename` is None for a program without a file.
    """

    script_name: str
    path_info: str
    script_filename: str | None = None


class Head(NamedTuple):
    """The head of a program's answer, checked: what may be sent to the client as it stands.

    `redirect` is `local` where the server itself must fetch `location` (RFC 3875 section 6.2.2). `content_length` is
    what the program promised, None if it promised nothing. `start` holds the first bytes of the body, so far as they
    had arrived.
    """

    status: int
    reason: str
    headers: Headers
    redirect: Redirect = "none"
    location: str = ""
    content_length: int | None = None
    start: bytes = b""

    @property
    def status_line(self) -> str:
        """Status and reason as `start_response` takes them."""
        return f"{self.status} {self.reason}"

    def followed_by(self, start: bytes) -> Head:
        """Return this head with another start of the body; half of what `_replace` costs."""
        return Head(self.status, self.reason, self.headers, self.redirect, self.location, self.content_length, start)


class Command(NamedTuple):
    """One program ready to be executed: argument list, directory to run in, environment, and the name used in logs.

    `position` is where in `argv` the program's own file stands: after what sets limits, and its interpreter.
    """

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[bytes, bytes]
    name: str
    position: int = 0


class Exit(NamedTuple):
    """How a program ended: its exit status, or the signal that killed it; both None while it runs."""

    status: int | None = None
    signal: int | None = None

    def __str__(self) -> str:
        if self.signal is not None:
            return f"signal={self.signal}"
        return f"exit={'-' if self.status is None else self.status}"

    @property
    def ending(self) -> str:
        """The exit status, or the signal's name; of real-time signals Python names only the first and the last."""
        if self.signal is None:
            return str(self.status)
        try:
            return signal.Signals(self.signal).name
        except ValueError:
            return f"signal {self.signal}"


class Outcome(NamedTuple):
    """How one run of a program ended, or why there was none: what the log and the metrics say about it.

    `exit` is None where nothing was started. `seconds` is the whole duration, `waited` its share spent waiting for a
    place; `sent` counts bytes of body. `failed` is the status of the error that ended it, also where its answer had
    begun with another; 0 where none did. `note` is for people.
    """

    program: str
    method: str
    status: int
    exit: Exit | None = None
    seconds: float = 0.0
    waited: float = 0.0
    sent: int = 0
    failed: int = 0
    note: str = ""
    well: bool = False

    def __str__(self) -> str:
        ran = "" if self.exit is None else f" {self.exit!s} duration={self.seconds:.3f} bytes={self.sent}"
        return f"{self.method} status={self.status}{ran}" + (f" ({self.note})" if self.note else "")
