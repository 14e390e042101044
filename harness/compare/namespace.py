"""Compares two XML trees whose elements went to another namespace: told once, for all of them.

`Node`s come in, differences go out. Prefixes are spelling (`xml`); the namespace itself is what programs look elements
up by, so that its change is a difference, and everything in it would seem to be gone and new otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.compare.node import LEAVES, Node, make_node
from harness.compare.tree import compare_trees
from harness.difference import Difference


def compare_documents(old: Node, new: Node) -> list[Difference]:
    """Return the differences of two documents; one where all elements of one namespace are in another one now."""
    went, came = ({*_namespaces(one)} - {*_namespaces(other)} for one, other in ((old, new), (new, old)))
    if len(went) != 1 or len(came) != 1:
        return compare_trees(old, new)
    (before,), (after,) = went, came
    place = next(path for path, space in _elements(old, "") if space == before)
    told = Difference("body", f"{place}/@xmlns", "changed", before, after)
    return [told, *compare_trees(old, _moved(new, after, before))]


def _namespaces(node: Node) -> Iterator[str]:
    return (space for _, space in _elements(node, ""))


def _elements(node: Node, path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the namespace of each element within a node."""
    for child in node.children:
        if child.tag not in LEAVES:
            place = f"{path}/{child.name}" if path else child.name
            yield place, _space(child)
            yield from _elements(child, place)


def _space(node: Node) -> str:
    return node.tag[1:].rpartition("}")[0] if node.tag.startswith("{") else ""


def _moved(node: Node, before: str, after: str) -> Node:
    """Return a tree whose elements of one namespace are in another."""
    if node.tag in LEAVES:
        return node
    moved = bool(node.tag) and _space(node) == before
    tag = (f"{{{after}}}{node.name}" if after else node.name) if moved else node.tag
    return make_node(tag, node.text, node.attributes, [_moved(child, before, after) for child in node.children])
