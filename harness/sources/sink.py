"""What every text format to export to has in common: exchanges come in one by one, a file goes out.

A format gives a `Style` (its beginning, one exchange, its end, and a count of what it could not hold); files are here.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol, cast

from harness.exchange import Exchange


class Style(Protocol):
    """How a format is written. `lost` counts what the format could not hold, in words: loss -> exchanges."""

    lost: Counter[str]

    def opening(self) -> bytes:
        """Return what stands before the first exchange."""

    def item(self, exchange: Exchange, number: int) -> bytes:
        """Return one exchange; `number` counts from 0."""

    def closing(self, count: int) -> bytes:
        """Return what stands after the last of `count` exchanges."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A format that is exported to, and the ends of names that ask for it.

    `loses` is the table of the documentation: what of an exchange -> what becomes of it.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    style: Callable[[str | None], Style]
    loses: Mapping[str, str] = field(default_factory=dict)


class SinkWriter:
    """A `recording.Writer` in a style: gzip where `packed`."""

    def __init__(self, path: Path, style: Style, packed: bool = False) -> None:
        self.path = path
        self.count = 0
        self._style = style
        self._packed = packed
        self._file: IO[bytes] | None = None
        self._stack = ExitStack()
        self._finished = False

    @property
    def lost(self) -> Counter[str]:
        """What could not be held so far, in words, with how many exchanges it was of."""
        return self._style.lost

    def open(self) -> None:
        """Create the file; raises OSError where that cannot be."""
        if self._file is None:
            raw = self._stack.enter_context(self.path.open("wb"))
            self._file = self._stack.enter_context(_packing(raw)) if self._packed else raw
            self._file.write(self._style.opening())

    def add(self, exchange: Exchange) -> None:
        """Append one exchange."""
        self.open()
        if self._file is not None:
            self._file.write(self._style.item(exchange, self.count))
            self.count += 1

    def flush(self) -> None:
        """Hand what was added to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Finish the file. A second call does nothing."""
        self.open()
        if self._file is not None and not self._finished:
            self._finished = True
            self._file.write(self._style.closing(self.count))
            self._stack.close()

    def abandon(self) -> None:
        """Nothing: what was added is in the file as far as it could be written."""

    def discard(self) -> None:
        """Remove what was written and not finished; does nothing after `close`."""
        if self._file is not None and not self._finished:
            self._finished = True
            with suppress(OSError):  # on a full disk; what it still holds back is not wanted any more
                self._stack.close()
            self.path.unlink(missing_ok=True)


def _packing(raw: IO[bytes]) -> IO[bytes]:
    # No time and no name within: the same exchanges give the same bytes.
    return cast(IO[bytes], gzip.GzipFile("", "wb", mtime=0, fileobj=raw))
