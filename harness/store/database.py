"""The SQLite file of an archive: its tables, how it is opened for writing and for reading, and whether it is whole.

A path comes in, a connection goes out; what is wrong with the file is a `RecordingError` that names it. What the rows
mean: `writer` makes them, `stored` reads them, docs/archive.md tells it to people.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from harness.errors import RecordingError

SQLITE_MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x53435254  # "SCRT"
VERSION = 2
FIRST = 1
"""The version before, which is still read."""

# What few exchanges differ in stands once for all that agree, `kind`; the columns in the order of the table.
KIND = (
    "endpoint", "client", "method", "status", "scheme", "user_by", "request_framing", "version", "reason",
    "response_framing", "complete",
)  # fmt: skip
COLUMNS = (
    "started", "duration", "kind", "line", "peer", "user", "session", "request_headers", "request_body",
    "request_raw_head", "response_headers", "response_body", "response_raw_head", "size", "redactions",
)  # fmt: skip
EMPTY = 0
"""The number of the body, text or header list of no bytes, which is not stored."""

_AFFINITY = {"started": " REAL", "duration": " REAL"}  # whole seconds take half the room then
SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE text (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, cut INTEGER, data BLOB NOT NULL);
CREATE INDEX text_hash ON text (hash);
CREATE TABLE pack (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE body (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
                   pack INTEGER NOT NULL, start INTEGER NOT NULL);
CREATE TABLE kind (id INTEGER PRIMARY KEY, {", ".join(KIND)});
CREATE INDEX kind_endpoint ON kind (endpoint, client, status);
CREATE TABLE session (key INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE joined (number INTEGER PRIMARY KEY, earlier INTEGER NOT NULL);
CREATE TABLE exchange (seq INTEGER PRIMARY KEY, {", ".join(name + _AFFINITY.get(name, "") for name in COLUMNS)});
CREATE INDEX exchange_started ON exchange (started);
CREATE VIEW listing AS
  SELECT seq, datetime(started, 'unixepoch') AS time, client, CAST(peer.data AS TEXT) AS peer,
         CAST(user.data AS TEXT) AS user, endpoint, CAST(line.data AS TEXT) AS start_line, status, size, session
  FROM exchange JOIN kind ON kind.id = kind LEFT JOIN text AS line ON line.id = line
  LEFT JOIN text AS peer ON peer.id = peer LEFT JOIN text AS user ON user.id = user;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""  # noqa: S608
# Made when the file is finished: half the time of an import went into keeping them in order.
LATER_INDEXES = """
CREATE INDEX IF NOT EXISTS exchange_kind ON exchange (kind);
CREATE INDEX IF NOT EXISTS exchange_session ON exchange (session);
"""


def is_archive(path: Path) -> bool:
    """Tell by its first bytes whether a file could be an archive."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC


def check(path: Path) -> None:
    """Raise `RecordingError` unless the file is a whole archive that this harness reads, as its first page has it."""
    written = _is_written(path)
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not head:
        raise RecordingError(f"{path}: empty file, not a recording")
    if not head.startswith(SQLITE_MAGIC):
        raise RecordingError(f"{path}: not an archive")
    if len(head) < 100:
        raise RecordingError(f"{path}: truncated archive")
    version, application = (int.from_bytes(head[start : start + 4]) for start in (60, 68))
    # The header's own count of pages (SQLite file format, section 1.3.8).
    page, pages = int.from_bytes(head[16:18]), int.from_bytes(head[28:32])
    # While it is written all but the first page may still stand beside it; before that there is one page. A writer may
    # end between two of our questions: the size is asked last.
    growing = pages <= 1 or written or _is_written(path)
    if application != APPLICATION_ID and not growing:
        raise RecordingError(f"{path}: an SQLite file, but not an archive")
    if not growing:
        check_version(path, version)
    expected, size = (65536 if page == 1 else page) * pages, path.stat().st_size
    if size < expected and not growing:
        raise RecordingError(f"{path}: truncated archive: {size} of {expected} bytes")


def _is_written(path: Path) -> bool:
    """Whether somebody writes, or was killed while the file was finished: a log or a journal stands beside it."""
    return any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))


def check_version(path: Path, version: int) -> None:
    """Raise `RecordingError` for an archive of a version that this harness does not know."""
    if not FIRST <= version <= VERSION:
        raise RecordingError(
            f"{path}: an archive of version {version}; this harness reads up to version {VERSION}: install a newer "
            "screamtest, or have the one that wrote it export to a cassette (harness export ARCHIVE -o x.yaml)"
        )


def connected(path: Path) -> sqlite3.Connection:
    """Open a database for writing, with a write-ahead log.

    A new one is its owner's alone to read: it holds what people sent. What SQLite puts beside it has the same mode.
    Changing to that log does not wait for other writers as other statements do (SQLite, "WAL mode", section 4).
    """
    with suppress(OSError):  # it is there, or SQLite says why it cannot be
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
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
    """Open a database for reading only; what fails in the block because of what the rows hold is damage.

    What a killed writer left half done is put right first, which needs the right to write.
    """
    try:
        with closing(_opened(path)) as connection:
            yield connection
    except (sqlite3.Error, ValueError, TypeError, AttributeError) as error:
        raise RecordingError(f"{path}: truncated or damaged archive: {error}") from error


def _opened(path: Path) -> sqlite3.Connection:
    connection = _read_only(path)
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if "readonly" not in str(error) and "unable to open" not in str(error):
            raise
        _recover(path)
        connection = _read_only(path)
    return connection


def _read_only(path: Path) -> sqlite3.Connection:
    # A reader that was not read to its end is closed by whichever thread collects it.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30, check_same_thread=False)


def _recover(path: Path) -> None:
    """Have SQLite undo what was begun and not finished, as it does whenever a file is opened for writing."""
    if not path.is_file() or not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise RecordingError(
            f"{path}: its writer was killed, and it must be put right before it can be read: give the right to write "
            "to file and folder once, or copy both it and what stands beside it elsewhere"
        )
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA user_version").fetchone()
