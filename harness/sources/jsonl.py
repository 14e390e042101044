"""JSON lines: one exchange a line, in our own dialect, which holds all of it, and in simpler ones that scripts write.

`request` {method, target, version, headers, body_base64} and `response` {version, status, reason, headers, body_base64}
are what every dialect has; text is Latin-1, headers are pairs, bodies without their transfer coding. Ours adds framing,
times and the facts of the connection. A line that is none of these is counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.exchange import Exchange, Headers, Request, Response
from harness.record.capture import basic_user
from harness.sources.exact import CONNECTION, READERS, changed, connection, connection_fields, packed, pairs, written
from harness.sources.sink import Sink
from harness.sources.source import FRAMING, MALFORMED, Input, Item, Note, Options, Read, Source, Unreadable
from harness.wire import content_length, request_framing, response_framing

Fields = Mapping[str, Any]

_REQUEST = re.compile(rb'\s*\{.*?"request"\s*:\s*\{', re.DOTALL)
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[^\r\n]*)?\r?\n")
_REMEMBERED = 64 << 20  # bytes of answers that later lines may refer to
_TAKEN = frozenset({"request", "response", "scenario", "n", "note", "redactions", *CONNECTION})
_NOTHING = Exchange("", Request(b""))
_EXACT = frozenset[str]()
_GUESSED = frozenset({FRAMING})


def exchange_fields(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as the object of one line; `read_fields` makes the same of it."""
    return {
        **connection_fields(exchange, _NOTHING),
        "request": _request_fields(exchange.request),
        "response": _response_fields(exchange.response) if exchange.response else None,
    }


def read_fields(values: Fields, earlier: Mapping[int, bytes] | None = None) -> Read:
    """Read the object of one line; `earlier` are the bodies of answers by their `n`.

    Raises KeyError, TypeError, ValueError or AttributeError where it is no exchange.
    """
    request = _read_request(values["request"])
    answer = values["response"]
    response = None if answer is None else _read_response(answer, request.method, earlier or {})
    user, user_by = basic_user(request.headers)
    exact = "framing" in values["request"]
    named = {} if exact else {"user": user, "user_by": user_by}
    exchange = Exchange("", request, response, **(named | connection(values)))
    return Read(exchange, _EXACT if exact else _GUESSED)


def _request_fields(request: Request) -> dict[str, Any]:
    fields = {
        "method": written(request.method),
        "target": written(request.target),
        "version": written(request.version),
        "headers": written(request.headers),
        "body_base64": packed(request.body),
        "framing": request.framing,
    }
    if _start_line(fields) != request.start_line:
        fields["start_line"] = written(request.start_line)
    return fields | ({} if request.raw_head is None else {"raw_head": written(request.raw_head)})


def _response_fields(response: Response) -> dict[str, Any]:
    names = ("version", "status", "reason", "headers", "framing", "raw_head", "complete", "size")
    usual = Response(0)
    fields = {name: written(getattr(response, name)) for name in names}
    for name in ("raw_head", "complete", "size"):
        if fields[name] == getattr(usual, name):
            del fields[name]
    return fields | {"body_base64": packed(response.body)}


def _start_line(fields: Fields) -> bytes:
    return " ".join((fields["method"], fields["target"], fields["version"])).encode("latin-1")


def _read_request(fields: Fields) -> Request:
    line = READERS["start_line"](fields["start_line"]) if "start_line" in fields else _start_line(fields)
    headers = pairs(fields["headers"])
    body = _body(fields, headers)
    if "framing" in fields:
        plain = Request(line, headers, body, "none")
        return changed(plain, {name: fields[name] for name in ("framing", "raw_head") if name in fields})
    framing = request_framing(headers)
    return Request(line, headers, _dechunked(body) if body and framing == "chunked" else body, framing)


def _read_response(fields: Fields, method: bytes, earlier: Mapping[int, bytes]) -> Response:
    headers = pairs(fields["headers"])
    same = fields.get("body_same_as")
    body = _body(fields, headers) if same is None else earlier[same]
    status = READERS["status"](fields["status"])
    plain = Response(status, headers=headers, body=body, framing=response_framing(method, status, headers))
    names = ("version", "reason", "framing", "raw_head", "complete", "size")
    return changed(plain, {name: fields[name] for name in names if name in fields})


def _body(fields: Fields, headers: Headers) -> bytes | None:
    if "body_base64" in fields:
        return READERS["body"](fields["body_base64"])  # type: ignore[no-any-return]
    text = fields.get("body")
    if text is not None:
        return READERS["scheme"](text).encode("utf-8")  # type: ignore[no-any-return]
    return None if content_length(headers) else b""


def _dechunked(body: bytes) -> bytes:
    """Undo the chunks (RFC 9112 section 7.1) of a body as sent; raise ValueError where they end early."""
    parts: list[bytes] = []
    at = 0
    while found := _CHUNK.match(body, at):
        size = int(found[1], 16)
        if not size:
            return b"".join(parts)
        parts.append(body[found.end() : found.end() + size])
        at = found.end() + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    raise ValueError("the chunks of its request end early")


class _Lines:
    """What the lines of a file told so far, beside their exchanges."""

    def __init__(self) -> None:
        self.bodies: dict[int, bytes] = {}
        self.scenarios: dict[str, None] = {}
        self.beside: set[str] = set()
        self._held = 0

    def take(self, values: Fields, exchange: Exchange) -> None:
        """Remember what later lines refer to, and what is not imported."""
        self.beside.update(name for name in values if name not in _TAKEN)
        if "scenario" in values:
            self.scenarios[str(values["scenario"])] = None
        if "n" in values and exchange.response and exchange.response.body is not None:
            self.bodies[values["n"]] = exchange.response.body
            self._held += len(exchange.response.body)
        while self._held > _REMEMBERED:
            self._held -= len(self.bodies.pop(next(iter(self.bodies))))

    def notes(self) -> Iterator[Note]:
        """Yield what a person should know of the file."""
        if len(self.scenarios) > 1:
            yield Note(
                f"{len(self.scenarios)} scenarios in one file; each began from its own state, as one they do not"
            )
        if self.beside:
            yield Note(f"what lines tell beside the exchange is not imported: {', '.join(sorted(self.beside))}")


def _detect(start: bytes, _: Path) -> bool:
    line = start.partition(b"\n")[0]
    return _REQUEST.match(line) is not None and b'"interactions"' not in start and not line.startswith(b'{"log"')


def _read(opened: Input, _: Options) -> Iterator[Item]:
    lines = _Lines()
    for number, line in enumerate(opened.stream, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            read = read_fields(values, lines.bodies)
            lines.take(values, read.exchange)
        except MALFORMED:
            yield Unreadable(number, line.decode("latin-1").rstrip("\r\n"))
            continue
        yield read
    yield from lines.notes()


class _Jsonl:
    """`sink.Style` of JSON lines."""

    def __init__(self, _: str | None) -> None:
        self.lost: Counter[str] = Counter()

    def opening(self) -> bytes:
        """Return nothing."""
        return b""

    def item(self, exchange: Exchange, _: int) -> bytes:
        """Return one line."""
        return json.dumps(exchange_fields(exchange), separators=(",", ":")).encode("ascii") + b"\n"

    def closing(self, _: int) -> bytes:
        """Return nothing."""
        return b""


JSONL = Source(
    "jsonl",
    "JSON lines, one exchange a line",
    _detect,
    _read,
    loses={
        "our own": "nothing",
        "framing": "of lines without `framing`: by the headers",
        "times, identity": "of lines without them: none",
        "other fields": "not imported; they are named",
    },
)
JSONL_SINK = Sink("jsonl", "JSON lines", (".jsonl", ".ndjson"), _Jsonl, loses={"starting state": "lost: name it anew"})
