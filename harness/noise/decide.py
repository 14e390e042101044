"""READ FIRST: which differences between old and new are noise that old shows against itself, and by which rule.

    old's runs against itself -> what varies where (learned) -> does new fit, and behave so (behaviour) -> Decision

Findings of all runs come in, a Decision goes out: the rules, and for each difference the rule that explains it, if any.
A rule is about one place: an endpoint, an aspect, a path and a kind of difference. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.evidence import Finding
from harness.group.observation import Observation
from harness.noise.behaviour import Place as Shown
from harness.noise.behaviour import refusal, untold
from harness.noise.gather import Place, Reach, Run, Seen, Sketch, digest_of, gathered, placed
from harness.noise.learned import Learned, learn
from harness.noise.oneself import Runs, anyhow
from harness.noise.rules import UserRule
from harness.noise.slot import slots
from harness.report.model import NoiseRule

FOLLOWS = "old gives one value all through a run, the same whenever clock and random numbers are the same"
UNFIT = "no value of new has the form of old's"

_TOKEN = re.compile(r"(?=\w*[A-Za-z])(?=\w*\d)\w{8}")


@dataclass(frozen=True, slots=True)
class Decision:
    """What is noise. `rules` lists every place where old differs from itself and new from old, refused ones too."""

    rules: Sequence[NoiseRule] = ()
    applied: Mapping[Place, tuple[Learned, NoiseRule]] = field(default_factory=dict)
    own: Sequence[tuple[UserRule, NoiseRule]] = ()

    def unexplained(self, observations: Sequence[Observation]) -> list[Observation]:
        """Return the differences of one exchange that no rule explains, in their order."""
        explained: set[int] = set()
        for place, difference, those in placed(observations):
            if self._rule(place, difference.old, difference.new) is not None:
                explained.update(map(id, those))
        return [observation for observation in observations if id(observation) not in explained]

    def explains(self, observation: Observation) -> NoiseRule | None:
        """Return the rule that explains one difference by itself, or None."""
        ((place, difference, _),) = placed([observation])
        return self._rule(place, difference.old, difference.new)

    def _rule(self, place: Place, old: str, new: str) -> NoiseRule | None:
        for own, rule in self.own:
            if own.covers(place) and own.learned.fits(old, new):
                return rule
        if place not in self.applied:
            return None
        learned, rule = self.applied[place]
        return rule if learned.fits(old, new) else None


def decide(
    found: Run,
    noise: Sequence[Run],
    own: Sequence[UserRule] = (),
    again: Run | None = None,
    alike: Run | None = None,
    itself: Sequence[Run] = (),
) -> Decision:
    """Tell noise from change; `found` is old against new, each of `noise` old against itself in other surroundings.

    `again` is old against new once more: what is too rare for old to have shown it is noise if it is not seen again.
    `alike` is old against itself in the same surroundings: what is the same there follows from them, not from chance.
    `itself` is new against itself, each in the surroundings of the run of `noise` in its place: it varies as old does.
    """
    seen = [gathered(run) for run in noise]
    learned = learn_places(seen)
    if alike is not None:
        learned = without_what_follows(learned, seen, gathered(alike))
    if again is not None and noise:
        learned |= rare(found, gathered(again), learned, _reach(found, [again]))
    fitting = fits(found, learned, own)
    reach = _reach(found, noise)

    others = [gathered(run) if run is not None else {} for run in (again, alike)]
    news = [gathered(run) for run in itself]
    covered = _reach(found, [*noise, *itself])

    def all_runs(place: Place, sketch: Sketch[Seen]) -> Runs:
        once_more, same = (run.get(place, Sketch()) for run in others)
        both = [(anyhow(old, place), anyhow(new, place)) for old, new in zip(seen, news, strict=False)]
        return Runs(sketch, once_more, same, [old for old, _ in both], [new for _, new in both], covered)

    def shown(place: Place, sketch: Sketch[Seen]) -> Shown:
        asked = [_asked(run, sketches, place) for run, sketches in zip(noise, seen, strict=True)]
        runs = [run.get(place, Sketch()) for run in seen]
        of = max(found.exchanges.get(place.endpoint, 0), sketch.count)
        return Shown(learned[place], sketch, runs, of, asked, reach, all_runs(place, sketch))

    places = [shown(place, sketch) for place, sketch in sorted(fitting.places.items())]
    judged = [(one, one.learned.refused or refusal(one, len(places))) for one in places]
    judged += [(shown(place, Sketch()), UNFIT) for place in sorted(fitting.unfit - fitting.places.keys())]
    rules = [
        (one, _rule(one, refused, "" if refused else untold(one, len(places)), fitting.seen_in(one.learned.place)))
        for one, refused in judged
    ]
    mine = [(rule, rule.reported(count)) for rule, count in zip(own, fitting.own, strict=True)]
    return Decision(
        rules=tuple([rule for _, rule in mine] + [rule for _, rule in rules]),
        applied={one.learned.place: (one.learned, rule) for one, rule in rules if not rule.refused},
        own=mine,
    )


def learn_places(seen: Sequence[Mapping[Place, Sketch[Seen]]]) -> dict[Place, Learned]:
    """Return what old's runs against itself teach, place by place."""
    places = sorted({place for run in seen for place in run})
    return {place: learn(place, [run.get(place, Sketch()) for run in seen]) for place in places}


def without_what_follows(
    learned: Mapping[Place, Learned], seen: Sequence[Mapping[Place, Sketch[Seen]]], alike: Mapping[Place, Sketch[Seen]]
) -> dict[Place, Learned]:
    """Return what was learned without numbers and words that are one value all through each run, and in equal runs.

    Such a value (a date in a form that nobody knows as one) follows from the clock, which new is told as well; what is
    drawn for each answer may be drawn otherwise.
    """
    return {place: _without(one, [run.get(place) for run in seen], alike.get(place)) for place, one in learned.items()}


def _without(learned: Learned, runs: Sequence[Sketch[Seen] | None], alike: Sketch[Seen] | None) -> Learned:
    if learned.refused or learned.place.kind not in ("changed", "spelling"):
        return learned
    by_chance = _values(alike).keys()
    values = [_values(run) for run in runs if run is not None]
    kept = {
        before: shape
        for before, shape in learned.shapes.items()
        if before in by_chance or any(len(run.get(before, ())) != 1 or _is_drawn(run[before]) for run in values)
    }
    if len(kept) == len(learned.shapes):
        return learned
    return replace(learned, shapes=kept, refused="" if kept else FOLLOWS)


def _values(run: Sketch[Seen] | None) -> dict[str, set[tuple[str, str]]]:
    """Return the values that a run shows at a place, by what stands before them."""
    found: dict[str, set[tuple[str, str]]] = {}
    for thing in run.things().values() if run is not None else ():
        for slot in (slot for pair in thing.values for slot in slots(*pair)):
            found.setdefault(slot.before, set()).add((slot.old, slot.new))
    return found


def _is_drawn(values: set[tuple[str, str]]) -> bool:
    """Whether values look like random tokens and not like dates, numbers or words."""
    return any(_TOKEN.search(value) for pair in values for value in pair)


def rare(
    found: Run, again: Mapping[Place, Sketch[Seen]], learned: Mapping[Place, Learned], reach: Reach
) -> dict[Place, Learned]:
    """Return the places at which new differs from old, old never from itself, and new not where it is asked again."""
    places = {place: sketch for place, sketch in gathered(found).items() if place not in learned}
    return {
        place: learn(place, [sketch], rare=True)
        for place, sketch in places.items()
        if not (place in again and sketch.things().keys() & again[place].things().keys())
        and all(reach.covers(seen) for seen in sketch.things().values())
    }


@dataclass(slots=True)
class Fitting:
    """Where values of new fit what was learned, where some do not, and how many each rule of the user explains.

    `once` is the first exchange that differs at each rare place, with its values.
    """

    own: list[int]
    places: dict[Place, Sketch[Seen]] = field(default_factory=dict)
    unfit: set[Place] = field(default_factory=set)
    once: dict[Place, tuple[int, int, str]] = field(default_factory=dict)

    def saw(self, place: Place, finding: Finding, pair: tuple[str, str]) -> None:
        """Note an exchange in which new differs at a rare place; the first is kept."""
        said = f"{finding.observations[0].exchange}: {' -> '.join(text or 'nothing' for text in pair)}"
        at = finding.scenario, finding.position, said
        self.once[place] = min(self.once.get(place, at), at)

    def seen_in(self, place: Place) -> str:
        """Return where new differed at a place where old never did, and in what; empty for other places."""
        return self.once[place][2] if place in self.once else ""


def fits(found: Run, learned: Mapping[Place, Learned], own: Sequence[UserRule]) -> Fitting:
    """Return which of new's differences from old fit what was learned.

    Where the rule was refused, all do: they are what it would have been about.
    """
    made = Fitting([0] * len(own))
    for finding in found.findings:
        digest = digest_of(finding.observations[0].exchange)
        values: dict[Place, list[tuple[str, str]]] = {}
        for place, difference, _ in placed(finding.observations):
            pair = difference.old, difference.new
            mine = next((n for n, one in enumerate(own) if one.covers(place) and one.learned.fits(*pair)), None)
            if mine is not None:
                made.own[mine] += 1
            elif place in learned:
                if learned[place].refused or learned[place].fits(*pair):
                    values.setdefault(place, []).append(pair)
                else:
                    made.unfit.add(place)
                if learned[place].rare:
                    made.saw(place, finding, pair)
        for place, pairs in values.items():
            made.places.setdefault(place, Sketch()).add(digest, Seen(finding.scenario, finding.position, tuple(pairs)))
    return made


def _asked(run: Run, sketches: Mapping[Place, Sketch[Seen]], place: Place) -> int:
    differing = sketches[place].count if place in sketches else 0
    return max(run.exchanges.get(place.endpoint, 0), differing)


def _reach(found: Run, noise: Sequence[Run]) -> Reach:
    """Return what every run covers; where that is not said and old was asked less often, no exchange is sure to be."""
    given = [run.reach for run in noise if run.reach is not None]
    if given:
        common = set(given[0]).intersection(*given[1:])
        return Reach({scenario: min(reach[scenario] for reach in given) for scenario in common})
    whole = all(run.exchanges.get(name, 0) >= count for run in noise for name, count in found.exchanges.items())
    return Reach(None if whole else {})


def _rule(shown: Shown, refused: str, untold: str, once: str) -> NoiseRule:
    learned, place = shown.learned, shown.learned.place
    times = [f"{sketch.count} of {asked}" for sketch, asked in zip(shown.noise, shown.asked_again, strict=True)]
    return NoiseRule(
        endpoint=place.endpoint,
        aspect=place.aspect,
        path=place.path,
        type=learned.type,
        hides="nothing" if refused else learned.hides,
        checks="everything" if refused else learned.checks,
        evidence=f"old differed from itself in {' and '.join(times)} exchanges"
        + (", and new not from old when both were asked again" if learned.rare else "")
        + (f"; {untold}" if untold else ""),
        count=0 if refused else shown.found.count,
        refused=refused,
        once=once,
    )
