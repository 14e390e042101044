"""What the rows of an archive mean: rows come in, exchanges go out.

Texts, kinds and packs of bodies are kept once read, as many as memory may hold: neighbours in time share most of them.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.store.database import EMPTY
from harness.store.rows import text_hash
from harness.store.zstandard import unpacked

_TEXTS, _RUN = 32_768, 64  # texts kept, and how many neighbours are read at once: they were new at the same time
_LISTS = 8192  # header lists kept
_PACKS = 1024  # packs kept, of 32 kB each
_SHORT = 1 << 16  # bytes; a longer body is not kept

Known = tuple[str, str, Any, Any, Any, Any, Any, Any]
"""Of a kind: scheme, user_by, framing of the request; status, version, reason, framing of the answer, complete."""


class Stored:
    """The contents of one archive, over one connection."""

    WHOLE = """
        SELECT seq, started, duration, kind, line, peer, user, request_headers, request_body, request_raw_head,
               response_headers, response_body, response_raw_head, exchange.size, redactions,
               asked.pack, asked.start, asked.size, answer.pack, answer.start, answer.size
        FROM exchange LEFT JOIN body AS asked ON asked.id = request_body
                      LEFT JOIN body AS answer ON answer.id = response_body"""
    HEADS = """
        SELECT seq, started, duration, kind, line, peer, user, request_headers, request_body, request_raw_head,
               response_headers, NULL, response_raw_head, exchange.size, redactions,
               asked.pack, asked.start, asked.size, NULL, NULL, NULL
        FROM exchange LEFT JOIN body AS asked ON asked.id = request_body"""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._texts = _Texts(connection)
        self._kinds = _Kinds(connection)
        self._lists = _Lists(self._texts)
        self._packs = _Packs(connection)

    def exchanges(self, rows: Iterable[tuple[Any, ...]], prefix: str, first: int = 1) -> Iterator[Exchange]:
        """Yield the exchanges of rows that `WHOLE` or `HEADS` selected; ids are `prefix` and a number from `first`."""
        texts, kinds, lists, body = self._texts, self._kinds, self._lists, self._body
        for number, row in enumerate(rows, first):
            (_, started, duration, kind, line, peer, user, headers, asked, raw, answered, answer, answer_raw, size,
             redactions, *places) = row  # fmt: skip
            scheme, user_by, framing, status, version, reason, answer_framing, complete = kinds[kind]
            request = Request(
                texts[line], lists[headers], body(asked, places[0], places[1], places[2]) if asked else _none(asked),
                framing, raw,
            )  # fmt: skip
            response = None
            if status is not None:
                data = body(answer, places[3], places[4], places[5]) if answer else _none(answer)
                response = Response(
                    status, reason, lists[answered], data, version, answer_framing, answer_raw, complete, size
                )
            yield Exchange(
                f"{prefix}{number}", request, response, started, duration, scheme,
                texts[peer].decode("utf-8", "surrogateescape") if peer else "",
                texts[user].decode("utf-8", "surrogateescape") if user else "",
                user_by, _redactions(redactions) if redactions else (),
            )  # fmt: skip

    def _body(self, number: int, pack: int | None, start: int, size: int) -> bytes:
        if pack is None:
            raise ValueError(f"the body number {number} is missing")
        data = self._packs.unpacked(pack)
        if start + size > len(data):
            raise ValueError(f"the body number {number} is cut off")
        return data if size == len(data) else data[start : start + size]


class _Texts(dict[int, Any]):
    """Texts by number: bytes, or (name, value) for a header."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__({EMPTY: b""})
        self._connection = connection

    def __missing__(self, number: int) -> Any:
        if len(self) > _TEXTS:
            self.clear()
            self[EMPTY] = b""
        query = "SELECT id, hash, cut, data FROM text WHERE id BETWEEN ? AND ?"
        for each, hashed, cut, data in self._connection.execute(query, (number, number + _RUN - 1)):
            if text_hash(data) != hashed:
                raise ValueError(f"the text number {each} has other bytes than were written")
            self[each] = data if cut is None else (data[:cut], data[cut + 2 :])
        if number not in self:
            raise ValueError(f"the text number {number} is missing")
        return self[number]


class _Kinds(dict[int, Known]):
    """Kinds by number."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, number: int) -> Known:
        query = """SELECT scheme, user_by, request_framing, status, version, reason, response_framing, complete
                   FROM kind WHERE id = ?"""
        row = self._connection.execute(query, (number,)).fetchone()
        if row is None:
            raise ValueError(f"the kind number {number} is missing")
        if len(self) > _LISTS:
            self.clear()
        *facts, status, version, reason, framing, complete = row
        self[number] = (
            (*facts, None, None, None, None, None)
            if status is None
            else (*facts, status, version.encode("latin-1"), reason.encode("latin-1"), framing, bool(complete))
        )
        return self[number]


class _Lists(dict[bytes, Headers]):
    """Header lists by the numbers of their texts."""

    def __init__(self, texts: _Texts) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, packed: bytes) -> Headers:
        if len(self) > _LISTS:
            self.clear()
        numbers = header_numbers(packed)
        self[packed] = headers = tuple(map(self._texts.__getitem__, numbers))
        return headers


class _Packs:
    """Unpacked bodies by the number of their pack; the latest are kept."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._recent: dict[int, bytes] = {}

    def unpacked(self, number: int) -> bytes:
        """Return the bytes of a pack."""
        data = self._recent.get(number)
        return self._kept(number) if data is None else data

    def _kept(self, number: int) -> bytes:
        row = self._connection.execute("SELECT data FROM pack WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise ValueError(f"the pack number {number} is missing")
        data = unpacked(row[0])
        if len(data) <= _SHORT:
            if len(self._recent) >= _PACKS:
                del self._recent[next(iter(self._recent))]
            self._recent[number] = data
        return data


def header_numbers(packed: bytes) -> tuple[int, ...]:
    """Return the numbers of the texts of a header list."""
    if len(packed) % 4:
        raise ValueError("a header list is cut off")
    return struct.unpack(f"<{len(packed) // 4}I", packed)


def _none(number: int | None) -> bytes | None:
    """Return the body that has no row: that of no bytes, or none at all."""
    return None if number is None else b""


def _redactions(text: str) -> tuple[Redaction, ...]:
    return tuple(Redaction(*each) for each in json.loads(text))
