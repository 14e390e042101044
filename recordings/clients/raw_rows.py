"""How a raw request is written down: numbers of the catalogue, the status that must come, head and body.

A head is the request line without its version, and header lines; `raw` adds Host, length and the numbers.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import urlencode

BOUNDARY = "--------------GHSKFJDLGDS7543FJKLFHRE75642756743254"


@dataclass(frozen=True, slots=True)
class Row:
    """One request; `{cookie}` and the like in head and body are put in when it is sent."""

    numbers: tuple[int, ...]
    status: int
    head: bytes
    body: bytes = b""


def row(numbers: str, status: int, line: str, *headers: str, body: bytes = b"") -> Row:
    """A request of any kind: numbers like `30 31`, a line like `GET /pypi`, header lines. Text is latin-1."""
    head = "\r\n".join((line, *headers)).encode("latin-1")
    return Row(tuple(map(int, numbers.split())), status, head, body)


def get(numbers: str, status: int, target: str, *headers: str) -> Row:
    """A GET."""
    return row(numbers, status, f"GET {target}", *headers)


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
