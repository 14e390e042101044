"""Finds what a report names: a group by its id, the recordings of its examples by their names (it holds no paths)."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.group import Group
from harness.recording import Recording, open_recordings
from harness.report.model import Result

HIDDEN = "."


def group_of(result: Result, text: str) -> Group:
    """Return the group of a report whose id is or begins with a text. Raises UsageError."""
    groups = (*result.groups, *result.accepted, *result.hidden)
    found = [group for group in groups if group.id.startswith(text)]
    if len(found) != 1 or not text:
        known = ", ".join(group.id for group in found or groups[:10]) or "none"
        raise UsageError(
            f"{'several groups begin' if found else 'no group begins'} with {text!r}; the report has: {known}"
        )
    return found[0]


def recordings_of(group: Group, root: Path) -> list[Recording]:
    """Return the recordings below `root` that a group's examples name. Raises UsageError for none, and for two."""
    names = dict.fromkeys(example.name for example in group.examples)
    found: list[Recording] = []
    for name in names:
        files = [file for file in sorted(root.rglob(Path(name).name)) if _is_it(file, name, root)]
        if len(files) > 1:
            places = ", ".join(str(file.relative_to(root)) for file in files[:4])
            raise UsageError(f"{name}: there are several files of that name ({places}); give the one that is meant")
        found += open_recordings(files) if files else []
    if not found:
        raise UsageError(f"no file below {root} is called {', '.join(names)}; give the recording as an argument")
    return found


def _is_it(file: Path, name: str, root: Path) -> bool:
    parts = file.relative_to(root).parts
    return file.is_file() and file.as_posix().endswith(name) and not any(part.startswith(HIDDEN) for part in parts)
