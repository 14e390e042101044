"""The result of a comparison, and the dictionary that is its JSON report (format `harness-report`, version 1).

Groups and counts come in; plain data goes out, without times, paths or hosts of the run: same run, same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.changed import Changed, Gap
from harness.compare.excerpt import printable
from harness.exchange import Request, Response
from harness.group import Group
from harness.screams import Scream

FORMAT = "harness-report"
VERSION = 1
COUNTS = ("exchanges", "judged", "matched", "accepted", "different", "stale", "unreplayable", "errors")


@dataclass(frozen=True, slots=True)
class NoiseRule:
    """What running old against itself showed about one place: that it varies, how, and what of it is still checked.

    `type` is `time`, `uuid`, `counter`, `token`, `order` ...; `hides` and `checks` are sentences; `evidence` says how
    often old differed from itself; `count` how many differences between old and new it explained; `refused` why the
    rule was not applied (empty: it was). `once` is where, and in what, new differed of which old never showed anything,
    and new nothing when it was asked again (empty: old differs from itself there).
    """

    endpoint: str
    aspect: str
    path: str
    type: str
    hides: str
    checks: str
    evidence: str
    count: int = 0
    refused: str = ""
    once: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a comparison found; all counts are of exchanges.

    - `old` and `new` name the targets as the user did; `counts` holds the names in `COUNTS` (absent ones are 0).
    - `groups` are the unexplained differences between old and new, `accepted` those that a person accepted, `hidden`
      the spelling that `--meaning` leaves out, `stale` the differences between the recording and old now.
    - `noise` says how often each normaliser acted, `rules` what was learned by running old against itself.
    - `reasons` says why exchanges were not judged; `credentialed` how many of those whose credentials the recording
      shows accepted were judged, and how many there are.
    - `endpoints` has for each endpoint how many were judged, stale, unreplayable, errors, and differ (`different`);
      `clients` how many each client family sent, and `affected` how many of those differ.
    - `controls` has for `old` and `new` what was controlled (`clock`, `random`) and by which means; an empty text is
      a control that did not reach the target. `notes` are sentences, `warnings` those that make the exit status 1,
      `obstacles` those that make it 2.
    - `mixed` says of each example of a mixed replay who answered it, and those before it.
    - `changed` says which lines changed since a revision were judged, where that was asked for; `gaps` what is known
      of each endpoint, where a measure was given.
    - `screams` has for each group, by id, the clients of the lab that would scream; None where there is no map.
    - `requests` and `answers` are the recorded ones of the groups' examples, by exchange id.
    """

    old: str
    new: str
    counts: Mapping[str, int]
    groups: Sequence[Group] = ()
    stale: Sequence[Group] = ()
    noise: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, Request] = field(default_factory=dict)
    accepted: Sequence[Group] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    credentialed: tuple[int, int] = (0, 0)
    rules: Sequence[NoiseRule] = ()
    controls: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    obstacles: Sequence[str] = ()
    hidden: Sequence[Group] = ()
    endpoints: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    clients: Mapping[str, int] = field(default_factory=dict)
    affected: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, Response] = field(default_factory=dict)
    mixed: Mapping[str, str] = field(default_factory=dict)
    screams: Mapping[str, Sequence[Scream]] | None = None
    changed: Changed | None = None
    gaps: Sequence[Gap] = ()

    def count(self, name: str) -> int:
        """Return one of the counts."""
        return self.counts.get(name, 0)

    @property
    def causes(self) -> list[Group]:
        """The groups that no other group explains."""
        return [group for group in self.groups if not group.follows]

    @property
    def consequences(self) -> list[Group]:
        """The groups that were only seen after rows or files had come to differ."""
        return [group for group in self.groups if group.follows]

    @property
    def judged_share(self) -> float:
        """The judged part of all exchanges, from 0 to 1; 0 where there were none."""
        return self.count("judged") / self.count("exchanges") if self.count("exchanges") else 0.0


def model(result: Result) -> dict[str, Any]:
    """Return the report as plain data; `report.format` says which keys another program may rely on."""
    judged, credentialed = result.credentialed
    return {
        "format": FORMAT,
        "version": VERSION,
        "old": result.old,
        "new": result.new,
        "counts": {name: result.count(name) for name in COUNTS},
        "groups": [_heard(group, result) for group in result.groups],
        "accepted": [_heard(group, result) for group in result.accepted],
        "noise": [
            *({"name": name, "count": count} for name, count in sorted(result.noise.items()) if count),
            *(rule_model(rule) for rule in result.rules),
        ],
        "stale": [group_model(group) for group in result.stale],
        "hidden": [group_model(group) for group in result.hidden],
        "endpoints": {name: dict(counts) for name, counts in sorted(result.endpoints.items())},
        "clients": dict(sorted(result.clients.items())),
        "affected": dict(sorted(result.affected.items())),
        "reasons": dict(sorted(result.reasons.items())),
        "credentialed": {"judged": judged, "exchanges": credentialed},
        "controls": {side: dict(sorted(means.items())) for side, means in sorted(result.controls.items())},
        "notes": list(result.notes),
        "warnings": list(result.warnings),
        "obstacles": list(result.obstacles),
        **({"mixed": dict(sorted(result.mixed.items()))} if result.mixed else {}),
        **({"changed": asdict(result.changed)} if result.changed else {}),
        **({"gaps": [asdict(gap) for gap in result.gaps]} if result.gaps else {}),
    }


def group_model(group: Group) -> dict[str, Any]:
    """Return one group as plain data."""
    return {
        "id": group.id,
        "title": group.title,
        "endpoint": group.endpoint,
        "endpoints": group.endpoints,
        "aspect": group.aspect,
        "path": group.path,
        "kind": group.kind,
        "transform": group.transform,
        "old": group.old,
        "new": group.new,
        "count": group.count,
        "clients": group.clients,
        "examples": [example.exchange for example in group.examples],
        "follows": group.follows,
    }


def _heard(group: Group, result: Result) -> dict[str, Any]:
    """Return a group with who would scream at it, where that is known."""
    known = {} if result.screams is None else {"would_scream": [asdict(each) for each in heard(group, result)]}
    return {**group_model(group), **known}


def heard(group: Group, result: Result) -> Sequence[Scream]:
    """Return the clients that would scream at a group, as the lab saw; nobody where there is no map."""
    return (result.screams or {}).get(group.id, ())


def screamers(result: Result) -> list[str]:
    """Return the names of all clients that would scream at an unexplained group, in the order of the groups."""
    return list(dict.fromkeys(each.client for group in result.groups for each in heard(group, result)))


def rule_model(rule: NoiseRule) -> dict[str, Any]:
    """Return one learned rule as plain data; its `name` is what it is about, as that of a normaliser is."""
    place = " ".join(filter(None, (rule.endpoint, rule.aspect, rule.path)))
    return {"name": f"learned {rule.type} at {place}", "count": rule.count, **_without_count(asdict(rule))}


def _without_count(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name != "count"}


def verdict(result: Result) -> str:
    """Return the first line of every report."""
    parts = [
        f"judged {result.count('judged')} of {result.count('exchanges')} ({_percent(result.judged_share)} %)",
        f"stale {result.count('stale')}",
        f"unreplayable {result.count('unreplayable')}",
        f"different {result.count('different')} in {_plural(len(result.causes), 'group')}",
    ]
    if result.consequences:
        parts[-1] += f", {len(result.consequences)} more may follow"
    if result.screams is not None and result.groups:
        parts.append(f"would scream: {', '.join(map(printable, screamers(result))) or 'nobody that the lab tried'}")
    parts += [f"{name} {result.count(name)}" for name in ("accepted", "errors") if result.count(name)]
    if result.changed:
        parts.append(f"{_plural(result.changed.lines, 'changed line')}, {result.changed.judged} judged")
    return " · ".join(parts)


def _percent(share: float) -> str:
    """Return a share in percent; 100.0 means all, never nearly all."""
    return f"{share * 100 if share == 1 else min(share * 100, 99.9):.1f}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
