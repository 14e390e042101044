"""What reading HTML and XML share: comments, instructions and the document around the root, as `Node`s.

lxml's elements come in; what an element of each language becomes is `html`'s and `xml`'s affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from harness.compare.node import COMMENT, DOCTYPE, TEXT, Node, make_node

_SPACE = re.compile(r"\s+")


def leaf(element: etree._Element) -> Node | None:
    """Return the node of a comment, instruction or unexpanded entity; None for an element."""
    if isinstance(element, etree._Comment):
        return make_node(COMMENT, _SPACE.sub(" ", element.text or "").strip())
    if isinstance(element.tag, str):
        return None
    return make_node(TEXT, etree.tostring(element, encoding="unicode", with_tail=False))  # type: ignore[unreachable]


def document(root: etree._Element, read: Callable[[etree._Element], Node], subset: str = "") -> Node:
    """Return a node for the document: doctype, comments and instructions around the root element count too.

    `subset` is what the doctype declares in the document itself (XML 1.0 section 2.8).
    """
    before = [read(node) for node in reversed(list(root.itersiblings(preceding=True)))]
    after = [read(node) for node in root.itersiblings()]
    doctype = str(getattr(root.getroottree().docinfo, "doctype", "") or "")
    doctype = f"{doctype[:-1]} {subset}>" if subset else doctype
    head = [make_node(DOCTYPE, _SPACE.sub(" ", doctype))] if doctype else []
    return make_node("", children=[*head, *before, read(root), *after])
