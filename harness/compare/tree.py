"""Compares two element trees, whichever parser made them: attributes, texts, comments, links, order.

`Node`s come in (built by `html` and `xml` from lxml), differences go out. Paths are made of tag names without positions
(`html/body/ul/li/a/@href`). Siblings are paired by id, name or href, then by content, then by likeness. Comments count
as spelling. White space is the parsers' affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from harness.compare.align import Alignment, Item, align
from harness.compare.excerpt import excerpt, excerpts
from harness.compare.node import COMMENT, LEAVES, TEXT, Node, content, local_name, markup, solid, start_tag
from harness.compare.replaced import replacements, wrappers
from harness.difference import Difference

ENOUGH = 5_000
"""Differences after which a comparison stops."""
KEYS = ("id", "name", "href")

_WORD = re.compile(r"\w+")


def compare_trees(old: Node, new: Node) -> list[Difference]:
    """Return the differences of two trees; empty where they mean the same."""
    return list(islice(_compare(old, new, ""), ENOUGH))


def _compare(old: Node, new: Node, parent: str) -> Iterator[Difference]:
    if old.digest == new.digest:
        return
    path = _join(parent, old.name)
    if _is_only(old.children, new) or _is_only(new.children, old):
        yield _wrapper(*((old, "missing") if _is_only(old.children, new) else (new, "added")), parent)
        return
    if old.tag in LEAVES:
        kind = "spelling" if old.tag == COMMENT else "changed"
        yield Difference("body", path, kind, *excerpts(old.text, new.text))
        return
    if old.name != new.name and (old.attributes, old.children) == (new.attributes, new.children):
        yield Difference("body", path, "renamed", old.name, new.name)
        return
    if old.tag != new.tag:
        yield Difference("body", path, "changed", start_tag(old), start_tag(new))
    yield from _compare_attributes(dict(old.attributes), dict(new.attributes), path)
    yield from _compare_children(old.children, new.children, path)


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _compare_attributes(old: dict[str, str], new: dict[str, str], path: str) -> Iterator[Difference]:
    for name in [*old, *(name for name in new if name not in old)]:
        place = f"{path}/@{local_name(name)}"
        if name not in new:
            yield Difference("body", place, "missing", old=excerpt(old[name]))
        elif name not in old:
            yield Difference("body", place, "added", new=excerpt(new[name]))
        elif old[name] != new[name]:
            yield Difference("body", place, "changed", *excerpts(old[name], new[name]))


def _is_only(nodes: Sequence[Node], node: Node) -> bool:
    """Tell whether a node is all that nodes hold."""
    return 0 < len(nodes) <= 3 and [one.digest for one in solid(nodes)] == [node.digest]


def _compare_children(old: Sequence[Node], new: Sequence[Node], path: str) -> Iterator[Difference]:
    if [child.digest for child in old] == [child.digest for child in new]:
        return
    wrapped = [*wrappers(solid(old), solid(new))]
    if _is_text(old) != _is_text(new) and _texts(old) != _texts(new) and old and new and not wrapped:
        yield Difference("body", path, "type", *excerpts(*(_kind_of_content(side) for side in (old, new))))
        return
    found = align([_item(child) for child in old], [_item(child) for child in new])
    for one, other in found.pairs:
        yield from _compare(one, other, path)
    yield from _compare_left(found, path)
    if any(node.tag != COMMENT for node in found.moved):
        tag = next(node.name for node in found.moved if node.tag != COMMENT)
        yield Difference("body", _join(path, tag), "order", *excerpts(_sequence(old), _sequence(new)))
    elif found.moved:
        yield Difference("body", _join(path, COMMENT), "spelling", *excerpts(_sequence(old), _sequence(new)))


def _compare_left(found: Alignment[Node], path: str) -> Iterator[Difference]:
    """Yield what became of nodes of one side: wrappers, other names, what stands in another's place, and the rest."""
    told: set[int] = set()

    def left(nodes: Sequence[Node]) -> list[Node]:
        return [node for node in nodes if id(node) not in told]

    for missing, added in found.gaps:
        for wrapper, kind, inside in wrappers(solid(missing), solid(added)):
            told.update(map(id, (wrapper, *inside)))
            yield _wrapper(wrapper, kind, path)
    for one, other in _renames(left(found.missing), left(found.added), is_root=not path):
        told.update((id(one), id(other)))
        yield Difference("body", _join(path, one.name), "renamed", one.name, other.name)
    for missing, added in found.gaps:
        for ones, others in replacements(solid(left(missing)), solid(left(added))):
            told.update(map(id, (*ones, *others)))
            yield from _compare_replaced(ones, others, path)
    # The space beside an element came or went with it.
    space = all(node.tag == TEXT for node in (*found.missing, *found.added))
    for kind, nodes in (("missing", found.missing), ("added", found.added)):
        for node in left(nodes):
            if space or node.tag != TEXT or node.text.strip():
                texts = excerpt(markup(node)), ""
                sides = texts if kind == "missing" else texts[::-1]
                yield Difference("body", _join(path, node.name), _one_sided(node, kind), *sides)


def _wrapper(node: Node, kind: str, path: str) -> Difference:
    """Return the difference of an element that went, or came, without what is in it."""
    texts = excerpt(start_tag(node)), ""
    return Difference("body", _join(path, node.name), kind, *(texts if kind == "missing" else texts[::-1]))


def _compare_replaced(old: Sequence[Node], new: Sequence[Node], path: str) -> Iterator[Difference]:
    if len(old) == len(new) == 1 and old[0].tag == new[0].tag:
        yield from _compare(old[0], new[0], path)
        return
    texts = ["".join(map(markup, nodes)) for nodes in (old, new)]
    if texts[0] == texts[1]:  # of another namespace
        texts = [" ".join(node.tag for node in nodes) for nodes in (old, new)]
    yield Difference("body", _join(path, old[0].name), "changed", *excerpts(*texts))


def _is_text(nodes: Sequence[Node]) -> bool:
    return all(node.tag in (TEXT, COMMENT) for node in nodes)


def _texts(nodes: Sequence[Node]) -> list[str]:
    return [node.text for node in nodes if node.tag == TEXT and node.text.strip()]


def _kind_of_content(nodes: Sequence[Node]) -> str:
    return f"{'text' if _is_text(nodes) else 'markup'} {''.join(map(markup, nodes))}"


def _renames(missing: Sequence[Node], added: Sequence[Node], is_root: bool) -> Iterator[tuple[Node, Node]]:
    """Yield elements that differ in nothing but their names; there is one root, whatever is in it."""
    left = [node for node in added if node.tag not in LEAVES]
    for node in (node for node in missing if node.tag not in LEAVES):
        inside = node.attributes, node.children
        other = next((one for one in left if is_root or (one.attributes, one.children) == inside), None)
        if other is not None and other.name != node.name:
            left.remove(other)
            yield node, other


def _one_sided(node: Node, kind: str) -> str:
    return "spelling" if node.tag == COMMENT else kind


def _item(node: Node) -> Item[Node]:
    return Item(
        value=node,
        sort=node.tag if node.tag in LEAVES or not node.children else "element:" + node.tag,
        digest=node.digest,
        labels=(_key(node), node.digest, _label(node), _inside(node)),
        words=lambda: frozenset(_WORD.findall(markup(node))),
    )


def _key(node: Node) -> tuple[str, str, str] | None:
    attributes = dict(node.attributes)
    return next(((node.tag, key, attributes[key]) for key in KEYS if key in attributes), None)


def _label(node: Node) -> tuple[str, str] | None:
    """Return what a reader would know an element by when its attributes changed: its text."""
    text = content(node) if node.tag not in LEAVES else ""
    return (node.tag, text) if text else None


def _inside(node: Node) -> tuple[object, ...] | None:
    """Return what an element is known by that came to be called otherwise: all that is in it."""
    return (node.attributes, *(child.digest for child in node.children)) if node.children else None


def _sequence(nodes: Sequence[Node]) -> str:
    return " ".join(excerpt(content(node)) or f"<{node.name}>" for node in nodes[:50])
