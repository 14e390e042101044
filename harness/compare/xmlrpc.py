"""Compares XML-RPC calls and answers as values with their types (xmlrpc.com/spec.md), not as markup.

Text comes in, differences go out. `int` and `i4`, an explicit or implied `string`, and any indentation mean the same.
Faults are values under `fault`. Markup that breaks the specification is left to `xml`.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from lxml import etree

from harness.compare.excerpt import excerpt
from harness.compare.tree import local_name
from harness.compare.unreadable import Unreadable
from harness.compare.values import Scalar, compare_values, literal
from harness.compare.xml import parse_xml
from harness.difference import Difference

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
                message["method"] = child.text or ""
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
    return [child for child in parent if isinstance(child.tag, str)]


def _only(parent: etree._Element, name: str) -> etree._Element:
    children = _elements(parent)
    if len(children) != 1 or local_name(str(children[0].tag)) != name:
        raise Unreadable(f"{parent.tag!r} needs exactly one {name!r}")
    return children[0]


def _value(element: etree._Element) -> Any:
    children = _elements(element)
    if not children:  # "If no type is indicated, the type is string."
        return element.text or ""
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
    return int(element.text or "")


def _boolean(element: etree._Element) -> bool:
    return {"1": True, "0": False}[text] if (text := (element.text or "").strip()) in ("0", "1") else _refuse(text)


def _refuse(text: str) -> bool:
    raise ValueError(f"{text!r} is neither 0 nor 1")


def _double(element: etree._Element) -> float:
    return float(element.text or "")


def _date(element: etree._Element) -> Scalar:
    return Scalar("dateTime", (element.text or "").strip())


def _binary(element: etree._Element) -> Scalar:
    return Scalar("base64", b64decode("".join((element.text or "").split()), validate=True).hex())


def _array(element: etree._Element) -> list[Any]:
    return [_value(child) for child in _elements(_only(element, "data"))]


def _struct(element: etree._Element) -> dict[str, Any]:
    return dict(_member(member) for member in _elements(element))


def _member(member: etree._Element) -> tuple[str, Any]:
    parts = {local_name(str(child.tag)): child for child in _elements(member)}
    if set(parts) != {"name", "value"}:
        raise Unreadable("a member needs a name and a value")
    return parts["name"].text or "", _value(parts["value"])


_READERS: dict[str, Callable[[etree._Element], Any]] = {
    "int": _integer, "i4": _integer, "i8": _integer, "i1": _integer, "i2": _integer,
    "boolean": _boolean, "double": _double, "float": _double, "string": lambda element: element.text or "",
    "dateTime.iso8601": _date, "base64": _binary, "array": _array, "struct": _struct, "nil": lambda element: None,
}  # fmt: skip
