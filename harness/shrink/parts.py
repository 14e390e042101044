"""Requests taken apart into what may be left out: parameters, headers, fields of a form, lines of another body.

A request comes in; items of it, and a request made of fewer of them, go out. Pure. `SORTS` is the order in which the
sorts of parts are tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.exchange import Request, with_length

KEPT = frozenset({b"host", b"content-length", b"transfer-encoding", b"content-type"})
"""Headers without which the rest would mean something else."""
LINES = 400
"""Lines of a body up to which single ones are left out."""

_FORM = re.compile(rb"application/x-www-form-urlencoded", re.IGNORECASE)
_BOUNDARY = re.compile(rb'multipart/form-data.*?boundary="?([^";]+)', re.IGNORECASE)

Items = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of parts: its name for people, how a request falls into them, and how fewer make a request."""

    name: str
    split: Callable[[Request], Items]
    join: Callable[[Request, Items], Request]


def _parameters(request: Request) -> Items:
    return request.query.split(b"&") if request.query and request.version else ()


def _with_parameters(request: Request, items: Items) -> Request:
    query = b"?" + b"&".join(items) if items else b""
    return replace(
        request, start_line=b" ".join((request.method, request.path + query, request.version)), raw_head=None
    )


def _headers(request: Request) -> Items:
    return tuple(name + b"\0" + value for name, value in request.headers if name.lower() not in KEPT)


def _with_headers(request: Request, items: Items) -> Request:
    left = list(items)
    headers = []
    for name, value in request.headers:
        joined = name + b"\0" + value
        if name.lower() in KEPT:
            headers.append((name, value))
        elif joined in left:
            left.remove(joined)
            headers.append((name, value))
    return replace(request, headers=tuple(headers), raw_head=None)


def _fields(request: Request) -> Items:
    is_form = _FORM.match(request.header(b"content-type") or b"")
    return request.body.split(b"&") if request.body and is_form else ()


def _with_fields(request: Request, items: Items) -> Request:
    return with_body(request, b"&".join(items))


def _boundary(request: Request) -> bytes:
    found = _BOUNDARY.match(request.header(b"content-type") or b"")
    return b"--" + found[1] if found else b""


def _form_parts(request: Request) -> Items:
    boundary = _boundary(request)
    pieces = request.body.split(boundary) if request.body and boundary else []
    return tuple(pieces[1:-1])  # before the first boundary and behind the last one stands nothing


def _with_form_parts(request: Request, items: Items) -> Request:
    boundary = _boundary(request)
    pieces = (request.body or b"").split(boundary)
    return with_body(request, boundary.join((pieces[0], *items, pieces[-1])))


def _lines(request: Request) -> Items:
    if not request.body or _fields(request) or _boundary(request):
        return ()
    lines = request.body.splitlines(keepends=True)
    return lines if 1 < len(lines) <= LINES else ()


def _with_lines(request: Request, items: Items) -> Request:
    return with_body(request, b"".join(items))


def with_body(request: Request, body: bytes) -> Request:
    """Return a request with another body, and its length where that was stated rightly."""
    headers = with_length(request.headers, len(request.body or b""), len(body))
    return replace(request, headers=headers, body=body, raw_head=None)


SORTS = (
    Sort("parameters", _parameters, _with_parameters),
    Sort("fields", _fields, _with_fields),
    Sort("parts of forms", _form_parts, _with_form_parts),
    Sort("lines", _lines, _with_lines),
    Sort("headers", _headers, _with_headers),
)
"""In the order in which they are tried: what means most first."""
