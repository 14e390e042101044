"""Reads XML into `Node`s, which `tree` compares; nothing is fetched and no entity is expanded (XML 1.0, section 4.4).

Text comes in, a tree goes out. Equal here means: prefixes, quotes, CDATA, character references, attribute order and
indentation (white space where only elements stand, but for xml:space) may differ. Paths use local names; the namespace
itself counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from lxml import etree

from harness.compare.elements import document, leaf
from harness.compare.node import TEXT, Node, make_node
from harness.compare.unreadable import Unreadable, refuse_large

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]*\?>")
_SUBSET = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\])>\n", re.DOTALL)


def read_xml(text: str) -> Node:
    """Return the document as a tree; raise `Unreadable` where it is not well-formed."""
    root = parse_xml(text)
    return document(root, _node, _subset(root) if "<!DOCTYPE" in text else "")


def is_late(text: str) -> bool:
    """Tell whether something stands before the declaration, which parsers refuse (XML 1.0 section 2.8); we read on."""
    found = _DECLARATION.match(text)
    return found is not None and not text.startswith("<")


def _subset(root: etree._Element) -> str:
    """Return what a document declares of its own: entities, and attributes that are implied."""
    found = _SUBSET.match(etree.tostring(root.getroottree(), encoding="unicode"))
    return found[1] if found else ""


def parse_xml(text: str) -> etree._Element:
    """Return the root element; raise `Unreadable` where `text` is not well-formed XML."""
    refuse_large(text)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        return etree.fromstring(_DECLARATION.sub("", text, count=1).encode("utf-8"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError, ValueError) as error:
        raise Unreadable(str(error)) from None


def _node(element: etree._Element, preserve: bool = False) -> Node:
    if (found := leaf(element)) is not None:
        return found
    attributes = [(str(name), str(value)) for name, value in element.attrib.items()]
    preserve = element.get(_SPACE, "preserve" if preserve else "") == "preserve"
    return make_node(element.tag, attributes=attributes, children=list(_children(element, preserve)))


def _children(element: etree._Element, preserve: bool) -> Iterator[Node]:
    texts = [element.text, *(child.tail for child in element)]
    indented = not preserve and len(element) > 0 and not any(text and text.strip() for text in texts)
    for text, child in zip_longest(texts, element):
        if text and not indented:
            yield make_node(TEXT, text)
        if child is not None:
            yield _node(child, preserve)
