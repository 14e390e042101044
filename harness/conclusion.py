"""From evidence to the verdict: noise is told from change, accepted differences from new ones, and causes are grouped.

What was gathered comes in, a Result goes out, the same for any order in which it was gathered. Nothing is replayed
here, and nothing is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from harness import mixed, outbound
from harness.accepted import Accepted, Sifted, apply, compared_of
from harness.config import FILE, Config
from harness.evidence import Evidence, other_data, shows_other_data
from harness.exchange import Request, Response
from harness.group import STALE, Groups
from harness.group.observation import Observation
from harness.noise import Decision, Run, decide, read_rules
from harness.report.model import COUNTS, Result
from harness.stated import Remaining, remaining

UNBOUND = 5
"""Redacted secrets that are named, of those that nothing puts back."""
LED_ELSEWHERE = "unreplayable: an accepted difference led new to another page, which was not compared"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a replay has shown: old against new, and each run of old against itself.

    `repeated` is old against new once more, where old differs from itself: what noise did once it seldom does twice.
    `alike` is old against itself in the same surroundings: what is equal there follows from them.
    `itself` has new against itself, one for each run of `noise` and in its surroundings.
    `requests` are those that groups may give as examples, and `answers` the recorded ones, where the recordings will
    not be at hand.
    """

    evidence: Evidence
    noise: tuple[Evidence, ...] = ()
    repeated: Evidence | None = None
    alike: Evidence | None = None
    requests: Mapping[str, Request] = field(default_factory=dict)
    answers: Mapping[str, Response] = field(default_factory=dict)
    itself: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """By what evidence is judged: the targets' names, the configuration, what was accepted, and as of which day.

    `meaning` puts differences of mere spelling aside.
    """

    old: str
    new: str
    config: Config
    accepted: Sequence[Accepted] = ()
    meaning: bool = False
    today: date = field(default_factory=lambda: datetime.now(UTC).date())


def conclude(gathered: Gathered, judgement: Judgement) -> Result:
    """Return the verdict on what was gathered. Raises UsageError for noise rules of the user that make no sense."""
    evidence = gathered.evidence
    decision = decide_noise(gathered, judgement.config)
    groups, hidden, stale = Groups(), Groups(), Groups()
    left = remaining(evidence, decision.unexplained)
    for _, observations in left:
        shown, aside = parted(observations, judgement.meaning)
        groups.add(shown)
        hidden.add(aside)
    for finding in evidence.stale:
        stale.add(finding.observations)
    sifted = apply(groups.finish(), judgement.accepted, judgement.today, compared_of(evidence.endpoints))
    differing = Differing()
    accepted = {group.id for group in sifted.accepted}
    counts = counted(evidence.counts, left, groups, accepted, judgement.meaning, differing)
    counts["from snapshot, stale"] -= only_noise(gathered)
    reasons = {**evidence.reasons, **differing.reasons()}
    hindered = tuple(obstacles(counts, reasons, judgement.config, bool(sifted.unexplained)))
    lacking = tuple(unbound(evidence))
    return Result(
        old=judgement.old,
        new=judgement.new,
        counts={name: counts[name] for name in COUNTS},
        groups=tuple(sifted.unexplained),
        accepted=tuple(sifted.accepted),
        stale=tuple(stale.finish(STALE)),
        hidden=tuple(hidden.finish()),
        noise=dict(evidence.acted),
        rules=tuple(decision.rules),
        controls=evidence.controls,
        notes=tuple(sorted((*evidence.notes, *outbound.notes(evidence.outbound), *(() if hindered else lacking)))),
        warnings=(*sifted.warnings, *outbound.warnings(evidence.outbound, evidence.controls)),
        obstacles=(*hindered, *(lacking if hindered else ())),
        reasons=reasons,
        credentialed=(counts["credentialed judged"], counts["credentialed"]),
        endpoints={
            name: {**kinds, "different": differing.endpoints[name]} for name, kinds in evidence.endpoints.items()
        },
        clients=dict(evidence.clients),
        affected=dict(differing.clients),
        mixed=mixed.told(_examples(sifted)) if mixed.is_mixed(judgement.new) else {},
        requests=gathered.requests,
        answers=gathered.answers,
    )


def decide_noise(gathered: Gathered, config: Config) -> Decision:
    """Tell by old's runs against itself, and the user's rules, which differences noise explains. Raises UsageError."""
    rules = read_rules(config.noise, config.root / FILE)
    repeated, alike = (
        None if evidence is None else _run(evidence, evidence.reach) for evidence in (gathered.repeated, gathered.alike)
    )
    noise, itself = ([_run(run, run.reach) for run in runs] for runs in (gathered.noise, gathered.itself))
    return decide(_run(gathered.evidence), noise, rules, repeated, alike, itself)


def only_noise(gathered: Gathered) -> int:
    """Return how many answers, told other data than was recorded, differ only where old differs from itself as well.

    0 where only some of the recordings name their state: of a finding it is not known whether its does.
    """
    evidence = gathered.evidence
    if not gathered.noise or evidence.counts["from snapshot"] < evidence.counts["judged"] + evidence.counts["stale"]:
        return 0
    recorded = Run(evidence.stale, exchanges(evidence))
    decision = decide(recorded, [_run(again, again.reach) for again in gathered.noise])
    return sum(
        not shows_other_data([seen.difference for seen in decision.unexplained(finding.observations)])
        for finding in other_data(evidence.stale)
    )


def _run(evidence: Evidence, reach: Mapping[int, int] | None = None) -> Run:
    return Run(evidence.found, exchanges(evidence), reach)


def exchanges(evidence: Evidence) -> Counter[str]:
    """Return how many exchanges of each endpoint were replayed."""
    return Counter({name: sum(kinds.values()) for name, kinds in evidence.endpoints.items()})


def parted(observations: Sequence[Observation], meaning: bool) -> tuple[list[Observation], list[Observation]]:
    """Return what is shown, and what `--meaning` puts aside: the same meaning in other bytes."""
    aside = [observation for observation in observations if meaning and observation.difference.kind == "spelling"]
    return [observation for observation in observations if observation not in aside], aside


def _examples(sifted: Sifted) -> Iterator[str]:
    return (example.exchange for group in (*sifted.unexplained, *sifted.accepted) for example in group.examples)


@dataclass(slots=True)
class Differing:
    """How many judged exchanges of each endpoint, and of each client family, differ unexplained.

    `led_elsewhere`: in how many more an accepted difference led new to another page: what that shows was not compared.
    """

    endpoints: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    led_elsewhere: int = 0

    def reasons(self) -> dict[str, int]:
        """Return why exchanges count as not judged after all."""
        return {LED_ELSEWHERE: self.led_elsewhere} if self.led_elsewhere else {}


def counted(
    kinds: Mapping[str, int],
    left: Remaining,
    groups: Groups,
    accepted: set[str],
    meaning: bool,
    differing: Differing,
) -> Counter[str]:
    """Return the counts of a Result: a judged exchange is matched, accepted, or different (then also `differing`)."""
    counts = Counter(kinds)
    groups_of = groups.assignment()
    for finding, observations in left:
        if not finding.judged:
            continue
        shown, _ = parted(observations, meaning)
        if not shown:
            continue
        if accepted and set(groups_of(shown)) <= accepted:
            if any(observation.astray for observation in shown):
                differing.led_elsewhere += 1
            else:
                counts["accepted"] += 1
            continue
        counts["different"] += 1
        differing.endpoints[shown[0].endpoint] += 1
        differing.clients[shown[0].client] += 1
    counts["judged"] -= differing.led_elsewhere
    counts["unreplayable"] += differing.led_elsewhere
    counts["matched"] = counts["judged"] - counts["accepted"] - counts["different"]
    return counts


def obstacles(counts: Counter[str], reasons: Mapping[str, int], config: Config, differs: bool) -> Iterator[str]:
    """Say what is missing for a verdict; a clean one needs more than a finding does."""
    if counts["judged"] < config.min_judged * counts["exchanges"] or not counts["exchanges"]:
        yield (
            f"only {counts['judged']} of {counts['exchanges']} exchanges were judged, fewer than "
            f"{config.min_judged:.0%} (--min-judged){_why(reasons)}"
        )
    judged, recorded = counts["credentialed judged"], counts["credentialed"]
    if judged < recorded * config.min_judged:  # many public pages must not hide that every login is refused
        yield (
            f"only {judged} of {recorded} exchanges whose credentials were accepted in the recording were judged; "
            "do the targets know these users and their passwords?"
        )
    if is_stale(counts, config) and not differs:
        yield (
            f"{counts['from snapshot, stale']} of {counts['from snapshot']} exchanges tell something else than what "
            f"was recorded from the same starting state, more than {config.max_stale:.0%} (--max-stale): "
            "the snapshot, or old, is not what it was"
        )


def unbound(evidence: Evidence) -> Iterator[str]:
    """Say how many exchanges that were not judged carry which redacted secret that nothing puts back."""
    for what, count in sorted(evidence.unbound.items(), key=lambda item: (-item[1], item[0]))[:UNBOUND]:
        yield f"{count} {'exchanges carry' if count > 1 else 'exchange carries'} {what}"


def is_stale(counts: Mapping[str, int], config: Config) -> bool:
    """Whether more answers than may tell something else than was recorded from the same starting state."""
    return counts["from snapshot, stale"] > config.max_stale * counts["from snapshot"]


def _why(reasons: Mapping[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:3]
    return "; most often " + ", ".join(f"{reason} ({count})" for reason, count in most) if most else ""
