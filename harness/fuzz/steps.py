"""Scenarios that nobody played: recorded ones with a step left out, done twice, or done before the one before it.

A recording comes in, its variants go out. What follows is sent as it was recorded, under the names (cookies, tokens)
that each side hands out now: only answers that hand out names are still told, since only these are learned from.
Deterministic for a seed; no I/O here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from harness.exchange import SAFE_METHODS, Exchange, Response

Steps = list[Exchange]

_HIDDEN = re.compile(rb"<input[^>]*hidden|<meta[^>]*(?:csrf|token)", re.IGNORECASE)


def _dropped(steps: Steps, at: int) -> Steps:
    return steps[:at] + steps[at + 1 :]


def _repeated(steps: Steps, at: int) -> Steps:
    return steps[: at + 1] + steps[at:]


def _swapped(steps: Steps, at: int) -> Steps:
    return [*steps[:at], *steps[at : at + 2][::-1], *steps[at + 2 :]]


def _late(steps: Steps, at: int) -> Steps:
    return [*_dropped(steps, at), steps[at]]


CHANGES: tuple[Callable[[Steps, int], Steps], ...] = (_dropped, _repeated, _swapped, _late)
"""What may become of one step."""


def is_stateful(steps: Sequence[Exchange]) -> bool:
    """Whether the order of steps can mean anything: some may write, and there are others."""
    return len(steps) > 1 and any(step.request.method not in SAFE_METHODS for step in steps)


def variants(steps: Sequence[Exchange], seed: int) -> Iterator[tuple[int, tuple[Exchange, ...]]]:
    """Yield each variant once, in a random order, with the number of steps before its first change.

    Steps that may write are changed, with those around them; what only reads matters less.
    """
    writing = [at for at, step in enumerate(steps) if step.request.method not in SAFE_METHODS]
    near = sorted({at for one in writing for at in (one - 1, one) if at >= 0})
    ways = [(at, change) for at in near for change in CHANGES]
    Random(seed).shuffle(ways)  # noqa: S311 (no secret)
    for at, change in ways:
        changed = change(list(steps), at)
        if changed != list(steps):
            yield at, (*changed[:at], *map(untold, changed[at:]))


def untold(step: Exchange) -> Exchange:
    """Return a step without its recorded answer, which was given in another course; not where names are handed out."""
    keeps = step.response is not None and _hands_out(step.response)
    return step if keeps else replace(step, response=None)


def _hands_out(answer: Response) -> bool:
    return answer.header(b"set-cookie") is not None or bool(_HIDDEN.search(answer.body or b""))
