"""Which request is what: an environ in, a context and the name of a view out; Pyramid finds the view by both.

The first name of the path says which part of the index is meant. Below /pypi (and /oauth) the visitor is found out
first, then the action is taken from the form or the path. Paths need not be UTF-8.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from .errors import Gone, NotFound
from .request import IndexRequest, Visitor


class Site:
    """A part of the index with a name of its own: /simple, /packages, /daytime, ..."""


class Index:
    """/pypi: the view's name is the action."""


class Call:
    """/pypi with a body of XML-RPC."""


SITE, INDEX, CALL = Site(), Index(), Call()
PARTS = frozenset(
    ("simple", "packages", "daytime", "serial", "serversig", "mirrors", "id", "google_login", "security", "static")
)
PROGRAMS = frozenset(("pypi", "oauth"))


def root(request: IndexRequest) -> Site:
    """Pyramid's root factory: nothing hangs on the root."""
    return SITE


class Traverser:
    """Finds context and view name of a request."""

    def __init__(self, root: Site) -> None:
        self._root = root

    def __call__(self, request: IndexRequest) -> dict[str, Any]:
        """Return what Pyramid's router asks of a traverser."""
        context, name = place(request)
        return {
            "context": context, "view_name": name, "subpath": (), "traversed": (), "root": self._root,
            "virtual_root": self._root, "virtual_root_path": (),
        }  # fmt: skip


def place(request: IndexRequest) -> tuple[object, str]:
    """Return (context, view name). Raises the errors of bad forms and paths."""
    path = request.environ.get("PATH_INFO", "")
    name = path[1:].partition("/")[0]
    if not name and path in ("", "/"):
        return SITE, "front"
    if "\0" in path and (name in PARTS or name in PROGRAMS):
        return SITE, "no path"
    if name in PARTS:
        request.form  # noqa: B018  # a form that cannot be read is refused wherever it is sent
        return SITE, name
    if name not in PROGRAMS:
        return SITE, "unknown"
    request.form  # noqa: B018
    identify(request)
    if name == "oauth":
        raise Gone("OAuth has been disabled.")
    if request.environ.get("CONTENT_TYPE") == "text/xml":
        return CALL, ""
    return INDEX, action_of(request)


def action_of(request: IndexRequest) -> str:
    """Return the action that form or path ask for; name and version of the path go into the form (B034-B046)."""
    form = request.form
    action = form.get(":action") or action_of_path(request)
    if isinstance(action, list):
        from .services.python2 import u_repr

        raise RuntimeError(f"Multiple actions: {u_repr(action)}")
    version = form.get("version")
    if version in ("doap", "json"):
        del form["version"]
        action = version
    if not isinstance(action, str) or not action:
        raise NotFound
    return action


def action_of_path(request: IndexRequest) -> str:
    """`/`, `/NAME`, `/NAME/VERSION` and `/NAME/VERSION/ACTION` (B042)."""
    path = request.rest_text()
    if not path:
        return "home"
    if path == "/":
        request.form["name"] = ""
        return "index"
    items = path.split("/")[1:]
    for key, item in zip(("name", "version"), items, strict=False):
        if item:
            request.form[key] = item
    return items[2] if len(items) > 2 and items[2] else "display"


def identify(request: IndexRequest) -> None:
    """Find out who asks. Wrong credentials do not fail the request: the visitor is just nobody (B226).

    A valid cookie wins over the Authorization header (B229).
    """
    cookie = cookies(request.environ.get("HTTP_COOKIE", "")).get("pypi")
    username = request.services.sessions.user_of(cookie) if cookie else None
    if username is not None:
        request.become(Visitor(username, logged_in=True, cookie=cookie))
        return
    kind, _, credentials = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind.lower() == "basic":
        name, password = basic_credentials(credentials)
        if name and request.services.users.login(name, password):
            request.become(Visitor(name))


def cookies(header: str) -> dict[str, str]:
    """Return {name: value} of a Cookie header."""
    if not header:
        return {}
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return {name: value.strip('"') for name, equals, value in pairs if equals}


def basic_credentials(credentials: str) -> tuple[str, str]:
    """Return (name, password) of the second word of an Authorization header; empty if it is not what it should be."""
    try:
        name, colon, password = base64.b64decode(credentials).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (name, password) if colon else ("", "")
