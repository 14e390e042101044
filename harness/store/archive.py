"""Archives: recordings of any length in one SQLite file, read here in time order, streamed; `writer` writes them.

A path comes in, exchanges go out. How they stand in the file is `database`'s and `stored`'s; in version 1, `first`'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.store.database import FIRST, check, check_version, reading
from harness.store.first import FirstStored
from harness.store.stored import Stored
from harness.store.writer import ArchiveWriter

__all__ = ["Archive", "ArchiveWriter"]

_ORDER = "ORDER BY started, seq"


class Archive:
    """A finished or growing archive, read without changing it.

    Holds no connection: each iteration opens its own, in the process that iterates. A file that is missing, empty,
    truncated, of another version or not an archive raises `RecordingError`, while reading too.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        check(path)
        with reading(path) as connection:
            (self.version,) = connection.execute("PRAGMA user_version").fetchone()
            check_version(path, self.version)
            row = connection.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
            self.state: str | None = row[0] if row else None
            (self._count,) = connection.execute("SELECT count(*) FROM exchange").fetchone()

    def __len__(self) -> int:
        return int(self._count)

    def __iter__(self) -> Iterator[Exchange]:
        """Yield the exchanges by start, then in the order they were added; the numbers in ids follow that order."""
        with reading(self.path) as connection:
            stored = self._stored(connection)
            yield from stored.exchanges(connection.execute(f"{stored.WHOLE} {_ORDER}"), f"{self.name}#")

    def span(self) -> tuple[float, float]:
        """Return when the first exchange began, and the last (epoch seconds)."""
        with reading(self.path) as connection:
            first, last = connection.execute("SELECT min(started), max(started) FROM exchange").fetchone()
        return float(first), float(last)

    def heads(self) -> Iterator[tuple[int, Exchange]]:
        """Yield the exchanges as iteration does, but without the answers' bodies, each with its place in the file."""
        with reading(self.path) as connection:
            stored, places = self._stored(connection), _Places()
            rows = places.noted(connection.execute(f"{stored.HEADS} {_ORDER}"))
            for exchange in stored.exchanges(rows, f"{self.name}#"):
                yield places.last, exchange

    def places(self) -> Iterator[int]:
        """Yield the places of the exchanges, in the order in which iteration yields these."""
        with reading(self.path) as connection:
            for (place,) in connection.execute(f"SELECT seq FROM exchange {_ORDER}"):  # noqa: S608
                yield place

    def pick(self, numbered: Iterable[tuple[int, int]]) -> Iterator[Exchange]:
        """Yield the exchanges at (number, place), in that order; places are those that `heads` gave."""
        with reading(self.path) as connection:
            stored = self._stored(connection)
            query = f"{stored.WHOLE} WHERE seq = ?"
            for number, place in numbered:
                rows = connection.execute(query, (place,)).fetchall()
                if not rows:
                    raise RecordingError(f"{self.path}: has no exchange {number} any more")
                yield from stored.exchanges(rows, f"{self.name}#", number)

    def get(self, number: int) -> Exchange:
        """Return the exchange whose id ends in `#number`; raises `RecordingError` where there is none."""
        with reading(self.path) as connection:
            query = f"SELECT seq FROM exchange {_ORDER} LIMIT 1 OFFSET ?"  # noqa: S608
            row = connection.execute(query, (number - 1,)).fetchone() if number > 0 else None
        if row is None:
            raise RecordingError(f"{self.path}: has no exchange {number}, only {len(self)}")
        return next(self.pick([(number, row[0])]))

    def sessions(self) -> Iterator[tuple[int, int]] | None:
        """Yield for each exchange in time order its place and a number that its client session shares; None: unknown.

        The numbers were given while the file was written, by `session_key`.
        """
        return None if self.version == FIRST else self._sessions()

    def _sessions(self) -> Iterator[tuple[int, int]]:
        with reading(self.path) as connection:
            joined = dict(connection.execute("SELECT number, earlier FROM joined").fetchall())
            for place, number in connection.execute(f"SELECT seq, session FROM exchange {_ORDER}"):  # noqa: S608
                while number in joined:
                    number = joined[number]
                yield place, number

    def notes(self) -> dict[str, str]:
        """Return what was noted about the recording as a whole, by key."""
        with reading(self.path) as connection:
            rows = connection.execute("SELECT substr(key, 6), value FROM meta WHERE key LIKE 'note %'")
            return dict(rows.fetchall())

    def _stored(self, connection: sqlite3.Connection) -> Stored | FirstStored:
        return FirstStored(connection) if self.version == FIRST else Stored(connection)


class _Places:
    """Notes the place of the row that was asked for last."""

    def __init__(self) -> None:
        self.last = 0

    def noted(self, rows: Iterable[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
        """Yield the same rows."""
        for row in rows:
            self.last = row[0]
            yield row
