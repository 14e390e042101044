"""Takes a multipart body apart (RFC 2046 section 5.1): the boundary is no content, nor is what stands around the parts.

Bytes and a Content-Type come in, parts go out as `Response`s, so that each is compared as an answer of its own type.
Parts are paired by their names, ids or ranges, else by what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.compare.align import Item, align
from harness.compare.excerpt import excerpt, excerpts
from harness.compare.headers import compare_headers
from harness.compare.unreadable import Unreadable
from harness.difference import Difference
from harness.exchange import Response

PARTS = 2_000
"""Parts beyond which a body is not taken apart."""

_BOUNDARY = re.compile(rb""";\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)
_NAME = re.compile(rb"""[;\s]name\s*=\s*(?:"([^"]*)"|([^\s;]+))""", re.IGNORECASE)
_WORD = re.compile(rb"\w+")
_PLAIN = re.compile(r"[A-Za-z_:][\w:.-]{0,59}")

CompareBodies = Callable[[Response, Response], list[Difference]]


def read_parts(body: bytes, content_type: bytes) -> list[Response]:
    """Return the parts; raise `Unreadable` where there is no boundary, or no last one."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Unreadable("multipart without a boundary")
    mark = re.escape(b"--" + (found.group(1) or found.group(2)).rstrip())
    pieces = re.split(rb"(?:\A|\r?\n)" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)", body)
    texts, ends = pieces[2::2], pieces[1::2]
    if b"--" not in ends:
        raise Unreadable("multipart without its last boundary")
    count = ends.index(b"--")
    if count > PARTS:
        raise Unreadable(f"more than {PARTS} parts")
    return [_part(text) for text in texts[:count]]


def _part(text: bytes) -> Response:
    """Return a part as an answer; its line ends may be of either kind."""
    text = re.sub(rb"\A\r?\n", b"", text)
    blank = re.search(rb"(?:\A|\r?\n)\r?\n", text)
    if blank is None:
        raise Unreadable("a part without an end of its headers")
    head, body = text[: blank.start()], text[blank.end() :]
    lines = [line for line in re.sub(rb"\r?\n[ \t]+", b" ", head).splitlines() if line]
    pairs = tuple((name.rstrip(), value.strip()) for name, _, value in (line.partition(b":") for line in lines))
    return Response(200, b"", pairs, body)


def compare_parts(old: list[Response], new: list[Response], compare_bodies: CompareBodies) -> list[Difference]:
    """Return how parts differ: which there are, their headers, their bodies, their order."""
    return list(_compare(old, new, compare_bodies))


def _compare(old: list[Response], new: list[Response], compare_bodies: CompareBodies) -> Iterator[Difference]:
    found = align([_item(part) for part in old], [_item(part) for part in new])
    for one, other in found.pairs:
        inside = [*compare_headers(one.headers, other.headers), *compare_bodies(one, other)]
        for difference in inside:
            yield replace(difference, aspect="body", path=f"{_place(one)}/{difference.path}")
    for part in found.missing:
        yield Difference("body", _place(part), "missing", old=_text(part) or "(empty)")
    for part in found.added:
        yield Difference("body", _place(part), "added", new=_text(part) or "(empty)")
    if found.moved:
        yield Difference("body", "part", "order", *excerpts(*(" ".join(map(_place, side)) for side in (old, new))))


def _item(part: Response) -> Item[Response]:
    digest = part.headers, part.body
    name = _name_of(part) or part.header(b"content-id") or part.header(b"content-range")
    return Item(
        part,
        "part",
        digest,
        (name, digest),
        lambda: frozenset(word.decode() for word in _WORD.findall((part.body or b"")[:10_000])),
    )


def _name_of(part: Response) -> bytes | None:
    found = _NAME.search(part.header(b"content-disposition") or b"")
    return (found.group(1) or found.group(2)) if found else None


def _place(part: Response) -> str:
    """Return the field that a part holds; names that are data stand as `part`."""
    name = (_name_of(part) or b"").decode("latin-1")
    return f"part {name}" if _PLAIN.fullmatch(name) else "part"


def _text(part: Response) -> str:
    return excerpt((part.body or b"").decode("utf-8", "replace"))
