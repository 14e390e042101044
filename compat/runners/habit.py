"""How programs behaved last time, and so what to wait for next time: each waking up costs the server as much as a tenth
of all it does for a request.

Comes in: the times of a run. Goes out: the `Habit` by which the next run of the same program is waited for. A wrong
guess costs a waking up, or a delay of `PATIENCE`; no answer depends on it.
"""

from __future__ import annotations

from typing import Literal

Habit = Literal["brief", "late", "long"]
"""Ends soon after its start; ends soon after its first output; neither, or has much to say."""

PATIENCE = 0.01
"""Seconds that are waited for an end, in which nothing is read."""
SMALL = 32768
"""Bytes of output that fit into a pipe: a program with more must not wait until we read."""
MAX_KNOWN = 256

_known: dict[str, Habit] = {}


def habit_of(name: str) -> Habit:
    """Return what is to be expected of a program."""
    return _known.get(name, "brief")


def learn(name: str, size: int, whole: float, rest: float) -> None:
    """Remember a run: bytes of output, seconds in all, and those after its first output."""
    habit: Habit = "long" if size > SMALL else "brief" if whole < PATIENCE else "late" if rest < PATIENCE else "long"
    if habit == "brief":
        _known.pop(name, None)
        return
    if len(_known) >= MAX_KNOWN:
        _known.clear()
    _known[name] = habit
