"""Noise and real changes in one field: what `harness.noise` shows, beside the rule of Diffy, on answers made to measure.

A field of each type (time, UUID, counter, token, shuffled list) varies in a share of the requests, in answers of
several formats that the real comparison compares. Then new is old once more (every group is a false one), or is really
changed in that very field (no group is a miss). Seeds are fixed: each run prints the same table.
"""

from __future__ import annotations

import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice
from xmlrpc.client import dumps

from harness.compare import compare
from harness.evidence import Finding
from harness.exchange import Response
from harness.group import Groups
from harness.group.observation import Observation
from harness.noise import Run, decide

ENDPOINT = "GET /page/{}"
RATES = (0.01, 0.03, 0.1, 0.3, 0.66, 1.0)
SIZES = {100: 20, 1_000: 4, 10_000: 1}
"""Requests of a run, and how many runs of each kind are made."""
RUNS = (1, 2, 3)
BEGIN = 1_463_392_800
WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu".split()

Value = str | list[str]


@dataclass(frozen=True)
class Field:
    """A field that varies: how a value is drawn (chance, number of the request), and how new may really change it."""

    draw: Callable[[random.Random, int], Value]
    steady: Value
    changes: dict[str, Callable[[random.Random, int], Value]]


def text_of(seconds: float) -> str:
    """Write an instant."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def moment(chance: random.Random, number: int, off: float = 0.0) -> str:
    """Some seconds after the time of a request."""
    return text_of(BEGIN + 7_200 + 10 * number + chance.uniform(0, 5) + off)


def shuffled(chance: random.Random, number: int) -> list[str]:
    """The same words in another order."""
    return chance.sample(WORDS, len(WORDS))


def token(chance: random.Random, number: int) -> str:
    """Sixteen hexadecimal digits."""
    return f"{chance.getrandbits(64):016x}"


def some_uuid(chance: random.Random, number: int) -> str:
    """A random UUID."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


STARTS: dict[int, int] = {}


def counter(chance: random.Random, number: int) -> str:
    """What a process has counted since it began, which was not with the first request."""
    return str(1_000 + STARTS.setdefault(id(chance), chance.randrange(500)) + number)


FIELDS = {
    "time": Field(moment, text_of(BEGIN), {
        "wrong type": lambda chance, number: "None",
        "constant": lambda chance, number: text_of(BEGIN + 7_205),
        "a day off": lambda chance, number: moment(chance, number, 86_400),
    }),
    "uuid": Field(some_uuid, "00000000-0000-4000-8000-000000000000", {
        "wrong type": lambda chance, number: "None",
        "constant": lambda chance, number: "11111111-2222-4333-8444-555555555555",
        "without dashes": lambda chance, number: some_uuid(chance, number).replace("-", ""),
    }),
    "counter": Field(counter, "1000", {
        "wrong type": lambda chance, number: "None",
        "constant": lambda chance, number: "1234",
        "counts down": lambda chance, number: str(1_000_000 - number),
    }),
    "token": Field(token, "0123456789abcdef", {
        "wrong type": lambda chance, number: "None",
        "constant": lambda chance, number: "fedcba9876543210",
        "half as long": lambda chance, number: token(chance, number)[:8],
        "upper case": lambda chance, number: token(chance, number).upper(),
    }),
    "shuffled list": Field(shuffled, WORDS, {
        "lost item": lambda chance, number: shuffled(chance, number)[:-1],
        "wrong type": lambda chance, number: "None",
    }),
}  # fmt: skip


def as_json(value: Value, number: int) -> Response:
    """An answer in JSON."""
    body = json.dumps({"page": number, "info": {"name": f"page {number}", "value": value}, "ok": True})
    return Response(200, b"OK", ((b"Content-Type", b"application/json"),), body.encode())


def as_html(value: Value, number: int) -> Response:
    """A page."""
    shown = "<ul>" + "".join(f"<li>{one}</li>" for one in value) + "</ul>" if isinstance(value, list) else value
    body = f"<html><body><h1>Page {number}</h1><p class='made'>made at <b>{shown}</b></p><p>end</p></body></html>"
    return Response(200, b"OK", ((b"Content-Type", b"text/html"),), body.encode())


def as_text(value: Value, number: int) -> Response:
    """Lines of text."""
    lines = value if isinstance(value, list) else [f"value: {value} (page {number})"]
    body = "\n".join([f"page {number}", *lines, "end"])
    return Response(200, b"OK", ((b"Content-Type", b"text/plain"),), body.encode())


def as_header(value: Value, number: int) -> Response:
    """A cookie."""
    shown = ".".join(value) if isinstance(value, list) else value.replace(" ", "T")
    headers = ((b"Content-Type", b"text/plain"), (b"Set-Cookie", f"seen={shown}; Path=/; HttpOnly".encode()))
    return Response(200, b"OK", headers, f"page {number}".encode())


def as_xmlrpc(value: Value, number: int) -> Response:
    """An XML-RPC answer."""
    body = dumps(({"page": number, "value": value},), methodresponse=True)
    return Response(200, b"OK", ((b"Content-Type", b"text/xml"),), body.encode())


FORMATS: dict[str, Callable[[Value, int], Response]] = {
    "json": as_json, "html": as_html, "text": as_text, "xmlrpc": as_xmlrpc, "header": as_header,
}  # fmt: skip


def values(field: Field, size: int, rate: float, chance: random.Random, change: str = "") -> list[Value]:
    """What one run answers: the field varies at a rate; a change holds for all requests, whatever the field did."""
    if change:
        return [field.changes[change](chance, number) for number in range(size)]
    return [field.draw(chance, number) if chance.random() < rate else field.steady for number in range(size)]


def compared(old: Sequence[Value], new: Sequence[Value], write: Callable[[Value, int], Response]) -> Run:
    """Compare two runs as the harness does."""
    findings = []
    for number, (one, other) in enumerate(zip(old, new, strict=True)):
        found = compare(write(one, number), write(other, number)) if one != other else []
        seen = tuple(Observation(f"made#{number + 1}", ENDPOINT, "client", difference) for difference in found)
        if seen:
            findings.append(Finding(0, number + 1, True, seen))
    return Run(findings, {ENDPOINT: len(old)})


def groups(found: Run, noise: Sequence[Run]) -> int:
    """How many groups are left."""
    decision = decide(found, noise)
    gathered = Groups()
    for finding in found.findings:
        gathered.add(decision.unexplained(finding.observations))
    return len(gathered.finish())


def diffy(found: Run, noise: Run, size: int) -> int:
    """How many fields the rule of Diffy shows: more often raw than noise, by 20 % of both and by 0.03 % of requests."""
    raw, noisy = fields(found), fields(noise)
    return sum(
        count > noisy[field]
        and (count - noisy[field]) / (count + noisy[field]) * 100 > 20
        and (count - noisy[field]) / size * 100 > 0.03
        for field, count in raw.items()
    )


def fields(run: Run) -> Counter[tuple[str, str]]:
    """In how many exchanges each field differs, and how."""
    counts: Counter[tuple[str, str]] = Counter()
    for finding in run.findings:
        counts.update(
            {(seen.difference.aspect + seen.difference.path, seen.difference.kind) for seen in finding.observations}
        )
    return counts


@dataclass
class Score:
    """Trials, and how often each rule was wrong."""

    trials: int = 0
    ours: int = 0
    diffy: int = 0


def trials(size: int, repeats: int, rate: float, runs: int) -> Iterator[tuple[str, str, bool, bool]]:
    """Yield for each trial: type, change (none: empty), whether we show something, whether Diffy does."""
    for name, field in FIELDS.items():
        for number, (form, write) in zip(range(repeats), cycle(name), strict=False):
            chance = random.Random(f"{name} {form} {size} {rate} {runs} {number}")
            made = [values(field, size, rate, random.Random(chance.random())) for _ in range(2 * runs + 1)]
            noise = [compared(made[2 * n + 1], made[2 * n + 2], write) for n in range(runs)]
            for change in ("", *field.changes):
                new = values(field, size, rate, random.Random(chance.random()), change)
                found = compared(made[0], new, write)
                yield name, change, groups(found, noise) > 0, diffy(found, noise[0], size) > 0


def cycle(name: str) -> Iterator[tuple[str, Callable[[Value, int], Response]]]:
    """The formats, over and over; a shuffled list is no header."""
    usable = {form: write for form, write in FORMATS.items() if form != "header" or name != "shuffled list"}
    while True:
        yield from usable.items()


def main() -> None:
    """Measure and print."""
    for size, repeats in SIZES.items():
        for runs in RUNS:
            print(f"{size} requests, {runs} runs of old against itself ({repeats} trials of each type and change)")
            print(f"{'rate':>8}{'false: ours':>14}{'Diffy':>8}{'missed: ours':>15}{'Diffy':>8}   missed by ours")
            for rate in RATES:
                show(rate, list(trials(size, repeats, rate, runs)))


def show(rate: float, seen: Sequence[tuple[str, str, bool, bool]]) -> None:
    """Print one line of the table."""
    same = [row for row in seen if not row[1]]
    changed = [row for row in seen if row[1]]
    missed = Counter(f"{name} {change}" for name, change, ours, _ in changed if not ours)
    print(
        f"{rate:>8.0%}"
        f"{sum(row[2] for row in same):>7} of {len(same):<3}{sum(row[3] for row in same):>8}"
        f"{sum(not row[2] for row in changed):>8} of {len(changed):<3}{sum(not row[3] for row in changed):>8}"
        f"   {', '.join(f'{what} ({count})' for what, count in sorted(missed.items()))}",
        flush=True,
    )


if __name__ == "__main__":
    main()
