"""The fidelity card: what a recording that was imported holds, counted, and so what it can and cannot judge.

Exchanges come in one by one, a few lines of text go out. Counted is what was read, not what a format promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from harness.exchange import Exchange
from harness.sources.source import (
    BODY_BYTES,
    FRAMING,
    HEADER_CASE,
    HEADER_ORDER,
    START_LINE,
    TIME,
)

_BODILESS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})
_IDENTITY = (("address", "peer"), ("user name", "user"), ("Authorization", "authorization"), ("User-Agent", "agent"))
_SHOWN = 5  # hosts named


class Fidelity:
    """Counts what exchanges hold; `guesses` are the aspects that their source could not tell exactly."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.hosts: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._guessed: Counter[frozenset[str]] = Counter()
        self._last = 0.0

    def add(self, exchange: Exchange, guesses: frozenset[str] = frozenset()) -> None:
        """Count one exchange."""
        self.exchanges += 1
        self._guessed[guesses] += 1
        counts = self._counts
        request, response = exchange.request, exchange.response
        names = {name.lower() for name, _ in request.headers}
        if b"host" in names:
            self.hosts[exchange.host] += 1
        if request.body is None or request.body or request.method not in _BODILESS:
            counts["may have a body"] += 1
            counts["request body"] += request.body is not None
        if response is not None:
            counts["response"] += 1
            counts["response body"] += response.body is not None
            counts["response headers"] += bool(response.headers)
        counts["cookie"] += b"cookie" in names
        counts["authorization"] += b"authorization" in names
        counts["agent"] += b"user-agent" in names
        counts["peer"] += bool(exchange.peer)
        counts["user"] += bool(exchange.user)
        if exchange.started:
            counts["time"] += 1
            counts["fraction"] += not exchange.started.is_integer()
            counts["out of order"] += exchange.started < self._last
            self._last = exchange.started

    @property
    def timed(self) -> int:
        """How many exchanges have a time."""
        return self._counts["time"]

    def guessed(self, aspect: str) -> int:
        """Return how many exchanges have a guess for an aspect of `source.GUESSES`."""
        return sum(count for guesses, count in self._guessed.items() if aspect in guesses)

    def share(self, name: str, of: str | None = None) -> str:
        """Return a count in words: `all`, `none`, or `3 of 10`."""
        total = self._counts[of] if of else self.exchanges
        return _share(self._counts[name], total)

    def lines(self) -> Iterator[str]:
        """Yield the card."""
        width = max(len(label) for label, _ in self._rows())
        yield "what this recording holds:"
        for label, text in self._rows():
            yield f"  {label:<{width}}  {text}"
        for head, sentences in (("it can judge", self._can()), ("it cannot judge", self._cannot())):
            for sentence in sentences:
                yield f"{head}: {sentence}"
        if len(self.hosts) > 1:
            yield from self._host_lines()

    def _rows(self) -> Iterator[tuple[str, str]]:
        wants = self._counts["may have a body"]
        yield "request bodies", self.share("request body", "may have a body") if wants else "none needed"
        yield "answers", self.share("response")
        yield "answer bodies", self._answer_bodies()
        yield "answer headers", self.share("response headers")
        yield "cookies", f"sent by {self.share('cookie')}"
        yield "identity", self._identity()
        yield "times", self._times()
        yield "request lines", self._as_sent(START_LINE)
        yield "headers", self._as_sent(HEADER_CASE, HEADER_ORDER)
        yield "framing", self._as_sent(FRAMING)

    def _as_sent(self, *aspects: str) -> str:
        wrong = [(aspect, count) for aspect in aspects if (count := self.guessed(aspect))]
        told = (f"{aspect.split()[-1]} of {_share(count, self.exchanges)}" for aspect, count in wrong)
        return f"as sent but for a guess: {', '.join(told)}" if wrong else "as sent"

    def _answer_bodies(self) -> str:
        guessed = self.guessed(BODY_BYTES)
        text = self.share("response body")
        return f"{text}, other bytes of the same text in {_share(guessed, self.exchanges)}" if guessed else text

    def _identity(self) -> str:
        return ", ".join(f"{label} of {self.share(name)}" for label, name in _IDENTITY)

    def _times(self) -> str:
        if not self._counts["time"]:
            return "none: the order is that of the file"
        exact = "to the second" if not self._counts["fraction"] else "to a part of a second"
        guessed = f", {_share(self.guessed(TIME), self.exchanges)} as guessed" if self.guessed(TIME) else ""
        return f"{self.share('time')}, {exact}{guessed}"

    def _can(self) -> Iterator[str]:
        counts = self._counts
        if counts["response body"]:
            yield "answers as they were: status, headers and body are compared with the recorded ones"
        elif counts["response"]:
            yield "statuses, against the recorded ones; pages only old against new, where both answer alike"
        if counts["may have a body"] and counts["request body"]:
            yield "forms and uploads"

    def _cannot(self) -> Iterator[str]:
        counts = self._counts
        missing = counts["may have a body"] - counts["request body"]
        if missing:
            yield f"{missing} requests whose body is not in it: they cannot be sent again"
        if not counts["response"]:
            yield "whether old still answers as recorded: there are no answers"
        if not counts["cookie"] and not counts["authorization"]:
            yield "what only logged-in users see: no request has a cookie or an Authorization"
        if not counts["time"] or not counts["fraction"]:
            yield "races: requests of one second stand in the order of the file"
        if self.guessed(HEADER_CASE) or self.guessed(HEADER_ORDER):
            yield "what depends on the case or the order of request headers"

    def _host_lines(self) -> Iterator[str]:
        named = ", ".join(f"{host} ({count})" for host, count in self.hosts.most_common(_SHOWN))
        more = f" and {len(self.hosts) - _SHOWN} more" if len(self.hosts) > _SHOWN else ""
        yield f"{len(self.hosts)} hosts: {named}{more}; --host HOST imports one of them"


def _share(count: int, total: int) -> str:
    if count == total:
        return "all"
    return f"{count} of {total}" if count else "none"


def by_frequency(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return reasons and counts, the most frequent first, in one order for the same counts."""
    return sorted(reasons.items(), key=lambda each: (-each[1], each[0]))


def counted(reasons: Iterable[tuple[str, int]]) -> str:
    """Return counts in words: `3 (WebSocket), 1 (data: URL)`."""
    return ", ".join(f"{count} ({reason})" for reason, count in reasons)
