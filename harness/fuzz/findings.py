"""Findings played again: what comes back is made as small as can be; what does not is no finding.

Groups of a comparison and the recordings that were made up come in; the same groups, each with the smallest scenario
that shows it, go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import groupby

from harness.exchange import Request
from harness.fuzz.sequence import Fuzzed
from harness.fuzz.spots import replaced, spots, value_at
from harness.group import Group
from harness.naming import Names, names_of
from harness.pipeline import Options, open_states
from harness.report.model import Result
from harness.shrink import Shrinking, Small
from harness.shrink.parts import SORTS, Sort
from harness.shrink.trial import Trials

LONG = 16
"""Characters of a value from which on fewer of them are tried."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A group, and the smallest scenario of a starting state that shows it; None: it did not come back."""

    group: Group
    small: Small | None
    state: str | None


def findings(
    groups: Sequence[Group], made: Sequence[Fuzzed], options: Options, until: float, advance: Callable[[int], None]
) -> list[Finding]:
    """Play each group's examples again, the first that shows it smaller and smaller `until` (monotonic seconds).

    Raises StateError and TargetError.
    """
    by_name, names = {recording.name: recording for recording in made}, names_of(options.config)
    found: dict[str, Finding] = {}
    with ExitStack() as stack:
        states = open_states(made, options, stack) if groups else {}
        in_order = sorted(groups, key=lambda group: group.examples[0].name)
        for name, of_it in groupby(in_order, key=lambda group: group.examples[0].name):
            recording = by_name[name]
            with Trials(recording, options, states) as trials:
                for group in of_it:
                    small = _again(group, recording, trials, until, names)
                    found[group.id] = Finding(group, small, recording.state)
                    advance(len(found))
    return [found[group.id] for group in groups]


def confirmed(result: Result, found: Sequence[Finding]) -> Result:
    """Return the result without the groups that did not come back, which a note counts."""
    gone = [each.group.title for each in found if each.small is None]
    if not gone:
        return result
    note = f"not reported, since it did not come back when it was played again: {len(gone)} ({'; '.join(gone)})"
    groups = tuple(each.group for each in found if each.small is not None)
    return replace(result, groups=groups, notes=(*result.notes, note))


def _again(group: Group, recording: Fuzzed, trials: Trials, until: float, names: Names) -> Small | None:
    for lead in _leads(group, recording):
        small = Shrinking(trials, group, until, sorts=(*SORTS, CHARACTERS)).run(lead, len(lead), names)
        if small is not None:
            return small
    return None


def _leads(group: Group, recording: Fuzzed) -> Iterator[Fuzzed]:
    """Yield what may show a group in its last exchange: after what was recorded alone, then after the mutants too."""
    numbers = [example.number for example in group.examples if example.name == recording.name]
    yield from (recording.up_to(number) for number in numbers)
    for number in numbers if recording.mutants else ():
        yield Fuzzed(recording.name, recording.state, recording.exchanges[:number])


def _characters(request: Request) -> Sequence[bytes]:
    """Return the characters of the longest value of a request, where it is long."""
    longest = max((value_at(request, spot) for spot in spots(request)), key=len, default="")
    return [character.encode() for character in longest] if len(longest) > LONG else ()


def _with_characters(request: Request, items: Sequence[bytes]) -> Request:
    spot = max(spots(request), key=lambda spot: len(value_at(request, spot)))
    return replaced(request, spot, spot.write(b"".join(items).decode()))


CHARACTERS = Sort("characters", _characters, _with_characters)
