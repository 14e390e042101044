"""What a run of a client came to, and whether that is its job done: judged by runs in which nothing was changed.

`Outcome`s come in; a `Verdict` (same, reads, breaks) with its evidence goes out. What varies between unchanged runs is
left out of the comparison; where too much does, the client is flaky.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.effects import Effects
from harness.instant import Span, instants, placeholder

SAME, READS, BREAKS = "same", "reads", "breaks"
SHOWN = 5
"""Files and requests that evidence names."""
WIDTH = 160
_VARYING = re.compile(r"\w{4,}|\d+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run: how it ended, the lines it printed, its files, what it wrote on the server, and what it asked for."""

    exit: int | str
    output: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was different: exit status before and after, the first new line, files and effects, and requests."""

    exit: tuple[int | str, int | str]
    output: str = ""
    files: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`level` is SAME, READS (what it did changed) or BREAKS (its job was not done)."""

    level: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What all unchanged runs have in common; of lines and names that vary between them, the shapes."""

    exit: int | str
    output: frozenset[str]
    seldom: frozenset[str]
    files: Mapping[str, str]
    known: frozenset[str]
    effects: frozenset[str]
    requests: Mapping[str, int]
    product: str

    def judge(self, outcome: Outcome) -> Verdict:
        """Compare a run with the unchanged ones."""
        # What a client keeps beside its product (a page fetched to be searched) is not looked at.
        files = (
            [*self._files(outcome), *_signed(self.effects, outcome.effects)]
            if self.product in ("work", "names")
            else []
        )
        requests = _counted(self.requests, Counter(outcome.requests))
        lost = [line for line in self.output if line not in outcome.output]
        new = [line for line in outcome.output if line not in self.output and shape(line) not in self.seldom]
        evidence = Evidence(
            (self.exit, outcome.exit),
            (new or [f"- {line}" for line in sorted(lost)] or [""])[0][:WIDTH],
            tuple(files[:SHOWN]),
            tuple(requests[:SHOWN]),
        )
        broken = any(not one.startswith("+") for one in files)
        if outcome.exit != self.exit or self._undone(broken, bool(lost)):
            return Verdict(BREAKS, evidence)
        return Verdict(READS, evidence) if files or requests or lost or new else Verdict(SAME)

    def _undone(self, broken: bool, lost: bool) -> bool:
        if self.product == "exit":
            return False
        if self.product == "output" or not (self.files or self.effects):
            return lost
        return broken

    def _files(self, outcome: Outcome) -> list[str]:
        missing = [f"- {name}" for name in self.files if name not in outcome.files]
        other = [
            f"~ {name}" for name, digest in self.files.items() if digest and outcome.files.get(name, digest) != digest
        ]
        return [*missing, *other, *(f"+ {name}" for name in self._new(outcome.files))]

    def _new(self, files: Iterable[str]) -> Iterable[str]:
        return (name for name in files if name not in self.files and shape(name) not in self.known)


def yardstick(unchanged: Sequence[Outcome], product: str) -> Yardstick:
    """Return what unchanged runs have in common; a file whose content varies is only to be there."""
    first, *others = unchanged
    files = {
        name: digest if product != "names" and all(one.files[name] == digest for one in others) else ""
        for name, digest in first.files.items()
        if all(name in one.files for one in others)
    }
    stable = frozenset(first.output).intersection(*(one.output for one in others))
    return Yardstick(
        first.exit,
        stable,
        frozenset(shape(line) for one in unchanged for line in one.output if line not in stable),
        files,
        frozenset(shape(name) for one in unchanged for name in one.files if name not in files),
        frozenset(first.effects).intersection(*(one.effects for one in others)),
        Counter(first.requests),
        product,
    )


def shape(text: str) -> str:
    """Return a line or a name without what a temporary folder, a number or a token makes other each time."""
    return _VARYING.sub("#", text)


def whim(unchanged: Sequence[Outcome]) -> str:
    """Say in what unchanged runs differ that nothing can be judged by; empty where they agree."""
    if len(codes := {one.exit for one in unchanged}) > 1:
        return f"exit status {' or '.join(sorted(map(str, codes)))}"
    if len({tuple(sorted(one.requests)) for one in unchanged}) > 1:
        return "does not ask for the same each time"
    if any(one.files for one in unchanged) and not yardstick(unchanged, "work").files:
        return "does not make the same files each time"
    return ""


def failure(unchanged: Outcome) -> str:
    """Say how a client fails though nothing was changed: then no change could break it; empty where it does its job."""
    if unchanged.exit == 0:
        return ""
    last = f", {unchanged.output[-1][:WIDTH]!r}" if unchanged.output else ""
    return f"it fails when nothing is changed: exit status {unchanged.exit}{last}"


def effect_lines(effects: Effects | None, during: Span = (0.0, 0.0)) -> tuple[str, ...]:
    """Return what was written on the server as lines: counts, and each row, file and mail; instants of the run alike.

    Else runs that were made within one second would seem to agree on the time.
    """
    if effects is None:
        return ()
    effects = effects.mapped(lambda text: _timeless(text, during))
    lines = []
    for table, rows in effects.rows.items():
        lines.append(f"{table}: {sum(map(abs, rows.values()))} rows")
        lines += [f"{table}: {dict(row)} {count:+}" for row, count in rows.items()]
    lines += [f"file {path} {content}" for path, content in effects.files.items()]
    return (*sorted(lines), *(["mail"] if effects.mail else []))


def _timeless(text: str, during: Span) -> str:
    raw, made, at = text.encode("utf-8", "surrogatepass"), [], 0
    for found in instants(raw, (during,)):
        made += [raw[at : found.start], placeholder(found, raw)]
        at = found.end
    return b"".join([*made, raw[at:]]).decode("utf-8", "surrogatepass")


def _signed(wanted: Iterable[str], found: Sequence[str]) -> list[str]:
    return [f"- {line[:WIDTH]}" for line in sorted(wanted) if line not in found]


def _counted(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    lost = [f"- {name}" for name in before for _ in range(before[name] - after.get(name, 0))]
    return [*lost, *(f"+ {name}" for name in after for _ in range(after[name] - before.get(name, 0)))]


def to_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as plain data."""
    return asdict(outcome)


def from_json(data: Mapping[str, Any]) -> Outcome:
    """Read it again."""
    return Outcome(data["exit"], tuple(data["output"]), data["files"], tuple(data["effects"]), tuple(data["requests"]))
