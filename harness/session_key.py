"""What ties an exchange to the client session it is part of: an `Exchange` comes in, numbers go out.

Exchanges that share one of their numbers are of one session: an Authorization, a cookie value that looks like an
identifier (sent or set), or, where a request has neither, the peer's address and User-Agent. Hashes, not the values.
"""

from __future__ import annotations

import hashlib
import re

from harness.exchange import Exchange, Request, Response, all_headers

IDENTIFIER = 16
"""The least length of a cookie's value that tells clients apart; shorter ones (`en`, `1`) are shared by many."""

_WITH_PORT = re.compile(rb"(\[.*\]|[^:]+):\d+")


def session_keys(exchange: Exchange) -> list[int]:
    """Return what ties an exchange to its session, as signed numbers of 64 bits; never nothing."""
    given = [b"authorization " + value for value in all_headers(exchange.request.headers, b"authorization")]
    given += [b"cookie " + value for value in _sent(exchange.request)]
    if not given:  # the first visit ties the nameless client to the cookie that it gets
        given.append(b"client " + _client(exchange))
    if exchange.response is not None:
        given += [b"cookie " + value for value in _set(exchange.response)]
    return [int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big", signed=True) for key in given]


def _client(exchange: Exchange) -> bytes:
    """Return address and User-Agent; behind a proxy, the address that it was forwarded for."""
    forwarded = (exchange.request.header(b"x-forwarded-for") or b"").partition(b",")[0].strip()
    address = forwarded or exchange.peer.encode("utf-8", "surrogateescape")
    port = _WITH_PORT.fullmatch(address)
    return (port[1] if port else address) + b" " + (exchange.request.header(b"user-agent") or b"")


def _sent(request: Request) -> list[bytes]:
    """Return the cookies of a request that may identify its client, as `name=value` (RFC 6265 section 5.4)."""
    pairs = [pair.strip() for line in all_headers(request.headers, b"cookie") for pair in line.split(b";")]
    return [pair for pair in pairs if _identifies(pair)]


def _set(response: Response) -> list[bytes]:
    """Return the cookies that an answer sets and that may identify its client (RFC 6265 section 5.2)."""
    pairs = [line.partition(b";")[0].strip() for line in all_headers(response.headers, b"set-cookie")]
    return [pair for pair in pairs if _identifies(pair)]


def _identifies(pair: bytes) -> bool:
    return len(pair.partition(b"=")[2].strip(b'"')) >= IDENTIFIER
