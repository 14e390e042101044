"""Tells of tags of HTML that came to end with a slash, or no longer do, where that does not close the element.

The differences of two pages and their texts come in; one more goes out if browsers, which ignore that slash, read
another page then. Our parser closes any element by it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from harness.compare.excerpt import excerpt
from harness.compare.html import read_html
from harness.compare.tree import compare_trees
from harness.compare.unreadable import Unreadable
from harness.difference import Difference

PATH = "body/html/self-closed"
CLOSED = frozenset(
    """area base basefont bgsound br col command embed frame hr image img input keygen link math meta param source svg
    track wbr""".split()  # noqa: SIM905 - as in `html`
)
"""Elements that hold nothing (HTML, section 13.1.2), and those of other languages, in which the slash does close."""

_PARTS = re.compile(
    r"""<!--.*?(?:-->|\Z)
    |<(svg|math|script|style|textarea|title)\b(?![^<>]*/>)[^<>]*>.*?(?:</\1\s*>|\Z)
    |<(?P<name>[a-z][^\s/<>]*+)(?P<attributes>[^<>]*)/>""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""Comments, and elements in which a tag is text or another language; else a tag with a slash at its end."""
_UNQUOTED = re.compile(r"""=\s*[^\s"'=]*\Z""")
_NAME = re.compile(r"<([a-z][^\s/<>]*)", re.IGNORECASE)


def of_closing(found: Sequence[Difference], old: str, new: str) -> list[Difference]:
    """Return the differences of two pages, and another one where elements are closed otherwise that both have."""
    tags = [[part[0] for part in _PARTS.finditer(side) if _is_slashed(part)] for side in (old, new)]
    if not _is_about_both(tags, (old, new)):
        return list(found)
    if _read(old, new) == found:
        return list(found)
    left, right = (Counter(side) for side in tags)
    gone, come = [*(left - right)], [*(right - left)]
    if come:
        return [*found, Difference("body", PATH, "added", new=excerpt(come[0]))]
    return [*found, Difference("body", PATH, "missing", old=excerpt(gone[0]))]


def _read(old: str, new: str) -> list[Difference] | None:
    """Return how browsers find two pages to differ, to whom the slash is nothing; None where they are not readable."""
    try:
        return compare_trees(*(read_html(_PARTS.sub(_without_slash, page)) for page in (old, new)))
    except Unreadable:
        return None


def _is_about_both(tags: Sequence[Sequence[str]], pages: Sequence[str]) -> bool:
    """Tell whether elements of one name are as many in both pages, but not as many with a slash."""
    slashed = [Counter(name for tag in side for name in _names(tag)) for side in tags]
    if slashed[0] == slashed[1]:
        return False
    left, right = (Counter(_names(page)) for page in pages)
    return any(left[name] == right[name] for name in left if slashed[0][name] != slashed[1][name])


def _names(page: str) -> list[str]:
    return [name.lower() for name in _NAME.findall(page)]


def _is_slashed(part: re.Match[str]) -> bool:
    """Tell whether a part is a tag whose slash closes nothing, and is not the end of a value without quotes."""
    name = part["name"]
    return name is not None and name.lower() not in CLOSED and not _UNQUOTED.search(part["attributes"])


def _without_slash(part: re.Match[str]) -> str:
    return f"<{part['name']}{part['attributes']}>" if _is_slashed(part) else part[0]
