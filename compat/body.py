"""The request body, made ready for a program: what a runner takes from, without ever blocking.

Comes in: bytes that are there, in memory or in a file. One that is still arriving is the business of `pump`; which kind
a request needs, of `upload`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import IO, TypeVar

from .errors import ProgramError

LARGE_PIECE = 1 << 20

Piece = bytes | memoryview
T = TypeVar("T")


class Body:
    """A body held in memory, and the interface of the other kinds. `length` None: the request has no body."""

    wake: int | None = None
    moved = 0.0
    """When, by the monotonic clock, something of it last went to the program of itself."""

    def __init__(self, data: bytes = b"", length: int | None = None) -> None:
        self.length = length
        self._data = memoryview(data)
        self._taken = 0

    @property
    def ended(self) -> bool:
        """Whether everything has been taken."""
        return self._taken == len(self._data)

    def peek(self, size: int) -> Piece:
        """Return up to `size` bytes that are there now; empty where none are."""
        return self._data[self._taken : self._taken + size]

    def taken(self, size: int) -> None:
        """Count `size` bytes of the last `peek` as delivered."""
        self._taken += size

    def give(self, descriptor: int) -> int:
        """Write what is there to a descriptor, so far as it takes it at once; return how many bytes, 0 where none are
        there. Raises BlockingIOError, BrokenPipeError.
        """
        written = os.write(descriptor, data) if (data := self.peek(LARGE_PIECE)) else 0
        self._taken += written
        return written

    def hear(self) -> None:
        """Take note of what made `wake` readable; only a body that is still arriving has one."""

    def leave(self) -> None:
        """Write no more of itself to a descriptor that was given: it is about to be closed."""

    def close(self) -> None:
        """Release what the body holds."""


class SpooledBody(Body):
    """A body that was read whole into an unlinked file."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        super().__init__(length=length)
        self._file = file
        self._available = length
        self._finished = True

    @property
    def ended(self) -> bool:
        """Whether everything has been taken and nothing can follow."""
        return self._finished and self._taken >= self._available

    def peek(self, size: int) -> bytes:
        """Return up to `size` bytes that are there now."""
        return os.pread(self._file.fileno(), min(size, self._available - self._taken), self._taken)

    def give(self, descriptor: int) -> int:
        """Write what is there to a pipe. Linux moves it there without a copy, from most file systems."""
        size = min(LARGE_PIECE, self._available - self._taken)
        if not size or not hasattr(os, "splice"):
            return super().give(descriptor)
        source, flags = self._file.fileno(), os.SPLICE_F_NONBLOCK
        try:
            written = os.splice(source, descriptor, size, offset_src=self._taken, flags=flags)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return super().give(descriptor)
            raise
        self._taken += written
        return written

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()


def spooled(store: Callable[[], T]) -> T:
    """Do something with a temporary file. Raises ProgramError (503) where the disk does not let us."""
    try:
        return store()
    except OSError as error:
        raise no_room(error) from error


def no_room(error: OSError) -> ProgramError:
    """Return the error for a body that cannot be kept: no fault of the client's, who may try again."""
    where = "the folder for temporary files (TMPDIR)"
    return ProgramError(503, f"the request's body cannot be kept in {where}: {error.strerror or error}", retry_after=60)
