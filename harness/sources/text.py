"""Text files as they lie in a log folder: plain, or compressed by gzip, bzip2 or xz; which one their first bytes tell.

A path comes in, a stream of bytes goes out, with the position in the file on disk for those who show progress.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from harness.errors import RecordingError

_PIECE = 1 << 16
_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


@contextmanager
def open_text(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """Open a file and yield its bytes, uncompressed, and a function that tells how much of the file was read.

    Raises `RecordingError` where the file cannot be read, or ends or breaks within the compressed data: with the byte
    (uncompressed) up to which it was read.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise RecordingError(f"{path}: a pipe or a device, which cannot be read twice; save it in a file first")
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
            start = raw.read(8)
            raw.seek(0)
        except OSError as error:
            raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
        opener = next((_OPENERS[magic] for magic in _OPENERS if start.startswith(magic)), None)
        stream = stack.enter_context(opener(raw)) if opener else raw
        try:
            yield stream, raw.tell
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            raise RecordingError(f"{path}: byte {stream.tell()}: cannot be read to its end: {reason}") from error


def bounded_lines(stream: IO[bytes], longest: int) -> Iterator[bytes]:
    """Yield the lines of a stream; of one that is longer than any may be the beginning, which tells that it is."""
    while line := stream.readline(longest + 1):
        if len(line) > longest and not line.endswith(b"\n"):
            while (rest := stream.readline(_PIECE)) and not rest.endswith(b"\n"):
                pass
        yield line


def shape(text: str) -> str:
    """Return what a text looks like without what it says: letters are x, digits 9. It may hold a password."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "x", text))
