"""Who is hit, written down: impacts and the lab's clients come in, text for people or plain data for JSON goes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.compare.excerpt import printable
from harness.impact.removal import Removal
from harness.impact.victims import DAY, Hit, Impact
from harness.screams import Place, Tried

BREAKS, READS, ASKS, FLAKY, UNTRIED = "breaks", "reads it", "merely asks", "flaky", "not tried"
FORMAT, VERSION = "harness-impact", 1
SHOWN = 20
"""Families in the table of a removal; the rest are counted."""


def outlook(removal: Removal, client: Tried) -> tuple[str, str]:
    """Return what the lab knows of a client and a removal, and its evidence: empty where it knows nothing of both."""
    if client.flaky:
        return FLAKY, ""
    # What is gone is answered with another status: who breaks at that tells the most.
    for seen in sorted(client.breaks, key=lambda seen: seen.place.aspect != "status"):
        if _is_about(removal, seen.place):
            place = " ".join(filter(None, (seen.place.endpoint, seen.place.aspect, seen.place.path)))
            return BREAKS, f"{seen.operator} at {place}" + (f": {seen.evidence}" if seen.evidence else "")
    if any(_is_about(removal, place) for place in client.reads):
        return READS, ""
    return (ASKS, "") if any(map(removal.is_of, client.asks)) else ("", "")


def _is_about(removal: Removal, place: Place) -> bool:
    """Tell whether a place is what goes away: whoever breaks at any detail of an answer needs the endpoint."""
    if not removal.is_of(place.endpoint):
        return False
    if removal.kind in ("endpoint", "method"):
        return True
    if removal.kind != "field":  # the lab changes answers, and no requests
        return False
    aspect = "header" if removal.part == "header" else "body"
    return place.aspect == aspect and place.path.lower() == removal.name.lower()


def _known(hit: Hit, removal: Removal, clients: Sequence[Tried]) -> tuple[str, str]:
    """Return the worst that the lab knows of a family."""
    told = [(client, *outlook(removal, client)) for client in clients if client.family == hit.client]
    for wanted in (BREAKS, READS, ASKS, FLAKY):
        for client, word, evidence in told:
            if word == wanted:
                return word, f"{client.name}: {evidence}" if evidence else ""
    return UNTRIED, ""


def predicted(removal: Removal, clients: Sequence[Tried]) -> list[str]:
    """Return the names of the clients that the lab expects to break, those that the recording lacks included."""
    return [client.name for client in clients if outlook(removal, client)[0] == BREAKS]


def impact_text(impacts: Sequence[Impact], clients: Sequence[Tried] | None = None) -> Iterator[str]:
    """Yield lines; `clients` are those of the lab's map, None without one."""
    for number, found in enumerate(impacts):
        if number:
            yield ""
        yield from _block(found, clients)


def _block(found: Impact, clients: Sequence[Tried] | None) -> Iterator[str]:
    share = found.requests / found.exchanges if found.exchanges else 0.0
    yield (
        f"{printable(found.removal.text)}: {found.requests:,} of {found.exchanges:,} requests ({share:.2%}), "
        f"{_rate(found.a_day(found.requests))} a day, from {len(found.hits)} kinds of client in "
        f"{sum(hit.sessions for hit in found.hits):,} sessions ({found.seconds / DAY:.2f} days recorded)"
    )
    if found.unsure:
        yield f"  of {found.unsure:,} more requests the recording does not tell whether they used it"
    if found.hits:
        yield "  requests    a day  sessions  addresses  last seen (UTC)   client"
    for hit in found.hits[:SHOWN]:
        known = _lab(hit, found.removal, clients)
        yield (
            f"  {hit.requests:8,} {_rate(found.a_day(hit.requests)):>8}  {hit.sessions:8,}  {hit.addresses:9,}  "
            f"{_when(hit.last)}  {printable(hit.client)}{known}"
        )
    if len(found.hits) > SHOWN:
        yield f"  ... and {len(found.hits) - SHOWN} more kinds of client: --json has them all"
    if clients is not None:
        names = ", ".join(predicted(found.removal, clients)) or "nobody that it tried"
        yield f"  would scream, as the lab saw: {names}"


def _lab(hit: Hit, removal: Removal, clients: Sequence[Tried] | None) -> str:
    if clients is None:
        return ""
    word, evidence = _known(hit, removal, clients)
    return f" · {word}" + (f" ({printable(evidence)})" if evidence else "")


def _rate(number: float) -> str:
    return f"{number:,.1f}" if 0 < number < 10 else f"{number:,.0f}"


def _when(started: float) -> str:
    try:
        return f"{datetime.fromtimestamp(started, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):  # no year of our calendar
        return f"{started:.0f}"


def impact_json(impacts: Sequence[Impact], clients: Sequence[Tried] | None = None) -> dict[str, Any]:
    """Return all that is known as plain data (format `harness-impact`, version 1)."""
    return {"format": FORMAT, "version": VERSION, "removals": [_removal(found, clients) for found in impacts]}


def _removal(found: Impact, clients: Sequence[Tried] | None) -> dict[str, Any]:
    return {
        "remove": found.removal.text,
        "exchanges": found.exchanges,
        "days": found.seconds / DAY,
        "requests": found.requests,
        "unsure": found.unsure,
        "clients": [_hit(found, hit, clients) for hit in found.hits],
        **({} if clients is None else {"would_scream": predicted(found.removal, clients)}),
    }


def _hit(found: Impact, hit: Hit, clients: Sequence[Tried] | None) -> dict[str, Any]:
    told = {
        "family": hit.client,
        "requests": hit.requests,
        "a_day": found.a_day(hit.requests),
        "sessions": hit.sessions,
        "addresses": hit.addresses,
        "last": hit.last,
        "endpoints": dict(hit.endpoints),
    }
    if clients is not None:
        word, evidence = _known(hit, found.removal, clients)
        told["lab"] = {"outlook": word, "evidence": evidence}
    return told
