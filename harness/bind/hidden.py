"""The hidden fields of forms, by their names: two pages in, {field: token} pairs out.

What `learn` finds at the same place, this finds in a page that was written anew: a token that all forms of a page share
is handed out under its field's name, wherever the form stands now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from harness.bind.token import may_be_strong, strength

_INPUT = re.compile(rb"<input\b[^<>]{0,10000}>", re.IGNORECASE)
_HIDDEN = re.compile(rb"\btype\s*=\s*[\"']?hidden\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"\b(name|value)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)


def tokens(recorded: bytes, own: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the recorded and the own value of each hidden field that has one token in each of both pages.

    The recorded one is strong; what this side made of it may be so regular by chance that its place alone tells it.
    """
    then = _fields(recorded)
    now = _fields(own) if then else {}
    for name, values in then.items():
        today = now.get(name, set())
        if len(values) == len(today) == 1 and values != today:
            (one,), (other,) = values, today
            if strength(one) == "strong" and may_be_strong(other):
                yield one, other


def _fields(page: bytes) -> dict[bytes, set[bytes]]:
    """Return the values of all hidden fields, by name."""
    found: dict[bytes, set[bytes]] = {}
    for element in _INPUT.findall(page):
        if _HIDDEN.search(element):
            named = {
                match[1].lower(): match[2] or match[3] or match[4] or b"" for match in _ATTRIBUTE.finditer(element)
            }
            if named.get(b"name"):
                found.setdefault(named[b"name"], set()).add(_plain(named.get(b"value", b"")))
    return found


def _plain(value: bytes) -> bytes:
    return unescape(value.decode("latin-1")).encode("latin-1", "xmlcharrefreplace") if b"&" in value else value
