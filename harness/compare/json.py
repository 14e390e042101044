"""Reads JSON (RFC 8259) into values, which `values` compares. Text comes in, a value goes out.

Spacing, member order, escapes and number spellings of one type mean the same; 1, 1.0, true and "1" do not.
"""

from __future__ import annotations

import json
from typing import Any

from harness.compare.unreadable import Unreadable, refuse_large


def read_json(text: str) -> Any:
    """Return the value of a document; raise `Unreadable` where it has none."""
    refuse_large(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error) or "nested too deeply") from None
