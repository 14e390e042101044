"""Texts as TOML: what goes into the files that the harness writes for people. Values come in, text goes out."""

from __future__ import annotations

import json
import re

_SURROGATES = re.compile("[\ud800-\udfff]+")


def quoted(text: str) -> str:
    """Return a text as a basic string (TOML 1.0); what TOML cannot hold becomes `?`."""
    return json.dumps(_SURROGATES.sub("?", text), ensure_ascii=False).replace("\x7f", "\\u007f")


def remark(text: str) -> str:
    """Return a text as it may stand in a comment, where TOML allows no control characters."""
    return "".join(char if char.isprintable() else "?" for char in text)
