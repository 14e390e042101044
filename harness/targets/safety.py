"""What must not be sent to a server that runs for others: unsafe methods, and the reads that `[safety]` lists.

A table of harness.toml and the hosts that may be written to come in; for each request, why it is not sent, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from harness.errors import UsageError
from harness.exchange import Request

SAFE_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
"""Of RFC 9110 section 9.2.1, but for TRACE."""
_ORIGIN = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_LISTED = re.compile(r"(\S+) +([/*].*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of `[safety] unsafe`: its text, and what it stands for."""

    text: str
    method: bytes
    target: re.Pattern[bytes]

    def fits(self, request: Request) -> bool:
        """Whether a request is meant: HEAD as GET, with the path as sent or decoded, however it is addressed."""
        method = b"GET" if request.method == b"HEAD" else request.method
        sent = _ORIGIN.sub(b"", request.target, count=1)
        return self.method in (method, b"*") and any(map(self.target.fullmatch, (sent, unquote_to_bytes(sent))))


@dataclass(frozen=True, slots=True)
class Safety:
    """`allow_writes`: hosts (`host` or `host:port`) to which all may be sent; `unsafe`: reads that change something."""

    allow_writes: frozenset[str] = frozenset()
    unsafe: tuple[Listed, ...] = ()

    def writes_to(self, host: str, port: int) -> bool:
        """Whether the user allowed writing to a server."""
        return bool({host, f"{host}:{port}"} & self.allow_writes)

    def objection(self, request: Request) -> str:
        """Say why a request may change something; empty where it may not."""
        if request.method not in SAFE_METHODS:
            return "unsafe method"
        found = next((listed for listed in self.unsafe if listed.fits(request)), None)
        return f"unsafe as {found.text!r} of harness.toml says" if found else ""


def read_safety(table: Mapping[str, Any], allow_writes: frozenset[str] = frozenset()) -> Safety:
    """Check what `[safety]` holds. Raises UsageError."""
    unknown = set(table) - {"unsafe"}
    if unknown:
        raise UsageError(f"[safety] has unknown keys: {', '.join(sorted(unknown))}; known is unsafe")
    texts = table.get("unsafe", [])
    if not isinstance(texts, list):
        raise UsageError(f'[safety] unsafe must be a list such as ["GET /logout*"], not {texts!r}')
    return Safety(allow_writes, tuple(map(read_listed, texts)))


def read_listed(text: Any) -> Listed:
    """Read `METHOD PATH?QUERY`, in which `*` stands for anything, as the method does. Raises UsageError."""
    parts = _LISTED.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise UsageError(f'[safety] unsafe: {text!r} is not METHOD /PATH, such as "GET /logout*"')
    pieces = (re.escape(piece.encode("utf-8")) for piece in parts[2].split("*"))
    return Listed(text, parts[1].encode("utf-8"), re.compile(b".*".join(pieces), re.DOTALL))
