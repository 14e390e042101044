"""What pages are made of besides themselves: the stylesheet."""

from __future__ import annotations

from pyramid.response import Response

from ...answers import answer
from ...request import IndexRequest
from .show import STYLESHEET, stylesheet

FOR_EVER = ("Cache-Control", "max-age=31536000, public, immutable")


def static(request: IndexRequest) -> Response:
    """/static/style.css; what it contains is said by the query that pages add."""
    if request.rest != "/" + STYLESHEET:
        return answer(f"Not Found: {request.environ['PATH_INFO']}", "text/plain", status=404, reason="not found")
    return answer(stylesheet(), "text/css; charset=utf-8", FOR_EVER)
