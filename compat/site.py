"""One site of several applications: each answers under its URL prefix, as ScriptAlias and Alias put them side by side.

Comes in: a WSGI environ. Goes out: the answer of the application with the longest matching prefix, which sees the
environ as it is; `Health` is the smallest of them. The prefix is that of the path which the applications read: without
dot segments and empty ones. Else `/x/../cgi-bin/a.cgi` would be asked of the files, which would send the program.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from .environ import merged, resolved_path
from .errors import AnsweredError, ConfigurationError, RequestError
from .journal import Journal
from .redirect import take_redirects
from .response import error_page
from .types import Application, Environ, StartResponse


class Site:
    """Applications by URL prefix; "" or "/" takes what is left. A prefix ends where a segment of the path ends."""

    def __init__(self, applications: Mapping[str, Application]) -> None:
        self._applications: dict[str, Application] = {}
        for url, application in applications.items():
            prefix = merged(url).rstrip("/")
            if prefix and not prefix.startswith("/"):
                raise ConfigurationError(f"{url!r} must be a URL prefix like /static: beginning with a slash")
            if prefix in self._applications:
                raise ConfigurationError(f"{prefix or '/'} is given twice: one application can answer there")
            self._applications[prefix] = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        take_redirects(environ, self)  # a program's local redirect may lead to what stands beside it
        try:
            application = self._application(environ)
        except RequestError as error:
            return error_page(error, start_response, head=environ["REQUEST_METHOD"] == "HEAD")
        return application(environ, start_response)

    def _application(self, environ: Environ) -> Application:
        """Return what answers a request. Raises RequestError (404)."""
        path = environ.get("PATH_INFO", "")
        prefix = merged(resolved_path(path, environ.get("RAW_URI") or environ.get("REQUEST_URI")))
        while prefix not in self._applications and prefix:
            prefix = prefix.rpartition("/")[0]
        if prefix not in self._applications:
            raise RequestError(404, f"nothing is served at {path!r}")
        return self._applications[prefix]


class Health:
    """Answers 200 while `look` raises nothing, else 503; what is wrong is for the log, not for whoever asks."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        try:
            self._look()
            status, page = "200 OK", b"ok\n"
        except (AnsweredError, ConfigurationError, OSError) as error:
            Journal(environ).say(logging.WARNING, f"not healthy: {error}")
            status, page = "503 Service Unavailable", b"not ready\n"
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(page))), ("Cache-Control", "no-store")]
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [page]
