"""A page as the answer to a request: a template and values in, the response out, in the frame of whoever asks."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

from pyramid.response import Response

from ... import rendering
from ...answers import Header
from ...request import IndexRequest
from .frame import Frame

STYLESHEET = "style.css"


def show(
    request: IndexRequest, template: str, title: str, *headers: Header, name: Any = None, version: Any = None,
    **values: Any,
) -> Response:  # fmt: skip
    """Render a template; `name` and `version` say in the breadcrumb whose page it is. Raises NotFound for bad paths."""
    return rendering.page(
        request, template, *headers, page=frame_of(request), title=title, name=name, version=version, **values
    )


def say(request: IndexRequest, title: str, text: str = "", link: tuple[str, str] | None = None) -> Response:
    """Answer with a page that says one thing, with a way on: (URL, text)."""
    return show(request, "message.jinja2", title, text=text, link=link)


def frame_of(request: IndexRequest) -> Frame:
    """What stands around the pages of whoever asks."""
    rendering.check_path(request)
    visitor, roles = request.visitor, request.services.roles
    greeted = visitor.username if visitor.logged_in else None
    return Frame(
        urls=request.urls,
        stylesheet=stylesheet_url(),
        sandbox=request.settings_of_index.sandbox,
        authenticated=visitor.authenticated,
        admin=visitor.authenticated and roles.has(None, "Admin"),
        username=greeted,
        packages=tuple(roles.projects_of(greeted)) if greeted else (),
        token=lambda: rendering.csrf_field(request),
    )


@cache
def stylesheet() -> bytes:
    """The stylesheet."""
    return resources.files("modern").joinpath("static", STYLESHEET).read_bytes()


@cache
def stylesheet_url() -> str:
    """Where it is, under a name of its own for each version of it: caches may keep it for ever."""
    return f"/static/{STYLESHEET}?{hashlib.sha256(stylesheet()).hexdigest()[:12]}"
