"""Compares forms (application/x-www-form-urlencoded, WHATWG URL section 5) field by field.

Text comes in, fields are what is compared: `+` or `%20`, upper or lower case of escapes, and escapes that need not be
mean the same. The order of fields, and of the values of one field, has a meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_plus

from harness.compare.align import Item, align
from harness.compare.excerpt import excerpt, excerpts
from harness.compare.unreadable import Unreadable, refuse_large
from harness.difference import Difference

Fields = tuple[tuple[str, str], ...]

_FORM = re.compile(r"[\x21-\x7e]*")
_NAME = re.compile(r"[A-Za-z_:][\w:.\[\]-]{0,59}")


def read_form(text: str) -> Fields:
    """Return the fields in order; raise `Unreadable` where the text is no form."""
    refuse_large(text)
    if not _FORM.fullmatch(text):
        raise Unreadable("a form has neither white space nor bytes beyond ASCII")
    pairs = (part.partition("=") for part in text.split("&") if part)
    return tuple((_decoded(name), _decoded(value)) for name, _, value in pairs)


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="surrogateescape")


def compare_forms(old: Fields, new: Fields) -> list[Difference]:
    """Return how two forms differ; empty where they mean the same."""
    return list(_compare(old, new))


def _compare(old: Fields, new: Fields) -> Iterator[Difference]:
    names = list(dict.fromkeys(name for name, _ in (*old, *new)))
    for name in names:
        yield from _compare_values(_values(old, name), _values(new, name), name if _NAME.fullmatch(name) else "{}")
    common = {name for name, _ in old} & {name for name, _ in new}
    orders = [[name for name, _ in side if name in common] for side in (old, new)]
    if Counter(orders[0]) != Counter(orders[1]):  # that one is repeated is said already
        orders = [[*dict.fromkeys(side)] for side in orders]
    if orders[0] != orders[1]:
        yield Difference("body", "form", "order", *excerpts(*("&".join(side) for side in orders)))


def _values(fields: Fields, name: str) -> list[str]:
    return [value for other, value in fields if other == name]


def _compare_values(old: Sequence[str], new: Sequence[str], path: str) -> Iterator[Difference]:
    found = align(_items(old), _items(new))
    for one, other in found.pairs:
        if one != other:
            yield Difference("body", path, "changed", *excerpts(one, other))
    for value in found.missing:
        yield Difference("body", path, "missing", old=excerpt(value) or "(empty)")
    for value in found.added:
        yield Difference("body", path, "added", new=excerpt(value) or "(empty)")
    if found.moved:
        yield Difference("body", path, "order", *excerpts("&".join(old), "&".join(new)))


def _items(values: Sequence[str]) -> list[Item[str]]:
    return [Item(value, "value", value, (value,), lambda value=value: frozenset(value.split())) for value in values]  # type: ignore[misc]
