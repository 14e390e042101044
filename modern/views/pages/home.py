"""Pages that ask for nothing: the front page, and those about the index."""

from __future__ import annotations

from pyramid.response import Response

from ...request import IndexRequest
from .show import say, show

NEWEST = 40


def home(request: IndexRequest) -> Response:
    """The front page: how many packages there are, and the newest releases (B054)."""
    services = request.services
    identity = ("X-XRDS-Location", request.urls.scheme_host + "/id")
    return show(
        request, "home.jinja2", "PyPI - the Python Package Index", identity,
        count=services.projects.count(), releases=services.releases.newest(NEWEST),
    )  # fmt: skip


def about(request: IndexRequest) -> Response:
    """What this is."""
    return show(request, "about.jinja2", "About PyPI", count=request.services.projects.count())


def mirrors(request: IndexRequest) -> Response:
    """Where copies are."""
    text = "Files come from a network of caches; whoever wants a copy of all may run bandersnatch."
    return say(request, "PyPI Mirrors", text)


def security(request: IndexRequest) -> Response:
    """How to tell of a hole."""
    return say(request, "PyPI Security", "Tell the administrators, not the world, what you found.")
