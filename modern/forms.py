"""Form data of a request, read as the standard library's FieldStorage did on Python 2: an environ in, a dict out.

A value is a text, an `Upload`, or a list of those where the name was repeated. Kept by code, since no strict parser
accepts what clients send: the query is merged into a POST, empty values vanish from queries and urlencoded bodies but
stay in multipart ones, `;` separates like `&`, and multipart lines may end in a bare LF (distutils sends that).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from .errors import Answered

URLENCODED = "application/x-www-form-urlencoded"
MAX_BODY = 101 * 1024 * 1024  # bytes: a zip of documentation that is just too large still gets its own answer
_line = re.compile(rb"[^\n]*\n|[^\n]+")
_length = re.compile("[0-9]{1,18}")
_rest_of_delimiter = re.compile(rb"(--)?[ \t\r\f\v]*(?:\n|\Z)")
_boundary = re.compile(r"[ -~]{0,200}[!-~]")
_piece = re.compile(r'(?:;|^)((?:[^;"]|"(?:\\"|[^"])*(?:"|$))*)')


class BadEncoding(Answered):
    """A value is not UTF-8 (B223)."""


class BadBody(Answered):
    """The body is shorter than was said, or cannot be read or taken apart."""


class TooLong(BadBody):
    """The body is longer than any form may be: it is refused unread, since all of it would be in memory."""


@dataclass(frozen=True)
class Upload:
    """A file part: its name as sent, its bytes, and its media type (None where the part has no Content-Type)."""

    filename: str
    value: bytes
    type: str | None = None

    @cached_property
    def md5(self) -> str:
        """What tools that upload send along, and old installers compare, in hexadecimal."""
        return hashlib.md5(self.value, usedforsecurity=False).hexdigest()


Single = str | Upload
Value = Single | list[Single]
Form = dict[str, Value]
Pair = tuple[bytes, bytes | Upload]


def parse_form(environ: Mapping[str, Any]) -> Form:
    """Return the form of a request (PEP 3333 environ). Raises BadEncoding, BadBody and TooLong."""
    method = environ.get("REQUEST_METHOD", "GET").upper()
    query = environ.get("QUERY_STRING", "").encode("latin-1")
    if method in ("GET", "HEAD"):
        return gather(urlencoded(query)) if query else {}
    content_type = environ.get("CONTENT_TYPE") or (URLENCODED if method == "POST" else "")
    if is_form(content_type):
        return gather(posted(content_type, query, read_body(environ)))
    return {}  # what does not say that it is a form has neither query nor body for FieldStorage (B030)


def is_form(content_type: str) -> bool:
    """Whether FieldStorage looks at a body of this type, by whatever method it came."""
    kind = parse_header(content_type)[0]
    return kind == URLENCODED or kind.startswith("multipart/")


def read_body(environ: Mapping[str, Any]) -> bytes:
    """Return the body whole. Raises TooLong, and BadBody where the client broke off: half an upload must not look
    whole.
    """
    text = environ.get("CONTENT_LENGTH") or ""
    if not text and environ.get("wsgi.input_terminated"):
        body: bytes = environ["wsgi.input"].read(MAX_BODY + 1)
        check_length(len(body))
        return body
    if text and not (text.isascii() and text.isdigit()):
        raise BadBody(f"Content-Length {text!r} is no number")
    length = int(text[:18] or 0)
    check_length(length)
    body = environ["wsgi.input"].read(length) if length else b""
    if len(body) < length:
        raise BadBody(f"the client sent {len(body)} of {length} bytes")
    return body


def check_length(length: int) -> None:
    """Refuse what is too long for memory. Raises TooLong."""
    if length > MAX_BODY:
        raise TooLong(f"The body is longer than {MAX_BODY // 1024**2} MiB")


def posted(content_type: str, query: bytes, body: bytes) -> Iterable[Pair]:
    """Return the pairs of a POST: of its body and of its query (B041). Raises BadBody where no part has an end."""
    kind, parameters = parse_header(content_type)
    if kind == URLENCODED:
        return urlencoded(body + b"&" + query if query else body)
    boundary = parameters.get("boundary", "")
    if not _boundary.fullmatch(boundary):
        raise BadBody(f"{boundary!r} is no boundary of a form in parts")
    return [*urlencoded(query), *multipart(body, boundary.encode("latin-1"))]


def urlencoded(data: bytes) -> list[Pair]:
    """Return the pairs of `a=1&b=2;c=3`, without those that have no value (B038)."""
    pieces = (piece.partition(b"=") for piece in data.replace(b";", b"&").split(b"&"))
    return [(unquote(name), unquote(value)) for name, _, value in pieces if value]


def unquote(data: bytes) -> bytes:
    """Undo `+` and percent quoting."""
    return unquote_to_bytes(data.replace(b"+", b" "))


def multipart(body: bytes, boundary: bytes) -> Iterator[Pair]:
    """Give the pairs of a multipart body; one that was cut off ends with its last part.

    A part that says how long it is is believed, and what follows is skipped up to the next delimiter line.
    """
    opening = b"--" + boundary
    found = delimiter(body, opening, 0)
    while found and not found.last:
        headers, start = part_head(body, found.end)
        length = _length.fullmatch(headers.get(b"content-length", ""))
        told = start + int(length[0]) if length else None
        found = delimiter(body, opening, start if told is None else told)
        if told is None:
            told = found.begin if found else len(body)
            if body.endswith(b"\n", start, told):
                told -= 2 if body.endswith(b"\r\n", start, told) else 1
        yield from part(headers, body[start:told])


class Delimiter(NamedTuple):
    """Where the line between two parts begins and ends, and whether no part follows."""

    begin: int
    end: int
    last: bool


def delimiter(body: bytes, opening: bytes, start: int) -> Delimiter | None:
    """Return the first delimiter line from `start` on.

    It is searched for as bytes: an expression would look at each line of a file, which takes 9 us for each kB.
    """
    found = body.find(opening, start)
    while found >= 0:
        begins_line = found == 0 or body[found - 1 : found] == b"\n"
        line = _rest_of_delimiter.match(body, found + len(opening)) if begins_line else None
        if line:
            return Delimiter(found, line.end(), line[1] is not None)
        found = body.find(opening, found + 1)
    return None


def part_head(body: bytes, start: int) -> tuple[dict[bytes, str], int]:
    """Return {name in lower case: value} of a part's header lines, and where its content begins: after an empty line,
    or at the first line that is no header.
    """
    headers: dict[bytes, str] = {}
    name = b""
    for line in _line.finditer(body, start):
        text = line[0]
        if text in (b"\n", b"\r\n"):
            return headers, line.end()
        if text[:1] in b" \t" and name:
            headers[name] += " " + text.strip().decode("latin-1")
            continue
        field, colon, value = text.partition(b":")
        if not colon:
            return headers, line.start()
        name = field.lower()
        headers[name] = value.strip().decode("latin-1")
    return headers, len(body)


def part(headers: Mapping[bytes, str], content: bytes) -> Iterator[Pair]:
    """Give the pair of a part; none if it has no name."""
    parameters = parse_header(headers.get(b"content-disposition", ""))[1]
    if "name" not in parameters:
        return
    name = parameters["name"].encode("latin-1")
    if "filename" in parameters:
        filename = parameters["filename"].encode("latin-1").decode("utf-8", "replace")
        yield name, Upload(filename, content, headers.get(b"content-type"))
    else:
        yield name, content


def parse_header(value: str) -> tuple[str, dict[str, str]]:
    """Return ('form-data', {'name': ...}) of `form-data; name="..."`; a semicolon in quotes separates nothing."""
    kind, *pieces = _piece.findall(value)
    parameters = {}
    for piece in pieces:
        name, equals, text = piece.partition("=")
        if equals:
            parameters[name.strip().lower()] = unquoted(text.strip())
    return kind.strip(), parameters


def unquoted(text: str) -> str:
    """Return a parameter's value without the quotes around it; those within are its own."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return text


def gather(pairs: Iterable[Pair]) -> Form:
    """Return {name: value or list} of pairs in order; every text must be UTF-8, names need not be."""
    found: dict[str, list[Single]] = {}
    for name, value in pairs:
        found.setdefault(name.decode("utf-8", "replace"), []).append(decoded(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def decoded(value: bytes | Upload) -> Single:
    """A text of bytes. Raises BadEncoding."""
    if isinstance(value, Upload):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise BadEncoding("Form data is not correctly encoded in UTF-8") from None
