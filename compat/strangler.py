"""Two applications as one, route by route: the old one answers until a rule says that the new one does.

Comes in: a WSGI environ. Goes out: the answer of one of the two, which is given the request as it came: the same
environ, the body unread. Which requests go where is the business of `rules`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .environ import encode
from .errors import ConfigurationError
from .journal import Journal, escape
from .proxy import is_header_name
from .redirect import take_redirects
from .rules import Rule, Side, read_rules
from .types import Application, Environ, StartResponse


class Strangler:
    """Sends each request to `old`, or to `new` where the first matching rule says so.

    `rules`: tables, or the path of a TOML file with them as [[rule]]; conditions of one rule must all hold:

        method = "GET" or a list       path = "/simple" (prefix)       glob = "/pypi/*/json"       regex = "/[a-z]+"
        query = { ":action" = "display" }       host = "*.example.org"       header = { X-Beta = "*" }
        cookie = { beta = "1" }       percent = 5 (of the clients, by = "client", "user", "cookie:sid", "header:X-Id")

    and `to = "old"` makes an exception. `header` names a response header that tells who answered; `log` writes a line
    for each request. Raises ConfigurationError.
    """

    def __init__(
        self,
        old: Application,
        new: Application,
        rules: Iterable[Mapping[str, Any]] | str | Path,
        *,
        header: str | None = None,
        log: bool = True,
    ) -> None:
        for name, application in (("old", old), ("new", new)):
            if not callable(application):
                raise ConfigurationError(f"{name}={application!r} is not a WSGI application")
        if header is not None and not is_header_name(header):
            raise ConfigurationError(f"header={header!r} is not a header name")
        self.rules = read_rules(rules)
        self._applications: dict[Side, Application] = {"old": old, "new": new}
        self._header = header
        self._log = log

    def decide(self, environ: Environ) -> Rule | None:
        """Return the first rule that matches, None where none does (then old answers)."""
        return next((rule for rule in self.rules if rule.matches(environ)), None)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        take_redirects(environ, self)  # where a program's local redirect leads is decided by the rules again
        rule = self.decide(environ)
        side: Side = rule.to if rule else "old"
        if self._log:
            path = escape(encode(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")))
            by = f"rule {rule.name!r}" if rule else "no rule"
            Journal(environ, "strangler").say(logging.INFO, f"{environ['REQUEST_METHOD']} {path} to {side} ({by})")
        if self._header:
            start_response = _telling(start_response, self._header, side)
        return self._applications[side](environ, start_response)


def _telling(start_response: StartResponse, name: str, value: str) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
        known = any(key.lower() == name.lower() for key, _ in headers)  # after a local redirect, the last who answered
        told = headers if known else [*headers, (name, value)]
        return start_response(status, told, exc_info) if exc_info else start_response(status, told)

    return start
