"""What clients did after they were hit: entries of a record come in, counts by rule and kind of client go out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.brownout.record import Entry, Record
from harness.naming import Names

GAVE_UP, RETRIED, ELSEWHERE, FOLLOWED = "gave up", "retried", "went elsewhere", "still followed"
OUTCOMES = (GAVE_UP, RETRIED, ELSEWHERE, FOLLOWED)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one kind of client did: how many clients and requests were hit, and how many clients did what next.

    `recovered`: so many of those that retried were answered in the end.
    """

    family: str
    clients: int
    requests: int
    after: Mapping[str, int]
    recovered: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule of a brownout did: `first` and `last` request that was refused, and each kind of client."""

    rule: str
    first: float
    last: float
    seen: tuple[Seen, ...]
    stopped: str = ""


def outcomes(record: Record, names: Names, now: float) -> list[Outcome]:
    """Return what each rule did, in the order in which they began; `now` tells who is still followed."""
    by_rule: dict[str, dict[str, list[Entry]]] = {}
    for entry in record.entries:
        clients = by_rule.setdefault(entry.rule, {})
        if entry.event == "off" or entry.client in clients:
            clients.setdefault(entry.client, []).append(entry)
    return [_outcome(rule, clients, record, names, now) for rule, clients in by_rule.items() if clients]


def _outcome(rule: str, clients: Mapping[str, list[Entry]], record: Record, names: Names, now: float) -> Outcome:
    follow = record.rules[rule].follow if rule in record.rules else 0.0
    families: dict[str, list[list[Entry]]] = {}
    for entries in clients.values():
        families.setdefault(names.families.client(entries[0].agent).family, []).append(entries)
    seen = sorted((_seen(*item, follow, now) for item in families.items()), key=lambda one: (-one.clients, one.family))
    refused = [entry.time for entries in clients.values() for entry in entries if entry.event == "off"]
    return Outcome(rule, min(refused), max(refused), tuple(seen), record.stopped.get(rule, ""))


def _seen(family: str, clients: Iterable[list[Entry]], follow: float, now: float) -> Seen:
    known = list(clients)
    after = Counter(what_next(entries, follow, now) for entries in known)
    retried = [entries for entries in known if what_next(entries, follow, now) == RETRIED]
    recovered = sum(any(_is_answered(entry, entries[0]) for entry in entries[1:]) for entries in retried)
    requests = sum(entry.event == "off" for entries in known for entry in entries)
    return Seen(family, len(known), requests, {word: after[word] for word in OUTCOMES if after[word]}, recovered)


def what_next(entries: list[Entry], follow: float, now: float) -> str:
    """Return what a client did after it was first hit; its entries are in the order of time."""
    first, *later = entries
    following = next((entry for entry in later if entry.time - first.time <= follow), None)
    if following is None:
        return FOLLOWED if now - first.time < follow else GAVE_UP
    return RETRIED if following.url == first.url else ELSEWHERE


def _is_answered(entry: Entry, first: Entry) -> bool:
    return entry.event == "next" and entry.url == first.url and entry.status < 400
