"""Switches parts of an application off for a while, on purpose, and writes down whom that hits and what they do next.

Comes in: a request that a rule with `to = "off"` concerns, and the later requests of clients that were hit. Goes out:
the answer, and lines in a record that all workers share (`ledger`); `harness brownout` reads it. When a rule is on is
the business of `outage`. Where nothing can be recorded nothing is switched off.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from .environ import encode
from .errors import ConfigurationError
from .journal import Journal, escape
from .ledger import Ledger
from .outage import ANSWERS
from .rules import Rule
from .types import Environ, StartResponse

LATER = 20
"""Later requests of a client that are written down."""
REST = 10.0
"""Seconds in which nothing is switched off after the record could not be written."""
LONGEST = 500
"""Characters of a path, or of a User-Agent, in the record."""


class Brownout:
    """Keeps the `record` (a path). Each client that was hit is followed for `follow` seconds.

    At most `memory` clients are remembered in each worker. When the record has `most` bytes, nothing is switched off
    any more. Raises ConfigurationError where the record cannot be.
    """

    def __init__(
        self,
        record: str | os.PathLike[str],
        *,
        follow: float = 600.0,
        memory: int = 10_000,
        most: int = 64 << 20,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = Ledger(record, memory, most)
        if not self._ledger.path.parent.is_dir():
            raise ConfigurationError(f"record={str(record)!r}: there is no folder {self._ledger.path.parent}")
        self._follow, self._clock = follow, clock
        self._rests_until = 0.0

    def holds(self, rule: Rule) -> bool:
        """Whether a rule switches off now: by its schedule, and unless it was stopped."""
        now = self._clock()
        outage = rule.outage
        return (
            outage is not None
            and outage.left(now) > 0
            and now >= self._rests_until
            and not self._ledger.toll(rule.name).stopped
        )

    def takes(self, rule: Rule, environ: Environ) -> bool:
        """Write down that a request is hit; False where the rule was stopped meanwhile, or nothing can be written."""
        journal = Journal(environ, "brownout")
        try:
            events = self._ledger.change(partial(self._hit, rule, environ, journal))
            return bool(events) and events[-1]["event"] == "off"
        except OSError as error:
            self._rests_until = self._clock() + REST
            journal.say(logging.ERROR, f"nothing is switched off, since nothing can be recorded: {error}")
            return False

    def _hit(self, rule: Rule, environ: Environ, journal: Journal) -> list[dict[str, Any]]:
        assert rule.outage is not None
        toll, client = self._ledger.toll(rule.name), self._client(environ)
        if toll.stopped:
            return []
        requests, clients = toll.requests, len(toll.clients | {client})
        for limit, count, what in (
            (rule.outage.stop_requests, requests, "requests"),
            (rule.outage.stop_clients, clients - 1 if client not in toll.clients else 0, "clients"),
        ):
            if limit is not None and count >= limit:
                journal.say(logging.WARNING, f"rule {rule.name!r} is stopped for good: it has hit {limit} {what}")
                return [{"event": "stopped", "time": self._clock(), "rule": rule.name, "why": f"{limit} {what}"}]
        told = [] if toll.requests else [_of_rule(rule, self._clock(), self._follow)]
        return [*told, {"event": "off", **self._asked(rule.name, client, environ), "status": rule.outage.answer}]

    def answer(self, rule: Rule, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request that is hit (PEP 3333)."""
        assert rule.outage is not None
        body = b"This part of the service is switched off for a while, on purpose.\n"
        if rule.outage.answer == 410:
            body = b"This part of the service is going away.\n"
        headers = [*rule.outage.headers(self._clock()), ("Content-Length", str(len(body)))]
        start_response(ANSWERS[rule.outage.answer], headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def following(self, environ: Environ, start_response: StartResponse) -> StartResponse:
        """Return a `start_response` that writes down what a client that was hit does next."""
        try:
            self._ledger.look()
        except OSError:
            return start_response
        victim = self._ledger.victims.get(self._client(environ)) if self._ledger.victims else None
        if victim is None or victim.later >= LATER or self._clock() - victim.time > self._follow:
            return start_response
        asked = self._asked(victim.rule, self._client(environ), environ)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], Any]:
            event = {"event": "next", **asked, "status": int(status[:3])}
            try:
                self._ledger.change(lambda: [event])
            except OSError as error:
                Journal(environ, "brownout").say(logging.ERROR, f"what a client did next is not recorded: {error}")
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return start

    def _asked(self, rule: str, client: str, environ: Environ) -> dict[str, Any]:
        """Return what is written down of a request: of a query only the names, since values may be secret."""
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        query = environ.get("QUERY_STRING", "")
        return {
            "time": round(self._clock(), 3),
            "rule": rule,
            "client": client,
            "agent": escape(encode(environ.get("HTTP_USER_AGENT", "")))[:LONGEST],
            "method": escape(encode(environ["REQUEST_METHOD"]))[:LONGEST],
            "path": escape(encode(path))[:LONGEST],
            "parameters": [escape(encode(name))[:LONGEST] for name, _ in parse_qsl(query[:LONGEST], True)],
            "url": self._hashed(path, query),
        }

    def _client(self, environ: Environ) -> str:
        return self._hashed(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_USER_AGENT", ""))

    def _hashed(self, *texts: str) -> str:
        whole = "\0".join((self._ledger.salt, *texts)).encode("utf-8", "surrogateescape")
        return hashlib.sha256(whole).hexdigest()[:16]


def _of_rule(rule: Rule, now: float, follow: float) -> dict[str, Any]:
    assert rule.outage is not None
    return {
        "event": "rule",
        "time": now,
        "rule": rule.name,
        "conditions": dict(rule.outage.conditions),
        "answer": rule.outage.answer,
        "follow": follow,
    }
