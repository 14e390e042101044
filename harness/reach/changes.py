"""Which lines of the new code were changed since a revision, and which of them were judged.

`harness.reach.revision` says what was changed; `judged_changes` is pure: that and what was reached in, a Changed out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.changed import Changed, Unreached
from harness.reach.code import Code, read_code
from harness.reach.programs import TEMPLATES, is_program, is_python, readable
from harness.reach.side import Line
from harness.reach.watch import Watch

Lines = Mapping[str, frozenset[int]]
"""Numbers of lines, by the path of the file below the root."""


def read_codes(root: Path, names: Collection[str]) -> dict[str, tuple[list[str], Code | None]]:
    """Return for the programs among files below `root` their lines, and their code where Python can be read."""
    found: dict[str, tuple[list[str], Code | None]] = {}
    for name in sorted(names):
        path = root / name
        if path.is_file() and (path.suffix in TEMPLATES or is_program(path)):
            text = path.read_bytes()
            code = read_code(text) if is_python(path) else None
            found[name] = [line.decode("utf-8", "replace") for line in text.splitlines()], code
    return found


def judged_changes(
    since: str,
    changed: Lines,
    codes: Mapping[str, tuple[Sequence[str], Code | None]],
    watch: Watch,
    judged: Sequence[str],
) -> Changed:
    """Say which changed lines the `judged` exchanges reached, and for the others which recorded one comes nearest."""
    reached = watch.by_line(judged)
    imported = watch.imported.lines if judged else frozenset()
    total, hit = 0, 0
    missed: list[Unreached] = []
    for path, (lines, code) in codes.items():
        if code is None:
            continue
        name = readable(path)
        for number in sorted(changed[path] & code.lines):
            total += 1
            if (name, number) in reached or (name, number) in imported:
                hit += 1
            else:
                missed.append(_missed(name, number, lines, code, reached))
    untold = tuple(readable(name) for name, (_, code) in codes.items() if code is None)
    return Changed(since, total, hit, tuple(missed), untold)


def _missed(
    name: str, number: int, lines: Sequence[str], code: Code, reached: Mapping[Line, Sequence[str]]
) -> Unreached:
    near = sorted(_reached_of(name, reached), key=_nearness(code, number))
    source = lines[number - 1].strip() if number <= len(lines) else ""
    missed = Unreached(name, number, source)
    return replace(missed, nearest=reached[name, near[0]][0], at=near[0]) if near else missed


def _reached_of(name: str, reached: Mapping[Line, Sequence[str]]) -> Iterator[int]:
    return (number for file, number in reached if file == name)


def _nearness(code: Code, wanted: int) -> Callable[[int], tuple[bool, bool, bool, int, int]]:
    """Return by what a reached line is near: the same function before the same class, and fewest lines between.

    A line that runs at import comes last: to reach it says nothing.
    """
    function = code.functions.get(wanted, "")
    around = function.rpartition(".")[0]

    def key(number: int) -> tuple[bool, bool, bool, int, int]:
        other = code.functions.get(number, "")
        return (
            number in code.at_import,
            other != function,
            other.rpartition(".")[0] != around,
            abs(number - wanted),
            number,
        )

    return key
