"""What a target draws anew at each run, and the rules that say so.

A cassette, a target and the configuration come in; rules as `[[noise.rule]]` has them go out, for what is answered
otherwise when the cassette is replayed in other surroundings. A test then looks at the form of such a value, at any
target.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from harness.characterize.check import Check
from harness.characterize.own_rules import Rule, write_rules
from harness.config import Config
from harness.errors import RecordingError
from harness.group.observation import Observation
from harness.naming import names_of
from harness.noise.gather import Place, placed
from harness.noise.learned import BY_KIND, never
from harness.noise.sample import Refusal, Sample, Shape
from harness.noise.shape import Choices, Numbers, Times, Uuids, shape_of
from harness.noise.slot import is_cut, slots
from harness.noise.token import Tokens

RUNS = 5
"""Times that a cassette is replayed, each in other surroundings, where what it shows in the first two differs."""
MOST = 15
"""Times where no form is known after these, or it is one of some words: each of a few is seen, and often, then."""
KINDS: dict[type[Shape], Callable[[Any], dict[str, Any]]] = {
    Uuids: lambda shape: {"versions": sorted(shape.versions), "upper": shape.upper},
    Times: lambda shape: {"spellings": sorted(shape.spellings), "within": ceil(shape.apart)},
    Numbers: lambda shape: {"largest": ceil(shape.largest), "decimals": shape.decimals, "negative": shape.negative},
    Tokens: lambda shape: {"alphabet": shape.alphabet, "length": [shape.shortest, shape.longest]},
    Choices: lambda shape: {"values": sorted(shape.values)},
}
"""What a rule says of each form (`harness.noise.rules` reads it)."""
_NOW = re.compile(r"\[now [^\]]*\]")
"""What stands for a time of the run in differences."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rules for what is drawn anew, and a line on each place of which no form is known."""

    rules: Sequence[Rule]
    unknown: Sequence[str]


def settled(cassette: Path, numbers: Sequence[int], target: str, config: Config) -> list[str]:
    """Write rules for what is drawn anew, and look whether a test passes by them; return lines that tell of it.

    Raises RecordingError where it does not, and what `diff` raises.
    """
    found = drawn(cassette, numbers, target, config)
    if not (found.rules or found.unknown):
        return []
    told = []
    if found.rules:
        places = ", ".join(f"{rule['aspect']} {rule['path']} ({rule['type']})" for rule in found.rules)
        told.append(f"wrote {write_rules(cassette, found.rules)}: what is drawn anew, by its form: {places}")
    shown = Check(cassette, target, config, noise_runs=0).shown
    failing = [number for number in numbers if shown[number].kind == "judged" and not shown[number].proved]
    unknown = "; ".join(found.unknown) or ", ".join(f"#{number}" for number in failing)
    if failing:
        raise RecordingError(
            f"nothing is written: a test would not pass, since {target} answers otherwise each time, in a way that no "
            f"noise rule knows: {unknown}. A [[noise.rule]] of harness.toml can tell what varies there"
        )
    return told + [f"depends on clock or random numbers, and is pinned all the same: {one}" for one in found.unknown]


def drawn(cassette: Path, numbers: Sequence[int], target: str, config: Config) -> Drawn:
    """Replay a cassette in other surroundings and say what of these exchanges is drawn anew; raises what `diff` raises.

    The first surroundings are those of a test, in another process: what differs then comes from no random numbers that
    the harness controls.
    """
    found: dict[Place, list[tuple[int, str, str]]] = {}
    learned = Drawn((), ())
    for run in range(MOST):
        check = Check(cassette, target, config, variation=run, noise_runs=0)
        for number in numbers:
            for place, old, new in _differing(check, number):
                found.setdefault(place, []).append((run, old, new))
        if run == 1 and not found:
            break
        if run >= RUNS - 1:
            learned = _learned(found, target)
            if not learned.unknown and all(rule["type"] != "choice" for rule in learned.rules):
                break
    return learned


def _differing(check: Check, number: int) -> Iterator[tuple[Place, str, str]]:
    shown = check.shown[number]
    endpoint = names_of(check.config).endpoint(check.exchange(number).request)
    seen = [Observation(str(number), endpoint, "", difference) for difference in shown.differences]
    for place, difference, _ in placed(seen):
        if not _is_another_day(difference.old, difference.new):
            yield place, difference.old, difference.new


def _is_another_day(old: str, new: str) -> bool:
    """Whether no more differs than how the time of the run is written: one digit for the day, a longer month."""
    parts = slots(old, new)
    return bool(parts) and all(_NOW.fullmatch(value) for part in parts for value in (part.old, part.new))


def _learned(found: Mapping[Place, Sequence[tuple[int, str, str]]], target: str) -> Drawn:
    rules, unknown = [], []
    for place, seen in found.items():
        try:
            rules.append(_rule(place, seen, target))
        except Refusal as refusal:
            _, old, new = seen[0]
            unknown.append(f"{place.endpoint}: {place.aspect} {place.path}: {old} -> {new} ({refusal})")
    return Drawn(rules, unknown)


def _rule(place: Place, seen: Sequence[tuple[int, str, str]], target: str) -> Rule:
    """Return the rule for a place. Raises Refusal."""
    if refused := never(place):
        raise Refusal(refused)
    rule: Rule = {"endpoint": place.endpoint, "aspect": place.aspect, "path": place.path}
    reason = {"reason": f"drawn anew by {target}"}
    if place.kind in BY_KIND:
        return {**rule, "type": place.kind, **reason}
    kind = {} if place.kind == "changed" else {"kind": place.kind}
    samples: dict[str, list[Sample]] = {}
    for run, old, new in seen:
        parts = () if is_cut(old) or is_cut(new) else slots(old, new)
        if not parts:
            raise Refusal("too much of the text varies at once")
        for slot in parts:
            samples.setdefault(slot.before, []).append(Sample(slot.old, slot.new, run - 1))
    shape = shape_of([sample for each in samples.values() for sample in each])
    before = {"before": next(iter(samples))} if len(samples) == 1 else {}
    return {**rule, **kind, **before, "type": shape.type, **KINDS[type(shape)](shape), **reason}
