"""The SQLite file of an archive: its tables, how it is opened for writing and for reading, and whether it is whole.

A path comes in, a connection goes out; what is wrong with the file is a `RecordingError` that names it. What the rows
mean is `archive`'s.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from harness.errors import RecordingError

SQLITE_MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x53435254  # "SCRT"
VERSION = 1

# The column of each field, in the order of the table; exchanges are written and read by this list alone.
COLUMNS = (
    "started", "duration", "method", "path", "status", "scheme", "peer", "user", "user_by",
    "start_line", "request_headers", "request_body", "request_framing", "request_raw_head",
    "version", "reason", "response_headers", "response_body", "response_framing", "response_raw_head", "complete",
    "size",
)  # fmt: skip
SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE blob (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
                   zstd INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE exchange (seq INTEGER PRIMARY KEY, {", ".join(COLUMNS)});
CREATE INDEX exchange_started ON exchange (started);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
# Made when the file is finished: half the time of an import went into keeping them in order.
LATER_INDEXES = """
CREATE INDEX IF NOT EXISTS exchange_path ON exchange (path, method);
CREATE INDEX IF NOT EXISTS exchange_status ON exchange (status);
"""


def is_archive(path: Path) -> bool:
    """Tell by its first bytes whether a file could be an archive."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC


def check(path: Path) -> None:
    """Raise `RecordingError` unless the file is a whole archive of this version, as far as its first page can tell."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not size:
        raise RecordingError(f"{path}: empty file, not a recording")
    if not head.startswith(SQLITE_MAGIC):
        raise RecordingError(f"{path}: not an archive")
    if len(head) < 100:
        raise RecordingError(f"{path}: truncated archive")
    version, application = (int.from_bytes(head[start : start + 4]) for start in (60, 68))
    # The header's own count of pages (SQLite file format, section 1.3.8).
    page, pages = int.from_bytes(head[16:18]), int.from_bytes(head[28:32])
    # While it is written all but the first page may still stand in the write-ahead log; before that there is one page.
    growing = pages <= 1 or path.with_name(path.name + "-wal").exists()
    if application != APPLICATION_ID and not growing:
        raise RecordingError(f"{path}: an SQLite file, but not an archive")
    if version != VERSION and not growing:
        raise RecordingError(f"{path}: an archive of version {version}; this harness reads version {VERSION}")
    expected = (65536 if page == 1 else page) * pages
    if size < expected and not growing:
        raise RecordingError(f"{path}: truncated archive: {size} of {expected} bytes")


def connected(path: Path) -> sqlite3.Connection:
    """Open a database for writing, with a write-ahead log.

    Changing to that log does not wait for other writers as other statements do (SQLite, "WAL mode", section 4).
    """
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    until = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            return connection
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                connection.close()
                raise
            time.sleep(0.01)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading only; what fails in the block because of what the rows hold is damage."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        # A reader that was not read to its end is closed by whichever thread collects it.
        with closing(sqlite3.connect(uri, uri=True, timeout=30, check_same_thread=False)) as connection:
            yield connection
    except (sqlite3.Error, ValueError, TypeError, AttributeError) as error:
        raise RecordingError(f"{path}: truncated or damaged archive: {error}") from error
