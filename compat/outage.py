"""What a rule with `to = "off"` switches off, when, and what is answered then: the words of its table, checked.

Comes in: a rule's table. Goes out: an `Outage` that tells whether it is on at a time. Who was hit, and whether it was
stopped, is the business of `brownout`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from .errors import ConfigurationError
from .types import Environ

WORDS = ("start", "minutes", "every", "answer", "retry_after", "stop_requests", "stop_clients")
ANSWERS = {
    404: "404 Not Found",
    410: "410 Gone",
    503: "503 Service Unavailable",
}
WITHOUT = "without"
"""The answer of old to the request without the parameters or headers that the rule names."""


@dataclass(frozen=True, slots=True)
class Outage:
    """`start` (seconds since the epoch; None: always), for `seconds`, again `every` so many seconds (None: once).

    `retry_after` in seconds; None: to the end of the outage. It ends for good after `stop_requests` or `stop_clients`.
    `conditions` is what the rule says of requests, for the record. `without`: old answers, and is not told the query's
    parameters and the headers that are named there; then `answer` is 0.
    """

    start: float | None = None
    seconds: float = 0.0
    every: float | None = None
    answer: int = 503
    retry_after: int | None = None
    stop_requests: int | None = None
    stop_clients: int | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    without: bool = False

    def left(self, now: float) -> float:
        """Return for how many seconds it is still on; 0 where it is not, infinite where it has no schedule."""
        if self.start is None:
            return float("inf")
        if now < self.start:
            return 0.0
        gone = (now - self.start) % self.every if self.every else now - self.start
        return max(0.0, self.seconds - gone)

    def strip(self, environ: Environ) -> None:
        """Take the parameters and headers that the rule names out of a request."""
        for name in self.conditions.get("header", ()):
            environ.pop(f"HTTP_{name.upper().replace('-', '_')}", None)
        names = frozenset(self.conditions.get("query", ()))
        parts = environ.get("QUERY_STRING", "").split("&")
        kept = [part for part in parts if unquote_plus(part.partition("=")[0]) not in names]
        environ["QUERY_STRING"] = "&".join(kept)

    def headers(self, now: float) -> list[tuple[str, str]]:
        """Return the headers of the answer (RFC 9110 section 10.2.3 for Retry-After)."""
        given = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        left = self.left(now)
        wait = self.retry_after if self.retry_after is not None else None if left == float("inf") else int(left) + 1
        return [*given, ("Retry-After", str(wait))] if self.answer == 503 and wait is not None else given


def read_outage(to: str, words: dict[str, Any]) -> Outage | None:
    """Take the words of an outage out of a rule's table; what is left are conditions. Raises ConfigurationError."""
    taken = {word: words.pop(word) for word in WORDS if word in words}
    if to != "off":
        if taken:
            raise ConfigurationError(f'{next(iter(taken))} is for to = "off" only')
        return None
    start, minutes, every = taken.get("start"), _number(taken, "minutes"), _number(taken, "every")
    if (start is None) != (minutes is None):
        raise ConfigurationError("start and minutes: an outage with a schedule needs both")
    if every is not None and (minutes is None or every < minutes):
        raise ConfigurationError("every must be minutes, not fewer than those that the outage takes")
    answer = taken.get("answer", 503)
    without = answer == WITHOUT
    if without and not {"query", "header"} & set(words):
        raise ConfigurationError('answer = "without" is for rules with query or header: they say what is taken out')
    if answer not in [*ANSWERS, WITHOUT]:  # a list: what TOML holds need not be hashable
        raise ConfigurationError(f"answer = {answer!r} must be {', '.join(map(str, ANSWERS))} or {WITHOUT!r}")
    conditions = {word: value for word, value in words.items() if word not in ("percent", "by")}
    whole = {word: _whole(taken, word) for word in ("retry_after", "stop_requests", "stop_clients")}
    return Outage(
        None if start is None else _time(start),
        (minutes or 0.0) * 60,
        None if every is None else every * 60,
        0 if without else answer,
        **whole,
        conditions=conditions,
        without=without,
    )


def _time(value: Any) -> float:
    """Read a date and time of TOML, or the same as text; without an offset it is UTC."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        time = None
    if not isinstance(time, datetime):
        raise ConfigurationError(f"start = {value!r} must be a time like 2026-12-01T10:00:00Z")
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _number(words: Mapping[str, Any], word: str) -> float | None:
    value = words.get(word)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0):
        raise ConfigurationError(f"{word} = {value!r} must be a number of minutes above 0")
    return value


def _whole(words: Mapping[str, Any], word: str) -> int | None:
    value = words.get(word)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ConfigurationError(f"{word} = {value!r} must be a whole number above 0")
    return value
