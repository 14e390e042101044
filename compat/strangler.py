"""Two applications as one, route by route: the old one answers until a rule says that the new one does.

Comes in: a WSGI environ. Goes out: the answer of one of the two, which is given the request as it came: the same
environ, the body unread. Which requests go where is the business of `rules` and `rulefile`, what happens where new
fails that of `attempt`, asking new beside old that of `shadow`.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from .attempt import Guarded, attempt, is_failure, is_whole, may_repeat
from .brownout import Brownout
from .environ import encode
from .errors import ConfigurationError
from .journal import Journal, escape
from .proxy import is_header_name
from .redirect import take_redirects
from .routed import NO_RULE, Routed
from .rulefile import Rules
from .rules import Rule, Side
from .shadow import Shadow
from .sticky import new_cookie
from .types import Application, Environ, StartResponse


class Strangler:
    """Sends each request to `old`, or to `new` where the first matching rule says so.

    `rules`: tables, or the path of a TOML file with them as [[rule]], which may change at any time; conditions of one
    rule must all hold:

        method = "GET" or a list       path = "/simple" (prefix)       glob = "/pypi/*/json"       regex = "/[a-z]+"
        query = { ":action" = "display" }       host = "*.example.org"       client = "10.0.0.0/8"
        header = { X-Beta = "*" }       cookie = { beta = "1" }       percent = 5 (of the clients, told apart
        by = "client", "user", "sticky", "cookie:sid" or "header:X-Id"; "sticky" gives them a cookie)

    `to = "old"` makes an exception, `to = "shadow"` has old answer, and new asked afterwards, as `shadow` says;
    `to = "off"` switches off for a while, as `brownout` records. Where new fails (5xx, or an exception before the first
    byte) at a GET, HEAD or OPTIONS without a body, old answers, unless the rule says `fallback = false`. `header` names
    a response header that tells who answered; `log` writes a line for each request. Raises ConfigurationError.
    """

    def __init__(
        self,
        old: Application,
        new: Application,
        rules: Iterable[Mapping[str, Any]] | str | Path,
        *,
        shadow: Shadow | None = None,
        brownout: Brownout | None = None,
        header: str | None = None,
        log: bool = True,
    ) -> None:
        for name, application in (("old", old), ("new", new)):
            if not callable(application):
                raise ConfigurationError(f"{name}={application!r} is not a WSGI application")
        if header is not None and not is_header_name(header):
            raise ConfigurationError(f"header={header!r} is not a header name")
        self._shadow = shadow
        self._brownout = brownout
        self._rules = Rules(rules, self._check)
        self._applications: dict[Side, Application] = {"old": old, "new": new}
        self._header = header
        self._log = log
        self._routed = Routed()

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """What became of the requests of this process, by rule: `{"simple": {"new": 120, "fell back": 2}}`."""
        return self._routed.counts

    def decide(self, environ: Environ) -> Rule | None:
        """Return the first rule that matches, None where none does (then old answers)."""
        journal = Journal(environ, "strangler")
        rules = self._rules.now(lambda text, well: journal.say(logging.INFO if well else logging.ERROR, text))
        return next((rule for rule in rules if rule.matches(environ) and self._is_on(rule)), None)

    def _is_on(self, rule: Rule) -> bool:
        return rule.outage is None or (self._brownout is not None and self._brownout.holds(rule))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        take_redirects(environ, self)  # where a program's local redirect leads is decided by the rules again
        if self._brownout is not None:
            start_response = self._brownout.following(environ, start_response)
        rule = self.decide(environ)
        for _ in self._rules.held if rule and rule.outage else ():  # each may turn out to be stopped
            if rule is None or rule.outage is None:
                break
            if self._is_taken(rule, environ):
                return self._switched_off(rule, environ, start_response)
            rule = self.decide(environ)
        side: Side = rule.side if rule else "old"
        counted = self._routed.counter(rule.name if rule else NO_RULE, environ)
        counted(side)
        self._say(environ, rule, side)
        if rule is None or rule.to == "old":
            return self._answering("old", environ)(environ, start_response)
        if rule.to == "shadow":
            return self._shadowed(rule, counted, environ, start_response)
        if rule.fallback and may_repeat(environ):
            return self._tried(rule, counted, environ, start_response)
        return self._unguarded(counted, environ, start_response)

    def _is_taken(self, rule: Rule, environ: Environ) -> bool:
        return self._brownout is not None and self._brownout.takes(rule, environ)

    def _switched_off(self, rule: Rule, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        assert self._brownout is not None, "_check saw to that"
        self._routed.counter(rule.name, environ)("off")
        if self._log:
            Journal(environ, "strangler").say(logging.INFO, f"{_request(environ)} is off (rule {rule.name!r})")
        if rule.outage is not None and rule.outage.without:
            rule.outage.strip(environ)
            return self._answering("old", environ)(environ, start_response)
        return self._brownout.answer(rule, environ, start_response)

    def _check(self, rules: tuple[Rule, ...]) -> None:
        if self._shadow is None and (asked := [rule.name for rule in rules if rule.to == "shadow"]):
            raise ConfigurationError(f"{asked[0]}: to = 'shadow' needs Strangler(..., shadow=Shadow(callback))")
        if self._brownout is None and (off := [rule.name for rule in rules if rule.to == "off"]):
            raise ConfigurationError(f"{off[0]}: to = 'off' needs Strangler(..., brownout=Brownout(record))")

    def _shadowed(
        self, rule: Rule, counted: Callable[[str], None], environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        assert self._shadow is not None, "_check saw to that"
        sides = self._applications["old"], self._applications["new"]
        watched = partial(self._shadow.watch, sides, rule.name, counted)  # before headers of ours are added
        return self._telling("old", watched, environ)(environ, start_response)

    def _tried(
        self, rule: Rule, counted: Callable[[str], None], environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        def failed(reason: str, error: BaseException | None) -> Application:
            counted("fell back")
            journal = Journal(environ, "strangler")
            text = f"{_request(environ)} fell back to old (rule {rule.name!r}): {reason}"
            if error is None:
                journal.say(logging.WARNING, text)
            else:
                journal.exception(text, "".join(traceback.format_exception(error)))
            return self._answering("old", environ)

        broke = partial(counted, "failed")
        return attempt(self._answering("new", environ), failed, broke, environ, start_response)

    def _unguarded(
        self, counted: Callable[[str], None], environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        failed = _once(partial(counted, "failed"))

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
            if is_failure(status):
                failed()
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            answer = self._answering("new", environ)(environ, start)
        except (Exception, SystemExit):
            failed()
            raise
        return answer if is_whole(answer, environ) else Guarded(answer, failed)

    def _answering(self, side: Side, environ: Environ) -> Application:
        return self._telling(side, self._applications[side], environ)

    def _telling(self, side: Side, application: Application, environ: Environ) -> Application:
        """Return an application that says who answers, and gives the client its cookie, where it is asked to."""
        given: list[tuple[str, str]] = [(self._header, side)] if self._header else []
        cookie = new_cookie(environ) if self._is_sticky(environ) else None
        if not given and cookie is None:
            return application
        return lambda environ, start: application(environ, _adding(start, given, [cookie] if cookie else []))

    def _is_sticky(self, environ: Environ) -> bool:
        """Whether the rules divide requests such as this by a cookie of ours."""
        rules = self._rules.held
        for rule in rules if any(rule.sticky for rule in rules) else ():
            if rule.sticky and rule.concerns(environ):
                return True
            if rule.matches(environ):
                return False
        return False

    def _say(self, environ: Environ, rule: Rule | None, side: Side) -> None:
        if not self._log:
            return
        journal = Journal(environ, "strangler")
        by = f"rule {rule.name!r}" if rule else NO_RULE
        beside = ", shadowed by new" if rule and rule.to == "shadow" else ""
        journal.say(logging.INFO, f"{_request(environ)} to {side}{beside} ({by})")
        if self._routed.due:
            journal.say(logging.INFO, f"so far: {self._routed}")


def _once(count: Callable[[], object]) -> Callable[[], object]:
    """Return what counts when it is called first, and never again."""
    left = [count]
    return lambda: left.pop()() if left else None


def _request(environ: Environ) -> str:
    path = escape(encode(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")))
    return f"{environ['REQUEST_METHOD']} {path}"


def _adding(start_response: StartResponse, once: list[tuple[str, str]], also: list[tuple[str, str]]) -> StartResponse:
    """Return a `start_response` that adds headers: those of `once` where there is none of the name."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
        known = {key.lower() for key, _ in headers}  # after a local redirect, the last who answered has said so
        told = [*headers, *(pair for pair in once if pair[0].lower() not in known)]
        told += [pair for pair in also if pair not in headers]
        return start_response(status, told, exc_info) if exc_info else start_response(status, told)

    return start
