"""How long the content of two answers is, whether it was sent (GET) or only its length stated (HEAD).

A request and its two answers come in, one short digest goes out, which is equal where the same target has the same two
lengths. Which of these are differences of their own is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType

from harness.exchange import Request, Response


def two_lengths(request: Request, old: Response, new: Response) -> str:
    """Return a digest of a target and of how long its content is on both sides; empty where it is as long, or unknown.

    Of GET the bodies are measured, of HEAD Content-Length is believed (RFC 9110 section 9.3.2).
    """
    measure = MEASURES.get(request.method)
    sides = (measure(old), measure(new)) if measure is not None else (b"", b"")
    if not all(sides) or sides[0] == sides[1]:
        return ""
    return blake2b(b"\0".join((request.target, *sides)), digest_size=8).hexdigest()


def _sent(response: Response) -> bytes:
    return b"" if response.body is None else str(len(response.body)).encode()


def _stated(response: Response) -> bytes:
    return (response.header(b"content-length") or b"").strip()


MEASURES: Mapping[bytes, Callable[[Response], bytes]] = MappingProxyType({b"GET": _sent, b"HEAD": _stated})
