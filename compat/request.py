"""Makes the request that nobody sent: the environ that a server would give for a URL, for `explain` and `check`.

What is typed with letters beyond ASCII becomes what a browser makes of it: percent signs in the URL (RFC 3987 section
3.1), UTF-8 in a header.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from urllib.parse import quote, unquote_to_bytes, urlsplit

from .environ import DEFAULT_PORTS
from .errors import ConfigurationError
from .types import Environ

AS_THEY_ARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
"""Headers whose variable has no HTTP_ in front (PEP 3333)."""

PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
"""What a URL is sent with as it was typed; the rest is percent-encoded."""


def request_for(url: str, method: str = "GET", headers: Iterable[str] = ()) -> Environ:
    """Return the environ for a path or an http:// URL and headers as "Name: value". Raises ConfigurationError."""
    try:
        parts = urlsplit(f"http://localhost{url}" if url.startswith("/") else url)
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise ConfigurationError(f"{url!r} is neither a path beginning with / nor an http:// URL")
    path, query = (quote(_bytes(text), PRINTABLE) for text in (parts.path or "/", parts.query))
    environ: Environ = {
        "REQUEST_METHOD": _sent(method),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": path + ("?" + query if query else ""),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": _sent(parts.netloc),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
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
        key = _sent(name.strip()).upper().replace("-", "_")
        environ[key if key in AS_THEY_ARE else f"HTTP_{key}"] = _sent(value.strip())
    return environ


def _sent(text: str) -> str:
    """Return a word of the command line as its bytes, in "bytes as latin-1" text (PEP 3333)."""
    return _bytes(text).decode("latin-1")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
