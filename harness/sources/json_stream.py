"""The elements of one array deep in a JSON document, one by one: a file of any size comes in, values go out.

What stands beside the array is read and given to a function; only one element is in memory at a time. Damage is a
`Damaged` with the byte it was found at.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Generator, Iterator
from typing import IO, Any, NoReturn

_CHUNK = 1 << 18
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")  # a byte order mark, too
_TAIL = 16  # characters; what is wrong nearer to the end may be right with what follows
_json = json.JSONDecoder()

Element = tuple[int, Any]


class Damaged(ValueError):
    """The document is not whole: `offset` is the byte, from 0."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset


def elements(
    stream: IO[bytes], path: tuple[str, ...], beside: Callable[[str, Any], None] = lambda *_: None
) -> Iterator[Element]:
    """Yield the byte and the value of each element of the array that stands at `path`, names of nested objects.

    `beside` is told the name and value of all that stands beside the way there. Raises `Damaged`, also where there is
    no such array.
    """
    text = _Text(stream)
    found = yield from _into(text, path, beside)
    text.skip_space()
    if not found:
        text.fail(f"has no {'.'.join(path)}")
    if text.peek():
        text.fail("something follows the end of the document")


def _into(text: _Text, path: tuple[str, ...], beside: Callable[[str, Any], None]) -> Generator[Element, None, bool]:
    """Read the object that begins here, going down where one is the next of the path; return whether it was there."""
    found = False
    text.take("{")
    if text.took("}"):
        return False
    while True:
        key = text.value()
        if not isinstance(key, str):
            text.fail("a name is missing")
        text.take(":")
        if key == path[0] and not found:
            found = True
            if len(path) > 1:
                found = yield from _into(text, path[1:], beside)
            else:
                yield from _array(text)
        else:
            beside(key, text.value())
        if text.took("}"):
            return found
        text.take(",")


def _array(text: _Text) -> Iterator[Element]:
    text.take("[")
    if text.took("]"):
        return
    while True:
        text.skip_space()
        yield text.offset, text.value()
        if text.took("]"):
            return
        text.take(",")


class _Text:
    """The document as text, a part of it in memory, and a place in it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._read = 0
        self._buffer = ""
        self._at = 0
        # The byte that the character `_mark` stands at.
        self._mark, self._mark_byte = 0, 0

    @property
    def offset(self) -> int:
        """The byte at which the place is."""
        self._mark_byte += len(self._buffer[self._mark : self._at].encode())
        self._mark = self._at
        return self._mark_byte

    def peek(self) -> str:
        """Return the next character, or nothing at the end."""
        self.skip_space()
        return self._buffer[self._at : self._at + 1]

    def took(self, char: str) -> bool:
        """Step over a character where it comes next."""
        if self.peek() != char:
            return False
        self._at += 1
        return True

    def take(self, char: str) -> None:
        """Step over a character that must come next."""
        if not self.took(char):
            self.fail(f"{self.peek()!r} where {char!r} should be" if self.peek() else "the file ends too early")

    def skip_space(self) -> None:
        """Go to the next character that is no white space."""
        while True:
            self._at = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._buffer) or not self._more():
                return

    def value(self) -> Any:
        """Read one whole value."""
        self.skip_space()
        while True:
            try:
                value, end = _json.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                cut = self._may_be_cut(error)
                if cut and self._more():
                    continue
                self._at = error.pos
                self.fail("the file ends too early" if cut else error.msg)
            except (RecursionError, ValueError) as error:
                self.fail(f"cannot be read: {error}")
            if end == len(self._buffer) and self._more():  # a number may go on
                continue
            self._at = end
            return value

    def fail(self, reason: str) -> NoReturn:
        """Raise `Damaged` for this place."""
        raise Damaged(self.offset, reason)

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        """Tell whether what follows could make sense of what is in memory."""
        return error.pos >= len(self._buffer) - _TAIL or error.msg.startswith("Unterminated")

    def _more(self) -> bool:
        """Read on, as much as is waiting already, so that a long value is not looked at too often."""
        data = self._stream.read(max(_CHUNK, len(self._buffer) - self._at))
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise Damaged(self._read + error.start, "no UTF-8") from None
        self._read += len(data)
        if self._at:
            self._mark_byte = self.offset
            self._buffer, self._at, self._mark = self._buffer[self._at :], 0, 0
        self._buffer += text
        return bool(data)
