"""Whether an archive is whole: each byte is read and compared with what was written down about it.

A path comes in, what is damaged and how many exchanges can still be read goes out. Nothing is repaired here.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import RecordingError
from harness.store.archive import Archive
from harness.store.database import FIRST, reading
from harness.store.rows import text_hash
from harness.store.zstandard import unpacked

_NAMED = 10  # damages of one sort that are told
_REFERENCES = {
    "kind": "SELECT count(*) FROM exchange WHERE kind NOT IN (SELECT id FROM kind)",
    "request line": "SELECT count(*) FROM exchange WHERE line > 0 AND line NOT IN (SELECT id FROM text)",
    "redactions": "SELECT count(*) FROM exchange WHERE redactions NOT IN (SELECT id FROM text)",
    "body": """SELECT count(*) FROM exchange WHERE request_body > 0 AND request_body NOT IN (SELECT id FROM body)
               OR response_body > 0 AND response_body NOT IN (SELECT id FROM body)""",
}


@dataclass(frozen=True, slots=True)
class Inspection:
    """How many exchanges there are, how many can be read, which first ones cannot, and what is damaged, in words."""

    exchanges: int
    readable: int
    unreadable: tuple[str, ...]
    damage: tuple[str, ...]


def inspected(path: Path) -> Inspection:
    """Read a whole archive. Raises `RecordingError` where it cannot even be opened."""
    archive = Archive(path)
    damage: list[str] = []
    with reading(path) as connection:
        for look in _LOOKS if archive.version != FIRST else _LOOKS[:1]:
            try:
                damage += look(connection)
            except (sqlite3.Error, ValueError, TypeError) as error:
                damage.append(str(error))
    readable, unreadable = _read(archive)
    if unreadable and not damage:
        damage.append("what the tables say of some exchanges makes no sense")
    return Inspection(len(archive), readable, tuple(unreadable), tuple(dict.fromkeys(damage)))


def _pages(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what SQLite finds wrong with the file."""
    for (line,) in connection.execute(f"PRAGMA integrity_check({_NAMED})"):
        if line != "ok":
            yield line.replace("\n", ": ")


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute("SELECT id, hash, data FROM text")
    return _first(
        f"text {number}: other bytes than were written" for number, hashed, data in rows if text_hash(data) != hashed
    )


def _bodies(connection: sqlite3.Connection) -> Iterator[str]:
    return _first(_damaged_bodies(connection))


def _damaged_bodies(connection: sqlite3.Connection) -> Iterator[str]:
    last, data = None, b""
    for number, digest, size, pack, start in connection.execute(
        "SELECT id, digest, size, pack, start FROM body ORDER BY pack"
    ):
        if pack != last:
            last, data = pack, b""
            try:
                data = _pack(connection, pack)
            except ValueError as error:
                yield f"pack {pack} of bodies: {error}"
        if data and hashlib.sha256(data[start : start + size]).digest() != digest:
            yield f"body {number}: other bytes than were written"


def _pack(connection: sqlite3.Connection, number: int) -> bytes:
    row = connection.execute("SELECT data FROM pack WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise ValueError("missing")
    return unpacked(row[0])


def _references(connection: sqlite3.Connection) -> Iterator[str]:
    for what, query in _REFERENCES.items():
        (count,) = connection.execute(query).fetchone()
        if count:
            yield f"the {what} of {count} exchanges is missing"


def _first(found: Iterator[str]) -> Iterator[str]:
    """Yield the first damages, and how many more there are."""
    for number, text in enumerate(found):
        if number == _NAMED:
            yield f"and {1 + sum(1 for _ in found)} more like the last"
            return
        yield text


_LOOKS: tuple[Callable[[sqlite3.Connection], Iterator[str]], ...] = (_pages, _texts, _bodies, _references)


def _read(archive: Archive) -> tuple[int, list[str]]:
    """Return how many exchanges can be read, and the first that cannot."""
    try:
        return sum(1 for _ in archive), []
    except RecordingError:
        return _read_singly(archive)


def _read_singly(archive: Archive) -> tuple[int, list[str]]:
    readable = 0
    unreadable: list[str] = []
    for number in range(1, len(archive) + 1):
        try:
            archive.get(number)
            readable += 1
        except RecordingError:
            if len(unreadable) < _NAMED:
                unreadable.append(f"{archive.name}#{number}")
    return readable, unreadable
