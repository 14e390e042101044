"""How nginx hands a request to compat: what it forwards, what it hides, and how long it waits.

Comes in: the settings of a server. Goes out: lines for a `server` or a `location`.
"""

from __future__ import annotations

from .model import Settings

GRACE = 10
"""Seconds that nginx waits longer than compat, so that compat's own answer to a slow program arrives."""
OBEYED = tuple(f"X-Accel-{name}" for name in ("Redirect", "Expires", "Limit-Rate", "Buffering", "Charset"))
"""Headers of an answer that nginx would obey, and that any program can print."""
UNTRUSTED = ("X-Forwarded-Host", "X-Forwarded-Port")
"""Headers that compat would believe of a trusted front end, and that only a client can have sent."""
PROXY_HEADERS = (
    'proxy_set_header Connection "";',
    "proxy_set_header Host $http_host;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
    *(f'proxy_set_header {name} "";' for name in UNTRUSTED),
)
"""All of them: where a location sets one, nginx forgets those of the server."""


def proxy_lines(settings: Settings) -> list[str]:
    """Return what holds for all of a server: nginx forwards as the client asked, and streams as programs write. It
    obeys no program: a header X-Accel-Redirect would open any location that is for nginx itself.
    """
    streamed = ["proxy_http_version 1.1;", "proxy_buffering off;", read_timeout(settings)]
    streamed.append(f"proxy_ignore_headers {' '.join(OBEYED)};")
    return [*streamed, *PROXY_HEADERS]


def read_timeout(settings: Settings) -> str:
    """Return how long nginx waits for a program."""
    return f"proxy_read_timeout {settings.timeout + GRACE}s;"
