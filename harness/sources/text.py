"""Text files as they lie in a log folder: plain, or compressed by gzip, bzip2 or xz; which one their first bytes tell.

A path comes in, a stream of bytes goes out, with the position in the file on disk for those who show progress.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from harness.errors import RecordingError

_OPENERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


@contextmanager
def open_text(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """Open a file and yield its bytes, uncompressed, and a function that tells how much of the file was read.

    Raises `RecordingError` where the file cannot be read, or ends or breaks within the compressed data.
    """
    try:
        with ExitStack() as stack:
            raw = stack.enter_context(path.open("rb"))
            start = raw.read(8)
            raw.seek(0)
            opener = next((_OPENERS[magic] for magic in _OPENERS if start.startswith(magic)), None)
            yield (stack.enter_context(opener(raw)) if opener else raw), raw.tell
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path}: cannot be read to its end: {reason}") from error
