"""Which cause a difference may belong to, seen by itself: a key (where, of what kind) and the edit that it shows.

A difference comes in, keys and an edit go out. What was seen of a key is kept by `cause`. Pure.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

from harness.compare.text import PATH
from harness.difference import Difference
from harness.group.edit import Edit, edit_of, skeleton
from harness.group.habit import OF_NUMBERS

ANYWHERE = "\0"
"""The place of a cause that is an edit, wherever it is made: no path of a difference."""

BY_VALUE = frozenset({"changed", "encoding", "renamed", "type", "spelling"})
"""Kinds of differences of which both values say something."""

CONSTANT = frozenset({"changed", "encoding"})
"""Kinds of which one value in the place of many, or many in the place of one, is a cause."""

NOTHING = frozenset({"null", '""', "[]", "{}"})
"""Values that say nothing."""

CALLS = ("params[", "fault")
"""How places in XML-RPC begin: its types are written by another writer than those of other formats."""

KEPT = (" mode", " removal")
"""What of the place of a file is told apart."""

Pair = tuple[str, str]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_RAISED = re.compile(r" \(raised (.*?)(?:, line \d+)?\)\Z", re.DOTALL)
_MEMBER = re.compile(r"(?:[\w{}$@:-]|\[\]|\.)*?\.([A-Za-z_][\w$@:-]*)")
_TAG = re.compile(r"<([^\s<>/!]+)[\s>]")
_BLOB = re.compile(r"X'|blob of ")
_WRITTEN = re.compile(r"body/\w+/[\w -]+")


class Key(NamedTuple):
    """What makes differences one cause, how values were edited aside."""

    aspect: str
    path: str
    kind: str
    transform: str


def keys_of(difference: Difference) -> list[Key]:
    """Return the causes that a difference may have, values aside: its place, and the same change anywhere."""
    what = difference.kind, transform(difference)
    keys = [Key(difference.aspect, place(difference.aspect, difference.kind, difference.path), *what)]
    edited = difference.kind in ("changed", "type", "renamed") and _has_places(difference)
    if edited or _is_element(difference) or _is_empty_member(difference):
        keys.append(Key(difference.aspect, ANYWHERE, *what))
    return keys


def _has_places(difference: Difference) -> bool:
    """Tell whether an edit may be seen at several places of what was answered or written: in rows, lines of files."""
    return difference.aspect in ("body", "rows") or (difference.aspect == "files" and "/" in difference.path)


def place(aspect: str, kind: str, path: str) -> str:
    """Return where a cause sits: a member of a value is the same one wherever a format puts it (`urls[].size`)."""
    if aspect == "header":
        return path.lower()
    if aspect == "files" and "/" not in path:  # whatever the suffix: it was written, but otherwise; not so its lines
        return f"*{path[path.rindex(' ') :]}" if path.endswith(KEPT) else "*"
    if kind == "spelling" and path.endswith("comment()"):
        return "comment()"  # comments come and go together
    if kind == "spelling" and path.startswith("body/xmlrpc"):
        return path.replace("xmlrpc", "xml", 1)  # one writer of XML
    found = _MEMBER.fullmatch(path) if aspect == "body" else None
    return found.group(1) if found else path


def is_text(path: str) -> bool:
    """Tell whether a path is that of any text of a body, and says nothing of what the text means."""
    return path == PATH or path.endswith("/text()")


def transform(difference: Difference) -> str:
    """Return what happened to the value, in general: `text->text`, `int->str`; empty where that says nothing.

    Of a crash it is how the side ended, and of an error what was raised: each of these is a cause of its own.
    """
    if _is_end(difference):
        return _raised(difference)
    if difference.aspect == "crash":
        return {"added": difference.new, "missing": difference.old}.get(
            difference.kind, f"{difference.old}->{difference.new}"
        )
    if difference.kind == "type":
        return f"{_first_word(difference.old)}->{_first_word(difference.new)}"
    if difference.kind in ("changed", "encoding"):
        if edit_of(difference.old, difference.new).shape in OF_NUMBERS:
            return "number->number"
        sort = _sort_of_column if difference.aspect == "rows" else _sort
        return f"{sort(difference.old)}->{sort(difference.new)}"
    return ""


def _is_end(difference: Difference) -> bool:
    """Tell whether a difference is of how an answer ended, which may be by what was raised."""
    return difference.aspect == "status" or (difference.aspect, difference.path) == ("framing", "complete")


def _raised(difference: Difference) -> str:
    """Return what the side raised that gave an error; without the line, which is another one tomorrow."""
    sides = difference.new, difference.old
    found = [raised[1] for raised in map(_RAISED.search, sides) if raised is not None]
    return found[0] if len(found) == 1 else ""


def _first_word(text: str) -> str:
    return text.partition(" ")[0]


def _sort(text: str) -> str:
    return "empty" if text in ("", '""') else "number" if _NUMBER.fullmatch(text) else "text"


def _sort_of_column(text: str) -> str:
    """Return the sort of a column's value; a text that reads as one of another sort has quotes."""
    return "null" if text == "NULL" else "blob" if _BLOB.match(text) else _sort(text)


def _is_element(difference: Difference) -> bool:
    """Tell whether an element or attribute of a document came or went: the same one may stand in several pages."""
    if difference.aspect != "body" or difference.kind not in ("missing", "added") or "/" not in difference.path:
        return False
    return "/@" in difference.path or (difference.old or difference.new).startswith("<")


def _is_empty_member(difference: Difference) -> bool:
    """Tell whether a member that says nothing came or went: writers leave out all such, or none."""
    value = difference.old or difference.new
    return difference.aspect == "body" and difference.kind in ("missing", "added") and value in NOTHING


def values_of(difference: Difference) -> Pair:
    """Return the values where they may be the cause, else nothing: what was added or lost differs in every exchange."""
    if difference.aspect == "status":  # the reason phrase follows from the status, or is data
        return _first_word(difference.old), _first_word(difference.new)
    if _is_end(difference):
        return _RAISED.sub("", difference.old), _RAISED.sub("", difference.new)
    if (difference.aspect, difference.path) == ("header", "order"):  # of other headers in each answer
        return "", ""
    if difference.kind == "spelling" and not (difference.old and difference.new):  # comments
        return "", ""
    return (difference.old, difference.new) if difference.kind in BY_VALUE else ("", "")


def edit_in(difference: Difference) -> Edit:
    """Return the edit that a difference shows."""
    values = values_of(difference)
    if difference.kind == "type":  # what it became is in the key
        return Edit("type in a call" if difference.path.startswith(CALLS) else "type", *values)
    if difference.kind == "spelling" and _WRITTEN.fullmatch(difference.path):  # in what is in the path
        return Edit("spelling", *values)
    if _is_element(difference):
        owner, is_attribute, attribute = difference.path.partition("/@")
        element = f"{owner.rpartition('/')[2]} {attribute}" if is_attribute else difference.old or difference.new
        return Edit(skeleton(element), *values)
    if _is_empty_member(difference):
        return Edit(f"without {difference.old or difference.new}", *values)
    if (replaced := _outlines(difference)) is not None:
        return Edit(" -> ".join(replaced), *replaced)
    if difference.aspect == "status" or (difference.kind == "renamed" and difference.aspect != "files"):
        return Edit(" -> ".join(values), *values)
    edit = edit_of(*values)
    if edit.shape == "long" and is_text(difference.path):  # all that is known of it is what it says
        digest = blake2b("\0".join(values).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return edit._replace(shape=f"long {digest}")
    return edit


def _outlines(difference: Difference) -> Pair | None:
    """Return what took the place of what in a document (`<a>`, `text`), if one of them is an element."""
    if (difference.aspect, difference.kind) != ("body", "changed") or "@" in difference.path:
        return None
    old, new = (_TAG.match(text) for text in (difference.old, difference.new))
    was_element = old is not None and difference.path.rpartition("/")[2] == old[1]
    was_text = difference.path.endswith("/text()") and new is not None and old is None
    if not was_element and not was_text:
        return None
    return f"<{old[1]}>" if old and was_element else "text", f"<{new[1]}>" if new else "text"
