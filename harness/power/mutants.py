"""The mutants of a target: each one small change to one of its files, on lines that exchanges reach, drawn by a seed.

Files and what was reached come in, mutants go out, always the same for the same sources, recording and seed. Nothing is
written or run.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.errors import UsageError
from harness.power import operators, patterns
from harness.power.operators import Edit
from harness.reach.code import Code, encoding_of, read_code
from harness.reach.programs import files, is_program, is_python
from harness.reach.side import Line, below

BIGGEST = 1 << 20
"""Bytes of a file that is looked at; a program is smaller."""


@dataclass(frozen=True)
class Source:
    """One file of the target: its path, its name in reports, and its text. `python`: it can be read as such."""

    path: Path
    name: str
    text: bytes
    code: Code | None

    @cached_property
    def lines(self) -> list[bytes]:
        """Its lines, without their ends."""
        return self.text.splitlines()

    @property
    def is_script(self) -> bool:
        """Whether it is started, not imported, so that all of it runs in each request: its first line says by what."""
        return self.text.startswith(b"#!")

    @property
    def called(self) -> frozenset[int]:
        """The lines that run in requests; empty where that is not known."""
        if self.code is None:
            return frozenset()
        return self.code.lines if self.is_script else self.code.lines - self.code.at_import

    @cached_property
    def encoding(self) -> str:
        """What it is written in; what this is for other languages than Python is not known, and taken for UTF-8."""
        return encoding_of(self.text) if self.code is not None else "utf-8"

    def edits(self) -> list[Edit]:
        """Return all changes to it."""
        return operators.edits(self.text) if self.code is not None else patterns.edits(self.text)

    def is_real(self, edit: Edit) -> bool:
        """Whether a change makes another program, as far as can be told without running it."""
        return self.code is None or operators.is_real(self.text, edit)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change to a source, and by which line it counts as reached."""

    source: Source
    edit: Edit
    line: Line

    @property
    def id(self) -> str:
        """What names it in a journal: the file, the place and the new text."""
        told = f"{self.source.name}\0{self.edit.start}\0{self.edit.end}\0".encode() + self.edit.text
        return hashlib.sha256(told).hexdigest()[:12]

    @property
    def old(self) -> str:
        """What stands there now, on one line."""
        return _in_short(self.source.text[self.edit.start : self.edit.end], self.source.encoding)

    @property
    def new(self) -> str:
        """What is put there, on one line."""
        return _in_short(self.edit.text, self.source.encoding)

    @property
    def shown(self) -> str:
        """The line of the source, without its indentation."""
        return self.source.lines[self.edit.line - 1].decode(self.source.encoding, "replace").strip()

    @property
    def at_import(self) -> bool:
        """Whether it changes what runs when the program starts: then all exchanges build on it."""
        code = self.source.code
        return code is None or (self.line[1] in code.at_import and not self.source.is_script)

    @property
    def defines(self) -> frozenset[str]:
        """The names in capitals that its statement gives a value, where it runs at import."""
        first = self.source.lines[self.edit.statement - 1].decode("utf-8", "replace")
        match = re.match(r"\s*(?:class |def )?(\w+)", first)
        return frozenset({match[1]}) if match and self.at_import else frozenset()


def _in_short(text: bytes, encoding: str) -> str:
    words = " ".join(text.decode(encoding, "replace").split())
    return words if len(words) <= 200 else f"{words[:197]}..."


def read_sources(paths: Sequence[Path], root: Path) -> list[Source]:
    """Read the programs among folders, and each file that is named, whatever it is called. Raises UsageError."""
    found = []
    for path in files(paths):
        if not (path in paths or is_program(path)) or path.stat().st_size > BIGGEST:
            continue
        try:
            text = path.read_bytes()
        except PermissionError:
            raise UsageError(f"{path}: may not be read, so that no copy of it can be changed") from None
        found.append(Source(path, below(str(path), root), text, read_code(text) if is_python(path) else None))
    return found


def mutants_of(sources: Iterable[Source], reached: Collection[Line], told: bool) -> Iterator[Mutant]:
    """Yield every mutant on a reached line. Of files that cannot tell (`told` False: of all), every mutant."""
    for source in sources:
        for edit in source.edits():
            line = source.name, edit.line
            if source.code is not None and edit.line not in source.code.lines:
                line = source.name, edit.statement
            if source.code is None or not told or line in reached:
                yield Mutant(source, edit, line)


def at_places(mutants: Sequence[Mutant], places: Sequence[str]) -> list[Mutant]:
    """Return the mutants of files, or of lines (`FILE` or `FILE:LINE`). Raises UsageError where there is none."""
    found: dict[str, Mutant] = {}
    for place in places:
        name, colon, line = place.rpartition(":")
        whole = not (colon and line.isdecimal())
        there = {
            mutant.id: mutant
            for mutant in mutants
            if mutant.source.name == (place if whole else name) and (whole or mutant.edit.line == int(line))
        }
        if not there:
            raise UsageError(f"--only {place}: no mutant there; write FILE or FILE:LINE as the survivors are listed")
        found |= there
    return list(found.values())


def drawn(mutants: Sequence[Mutant], number: int | None, seed: int) -> tuple[list[Mutant], int]:
    """Return `number` of the mutants by chance (None: all), in their order, and how many were passed over for it.

    Passed over is what compiles to the same, or not at all.
    """
    order = list(range(len(mutants)))
    random.Random(seed).shuffle(order)  # noqa: S311 (a sample, no secret)
    wanted = len(order) if number is None else number
    chosen: list[int] = []
    dropped = 0
    for index in order:
        if len(chosen) == wanted:
            break
        if mutants[index].source.is_real(mutants[index].edit):
            chosen.append(index)
        else:
            dropped += 1
    return [mutants[index] for index in sorted(chosen)], dropped
