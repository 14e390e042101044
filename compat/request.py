"""Makes the request that nobody sent: the environ that a server would give for a URL, for `explain` and `check`."""

from __future__ import annotations

import io
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes, urlsplit

from .errors import ConfigurationError
from .types import Environ

AS_THEY_ARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
"""Headers whose variable has no HTTP_ in front (PEP 3333)."""


def request_for(url: str, method: str = "GET", headers: Iterable[str] = ()) -> Environ:
    """Return the environ for a path or an http:// URL and headers as "Name: value". Raises ConfigurationError."""
    parts = urlsplit(url)
    if not parts.path.startswith("/") and not parts.netloc:
        raise ConfigurationError(f"{url!r} is neither a path beginning with / nor an http:// URL")
    path = parts.path or "/"
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": path + ("?" + parts.query if parts.query else ""),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc or "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme or "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": True,
    }
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise ConfigurationError(f"{header!r} must have the form 'NAME: VALUE'")
        key = name.strip().upper().replace("-", "_")
        environ[key if key in AS_THEY_ARE else f"HTTP_{key}"] = value.strip()
    return environ
