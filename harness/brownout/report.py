"""Predicted against actual victims, written down: outcomes, impacts, the lab's clients in; text or plain data out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.brownout.outcome import OUTCOMES, RETRIED, Outcome, Seen
from harness.brownout.record import Record
from harness.compare.excerpt import printable
from harness.impact import Impact
from harness.impact.report import BREAKS, READS, outlook
from harness.screams import Tried

FORMAT, VERSION = "harness-brownout", 1

Expected = Mapping[str, Mapping[str, int]]
"""By rule: how many requests each kind of client made that the rule concerns, in the recordings."""


def expected_of(impacts: Sequence[Impact]) -> Expected:
    """Return what recordings let one expect; the removals of a rule bear its name."""
    expected: dict[str, dict[str, int]] = {}
    for found in impacts:
        families = expected.setdefault(found.removal.text, {})
        for hit in found.hits:
            families[hit.client] = max(families.get(hit.client, 0), hit.requests)
    return expected


def foretold(rule: str, record: Record, clients: Sequence[Tried]) -> dict[str, str]:
    """Return what the lab foretells of each kind of client that it tried; empty: it stays silent."""
    removals = record.rules[rule].removals() if rule in record.rules else ()
    words: dict[str, str] = {}
    for client in clients:
        known = {outlook(removal, client)[0] for removal in removals}
        word = BREAKS if BREAKS in known else READS if READS in known else ""
        words[client.family] = BREAKS if BREAKS in (word, words.get(client.family)) else word
    return words


def brownout_json(
    record: Record, found: Sequence[Outcome], expected: Expected | None, clients: Sequence[Tried] | None
) -> dict[str, Any]:
    """Return all that is known as plain data (format `harness-brownout`, version 1)."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "rules": [_rule(each, record, expected, clients) for each in found],
    }


def _rule(found: Outcome, record: Record, expected: Expected | None, clients: Sequence[Tried] | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "rule": found.rule,
        "first": found.first,
        "last": found.last,
        "stopped": found.stopped,
        "clients": [_seen(each) for each in found.seen],
    }
    seen = {each.family for each in found.seen}
    if expected is not None:
        wanted = expected.get(found.rule, {})
        told["expected"] = dict(wanted)
        told["unexpected"] = sorted(seen - set(wanted))
        told["not_seen"] = sorted(set(wanted) - seen)
    if clients is not None:
        words = foretold(found.rule, record, clients)
        told["foretold"] = words
        told["foretold_not_seen"] = sorted(name for name, word in words.items() if word == BREAKS and name not in seen)
    return told


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "family": seen.family,
        "clients": seen.clients,
        "requests": seen.requests,
        "after": dict(seen.after),
        "recovered": seen.recovered,
    }


def brownout_text(
    record: Record, found: Sequence[Outcome], expected: Expected | None, clients: Sequence[Tried] | None
) -> Iterator[str]:
    """Yield lines for people."""
    if not found:
        yield "nobody was hit"
    for each in found:
        yield from _block(each, _rule(each, record, expected, clients))


def _block(found: Outcome, told: Mapping[str, Any]) -> Iterator[str]:
    clients, requests = (sum(getattr(each, name) for each in found.seen) for name in ("clients", "requests"))
    stopped = f"; stopped by itself at {printable(found.stopped)}" if found.stopped else ""
    yield (
        f"{printable(found.rule)}: hit {clients:,} clients with {requests:,} requests, "
        f"{_when(found.first)} to {_when(found.last)} UTC{stopped}"
    )
    for seen in found.seen:
        after = ", ".join(
            f"{seen.after[word]:,} {word}{_recovered(word, seen)}" for word in OUTCOMES if word in seen.after
        )
        hit = f"{seen.clients:6,} clients {seen.requests:8,} requests"
        yield f"  {hit}  {printable(seen.family)}: {after}{_known(seen, told)}"
    for key, words in (
        ("not_seen", "expected by the recordings, and not hit"),
        ("foretold_not_seen", "foretold by the lab, and not hit"),
    ):
        if told.get(key):
            yield f"  {words}: {', '.join(map(printable, told[key]))}"


def _recovered(word: str, seen: Seen) -> str:
    return f" ({seen.recovered:,} were answered then)" if word == RETRIED and seen.recovered else ""


def _known(seen: Seen, told: Mapping[str, Any]) -> str:
    """Return what was known before of a kind of client."""
    parts = []
    if "expected" in told:
        parts.append("expected" if seen.family in told["expected"] else "NOT EXPECTED")
    if "foretold" in told:
        word = told["foretold"].get(seen.family)
        parts.append("not tried in the lab" if word is None else f"the lab: {word or 'silent'}")
    return "".join(f" · {part}" for part in parts)


def _when(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S}"
