"""Reads JSON (RFC 8259) into values, which `values` compares. Text comes in, a value goes out.

Spacing, member order, escapes and number spellings of one type mean the same; 1, 1.0, true and "1" do not, nor 0 and
-0. Nothing is lost on the way: numbers keep all their digits, and a name said twice counts twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.compare.unreadable import Unreadable, refuse_large
from harness.compare.values import Scalar, members

_CALL = re.compile(r"\s*(?:/\*\*/)?\s*([A-Za-z_$][\w$.\[\]'\"]*)\s*\((.*)\)\s*;?\s*", re.DOTALL)
_PLAIN = 30
"""Digits up to which a number is written out."""


def read_json(text: str) -> Any:
    """Return the value of a document; raise `Unreadable` where it has none."""
    refuse_large(text)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_float, parse_int=_int)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error) or "nested too deeply") from None


def read_call(text: str) -> dict[str, Any]:
    """Return the callback and the value of JSON with padding (`callback({...});`)."""
    found = _CALL.fullmatch(text) if text.rstrip().endswith((")", ");")) else None
    if found is None:
        raise Unreadable("no call of one function")
    return {"callback": found.group(1), "value": read_json(found.group(2))}


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return members(pairs)


def _int(text: str) -> int | Scalar:
    return Scalar("int", text) if text == "-0" else int(text)


def _float(text: str) -> Scalar:
    """Return a number with a point or an exponent by its exact value: two that round alike are not equal."""
    try:
        value = Decimal(text).normalize() if len(text) <= _PLAIN - 2 else Decimal(text)
    except InvalidOperation:
        return Scalar("float", text)
    plain = abs(value.adjusted()) < _PLAIN and len(text) <= _PLAIN - 2
    written = format(value, "f") if plain else str(value)
    return Scalar("float", written if "." in written or "E" in written else f"{written}.0")
