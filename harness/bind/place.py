"""Where a value stands: bytes and a position in, the *stem* of the place out.

`/items/12`, `?item=12`, `item_id=12`, `{"itemId": 12}` and `<input name="item_id" value="12">` all speak of item 12:
their stem is `item`. A plain `id` takes its stem from the path. A weak token is bound, used and aliased only where the
stem is the same, so that page 12 is never taken for item 12.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

REACH = 240
"""Bytes looked back for what names a value."""
FORM_REACH = 8192

_NAME = rb"[A-Za-z0-9_.\[\]$:-]{1,80}"
_URL_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~!$*,:@%/-")
_IN_ADDRESS = bytes(byte if byte in _URL_BYTES else ord(" ") for byte in range(256))
_AFTER_PARAMETER = frozenset({b"", *(bytes([byte]) for byte in b"&;#\"'<> \r\n)")})
_AFTER_SEGMENT = _AFTER_PARAMETER | {b"/", b"?", b"%"}

# Values of these names are chosen by the client, however their numbers change.
CHOSEN = frozenset(
    b"page offset limit start end count size rows cols sort order_by year month day hour minute second decade "
    b"width height colspan rowspan max min total length quantity qty amount price version v lang step index port "
    b"status code rank score time date age per_page tabindex maxlength border cellpadding cellspacing".split()
)
_ID_WORDS = re.compile(rb"(?:^|[_.:-])(?:id|ids|uid|uuid|guid|pk|key|nr|no|num|number|token|nonce|ref|serial)$")
_ID_ENDS = re.compile(rb"(?:^|[_.:-])(?:id|ids|uid|uuid|guid|pk|key|nr|no|num|number|ref)$")
_CAMEL = re.compile(rb"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Place:
    """What names a value: the kind of place, the stem, and whether a small number there can be an id.

    `kind` is `segment`, `parameter`, `field`, `meta`, `member`, `element` or `text`.
    """

    kind: str
    stem: bytes
    id_like: bool


def stem_of(name: bytes, path: bytes = b"") -> bytes:
    """Return the stem of a name; of a name that says nothing but `id`, that of the path it is used at."""
    plain = _ID_ENDS.sub(b"", _CAMEL.sub(b"_", name).lower().removesuffix(b"[]"))
    plain = re.sub(rb"\.[a-z]{1,5}$", b"", plain).strip(b"_.:-")
    if not plain:
        return stem_of_path(path)
    return plain[:-1] if len(plain) > 3 and plain.endswith(b"s") and not plain.endswith(b"ss") else plain


def stem_of_path(path: bytes) -> bytes:
    """Return the stem of the last segment of a path that is a word and no id; empty where there is none."""
    for segment in reversed(path.partition(b"?")[0].split(b"/")):
        if re.fullmatch(rb"[A-Za-z_][A-Za-z_.-]*", segment):
            return stem_of(segment) if segment.lower() not in (b"id", b"ids") else segment.lower()
    return b""


def _is_id_name(name: bytes) -> bool:
    return bool(_ID_WORDS.search(_CAMEL.sub(b"_", name).lower()))


def place_at(data: bytes, start: int, end: int, path: bytes) -> Place | None:
    """Say where in a document, a URL or a form `data[start:end]` stands; `path` is that of the request.

    None where nothing names the value.
    """
    before = data[max(0, start - REACH) : start]
    if before.endswith((b"/", b"%2F", b"%2f")):
        return _segment(before, data, end)
    for pattern, made in _BY_LAST.get(before[-1:], ()):
        found = pattern.search(before)
        if found:
            place = made(found, data, start, end, path)
            if place is not None:
                return place
    return None


def _named(kind: str, name: bytes, path: bytes, lenient: bool) -> Place:
    """A place with a name; `lenient` where links and forms give the value, so that it need not be called an id."""
    plain = _CAMEL.sub(b"_", name).lower()
    return Place(kind, stem_of(name, path), plain not in CHOSEN and (lenient or _is_id_name(name)))


def _segment(before: bytes, data: bytes, end: int) -> Place | None:
    if before.endswith(b"</") or data[end : end + 1] not in _AFTER_SEGMENT:
        return None
    address = before.translate(_IN_ADDRESS).rpartition(b" ")[2]
    scheme, slashes, rest = address.partition(b"//")
    local = rest.partition(b"/")[2] if slashes and scheme[-1:] in (b":", b"") else address
    words = unquote_to_bytes(local).rstrip(b"/")
    return Place("segment", stem_of_path(words), words.rpartition(b"/")[2].lower() not in CHOSEN)


def _parameter(found: re.Match[bytes], data: bytes, start: int, end: int, path: bytes) -> Place | None:
    if data[end : end + 1] not in _AFTER_PARAMETER:
        return None
    own = found.groupdict().get("path")
    return _named("parameter", found["name"], own or path, lenient=True)


def attribute(tag: bytes, name: bytes) -> bytes:
    """Return the value of an attribute of a tag as it is written, without quotes; empty where it has none."""
    found = re.search(rb"(?i)\b" + name + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", tag)
    return next((group for group in found.groups() if group is not None), b"") if found else b""


def _field(found: re.Match[bytes], data: bytes, start: int, end: int, path: bytes) -> Place | None:
    close = data.find(b">", end)
    tag = data[start - len(found[0]) : close if close >= 0 else end + REACH]
    element = found["tag"].lower()
    if element == b"meta":
        return _named("meta", attribute(tag, b"name") or attribute(tag, b"property"), path, lenient=False)
    name = attribute(tag, b"name")
    typed = element == b"input" and attribute(tag, b"type").lower() not in (
        b"hidden",
        b"submit",
        b"radio",
        b"checkbox",
    )
    if element == b"option":
        selects = re.findall(rb"(?i)<select\b[^<>]*>", data[max(0, start - FORM_REACH) : start])
        name = attribute(selects[-1], b"name") if selects else b""
    if not name:
        return None
    return _named("field", name, form_path(data, start, path), lenient=not typed)


def form_path(data: bytes, at: int, path: bytes) -> bytes:
    """Return the path that the form around a position is sent to: its action's, else that of the page."""
    forms = re.findall(rb"(?i)<form\b[^<>]*>", data[max(0, at - FORM_REACH) : at])
    action = attribute(forms[-1], b"action") if forms else b""
    action = re.sub(rb"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", b"", action).partition(b"?")[0]
    return action or path


def _textarea(found: re.Match[bytes], data: bytes, start: int, end: int, path: bytes) -> Place | None:
    name = attribute(found[0], b"name")
    return _named("field", name, form_path(data, start, path), lenient=False) if name else None


def _member(found: re.Match[bytes], data: bytes, start: int, end: int, path: bytes) -> Place | None:
    return _named("member", found["name"], path, lenient=False)


def _part(found: re.Match[bytes], data: bytes, start: int, end: int, path: bytes) -> Place | None:
    return _named("parameter", found["name"], path, lenient=True) if data[end : end + 2] in (b"\r\n", b"") else None


def _element(found: re.Match[bytes], data: bytes, start: int, end: int, path: bytes) -> Place | None:
    name = found["name"].rpartition(b":")[2]
    if name.lower() in (b"int", b"i4", b"i8", b"string", b"value", b"double"):  # XML-RPC: named by nothing but the call
        long = end - start >= 4
        return Place("element", stem_of_path(path), long)
    return _named("element", name, path, lenient=False)


def _text(found: re.Match[bytes], data: bytes, start: int, end: int, path: bytes) -> Place | None:
    if not found["sign"]:
        return None
    return Place("text", stem_of(found["name"], path), True)


_Maker = Callable[[re.Match[bytes], bytes, int, int, bytes], Place | None]
_BLANKS = b" \t\r\n"
_PLACES: tuple[tuple[bytes, bytes, _Maker], ...] = (
    (b"=", rb"(?:\A|[?&;]|&amp;|(?P<path>/[^\s\"'<>?]*)\?)(?P<name>" + _NAME + rb")=\Z", _parameter),
    (
        b"\n",
        rb"(?i)Content-Disposition:[^\r\n]*\bname=\"(?P<name>[^\"\r\n]*)\"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n\Z",
        _part,
    ),
    (b"=\"'", rb"(?i)<(?P<tag>input|button|option|meta)\b[^<>]*\b(?:value|content)\s*=\s*[\"']?\Z", _field),
    (b">" + _BLANKS, rb"(?i)<textarea\b[^<>]*>\s*\Z", _textarea),
    (b">" + _BLANKS, rb"(?i)<name>\s*(?P<name>[^<>]*?)\s*</name>\s*<value>(?:\s*<\w+>)?\s*\Z", _member),
    (b':"' + _BLANKS, rb"\"(?P<name>(?:[^\"\\\n]|\\.){1,80})\"\s*:\s*\"?\Z", _member),
    (b"\"'", rb"(?<![\w$-])(?P<name>" + _NAME + rb")\s*[:=]\s*[\"']\Z", _member),
    (b"=" + _BLANKS, rb"(?<![\w$-])(?P<name>[\w$.-]{1,80})\s*=\s*\Z", _member),
    (
        b"#.:" + _BLANKS,
        rb"(?i)(?P<name>[a-z]{2,40})\s*(?P<sign>#|(?:no|nr|number|id)(?:\s*[.:]|\s+is)?\s|:\s*#)\s*\Z",
        _text,
    ),
    (b">" + _BLANKS, rb"<(?P<name>[A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>\s*\Z", _element),
)
"""The bytes that may stand last before a value, and what names it then: longer contexts before those they contain."""

_BY_LAST: dict[bytes, list[tuple[re.Pattern[bytes], _Maker]]] = {}
for _lasts, _pattern, _maker in _PLACES:
    for _last in _lasts:
        _BY_LAST.setdefault(bytes([_last]), []).append((re.compile(_pattern), _maker))
