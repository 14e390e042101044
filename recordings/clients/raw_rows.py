"""How a raw request is written down: numbers of the catalogue, the status that must come, head and body.

A head is the request line without its version, and header lines; `raw` adds Host, length and the numbers.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

BOUNDARY = "--------------GHSKFJDLGDS7543FJKLFHRE75642756743254"


@dataclass(frozen=True, slots=True)
class Row:
    """One request; `{cookie}` and the like in head and body are put in when it is sent, `pause` seconds later."""

    numbers: tuple[int, ...]
    status: int
    head: bytes
    body: bytes = b""
    pause: int = 0


def row(numbers: str, status: int, line: str, *headers: str, body: bytes = b"") -> Row:
    """A request of any kind: numbers like `30 31`, a line like `GET /pypi`, header lines. Text is latin-1."""
    head = "\r\n".join((line, *headers)).encode("latin-1")
    return Row(tuple(map(int, numbers.split())), status, head, body)


def get(numbers: str, status: int, target: str, *headers: str, pause: int = 0) -> Row:
    """A GET."""
    return replace(row(numbers, status, f"GET {target}", *headers), pause=pause)


def basic(user: str, password: str) -> str:
    """The header line of Basic authentication."""
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def post(numbers: str, status: int, fields: dict[str, str], *headers: str) -> Row:
    """A form, urlencoded; names in braces stay as they are, to be put in."""
    body = urlencode(fields, safe="{}").encode()
    return row(numbers, status, "POST /pypi", "Content-Type: application/x-www-form-urlencoded", *headers, body=body)


def upload(
    numbers: str, status: int, fields: dict[str, str | tuple[str, bytes]], *headers: str, end: str = "\r\n"
) -> Row:
    """A form in multipart; a pair is a file's name and content, `end` what ends its lines (LF: old distutils)."""
    parts = []
    for name, value in fields.items():
        filename, content = value if isinstance(value, tuple) else ("", value.encode())
        said = f'; filename="{filename}"{end}Content-Type: application/octet-stream' if filename else ""
        parts.append(
            f'--{BOUNDARY}{end}Content-Disposition: form-data; name="{name}"{said}{end}{end}'.encode() + content
        )
    body = end.encode() + end.encode().join(parts) + f"{end}--{BOUNDARY}--{end}".encode()
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
    return row(numbers, status, "POST /pypi", kind, *headers, body=body)


def call(numbers: str, method: str, parameters: str = "", *headers: str) -> Row:
    """An XML-RPC call; `parameters` is the content of each <value>, between bars."""
    values = "".join(f"<param><value>{value}</value></param>" for value in parameters.split("|") if value)
    body = f"<methodCall><methodName>{method}</methodName><params>{values}</params></methodCall>".encode()
    return row(numbers, 200, "POST /pypi", "Content-Type: text/xml", *headers, body=body)


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip with these files, the same bytes each time: stored, and of one day."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name, (2010, 1, 1, 0, 0, 0)), content)
    return raw.getvalue()


def padded(content: bytes, size: int) -> bytes:
    """A file of `size` bytes that begins with `content`; the rest tells where one is in it."""
    return (content + b"".join(b"%4d\n" % number for number in range(len(content), size, 5)))[:size]


def md5(content: bytes) -> str:
    """The digest by which the index knows a file."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def stored(filename: str, content: bytes) -> str:
    """The path of an uploaded file (B276)."""
    digest = hashlib.blake2b(content, digest_size=32).hexdigest()
    return f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{filename}"
