"""What every format to import has in common: an opened file comes in, exchanges and remarks on the file go out.

The vocabulary of this package; each format is one module with a `SOURCE` in it, and `registry` lists them. A file that
is damaged raises `RecordingError`, with the byte or the line; nothing is imported then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import IO, NoReturn

from harness.errors import RecordingError
from harness.exchange import Exchange

START_LINE, HEADER_CASE, HEADER_ORDER = "start line", "header case", "header order"
FRAMING, BODY_BYTES, TIME = "framing", "body bytes", "time"
GUESSES = (START_LINE, HEADER_CASE, HEADER_ORDER, FRAMING, BODY_BYTES, TIME)
"""What a format may not say exactly, so that an exchange made of it has a likely value there (`Source.guesses`)."""

_LARGEST = 1 << 63
_START = 64  # bytes that tell a compressed file from what is in it


MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What reading plain data raises where it has another shape than it should."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line or record that is none of the format's; `number` counts from 1."""

    number: int
    text: str
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something understood that is no exchange, or not a whole one: counted by its reason (`WebSocket`)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What a person should know of the file as a whole; said once."""

    text: str


def starting_state(name: str) -> Note:
    """Return the note that a file names the state it starts from, which an import does not take over unasked."""
    return Note(f"starts from the state {name!r}: --state {name} says so of the recording")


@dataclass(frozen=True, slots=True)
class Read:
    """An exchange with its own guesses, where they are not those of its format."""

    exchange: Exchange
    guesses: frozenset[str] = frozenset()


Item = Exchange | Read | Unreadable | Skipped | Note


@dataclass(frozen=True, slots=True)
class Input:
    """An opened file: `stream` gives its bytes from the first, already uncompressed."""

    path: Path
    stream: IO[bytes]

    def on_disk(self) -> Path:
        """Return the path, for a format that is read by name. Raises `RecordingError` where the file is compressed."""
        with self.path.open("rb") as file:
            if file.read(_START) != self.stream.read(_START):
                self.bad(0, "compressed; unpack it first, this format is read where it lies")
        return self.path

    def bad(self, offset: int, reason: str) -> NoReturn:
        """Refuse the file: raises `RecordingError` with the byte (uncompressed, from 0) and the reason."""
        raise RecordingError(f"{self.path}: byte {offset}: {reason}")


def out_of_range(exchange: Exchange) -> str:
    """Say which number of an exchange cannot be (RFC 9110 section 15), or is none that an archive holds; else empty."""
    response = exchange.response
    if not isfinite(exchange.started) or not isfinite(exchange.duration or 0):
        return "a time that is no number"
    if response and not 0 <= response.status <= 999:
        return "a status that is none"
    if response and not 0 <= (response.size or 0) < _LARGEST:
        return "a size that is none"
    return ""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user said of the files: `--format` as given, None where it is to be found by the content."""

    format: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A format that is imported.

    `detect` is given the first bytes of a file (uncompressed, at most `SAMPLE`) and its path; `takes` tells whether a
    `--format` that is no name means this format. `guesses` is what plain exchanges of it do not hold exactly; `loses`
    is the table of the documentation: what of an exchange -> what becomes of it.
    """

    name: str
    title: str
    detect: Callable[[bytes, Path], bool]
    read: Callable[[Input, Options], Iterator[Item]]
    takes: Callable[[str], bool] = field(default=lambda _: False)
    guesses: frozenset[str] = frozenset()
    loses: Mapping[str, str] = field(default_factory=dict)


SAMPLE = 1 << 16
"""How many bytes are looked at to find the format."""
