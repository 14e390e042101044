"""The old index, and what two generations of mirrors want beside it: signatures (until 2015), more JSON (since 2019).

Without the signatures the first mirror client stops, without the JSON that of today: no change could break them then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from legacy.wsgi import application as index

Start = Callable[..., Any]


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """Answer a signature that nobody can verify, JSON with what came later, or as the index does."""
    path = environ["PATH_INFO"]
    if path.startswith("/serversig/"):
        start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", "9")])
        return [b"signature"]
    if path.endswith("/json"):
        return _json(environ, start_response)
    answer: Iterable[bytes] = index(environ, start_response)
    return answer


def _json(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    status, headers, body = _asked(environ, environ["PATH_INFO"])
    if status.startswith("200"):
        body = _extended(environ, dict(headers), json.loads(body))
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        headers.append(("Content-Length", str(len(body))))
    start_response(status, headers)
    return [body]


def _extended(environ: dict[str, Any], headers: dict[str, str], document: dict[str, Any]) -> bytes:
    document["last_serial"] = int(headers["X-PYPI-LAST-SERIAL"])
    for file in [*document["urls"], *(file for files in document["releases"].values() for file in files)]:
        _, _, content = _asked(environ, unquote(urlsplit(file["url"]).path))
        file["digests"] = {"md5": file["md5_digest"], "sha256": hashlib.sha256(content).hexdigest()}
        file["upload_time_iso_8601"] = file["upload_time"] + ".000000Z"
    return json.dumps(document, indent=4, separators=(", ", ": ")).encode()


def _asked(environ: dict[str, Any], path: str) -> tuple[str, list[tuple[str, str]], bytes]:
    told: list[Any] = []
    answer = index({**environ, "PATH_INFO": path}, lambda status, headers, *_: told.append((status, headers)))
    try:
        body = b"".join(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    return (*told[-1], body)
