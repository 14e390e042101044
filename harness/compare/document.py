"""Tells whether a body is another document altogether: JSON where a page was, not a page that changed.

Two media types and texts come in; the two sorts go out, or nothing. A wrong label on one body is no other document, so
each text must be what it is called, and the other must not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from harness.compare.content import family
from harness.compare.json import read_json
from harness.compare.unreadable import Unreadable
from harness.compare.xml import parse_xml

_TAG = re.compile(r"\s*<[!/a-zA-Z]")
_FIELDS = re.compile(r"[\w.:%+*-]+=[^\s<>{}]*")


def another_document(old_media: str, new_media: str, old: str, new: str) -> tuple[str, str] | None:
    """Return the families (`json`, `html`) of two texts where they are two different documents, else None."""
    if not old_media or not new_media or not old.strip() or not new.strip():
        return None
    sorts = family(old_media, old), family(new_media, new)
    if sorts[0] == sorts[1]:
        return None
    found = (_is_only(sorts[0], old, new), _is_only(sorts[1], new, old))
    return sorts if any(found) and None not in found else None


def _is_only(sort: str, text: str, other: str) -> bool | None:
    """Tell whether a text is what it is called and the other is not; False where any text may be called so.

    None where it says nothing, for the text is no such thing, or both are.
    """
    reads = _READS.get(sort)
    if reads is None:
        return False
    return True if reads(text) and not reads(other) else None


def _is_json(text: str) -> bool:
    return _is_read(read_json, text)


def _is_xml(text: str) -> bool:
    return _is_read(parse_xml, text)


def _is_read(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except (Unreadable, RecursionError):
        return False
    return True


_READS: Mapping[str, Callable[[str], object]] = {
    "json": _is_json, "xml": _is_xml, "html": _TAG.match, "form": _FIELDS.fullmatch,
}  # fmt: skip
"""What tells whether a text is of a family; of the others (text, scripts, bytes) anything may be."""
