"""Where the bodies of exchanges under way are kept: in memory within a budget, long ones in an enciphered file.

Bytes go in piece by piece and come out whole. The file has no name, and its key is only in memory: the disk never holds
anything legible, whatever becomes of the process. Which body is kept, and for how long, is `capture`'s to decide.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import threading
from typing import BinaryIO, NamedTuple

BLOCK = 1 << 16  # bytes enciphered at once


class Budget:
    """So many bytes of memory for all captures of a recorder together."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Reserve memory, or return False where there is not so much left."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give(self, size: int) -> None:
        """Return what was taken."""
        with self._lock:
            self._left += size


class Sealed(NamedTuple):
    """A finished file, as it can be handed to another process: its descriptor, key, and length in bytes."""

    descriptor: int
    key: bytes
    size: int


class Spool:
    """One enciphered temporary file, written to its end, then read. Raises OSError where the disk is full."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (close closes it)
        self._key = secrets.token_bytes(32)
        self._waiting = bytearray()
        self._blocks = 0
        self.size = 0

    def add(self, data: bytes) -> None:
        """Append bytes."""
        self.size += len(data)
        self._waiting += data
        while len(self._waiting) >= BLOCK:
            self._write(bytes(self._waiting[:BLOCK]))
            del self._waiting[:BLOCK]

    def sealed(self) -> Sealed:
        """Write what still waits and return how the whole is read; nothing may be added after that."""
        if self._waiting:
            self._write(bytes(self._waiting))
            self._waiting.clear()
        return Sealed(self._file.fileno(), self._key, self.size)

    def close(self) -> None:
        """Give the file back; nobody can read it any more."""
        self._file.close()

    def _write(self, block: bytes) -> None:
        data = memoryview(_ciphered(block, self._key, self._blocks))
        while data:  # a disk that is nearly full takes a part
            data = data[self._file.write(data) :]
        self._blocks += 1


def unsealed(file: Sealed) -> bytes:
    """Read a finished spool. Raises OSError where it is shorter than it was."""
    pieces = []
    for number, start in enumerate(range(0, file.size, BLOCK)):
        wanted = min(BLOCK, file.size - start)
        block = os.pread(file.descriptor, wanted, start)
        if len(block) < wanted:
            raise OSError("a temporary file lost its end")
        pieces.append(_ciphered(block, file.key, number))
    return b"".join(pieces)


def _ciphered(block: bytes, key: bytes, number: int) -> bytes:
    """Encipher a block, or decipher it: XOR with a stream that SHAKE-256 makes of the key and the block's number."""
    stream = hashlib.shake_256(key + number.to_bytes(8)).digest(len(block))
    mixed = int.from_bytes(block, "little") ^ int.from_bytes(stream, "little")
    return mixed.to_bytes(len(block), "little")
