"""Answers of every kind: values in, Pyramid responses out, whose bytes are those that clients of the old index knew."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pyramid.response import Response

Header = tuple[str, str]
_controls = re.compile("[\x00-\x1f\x7f]")
TEXT = "text/plain; charset=utf-8"


class Answer(Response):  # type: ignore[misc]  # Pyramid has no types
    """A response that keeps its Location as it is: relative ones are what clients of the old index got."""

    def _abs_headerlist(self, environ: dict[str, Any]) -> list[Header]:
        return list(self.headerlist)


def answer(
    body: str | bytes | Iterable[bytes],
    content_type: str | None = TEXT,
    *headers: Header,
    status: int = 200,
    reason: str = "OK",
) -> Response:
    """Return a response of exactly these headers; text goes out as UTF-8, bytes that came raw go out as they came."""
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogateescape")
    named = [("Content-Type", content_type)] if content_type else []
    named += [(name, header_text(value)) for name, value in headers]
    pieces = [body] if isinstance(body, bytes) else body
    return Answer(status=f"{status} {header_text(reason)}".rstrip(), headerlist=named, app_iter=pieces)


def failure(
    message: str, code: int = 400, heading: str = "", content: str = "", headers: Iterable[Header] = ()
) -> Response:
    """An error page: as text, or as HTML where the content has markup (B248). The message is the reason phrase too."""
    if "<" in content and ">" in content:
        kind, parts = "html", [f"<strong>{heading}</strong>" if heading else "", message]
        body = "\n".join(part + "<br /><br />\n" for part in parts if part) + content
    else:
        kind, parts = "plain", [heading, message]
        body = "".join(part + "\n\n" for part in parts if part) + content
    return answer(body, f"text/{kind}; charset=utf-8", *headers, status=code, reason=message)


def redirect(code: int, reason: str, location: str, *headers: Header) -> Response:
    """No body, no content type; the location goes out as UTF-8, unquoted (B253)."""
    return answer(b"", None, ("Location", location), *headers, status=code, reason=reason)


def header_text(value: Any) -> str:
    """A header's text as WSGI has it: UTF-8 bytes as characters, one line whatever it echoes."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return _controls.sub(" ", text).encode("utf-8", "surrogateescape").decode("latin-1")
