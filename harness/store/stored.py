"""What the rows of an archive mean: rows come in, exchanges go out.

Texts, kinds and packs of bodies are kept once read, as many as memory may hold: neighbours in time share most of them.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from harness.exchange import Exchange, Headers, Redaction
from harness.store.database import EMPTY
from harness.store.made import made_exchange, made_request, made_response
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
               asked.pack, asked.start, asked.start + asked.size,
               answer.pack, answer.start, answer.start + answer.size
        FROM exchange LEFT JOIN body AS asked ON asked.id = request_body
                      LEFT JOIN body AS answer ON answer.id = response_body"""
    HEADS = """
        SELECT seq, started, duration, kind, line, peer, user, request_headers, request_body, request_raw_head,
               response_headers, NULL, response_raw_head, exchange.size, redactions,
               asked.pack, asked.start, asked.start + asked.size, NULL, NULL, NULL
        FROM exchange LEFT JOIN body AS asked ON asked.id = request_body"""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._texts = _Texts(connection)
        self._words = _Words(self._texts)
        self._kinds = _Kinds(connection)
        self._lists = _Lists(self._texts)
        self._redacted = _Redacted(self._texts)
        self._packs = _Packs(connection)

    def text(self, number: int) -> Any:
        """Return a text: bytes, or (name, value) of a header. Raises ValueError where it is damaged or missing."""
        return self._texts[number]

    def exchanges(self, rows: Iterable[tuple[Any, ...]], prefix: str, first: int = 1) -> Iterator[Exchange]:
        """Yield the exchanges of rows that `WHOLE` or `HEADS` selected; ids are `prefix` and a number from `first`.

        Long, and with as few calls as can be: it runs for each exchange of any recording.
        """
        texts, words, kinds, lists, packs = self._texts, self._words, self._kinds, self._lists, self._packs
        redacted = self._redacted
        for number, row in enumerate(rows, first):
            (_, started, duration, kind, line, peer, user, headers, body, raw, answer_headers, answer_body, answer_raw,
             size, redactions, pack, start, end, answer_pack, answer_start, answer_end) = row  # fmt: skip
            scheme, user_by, framing, status, version, reason, answer_framing, complete = kinds[kind]
            if body:
                body = packs[pack][start:end]
            elif body == EMPTY:
                body = b""
            response = None
            if status is not None:
                if answer_body:
                    answer_body = packs[answer_pack][answer_start:answer_end]
                elif answer_body == EMPTY:
                    answer_body = b""
                response = made_response(
                    status, reason, lists[answer_headers], answer_body, version, answer_framing, answer_raw, complete,
                    size,
                )  # fmt: skip
            yield made_exchange(
                f"{prefix}{number}", made_request(texts[line], lists[headers], body, framing, raw), response, started,
                duration, scheme, words[peer], words[user], user_by, redacted[redactions],
            )  # fmt: skip


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
            if text_hash(data) == hashed:
                self[each] = data if cut is None else (data[:cut], data[cut + 2 :])
        if number not in self:
            raise ValueError(f"the text number {number} is missing, or has other bytes than were written")
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


class _Words(dict[int, str]):
    """Addresses and users by the number of their text."""

    def __init__(self, texts: _Texts) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, number: int) -> str:
        if len(self) > _LISTS:
            self.clear()
        word: str
        self[number] = word = self._texts[number].decode("utf-8", "surrogateescape")
        return word


class _Redacted(dict[int | None, tuple[Redaction, ...]]):
    """What was redacted, by the number of the text that tells it."""

    def __init__(self, texts: _Texts) -> None:
        super().__init__({None: ()})
        self._texts = texts

    def __missing__(self, number: int) -> tuple[Redaction, ...]:
        if len(self) > _LISTS:
            self.clear()
            self[None] = ()
        self[number] = redactions = tuple(Redaction(*each) for each in json.loads(self._texts[number]))
        return redactions


class _Packs(dict[int | None, bytes]):
    """Unpacked bodies by the number of their pack; the latest are kept."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, number: int | None) -> bytes:
        row = self._connection.execute("SELECT data FROM pack WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise ValueError("a body is missing")
        data = unpacked(row[0])
        if len(data) <= _SHORT:
            if len(self) >= _PACKS:
                del self[next(iter(self))]
            self[number] = data
        return data


def header_numbers(packed: bytes) -> tuple[int, ...]:
    """Return the numbers of the texts of a header list."""
    if len(packed) % 4:
        raise ValueError("a header list is cut off")
    return struct.unpack(f"<{len(packed) // 4}I", packed)
