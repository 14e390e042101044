"""The stretches of a body, and what each is: an unpacked body and its content type in, regions out.

Types lie, and many bodies have none: what a text is, is seen by how it begins, and its type decides where that tells
nothing. Nothing is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.redact.body import BINARY, NAMED, NO_TEXT, TEXT, media_type

PARTS = 1000
"""Parts of a form that are told apart; what follows is one text, in which names tell where they stand."""

_BOUNDARY = re.compile(rb""";\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)
_FIRST_PART = re.compile(rb"(?i)(?:\r?\n)?(--[^\r\n]{1,200})\r?\ncontent-disposition:\s*form-data")
_BLANK = re.compile(rb"\r?\n\r?\n")
_HEAD_LINE = rb"(?i)content-disposition:(?:[^\r\n]|\r?\n[ \t])*?(?<=[;\s])"
_FIELD = re.compile(_HEAD_LINE + rb"""name(?:\*\s*=\s*[\w-]*'[\w-]*'|\s*=\s*)(?:"([^"\r\n]*)"|([^\s;]+))""")
_FILE = re.compile(_HEAD_LINE + rb"""filename(?:\*\s*=|\s*=\s*(?!"?(?:blob)?"?\s*(?:;|\r?\n|\Z)))""")
"""A file has a name; scripts that send JSON or a field as one call it `blob`."""
_DECLARED = (
    (re.compile(rb"\A(?:%s)" % BINARY.pattern), "binary"),
    (NAMED, "named"),
    (re.compile(rb"x-www-form-urlencoded\Z"), "form"),
    (re.compile(rb"json|(?<!html\+)\bxml"), "data"),
    (re.compile(rb"yaml|toml|properties|\bx?-?ini\b|x-(?:config|env)"), "settings"),
    (re.compile(rb"html|script|css|svg|csv|tab-separated"), "text"),
)
"""What types say of a body: of any other, that it is a text in lines."""
_OFTEN_TEXTS = (b"application/octet-stream", b"application/vnd.")
"""Types of bytes that may be a text in lines."""
_MARKUP = (
    ("data", re.compile(rb"(?:\xef\xbb\xbf)?\s*+<(?:\?xml\b|methodCall\b|methodResponse\b|[\w-]{1,20}:Envelope\b)")),
    ("text", re.compile(rb"(?:\xef\xbb\xbf)?\s*+<[!?A-Za-z]")),
)
_LOOKS = (
    (
        "data",
        re.compile(
            rb"(?:\xef\xbb\xbf)?\s*+(?:\)\]\}'?,?|while\s*\(1\);|for\s*\(;;\);|(?:/\*\*/)?\s*[\w.$\[\]]++\s*+\()?"
            rb"\s*+(?:\{\s*+[\"'}]|\[\s*+(?:[\[{\"\]]|-?\d))"
        ),
    ),
    *_MARKUP,
    (
        "form",
        re.compile(
            rb"(?:%(name)s=[^\s&<>\"{}]*+|%(name)s=[^\r\n&<>]*+(?:&%(name)s=[^\r\n&<>]*+)++)\s*\Z"
            % {b"name": rb"[\w.\[\]%+*$:-]{1,200}+"}
        ),
    ),
)
"""How JSON looks, also in a call or behind what keeps scripts from reading it; XML, pages and forms."""


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a body.

    `form`, `text` (a page or a program), `data` (JSON, XML), `lines` (any other text), `settings` (YAML and its like),
    `field` (of the form field `name`) or `binary`.
    """

    start: int
    end: int
    sort: str
    name: str = ""


def is_opaque(media: bytes, sort: str) -> bool:
    """Tell whether secrets may stand in a region where they are not looked for."""
    return sort == "binary" or NAMED.search(media) is not None


def regions(text: bytes, content_type: bytes) -> Iterator[Region]:
    """Yield the stretches of an unpacked body; what is between them holds no value."""
    media = media_type(content_type)
    boundary = _BOUNDARY.search(content_type) if media.startswith(b"multipart/") else None
    if boundary:
        yield from _parts(text, b"--" + (boundary[1] or boundary[2]))
    elif first := _FIRST_PART.match(text):
        yield from _parts(text, first[1])
    else:
        yield Region(0, len(text), _sort(text, media))


def _sort(text: bytes, media: bytes) -> str:
    sort, sure = _declared(media)
    if sort == "binary" or (not sure and b"\0" in text[:4096]):
        return _sort_of_bytes(text, media)
    if sort in ("form", "data"):
        begins_as_data = text.lstrip()[:1] in (b"{", b"[", b"<")
        seen = sort_of(text) if begins_as_data == (sort == "form") else sort
        return seen if seen in ("form", "data") else sort
    return sort_of(text, sort) if sort in ("text", "lines") else "text" if sort == "named" else sort


@lru_cache(256)
def _declared(media: bytes) -> tuple[str, bool]:
    """Return what a type says of a body, and whether it says that it is a text whatever bytes are in it."""
    sort = next((sort for pattern, sort in _DECLARED if pattern.search(media)), "lines")
    return sort, sort == "named" or TEXT.search(media) is not None


def _sort_of_bytes(text: bytes, media: bytes) -> str:
    """Return what bytes of a binary type are: such a type is given to texts, too."""
    if NO_TEXT.search(text, 0, 4096):
        return "binary"
    return sort_of(text, "lines" if media.startswith(_OFTEN_TEXTS) else "binary")


def sort_of(text: bytes, otherwise: str = "lines") -> str:
    """Return what a text is by how it looks; `otherwise` where that tells nothing."""
    for sort, look in _MARKUP if text[:1] == b"<" else _LOOKS:
        if look.match(text):
            return sort
    return otherwise


def _parts(text: bytes, mark: bytes) -> Iterator[Region]:
    at = 0
    for _ in range(PARTS):
        after = text.find(mark, at + 1)
        yield from _part(text, at, len(text) if after < 0 else after)
        if after < 0:
            return
        at = after
    yield Region(at, len(text), "text")


def _part(text: bytes, start: int, end: int) -> Iterator[Region]:
    """The head of a part is a text; its content is a field or a file."""
    blank = _BLANK.search(text, start, min(end, start + 16_384))
    if blank is None:
        yield Region(start, end, "text")
        return
    head = text[start : blank.end()]
    yield Region(start, blank.start(), "text")
    line_end = 2 if text[end - 2 : end] == b"\r\n" else int(text[end - 1 : end] == b"\n")
    close = end - (line_end if end < len(text) else 0)
    field = _FIELD.search(head)
    name = (field[1] or field[2] or b"").decode("utf-8", "replace") if field else ""
    yield Region(blank.end(), max(blank.end(), close), "binary" if _FILE.search(head) else "field", name)
