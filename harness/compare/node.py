"""The tree that documents are read into, whichever parser read them: elements, texts, comments.

Parts come in, a `Node` with a digest goes out, and a node's text or markup for people to read. How two trees differ is
`tree`'s affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

TEXT, COMMENT, DOCTYPE = "text()", "comment()", "doctype()"
LEAVES = (TEXT, COMMENT, DOCTYPE)


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
    return start_tag(node) + "".join(markup(child) for child in node.children) + f"</{node.name}>"


def start_tag(node: Node) -> str:
    """Return how an element begins, written again."""
    written = "".join(f' {local_name(name)}="{value}"' for name, value in node.attributes)
    return f"<{node.name}{written}>"


def solid(nodes: Sequence[Node]) -> list[Node]:
    """Return nodes without comments, and without texts of mere white space."""
    return [node for node in nodes if node.tag != COMMENT and (node.tag != TEXT or node.text.strip())]
