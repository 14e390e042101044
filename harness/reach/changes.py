"""Which lines of the new code were changed since a revision, and which of them were judged.

`harness.reach.revision` says what was changed; `judged_changes` is pure: that and what was reached in, a Changed out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from harness.changed import Changed, Unreached
from harness.reach.code import Code, read_code
from harness.reach.side import Line
from harness.reach.sources import is_python
from harness.reach.watch import Watch

UNTOLD = frozenset(
    {".pl", ".pm", ".cgi", ".php", ".rb", ".tcl", ".js", ".lua", ".c", ".sql", ".inc"}
    | {".html", ".htm", ".tmpl", ".tpl", ".tt", ".mako", ".jinja", ".jinja2", ".j2"}
)
"""Files that are part of a program, whose lines nobody tells."""

Lines = Mapping[str, frozenset[int]]
"""Numbers of lines, by the path of the file below the root."""


def read_codes(root: Path, names: Collection[str]) -> dict[str, tuple[list[str], Code | None]]:
    """Return for the programs among files below `root` their lines, and their code where Python can be read."""
    found: dict[str, tuple[list[str], Code | None]] = {}
    for name in sorted(names):
        path = root / name
        python = path.is_file() and is_python(path)
        if python or (path.is_file() and path.suffix in UNTOLD):
            text = path.read_bytes()
            found[name] = text.decode("utf-8", "replace").splitlines(), read_code(text) if python else None
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
    for name, (lines, code) in codes.items():
        if code is None:
            continue
        for number in sorted(changed[name] & code.lines):
            total += 1
            if (name, number) in reached or (name, number) in imported:
                hit += 1
            else:
                missed.append(_missed(name, number, lines, code, reached))
    untold = tuple(name for name, (_, code) in codes.items() if code is None)
    return Changed(since, total, hit, tuple(missed), untold)


def _missed(
    name: str, number: int, lines: Sequence[str], code: Code, reached: Mapping[Line, Sequence[str]]
) -> Unreached:
    near = sorted(_reached_of(name, reached), key=_nearness(code, number))
    source = lines[number - 1].strip() if number <= len(lines) else ""
    return (
        Unreached(name, number, source, reached[name, near[0]][0], near[0]) if near else Unreached(name, number, source)
    )


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
