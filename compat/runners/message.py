"""What the server tells a zygote, as bytes.

Comes in: requests and plans. Goes out: messages as `zygote` reads them: sections of words without NUL. Pure.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .python import Start

Sections = list[list[bytes]]


@dataclass(frozen=True, slots=True)
class Request:
    """One program to run: the stamp of its file's state (empty: do not keep its code), how exec would start it, and
    whether to report what it imports.
    """

    stamp: str
    path: str
    cwd: str
    argv: tuple[str, ...]
    words: tuple[str, ...]
    limits: tuple[str, ...]
    environment: Mapping[bytes, bytes]
    learn: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a zygote imports in advance: the operator's modules, and what was learned, by name with its file."""

    wanted: tuple[str, ...] = ()
    learned: tuple[tuple[bytes, bytes], ...] = ()


def begin(start: Start, plan: Plan) -> Sections:
    """Return the first message to a zygote."""
    return [
        [b"begin"],
        [name + b"=" + value for name, value in start.environment],
        [os.fsencode(os.path.dirname(start.script))],
        [os.fsencode(name) for name in plan.wanted],
        [word for pair in plan.learned for word in pair],
    ]


def run(request: Request) -> Sections:
    """Return a request as sections of words."""
    return [
        [b"run"],
        [os.fsencode(word) for word in (request.stamp, request.path, request.cwd, "1" if request.learn else "")],
        [os.fsencode(word) for word in request.argv],
        [os.fsencode(word) for word in request.words],
        [os.fsencode(limit) for limit in request.limits],
        [name + b"=" + value for name, value in request.environment.items()],
    ]


def frame(sections: Sequence[Sequence[bytes]]) -> bytes:
    """Return a message: its length, the length of each section, and their words, each ended by a NUL."""
    packed = [b"\0".join([*section, b""]) for section in sections]
    payload = b" ".join(b"%d" % len(section) for section in packed) + b"\n" + b"".join(packed)
    return b"%08x" % len(payload) + payload
