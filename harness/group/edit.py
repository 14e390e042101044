"""What was done to a value, in general: two short texts in, an `Edit` out, so that one mistake has one description.

`../a-1.0.zip#md5=12` that became `../a-1.0.zip#12` and `../b.zip#md5=34` that became `../b.zip#34` were edited alike.
Which edits are one cause is for `settled` to say. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from html import unescape
from itertools import takewhile
from typing import NamedTuple
from unicodedata import combining, normalize
from urllib.parse import unquote

from harness.compare.excerpt import ELLIPSIS, printable

LONG = 60
"""Characters beyond which what was replaced is data, not a cause."""
FEW = 3
"""Pieces up to which a replaced stretch is taken as one edit."""

Explains = Callable[[str, str], bool]

_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#\"]*")
_SPACE = re.compile(r"(?:\s|\\[nrt])+")
_PIECE = re.compile(r"\w+|\W")
_NUMBER = re.compile(r"[+-]?\d{1,30}")
_NOW = re.compile(r"\[now ([YMDhmsf][^\]]*)\]")  # a normaliser's placeholder is a time like any other
_WITH_DIGIT = re.compile(r"[^\W_]*\d\w*")


class Edit(NamedTuple):
    """`shape` is equal for edits alike; `old` and `new` are the pieces that were replaced (all, if too long to say)."""

    shape: str
    old: str
    new: str


@lru_cache(maxsize=4096)
def edit_of(old: str, new: str) -> Edit:
    """Return what turns one text into the other: numbers by how far they moved, other texts by what was replaced."""
    for shape, explains in HABITS:
        if explains(old, new):
            return Edit(shape, old, new)
    old, new = (_NOW.sub(lambda found: re.sub("[YMDhmsf]", "0", found[1]), text) for text in (old, new))
    if (around := _around(old, new)) is not None:
        return around
    left, right = _replaced(_PIECE.findall(old), _PIECE.findall(new))
    if max(len(left), len(right)) > LONG and left.lower() != right.lower():
        return Edit("long", old, new)
    return Edit(_shape(left, right), left, right)


def _is_escaped(plain: str, escaped: str) -> bool:
    """Tell whether one text is the other with `&` and the like written as entities, as far as both were kept."""
    kept = escaped.strip(ELLIPSIS)
    again = unescape(kept) if "&" in kept else kept
    cut = kept != escaped or plain.strip(ELLIPSIS) != plain
    return again != kept and (again == plain or (cut and again in plain))


def _is_percent_encoded(plain: str, encoded: str) -> bool:
    return plain != encoded and "%" in encoded and unquote(encoded) == plain


def _is_without_letters(full: str, poor: str) -> bool:
    """Tell whether one text is the other with letters beyond ASCII as question marks, or without their accents."""
    if full.isascii() or len(full) < len(poor):
        return False
    pairs = zip(full, poor, strict=False)
    marks = len(full) == len(poor) and all(
        one == other or (not one.isascii() and other in "?\ufffd") for one, other in pairs
    )
    return marks or poor in (full.encode("ascii", "ignore").decode(), _without_accents(full))


def _without_accents(text: str) -> str:
    return "".join(char for char in normalize("NFD", text) if not combining(char))


def _is_misread(right: str, wrong: str) -> bool:
    """Tell whether one text is the other's UTF-8 read as Latin-1 or Windows-1252."""
    if right.isascii():
        return False
    written = right.encode("utf-8", "surrogatepass")
    return wrong in (printable(written.decode(charset, "replace")) for charset in ("latin-1", "cp1252"))


def _is_made_relative(absolute: str, relative: str) -> bool:
    """Tell whether one address is the other without scheme and host."""
    quoted = absolute[:1] == relative[:1] == '"'
    absolute, relative = (absolute[1:], relative[1:]) if quoted else (absolute, relative)
    host = _HOST.match(absolute)
    return host is not None and (absolute[host.end() :] or "/") == relative


def _has_more_space(less: str, more: str) -> bool:
    """Tell whether one text is the other with more white space (escaped, as texts of differences are)."""
    left, right = (_SPACE.split(text) for text in (less, more))
    return "".join(left) == "".join(right) != "" and len(less) < len(more) and ELLIPSIS not in less + more


def _there_and_back(shape: str, less: str, explains: Explains) -> tuple[tuple[str, Explains], ...]:
    return (shape, explains), (less, lambda old, new: explains(new, old))


HABITS: tuple[tuple[str, Explains], ...] = (
    *_there_and_back("escaped once more", "escaped once less", _is_escaped),
    *_there_and_back("percent-encoded", "percent-decoded", _is_percent_encoded),
    *_there_and_back("letters lost", "letters regained", _is_without_letters),
    *_there_and_back("UTF-8 read as Latin-1", "UTF-8 no longer read as Latin-1", _is_misread),
    *_there_and_back("space added", "space removed", _has_more_space),
    *_there_and_back("made relative", "made absolute", _is_made_relative),
)
"""What programs do to any text: a shape, and what tells that it explains all of an edit."""
HABIT_SHAPES = frozenset(shape for shape, _ in HABITS)


def _around(old: str, new: str) -> Edit | None:
    """Return what was put around a text, or taken from around it: `Redirect('/a/')` for `/a/`."""
    added = len(old) < len(new)
    inner, outer = (old, new) if added else (new, old)
    if not inner or outer.count(inner) != 1 or ELLIPSIS in inner or _NUMBER.fullmatch(outer):
        return None
    before, after = outer.split(inner)
    if not before or not after or len(before + after) > LONG:
        return None
    wrapper = before + ELLIPSIS + after
    values = ("", wrapper) if added else (wrapper, "")
    return Edit("around\0" + "\0".join(_WITH_DIGIT.sub("#", text) for text in values), *values)


def skeleton(markup: str) -> str:
    """Return what elements alike have in common: their text without the words that hold digits."""
    return _WITH_DIGIT.sub("#", markup)


def _shape(old: str, new: str) -> str:
    if _NUMBER.fullmatch(old) and _NUMBER.fullmatch(new):
        return f"number {int(new) - int(old):+d}"
    if old.lower() == new.lower():
        case = "upper" if new == new.upper() else "lower" if new == new.lower() else "other"
        return f"{case} case"
    return f"{_WITH_DIGIT.sub('#', old)}\0{_WITH_DIGIT.sub('#', new)}"


def _replaced(old: Sequence[str], new: Sequence[str]) -> tuple[str, str]:
    """Return what stands between the common beginning and the common end; one edit made many times is that edit."""
    head = _common(old, new)
    cut = ELLIPSIS in (*old[-1:], *new[-1:])
    tail = 0 if cut else _common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if cut or (len(left) > FEW and len(right) > FEW):
        edits = _edits(left, right)
        if edits and (cut or len(set(edits)) == 1):
            return edits[0]
    return "".join(left), "".join(right)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _edits(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """Return each replaced stretch of two lists that have anything in common."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    if all(code[0] != "equal" for code in codes):
        return []
    return [("".join(old[i:k]), "".join(new[j:m])) for code, i, k, j, m in codes if code != "equal"]
