"""What stands in the tables of an archive for an exchange: it comes in, its row goes out, what is new is stored.

Every text (start line, header, address) and every body stands once. Bodies are packed by the dozen, which is smaller
and faster to read than each for itself. Transactions and locks are `writer`'s.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
from collections.abc import Sequence
from typing import Any

from harness.clients import client
from harness.endpoint import endpoint
from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.session_key import session_keys
from harness.store.database import COLUMNS, EMPTY, KIND
from harness.store.zstandard import Compressor

PACK = 1 << 15
"""Bytes of bodies that are packed together; a longer body is a pack of its own."""

_INSERT = f"INSERT INTO exchange (seq, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608
_KIND = f"INSERT INTO kind ({', '.join(KIND)}) VALUES ({', '.join('?' * len(KIND))})"  # noqa: S608
_SAME_KIND = f"SELECT id FROM kind WHERE {' AND '.join(name + ' IS ?' for name in KIND)}"  # noqa: S608
_REMEMBERED = 50_000  # numbers of each sort that are kept in memory
_LISTS = 8192
_AT_ONCE = 256


class Rows:
    """Inserts exchanges within the transaction of a connection; knows the numbers of what it has stored.

    `begin` comes after each BEGIN, `finish` before each COMMIT. After a rollback make another.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute, self._executemany = connection.execute, connection.executemany
        self._rows: list[tuple[Any, ...]] = []
        self._texts: dict[bytes | tuple[bytes, bytes], int] = {}
        self._lists: dict[Headers, bytes] = {}
        self._bodies: dict[bytes, int] = {}
        self._kinds: dict[tuple[Any, ...], int] = {}
        self._redacted: dict[tuple[Redaction, ...], int] = {}
        self._sessions: dict[int, int] = {}
        self._endpoints: dict[bytes, tuple[str, str]] = {}
        self._clients: dict[Headers, str] = {}
        self._visits: dict[tuple[str, Headers], int] = {}
        self._waiting: list[bytes] = []
        self._length = 0
        self._pack = self._next_pack = self._seq = 0
        self._compressor = Compressor()

    def begin(self) -> None:
        """Learn which numbers are free, now that no other writer can take them."""
        (self._next_pack,) = self._execute("SELECT coalesce(max(id), 0) + 1 FROM pack").fetchone()
        (self._seq,) = self._execute("SELECT coalesce(max(seq), 0) FROM exchange").fetchone()

    def add(self, exchange: Exchange) -> None:
        """Insert an exchange, with others that came just before."""
        self._seq += 1
        self._rows.append((self._seq, *self._row(exchange)))
        if len(self._rows) >= _AT_ONCE:
            self._insert()

    def _insert(self) -> None:
        self._executemany(_INSERT, self._rows)
        self._rows = []

    def finish(self) -> None:
        """Insert what waits for others, and store the bodies that still wait for others to be packed with."""
        self._insert()
        if self._waiting:
            self._store_waiting()

    def _store_waiting(self) -> None:
        self._store_pack(self._pack, b"".join(self._waiting))
        self._waiting, self._length = [], 0

    def _row(self, exchange: Exchange) -> tuple[Any, ...]:
        request, response = exchange.request, exchange.response
        return (
            exchange.started, exchange.duration, self._kind(exchange), self._text(request.start_line),
            self._word(exchange.peer), self._word(exchange.user), self._visit(exchange),
            self._headers(request.headers), self._body(request.body), request.raw_head,
            *(self._answer(response) if response else (None, None, None, None)),
            self._redactions(exchange.redactions) if exchange.redactions else None,
        )  # fmt: skip

    def _answer(self, response: Response) -> tuple[Any, ...]:
        return self._headers(response.headers), self._body(response.body), response.raw_head, response.size

    def _kind(self, exchange: Exchange) -> int:
        name, method = self._asked(exchange.request)
        asked = name, self._client(exchange.request), method
        kind = _kind(asked, exchange.request, exchange.response, exchange.scheme, exchange.user_by)
        number = self._kinds.get(kind)
        if number is None:
            found = self._execute(_SAME_KIND, kind).fetchone()
            number = found[0] if found else _new(self._execute(_KIND, kind))
            _remember(self._kinds, kind, number)
        return number

    def _asked(self, request: Request) -> tuple[str, str]:
        """Name endpoint and method; without a body the start line tells both."""
        if request.body:
            return endpoint(request), _latin(request.method)
        names = self._endpoints.get(request.start_line)
        if names is None:
            names = endpoint(request), _latin(request.method)
            _remember(self._endpoints, request.start_line, names, _LISTS)
        return names

    def _client(self, request: Request) -> str:
        """Name the client: its headers, which tell, come again and again."""
        name = self._clients.get(request.headers)
        if name is None:
            name = client(request)
            _remember(self._clients, request.headers, name, _LISTS)
        return name

    def _visit(self, exchange: Exchange) -> int:
        """Return the number of the session; where only address and headers can tell it, they are remembered."""
        if exchange.response is not None and exchange.response.headers:
            return self._session(session_keys(exchange))
        key = exchange.peer, exchange.request.headers
        number = self._visits.get(key)
        if number is None:
            keys = session_keys(exchange)
            number = self._session(keys)
            if len(keys) == 1:
                _remember(self._visits, key, number)
        return number

    def _redactions(self, redactions: tuple[Redaction, ...]) -> int:
        """Store what was redacted as one text: all exchanges of a client whose address alone was share it."""
        number = self._redacted.get(redactions)
        if number is None:
            number = self._word(json.dumps([(each.place, each.kind, each.token) for each in redactions]))
            _remember(self._redacted, redactions, number, _LISTS)
        return number

    def _word(self, text: str) -> int:
        return self._text(text.encode("utf-8", "surrogateescape"))

    def _text(self, data: bytes) -> int:
        if not data:
            return EMPTY
        number = self._texts.get(data)
        return self._stored_text(data, data, None) if number is None else number

    def _headers(self, headers: Headers) -> bytes:
        packed = self._lists.get(headers)
        if packed is None:
            packed = struct.pack(f"<{len(headers)}I", *map(self._pair, headers))
            _remember(self._lists, headers, packed, _LISTS)
        return packed

    def _pair(self, pair: tuple[bytes, bytes]) -> int:
        number = self._texts.get(pair)
        return self._stored_text(pair, pair[0] + b": " + pair[1], len(pair[0])) if number is None else number

    def _stored_text(self, key: bytes | tuple[bytes, bytes], data: bytes, cut: int | None) -> int:
        row = (text_hash(data), data, cut)
        found = self._execute("SELECT id FROM text WHERE hash = ? AND data = ? AND cut IS ?", row).fetchone()
        number = found[0] if found else _new(self._execute("INSERT INTO text (hash, data, cut) VALUES (?, ?, ?)", row))
        _remember(self._texts, key, number)
        return number

    def _body(self, body: bytes | None) -> int | None:
        if not body:
            return None if body is None else EMPTY
        digest = hashlib.sha256(body).digest()
        number = self._bodies.get(digest)
        if number is None:
            found = self._execute("SELECT id FROM body WHERE digest = ?", (digest,)).fetchone()
            number = found[0] if found else self._new_body(digest, body)
            _remember(self._bodies, digest, number)
        return number

    def _new_body(self, digest: bytes, body: bytes) -> int:
        pack, start = self._placed(body)
        row = (digest, len(body), pack, start)
        return _new(self._execute("INSERT INTO body (digest, size, pack, start) VALUES (?, ?, ?, ?)", row))

    def _placed(self, body: bytes) -> tuple[int, int]:
        """Give a body its place: which pack, and where in it."""
        if len(body) >= PACK:
            self._store_pack(self._free_pack(), body)
            return self._next_pack - 1, 0
        if self._length + len(body) > PACK:
            self._store_waiting()
        if not self._waiting:
            self._pack = self._free_pack()
        start = self._length
        self._waiting.append(body)
        self._length += len(body)
        return self._pack, start

    def _free_pack(self) -> int:
        self._next_pack += 1
        return self._next_pack - 1

    def _store_pack(self, number: int, data: bytes) -> None:
        self._execute("INSERT INTO pack (id, data) VALUES (?, ?)", (number, self._compressor.pack(data)))

    def _session(self, keys: Sequence[int]) -> int:
        """Return the number of the session that these keys are of; a session is called after its first exchange."""
        known = [self._known_session(key) for key in keys]
        numbers = {number for number in known if number is not None}
        session = self._joined(numbers) if len(numbers) > 1 else next(iter(numbers), self._seq)
        for key, number in zip(keys, known, strict=True):
            if number is None:
                self._execute("INSERT OR IGNORE INTO session (key, number) VALUES (?, ?)", (key, session))
                _remember(self._sessions, key, session)
        return session

    def _known_session(self, key: int) -> int | None:
        number = self._sessions.get(key)
        if number is None:
            found = self._execute("SELECT number FROM session WHERE key = ?", (key,)).fetchone()
            if found:
                number = found[0]
                _remember(self._sessions, key, number)
        return number

    def _joined(self, numbers: set[int]) -> int:
        """Note that these sessions turned out to be one; return the earliest."""
        roots = {self._root(number) for number in numbers}
        least = min(roots)
        for number in roots - {least}:
            self._execute("INSERT INTO joined (number, earlier) VALUES (?, ?)", (number, least))
        return least

    def _root(self, number: int) -> int:
        while found := self._execute("SELECT earlier FROM joined WHERE number = ?", (number,)).fetchone():
            number = found[0]
        return number


def text_hash(data: bytes) -> int:
    """Return the number that a text is found by, and its damage noticed."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)


def _kind(
    asked: tuple[str, str, str], request: Request, response: Response | None, scheme: str, user_by: str
) -> tuple[Any, ...]:
    if response is None:
        return (*asked, None, scheme, user_by, request.framing, None, None, None, None)
    answered = _latin(response.version), _latin(response.reason), response.framing, response.complete
    return (*asked, response.status, scheme, user_by, request.framing, *answered)


def _latin(value: bytes) -> str:
    return value.decode("latin-1")


def _new(cursor: sqlite3.Cursor) -> int:
    return int(cursor.lastrowid or 0)


def _remember(known: dict[Any, Any], key: Any, value: Any, most: int = _REMEMBERED) -> None:
    if len(known) >= most:
        known.clear()
    known[key] = value
