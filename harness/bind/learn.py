"""What an answer calls otherwise than the recording did: two answers to one request in, pairs of names out.

Only words that look like names count, and only where all around them is alike: headers by name, cookies by name, bodies
by aligned words. What is learned is typed by its place, so that it is not used in the wrong one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Literal

from harness.bind.hidden import tokens
from harness.bind.place import Place, place_at
from harness.bind.token import is_code, strength
from harness.exchange import Headers, Response, all_headers, first_header

Sort = Literal["cookie", "renamed", "joined", "token", "weak", "etag", "modified"]

MIDDLE = 1 << 18
"""Bytes of a body, between what both begin and end with, that are looked through."""
SQUARE = 100_000
"""Largest recorded x own number of words given to difflib, whose worst case is more than quadratic."""
NEAR = 4
"""So many words after a weak name must agree, for it to be of the same thing."""

_WORD = re.compile(
    rb"(?<![\w/+.~-])[A-Za-z0-9+][A-Za-z0-9+/]{14,}={0,2}(?![\w/+-])"  # base64, whose slashes divide nothing
    rb"|[A-Za-z0-9_-]+(?:[.~]+[A-Za-z0-9_-]+)*(?:={1,2}(?=[\"'&<;\s]|\Z))?"
)
_NUMBERS = re.compile(rb"(?=.{10})\d+(?:[-_]\d+)+\Z")
"""Such as a time and the number of the process, which make the name of a file."""
_OTHER_CHARACTER = re.compile(rb"[^A-Za-z0-9_.~+/=-]")
_VALIDATORS: dict[bytes, tuple[Sort, bool]] = {b"etag": ("etag", False), b"last-modified": ("modified", True)}
"""Validators (RFC 9110 section 8.8), and whether one means something only at its path."""
_NO_NAMES = frozenset({b"date", b"expires", b"server", b"content-length", b"content-type", b"connection", b"vary"})
_MASK = b"\0"


@dataclass(frozen=True, slots=True)
class Pair:
    """A name of the recording and this side's name for the same.

    `scope` is the cookie's name, the stem of a weak token, the path of a validator, and empty for a strong token. The
    own name for a `renamed` cookie is what a client sends instead of it (`NAME=VALUE; NAME=VALUE`), for a `joined` one
    what it sends beside it.
    `handed` says that the program handed it out as a name to come back with: a cookie, a hidden field, a meta element.
    """

    sort: Sort
    scope: bytes
    recorded: bytes
    own: bytes
    handed: bool = False


def pairs(recorded: Response, own: Response, path: bytes) -> Iterator[Pair]:
    """Yield what two answers to a request for `path` call otherwise, in the order of the answer."""
    if recorded.headers != own.headers:
        yield from _of_headers(recorded.headers, own.headers, path)
    if recorded.body and own.body and recorded.body != own.body:
        then, now = _readable(recorded), _readable(own)
        yield from of_text(then, now, path)
        yield from (Pair("token", b"", *both, handed=True) for both in tokens(then, now))


def cookies_set(headers: Headers) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield name, value and whether it is deleted, of each cookie that an answer sets (RFC 6265 section 5.2)."""
    for value in all_headers(headers, b"set-cookie"):
        pair, _, attributes = value.partition(b";")
        name, _, content = pair.partition(b"=")
        gone = re.search(
            rb"(?i)max-age\s*=\s*(?:0|-\d+)\s*(?:;|\Z)|expires\s*=\s*[a-z]*,?\s*\d\d?[ -]jan[ -]19?70", attributes
        )
        yield name.strip(), content.strip().strip(b'"'), gone is not None or not content.strip()


def _of_headers(recorded: Headers, own: Headers, path: bytes) -> Iterator[Pair]:
    then, now = _by_name(recorded), _by_name(own)
    for name, values in then.items():
        today = now.get(name)
        if today is None or today == values:
            continue
        if name == b"set-cookie":
            yield from _of_cookies(recorded, own)
        elif name in _VALIDATORS:
            sort, by_path = _VALIDATORS[name]
            yield Pair(sort, path if by_path else b"", values[0], today[0])
        elif name not in _NO_NAMES and len(values) == len(today) == 1:
            yield from of_text(values[0], today[0], path)


def _by_name(headers: Headers) -> dict[bytes, list[bytes]]:
    named: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        named.setdefault(name.lower(), []).append(value)
    return named


def _of_cookies(recorded: Headers, own: Headers) -> Iterator[Pair]:
    now = {name: value for name, value, gone in cookies_set(own) if not gone}
    for name, value, gone in cookies_set(recorded):
        if gone or name not in now:
            continue
        yield Pair("cookie", name, value, now[name], handed=True)
        if strength(value) == "strong" and strength(now[name]) == "strong":  # a session's id in URLs, too
            yield Pair("token", b"", value, now[name], handed=True)
    yield from _of_renamed(recorded, now)


def _of_renamed(recorded: Headers, now: dict[bytes, bytes]) -> Iterator[Pair]:
    """Who was given a cookie sends those that this side gives under names that the recording has not."""
    names = {name for name, _, _ in cookies_set(recorded)}
    then = [(name, value) for name, value, gone in cookies_set(recorded) if not gone]
    extra = {name: value for name, value in now.items() if name not in names}
    carrier = next((pair for pair in then if pair[0] not in now), then[0] if then else None)
    if extra and carrier is not None:
        sent = b"; ".join(name + b"=" + value for name, value in extra.items())
        yield Pair("joined" if carrier[0] in now else "renamed", *carrier, sent)


def of_text(recorded: bytes, own: bytes, path: bytes) -> Iterator[Pair]:
    """Yield what two texts, alike but for names, call otherwise."""
    start, end = _middle(recorded, own)
    if len(recorded) - start - end > MIDDLE or len(own) - start - end > MIDDLE:
        return
    left = list(_WORD.finditer(recorded, start, len(recorded) - end))
    right = list(_WORD.finditer(own, start, len(own) - end))
    for one, other, sure in _aligned(left, right):
        then, now = one[0], other[0]
        if then == now:
            continue
        pair = _typed(place_at(recorded, one.start(), one.end(), path), then, now)
        if pair is None or not (sure or pair.handed or pair.sort == "token"):
            continue
        # Both know both names: what stands there has another place, as the members of an object may.
        if pair.handed or pair.sort != "token" or now not in recorded or then not in own:
            yield pair


def _typed(place: Place | None, recorded: bytes, own: bytes) -> Pair | None:
    """Say how far a pair reaches: a strong token everywhere, a weak one where its stem is."""
    handed = place is not None and place.kind in ("field", "meta")
    if strength(recorded) == "strong" and strength(own) == "strong":
        return Pair("token", b"", recorded, own, handed)
    number = recorded.isdigit() or _NUMBERS.match(recorded) is not None
    if place is None or not (is_code(recorded) or (place.id_like and (handed or number))):
        return None
    return Pair("weak", place.stem, recorded, own, handed)


Aligned = tuple[re.Match[bytes], re.Match[bytes], bool]
"""A word of each text, and whether those that follow agree as well: else it may be the name of something else."""


def _aligned(left: list[re.Match[bytes]], right: list[re.Match[bytes]]) -> Iterator[Aligned]:
    """Pair the names of two texts where the words around them agree."""
    masked_left, masked_right = ([_MASK if strength(word[0]) else word[0] for word in words] for words in (left, right))
    if masked_left == masked_right:
        yield from ((one, other, True) for one, other in zip(left, right, strict=True))
        return
    if len(left) * len(right) > SQUARE:
        both = zip(masked_left, masked_right, strict=False)
        blocks = [(0, 0, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both)))]
    else:
        matcher = SequenceMatcher(None, masked_left, masked_right, autojunk=False)
        blocks = [(match.a, match.b, match.size) for match in matcher.get_matching_blocks()]
    for start, other, size in blocks:
        last = start + size == len(left) and other + size == len(right)
        for index in range(size):
            yield left[start + index], right[other + index], last or index + NEAR < size


def _middle(left: bytes, right: bytes) -> tuple[int, int]:
    """Return how many bytes both begin and end with, up to a border of words."""
    most = min(len(left), len(right))
    start = _common(most, lambda size: left[:size] == right[:size])
    while start and not _OTHER_CHARACTER.match(left, start - 1):
        start -= 1
    end = _common(most - start, lambda size: left[len(left) - size :] == right[len(right) - size :])
    while end and not _OTHER_CHARACTER.match(left, len(left) - end):
        end -= 1
    return start, end


def _common(most: int, agree: Callable[[int], bool]) -> int:
    """Return the largest size at which two texts agree, by halving."""
    low, high = 0, most
    while low < high:
        size = (low + high + 1) // 2
        low, high = (size, high) if agree(size) else (low, size - 1)
    return low


def _readable(response: Response) -> bytes:
    """Return a body with its content coding undone, where it is gzip or deflate; empty where it cannot be."""
    body = response.body or b""
    coding = (first_header(response.headers, b"content-encoding") or b"").strip().lower()
    if coding in (b"gzip", b"x-gzip", b"deflate"):
        try:
            return zlib.decompressobj(47).decompress(body, 4 * MIDDLE)
        except zlib.error:
            return b""
    return body
