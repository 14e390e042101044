"""Where in a checkout the examples of a report stand: cassette and line, for services that annotate files.

Recordings and groups come in, `Places` go out. Only what lies within `root` has a place; an archive has no lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from harness.group import Group

_SEQUENCE = re.compile(r"^interactions:[^\n]*\n(?P<indent> *)- ", re.MULTILINE)


class Place(NamedTuple):
    """A file, relative to the checkout and with forward slashes, and a line from 1 (0: the file as a whole)."""

    path: str
    line: int = 0


Places = Mapping[str, Place]
"""Places of exchanges, by their ids."""


@runtime_checkable
class Named(Protocol):
    """A recording: the name that begins its exchanges' ids, and its file."""

    @property
    def name(self) -> str:
        """What precedes `#` in an id."""

    @property
    def path(self) -> Path:
        """Its file."""


def find_places(recordings: Iterable[object], groups: Iterable[Group], root: Path) -> dict[str, Place]:
    """Return the places of the first example of each group, in recordings that have a file.

    Files that cannot be read as text have no lines.
    """
    wanted: dict[str, set[int]] = {}
    for example in (example for group in groups for example in group.examples[:1]):
        wanted.setdefault(example.name, set()).add(example.number)
    found: dict[str, Place] = {}
    for recording in recordings:
        if not isinstance(recording, Named):
            continue
        file = recording.path.resolve()
        if recording.name not in wanted or not file.is_relative_to(root.resolve()):
            continue
        path = file.relative_to(root.resolve()).as_posix()
        lines = list(_starts(file))
        for number in wanted[recording.name]:
            line = lines[number - 1] if 0 < number <= len(lines) else 0
            found[f"{recording.name}#{number}"] = Place(path, line)
    return found


def _starts(file: Path) -> Iterator[int]:
    """Yield the line at which each interaction of a YAML cassette begins; nothing for any other file."""
    if file.suffix not in (".yaml", ".yml"):
        return
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return
    sequence = _SEQUENCE.search(text)
    if sequence is None:
        return
    first = text.count("\n", 0, sequence.start("indent")) + 1
    item = f"{sequence['indent']}- "
    lines = text[sequence.start("indent") :].split("\n")
    yield from (number for number, line in enumerate(lines, first) if line.startswith(item))
