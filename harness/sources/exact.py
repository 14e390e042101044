"""What an exchange has that a foreign format cannot say, as plain JSON data beside what it can.

Two exchanges come in, the exact one and the one that reads back from the format's own fields; what differs goes out,
and later makes the exact one of the other again. A digest of the format's own fields comes with it: where a person
edited those, they win. Text is Latin-1, so that each byte is one character; bodies are base64.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, get_args

from harness.exchange import Exchange, Framing, Headers, Redaction, Request, Response

Message = TypeVar("Message", Request, Response)
Fields = Mapping[str, Any]

_LARGEST = 1 << 63  # what archives hold
CONNECTION = ("started", "duration", "scheme", "peer", "user", "user_by")
"""The facts of the connection, as fields of an exchange."""


def exact_fields(exchange: Exchange, plain: Exchange, request: Fields, response: Fields) -> dict[str, Any]:
    """Return what `exchange` has and `plain` has not; `request` and `response` are the fields that `plain` reads.

    Empty where the format says it all. `response: None` means that no answer came.
    """
    found: dict[str, Any] = connection_fields(exchange, plain)
    if differs := message_fields(exchange.request, plain.request):
        found["request"] = {**differs, "digest": digest(request)}
    if exchange.response is None:
        found["response"] = None
    elif differs := message_fields(exchange.response, plain.response):
        found["response"] = {**differs, "digest": digest(response)}
    return found


def restored(plain: Exchange, exact: Fields, request: Fields, response: Fields) -> Exchange:
    """Return `plain` with what `exact_fields` found, as far as the digests still fit.

    Raises ValueError, TypeError, KeyError or AttributeError for what it did not write.
    """
    answer = plain.response
    extras = exact.get("response", {})
    if extras is None:
        answer = None
    elif extras.get("digest") == digest(response):
        answer = changed(plain.response or Response(0), extras)
    extras = exact.get("request", {})
    asked = changed(plain.request, extras) if extras.get("digest") == digest(request) else plain.request
    return replace(plain, request=asked, response=answer, **connection(exact))


def connection_fields(exchange: Exchange, plain: Exchange) -> dict[str, Any]:
    """Return the facts of the connection, and the redactions, in which `exchange` is not as `plain`."""
    pairs = ((name, getattr(exchange, name)) for name in CONNECTION)
    found = {name: value for name, value in pairs if value != getattr(plain, name)}
    if exchange.redactions:
        found["redactions"] = [[each.place, each.kind, each.token] for each in exchange.redactions]
    return found


def connection(values: Fields) -> dict[str, Any]:
    """Read what `connection_fields` wrote; unknown fields are passed over. Raises ValueError or TypeError."""
    known = {name: READERS[name](values[name]) for name in CONNECTION if name in values}
    if "redactions" in values:
        known["redactions"] = tuple(Redaction(str(a), str(b), str(c)) for a, b, c in values["redactions"])
    return known


def message_fields(exact: Message, plain: Message | None) -> dict[str, Any]:
    """Return the fields in which a message is not as `plain`; all of them without one."""
    pairs = ((name, getattr(exact, name)) for name in told(exact))
    return {name: written(value) for name, value in pairs if plain is None or value != getattr(plain, name)} | (
        {"body": packed(exact.body)} if plain is None or exact.body != plain.body else {}
    )


def changed(plain: Message, values: Fields) -> Message:
    """Return a message with the fields that `message_fields` wrote. Raises ValueError or TypeError."""
    names = told(plain)
    return replace(plain, **{name: READERS[name](value) for name, value in values.items() if name in names})


def told(message: Message) -> list[str]:
    """Return the names of the fields that make a message what it is."""
    return [field.name for field in fields(message) if field.compare]


def written(value: Any) -> Any:
    """Return a field, but for a body, as JSON."""
    if isinstance(value, tuple):
        return [[name.decode("latin-1"), content.decode("latin-1")] for name, content in value]
    return value.decode("latin-1") if isinstance(value, bytes) else value


def packed(body: bytes | None) -> str | None:
    """Return a body as base64."""
    return None if body is None else base64.b64encode(body).decode("ascii")


def unpacked(text: Any) -> bytes:
    """Read base64. Raises ValueError or TypeError."""
    return base64.b64decode(text, validate=True)


def pairs(value: Any) -> Headers:
    """Read header pairs. Raises ValueError, TypeError or AttributeError."""
    return tuple((name.encode("latin-1"), content.encode("latin-1")) for name, content in value)


def digest(values: Fields) -> str:
    """Return what tells whether a format's own fields are still those that were written."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode("ascii")).hexdigest()[:16]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _latin(value: Any) -> bytes:
    return _text(value).encode("latin-1")


def _whole(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= _LARGEST:
        raise ValueError(f"{value!r} is no whole number of 64 bits")
    return value


def _number(value: Any) -> float:
    number = float(value)
    if math.isnan(number):
        raise ValueError("not a number")
    return number


def _framing(value: Any) -> Framing:
    if value not in get_args(Framing):
        raise ValueError(f"{value!r} is no framing")
    return value  # type: ignore[no-any-return]


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "start_line": _latin, "headers": pairs, "body": _optional(unpacked), "framing": _framing,
    "raw_head": _optional(_latin), "status": _whole, "reason": _latin, "version": _latin, "complete": bool,
    "size": _optional(_whole), "started": _number, "duration": _optional(_number), "scheme": _text, "peer": _text,
    "user": _text, "user_by": _text,
}  # fmt: skip
"""How each field of an exchange is read from JSON; they raise ValueError, TypeError or AttributeError."""
