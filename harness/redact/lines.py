"""Settings that are neither quoted nor escaped: the place of a telling name in, the values of its line out.

INI, YAML, .properties, .env and what else writes `name: value` or `name = value` on lines of their own. Where a type
says so (`settings`), all of the line is the value; in any other text (`lines`, and what reads so when JSON or a form is
undone, `within`) prose is likely, so that behind a colon only one word is, and no word that speaks about a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.redact.names import word_set
from harness.redact.spot import plain
from harness.redact.syntax import JSON, LONGEST_NAME, PLAIN, Value, Writing, irregular, text_of

SORTS = ("lines", "settings", "field", "within")
"""Sorts of texts in which a line is a setting."""
WORD = Writing("line", text_of, plain)
"""A word that may be prose: it is replaced in its place, and not remembered."""
BLOCK = 1000
"""Lines below a name that are looked at."""

SETTING = re.compile(rb"[\"']?[ \t]*+(:=|[:=])(?![=>]|//)[ \t]*+(?:[!&][\w./!-]++[ \t]++)*+")
"""From the end of a name to its value; YAML writes a tag or an anchor between (YAML 1.2.2 section 6.9)."""

_LEAD = re.compile(rb"[ \t]*+(?:(?:[-+*#;>?!]|//)[ \t]*+)*+(?:[A-Za-z]++[ \t]++){0,3}+[\"']?\Z")
_REST = re.compile(rb"(?![\"'`]|[#;][ \t])[^\r\n]*+")
_COMMENT = re.compile(rb"[ \t][#;]")
_PART = re.compile(rb"[^\s\"'`&<][^\s\"&<]*+(?=[ \t]*+(?:[\r\n\"&<]|\Z))")
_BLANK = re.compile(rb"\s")
_SAFE = re.compile(rb"[^;(){}<>\"'&,#\\]*+\Z")
_QUOTED = re.compile(rb"(?:\"((?:[^\"\\\r\n]|\\.)*+)\"|'((?:[^'\\\r\n]|\\.|'')*+)')(?=[ \t,;]*+(?:[#;\r\n]|\Z))")
_FLOW = re.compile(rb"([^\s,{}\[\]\"'();:]++)(?=[ \t]*+[,}])")
_ONE = re.compile(rb"[\[{,:][ \t]*+[\"']?([^\s,\[\]{}\"':]++)(?=[\"']?[ \t]*+[,}\]])")
_IN_FLOW = re.compile(rb"[{,][ \t]*+\Z")
_FORM = re.compile(rb"[^&\s]*+(?:&[\w.\[\]%-]++=[^&\s]*+)++\Z")
_CALL = re.compile(rb"[A-Za-z_][\w.$>:-]*+(?:\((?:[^()\s]*+|[^\s]*[)({\]\"'])|\[[^\s]*\])\Z")
_BELOW = re.compile(rb"[|>][-+0-9]*+[ \t]*+(?:[#][^\r\n]*+)?(?=\r?\n)|(?=\r?\n)")
_LINE = re.compile(rb"\r?\n([ \t]*+)([^\r\n]*+)")
_ITEM = re.compile(rb"(?:-[ \t]++)*+(?:(?:[\w.-]++|\"[^\"]*+\"|'[^']*+')[ \t]*+:(?:[ \t]++|\Z))?+[\"']?")
_ABOUT = word_set(
    "none null nil true false yes no on off string str text varchar char int integer bool boolean byte bytes number "
    "object array list float required optional mandatory id undefined empty unset hidden masked redacted changed "
    "missing invalid unknown enabled disabled default any never always ok failed n/a"
)
"""Words that say what a value is, or that there is none."""


def in_setting(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The value of a setting on its line, or on the lines below that are indented."""
    lead = _lead(text, start)
    if lead is None:
        yield from _in_flow(text, start, found, stop)
    elif quoted := _QUOTED.match(text, found.end(), stop) if sort != "within" else None:
        yield Value(*quoted.span(quoted.lastindex or 1), JSON if quoted[2] is None else PLAIN)
    elif found[1] == b":" and (below := _BELOW.match(text, found.end(), stop)):
        yield from _indented(text, below.end(), lead, bool(below[0]), stop)
    else:
        yield from _on_line(text, text[start : found.start()], found, sort, stop)


def _lead(text: bytes, start: int) -> bytes | None:
    """Return what stands before a name on its line; None where that is more than signs and a few words."""
    before = text[max(0, start - LONGEST_NAME) : start]
    lead = before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :]
    return lead if (len(lead) < len(before) or len(before) == start) and _LEAD.match(lead) else None


def _on_line(text: bytes, name: bytes, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    at = found.end()
    rest = (_PART if sort == "within" else _REST).match(text, at, stop)
    raw = _COMMENT.split(rest[0], 1)[0].rstrip(b" \t") if rest else b""
    if sort != "settings":
        raw = raw[:-1] if raw.endswith((b",", b";")) else raw
        if _BLANK.search(raw) and raw[:1] not in (b"[", b"{") and not (found[1] == b"=" and _SAFE.match(raw)):
            return
    if raw[:1] + raw[-1:] in (b"[]", b"{}"):
        yield from _items(text, at, at + len(raw))
    elif is_value(raw, name, sort) and not _FORM.match(raw):
        value = Value(at, at + len(raw), PLAIN)
        sure = sort == "settings" or found[0].endswith(b"=") or any(irregular(text, iter([value])))
        yield value if sure else value._replace(writing=WORD)


def _items(text: bytes, at: int, end: int) -> Iterator[Value]:
    """Each word of a list or a map in one line."""
    for found in _ONE.finditer(text, at, end):
        if is_value(found[1], b"", "lines"):
            yield Value(*found.span(1), PLAIN)


def _in_flow(text: bytes, start: int, found: re.Match[bytes], stop: int) -> Iterator[Value]:
    """`{password: ..., user: ...}`."""
    if found[1] == b":" and _IN_FLOW.search(text[max(0, start - 8) : start]):
        value = _FLOW.match(text, found.end(), stop)
        if value and is_value(value[1], text[start : found.start()], "lines"):
            yield Value(*value.span(1), PLAIN)


def _indented(text: bytes, at: int, lead: bytes, literal: bool, stop: int) -> Iterator[Value]:
    """What stands on lines below that are indented further: of a `literal` all, else each value in a list or map."""
    indent = len(lead) - len(lead.lstrip(b" \t"))
    for _ in range(BLOCK):
        line = _LINE.match(text, at, stop)
        listed = line is not None and not literal and len(line[1]) == indent and line[2].startswith(b"- ")
        if line is None or not (len(line[1]) > indent or listed or (literal and not line[2])):
            return
        begin = line.start(2) if literal else _item(line)
        raw = line[2][begin - line.start(2) :].rstrip(b"" if literal else b"\"' \t")
        if raw and (literal or (is_value(raw, b"", "lines") and not _BLANK.search(raw))):
            yield Value(begin, begin + len(raw), PLAIN)
        at = line.end()


def _item(line: re.Match[bytes]) -> int:
    found = _ITEM.match(line[2])
    return line.start(2) + (found.end() if found else 0)


def is_value(raw: bytes, name: bytes, sort: str) -> bool:
    """Tell whether a word is a value: no mask, no word about one, nor the name again, as programs write it."""
    word = text_of(raw).rstrip(".,;!?").lower()
    if not any(map(str.isalnum, word)) or word in _ABOUT:
        return False
    return sort == "settings" or not (_CALL.match(raw) or _last(word) == _last(text_of(name).lower()))


def _last(name: str) -> str:
    """Return the last part of a name that leads to something: `password` of `user.password`."""
    return re.split(r"[.>:$]", name)[-1]
