"""What a body says it is: media type, charset and content coding, and its text. Bytes and header values in, text out.

A byte order mark first, then the declared charset, the document's own, UTF-8, and Latin-1, which reads anything; where
bytes stand for nothing in Latin-1 it is Windows-1252, as browsers take it.
"""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass

from harness.compare.unreadable import Unreadable
from harness.exchange import Response

INFLATED = 64_000_000
"""Bytes beyond which a compressed body is not unpacked."""
LATIN_1, WINDOWS = "iso8859-1", "cp1252"

_BEYOND_LATIN_1 = re.compile(rb"[\x80-\x9f]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)
_OWN_CHARSET = re.compile(rb"""(?:<\?xml[^>]*\sencoding|<meta[^>]*charset)\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_ZLIB = re.compile(rb"[\x08\x18\x28\x38\x48\x58\x68\x78]")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SNIFFED = ((re.compile(r"\s*<\?xml"), "xml"), (re.compile(r"\s*<(!doctype\s+html|html)", re.I), "html"))
_FAMILIES = (
    (re.compile(r"text/html"), "html"),
    (re.compile(r"(text|application)/xml|.*\+xml"), "xml"),
    (re.compile(r"(text|application)/json|.*\+json"), "json"),
    (re.compile(r"application/x-www-form-urlencoded"), "form"),
    (re.compile(r"multipart/.*"), "multipart"),
    (re.compile(r"(text|application)/((x-)?javascript|ecmascript)"), "script"),
    (re.compile(r"text/.*"), "text"),
    (re.compile(r".+"), "bytes"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A body as text, and the name of the charset that could read it."""

    text: str
    charset: str


def content_type(response: Response) -> tuple[str, str | None]:
    """Return media type (lower case, empty where there is none) and declared charset (or None)."""
    return parse_content_type(response.header(b"content-type") or b"")


def parse_content_type(value: bytes) -> tuple[str, str | None]:
    """Return media type and charset of a Content-Type value (RFC 9110 section 8.3)."""
    media, _, parameters = value.decode("latin-1").partition(";")
    found = _CHARSET.search(parameters)
    return media.strip().lower(), charset_name(found.group(1)) if found else None


def charset_name(label: str) -> str:
    """Return one name for all spellings of a charset; unknown ones in lower case."""
    try:
        return codecs.lookup(label).name
    except (LookupError, ValueError):
        return label.lower()


def family(media: str, text: str) -> str:
    """Return how a body is to be compared: `html`, `xml`, `json`, `form`, `multipart`, `script`, `text` or `bytes`."""
    if media:
        return next(name for pattern, name in _FAMILIES if pattern.fullmatch(media))
    if "\0" in text:
        return "bytes"
    return next((name for pattern, name in _SNIFFED if pattern.match(text)), "json" if _may_be_json(text) else "text")


def is_written(media: str, body: bytes) -> bool:
    """Tell whether a body of a type that is no `text/` is lines of text all the same: NDJSON, YAML, PEM, SQL.

    What is called octets is meant as such: who asked for it may check its digest.
    """
    if not media.startswith("application/") or media == "application/octet-stream" or _CONTROL.search(body):
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _may_be_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def decoded(body: bytes, declared: str | None) -> Text:
    """Return a body's text. Latin-1 reads whatever nothing else can, so this never fails."""
    for name in (_mark(body), declared, _own(body), "utf-8"):
        if name is not None:
            try:
                return _windows(body, Text(body.decode(name), name))
            except (UnicodeDecodeError, LookupError, ValueError):
                continue
    return _windows(body, Text(body.decode("latin-1"), LATIN_1))


def _windows(body: bytes, text: Text) -> Text:
    """Return what was read as Latin-1 as Windows-1252 where it holds its quotes, dashes or euro signs."""
    if text.charset != LATIN_1 or not _BEYOND_LATIN_1.search(body):
        return text
    try:
        return Text(body.decode(WINDOWS), WINDOWS)
    except UnicodeDecodeError:
        return text


def _mark(body: bytes) -> str | None:
    return next((name for mark, name in _MARKS if body.startswith(mark)), None)


def _own(body: bytes) -> str | None:
    found = _OWN_CHARSET.search(body[:1024])
    return charset_name(found.group(1).decode("ascii")) if found else None


def unpacked(response: Response) -> bytes:
    """Return the body with its content coding undone (RFC 9110 section 8.4); raise `Unreadable` where that fails."""
    body = response.body or b""
    coding = (response.header(b"content-encoding") or b"").strip().lower()
    if coding in (b"", b"identity") or not body:
        return body
    if coding not in (b"gzip", b"x-gzip", b"deflate"):
        raise Unreadable(f"{coding.decode('latin-1')[:40]}: this coding is not undone")
    try:
        return _inflated(body, raw=coding == b"deflate" and not _ZLIB.match(body))
    except zlib.error as error:
        raise Unreadable(f"{coding.decode()}: {error}") from None
    except Unreadable as error:
        raise Unreadable(f"{coding.decode()}: {error}") from None


def _inflated(body: bytes, raw: bool) -> bytes:
    """Unpack all members of a gzip file, a zlib stream, or deflate without a header, which old servers send."""
    parts: list[bytes] = []
    left = INFLATED
    while body:
        inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS if raw else zlib.MAX_WBITS | 32)
        parts.append(inflater.decompress(body, left))
        left -= len(parts[-1])
        if inflater.unconsumed_tail or not inflater.eof or left <= 0:
            raise Unreadable(f"truncated, or more than {INFLATED} bytes unpacked")
        body = inflater.unused_data
    return b"".join(parts)
