"""GoReplay's files (`.gor`): records of requests and answers come in, exchanges go out; and the other way round.

Request and answer share an id and stand in any order; one that waits for the other waits within bounds. Bodies that
GoReplay's buffers cut off are unknown. The answers of replays (kind 3) are those of another server: not taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from pathlib import Path

from harness.exchange import Exchange, Request, Response
from harness.record.capture import basic_user
from harness.sources.gor_record import (
    ANSWER,
    HEADER,
    MONKEYS,
    REPLAYED,
    REQUEST,
    Record,
    holds_separator,
    records,
    written,
)
from harness.sources.payload import read_request, read_response, request_payload, response_payload
from harness.sources.sink import Sink
from harness.sources.source import Input, Item, Note, Options, Skipped, Source, Unreadable
from harness.wire import request_framing, response_framing

_SECOND = 10**9  # nanoseconds
_WAITING = 10_000  # records that may wait for the other half
_BYTES = 128 << 20  # that these may hold together


def _detect(start: bytes, _: Path) -> bool:
    return bool(HEADER.match(start)) and bool(HEADER.fullmatch(start.partition(b"\n")[0]))


@dataclass
class _Pairing:
    """Requests and answers that wait for one another, by their ids, oldest first."""

    requests: dict[bytes, Record] = field(default_factory=dict)
    answers: dict[bytes, Record] = field(default_factory=dict)
    held: int = 0

    def take(self, record: Record) -> Iterator[tuple[Record | None, Record | None]]:
        """Take a record; yield the pair that it completes, and halves that waited too long."""
        own, other = (self.requests, self.answers) if record.kind == REQUEST else (self.answers, self.requests)
        found = self._taken(other, record.id)
        if found:
            yield (record, found) if record.kind == REQUEST else (found, record)
            return
        if before := self._taken(own, record.id):
            yield (before, None) if record.kind == REQUEST else (None, before)
        own[record.id] = record
        self.held += len(record.payload)
        while len(self.requests) + len(self.answers) > _WAITING or self.held > _BYTES:
            yield self._oldest()

    def rest(self) -> Iterator[tuple[Record | None, Record | None]]:
        """Yield the halves that are left."""
        while self.requests or self.answers:
            yield self._oldest()

    def _oldest(self) -> tuple[Record | None, Record | None]:
        heads = [next(iter(waiting.values())) for waiting in (self.requests, self.answers) if waiting]
        first = min(heads, key=lambda record: record.offset)
        if first.kind == REQUEST:
            return self._taken(self.requests, first.id), None
        return None, self._taken(self.answers, first.id)

    def _taken(self, waiting: dict[bytes, Record], key: bytes) -> Record | None:
        record = waiting.pop(key, None)
        if record:
            self.held -= len(record.payload)
        return record


def _read(opened: Input, _: Options) -> Iterator[Item]:
    pairing = _Pairing()
    for number, record in enumerate(records(opened), 1):
        if record is None:
            yield Skipped("last record, cut off")
            yield Note(f"record {number}, the last, is not whole: GoReplay was stopped while it wrote")
        elif record.kind == REPLAYED:
            yield Skipped("answer of a replay")
        elif record.kind == REQUEST and read_request(record.payload) is None:
            yield Unreadable(number, record.payload[:200].decode("latin-1"), "record")
        else:
            yield from _items(pairing.take(record))
    yield from _items(pairing.rest())


def _items(pairs: Iterator[tuple[Record | None, Record | None]]) -> Iterator[Item]:
    for asked, answered in pairs:
        request = read_request(asked.payload) if asked else None
        if asked is None or request is None:
            yield Skipped("answer without its request")
            continue
        response = read_response(answered.payload, request.method) if answered else None
        if answered and response is None:
            yield Skipped("answer that is not HTTP")
        if request.body is None or (response and response.body is None):
            yield Skipped("body that GoReplay cut off; the rest of the exchange is imported")
        yield _exchange(asked, request, answered, response)


def _exchange(asked: Record, request: Request, answered: Record | None, response: Response | None) -> Exchange:
    user, user_by = basic_user(request.headers)
    duration = _duration(asked, answered) if answered and response else None
    return Exchange("", request, response, asked.when / _SECOND, duration, user=user, user_by=user_by)


def _duration(asked: Record, answered: Record) -> float | None:
    """Return the seconds from the request to its answer; a clock that went back tells nothing."""
    took = answered.when - asked.when
    return took / _SECOND if took >= 0 else None


class _Style:
    """Exchanges as records of GoReplay, which has no header or end of a file."""

    def __init__(self, _: str | None = None) -> None:
        self.lost: Counter[str] = Counter()

    def opening(self) -> bytes:
        """Return nothing."""
        return b""

    def closing(self, count: int) -> bytes:
        """Return nothing."""
        return b""

    def item(self, exchange: Exchange, number: int) -> bytes:
        """Return the record of a request and that of its answer; none for what GoReplay would read as other records."""
        if not isfinite(exchange.started) or not isfinite(exchange.duration or 0):
            self.lost["exchange whose time is no number"] += 1
            return b""
        started = round(Fraction(exchange.started) * _SECOND)
        key = b"%024x" % (number + 1)
        found = [Record(REQUEST, key, started, 0, request_payload(exchange.request, MONKEYS))]
        if exchange.response:
            ended = started + round(Fraction(exchange.duration or 0) * _SECOND)
            found.append(Record(ANSWER, key, ended, 0, response_payload(exchange.response, MONKEYS)))
        if any(holds_separator(record.payload) for record in found) or started < 0:
            self.lost["exchange that cannot be told from GoReplay's separator"] += 1
            return b""
        self.lost.update(_losses(exchange))
        return b"".join(map(written, found))


def _losses(exchange: Exchange) -> Iterator[str]:
    """Yield what of an exchange a GoReplay file does not hold."""
    request, response = exchange.request, exchange.response
    facts = {"address of the client": exchange.peer, "user": exchange.user if exchange.user_by != "basic" else "",
             "https": exchange.scheme != "http"}  # fmt: skip
    yield from (name for name, value in facts.items() if value)
    if request.body is None:
        yield "request body, unknown"
    elif request.framing != request_framing(request.headers):
        yield "request body whose length no header tells" if request.body else "framing of the request"
    if response and response.body is None:
        yield "body of the answer, unknown"
    elif response and response.framing != response_framing(request.method, response.status, response.headers):
        yield "framing of the answer"
    if response and not response.complete:
        yield "that the answer was cut off"
    if exchange.redactions:
        yield "which values are tokens in the place of secrets"


GOR = Source(
    "gor",
    "GoReplay",
    _detect,
    _read,
    loses={
        "address of the client, https": "not in the file",
        "user": "that of Basic credentials; others are not in the file",
        "bodies above GoReplay's buffers (5 MB, 100 kB of replays)": "unknown: told by Content-Length; counted",
        "answers": "only those captured with `--input-raw-track-response`; answers of replays are not taken",
        "chunks, trailers": "the transfer coding is undone; the content coding stays",
        "files written with `--prettify-http`": "bodies are as that left them, not as sent",
    },
)
GOR_SINK = Sink(
    "gor",
    "GoReplay",
    (".gor",),
    _Style,
    loses={
        "address of the client, user, https": "lost",
        "bodies with the line that separates records": "cut into chunks where chunked; else the exchange is left out",
        "answers that were cut off": "as far as they go; that they were is lost",
        "chunks, trailers": "one chunk, no trailers",
    },
)
