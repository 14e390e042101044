"""Compares two lists of header pairs: presence, values, charset, repeats, order, names' case, and renames.

Ordered pairs come in, differences go out: at least one whenever the pairs differ. The case of names, the order of
different names and what `fields` knows to be written otherwise mean the same to HTTP (RFC 9110 section 5.3) and are
`spelling`; clients have depended on each. The order of repeated headers has a meaning and is `order`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from harness.compare.align import Item, align
from harness.compare.content import parse_content_type
from harness.compare.excerpt import excerpt, excerpts
from harness.compare.fields import same_list, same_meaning
from harness.difference import Difference
from harness.exchange import Headers

Pair = tuple[bytes, bytes]
Side = dict[bytes, list[Pair]]

NAMES = "names"
"""The path of names that are all in lower case now; no name of a header is compared under it by itself."""

SEVERAL = 3
"""Names that came to be in lower case before that is done to names, whatever some others do."""

_WORD = re.compile(r"\w+")
_COMMA = re.compile(rb"[ \t]*,[ \t]*")
_CHARSET = re.compile(rb""";\s*charset\s*=\s*("[^"]*"|[^\s;]*)""", re.IGNORECASE)
_BOUNDARY = re.compile(rb""";\s*boundary\s*=\s*("[^"]*"|[^\s;]*)""", re.IGNORECASE)


def compare_headers(old: Headers, new: Headers) -> list[Difference]:
    """Return how two lists of header pairs differ; empty only where they are equal."""
    if old == new:
        return []
    left, right = _by_name(old), _by_name(new)
    renamed = list(_renames(left, right))
    found = [_renamed(left[one], right[other]) for one, other in renamed]
    gone = {name for pair in renamed for name in pair}
    for name in [*left, *(name for name in right if name not in left)]:
        if name not in gone:
            found += _compare_name(left.get(name, []), right.get(name, []))
    found = _names_together(found, new)
    same = dict(renamed)
    before = [same.get(name.lower(), name.lower()) for name, _ in old]
    return [*found, *_order(before, [name.lower() for name, _ in new], old)]


def _names_together(found: Sequence[Difference], new: Headers) -> list[Difference]:
    """Return differences in which names that all came to be written alike, as HTTP/2 has them, are one."""
    cased = [one for one in found if _is_case(one) and one.new == one.new.lower()]
    if not cased or (len(cased) < SEVERAL and any(name != name.lower() for name, _ in new)):
        return list(found)
    first = max(cased, key=lambda one: (one.path.lower() == "content-type", one.path))
    names = Difference("header", NAMES, "spelling", first.old, first.new)
    return [*(one for one in found if one not in cased), names]


def _is_case(difference: Difference) -> bool:
    """Tell whether a name is written in other letters; of values that are, so is the path."""
    old, new = difference.old, difference.new
    return difference.kind == "spelling" and old.lower() == new.lower() == difference.path.lower()


def _by_name(headers: Headers) -> Side:
    side: Side = defaultdict(list)
    for name, value in headers:
        side[name.lower()].append((name, value))
    return dict(side)


def _renames(old: Side, new: Side) -> Iterator[tuple[bytes, bytes]]:
    """Yield a name that went and a name that came with the same values."""
    coming = [name for name in new if name not in old]
    for name, pairs in old.items():
        if name in new:
            continue
        values = [value for _, value in pairs]
        other = next((one for one in coming if [value for _, value in new[one]] == values), None)
        if other is not None:
            coming.remove(other)
            yield name, other


def _renamed(old: Sequence[Pair], new: Sequence[Pair]) -> Difference:
    return Difference("header", _text(old[0][0]), "renamed", _text(old[0][0]), _text(new[0][0]))


def _compare_name(old: Sequence[Pair], new: Sequence[Pair]) -> list[Difference]:
    """Return how all headers of one name differ."""
    path = excerpt(_text((old or new)[0][0]))
    left, right = [value for _, value in old], [value for _, value in new]
    found = list(_compare_values(left, right, path)) if left != right else []
    names = [name for name, _ in old], [name for name, _ in new]
    if left and right and set(names[0]) != set(names[1]) and len(left) == len(right):
        found.append(Difference("header", path, "spelling", _text(names[0][0]), _text(names[1][0])))
    elif not found and names[0] != names[1]:
        found.append(Difference("header", path, "spelling", *(_text(b", ".join(side)) for side in names)))
    return found


def _compare_values(old: Sequence[bytes], new: Sequence[bytes], path: str) -> Iterator[Difference]:
    if same_list(path, [*map(_text, old)], [*map(_text, new)]) and len(old) != len(new):
        yield Difference("header", path, "spelling", *(_text(b" | ".join(side)) for side in (old, new)))
        return
    if old and new and len(old) != len(new) and _joined(old) == _joined(new):
        yield Difference("header", path, "changed", *excerpts(*(_text(b" | ".join(side)) for side in (old, new))))
        return
    if len(old) == len(new) == 1:  # what `align` would come to, at length
        yield _compare_value(old[0], new[0], path)
        return
    found = align(_items(old), _items(new))
    for one, other in found.pairs:
        if one != other:
            yield _compare_value(one, other, path)
    for value in found.missing:
        yield Difference("header", path, "missing", old=excerpt(_text(value)) or "(empty)")
    for value in found.added:
        yield Difference("header", path, "added", new=excerpt(_text(value)) or "(empty)")
    if found.moved:
        yield Difference("header", path, "order", *excerpts(*(_text(b" | ".join(side)) for side in (old, new))))


def _joined(values: Sequence[bytes]) -> bytes:
    """Return repeated headers on one line, as servers and proxies join them (RFC 9110 section 5.3)."""
    return _COMMA.sub(b", ", b", ".join(values))


def _items(values: Sequence[bytes]) -> list[Item[bytes]]:
    """Return header values as items; cookies are known by their names."""
    return [
        Item(value, "value", value, (value.partition(b"=")[0] if b"=" in value else None, value), _words(value))
        for value in values
    ]


def _words(value: bytes) -> Callable[[], frozenset[str]]:
    return lambda: frozenset(_WORD.findall(_text(value)))


def _compare_value(old: bytes, new: bytes, path: str) -> Difference:
    same = same_meaning(path, _text(old), _text(new))
    kind = "spelling" if same else _content_type_kind(old, new) if path.lower() == "content-type" else "changed"
    return Difference("header", path, kind, *excerpts(_text(old), _text(new)))


def _content_type_kind(old: bytes, new: bytes) -> str:
    """Return what differs in two content types of unequal meaning; where parts are divided is no content of them."""
    (old_media, old_charset), (new_media, new_charset) = parse_content_type(old), parse_content_type(new)
    if old_media != new_media:
        return "changed"
    if old_charset != new_charset:
        return "encoding"
    bare = [_text(_BOUNDARY.sub(b"", _CHARSET.sub(b"", value))) for value in (old, new)]
    return "spelling" if same_meaning("content-type", *bare) else "changed"


def _order(old: Sequence[bytes], new: Sequence[bytes], pairs: Headers) -> Iterator[Difference]:
    """Yield one difference if the names that both sides have stand in another order; it shows the orders."""
    common = set(old) & set(new)
    left, right = [name for name in old if name in common], [name for name in new if name in common]
    if Counter(left) != Counter(right):  # that one is repeated is said already
        left, right = [*dict.fromkeys(left)], [*dict.fromkeys(right)]
    if left != right:
        spelled = {name.lower(): _text(name) for name, _ in reversed(pairs)}
        texts = (", ".join(spelled.get(name, _text(name)) for name in side) for side in (left, right))
        yield Difference("header", "order", "spelling", *excerpts(*texts))


def _text(value: bytes) -> str:
    return value.decode("latin-1")
