"""An exchange taken apart into texts, and put together again: requests and answers in, texts out, and back.

What holds texts is a *part*: it gives them (`texts`) and is made anew of what they became (`made`).
"""

from __future__ import annotations

from collections.abc import Callable

from harness.exchange import Headers, Request, Response
from harness.redact.body import (
    GZIP,
    Coding,
    Reading,
    Unread,
    describing,
    is_packed,
    kind_of,
    media_type,
    reading,
    wide,
)
from harness.redact.finder import Finder
from harness.redact.looks import Look, Looks, is_name, target_span
from harness.redact.regions import Region, is_opaque, regions
from harness.redact.remainder import Remainder, joined, remainder_of
from harness.redact.spot import replaced
from harness.redact.text import WINDOW, Text

GZIPPED = b"\x1f\x8b\x08"
BEGINNING = 1024
"""Bytes of a body, said to be packed, in which the packed one may begin."""
DEEPEST = 4
"""Codings that are undone where no header tells of them."""

Rendered = Callable[[Text], bytes]


class Head:
    """The first line and the header fields of one side, each a text, with what was found in it already.

    Of the line only `span` is a text. So are the names that are none, lines that nobody could take apart.
    """

    def __init__(self, line: bytes, span: tuple[int, int], headers: Headers, first: Look, side: str, looks: Looks):
        self._line = line
        self._span = span
        self._headers = headers
        self._first = first.text.again()
        self._values = [looks.field(side, name, value).text.again() for name, value in headers]
        self._names = {
            index: Text(f"{side}.header", name) for index, (name, _) in enumerate(headers) if not is_name(name)
        }
        for text in self._names.values():
            looks.finder.find(text)
        self.texts = [self._first, *self._values, *self._names.values()]

    def made(self, rendered: Rendered) -> tuple[bytes, Headers]:
        """Return line and headers."""
        start, end = self._span
        line = self._line[:start] + rendered(self._first) + self._line[end:]
        headers = tuple(
            (rendered(self._names[index]) if index in self._names else name, rendered(text))
            for index, ((name, _), text) in enumerate(zip(self._headers, self._values, strict=True))
        )
        return line, headers


def request_head(request: Request, looks: Looks) -> Head:
    """Return the head of a request."""
    return Head(request.start_line, target_span(request), request.headers, looks.target(request), "request", looks)


def response_head(response: Response, looks: Looks) -> Head:
    """Return the head of an answer, with its reason."""
    reason = response.reason
    return Head(reason, (0, len(reason)), response.headers, looks.reason(reason), "response", looks)


def raw_head(raw: bytes, looks: Looks) -> Head:
    """Return the head that any reader might see in raw bytes, however lenient."""
    first, *lines = raw.splitlines() or [b""]
    pairs = (line.partition(b":") for line in lines)
    headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    return Head(first, (0, len(first)), headers, looks.reason(first), "raw", looks)


class Body:
    """A body: unpacked, and in the regions that hold text. `unread` where it is in a coding that cannot be undone.

    `rest` is all that it says, once it was looked through and nothing was found; else None.
    """

    def __init__(self, body: bytes, headers: Headers, side: str) -> None:
        self.side = side
        self._body = body
        self._charset = ""
        self._tail = b""
        self._regions: list[tuple[Region, Text]] = []
        self._codings: tuple[Coding, ...] = ()
        self._text = b""
        self._unread = False
        self._looked = False
        self.rest: Remainder | None = None
        if not body:
            return
        try:
            kind = self._unpack(body, reading(describing(headers)))
        except Unread:
            self._unread = True
            return
        self._read(wide(self._text, kind))
        for region in regions(self._text, kind):
            text = Text(f"{side}.body", self._text[region.start : region.end], region.sort, region.name)
            self._regions.append((region, text))

    @property
    def unread(self) -> bool:
        """Whether it could not be looked into."""
        return self._unread or any(text.unread for text in self.texts)

    def look(self, finder: Finder) -> None:
        """Look through all its texts, unless that was done."""
        if not self._looked:
            self._looked = True
            for text in self.texts:
                finder.find(text)
            if not self.unread and not any(text.spots or len(text.raw) > WINDOW for text in self.texts):
                layers = [remainder_of(next(text.windows())) for text in self.texts]
                self.rest = layers[0] if len(layers) == 1 else joined(layers)

    @property
    def is_quiet(self) -> bool:
        """Whether it was looked through, and nothing was found."""
        return self.rest is not None and not any(text.spots for text in self.texts)

    def opaque(self, headers: Headers) -> bool:
        """Tell whether secrets may stand in this body of these headers where they are not looked for."""
        media = media_type(kind_of(headers))
        return self.unread or any(
            region.end > region.start and is_opaque(media, region.sort) for region, _ in self._regions
        )

    @property
    def text(self) -> bytes:
        """What it says, unpacked, and in UTF-8 where it was in UTF-16 or UTF-32; empty where it cannot be unpacked."""
        return b"" if self._unread else self._text

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

    def _unpack(self, body: bytes, how: Reading) -> bytes:
        """Undo the codings and return the content type. Raises Unread."""
        self._text = body
        if how.codings is None:
            raise Unread
        for coding in how.codings:
            if not self._undo(coding):
                if GZIPPED in self._text[1:BEGINNING]:
                    raise Unread
                break  # nothing legible in it: the bytes themselves are looked through
        while len(self._codings) < DEEPEST and is_packed(self._text, how.kind) and self._undo(GZIP):
            pass
        return how.kind

    def _undo(self, coding: Coding) -> bool:
        unpacked = coding.unpack(self._text)
        if unpacked:
            self._text, self._codings = unpacked, (*self._codings, coding)
        return bool(unpacked)
