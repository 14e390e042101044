"""Cassettes as a format to import: vcrpy's, ours, and those of Ruby's VCR, betamax and schemathesis.

A cassette file comes in, exchanges go out. vcrpy's and ours are read by `store.cassette`; the others, which call the
list `http_interactions`, are turned into vcrpy's form here.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.sources.coding import fitted
from harness.sources.source import (
    BODY_BYTES,
    FRAMING,
    HEADER_ORDER,
    MALFORMED,
    START_LINE,
    TIME,
    Input,
    Item,
    Note,
    Options,
    Read,
    Source,
    starting_state,
)
from harness.store.cassette import load, load_document
from harness.store.interaction import as_bytes, exchange_from

Fields = Mapping[str, Any]

_LIST = re.compile(
    rb'^(?:\xef\xbb\xbf)?[ \t]*"?(http_)?interactions"?[ \t]*:|[{,]\s*"(http_)?interactions"\s*:', re.MULTILINE
)
_RUBY = "http_interactions"
_NONE = frozenset[str]()
_GUESSED = frozenset({HEADER_ORDER, START_LINE, FRAMING})


def _detect(start: bytes, _: Path) -> bool:
    return _LIST.search(start) is not None


def _read(opened: Input, _: Options) -> Iterator[Item]:
    path = opened.on_disk()
    document = load_document(path)
    if isinstance(document, Mapping) and isinstance(document.get(_RUBY), list):
        items, read, guesses = document[_RUBY], _from_ruby, _GUESSED | {TIME}
    else:
        document = load(path)
        items, read, guesses = document["interactions"], _from_vcrpy, _NONE if document.get("harness") else _GUESSED
    remarks: Counter[str] = Counter()
    for number, item in enumerate(items, 1):
        try:
            exchange = read(item)
        except MALFORMED as error:
            reason = f"interaction {number} is not one of a cassette ({type(error).__name__}: {error})"
            raise RecordingError(f"{path}: {reason}") from error
        exchange, remark = _fitted(exchange) if guesses else (exchange, "")
        remarks.update([remark] if remark else [])
        yield Read(exchange, guesses | {BODY_BYTES} if remark else guesses)
    for remark, count in remarks.most_common():
        yield Note(f"{count} {remark}")
    header = document.get("harness")
    if isinstance(header, Mapping) and header.get("state") is not None:
        yield starting_state(str(header["state"]))


def _from_vcrpy(item: Fields) -> Exchange:
    return exchange_from(item, "")


def _fitted(exchange: Exchange) -> tuple[Exchange, str]:
    """Return an exchange whose answer's body is what its Content-Encoding says; some libraries hand vcrpy the text."""
    response = exchange.response
    if response is None or not response.body or not _is_text(response.body):
        return exchange, ""
    made = fitted(response.body, response.headers)
    return replace(exchange, response=replace(response, body=made.body, headers=made.headers)), made.remark


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_ruby(item: Fields) -> Exchange:
    """Read an interaction of Ruby's VCR, betamax or schemathesis by way of vcrpy's form."""
    asked, answered = item["request"], item.get("response")
    request = {
        "method": str(asked["method"]).upper(),
        "uri": asked.get("uri") or asked["url"],
        "headers": asked.get("headers"),
        "body": _ruby_body(asked.get("body")),
    }
    response = answered or {"status": {"code": 0}, "headers": {}}
    fields = {
        "status": response["status"],
        "headers": response.get("headers"),
        "body": {"string": _ruby_body(response.get("body"))},
    }
    exchange = replace(exchange_from({"request": request, "response": fields}, ""), started=_time(item))
    if answered is None or exchange.response is None:
        return replace(exchange, response=None)
    version = str(answered.get("http_version") or "1.1").removeprefix("HTTP/")
    known = version if version in ("1.0", "1.1") else "1.1"
    return replace(exchange, response=replace(exchange.response, version=b"HTTP/" + known.encode()))


def _ruby_body(body: Any) -> bytes:
    if not isinstance(body, Mapping):
        return as_bytes(body)
    if body.get("base64_string") is not None:
        return base64.b64decode(body["base64_string"])
    return as_bytes(body.get("string"))


def _time(item: Fields) -> float:
    """Return when an interaction was recorded: in the form of mails (Ruby) or of ISO 8601 (Python); 0 for neither."""
    value = item.get("recorded_at")
    if value is None:
        return 0.0
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except ValueError:
        when = parsedate_to_datetime(value)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


VCR = Source(
    "vcr",
    "Cassettes of vcrpy, Ruby's VCR, betamax and schemathesis",
    _detect,
    _read,
    loses={
        "our own": "nothing; where a person edited vcrpy's fields, those win",
        "request headers": "of a name that repeats vcrpy keeps the first; order of names as in the file",
        "request lines, framing": "as the URI and the headers make them",
        "answer bodies": "that a library unpacked before vcrpy saw them are packed again",
        "times": "vcrpy: none; others: when it was recorded, to the second",
        "identity": "no client address",
    },
)
