"""One exchange as an interaction of a vcrpy version 1 cassette, and back. Pure: plain data on both sides.

Bodies stand once, in vcrpy's field. A `harness` mapping beside `request` and `response` holds only what vcrpy's fields
do not already say (a start line or header pairs that differ from theirs, versions, times, peer), with a digest of them:
where a person edited vcrpy's fields, those win. In it `body: null` means that the body was not recorded, `body: base64`
that JSON could not hold it otherwise, `response: null` that no answer came; `raw_head` ends with its blank line;
`redactions` are place, kind and token of each secret that was replaced.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.wire import content_length, request_framing, response_framing

Fields = Mapping[str, Any]
Message = TypeVar("Message", Request, Response)

_NO_ANSWER: Fields = {"status": {"code": 0, "message": ""}, "headers": {}, "body": {"string": ""}}
_CONNECTION = ("started", "duration", "scheme", "peer", "user", "user_by")
_TEXTS = frozenset({"start_line", "raw_head", "reason", "version"})
_HOST = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_URI_SAFE = "".join(map(chr, range(0x21, 0x7F)))


def interaction(exchange: Exchange, text_only: bool = False) -> dict[str, Any]:
    """Return an exchange as vcrpy's `request` and `response` with our `harness` beside them."""
    request = _request_fields(exchange, text_only)
    response = _response_fields(exchange.response, text_only) if exchange.response else dict(_NO_ANSWER)
    plain = _plain_exchange(exchange.id, {"request": request, "response": response})
    extras: dict[str, Any] = _different(exchange, plain, _CONNECTION)
    if differs := _message_extras(exchange.request, plain.request, request["body"]):
        extras["request"] = {**differs, "digest": digest(request)}
    if exchange.response is None:
        extras["response"] = None
    elif plain.response and (differs := _message_extras(exchange.response, plain.response, response["body"]["string"])):
        extras["response"] = {**differs, "digest": digest(response)}
    if exchange.redactions:
        extras["redactions"] = [[each.place, each.kind, each.token] for each in exchange.redactions]
    return {"request": request, "response": response, **({"harness": extras} if extras else {})}


def _request_fields(exchange: Exchange, text_only: bool) -> dict[str, Any]:
    request = exchange.request
    body = _body_field(request.body, text_only) if request.body else None
    return {"method": _text(request.method), "uri": _uri(exchange), "headers": _by_name(request.headers), "body": body}


def _response_fields(response: Response, text_only: bool) -> dict[str, Any]:
    return {
        "status": {"code": response.status, "message": _text(response.reason)},
        "headers": _by_name(response.headers),
        "body": {"string": _body_field(response.body or b"", text_only)},
    }


def _message_extras(actual: Message, plain: Message, written_body: str | bytes | None) -> dict[str, Any]:
    """Return what `actual` is and `plain`, read from vcrpy's fields alone, is not."""
    names = tuple(field.name for field in fields(actual) if field.name != "body")
    extras = _different(actual, plain, names)
    if actual.body is None:
        extras["body"] = None
    elif actual.body != as_bytes(written_body):
        extras["body"] = "base64"
    return extras


def _different(actual: object, plain: object, names: Iterable[str]) -> dict[str, Any]:
    pairs = ((name, getattr(actual, name), getattr(plain, name)) for name in names)
    return {name: _encoded(value) for name, value, usual in pairs if value != usual}


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, tuple):
        return [[_text(name), _text(content)] for name, content in value]
    return value


def _body_field(body: bytes, text_only: bool) -> str | bytes:
    """Return a body as vcrpy writes it: text where it is UTF-8; JSON has no bytes, so there marked base64."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii") if text_only else body


def _by_name(headers: Headers) -> dict[str, list[str]]:
    """Return headers as vcrpy holds them: the values of each name together, under the name's first spelling."""
    spelling: dict[bytes, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(spelling.setdefault(name.lower(), _text(name)), []).append(_text(value))
    return values


def _uri(exchange: Exchange) -> str:
    """Return a URI that every parser accepts; where it had to be mended, the exact start line stands in our extras."""
    target = quote(exchange.request.target, safe=_URI_SAFE)
    if target.lower().startswith(("http://", "https://")) and _HOST.fullmatch(_parsed_host(target)):
        return target
    scheme = exchange.scheme if exchange.scheme in ("http", "https") else "http"
    host = exchange.host if _HOST.fullmatch(exchange.host) and _parsed_host(f"//{exchange.host}") else "localhost"
    return f"{scheme}://{host}{target if target.startswith('/') else '/' + target}"


def _parsed_host(uri: str) -> str:
    try:
        parts = urlsplit(uri)
        # Asking for the port is what finds one above 65535.
        return parts.netloc if parts.port != 0 else ""
    except ValueError:
        return ""


def exchange_from(item: Fields, identity: str) -> Exchange:
    """Read one interaction; extras count only where their digest fits vcrpy's fields as they now are."""
    plain = _plain_exchange(identity, item)
    extras = item.get("harness") or {}
    known = {name: extras[name] for name in _CONNECTION if name in extras}
    request = _restored(plain.request, extras.get("request"), item["request"], item["request"].get("body"))
    response = plain.response
    if "response" in extras and extras["response"] is None and digest(item["response"]) == digest(_NO_ANSWER):
        response = None
    elif response:
        response = _restored(response, extras.get("response"), item["response"], _response_body(item["response"]))
    redactions = tuple(_redaction(each) for each in extras.get("redactions") or ())
    return replace(plain, request=request, response=response, redactions=redactions, **known)


def _redaction(written: Any) -> Redaction:
    place, kind, token = written
    if not all(isinstance(part, str) for part in written):
        raise ValueError(f"{written!r} is no redaction: place, kind, token")
    return Redaction(place, kind, token)


def _restored(plain: Message, extras: Fields | None, vcr_fields: Fields, written_body: Any) -> Message:
    if not extras or extras.get("digest") != digest(vcr_fields):
        return plain
    changes = {name: _decoded(name, value) for name, value in extras.items() if name not in ("digest", "body")}
    if "body" in extras:
        changes["body"] = None if extras["body"] is None else base64.b64decode(as_bytes(written_body))
    return replace(plain, **changes)


def _decoded(name: str, value: Any) -> Any:
    if name == "headers":
        return tuple((key.encode("latin-1"), content.encode("latin-1")) for key, content in value)
    return value.encode("latin-1") if name in _TEXTS and value is not None else value


def _plain_exchange(identity: str, item: Fields) -> Exchange:
    """Read an interaction by vcrpy's fields alone, as a cassette made by vcrpy itself is read."""
    request = _plain_request(item["request"])
    scheme = item["request"]["uri"].partition("://")[0].lower()
    return Exchange(identity, request, _plain_response(item["response"], request.method), scheme=scheme)


def _plain_request(vcr_fields: Fields) -> Request:
    _, host, target = _split_uri(vcr_fields["uri"])
    body = as_bytes(vcr_fields.get("body"))
    headers = _pairs(vcr_fields.get("headers"))
    if not any(name.lower() == b"host" for name, _ in headers):
        headers = ((b"Host", host), *headers)
    framing = request_framing(headers)
    if framing == "length" and content_length(headers) != len(body):
        headers = tuple((n, b"%d" % len(body) if n.lower() == b"content-length" else value) for n, value in headers)
    if framing == "none" and body:
        framing, headers = "length", (*headers, (b"Content-Length", b"%d" % len(body)))
    start_line = b" ".join((_header_bytes(vcr_fields["method"]), target, b"HTTP/1.1"))
    return Request(start_line, headers, body, framing)


def _plain_response(vcr_fields: Fields, method: bytes) -> Response:
    status = vcr_fields.get("status")
    # What vcrpy wrote for httpx until its version 6.
    code = int(vcr_fields["status_code"] if status is None else status["code"])
    reason = _header_bytes((status or {}).get("message") or "")
    headers = _pairs(vcr_fields.get("headers"))
    body = as_bytes(_response_body(vcr_fields))
    return Response(code, reason, headers, body, framing=response_framing(method, code, headers))


def _response_body(vcr_fields: Fields) -> Any:
    body = vcr_fields.get("body", vcr_fields.get("content"))
    return body.get("string") if isinstance(body, Mapping) else body


def _split_uri(uri: str) -> tuple[str, bytes, bytes]:
    match = _URI.fullmatch(uri)
    if not match:
        raise ValueError(f"{uri!r} is not an absolute URI")
    target = match[3].partition("#")[0]
    return match[1], _header_bytes(match[2]), _header_bytes(target if target.startswith("/") else "/" + target)


def _pairs(headers: Mapping[str, Any] | None) -> Headers:
    listed = ((name, [value] if isinstance(value, str) else value) for name, value in (headers or {}).items())
    return tuple((_header_bytes(name), _header_bytes(value)) for name, values in listed for value in values)


def _header_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    text = str(value)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def as_bytes(value: Any) -> bytes:
    """Return a body field as bytes, whichever of the forms vcrpy has written in its years it has."""
    if value is None:
        return b""
    if isinstance(value, list | tuple):
        return b"".join(map(as_bytes, value))
    return value.encode("utf-8") if isinstance(value, str) else bytes(memoryview(value))


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def digest(vcr_fields: Fields) -> str:
    """Return what tells whether vcrpy's fields of a request or response are still those that were written."""

    def canonical(value: Any) -> Any:
        if isinstance(value, Mapping):
            return [[key, canonical(item)] for key, item in value.items()] if value else []
        if isinstance(value, list):
            return [canonical(item) for item in value]
        return value.decode("latin-1") + "!" if isinstance(value, bytes) else value

    named = {name: vcr_fields.get(name) for name in ("method", "uri", "status", "headers", "body")}
    return hashlib.sha256(json.dumps(canonical(named)).encode("ascii")).hexdigest()[:16]
