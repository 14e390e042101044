"""A recorded request with a side's own names in it: each part is searched in its own spelling.

Cookies go by their name, validators (RFC 9110 section 13.1) by theirs, strong tokens stand anywhere, weak ones only
where their stem is. What is not replaced stays the same to the byte; Content-Length follows the body.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Container
from dataclasses import replace

from harness.bind.learn import Sort
from harness.bind.place import place_at
from harness.bind.spelling import JSON, MARKUP, PLAIN, URL, Spelling, Spot, Values, rewritten
from harness.exchange import Exchange, Headers, Request, with_length

Own = Callable[[Sort, bytes, bytes], bytes | None]
"""Sort, scope and recorded name in; this side's name, or None."""

_VALIDATORS: dict[bytes, Sort] = {
    b"if-none-match": "etag",
    b"if-match": "etag",
    b"if-range": "etag",
    b"if-modified-since": "modified",
    b"if-unmodified-since": "modified",
}
_URLS = frozenset({b"referer", b"origin"})
_NO_NAMES = frozenset(
    b"host accept accept-encoding accept-language accept-charset user-agent connection content-length content-type "
    b"date cache-control pragma transfer-encoding expect range".split()
)
_ETAG = re.compile(rb"(?:W/)?\"[^\"]*\"")
_BODIES = (
    (re.compile(rb"(?i)json"), JSON),
    (re.compile(rb"(?i)xml|html"), MARKUP),
    (re.compile(rb"(?i)multipart/"), PLAIN),
    (re.compile(rb"(?i)urlencoded"), URL),
)


class Rewriter:
    """Rewrites one request.

    `values` are the recorded names to look for, `own` gives this side's; `by_name` are values that only the cookie of
    their own name carries.
    """

    def __init__(self, request: Request, values: Values, own: Own, by_name: Container[bytes] = ()) -> None:
        self.request, self._values, self._own, self._by_name = request, values, own, by_name

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return the exchange with its request rewritten; the same object where nothing was."""
        request = self._rewritten()
        return exchange if request is self.request else replace(exchange, request=request)

    def _rewritten(self) -> Request:
        request = self.request
        line = self._start_line()
        body = self._body()
        headers = tuple([(name, self._header(name, value)) for name, value in request.headers])
        if body != request.body:
            headers = with_length(headers, len(request.body or b""), len(body or b""))
        if line == request.start_line and headers == request.headers and body == request.body:
            return request
        raw = request.raw_head and raw_head(request, line, headers)
        return replace(request, start_line=line, headers=headers, body=body, raw_head=raw)

    def _start_line(self) -> bytes:
        target = self.request.target
        made = self._text(target, URL)
        if made == target:
            return self.request.start_line
        method, _, rest = self.request.start_line.partition(b" ")
        return method + b" " + rest.replace(target, made, 1)

    def _body(self) -> bytes | None:
        body = self.request.body
        if not body:
            return body
        kind = self.request.header(b"content-type") or b""
        return self._text(body, next((spellings for pattern, spellings in _BODIES if pattern.search(kind)), PLAIN))

    def _header(self, name: bytes, value: bytes) -> bytes:
        lower = name.lower()
        if lower in _NO_NAMES:
            return value
        if lower == b"cookie":
            return self._cookies(value)
        if lower in _VALIDATORS:
            return self._validators(_VALIDATORS[lower], value)
        if lower == b"authorization":
            return self._credentials(value)
        return self._text(value, URL if lower in _URLS else PLAIN)

    def _cookies(self, value: bytes) -> bytes:
        pieces = re.split(rb"(;\s*)", value)
        return b"".join(piece if index % 2 else self._cookie(piece) for index, piece in enumerate(pieces))

    def _cookie(self, pair: bytes) -> bytes:
        name, equals, value = pair.partition(b"=")
        bare = value.strip(b'" \t')
        renamed = self._own("renamed", name.strip(), bare)
        if renamed is not None:
            return renamed
        joined = self._own("joined", name.strip(), bare)
        beside = b"; " + joined if joined is not None else b""
        own = self._own("cookie", name.strip(), bare)
        if own is not None:
            return name + equals + value.replace(bare, own, 1) + beside

        def token(spot: Spot) -> bytes | None:
            return None if spot.value in self._by_name else self._own("token", b"", spot.value)

        return name + equals + rewritten(value, self._values, PLAIN, token) + beside

    def _validators(self, sort: Sort, value: bytes) -> bytes:
        if sort == "modified":
            return self._own(sort, self.request.path, value) or value
        return _ETAG.sub(lambda found: self._own(sort, b"", found[0]) or found[0], value)

    def _credentials(self, value: bytes) -> bytes:
        scheme, blank, content = value.partition(b" ")
        if scheme.lower() != b"basic":
            return self._text(value, PLAIN)
        try:
            plain = b64decode(content.strip(), validate=True)
        except binascii.Error:
            return value
        made = rewritten(plain, self._values, PLAIN, lambda spot: self._own("token", b"", spot.value))
        return value if made == plain else scheme + blank + b64encode(made)

    def _text(self, text: bytes, spellings: tuple[Spelling, ...]) -> bytes:
        """Rewrite a target, a header's value or a body."""

        def choose(spot: Spot) -> bytes | None:
            own = self._own("token", b"", spot.value)
            if own is not None:
                return own
            place = place_at(text, spot.start, spot.end, self.request.path)
            return self._own("weak", place.stem, spot.value) if place is not None else None

        return rewritten(text, self._values, spellings, choose)


def raw_head(request: Request, line: bytes, headers: Headers) -> bytes:
    """Return a head that was not written the ordinary way, with another start line and other values in it."""
    head = (request.raw_head or b"").replace(request.start_line, line, 1)
    at = len(line)
    for (name, before), (_, after) in zip(request.headers, headers, strict=True):
        found = head.find(name, at)
        value = head.find(before, found + len(name)) if found >= 0 else -1
        if value >= 0:
            head = head[:value] + after + head[value + len(before) :]
            at = value + len(after)
    return head
