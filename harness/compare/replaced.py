"""What stands in the place of other nodes: content without its wrapper, or something else altogether.

The nodes that only one side has, from one gap of an alignment, come in; what belongs together goes out, so that one
cause is one difference. How it is told is `tree`'s affair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.compare.node import LEAVES, Node, content, solid

Wrapper = tuple[Node, str, Sequence[Node]]


def wrappers(missing: Sequence[Node], added: Sequence[Node]) -> Iterator[Wrapper]:
    """Yield elements that went from around others (`missing`), or came around them (`added`), and those others."""
    yield from ((node, "missing", inside) for node, inside in _around(missing, added))
    yield from ((node, "added", inside) for node, inside in _around(added, missing))


def _around(outer: Sequence[Node], others: Sequence[Node]) -> Iterator[tuple[Node, Sequence[Node]]]:
    """Yield each of `outer` whose children are a run of `others`, and that run; no node is in two of them."""
    digests = [node.digest for node in others]
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, digest in enumerate(digests):
        places[digest].append(place)
    free = 0
    for node in outer:
        inside = [child.digest for child in solid(node.children)]
        if not inside or node.tag in LEAVES:
            continue
        start = next((place for place in places.get(inside[0], ()) if place >= free), None)
        if start is not None and digests[start : start + len(inside)] == inside:
            free = start + len(inside)
            yield node, others[start:free]


def replacements(missing: Sequence[Node], added: Sequence[Node]) -> Iterator[tuple[Sequence[Node], Sequence[Node]]]:
    """Yield what took the place of what: one node another, or its namesake; one node several, or the reverse.

    As many nodes that say the same, one after the other, took each the other's place.
    """
    if len(missing) == len(added) and all(map(_say_the_same, missing, added)):
        yield from (([node], [other]) for node, other in zip(missing, added, strict=True))
        return
    if not missing or not added or min(len(missing), len(added)) > 1:
        return
    one, others = (missing[0], added) if len(missing) == 1 else (added[0], missing)
    namesakes = [node for node in others if node.tag == one.tag]
    if len(others) > 1 and len(namesakes) > 1:
        return
    several = namesakes or others
    yield ([one], several) if len(missing) == 1 else (several, [one])


def _say_the_same(node: Node, other: Node) -> bool:
    text = content(node)
    return text != "" and text == content(other)
