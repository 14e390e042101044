"""An answer of today as the recording would hold it: with the recorded tokens where those stand in the recorded answer.

Old's real values (an e-mail address of the starting state, a new form token) are no other data than a token recorded in
their place. Only what stands between the same bytes as the token does is taken for it.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import replace

from harness.bind.spelling import DOCUMENT, Spot, Values
from harness.exchange import Redaction, Response, with_length

AROUND = 24
"""Bytes before and after a token that must be the same, as far as the text goes."""
LONGEST = 512
"""Bytes that may stand where a token stands."""
_PACKED = 64 << 20


def as_redacted(recorded: Response, now: Response, redactions: Iterable[Redaction]) -> Response:
    """Return the answer of today with the tokens of the recorded answer; the same object where none has its place."""
    values = Values()
    for redaction in redactions:
        if redaction.token:
            values.add(redaction.token.encode("utf-8", "surrogatepass"))
    if not values:
        return now
    headers = now.headers
    if len(recorded.headers) == len(headers) and recorded.headers != headers:
        both = zip(recorded.headers, headers, strict=True)
        headers = tuple((name, _aligned(then, value, values)) for (_, then), (name, value) in both)
    body = _body(recorded, now, values)
    if body is not now.body and body is not None:
        headers = with_length(headers, len(now.body or b""), len(body))
    return now if headers == now.headers and body is now.body else replace(now, headers=headers, body=body)


def _body(recorded: Response, now: Response, values: Values) -> bytes | None:
    if not recorded.body or not now.body or recorded.body == now.body:
        return now.body
    then, today = _unpacked(recorded), _unpacked(now)
    made = _aligned(then, today, values)
    if made == today:
        return now.body
    return made if today is now.body else gzip.compress(made, 1, mtime=0)


def _unpacked(response: Response) -> bytes:
    body = response.body or b""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(47).decompress(body, _PACKED)
    except zlib.error:
        return body


def _aligned(then: bytes, today: bytes, values: Values) -> bytes:
    """Return the text of today with each token of the recorded text in the place of what stands there now.

    One token stands for one value.
    """
    made, done = [], 0
    meant: dict[bytes, bytes] = {}
    spots = list(values.spots(then, DOCUMENT))
    for index, spot in enumerate(spots):
        first = spots[index - 1].end if index else 0
        last = spots[index + 1].start if index + 1 < len(spots) else len(then)
        found = _there(_context(then, spot, first, last), today, done)
        if found is not None and meant.setdefault(spot.value, today[slice(*found)]) == today[slice(*found)]:
            made += [today[done : found[0]], then[spot.start : spot.end]]
            done = found[1]
    return b"".join([*made, today[done:]]) if made else today


def _context(then: bytes, spot: Spot, first: int, last: int) -> bytes:
    """Return a pattern of what is around a spot, as far as the tokens before and after it."""
    before = then[max(first, spot.start - AROUND) : spot.start]
    behind = then[spot.end : min(last, spot.end + AROUND)]
    lead = rb"\A" if len(before) == spot.start else b""
    tail = rb"\Z" if spot.end + len(behind) == len(then) else b""
    return lead + re.escape(before) + rb"([^\n]{1,%d}?)" % LONGEST + re.escape(behind) + tail


def _there(context: bytes, today: bytes, after: int) -> tuple[int, int] | None:
    """Return where today has what the token stands for: what is before and after it has to be the same."""
    found = re.compile(context).search(today, after)
    return found.span(1) if found else None
