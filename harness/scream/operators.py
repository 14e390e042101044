"""The catalogue of changes to an answer: each does one thing, and nothing where there is nothing to do it to.

Answers of one endpoint come in, the operators that change any of them go out, each at its place in the words of
`compare`. What a change does to a client is not known here; what is written for one kind of content is in `markup`,
`documents` and `heads`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from harness.compare.response import compare
from harness.exchange import Request, Response, with_length

Edit = Callable[[Response], Response]
Sample = tuple[Request, Response]
Place = tuple[str, str, str]
"""Endpoint, aspect and path."""

MILD, SUSPECT, GRAVE = range(3)
"""What a change mostly does to clients: nothing, something to some, or it breaks them. The search trusts none of it."""
LATENCY = "latency"
"""The aspect of an answer that comes late: the one change that no comparison of answers shows."""
MOST_PLACES = 200
"""Differences of one answer that are looked at for the place of a change."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One change. `gravity` is what it is likely to do: mild ones are made together, and so are suspects; grave ones
    alone, since they hide what else is changed.

    `stage` is when it is made among others: bodies (0) before their coding (1), headers (2), status (3), framing (4).
    `delay` is in seconds; `detour` answers with a redirect to the same thing under another path. What `refuses` keeps
    the old implementation from hearing of requests that write.
    """

    name: str
    edit: Edit = field(repr=False, compare=False)
    gravity: int = MILD
    stage: int = 0
    delay: float = 0.0
    detour: int = 0
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """An operator at an endpoint: where and how it shows there, in the words of a report of differences."""

    endpoint: str
    operator: Operator
    aspect: str
    path: str
    kind: str
    old: str
    new: str

    @property
    def place(self) -> Place:
        """Where it shows."""
        return self.endpoint, self.aspect, self.path

    @property
    def id(self) -> str:
        """What tells it from the other changes of a client."""
        return f"{self.endpoint} | {self.operator.name}"


def made(response: Response, operators: Iterable[Operator]) -> Response:
    """Return an answer with changes made to it, in the order of their stages."""
    for operator in sorted(operators, key=lambda one: one.stage):
        response = operator.edit(response)
    return response


def with_body(response: Response, body: bytes) -> Response:
    """Return an answer with another body, and with its length where it was right."""
    before = len(response.body or b"")
    return replace(response, headers=with_length(response.headers, before, len(body)), body=body)


def changes_of(endpoint: str, samples: Sequence[Sample], operators: Iterable[Operator]) -> Iterator[Change]:
    """Yield the operators that change any of the answers, each at the first place where that shows."""
    seen: set[str] = set()
    for operator in operators:
        if operator.name in seen:
            continue
        seen.add(operator.name)
        if operator.delay:
            yield Change(endpoint, operator, LATENCY, "", "changed", "", f"{operator.delay:g} s later")
            continue
        found = next((change for sample in samples for change in _shown(endpoint, operator, *sample)), None)
        if found:
            yield found


def _shown(endpoint: str, operator: Operator, request: Request, response: Response) -> Iterator[Change]:
    after = operator.edit(response)
    if after == response:
        return
    differences = list(islice(compare(response, after, request), MOST_PLACES))
    # Spelling is what every rewriting of a document comes with; it is the place only of a change that is nothing else.
    told = [one for one in differences if one.kind != "spelling"] or differences
    for one in told[:1]:
        yield Change(endpoint, operator, one.aspect, one.path, one.kind, one.old, one.new)
