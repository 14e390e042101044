"""The index for WSGI servers: `gunicorn modern.wsgi:application`, set up by the environment (PYPI_DATABASE_URL)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any

from .app import Application, make_app
from .settings import VARIABLES, Settings


class FromEnvironment:
    """Made at the first request: nothing is read or connected when a server loads it, or before that forks."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = Lock()
        self._made: tuple[tuple[str | None, ...], Application] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        return self._application()(environ, start_response)

    def _application(self) -> Application:
        given = tuple(map(self._environ.get, VARIABLES))
        with self._lock:
            if self._made is None or self._made[0] != given:
                self._made = given, make_app(Settings.from_environ(self._environ))
            return self._made[1]


application = FromEnvironment(os.environ)
