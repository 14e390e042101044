"""What is put together: settings in, a WSGI application out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import jinja2
from pyramid.config import Configurator
from pyramid.response import Response
from transaction import TransactionManager

from . import rendering, traversal, views
from .database import Database
from .request import IndexRequest
from .services import Services
from .services.kept import KeptAnswers
from .services.readme import Readme
from .services.simple import KeptPages
from .services.storage import FileStore, file_store
from .settings import Settings, Urls

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


class Installation:
    """What outlives a request: settings, database, file store, templates."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.kept_pages = KeptPages()
        self.kept = KeptAnswers()

    @cached_property
    def store(self) -> FileStore:
        """Where files are."""
        return file_store(self.settings.files)

    @cached_property
    def templates(self) -> jinja2.Environment:
        """The pages."""
        return rendering.make_environment()

    @cached_property
    def readme(self) -> Readme:
        """What renders descriptions."""
        return Readme()

    def services(self, manager: TransactionManager, urls: Urls) -> Services:
        """Return what can be done within a transaction."""
        return Services(self.database, self.store, self.settings, urls, manager)


def make_app(settings: Settings) -> Application:
    """Return the index as a WSGI application."""
    config = Configurator(
        settings={"tm.manager_hook": "pyramid_tm.explicit_manager", "tm.annotate_user": False},
        root_factory=traversal.root, request_factory=IndexRequest,
    )  # fmt: skip
    config.registry["installation"] = Installation(settings)
    config.include("pyramid_tm")
    config.add_traverser(traversal.Traverser)
    config.add_tween("modern.app.shell_headers")
    views.register(config)
    app: Application = config.make_wsgi_app()
    return app


def shell_headers(handler: Handler, registry: Any) -> Handler:
    """A tween: the headers that the shell around the old index added, how long caches keep what and the hardening ones
    (B018, B020).
    """

    def tween(request: IndexRequest) -> Response:
        response = handler(request)
        name = request.environ.get("PATH_INFO", "")[1:].partition("/")[0]
        added = BY_NAME.get(name, [])
        if name == "packages":
            age = DOWNLOADED if response.status_int in (200, 304) else NOT_DOWNLOADED
            added = [("Cache-Control", f"max-age={age}, public")]
        response.headerlist = [*response.headerlist, *added, *ALWAYS]
        return response

    return tween
