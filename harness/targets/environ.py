"""A recorded request as the WSGI environ that a server would make of it, and an application's answer as a Response.

Pure. The environ is gunicorn's (PEP 3333 with RAW_URI), except that what gunicorn refuses and Apache passes on (8-bit
bytes and spaces in the target) is handed over: the recording shows that it reached the application.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from harness.exchange import Exchange, Request, Response
from harness.wire import BODILESS

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
ONCE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
"""Variables of headers that have no HTTP_ before their names, and of which the last counts."""


def unsendable(request: Request) -> str | None:
    """Say why no application can be asked this request, or None: a server answers it alone, or its body is unknown."""
    if not TOKEN.match(request.method):
        return "malformed request line"
    if not (request.target.startswith(b"/") or request.target == b"*" or ABSOLUTE.match(request.target)):
        return "malformed request line"
    if request.body is None:
        return "body not recorded"
    return None


def wsgi_environ(exchange: Exchange) -> dict[str, str]:
    """Return the string variables of the environ (PEP 3333; values are bytes as Latin-1)."""
    request = exchange.request
    target = request.target
    absolute = ABSOLUTE.match(target)
    local = (target[absolute.end() :] or b"/") if absolute else target
    path, _, query = local.partition(b"?")
    name, port = _server(exchange, absolute.group() if absolute else b"")
    environ = {
        "REQUEST_METHOD": _text(request.method),
        "SCRIPT_NAME": "",
        "PATH_INFO": _text(unquote_to_bytes(path)),
        "QUERY_STRING": _text(query),
        "RAW_URI": _text(target),
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": _text(request.version or b"HTTP/1.0"),
        "REMOTE_ADDR": _address(exchange.peer),
        "wsgi.url_scheme": exchange.scheme,
    }
    if exchange.user and exchange.user_by == "remote":
        environ["REMOTE_USER"] = exchange.user
    environ.update(_header_variables(request))
    return environ


def _header_variables(request: Request) -> dict[str, str]:
    """HTTP_* variables: repeats joined by a comma, names with an underscore dropped, as gunicorn does."""
    variables: dict[str, str] = {}
    for name, value in request.headers:
        key = _variable(name)
        if key in variables and key not in ONCE:
            variables[key] += "," + value.decode("latin-1")
        elif key:
            variables[key] = value.decode("latin-1")
    if request.framing == "chunked":
        variables.pop("CONTENT_LENGTH", None)
    elif request.body or "CONTENT_LENGTH" in variables:
        variables["CONTENT_LENGTH"] = str(len(request.body or b""))
    return variables


@lru_cache(4096)
def _variable(name: bytes) -> str:
    """Return the variable of a header; empty where it has none."""
    if b"_" in name or not TOKEN.match(name):
        return ""
    key = _text(name).upper().replace("-", "_")
    return key if key in ONCE else "HTTP_" + key


def _server(exchange: Exchange, absolute: bytes) -> tuple[str, str]:
    authority = _text(absolute.partition(b"://")[2]) or exchange.host or "localhost"
    return _name_and_port(authority, "443" if exchange.scheme == "https" else "80")


@lru_cache(1024)
def _address(peer: str) -> str:
    """Return an address without its port: an IPv6 address has many colons, and brackets where a port follows."""
    with_port = re.fullmatch(r"\[(.*)\]:\d+|([^:]*):\d+", peer)
    return (with_port[1] or with_port[2] if with_port else peer) or "127.0.0.1"


@lru_cache(1024)
def _name_and_port(authority: str, default: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?)(?::(\d*))?", authority)
    return (found[1], found[2] or default) if found else (authority, default)


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def response_of(request: Request, head: Mapping[str, Any], body: bytes) -> Response:
    """Make the Response that a client would have seen of what the application gave its server."""
    status, _, reason = str(head["status"]).partition(" ")
    headers: Sequence[tuple[str, str]] = head["headers"]
    code = int(status) if status.isdigit() else 500
    pairs = tuple([(_bytes(name), _bytes(value)) for name, value in headers])
    has_length = any(name.lower() == b"content-length" for name, _ in pairs)
    silent = request.method == b"HEAD" or code in BODILESS
    return Response(
        status=code,
        reason=_bytes(reason),
        headers=pairs,
        body=b"" if silent else body,
        framing="none" if silent else ("length" if has_length else "chunked"),
        complete=bool(head["complete"]),
        raised=str(head.get("raised", "")),
    )


def _bytes(text: str) -> bytes:
    """Return text as it goes onto the wire; what is no Latin-1 (PEP 3333 forbids it) stays readable."""
    return str(text).encode("latin-1", "backslashreplace")
