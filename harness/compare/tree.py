"""Compares two element trees, whichever parser made them: attributes, texts, comments, links, order.

`Node`s come in (built by `html` and `xml` from lxml), differences go out. Paths are made of tag names without positions
(`html/body/ul/li/a/@href`). Siblings are paired by id, name or href, then by content, then by likeness. Comments count
as spelling. White space is the parsers' affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice

from harness.compare.align import Item, align
from harness.compare.excerpt import excerpt, excerpts
from harness.difference import Difference

TEXT, COMMENT, DOCTYPE = "text()", "comment()", "doctype()"
ENOUGH = 5_000
"""Differences after which a comparison stops."""
LEAVES = (TEXT, COMMENT, DOCTYPE)
KEYS = ("id", "name", "href")

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Node:
    """An element, or a leaf (`tag` is one of `LEAVES` and `text` holds it). `tag` may carry a namespace: `{uri}name`.

    `digest` is equal only for trees that mean the same; attribute order is not part of it.
    """

    tag: str
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()
    digest: bytes = field(default=b"", compare=False)

    @property
    def name(self) -> str:
        """The local name, for paths."""
        return local_name(self.tag)


def make_node(
    tag: str, text: str = "", attributes: Sequence[tuple[str, str]] = (), children: Sequence[Node] = ()
) -> Node:
    """Return a node with its digest."""
    ordered = tuple(sorted(attributes))
    parts = repr((tag, text, ordered)).encode("utf-8", "surrogatepass") + b"".join(child.digest for child in children)
    return Node(tag, text, ordered, tuple(children), blake2b(parts, digest_size=16).digest())


def local_name(tag: str) -> str:
    """Return a tag or attribute name without its namespace."""
    return tag.rpartition("}")[2]


def compare_trees(old: Node, new: Node) -> list[Difference]:
    """Return the differences of two trees; empty where they mean the same."""
    return list(islice(_compare(old, new, ""), ENOUGH))


def _compare(old: Node, new: Node, parent: str) -> Iterator[Difference]:
    if old.digest == new.digest:
        return
    path = _join(parent, old.name)
    if old.tag in LEAVES:
        kind = "spelling" if old.tag == COMMENT else "changed"
        yield Difference("body", path, kind, *excerpts(old.text, new.text))
        return
    if old.tag != new.tag:
        yield Difference("body", path, "changed", _start_tag(old), _start_tag(new))
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


def _compare_children(old: Sequence[Node], new: Sequence[Node], path: str) -> Iterator[Difference]:
    if [child.digest for child in old] == [child.digest for child in new]:
        return
    if _is_text(old) != _is_text(new) and _texts(old) != _texts(new) and old and new:
        yield Difference("body", path, "type", *excerpts(*(_kind_of_content(side) for side in (old, new))))
        return
    found = align([_item(child) for child in old], [_item(child) for child in new])
    for one, other in found.pairs:
        yield from _compare(one, other, path)
    for one, other in list(_renames(found.missing, found.added, is_root=not path)):
        found.missing.remove(one)
        found.added.remove(other)
        yield Difference("body", _join(path, one.name), "renamed", one.name, other.name)
    if any(node.tag != TEXT for node in (*found.missing, *found.added)):  # the space beside it came or went with it
        found.missing, found.added = (
            [node for node in side if node.tag != TEXT or node.text.strip()] for side in (found.missing, found.added)
        )
    for node in found.missing:
        yield Difference("body", _join(path, node.name), _one_sided(node, "missing"), old=excerpt(markup(node)))
    for node in found.added:
        yield Difference("body", _join(path, node.name), _one_sided(node, "added"), new=excerpt(markup(node)))
    if any(node.tag != COMMENT for node in found.moved):
        tag = next(node.name for node in found.moved if node.tag != COMMENT)
        yield Difference("body", _join(path, tag), "order", *excerpts(_sequence(old), _sequence(new)))
    elif found.moved:
        yield Difference("body", _join(path, COMMENT), "spelling", *excerpts(_sequence(old), _sequence(new)))


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
        labels=(_key(node), node.digest, _label(node)),
        words=lambda: frozenset(_WORD.findall(markup(node))),
    )


def _key(node: Node) -> tuple[str, str, str] | None:
    attributes = dict(node.attributes)
    return next(((node.tag, key, attributes[key]) for key in KEYS if key in attributes), None)


def _label(node: Node) -> tuple[str, str] | None:
    """Return what a reader would know an element by when its attributes changed: its text."""
    text = content(node) if node.tag not in LEAVES else ""
    return (node.tag, text) if text else None


def content(node: Node) -> str:
    """Return all text within a node, without markup."""
    if node.tag in LEAVES:
        return node.text if node.tag == TEXT else ""
    return "".join(content(child) for child in node.children)


def markup(node: Node) -> str:
    """Return a node written again, for people to read."""
    if node.tag == COMMENT:
        return f"<!--{node.text}-->"
    if node.tag in LEAVES:
        return node.text
    return _start_tag(node) + "".join(markup(child) for child in node.children) + f"</{node.name}>"


def _start_tag(node: Node) -> str:
    written = "".join(f' {local_name(name)}="{value}"' for name, value in node.attributes)
    return f"<{node.name}{written}>"


def _sequence(nodes: Sequence[Node]) -> str:
    return " ".join(excerpt(content(node)) or f"<{node.name}>" for node in nodes[:50])
