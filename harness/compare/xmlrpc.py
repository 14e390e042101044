"""Compares XML-RPC calls and answers as values with their types (xmlrpc.com/spec.md), not as markup.

Text comes in, differences go out. `int` and `i4`, an explicit or implied `string`, and any indentation mean the same.
Faults are values under `fault`. Markup that breaks the specification is left to `xml`.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any, NoReturn

from lxml import etree

from harness.compare.excerpt import excerpt
from harness.compare.node import local_name
from harness.compare.unreadable import Unreadable
from harness.compare.values import Scalar, compare_values, literal, members
from harness.compare.xml import parse_xml
from harness.difference import Difference

_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_DOUBLE = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf(inity)?)", re.IGNORECASE)

ROOTS = ("methodResponse", "methodCall")


def compare_messages(old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
    """Return how two messages, as `read_xmlrpc` gives them, differ in meaning."""
    if ("fault" in old) != ("fault" in new):
        return [Difference("body", "methodResponse", "type", _summary(old), _summary(new))]
    return compare_values(old, new)


def _summary(message: dict[str, Any]) -> str:
    (name, value), *_ = message.items()
    return excerpt(f"{name} {literal(value)}")


def read_xmlrpc(text: str) -> dict[str, Any]:
    """Return a message as `{"params": [...]}`, `{"fault": {...}}`, and `{"method": ...}` first in a call."""
    root = parse_xml(text)
    if local_name(str(root.tag)) not in ROOTS:
        raise Unreadable(f"the root element is {root.tag!r}")
    message: dict[str, Any] = {}
    for child in _elements(root):
        match local_name(str(child.tag)):
            case "methodName":
                message["method"] = _text(child)
            case "params":
                message["params"] = [_value(_only(param, "value")) for param in _elements(child)]
            case "fault":
                message["fault"] = _value(_only(child, "value"))
            case other:
                raise Unreadable(f"unexpected element {other!r}")
    if not message:
        raise Unreadable("holds neither params nor fault")
    return message


def _elements(parent: etree._Element) -> list[etree._Element]:
    """Return the elements in one; text beside them is nothing that the specification knows."""
    beside = [parent.text, *(child.tail for child in parent)]
    if any(text and text.strip() for text in beside):
        raise Unreadable(f"text beside elements in {parent.tag!r}")
    return [child for child in parent if isinstance(child.tag, str)]


def _text(element: etree._Element) -> str:
    """Return the text in an element, of which a comment, an entity or an element would hide the rest."""
    if len(element):
        raise Unreadable(f"markup in {element.tag!r}")
    return element.text or ""


def _only(parent: etree._Element, name: str) -> etree._Element:
    children = _elements(parent)
    if len(children) != 1 or local_name(str(children[0].tag)) != name:
        raise Unreadable(f"{parent.tag!r} needs exactly one {name!r}")
    return children[0]


def _value(element: etree._Element) -> Any:
    if not any(isinstance(child.tag, str) for child in element):  # "If no type is indicated, the type is string."
        return _text(element)
    children = _elements(element)
    if len(children) > 1:
        raise Unreadable("a value holds two types")
    name = local_name(str(children[0].tag))
    reader = _READERS.get(name)
    if reader is None:
        raise Unreadable(f"unknown type {name!r}")
    try:
        return reader(children[0])
    except (ValueError, binascii.Error) as error:
        raise Unreadable(f"{name}: {error}") from None


def _integer(element: etree._Element) -> int:
    return int(_number(element, _INTEGER))


def _long(element: etree._Element) -> Scalar:
    return Scalar(local_name(str(element.tag)), str(_integer(element)))


def _number(element: etree._Element, pattern: re.Pattern[str]) -> str:
    """Return a number's text, without the spellings that only Python reads (`1_000`)."""
    text = _text(element).strip()
    return text if pattern.fullmatch(text) else _refuse(text, "a number")


def _boolean(element: etree._Element) -> bool:
    text = _text(element).strip()
    return _refuse(text, "0 or 1") if text not in ("0", "1") else text == "1"


def _refuse(text: str, wanted: str) -> NoReturn:
    raise ValueError(f"{text[:40]!r} is not {wanted}")


def _double(element: etree._Element) -> float:
    return float(_number(element, _DOUBLE))


def _date(element: etree._Element) -> Scalar:
    return Scalar("dateTime", _text(element).strip())


def _binary(element: etree._Element) -> Scalar:
    return Scalar("base64", b64decode("".join(_text(element).split()), validate=True).hex())


def _nil(element: etree._Element) -> None:
    if _text(element).strip():
        _refuse(_text(element), "empty")


def _array(element: etree._Element) -> list[Any]:
    return [_value(child) for child in _elements(_only(element, "data"))]


def _struct(element: etree._Element) -> dict[str, Any]:
    return members(_member(member) for member in _elements(element))


def _member(member: etree._Element) -> tuple[str, Any]:
    parts = {local_name(str(child.tag)): child for child in _elements(member)}
    if set(parts) != {"name", "value"}:
        raise Unreadable("a member needs a name and a value")
    return _text(parts["name"]), _value(parts["value"])


_READERS: dict[str, Callable[[etree._Element], Any]] = {
    "int": _integer, "i4": _integer, "i8": _long, "i1": _long, "i2": _long,
    "boolean": _boolean, "double": _double, "float": _double, "string": _text,
    "dateTime.iso8601": _date, "base64": _binary, "array": _array, "struct": _struct, "nil": _nil,
}  # fmt: skip
