"""How a name and its value stand beside each other in markup: the place of a telling name in, the value's place out.

Elements and attributes of XML and HTML, form controls (`<input name=.. value=..>`), members of XML-RPC, labels in one
cell or element with what they name in the next. Patterns, tried where a name ends: see `harness.redact.values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.bind.token import is_code, strength
from harness.redact.known import is_telling
from harness.redact.spot import plain
from harness.redact.syntax import MARKUP, PLAIN, TAG, XML, Value, Writing, irregular, text_of

NESTED = 1 << 16
"""Bytes within which an element must end whose text is in other elements."""
MEMBERS = 200
"""Tags of members that are looked at before a name, for the one in which it stands."""
WORDS = 3
"""Words of what a label names; more are prose."""

_ELEMENT = re.compile(rb"\s*+(?:<!\[CDATA\[((?:[^\]]|\](?!\]>))*+)|([^<]*+))")
_NODE = re.compile(rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[(.*?)(?:\]\]>|\Z)|<[^>]*+>?|\s*+([^<]++)", re.DOTALL)
_NAME = re.compile(rb"<([\w:.-]++)")
_TAG = re.compile(rb"<[A-Za-z](?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+>?")
_CONTROL = re.compile(rb"""(?i)\s(?:value|content)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_HOLDS = re.compile(rb"(?i)<(?:\w+:)?(?:textarea|string|param|parameter|field|property|entry|option|item|attribute)\b")
_NAMES_IT = re.compile(rb"""(?i)(?:\b(?:name|id|key|property|itemprop|http-equiv|type)\s*=\s*["']?)\Z""")
_DISPOSITION = re.compile(rb"(?i)content-disposition:[^\r\n]*\Z")
_FIELD = re.compile(rb"""["']?(?![^\r\n]*filename)[^\r\n]*+(?:\r?\n[^\r\n]++)*+\r?\n\r?\n""")
_FIELD_END = re.compile(rb"\r?\n--|\Z")
_NO_SECRET = re.compile(r"\d\.\d|://|^/|\.(?:whl|gz|zip|exe|egg)$")
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])")
_OPENS = re.compile(rb"<(?:\w+:)?\Z")
_MEMBER_END = re.compile(rb"</(?:\w+:)?(?:member|dict|struct)>")

MEMBER = re.compile(
    rb"\s*+</(?:\w+:)?(?:name|key)>\s*+<(?:\w+:)?(?:value|string|array)>\s*+"
    rb"(?:<(?:string|int|i4|i8|base64|double)>)?([^<]*+)"
)
"""From the end of the name of a member to its value."""
MEMBER_LAST = re.compile(rb"\s*+</(?:\w+:)?name>\s*+</(?:\w+:)?member>")
"""From the end of the name of a member to that of the member: its value stands before the name."""
LABEL = re.compile(
    rb"(?:[ \t]{1,4}(?:is|was))?\s*+:?\s*+"
    rb"((?:<(?:/|(?!input|textarea|select|button|script|style)[a-z])[^<>]*+>\s*+){1,8}+)"
    rb"(?:<input([^<>]*+)>|([^<>]{1,400}+))",
    re.IGNORECASE,
)
"""From the end of a label through tags to the text that it may name, or to a form control."""


def in_control(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The value of the form control, or the content of the meta element, that has this name."""
    before = text[max(0, start - 24) : start]
    if not _NAMES_IT.search(before):
        return
    line = text[max(text.rfind(b"\n", max(0, start - TAG), start), start - TAG, 0) : start]
    if _DISPOSITION.search(line):
        yield from _in_part(text, found)
        return
    left = text.rfind(b"<", max(0, start - TAG), start)
    tag = _TAG.match(text, left, start + TAG) if left >= 0 else None
    quoted = tag is not None and tag.end() > start
    if left < 0 or (not quoted and text.rfind(b">", left, start) >= 0):
        return
    closed = tag.end() - 1 if tag and quoted and tag[0].endswith(b">") else text.find(b">", start, start + TAG)
    value = _CONTROL.search(text, left, closed if closed > 0 else min(len(text), start + TAG))
    if value:
        group = value.lastindex or 1
        yield Value(value.start(group), value.end(group), MARKUP)
    elif closed > 0:
        yield from _content(text, left, closed + 1, stop)


def _content(text: bytes, left: int, start: int, stop: int) -> Iterator[Value]:
    """What stands in `<textarea name=..>`; of other elements (`<span id=..>`) only what is irregular."""
    if _HOLDS.match(text, left):
        yield from _held(text, left, start, stop)
        return
    value = _ELEMENT.match(text, start, stop)
    if value:
        group = value.lastindex or 2
        yield from irregular(text, iter([Value(value.start(group), value.end(group), XML if group == 2 else PLAIN)]))


def _held(text: bytes, left: int, start: int, stop: int) -> Iterator[Value]:
    """What stands in the element whose tag begins at `left` and ends at `start`: its text, or those of all within."""
    value = _ELEMENT.match(text, start, stop)
    group = (value.lastindex or 2) if value else 2
    if value and value[group].strip():
        yield Value(value.start(group), value.end(group), XML if group == 2 else PLAIN)
        return
    name = _NAME.match(text, left)
    closing = text.find(b"</" + name[1] + b">", start, start + NESTED) if name else -1
    if closing >= 0:
        yield from _texts(text, start, closing)


def _texts(text: bytes, start: int, end: int) -> Iterator[Value]:
    """Each text of a stretch of markup; last an empty value, where it ends."""
    for node in _NODE.finditer(text, start, end):
        group = node.lastindex
        if group and node[group].strip():
            yield Value(node.start(group), node.end(group), PLAIN if group == 1 else XML)
    yield Value(end, end, XML)


def _in_part(text: bytes, found: re.Match[bytes]) -> Iterator[Value]:
    """The field of a multipart body whose boundary is not known."""
    head = _FIELD.match(text, found.start(), found.start() + TAG)
    if head:
        end = _FIELD_END.search(text, head.end())
        yield Value(head.end(), end.start() if end else len(text), Writing("multipart", text_of, plain))


def in_element(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The text of the element of this name."""
    if text[start - 1 : start] == b"<" and not found[0].endswith(b"/>"):
        yield from _held(text, start - 1, found.end(), stop)


def in_member(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The value of the member of this name; of a list, each text in it."""
    end = None if found[1].strip() else _MEMBER_END.search(text, found.end(), found.end() + NESTED)
    if end:
        yield from _texts(text, found.end(), end.start())
    else:
        yield Value(found.start(1), found.end(1), XML)


def before_name(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The value of the member whose name comes last: each text in it."""
    at, opened = start, 1
    for _ in range(MEMBERS):
        at = text.rfind(b"member>", max(0, start - NESTED), at)
        if at < 0:
            return
        opened += -1 if _OPENS.search(text[max(0, at - 24) : at]) else 1
        if not opened:
            values = _texts(text, at + len(b"member>"), text.rfind(b"<", 0, start))
            yield from (value for value in values if value.start < value.end)
            return


def after_label(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`<td>Password</td><td>...</td>`, `<dt>`, `<label>` and the like; only what does not look like prose."""
    if found[3] is not None:
        stripped = found[3].strip()
        at = found.start(3) + found[3].find(stripped)
        if is_shown(MARKUP.read(stripped)):
            yield Value(at, at + len(stripped), MARKUP, weak=True)
    elif found[2] is not None and (value := _CONTROL.search(text, found.start(2) - 1, found.end(2))):
        group = value.lastindex or 1
        if is_shown(MARKUP.read(value[group])):
            yield Value(value.start(group), value.end(group), MARKUP, weak=True)


def is_shown(value: str) -> bool:
    """Tell whether what a label names, or stands below a heading, looks like a secret: no prose, date, file or link."""
    words = value.split()
    if not 0 < len(words) <= WORDS:
        return False
    words = [word for word in words if not _NO_SECRET.search(word)]
    if len(words) == 1 and is_telling(words[0]) and _MIXED.match(words[0]):
        return True
    raw = [word.encode("utf-8", "surrogatepass") for word in words]
    return any(strength(word) == "strong" or is_code(word) for word in raw)
