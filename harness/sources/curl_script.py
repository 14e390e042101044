"""A shell script of curl commands, one for each request: for a person who wants to ask a server the same, by hand."""

from __future__ import annotations

from collections import Counter

from harness.exchange import Exchange
from harness.report.curl import SHOWN, curl
from harness.sources.sink import Sink


class _Script:
    """`sink.Style` of the script."""

    def __init__(self, _: str | None) -> None:
        self.lost: Counter[str] = Counter()

    def opening(self) -> bytes:
        """Return the first lines."""
        return b"#!/bin/sh\n"

    def item(self, exchange: Exchange, number: int) -> bytes:
        """Return one command, after a line that names it; what is too long for a command line is left out."""
        request = exchange.request
        self.lost["answers"] += exchange.response is not None
        identity = "".join(char if char.isprintable() else "?" for char in exchange.id)
        head = f"\n# {identity or number + 1}"
        reason = _why_not(exchange)
        if reason:
            self.lost[f"requests {reason}"] += 1
            return f"{head}: left out, {reason}\n".encode()
        return f"{head}\n{curl(request)}\n".encode()

    def closing(self, _: int) -> bytes:
        """Return nothing."""
        return b""


def _why_not(exchange: Exchange) -> str:
    request = exchange.request
    if request.body is None:
        return "whose body was not recorded"
    if len(request.body) > SHOWN:
        return f"with a body of more than {SHOWN} bytes"
    if not request.method.isalpha() or not request.version:
        return "that are no HTTP/1 curl could send"
    return ""


CURL_SINK = Sink(
    "curl",
    "a shell script of curl commands",
    (".sh",),
    _Script,
    loses={
        "answers, times, addresses": "lost",
        "requests": f"without a known body, malformed, or with more than {SHOWN} bytes of it: left out",
        "framing": "curl's own",
    },
)
