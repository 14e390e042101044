"""An exchange taken apart into texts, and put together again: requests and answers in, texts out, and back.

What holds texts is a *part*: it gives them (`texts`) and is made anew of what they became (`made`).
"""

from __future__ import annotations

from collections.abc import Callable

from harness.exchange import Headers, Request, first_header
from harness.redact.body import Coding, Region, Unread, codings, regions, utf16
from harness.redact.headers import Finders
from harness.redact.spot import replaced
from harness.redact.text import Text

Rendered = Callable[[Text], bytes]


class Target:
    """The target of a request: all of a start line where it has none."""

    def __init__(self, request: Request) -> None:
        self._line = request.start_line
        target = request.target
        start = self._line.find(target, len(request.method)) if target else 0
        self._start, self._end = (start, start + len(target)) if target and start >= 0 else (0, len(self._line))
        self.texts = [Text("request.target", self._line[self._start : self._end], "form")]

    def made(self, rendered: Rendered) -> bytes:
        """Return the start line."""
        return self._line[: self._start] + rendered(self.texts[0]) + self._line[self._end :]


class Fields:
    """The header fields of one side. Those of known names are found at once, URLs are texts of their own."""

    def __init__(self, headers: Headers, side: str, finders: Finders) -> None:
        self._headers = headers
        self._place = f"{side}.header"
        self._single: dict[int, Text] = {}
        plain: list[bytes] = []
        for index, (name, value) in enumerate(headers):
            finder = finders.of(name)
            if finder == "text":
                plain.append(value)
                continue
            text = self._single[index] = Text(self._place_of(name), value, "form" if finder == "form" else "header")
            for spot in finders.found(finder, value) if callable(finder) else ():
                text.spots.add(spot)
        self.joined = Text(self._place, b"\n".join(plain))

    def _place_of(self, name: bytes) -> str:
        return f"{self._place} {name.decode('latin-1')}"

    @property
    def texts(self) -> list[Text]:
        """The values; most of them in one text, which costs less."""
        return [*self._single.values(), self.joined]

    def split(self) -> list[Text]:
        """Make each value a text of its own, and return the new ones: needed where there is a secret in one."""
        new = []
        for index, (name, value) in enumerate(self._headers):
            if index not in self._single:
                self._single[index] = Text(self._place_of(name), value)
                new.append(self._single[index])
        self.joined = Text(self._place, b"")
        return new

    def made(self, rendered: Rendered) -> Headers:
        """Return the headers."""
        return tuple(
            (name, rendered(self._single[index]) if index in self._single else value)
            for index, (name, value) in enumerate(self._headers)
        )


class Body:
    """A body: unpacked, and in the regions that hold text. `unread` where it is in a coding that cannot be undone."""

    def __init__(self, body: bytes, headers: Headers, side: str) -> None:
        self._body = body
        self._charset = ""
        self._regions: list[tuple[Region, Text]] = []
        self._codings: tuple[Coding, ...] = ()
        self._text = b""
        self.unread = False
        if not body:
            return
        try:
            self._unpack(body, headers)
        except Unread:
            self.unread = True
            return
        kind = first_header(headers, b"content-type") or b""
        self._charset = utf16(self._text, kind)
        if self._charset:
            self._text = self._text.decode(self._charset).encode()
        for region in regions(self._text, kind):
            text = Text(f"{side}.body", self._text[region.start : region.end], region.sort, region.name)
            self._regions.append((region, text))

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
            whole = whole.decode().encode(self._charset)
        for coding in reversed(self._codings):
            whole = coding.pack(whole)
        return whole

    def _unpack(self, body: bytes, headers: Headers) -> None:
        self._text, self._codings = body, codings(headers)
        for coding in self._codings:
            self._text = coding.unpack(self._text)
            if not self._text:  # nothing legible in it: the bytes themselves are looked through
                self._text, self._codings = body, ()
                return
