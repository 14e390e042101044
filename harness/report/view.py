"""What the page shows, made of a `Result`: rows of its tables, and groups with what filters them.

A `Result` comes in, frozen rows go out; words and numbers only. How they look is the template's affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.exchange import Request
from harness.group import Group
from harness.report.curl import curl
from harness.report.highlight import Piece, highlight
from harness.report.model import COUNTS, Result
from harness.report.snippet import snippet

DETAILED = 200
"""Groups that are shown in full; the others are a row of a table each."""
EXAMPLES = 3
"""Examples of a group that are written as commands."""

SHARES: Sequence[tuple[str, str]] = (
    ("matched", "answered as before"),
    ("accepted", "differ as was accepted"),
    ("different", "differ"),
    ("unjudged", "could not be judged"),
)
"""The parts of all exchanges, and what they are called."""


@dataclass(frozen=True, slots=True)
class Share:
    """One part of all exchanges: its count, and its percentage for the bar."""

    name: str
    label: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint or a kind of client: its requests, how many were judged and differ, and for how many reasons.

    `different` is a lower bound where `at_least`. `judged` is None where it is not known.
    """

    name: str
    requests: int
    judged: int | None
    different: int
    at_least: bool
    reasons: int

    @property
    def unjudged(self) -> int:
        """How many requests were not judged."""
        return 0 if self.judged is None else self.requests - self.judged


@dataclass(frozen=True, slots=True)
class Example:
    """An exchange that shows a group: its id, and its request as a command and as a test (empty: none).

    `answered` says who answered it, in a mixed replay.
    """

    id: str
    command: str
    test: str
    answered: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A group as the page shows it; `state` is `new`, `may follow` or `accepted`."""

    group: Group
    state: str
    endpoints: str
    clients: str
    old: Sequence[Piece] = ()
    new: Sequence[Piece] = ()
    examples: Sequence[Example] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the page can be filtered by: names, of which groups hold the numbers."""

    endpoints: Sequence[str]
    clients: Sequence[str]
    aspects: Sequence[str]
    kinds: Sequence[str]
    states: Sequence[str]


def shares(result: Result) -> list[Share]:
    """Return the parts of all exchanges that are not empty."""
    exchanges = result.count("exchanges")
    counts = {name: result.count(name) for name in COUNTS}
    counts["unjudged"] = max(0, exchanges - counts["judged"])
    return [
        Share(name, label, counts[name], 100 * counts[name] / max(1, exchanges))
        for name, label in SHARES
        if counts[name]
    ]


def endpoint_rows(result: Result) -> list[Row]:
    """Return the endpoints, those that differ first, then those that were not judged."""
    return sorted((_endpoint_row(result, *item) for item in result.endpoints.items()), key=_weight)


def _endpoint_row(result: Result, name: str, counts: Mapping[str, int]) -> Row:
    seen = [group.endpoints[name] for group in result.groups if name in group.endpoints]
    requests = sum(counts.get(kind, 0) for kind in ("judged", "stale", "unreplayable", "errors"))
    told = any("different" in counts for counts in result.endpoints.values())
    return _row(name, requests, counts.get("judged", 0), counts.get("different", 0) if told else None, seen)


def client_rows(result: Result) -> list[Row]:
    """Return the kinds of client, those most affected first."""
    counts = {name: result.clients.get(name, 0) for group in result.groups for name in group.clients} | dict(
        result.clients
    )
    rows = []
    for name, requests in counts.items():
        seen = [group.clients[name] for group in result.groups if name in group.clients]
        rows.append(_row(name, requests, None, result.affected.get(name, 0) if result.affected else None, seen))
    return sorted(rows, key=_weight)


def _row(name: str, requests: int, judged: int | None, different: int | None, seen: Sequence[int]) -> Row:
    """Return a row; `different` is None where only the groups tell, each of which counts its own exchanges."""
    if different is not None:
        return Row(name, requests, judged, different, False, len(seen))
    return Row(name, requests, judged, max(seen, default=0), len(seen) > 1, len(seen))


def _weight(row: Row) -> tuple[int, int, int, str]:
    return -row.different, -row.unjudged, -row.requests, row.name


def choices(result: Result) -> Choices:
    """Return what groups can be filtered by."""
    groups = [group for group, _ in _states(result)]
    return Choices(
        endpoints=sorted({name for group in groups for name in group.endpoints}),
        clients=sorted({name for group in groups for name in group.clients}),
        aspects=sorted({group.aspect for group in groups}),
        kinds=sorted({group.kind for group in groups}),
        states=[
            state for state in ("new", "may follow", "accepted") if state in {state for _, state in _states(result)}
        ],
    )


def shown_groups(result: Result, base: str) -> list[Shown]:
    """Return all groups: causes, what may follow, what was accepted; the first `DETAILED` in full."""
    offered = choices(result)
    endpoints = {name: number for number, name in enumerate(offered.endpoints)}
    clients = {name: number for number, name in enumerate(offered.clients)}
    return [
        _shown(result, group, state, endpoints, clients, base if number < DETAILED else None)
        for number, (group, state) in enumerate(_states(result))
    ]


def _states(result: Result) -> Iterator[tuple[Group, str]]:
    yield from ((group, "new") for group in result.causes)
    yield from ((group, "may follow") for group in result.consequences)
    yield from ((group, "accepted") for group in result.accepted)


def _shown(
    result: Result, group: Group, state: str, endpoints: Mapping[str, int], clients: Mapping[str, int], base: str | None
) -> Shown:
    told = group, state, _numbers(group.endpoints, endpoints), _numbers(group.clients, clients)
    if base is None:
        return Shown(*told)
    return Shown(*told, *highlight(group.old, group.new), examples=examples(group, result, base))


def _numbers(names: Mapping[str, int], numbers: Mapping[str, int]) -> str:
    return " ".join(str(numbers[name]) for name in names)


def examples(group: Group, result: Result, base: str) -> list[Example]:
    """Return a group's first examples; one of them, the smallest that can, as a test."""
    found: list[Example] = []
    has_test = False
    for name in (example.exchange for example in group.examples[:EXAMPLES]):
        request = result.requests.get(name)
        test = "" if has_test or request is None else _test(group, request, result, name)
        has_test = has_test or bool(test)
        command = curl(request, base) if request else ""
        found.append(Example(name, command, test, result.mixed.get(name, "")))
    return found


def _test(group: Group, request: Request, result: Result, name: str) -> str:
    return snippet(group, request, result.answers.get(name))
