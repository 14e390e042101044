"""What programs do to any text they write: two short texts in, the name of the habit that explains the edit, or none.

`a & b` that became `a &amp; b` was escaped once more, `1.25` that became `1.3` has fewer decimals, whatever stands
around. Which edits are one cause is for `settled` to say. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from unicodedata import combining, normalize
from urllib.parse import unquote

from harness.compare.excerpt import ELLIPSIS, printable

Explains = Callable[[str, str], bool]

ROUNDED = 2
"""Decimals from which on the last of them may be a matter of rounding."""

_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#\"]*")
_SPACE = re.compile(r"(?:\s|\\[nrt])+")
_FIGURES = re.compile(r"(\d+(?:[.,]\d+)*)")
_DECIMALS = re.compile(r"\d+(?:\.(\d+)|,(\d{1,2}|\d{4,}))?")  # 1,250 has none
_CUT = re.compile(rf"[\d.,]*{ELLIPSIS}\Z")
_OTHER_MARKS = str.maketrans(".,", ",.")


def habit_of(old: str, new: str) -> str:
    """Return what was done to a text, if one of `HABITS` explains all of the edit; else nothing."""
    return next((shape for shape, explains in HABITS if explains(old, new)), "")


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
    """Tell whether one address is the other without scheme and host, as far as both were kept."""
    quoted = absolute[:1] == relative[:1] == '"'
    absolute, relative = (absolute[1:], relative[1:]) if quoted else (absolute, relative)
    host = _HOST.match(absolute)
    if host is None:
        return False
    path = absolute[host.end() :] or "/"
    kept = min(len(path), len(relative)) - 1 if ELLIPSIS in (path[-1:], relative[-1:]) else None
    return path[:kept] == relative[:kept] != ""


def _has_more_space(less: str, more: str) -> bool:
    """Tell whether one text is the other with more white space (escaped, as texts of differences are)."""
    left, right = (_SPACE.split(text) for text in (less, more))
    return "".join(left) == "".join(right) != "" and len(less) < len(more) and ELLIPSIS not in less + more


def _is_decomposed(composed: str, parts: str) -> bool:
    """Tell whether one text is the other with accents as characters of their own (Unicode's form D, not C)."""
    if composed.isascii() or composed == parts:
        return False
    apart, cut = normalize("NFD", composed), ELLIPSIS in composed[-1:] + parts[-1:]
    kept = min(len(apart), len(parts)) - 2 if cut else None
    return apart[:kept] == parts[:kept] != composed[:kept]


def _has_decimal_comma(point: str, comma: str) -> bool:
    return _figures_differ(
        point, comma, lambda one, other: one.rfind(".") > one.rfind(",") and one.translate(_OTHER_MARKS) == other
    )


def _has_fewer_decimals(many: str, few: str) -> bool:
    return _figures_differ(many, few, _is_rounded)


def _is_rounded_otherwise(old: str, new: str) -> bool:
    return _figures_differ(old, new, _is_next)


def _figures_differ(old: str, new: str, explains: Explains) -> bool:
    """Tell whether two texts, as far as both were kept, differ in figures only, each of which is so explained."""
    left, right = (_FIGURES.split(_CUT.sub("", text)) for text in (old, new))
    if ELLIPSIS in old[-1:] + new[-1:]:
        kept = min(len(left), len(right)) - 1
        left, right = left[:kept], right[:kept]
    if len(left) != len(right) or left[::2] != right[::2] or left == right:
        return False
    pairs = zip(left[1::2], right[1::2], strict=True)
    return all(one == other or explains(one, other) for one, other in pairs)


def _is_rounded(exact: str, rounded: str) -> bool:
    """Tell whether a number lost decimals, to whatever side it was rounded, and though noughts fill their place."""
    if _decimals(exact) is None or _decimals(rounded) is None:
        return False
    one, other = _number(exact), _number(rounded)
    if one == other:
        return len(rounded) < len(exact)
    places = _places(other)
    return places < _places(one) and abs(one - other) < Decimal(10) ** -places


def _is_next(one: str, other: str) -> bool:
    """Tell whether two numbers are one apart in the last of as many decimals."""
    places = _decimals(one)
    if places is None or places < ROUNDED or places != _decimals(other):
        return False
    return abs(_number(one) - _number(other)) == Decimal(10) ** -places


def _decimals(figures: str) -> int | None:
    """Return how many decimals a number is written with; None for what is no number, but a version or a date."""
    found = _DECIMALS.fullmatch(figures)
    return None if found is None else len(found[1] or found[2] or "")


def _number(figures: str) -> Decimal:
    return Decimal(figures.replace(",", "."))


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _there_and_back(shape: str, less: str, explains: Explains) -> tuple[tuple[str, Explains], ...]:
    return (shape, explains), (less, lambda old, new: explains(new, old))


HABITS: tuple[tuple[str, Explains], ...] = (
    *_there_and_back("escaped once more", "escaped once less", _is_escaped),
    *_there_and_back("letters decomposed", "letters composed", _is_decomposed),
    *_there_and_back("percent-encoded", "percent-decoded", _is_percent_encoded),
    *_there_and_back("letters lost", "letters regained", _is_without_letters),
    *_there_and_back("UTF-8 read as Latin-1", "UTF-8 no longer read as Latin-1", _is_misread),
    *_there_and_back("space added", "space removed", _has_more_space),
    *_there_and_back("made relative", "made absolute", _is_made_relative),
    *_there_and_back("decimal comma", "decimal point", _has_decimal_comma),
    ("rounded otherwise", _is_rounded_otherwise),
    *_there_and_back("fewer decimals", "more decimals", _has_fewer_decimals),
)
"""What programs do to any text: a shape, and what tells that it explains all of an edit."""
HABIT_SHAPES = frozenset(shape for shape, _ in HABITS)
UNSURE = frozenset({"fewer decimals", "more decimals", "rounded otherwise"})
"""Those that one changed value may show as well; several show that it is a habit."""
OF_NUMBERS = frozenset({"decimal comma", "decimal point", "fewer decimals", "more decimals", "rounded otherwise"})
"""Those of numbers, which are the same whether a number stands alone or in a text."""
