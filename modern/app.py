"""What is put together: settings in, a WSGI application out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.tweens import EXCVIEW

from . import caching, traversal, views
from .installation import Installation
from .request import IndexRequest
from .settings import Settings

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Handler = Callable[[IndexRequest], Response]

ALWAYS = [
    ("X-Clacks-Overhead", "GNU Terry Pratchett"), ("X-Frame-Options", "deny"), ("X-XSS-Protection", "1; mode=block"),
    ("X-Content-Type-Options", "nosniff"),
]  # fmt: skip
# How long caches keep the parts of the index (B018).
BY_NAME = {
    "simple": [("Surrogate-Control", "max-age=86400"), ("Cache-Control", "max-age=600, public")],
    "mirrors": [("Cache-Control", "max-age=604800, public")],
    "security": [("Cache-Control", "max-age=604800, public")],
}
DOWNLOADED, NOT_DOWNLOADED = 31557600, 3600  # seconds that caches keep a file, and that there is none


def make_app(settings: Settings) -> Application:
    """Return the index as a WSGI application."""
    config = Configurator(
        settings={"tm.activate_hook": "modern.app.needs_transaction", "tm.annotate_user": False},
        root_factory=traversal.root, request_factory=IndexRequest,
    )  # fmt: skip
    config.registry["installation"] = Installation(settings)
    config.add_tween("pyramid_tm.tm_tween_factory", over=EXCVIEW)  # not included: IndexRequest has `tm` by itself
    config.add_traverser(traversal.Traverser)
    config.add_tween("modern.app.shell_headers")
    config.add_tween("modern.caching.for_surrogates")
    config.add_view_deriver(caching.marked, name="public")
    views.register(config)
    app: Application = config.make_wsgi_app()
    return app


def needs_transaction(request: IndexRequest) -> bool:
    """Whether the request runs in one transaction from beginning to end; the simple index begins one where it must."""
    return part_of(request) != "simple"


def part_of(request: IndexRequest) -> str:
    """The first name of the path."""
    name: str = request.environ.get("PATH_INFO", "")[1:].partition("/")[0]
    return name


def shell_headers(handler: Handler, registry: Any) -> Handler:
    """A tween: the headers that the shell around the old index added, how long caches keep what and the hardening ones
    (B018, B020).
    """

    def tween(request: IndexRequest) -> Response:
        response = handler(request)
        name = part_of(request)
        added = BY_NAME.get(name, [])
        if name == "packages":
            age = DOWNLOADED if response.status_int in (200, 304) else NOT_DOWNLOADED
            added = [("Cache-Control", f"max-age={age}, public")]
        response.headerlist = [*response.headerlist, *added, *ALWAYS]
        return response

    return tween
