"""Write plain data as YAML that people review: block text wherever it is exact, and the same bytes everywhere.

PyYAML's own dumpers quote a text as soon as a line holds a tab or ends in a blank, and the C and the Python one
disagree on where they break lines. Only what a cassette is made of: mappings, lists, texts, bytes, numbers. Reading is
PyYAML's.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence

Plain = str | bytes | int | float | bool | None | Mapping[str, "Plain"] | Sequence["Plain"]

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_./+*()-]*(?: [A-Za-z0-9_./+*()-]+)*")
# Between brackets a comma, a bracket or a colon ends a bare text; outside them a colon may stand before a non-blank.
_BARE_OUTSIDE_LISTS = re.compile(r"(?:[A-Za-z0-9_./+*()?&=%;,~@!$'-]|:(?=[A-Za-z0-9/])| (?=[^# ]))*[A-Za-z0-9_/)=]")
# YAML 1.1 reads these as booleans and null.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNPRINTABLE = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_NO_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
# A key on one line may be at most 1024 characters long (YAML 1.1 section 7.4.2), escapes included.
_LONGEST_KEY = 500


def dump(value: Mapping[str, Plain], indent: int = 0) -> Iterator[str]:
    """Yield the lines of a block mapping, in the mapping's own order, each ended by a newline."""
    for key, item in value.items():
        yield from _entry(_key(key, indent), item, indent)


def dump_item(value: Mapping[str, Plain], indent: int = 0) -> Iterator[str]:
    """Yield the lines of a mapping that is an element of a block list standing at `indent`."""
    prefix = " " * indent + "- "
    for line in dump(value, indent + 2):
        yield prefix + line[indent + 2 :] if prefix else line
        prefix = ""


def _entry(key: str, item: Plain, indent: int) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        yield f"{key}\n"
        yield from dump(item, indent + 2)
    elif isinstance(item, Sequence) and not isinstance(item, str | bytes) and any(_is_list(part) for part in item):
        yield f"{key}\n"
        for part in item:
            yield f"{' ' * indent}- {_flow(part)}\n"
    else:
        yield f"{key} {_scalar(item, indent + 2)}\n"


def _key(key: str, indent: int) -> str:
    text = key if _is_bare(key) else _quoted(key)
    space = " " * indent
    return f"{space}{text}:" if len(text) <= _LONGEST_KEY else f"{space}? {text}\n{space}:"


def _is_list(value: Plain) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _scalar(value: Plain, indent: int) -> str:
    if isinstance(value, bytes):
        lines = base64.encodebytes(value).decode("ascii").splitlines()
        return "!!binary |\n" + "\n".join(" " * indent + line for line in lines)
    if isinstance(value, str):
        return _text(value, indent)
    return _flow(value)


def _text(text: str, indent: int) -> str:
    if "\n" in text[:-1]:
        return _quoted_lines(text, indent) if _NO_BLOCK.search(text) or not text.strip() else _block(text, indent)
    if _is_bare(text) or (
        text[:1].isalpha() and text.isascii() and _BARE_OUTSIDE_LISTS.fullmatch(text) and text.lower() not in _WORDS
    ):
        return text
    return _quoted(text)


def _block(text: str, indent: int) -> str:
    lines = text.split("\n")
    ending = "-" if lines[-1] else ("+" if not lines[-2] else "")
    if not lines[-1]:
        del lines[-1]
    # Without the digit the first line that is not empty would set the indentation (YAML 1.1 section 9.1.1).
    digit = "2" if text[0] in " \t\n" else ""
    return f"|{digit}{ending}\n" + "\n".join(" " * indent + line if line else "" for line in lines)


def _quoted_lines(text: str, indent: int) -> str:
    first, *rest = (_double_quoted(piece)[1:-1] for piece in re.findall(r"[^\n]*\n|[^\n]+", text))
    # A blank that begins a continued line is lost unless escaped.
    pieces = [first, *("\\" + piece if piece.startswith(" ") else piece for piece in rest)]
    return '"' + ("\\\n" + " " * indent).join(pieces) + '"'


def _flow(value: Plain) -> str:
    if isinstance(value, str):
        return value if _is_bare(value) else _quoted(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        if isinstance(value, bytes):
            return "!!binary " + _quoted(base64.b64encode(value).decode("ascii"))
        return "[" + ", ".join(_flow(part) for part in value) + "]"
    return str(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}[repr(value)]
    text = repr(value)
    # YAML 1.1 takes a number for a float only where it has a point.
    return text if "." in text else text.replace("e", ".0e")


def _is_bare(text: str) -> bool:
    return bool(_BARE.fullmatch(text)) and text.lower() not in _WORDS


def _quoted(text: str) -> str:
    if ('"' in text or "\\" in text) and not _ESCAPED.search(text):
        return "'" + text.replace("'", "''") + "'"
    return _double_quoted(text)


def _double_quoted(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
