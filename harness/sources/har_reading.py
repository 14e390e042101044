"""An entry of a HAR file by its own fields alone, as browsers, proxies and test tools write it. Pure.

An entry comes in, the likeliest exchange goes out, with what of it is guessed. Fields that only one tool writes are
used where they are there; what a tool left out is unknown (None), never empty.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from harness.compare.content import parse_content_type
from harness.exchange import Exchange, Headers, Request, Response, first_header
from harness.record.capture import basic_user
from harness.sources.coding import fitted
from harness.sources.source import BODY_BYTES, FRAMING, HEADER_CASE, HEADER_ORDER, START_LINE
from harness.wire import BODILESS, content_length, request_framing, response_framing

Fields = Mapping[str, Any]

UNTRUSTED = "request bodies are not there, or not as they were sent (binary uploads): unknown"
NO_BODY = "answers have no body there: unknown"

_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_HTTP_1 = re.compile(r"http/1\.[01]", re.IGNORECASE)
_NEWER = frozenset({START_LINE, HEADER_CASE, HEADER_ORDER, FRAMING})
_USUAL = frozenset({HEADER_ORDER})
_RAW_FORM = re.compile(r"[!-~]*")
_HEAD = re.compile(rb"content-[a-z]+:[^\r\n]*\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """What an entry says: the exchange, what of it is guessed (`source.GUESSES`), and remarks to be counted."""

    exchange: Exchange
    guesses: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()


_AS_TEXT = ("", "utf-8", "utf8")
"""Values of `content.encoding` that leave a text as it is; of any other nobody knows how to undo it."""


def read_plain(entry: Fields) -> ReadEntry:
    """Read an entry. Raises KeyError, TypeError, ValueError or AttributeError where it is none."""
    fields = entry["request"]
    match = _URL.fullmatch(fields["url"])
    if not match:
        raise ValueError(f"{fields['url']!r} is no http URL")
    request, guesses, remarks = _request(fields, match[2], match[3])
    response, guesses_too, remarks_too = _response(entry["response"], request.method)
    user, user_by = basic_user(request.headers)
    milliseconds = entry.get("time")
    exchange = Exchange(
        "",
        request,
        response,
        started=_time(entry["startedDateTime"]),
        duration=milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds >= 0 else None,
        scheme=match[1].lower(),
        user=user,
        user_by=user_by,
    )
    return ReadEntry(exchange, guesses | guesses_too, (*remarks, *remarks_too))


def _request(fields: Fields, host: str, target: str) -> tuple[Request, frozenset[str], tuple[str, ...]]:
    version = _version(fields)
    headers = _headers(fields, b"cookie")
    if first_header(headers, b"host") is None:
        headers = ((b"Host", _bytes(host.rpartition("@")[2])), *headers)
    body, remarks = _request_body(fields, headers), ()
    framing = request_framing(headers)
    if framing == "none" and body:
        framing, headers = "length", (*headers, (b"Content-Length", b"%d" % len(body)))
    start_line = b" ".join((_bytes(fields["method"]), _bytes(target if target.startswith("/") else "/" + target)))
    request = Request(start_line + b" " + (version or b"HTTP/1.1"), headers, body, framing)
    return request, _USUAL if version else _NEWER, (UNTRUSTED,) if body is None else remarks


def _request_body(fields: Fields, headers: Headers) -> bytes | None:
    """Return the body, or None where the file has none of the length that was sent."""
    announced = content_length(headers)
    size = fields.get("bodySize")
    post = fields.get("postData")
    if not post:
        sent = announced or (size if isinstance(size, int) and size > 0 else 0)
        return None if sent or request_framing(headers) == "chunked" else b""
    if announced is None and isinstance(size, int) and size > 0 and not first_header(headers, b"content-encoding"):
        announced = size
    candidates = list(_post_bodies(post))
    if announced is not None:
        return next((body for body in candidates if len(body) == announced), None)
    return candidates[0] if candidates and "\N{REPLACEMENT CHARACTER}".encode() not in candidates[0] else None


def _post_bodies(post: Fields) -> Iterator[bytes]:
    """Yield what a tool can have meant, the likeliest first."""
    text = post.get("text")
    if text:
        # HAR has no encoding here; a proposal for the next version has.
        if post.get("encoding") == "base64":
            yield base64.b64decode(text, validate=True)
            return
        body = _utf_8(text)
        yield body
        if _HEAD.match(body):  # Firefox writes the headers of a form's stream before it
            yield body.partition(b"\r\n\r\n")[2]
        try:
            yield text.encode("latin-1")
        except UnicodeEncodeError:
            pass
    elif post.get("params") and "urlencoded" in post.get("mimeType", ""):
        pairs = [(param["name"], param.get("value", "")) for param in post["params"]]
        raw = "&".join(f"{name}={value}" for name, value in pairs)
        if _RAW_FORM.fullmatch(raw):  # some tools show them quoted, some not
            yield raw.encode()
        yield urlencode(pairs).encode()
    elif text is not None:
        yield b""


def _response(fields: Fields, method: bytes) -> tuple[Response | None, frozenset[str], tuple[str, ...]]:
    status = int(fields["status"])
    if status <= 0:
        return None, frozenset(), ()
    version = _version(fields)
    headers = _headers(fields, None)
    framing = response_framing(method, status, headers)
    guesses = frozenset() if version else frozenset({HEADER_CASE, HEADER_ORDER, FRAMING})
    size: int | None = None
    remarks: tuple[str, ...] = ()
    body: bytes | None = b""
    if method != b"HEAD" and status not in BODILESS:
        body, headers, exact, remarks = _body(fields, headers)
        guesses |= frozenset() if exact else {BODY_BYTES}
        size = _size(fields, headers) if body is None else None
    reason = _bytes(fields.get("statusText") or "")
    return Response(status, reason, headers, body, version or b"HTTP/1.1", framing, size=size), guesses, remarks


def _body(fields: Fields, headers: Headers) -> tuple[bytes | None, Headers, bool, tuple[str, ...]]:
    """Return the body, the headers that fit it, and whether these are its exact bytes."""
    plain, exact = _content(fields.get("content") or {}, headers)
    if plain is None:
        return None, headers, True, (NO_BODY,)
    made = fitted(plain, headers)
    return made.body, made.headers, exact and made.exact, (made.remark,) if made.remark else ()


def _content(content: Fields, headers: Headers) -> tuple[bytes | None, bool]:
    """Return the unpacked bytes, None where they are not in the file, and whether they are certain."""
    text = content.get("text")
    announced = None if first_header(headers, b"content-encoding") else content_length(headers)
    if text is None:
        empty = not content.get("size") and not announced
        return (b"", True) if empty else (None, True)
    encoding = content.get("encoding") or ""
    if encoding == "base64":
        try:
            body = base64.b64decode("".join(text.split()), validate=True)
        except ValueError:
            return None, True
        return (None, True) if announced is not None and len(body) < announced else (body, True)
    if encoding.lower() not in _AS_TEXT:
        return None, True
    candidates = list(_encoded(text, headers))
    fits = next((body for body in candidates if len(body) == announced), None)
    if fits is not None:
        return fits, True
    if not candidates:  # half a character, as scripts can make them
        return None, True
    # Firefox keeps the first megabyte.
    cut = announced is not None and all(len(body) < announced for body in candidates)
    return (None, True) if cut else (candidates[0], announced is None and text.isascii())


def _encoded(text: str, headers: Headers) -> Iterator[bytes]:
    """Yield a text in the charsets it can have had."""
    declared = parse_content_type(first_header(headers, b"content-type") or b"")[1]
    for charset in (declared, "utf-8", "latin-1"):
        try:
            if charset:
                yield text.encode(charset)
        except (UnicodeError, LookupError, ValueError):
            continue


def _size(fields: Fields, headers: Headers) -> int | None:
    if (announced := content_length(headers)) is not None:
        return announced
    size = fields.get("bodySize")
    return size if isinstance(size, int) and size >= 0 else None


def _headers(fields: Fields, cookies: bytes | None) -> Headers:
    """Return header pairs: those of HTTP/2 that are no headers left out, values that a tool joined apart again."""
    found = tuple(
        (_bytes(name), _bytes(part))
        for name, value in map(_pair, fields.get("headers") or ())
        if not name.startswith(":")
        for part in value.replace("\r\n", "\n").split("\n")
    )
    if cookies and fields.get("cookies") and first_header(found, cookies) is None:
        value = "; ".join(f"{each['name']}={each['value']}" for each in fields["cookies"])
        found = (*found, (b"Cookie", _bytes(value)))
    return found


def _pair(header: Fields | Sequence[str]) -> tuple[str, str]:
    """Return name and value; mitmproxy knows files that write both in a list."""
    return (header["name"], header["value"]) if isinstance(header, Mapping) else (header[0], header[1])


def _version(fields: Fields) -> bytes | None:
    """Return HTTP/1.0 or HTTP/1.1, or None for a newer version, and for an unknown one."""
    version = fields.get("httpVersion") or ""
    return version.upper().encode() if _HTTP_1.fullmatch(version) else None


def _time(text: str) -> float:
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _utf_8(text: str) -> bytes:
    """Return UTF-8, or nothing that could be taken for it where a tool wrote half a character."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace") + "\N{REPLACEMENT CHARACTER}".encode()


def _bytes(text: str) -> bytes:
    """Return a text as it was on the wire: Latin-1, or UTF-8 for what that has not."""
    for charset, errors in (("latin-1", "strict"), ("utf-8", "surrogateescape")):
        try:
            return text.encode(charset, errors)
        except UnicodeEncodeError:
            continue
    return text.encode("utf-8", "surrogatepass")
