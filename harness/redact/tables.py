"""Secrets that stand below their name: a text and what names tell in, (name, verdict, place of the value) out.

Lines with a heading (csv, tsv), rows of HTML tables below their `<th>`, and lists of JSON below a list of names. Other
helpers look behind a name; here the heading says in which column to look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from harness.redact.markup import is_shown
from harness.redact.syntax import JSON, MARKUP, Value, Writing, text_of

HEADING = 4096
"""Bytes within which the first line of a csv file ends."""
COLUMNS = 200

Verdicts = Callable[[str], str]
Cell = tuple[str, str, Value]
"""A name, its verdict, and where a value in its column stands."""

_HEADING = re.compile(rb"""["']?[\w.:/()\[\]-]{1,60}(?: [\w.:/()\[\]-]{1,20}){0,2}["']?\Z""")
_SEPARATORS = (b",", b";", b"\t", b"|")
_CELLS = {
    sign: re.compile(rb'(?:"((?:[^"]|"")*+)"|([^%s\r\n]*+))(%s|\r?\n|\r|\Z)?' % (re.escape(sign), re.escape(sign)))
    for sign in _SEPARATORS
}
_QUOTED = Writing("csv", lambda raw: text_of(raw.replace(b'""', b'"')), lambda token: token.replace('"', '""').encode())
_BARE = Writing("csv", lambda raw: text_of(raw.strip()), lambda token: token.encode())
_ROW = re.compile(rb"(?i)<(/?table|tr)\b[^<>]*+>")
_TABLE_CELL = re.compile(rb"(?i)<t([hd])\b[^<>]*+>\s*+(?:<(?!/?t[hdr]\b|/?table\b)[^<>]*+>\s*+)*+([^<]*+)")
_LIST = re.compile(rb'\[((?:[^\[\]{}"]++|"(?:[^"\\]|\\.){0,8192}+"){1,400}+)\]', re.DOTALL)
_ITEM = re.compile(rb'"((?:[^"\\]|\\.)*+)"|([^\s,"]++)', re.DOTALL)


def columns(text: bytes, verdict: Verdicts) -> Iterator[Cell]:
    """Yield the values below the names that tell."""
    yield from _lines(text, verdict)
    if b"<th" in text or b"<TH" in text:
        yield from _rows(text, verdict)
    if b'"]' in text.replace(b" ", b"", 1 << 16):
        yield from _lists(text, verdict)


def _telling(names: list[bytes], verdict: Verdicts) -> dict[int, tuple[str, str]]:
    read = [text_of(name).strip(" \"':") for name in names[:COLUMNS]]
    return {at: (name, found) for at, name in enumerate(read) if (found := verdict(name))}


def _lines(text: bytes, verdict: Verdicts) -> Iterator[Cell]:
    """Of a text whose first line is one of names, and whose second has as many cells."""
    first, _, rest = text[: 2 * HEADING].partition(b"\n")
    sign = max(_SEPARATORS, key=first.count)
    names = first.rstrip(b"\r").removeprefix(b"\xef\xbb\xbf").split(sign)
    if len(names) < 2 or len(first) > HEADING or not all(_HEADING.match(name.strip()) for name in names):
        return
    telling = _telling([name.strip() for name in names], verdict)
    prose = any(name[:1] == b" " for name in names)
    if telling and rest.partition(b"\n")[0].count(sign) >= len(names) - 1:
        for name, found, value in _below(text, len(first) + 1, _CELLS[sign], sign, telling):
            if not prose or is_shown(text_of(text[value.start : value.end])):
                yield name, found, value


def _below(
    text: bytes, at: int, cells: re.Pattern[bytes], sign: bytes, telling: dict[int, tuple[str, str]]
) -> Iterator[Cell]:
    number = 0
    while at < len(text) and (found := cells.match(text, at)):
        group = 1 if found[1] is not None else 2
        if number in telling and found[group].strip():
            yield *telling[number], Value(*found.span(group), _QUOTED if group == 1 else _BARE)
        number = number + 1 if found[3] == sign else 0
        at = max(found.end(), at + 1)


def _rows(text: bytes, verdict: Verdicts) -> Iterator[Cell]:
    """Of HTML tables; only what does not look like prose."""
    telling: dict[int, tuple[str, str]] = {}
    marks = list(_ROW.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        if mark[1].lower() != b"tr":
            telling = {}
            continue
        cells = list(_TABLE_CELL.finditer(text, mark.end(), end))
        if len(cells) > 1 and all(cell[1] in b"hH" for cell in cells):
            telling = _telling([cell[2].strip() for cell in cells], verdict)
            continue
        for at, named in telling.items():
            if at < len(cells) and is_shown(MARKUP.read(value := cells[at][2].rstrip())):
                yield *named, Value(cells[at].start(2), cells[at].start(2) + len(value), MARKUP, weak=True)


def _lists(text: bytes, verdict: Verdicts) -> Iterator[Cell]:
    """Of lists as long as the list of names before them; only what does not look like a word."""
    telling: dict[int, tuple[str, str]] = {}
    length = 0
    for found in _LIST.finditer(text):
        items = list(_ITEM.finditer(text, *found.span(1)))
        if (
            len(items) > 1
            and all(item[1] is not None and _HEADING.match(item[1]) for item in items)
            and (named := _telling([item[1] for item in items], verdict))
        ):
            telling, length = named, len(items)
        elif len(items) == length:
            for at, name in telling.items():
                if items[at][1] is not None and is_shown(JSON.read(items[at][1])):
                    yield *name, Value(*items[at].span(1), JSON, weak=True)
