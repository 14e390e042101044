"""The cookie by which a Strangler knows a client again, so that it stays on its side (`by = "sticky"`).

Comes in: a request. Goes out: the client's identity, and the header that gives it to the client. A client without the
cookie is known by its address: those that keep no cookies stay on their side, too, as long as they stay where they are.
"""

from __future__ import annotations

import hashlib
import re
from http.cookies import CookieError, SimpleCookie

from .environ import join_cookies
from .types import Environ

COOKIE = "compat_client"
KEPT = 30 * 24 * 3600
"""Seconds that a browser keeps the cookie."""
_identity = re.compile(r"[0-9a-f]{16}").fullmatch


def sticky_identity(environ: Environ) -> str | None:
    """Return the identity that the client brought, or else the one that it is to be given; None without an address."""
    return _brought(environ) or _of_address(environ.get("REMOTE_ADDR", ""))


def new_cookie(environ: Environ) -> tuple[str, str] | None:
    """Return the header that gives a client its identity; None where it has one, or none can be given."""
    identity = None if _brought(environ) else sticky_identity(environ)
    if identity is None:
        return None
    secure = "; Secure" if environ["wsgi.url_scheme"] == "https" else ""
    return "Set-Cookie", f"{COOKIE}={identity}; Path=/; Max-Age={KEPT}; HttpOnly; SameSite=Lax{secure}"


def cookie(environ: Environ, name: str) -> str | None:
    """Return a cookie's value. One that cannot be parsed hides none of the others."""
    for text in join_cookies(environ.get("HTTP_COOKIE", "")).split(";"):
        key, equals, value = text.strip().partition("=")
        if equals and key == name:
            return _unquoted(value)
    return None


def _brought(environ: Environ) -> str | None:
    value = cookie(environ, COOKIE) if COOKIE in environ.get("HTTP_COOKIE", "") else None
    return value if value and _identity(value) else None


def _of_address(address: str) -> str | None:
    return hashlib.sha256(address.encode("utf-8", "surrogateescape")).hexdigest()[:16] if address else None


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return SimpleCookie(f"x={value}")["x"].value
    except (CookieError, KeyError):
        return value
