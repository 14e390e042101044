"""The index for WSGI servers: `gunicorn modern.wsgi:application`, set up by the environment (PYPI_DATABASE_URL)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from sqlalchemy.exc import OperationalError

from . import sandbox
from .app import Application, make_app
from .settings import VARIABLES, Settings


class FromEnvironment:
    """Made at the first request: nothing is read or connected when a server loads it, or before that forks.

    A sandbox claims its places then, and what is of the other kind is refused: each request raises WrongPlace.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = Lock()
        self._made: tuple[tuple[str | None, ...], Application] | None = None
        self._claimed: tuple[str | None, ...] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        return self._application()(environ, start_response)

    def _application(self) -> Application:
        given = tuple(map(self._environ.get, VARIABLES))
        with self._lock:
            if self._made is None or self._made[0] != given:
                self._made = given, make_app(Settings.from_environ(self._environ))
            made = self._made[1]
        if self._claimed != given:
            settings = Settings.from_environ(self._environ)
            with suppress(OperationalError):  # no database: the application says so, and the next request asks again
                sandbox.claim(settings.database_url, settings.files, sandbox=settings.sandbox)
                self._claimed = given
        return made


application = FromEnvironment(os.environ)
