"""Names what two documents of one meaning are spelled otherwise in, so that each habit of a writer is one cause.

Two texts come in, of which the caller knows that they mean the same; a word goes out, empty where it is several things.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from harness.compare.unreadable import Unreadable
from harness.compare.xml import parse_xml

Plain = Callable[[str], str]

_DECLARATION = re.compile(r"^\s*<\?xml\s[^>]*\?>\s*")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_SPACE = re.compile(r"\s+")
_QUOTE = re.compile(r"[\"']|&(?:quot|apos|#39|#34);")
_END = re.compile(r"\s*/?>")
_MARKUP = ("html", "xml", "xmlrpc")

SORTS: tuple[tuple[str, tuple[str, ...], Plain], ...] = (
    ("line ends", (), lambda text: text.replace("\r\n", "\n").replace("\r", "\n")),
    ("declaration", ("xml", "xmlrpc"), lambda text: _DECLARATION.sub("", text)),
    ("white space", (), lambda text: _SPACE.sub("", text)),
    ("case", ("html", "form"), str.casefold),
    ("quotes", _MARKUP, lambda text: _QUOTE.sub("", text)),
    ("entities", _MARKUP, unescape),
    ("slashes", _MARKUP, lambda text: _END.sub(">", text)),
    (
        "escapes",
        ("json", "jsonp"),
        lambda text: _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace("\\/", "/"),
    ),
    ("order", (), lambda text: "".join(sorted(_SPACE.sub("", text)))),
)
"""What may be spelled otherwise: its name, the formats that have it (none: all), and how to take it out."""


def sort_of_spelling(form: str, old: str, new: str) -> str:
    """Return the first of `SORTS` that explains all of two texts' difference, or `well-formed`.

    Clients have read pages as XML, and only some pages can be.
    """
    if form == "html" and _is_xml(old) != _is_xml(new):
        return "well-formed"
    for name, forms, plain in SORTS:
        if (not forms or form in forms) and plain(old) == plain(new):
            return name
    return ""


def _is_xml(text: str) -> bool:
    try:
        parse_xml(text)
    except Unreadable:
        return False
    return True
