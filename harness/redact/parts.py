"""An exchange taken apart into texts, and put together again: requests and answers in, texts out, and back.

What holds texts is a *part*: it gives them (`texts`) and is made anew of what they became (`made`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from harness.exchange import Headers, Request, Response
from harness.redact.body import (
    GZIP,
    Coding,
    Region,
    Unread,
    codings,
    is_opaque,
    is_packed,
    kind_of,
    media_type,
    regions,
    wide,
)
from harness.redact.headers import Finders, likely
from harness.redact.spot import replaced
from harness.redact.text import Text

GZIPPED = b"\x1f\x8b\x08"
BEGINNING = 1024
"""Bytes of a body, said to be packed, in which the packed one may begin."""
DEEPEST = 4
"""Codings that are undone where no header tells of them."""

Rendered = Callable[[Text], bytes]


class Head:
    """The first line and the header fields of one side, seldom looked at one by one.

    Fields of known names (`Cookie`) are found at once and are texts of their own. All else is one text (`joined`) until
    something is found in it: then it is `split`, so that no secret is taken for longer than its field.
    """

    def __init__(self, line: bytes, span: tuple[int, int], headers: Headers, side: str, finders: Finders) -> None:
        self._line = line
        self._span = span
        self._side = side
        self._headers = headers
        self._first: Text | None = None
        self._single: dict[int, Text] = {}
        self._names: dict[int, Text] = {}
        plain = [line[slice(*span)]]
        for index, (name, value) in enumerate(headers):
            if not _is_name(name):
                self._names[index] = Text(f"{side}.header", name)
            finder = finders.of(name)
            spots = [] if isinstance(finder, str) else finders.found(finder, value)
            if isinstance(finder, str) or (finder is likely and not spots):
                plain.append(value)
                continue
            text = self._single[index] = Text(self._place_of(name), value, "header")
            for spot in spots:
                text.spots.add(spot)
        self.joined: Text | None = Text(f"{side}.header", b"\n".join(plain))
        self._finders = finders

    @property
    def texts(self) -> list[Text]:
        """Those that are texts of their own."""
        return [*([self._first] if self._first else ()), *self._single.values(), *self._names.values()]

    def split(self) -> list[Text]:
        """Make the line and each field a text of its own, and return the new ones."""
        sort = "form" if self._side == "request" else "text"
        place = "request.target" if self._side == "request" else "response.reason"
        self._first = Text(place, self._line[slice(*self._span)], sort)
        new = [self._first]
        for index, (name, value) in enumerate(self._headers):
            if index not in self._single:
                chosen = self._finders.of(name)
                sort = chosen if isinstance(chosen, str) else "text"
                self._single[index] = Text(self._place_of(name), value, sort)
                new.append(self._single[index])
        self.joined = None
        return new

    def made(self, rendered: Rendered) -> tuple[bytes, Headers]:
        """Return line and headers."""
        start, end = self._span
        first = rendered(self._first) if self._first else self._line[start:end]
        headers = tuple(
            (
                rendered(self._names[index]) if index in self._names else name,
                rendered(self._single[index]) if index in self._single else value,
            )
            for index, (name, value) in enumerate(self._headers)
        )
        return self._line[:start] + first + self._line[end:], headers

    def _place_of(self, name: bytes) -> str:
        return f"{self._side}.header {name.decode('latin-1') if _is_name(name) else '?'}"


@lru_cache(2000)
def _is_name(name: bytes) -> bool:
    """Tell whether a name is one, and no line that nobody could take apart."""
    return name.replace(b"-", b"").replace(b"_", b"").isalnum()


def request_head(request: Request, finders: Finders) -> Head:
    """Return the head of a request: of its start line the target is looked through, or all where it is an odd one."""
    target = request.target
    known = request.method.replace(b"-", b"").isalpha()
    start = request.start_line.find(target, len(request.method)) if target and known else -1
    span = (start, start + len(target)) if start >= 0 else (0, len(request.start_line))
    return Head(request.start_line, span, request.headers, "request", finders)


def response_head(response: Response, finders: Finders) -> Head:
    """Return the head of an answer, with its reason."""
    return Head(response.reason, (0, len(response.reason)), response.headers, "response", finders)


def raw_head(raw: bytes, finders: Finders) -> Head:
    """Return the head that any reader might see in raw bytes, however lenient."""
    first, *lines = raw.splitlines() or [b""]
    pairs = (line.partition(b":") for line in lines)
    headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    return Head(first, (0, len(first)), headers, "raw", finders)


class Body:
    """A body: unpacked, and in the regions that hold text. `unread` where it is in a coding that cannot be undone.

    `looked` is set once all its texts were looked through.
    """

    def __init__(self, body: bytes, headers: Headers, side: str) -> None:
        self._body = body
        self._charset = ""
        self._tail = b""
        self._regions: list[tuple[Region, Text]] = []
        self._codings: tuple[Coding, ...] = ()
        self._text = b""
        self._unread = False
        self.looked = False
        if not body:
            return
        try:
            self._unpack(body, headers)
        except Unread:
            self._unread = True
            return
        kind = kind_of(headers)
        self._read(wide(self._text, kind))
        for region in regions(self._text, kind):
            text = Text(f"{side}.body", self._text[region.start : region.end], region.sort, region.name)
            self._regions.append((region, text))

    @property
    def unread(self) -> bool:
        """Whether it could not be looked into."""
        return self._unread or any(text.unread for text in self.texts)

    @property
    def is_quiet(self) -> bool:
        """Whether it was looked through, and nothing was found."""
        return self.looked and not self.unread and not any(text.spots for text in self.texts)

    def opaque(self, headers: Headers) -> bool:
        """Tell whether secrets may stand in this body of these headers where they are not looked for."""
        media = media_type(kind_of(headers))
        return self.unread or any(
            region.end > region.start and is_opaque(media, region.sort) for region, _ in self._regions
        )

    @property
    def texts(self) -> list[Text]:
        """The regions of the body."""
        return [text for _, text in self._regions]

    def made(self, rendered: Rendered) -> bytes | None:
        """Return the body: the same object where nothing changed, None where it could not be looked into."""
        if self.unread:
            return None
        changes = [(region, text, rendered(text)) for region, text in self._regions]
        if all(made is text.raw for _, text, made in changes):
            return self._body
        whole = replaced(self._text, iter([(region.start, region.end, made) for region, _, made in changes]))
        if self._charset:
            whole = whole.decode("utf-8", "surrogatepass").encode(self._charset, "surrogatepass") + self._tail
        for coding in reversed(self._codings):
            whole = coding.pack(whole)
        return whole

    def _read(self, charset: str) -> None:
        """Go over to UTF-8; what is no text in a charset stays as it is."""
        unit = 4 if "32" in charset else 2
        whole = len(self._text) // unit * unit
        try:
            text = self._text[:whole].decode(charset, "surrogatepass") if charset else ""
        except UnicodeDecodeError:
            return
        if charset:
            self._charset, self._tail = charset, self._text[whole:]
            self._text = text.encode("utf-8", "surrogatepass")

    def _unpack(self, body: bytes, headers: Headers) -> None:
        self._text = body
        kind = kind_of(headers)
        for coding in codings(headers):
            if not self._undo(coding):
                if GZIPPED in self._text[1:BEGINNING]:
                    raise Unread
                break  # nothing legible in it: the bytes themselves are looked through
        while len(self._codings) < DEEPEST and is_packed(self._text, kind) and self._undo(GZIP):
            pass

    def _undo(self, coding: Coding) -> bool:
        unpacked = coding.unpack(self._text)
        if unpacked:
            self._text, self._codings = unpacked, (*self._codings, coding)
        return bool(unpacked)
