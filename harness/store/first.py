"""Archives of version 1, which are read and no longer written: each body and header list stood in a row of its own.

Rows come in, exchanges go out, as in `stored`.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from harness.exchange import Exchange, Headers, Request, Response
from harness.store.zstandard import unpacked

_COLUMNS = """seq, started, duration, status, scheme, peer, user, user_by, start_line, request_headers, request_body,
    request_framing, request_raw_head, version, reason, response_headers, {answer}, response_framing,
    response_raw_head, complete, size"""


class FirstStored:
    """The contents of one archive, over one connection."""

    WHOLE = f"SELECT {_COLUMNS.format(answer='response_body')} FROM exchange"  # noqa: S608
    HEADS = f"SELECT {_COLUMNS.format(answer='NULL')} FROM exchange"  # noqa: S608

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._headers = lru_cache(4096)(self._read_headers)

    def exchanges(self, rows: Iterable[tuple[Any, ...]], prefix: str, first: int = 1) -> Iterator[Exchange]:
        """Yield the exchanges of rows that `WHOLE` or `HEADS` selected; ids are `prefix` and a number from `first`."""
        for number, row in enumerate(rows, first):
            (_, started, duration, status, scheme, peer, user, user_by, line, headers, body, framing, raw_head,
             *answer) = row  # fmt: skip
            request = Request(line, self._headers(headers), self._data(body), framing, raw_head)
            response = None if status is None else self._response(status, answer)
            yield Exchange(f"{prefix}{number}", request, response, started, duration, scheme, peer, user, user_by)

    def _response(self, status: int, answer: list[Any]) -> Response:
        version, reason, headers, body, framing, raw_head, complete, size = answer
        pairs, data = self._headers(headers), self._data(body)
        return Response(status, reason, pairs, data, version, framing, raw_head, bool(complete), size)

    def _data(self, number: int | None) -> bytes | None:
        return None if number is None else self._read(number)

    def _read(self, number: int) -> bytes:
        row = self._connection.execute("SELECT digest, zstd, data FROM blob WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise ValueError(f"the body or header list number {number} is missing")
        data = unpacked(row[2]) if row[1] else bytes(row[2])
        if hashlib.sha256(data).digest() != row[0]:
            raise ValueError(f"the body or header list number {number} has other bytes than were written")
        return data

    def _read_headers(self, number: int) -> Headers:
        pairs = json.loads(self._read(number) or b"[]")
        return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs)
