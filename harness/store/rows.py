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
from typing import Any, NamedTuple

from harness.clients import client
from harness.endpoint import endpoint
from harness.exchange import Exchange, Headers, Redaction, Request, Response, first_header
from harness.session_key import session_keys
from harness.store.database import COLUMNS, EMPTY, KIND
from harness.store.numbers import Numbers
from harness.store.zstandard import Compressor

PACK = 1 << 15
"""Bytes of bodies that are packed together; a longer body is a pack of its own."""

_INSERT = f"INSERT INTO exchange (seq, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608
_KIND = f"INSERT INTO kind ({', '.join(KIND)}) VALUES ({', '.join('?' * len(KIND))})"  # noqa: S608
_SAME_KIND = f"SELECT id FROM kind WHERE {' AND '.join(name + ' IS ?' for name in KIND)}"  # noqa: S608
_FIND_TEXT = "SELECT id FROM text WHERE hash = ? AND data = ? AND cut IS ?"
_TEXT = "INSERT INTO text (id, hash, data, cut) VALUES (?, ?, ?, ?)"
_FIND_BODY = "SELECT id FROM body WHERE digest = ?"
_BODY = "INSERT INTO body (id, digest, size, pack, start) VALUES (?, ?, ?, ?, ?)"
_REMEMBERED = 50_000  # numbers of each sort that are kept in memory
_LISTS = 8192
_AT_ONCE = 256


class _Asked(NamedTuple):
    """What a request's columns hold; `kind` is the first part of `_AGREED`."""

    kind: tuple[str, str, str, str]
    line: int
    headers: bytes
    body: int | None
    raw_head: bytes | None


class _Answered(NamedTuple):
    """What an answer's columns hold; `kind` is the second part of `_AGREED`."""

    kind: tuple[Any, ...]
    columns: tuple[Any, ...]


_AGREED = (
    "endpoint", "client", "method", "request_framing", "status", "version", "reason", "response_framing", "complete",
    "scheme", "user_by",
)  # fmt: skip
_UNANSWERED = _Answered((None,) * 5, (None,) * 4)


class Rows:
    """Inserts exchanges within the transaction of a connection; knows the numbers of what it has stored.

    `alike` tells that equal heads without bodies are mostly one object, which is held elsewhere anyway.
    `begin` comes after each BEGIN, `finish` before each COMMIT. After a rollback make another.
    """

    def __init__(self, connection: sqlite3.Connection, alike: bool = False) -> None:
        self._execute, self._executemany = connection.execute, connection.executemany
        self._rows: list[tuple[Any, ...]] = []
        self._version = 0
        self._alike = alike
        self._texts = Numbers(connection, "text", _FIND_TEXT, _TEXT, _REMEMBERED)
        self._bodies = Numbers(connection, "body", _FIND_BODY, _BODY, _REMEMBERED)
        self._requests: dict[int, tuple[Request, _Asked]] = {}
        self._responses: dict[int, tuple[Response, _Answered]] = {}
        self._lists: dict[Headers, bytes] = {}
        self._words: dict[str, int] = {}
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
        before = self._version
        (self._version,) = self._execute("PRAGMA data_version").fetchone()  # another connection's commit changes it
        for numbers in (self._texts, self._bodies):
            numbers.begin(self._version != before)

    def add(self, exchange: Exchange) -> None:
        """Insert an exchange, with others that came just before."""
        self._seq += 1
        self._rows.append((self._seq, *self._row(exchange)))
        if len(self._rows) >= _AT_ONCE:
            self._insert()

    def _insert(self) -> None:
        self._executemany(_INSERT, self._rows)
        self._rows = []
        self._texts.insert()
        self._bodies.insert()

    def finish(self) -> None:
        """Insert what waits for others, and store the bodies that still wait for others to be packed with."""
        self._insert()
        if self._waiting:
            self._store_waiting()

    def _store_waiting(self) -> None:
        self._store_pack(self._pack, b"".join(self._waiting))
        self._waiting, self._length = [], 0

    def _row(self, exchange: Exchange) -> tuple[Any, ...]:
        asked = self._asked(exchange.request)
        answered = self._answered(exchange.response) if exchange.response else _UNANSWERED
        return (
            exchange.started, exchange.duration,
            self._kind((*asked.kind, *answered.kind, exchange.scheme, exchange.user_by)),
            asked.line, self._word(exchange.peer), self._word(exchange.user), self._visit(exchange),
            asked.headers, asked.body, asked.raw_head, *answered.columns,
            self._redactions(exchange.redactions) if exchange.redactions else None,
        )  # fmt: skip

    def _asked(self, request: Request) -> _Asked:
        """Return what a request's columns hold, at once for an object that was there before."""
        if self._alike and (kept := self._requests.get(id(request))) is not None and kept[0] is request:
            return kept[1]
        asked = _Asked(
            (*self._named(request), request.framing),
            self._text(request.start_line), self._headers(request.headers), self._body(request.body), request.raw_head,
        )  # fmt: skip
        if self._alike and not request.body:
            _remember(self._requests, id(request), (request, asked), _LISTS)
        return asked

    def _answered(self, response: Response) -> _Answered:
        if self._alike and (kept := self._responses.get(id(response))) is not None and kept[0] is response:
            return kept[1]
        answered = _Answered(
            (response.status, _latin(response.version), _latin(response.reason), response.framing, response.complete),
            (self._headers(response.headers), self._body(response.body), response.raw_head, response.size),
        )
        if self._alike and not response.body:
            _remember(self._responses, id(response), (response, answered), _LISTS)
        return answered

    def _kind(self, agreed: tuple[Any, ...]) -> int:
        """Return the number of what few exchanges differ in; `agreed` is in the order of `_AGREED`."""
        number = self._kinds.get(agreed)
        if number is None:
            named = dict(zip(_AGREED, agreed, strict=True))
            kind = tuple(named[name] for name in KIND)
            found = self._execute(_SAME_KIND, kind).fetchone()
            number = found[0] if found else _new(self._execute(_KIND, kind))
            _remember(self._kinds, agreed, number)
        return number

    def _named(self, request: Request) -> tuple[str, str, str]:
        """Name endpoint, client and method; without a body the start line tells the first and the last."""
        if request.body:
            return endpoint(request), self._client(request), _latin(request.method)
        names = self._endpoints.get(request.start_line)
        if names is None:
            names = endpoint(request), _latin(request.method)
            _remember(self._endpoints, request.start_line, names, _LISTS)
        return names[0], self._client(request), names[1]

    def _client(self, request: Request) -> str:
        """Name the client: its headers, which tell, come again and again."""
        name = self._clients.get(request.headers)
        if name is None:
            name = client(request)
            _remember(self._clients, request.headers, name, _LISTS)
        return name

    def _visit(self, exchange: Exchange) -> int:
        """Return the number of the session; where only address and request can tell it, they are remembered."""
        if exchange.response is not None and first_header(exchange.response.headers, b"set-cookie") is not None:
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
        number = self._words.get(text)
        if number is None:
            number = self._text(text.encode("utf-8", "surrogateescape"))
            _remember(self._words, text, number, _LISTS)
        return number

    def _text(self, data: bytes) -> int:
        if not data:
            return EMPTY
        number = self._texts.known(data)
        return self._stored_text(data, data, None) if number is None else number

    def _headers(self, headers: Headers) -> bytes:
        packed = self._lists.get(headers)
        if packed is None:
            packed = struct.pack(f"<{len(headers)}I", *map(self._pair, headers))
            _remember(self._lists, headers, packed, _LISTS)
        return packed

    def _pair(self, pair: tuple[bytes, bytes]) -> int:
        number = self._texts.known(pair)
        return self._stored_text(pair, pair[0] + b": " + pair[1], len(pair[0])) if number is None else number

    def _stored_text(self, key: bytes | tuple[bytes, bytes], data: bytes, cut: int | None) -> int:
        row = (text_hash(data), data, cut)
        number = self._texts.number(key, row)
        return self._texts.new(key, row) if number is None else number

    def _body(self, body: bytes | None) -> int | None:
        if not body:
            return None if body is None else EMPTY
        digest = hashlib.sha256(body).digest()
        number = self._bodies.known(digest)
        if number is None:
            number = self._bodies.number(digest, (digest,))
        return self._bodies.new(digest, (digest, len(body), *self._placed(body))) if number is None else number

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


def _latin(value: bytes) -> str:
    return value.decode("latin-1")


def _new(cursor: sqlite3.Cursor) -> int:
    return int(cursor.lastrowid or 0)


def _remember(known: dict[Any, Any], key: Any, value: Any, most: int = _REMEMBERED) -> None:
    if len(known) >= most:
        known.clear()
    known[key] = value
