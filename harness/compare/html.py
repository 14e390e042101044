"""Reads HTML the way browsers forgive it (libxml2's parser) into `Node`s, which `tree` compares.

Text comes in, a tree goes out. Equal here means: quotes, entities, attribute order, upper-case tags and white space
between words or blocks may differ; white space in pre, textarea, script and style may not, nor whether words are apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from lxml import etree

from harness.compare.elements import document, leaf
from harness.compare.node import TEXT, Node, make_node
from harness.compare.unreadable import TooLarge, Unreadable, refuse_large

VERBATIM = frozenset({"pre", "textarea", "script", "style", "listing", "xmp", "plaintext"})
"""Elements in which every white space counts (HTML, section 15.3.1, and raw text elements)."""
BLOCKS = frozenset(
    """address article aside blockquote body br center col colgroup dd details dialog dir div dl dt fieldset figcaption
    figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li link main menu meta nav
    noframes noscript ol optgroup option p pre script section select style summary table tbody td tfoot th thead
    title tr ul""".split()  # noqa: SIM905 - a list of sixty quoted words is no easier to read
)
"""Elements at whose edges white space is not rendered."""
BOOLEANS = frozenset(
    """async autofocus checked compact declare defer disabled hidden ismap multiple noresize noshade novalidate nowrap
    readonly required reversed selected""".split()  # noqa: SIM905
)
"""Attributes whose presence is their value (HTML, section 2.3.2): `checked` and `checked="checked"` mean the same."""

_SPACE = re.compile(r"[ \t\n\r\f]+")
_TRUNCATING = frozenset({"ERR_INTERNAL_ERROR", "ERR_RESOURCE_LIMIT", "ERR_NO_MEMORY"})


def read_html(text: str) -> Node:
    """Return the document as a tree; raise `Unreadable` when the parser would drop a part of it."""
    if "\0" in text:
        raise Unreadable("contains NUL characters")
    refuse_large(text)
    # Without default_doctype=False (which the stubs lack) libxml2 gives every page an HTML 4.0 doctype.
    options = {"encoding": "utf-8", "no_network": True, "huge_tree": False, "recover": True, "default_doctype": False}
    parser = etree.HTMLParser(**options)  # type: ignore[arg-type]
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        raise Unreadable(str(error)) from None
    if root is None:
        raise Unreadable("holds no element")
    for entry in parser.error_log:
        if entry.type_name in _TRUNCATING or "huge" in entry.message.lower():
            raise TooLarge(entry.message)
    return document(root, lambda element: _node(element, False))


def _node(element: etree._Element, verbatim: bool) -> Node:
    if (found := leaf(element)) is not None:
        return found
    tag = element.tag.lower()
    verbatim = verbatim or tag in VERBATIM
    attributes = [_attribute(str(name), str(value)) for name, value in element.attrib.items()]
    children = list(_children(element, tag, verbatim))
    return make_node(tag, attributes=attributes, children=_with_bodies(children) if tag == "table" else children)


def _with_bodies(children: Sequence[Node]) -> list[Node]:
    """Return what is in a table with the tbody around its rows that browsers imply (HTML, section 13.1.2.4)."""
    found: list[Node] = []
    for is_row, group in groupby(children, key=lambda node: node.tag == "tr"):
        nodes = list(group)
        found += [make_node("tbody", children=nodes)] if is_row else nodes
    return found


def _attribute(name: str, value: str) -> tuple[str, str]:
    return (name, "") if name in BOOLEANS and value.lower() in ("", name) else (name, value)


def _children(element: etree._Element, tag: str, verbatim: bool) -> Iterator[Node]:
    parts: list[str | etree._Element] = [element.text or ""]
    for child in element:
        parts += [child, child.tail or ""]
    for index, part in enumerate(parts):
        if isinstance(part, str):
            text = part if verbatim else _collapsed(part, parts, index, tag in BLOCKS)
            if text:
                yield make_node(TEXT, text)
        else:
            yield _node(part, verbatim)


def _collapsed(text: str, parts: Sequence[str | etree._Element], index: int, in_block: bool) -> str:
    """Return text with runs of white space as one space, and none at the edge of a block."""
    text = _SPACE.sub(" ", text)
    if in_block if index == 0 else _is_block(parts[index - 1]):
        text = text.lstrip(" ")
    if in_block if index == len(parts) - 1 else _is_block(parts[index + 1]):
        text = text.rstrip(" ")
    return text


def _is_block(part: str | etree._Element) -> bool:
    return not isinstance(part, str) and isinstance(part.tag, str) and part.tag.lower() in BLOCKS
