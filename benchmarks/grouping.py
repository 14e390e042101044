"""How well groups match causes: 1, 5 and 20 known mistakes at once in real answers, and the V-measure of what is found.

Answers come from `recordings/`, and from the recordings of the old index where they lie beside the checkout; exchanges
that write get rows, files and a mail made up from what was asked. Every differing exchange x place is labelled by the
cause that made it differ, and by the group that counts it.
"""

from __future__ import annotations

import base64
import json
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from benchmarks.causes import HELD_OUT, KNOWN, Case, Cause
from harness.clients import client
from harness.compare import compare
from harness.compare.effects import compare_effects
from harness.config import Config, find_config
from harness.difference import Difference
from harness.effects import Effects
from harness.endpoint import endpoint
from harness.exchange import Exchange, Request, Response
from harness.group import Groups, Observation
from harness.recording import open_recordings

ROOT = Path(__file__).parents[1]
TRAFFIC = ROOT.parent / "shared" / "traffic" / "index-2016"
AT_ONCE = {1: 0, 5: 6, 20: 3}
"""How many causes at once, and how often they are drawn; one at a time: each."""
WANTED = 0.95

Label = tuple[str, str]


def main() -> None:
    """Measure and print."""
    for title, causes in (("known causes", KNOWN), ("held-out causes", HELD_OUT)):
        for number, draws in AT_ONCE.items():
            found = [measure(drawn) for drawn in drawings(causes, number, draws)]
            values = [value for value in found if value is not None]
            print(
                f"{title}, {number:2} at once: V-measure {statistics.mean(values):.3f}"
                f" (median {statistics.median(values):.3f}, worst {min(values):.3f} of {len(values)} draws)"
            )


def drawings(causes: Mapping[str, Cause], number: int, draws: int) -> Iterator[dict[str, Cause]]:
    """Yield each cause alone, or some of them in some order, the same in every run."""
    if number == 1:
        yield from ({name: cause} for name, cause in causes.items())
        return
    for seed in range(draws):
        names = random.Random(seed).sample(sorted(causes), number)
        yield {name: causes[name] for name in names}


def measure(causes: Mapping[str, Cause], every: int = 1) -> float | None:
    """Inject causes, group what differs, and return the V-measure; None where nothing differed."""
    return v_measure(labelled(causes, every))


def labelled(causes: Mapping[str, Cause], every: int = 1) -> list[Label]:
    """Return (cause, group) of every differing exchange x place, in all exchanges or one of so many."""
    groups = Groups()
    seen: list[tuple[list[Observation], dict[Difference, str]]] = []
    for exchange, case in cases()[::every]:
        differences, labels = inject(case, causes)
        observations = [observation(exchange, one) for one in differences]
        groups.add(observations)
        seen.append((observations, labels))
    groups.finish()
    assign = groups.assignment()
    found: list[Label] = []
    for observations, labels in seen:
        places = {
            (one.difference.aspect, one.difference.path, labels[one.difference], group)
            for one, group in zip(observations, assign(observations), strict=True)
        }
        found += [(cause, group) for _, _, cause, group in sorted(places)]
    return found


def inject(case: Case, causes: Mapping[str, Cause]) -> tuple[list[Difference], dict[Difference, str]]:
    """Return what differs when all causes act, and which of them each difference comes from.

    One acts after the other; a difference is of the cause that brought it. Where a cause only changed how an earlier
    one's difference looks, it stays the earlier one's.
    """
    now: Case = case
    labels: dict[Difference, str] = {}
    for name, cause in causes.items():
        changed = cause(now)
        if changed == now:
            continue
        now = changed
        alone, before, labels = None, labels, {}
        earlier = {_place(one): label for one, label in before.items()}
        for one in differing(case, now):
            labels[one] = before.get(one, name)
            if one not in before and _place(one) in earlier:
                alone = alone if alone is not None else {_place(other) for other in differing(case, cause(case))}
                labels[one] = name if _place(one) in alone else earlier[_place(one)]
    return list(labels), labels


def _place(difference: Difference) -> tuple[str, str, str]:
    return difference.aspect, difference.path, difference.kind


def differing(old: Case, new: Case) -> list[Difference]:
    """Return how two cases differ, as the judge has it: what another answer did not write follows from that."""
    found = compare(old.response, new.response)
    if old.response.status // 100 != new.response.status // 100:
        return found
    return [*found, *compare_effects(old.effects, new.effects)]


@cache
def configuration() -> Config:
    """Return what the checkout calls its endpoints."""
    return find_config(ROOT)


def observation(exchange: Exchange, difference: Difference) -> Observation:
    """Return a difference as it is counted."""
    return Observation(
        exchange.id,
        endpoint(exchange.request, configuration().endpoints, configuration().parameters),
        client(exchange.request),
        difference,
        len(exchange.request.body or b"") + len(exchange.request.start_line),
    )


@cache
def cases() -> Sequence[tuple[Exchange, Case]]:
    """Return all recorded exchanges that were answered."""
    recorded = [exchange for recording in open_recordings([ROOT / "recordings"]) for exchange in recording]
    exchanges = [*recorded, *real()]
    return [
        (exchange, Case(exchange.request, exchange.response, written(exchange, number)))
        for number, exchange in enumerate(exchanges)
        if exchange.response is not None
    ]


def real() -> Iterator[Exchange]:
    """Yield the exchanges with the old index, where its recordings are."""
    for path in sorted(TRAFFIC.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            found = json.loads(line)
            yield Exchange(
                f"{found['scenario']}#{found['n']}", _request(found["request"]), _response(found["response"])
            )


def _request(found: Mapping[str, str]) -> Request:
    line = f"{found['method']} {found['target']} {found['version']}".encode("latin-1")
    return Request(line, _headers(found), base64.b64decode(found.get("body_base64", "")))


def _response(found: Mapping[str, str]) -> Response:
    content = base64.b64decode(found.get("body_base64", ""))
    return Response(int(found["status"]), found["reason"].encode("latin-1"), _headers(found), content)


def _headers(found: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in found["headers"])


def written(exchange: Exchange, number: int) -> Effects:
    """Make up what a write wrote: rows of three tables, a file, a mail."""
    body = exchange.request.body or b""
    accepted = exchange.response is not None and exchange.response.status == 200
    if exchange.request.method != b"POST" or not accepted or b"methodCall" in body[:500]:
        return Effects()
    name, at = f"Project-{number % 17}", f"2016-05-{number % 28 + 1:02} 10:{number % 60:02}"
    journal = (("id", str(number)), ("name", name), ("action", "new release"), ("submitted_from", f"10.0.0.{number}"))
    release = (("name", name), ("version", f"1.{number}"), ("summary", f"Summary {number}"), ("created", at))
    url = (("name", name), ("version", f"1.{number}"), ("url", f"http://example.org/{name}"))
    suffix = ("tar.gz", "zip", "whl", "egg")[number % 4]
    return Effects(
        rows={"journals": {journal: 1}, "releases": {release: 1}, "release_urls": {url: 1}},
        keys={"journals": ("id",)},
        files={f"{number:02x}/{name}-1.{number}.{suffix}": f"0644 sha256:{number:064x}"},
        mail=f"From: index@example.org\nTo: {name}@example.org\nSubject: {name} 1.{number}\n\nhello\n".encode(),
    )


def v_measure(labels: Sequence[Label]) -> float | None:
    """Return the harmonic mean of homogeneity and completeness (Rosenberg and Hirschberg, 2007)."""
    if not labels:
        return None
    both = _entropy(Counter(labels))
    causes, groups = (_entropy(Counter(label[side] for label in labels)) for side in (0, 1))
    homogeneity = 1 - (both - groups) / causes if causes else 1.0
    completeness = 1 - (both - causes) / groups if groups else 1.0
    total = homogeneity + completeness
    return 2 * homogeneity * completeness / total if total else 0.0


def _entropy(counts: Counter[object] | Counter[Label] | Counter[str]) -> float:
    total = sum(counts.values())
    return -sum(count / total * math.log(count / total) for count in counts.values())


if __name__ == "__main__":
    sys.exit(main())
