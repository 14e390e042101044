"""Names what a request asks for: few names for many requests, so that differences can be counted.

A `Request` comes in, `GET /item/{}/` goes out. Whatever a client may invent (names, numbers, nonsense)
becomes `{}`, so that a day of traffic has hundreds of names, not a hundred thousand. What an application calls its own
endpoints comes from `harness.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, unquote_to_bytes

from harness.exchange import Request

MALFORMED = "(malformed)"
PROGRAMS = (".cgi", ".fcgi", ".pl", ".php", ".tcl", ".asp", ".aspx", ".jsp")
"""What the last segment of an endpoint ends with where each program is a file."""

_METHOD = re.compile(r"[A-Z]{1,20}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_.~-]{0,30}")
_PROGRAM = re.compile(r"[A-Za-z_][A-Za-z0-9_.~-]{0,40}")
_VALUE = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,40}")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
_CALL = re.compile(rb"<methodCall>.{0,200}?<methodName>\s*([A-Za-z0-9_.:/]{1,60})\s*</methodName>", re.DOTALL)
_BOUNDARY = re.compile(rb"""boundary="?([^";,]+)""", re.IGNORECASE)
_PART_NAME = re.compile(rb"""^content-disposition:[^\r\n]*[; ]name="?([^";\r\n]*)""", re.IGNORECASE | re.MULTILINE)
_DEPTH = 6
_FORM_LIMIT = 1_000_000
_CALL_LIMIT = 2_000


def endpoint(request: Request, patterns: Sequence[str] = (), parameters: Sequence[str] = ()) -> str:
    """Return what a request asks for: `GET /item/{}/`, `POST /shop ?action=order`, `POST /rpc search()`.

    `patterns` (`/item/{}/`, `{}` one segment, `{*}` any rest) are tried in order, before the general rule: the first
    segment stays, and so do names of programs (what `cgi-bin` holds, `edit.php`); the others become `{}`. The values of
    `parameters` are appended, wherever the request has them.
    """
    method = request.method.decode("latin-1")
    path = request.path
    if not _METHOD.fullmatch(method) or not path:
        return MALFORMED
    words = [method, _pattern_of(_path(path), tuple(patterns))]
    words += [f"?{name}={value}" for name, value in _parameters(request, parameters)]
    call = _CALL.search(request.body[:_CALL_LIMIT]) if request.body else None
    return " ".join([*words, f"{call.group(1).decode()}()"] if call else words)


def fields(request: Request) -> list[tuple[str, str]]:
    """Return the fields of query and form, in order, files aside."""
    return [*_pairs(request.query), *_form(request)]


def _path(path: bytes) -> str:
    return _ABSOLUTE.sub("", path.decode("latin-1"), count=1) or "/"


@lru_cache(maxsize=8192)
def _pattern_of(path: str, patterns: tuple[str, ...]) -> str:
    return next((pattern for pattern in patterns if _compiled(pattern).fullmatch(path)), None) or _general(path)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^{}]*\})", pattern)
    return re.compile("".join(_WILD.get(part, "[^/]+") if part[:1] == "{" else re.escape(part) for part in parts))


_WILD = {"{*}": ".*"}


def _general(path: str) -> str:
    first, *rest = path.lstrip("/").split("/")
    first = first if not first or _WORD.fullmatch(first) else "{}"
    if len(rest) > _DEPTH:
        return f"/{first}/{{*}}"
    return "/" + "/".join([first, *(_kept(*pair) for pair in zip([first, *rest], rest, strict=False))])


def _kept(before: str, segment: str) -> str:
    """Return a later segment as the names of endpoints have it; `before` is the one before it."""
    program = (before == "cgi-bin" or segment.endswith(PROGRAMS)) and _PROGRAM.fullmatch(segment)
    return segment if program or not segment else "{}"


def _parameters(request: Request, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the named parameters of query and form, in the order of `names`; odd values as `{}`."""
    if not names:
        return []
    given = dict(reversed(fields(request)))
    return [(name, given[name] if _VALUE.fullmatch(given[name]) else "{}") for name in names if name in given]


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    except ValueError:  # more fields than the standard library wants to read
        return []


def _form(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form, files aside (RFC 7578), with line ends of either kind."""
    body = (request.body or b"")[:_FORM_LIMIT]
    kind = (request.header(b"content-type") or b"").lower()
    if kind.startswith(b"application/x-www-form-urlencoded"):
        return _pairs(body)
    boundary = _BOUNDARY.search(request.header(b"content-type") or b"")
    if not kind.startswith(b"multipart/form-data") or boundary is None:
        return []
    return [field for part in body.split(b"--" + boundary.group(1)) for field in _field(part)]


def _field(part: bytes) -> list[tuple[str, str]]:
    head, separator, value = part.replace(b"\r\n", b"\n").partition(b"\n\n")
    name = _PART_NAME.search(head)
    if not separator or name is None:
        return []
    return [(unquote_to_bytes(name.group(1)).decode("latin-1"), value.strip(b"\n").decode("latin-1"))]
