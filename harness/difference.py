"""One observed difference between two answers (or between what two sides did to rows, files and mail).

The vocabulary every comparison speaks and every report reads. Frozen; made by `compare`, gathered by `group`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Aspect = Literal["status", "reason", "header", "body", "framing", "rows", "files", "mail", "crash"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two sides differ, and how.

    `path` names the place within the aspect without positions (`Content-Type`, `info.classifiers[]`,
    `html/body/a/@href`, `releases.summary`); it is what groups are made by. `kind` is one of `changed`, `missing`
    (old has it, new has not), `added`, `type`, `order`, `renamed`, `encoding`, `spelling` (same meaning, other
    bytes). `old` and `new` are short printable texts of the two values; empty where the side has none.
    """

    aspect: Aspect
    path: str
    kind: str
    old: str = ""
    new: str = ""
