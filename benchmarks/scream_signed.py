"""The old index, and beside it the signatures that it had until 2015: without them the first mirror client stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from legacy.wsgi import application as index


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a signature that nobody can verify, or as the index does."""
    if not environ["PATH_INFO"].startswith("/serversig/"):
        answer: Iterable[bytes] = index(environ, start_response)
        return answer
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", "9")])
    return [b"signature"]
