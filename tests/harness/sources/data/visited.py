"""The site of `make_har` as a WSGI application, for replays: its answers are packed by another level of gzip."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from typing import Any

TEXT = ("Content-Type", "application/json")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the site did, but for the picture."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, headers, body = _page(environ["PATH_INFO"])
    length = [("Content-Length", str(len(body)))] if body else []
    start_response(status, [*headers, *length])
    return [body]


def _page(path: str) -> tuple[str, list[tuple[str, str]], bytes]:
    if path == "/login":
        cookies = [("Set-Cookie", "sid=s3; Path=/"), ("Set-Cookie", "t=1; Path=/")]
        return "303 See Other", [("Location", "/home"), *cookies], b"moved"
    if path in ("/", "/home"):
        page = (
            '<html><head><title>Caf\u00e9</title><link rel="icon" href="data:,"></head><body>\n'
            '<form method="post" action="/login"><input name="user"><input name="word" type="password">'
            '<button>in</button></form>\n<img src="/dot.png"></body></html>'
        )
        html = ("Content-Type", "text/html; charset=utf-8")
        return "200 OK", [html, ("Content-Encoding", "gzip")], gzip.compress(page.encode(), 1, mtime=0)
    if path == "/latin":
        return "200 OK", [("Content-Type", "text/plain; charset=iso-8859-1")], b"caf\xe9"
    if path == "/dot.png":
        return "200 OK", [("Content-Type", "image/png"), ("Cache-Control", "max-age=60")], b"another picture"
    return ("204 No Content", [], b"") if path == "/none" else ("200 OK", [TEXT], b'{"a": [1]}')
