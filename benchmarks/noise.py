"""Noise and real changes in one field: what `harness.noise` shows, beside the rule of Diffy, on made answers.

A field of each type (time, UUID, counter, token, shuffled list) varies in a share of the requests, in answers of
several formats that the real comparison compares. Then new is old once more (every group is a false one), or is really
changed in that very field (no group is a miss). Seeds are fixed: each run prints the same table.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, product
from xmlrpc.client import dumps

from harness.compare import compare
from harness.evidence import Finding
from harness.exchange import Response
from harness.group import Groups
from harness.group.observation import Observation
from harness.noise import Run, decide

ENDPOINT = "GET /page/{}"
RATES = (0.01, 0.03, 0.1, 0.3, 0.66, 1.0)
FEW_RATES = (0.01, 0.1, 0.66, 1.0)
PLAN = (
    (100, 5, 1, FEW_RATES),
    (100, 5, 2, RATES),
    (100, 5, 3, FEW_RATES),
    (1_000, 1, 2, FEW_RATES),
    (10_000, 1, 2, (0.01, 1.0)),
)
"""Requests of a run, trials of each kind, runs of old against itself, rates."""
BEGIN = 1_463_392_800
WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]

Value = str | list[str]


class Chance(random.Random):
    """The chance of one run, and where its counter began."""

    def __init__(self, seed: float | str) -> None:
        super().__init__(seed)
        self.begin = self.randrange(1_000, 1_500)


@dataclass(frozen=True)
class Field:
    """A field that varies: how a value is drawn (chance, number of the request), and how new may really change it."""

    draw: Callable[[Chance, int], Value]
    steady: Value
    changes: dict[str, Callable[[Chance, int], Value]]


def text_of(seconds: float) -> str:
    """Write an instant."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def moment(chance: Chance, number: int, off: float = 0.0) -> str:
    """Some seconds after the time of a request."""
    return text_of(BEGIN + 7_200 + 10 * number + chance.uniform(0, 5) + off)


def shuffled(chance: Chance, number: int) -> list[str]:
    """The same words in another order."""
    return chance.sample(WORDS, len(WORDS))


def token(chance: Chance, number: int) -> str:
    """Sixteen hexadecimal digits."""
    return f"{chance.getrandbits(64):016x}"


def some_uuid(chance: Chance, number: int) -> str:
    """A random UUID."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def counter(chance: Chance, number: int) -> str:
    """What a process has counted since it began, which was not with the first request."""
    return str(chance.begin + number)


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


def values(field: Field, size: int, rate: float, chance: Chance) -> list[Value]:
    """What one run answers: the field varies at a rate."""
    return [field.draw(chance, number) if chance.random() < rate else field.steady for number in range(size)]


def changed(field: Field, size: int, rate: float, chance: Chance, change: str) -> list[Value]:
    """What new answers when it is really changed, in a share of the requests."""
    make = field.changes[change]
    return [make(chance, number) if chance.random() < rate else field.steady for number in range(size)]


def compared(old: Sequence[Value], new: Sequence[Value], write: Callable[[Value, int], Response]) -> Run:
    """Compare two runs as the harness does."""
    findings = []
    for number, (one, other) in enumerate(zip(old, new, strict=True)):
        found = compare(write(one, number), write(other, number)) if one != other else []
        seen = tuple(Observation(f"made#{number + 1}", ENDPOINT, "client", difference) for difference in found)
        if seen:
            findings.append(Finding(0, number + 1, True, seen))
    return Run(findings, {ENDPOINT: len(old)})


def groups(found: Run, noise: Sequence[Run], again: Run | None, itself: Sequence[Run]) -> int:
    """How many groups are left."""
    decision = decide(found, noise, again=again, itself=itself)
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


@dataclass(frozen=True)
class Trial:
    """One trial: what varied, how new was changed (empty: not at all) and where, and who showed something."""

    type: str
    change: str
    everywhere: bool
    ours: bool
    diffy: bool


def trials(size: int, repeats: int, runs: int, rate: float) -> Iterator[Trial]:
    """Run the trials of one line of the table."""
    for name, field in FIELDS.items():
        for number, (form, write) in zip(range(repeats), forms(name, size), strict=False):
            chance = Chance(f"{name} {form} {size} {rate} {runs} {number}")
            made = [values(field, size, rate, Chance(chance.random())) for _ in range(2 * runs + 1)]
            noise = [compared(made[2 * n + 1], made[2 * n + 2], write) for n in range(runs)]
            old, other = made[0], values(field, size, rate, Chance(chance.random()))

            def tried(news: list[list[Value]]) -> tuple[bool, bool]:
                found = compared(old, news[0], write)  # noqa: B023
                again = compared(other, news[1], write) if size == 100 else None  # noqa: B023
                itself = [compared(*pair, write) for pair in zip(news[2::2], news[3::2], strict=True)]  # noqa: B023
                return groups(found, noise, again, itself) > 0, diffy(found, noise[0], size) > 0  # noqa: B023

            of_new = range(2 * runs + 2)
            yield Trial(name, "", True, *tried([values(field, size, rate, Chance(chance.random())) for _ in of_new]))
            for change, everywhere in product(field.changes, (True, False)):
                share = 1.0 if everywhere else rate
                if everywhere or rate < 1:
                    news = [changed(field, size, share, Chance(chance.random()), change) for _ in of_new]
                    if news[0] != [field.steady] * size:  # else there is nothing to be seen
                        yield Trial(name, change, everywhere, *tried(news))


def forms(name: str, size: int) -> Iterator[tuple[str, Callable[[Value, int], Response]]]:
    """The formats, over and over; a shuffled list is no header, and the longest runs are of text."""
    usable = {form: write for form, write in FORMATS.items() if form != "header" or name != "shuffled list"}
    return cycle([("text", as_text)] if size > 100 else list(usable.items()))


def main() -> None:
    """Measure and print."""
    for size, repeats, runs, rates in PLAN:
        print(f"{size} requests, {runs} runs of old against itself ({repeats} trials of each type and change)")
        print("          false groups      missed, changed everywhere   missed, changed where it varies")
        print("    rate  ours     Diffy    ours          Diffy          ours          Diffy            missed by ours")
        for rate in rates:
            show(rate, list(trials(size, repeats, runs, rate)))


def show(rate: float, seen: Sequence[Trial]) -> None:
    """Print one line of the table."""
    same = [trial for trial in seen if not trial.change]
    everywhere = [trial for trial in seen if trial.change and trial.everywhere]
    partly = [trial for trial in seen if trial.change and not trial.everywhere]
    missed = Counter(f"{trial.type} {trial.change}" for trial in (*everywhere, *partly) if not trial.ours)
    line = f"{rate:>8.0%}  {sum(t.ours for t in same):<3} of {len(same):<3}{sum(t.diffy for t in same):<6}"
    for part in (everywhere, partly):
        ours, diffys = sum(not t.ours for t in part), sum(not t.diffy for t in part)
        line += f"{ours:<4} of {len(part):<7}{diffys:<4} of {len(part):<7}"
    print(line + "  " + ", ".join(f"{what} ({count})" for what, count in sorted(missed.items())), flush=True)


if __name__ == "__main__":
    main()
