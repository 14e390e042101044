"""Finds what a report names: a group by its id, the recordings of its examples by their names (it holds no paths)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.group import Group
from harness.recording import Recording, open_as
from harness.report.model import Result

HIDDEN = "."
MEANT = "give the one that is meant: harness shrink REPORT GROUP ARCHIVE, or harness characterize --recording ARCHIVE"


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


def recordings_of(group: Group, root: Path, given: Sequence[Path] = ()) -> list[Recording]:
    """Return the recordings that a group's examples name, under the names that the report has for them.

    They are among those `given`, else below `root`. Raises UsageError for none, and for two of one name.
    """
    files = _among(given)
    found: dict[str, Path] = {}
    for name in dict.fromkeys(example.name for example in group.examples):
        fitting = _called(name, files) if given else _below(root, name)
        if len(fitting) > 1:
            places = ", ".join(map(str, fitting[:4]))
            raise UsageError(f"{name}: there are several files of that name ({places}); {MEANT}")
        if fitting:
            found[name] = fitting[0]
    if not found:
        where = "of those given" if given else f"below {root}"
        names = ", ".join(dict.fromkeys(example.name for example in group.examples))
        raise UsageError(f"no file {where} is called {names}; {MEANT}")
    return [open_as(file, name) for name, file in found.items()]


def _among(given: Sequence[Path]) -> list[Path]:
    """Return the files given, and those in folders given. Raises UsageError for what is not there."""
    for path in given:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
    every = (file for path in given for file in ([path] if path.is_file() else sorted(path.rglob("*"))))
    return [file for file in every if file.is_file()]


def _called(name: str, files: Sequence[Path]) -> list[Path]:
    """Return the files of a name with its folders, else those of the name alone: they may have been moved."""
    alike = [file for file in files if file.name == Path(name).name]
    return [file for file in alike if _ends_in(file, name)] or alike


def _below(root: Path, name: str) -> list[Path]:
    """Return the files of a name, with its folders, that are not hidden."""
    files = (file for file in sorted(root.rglob(Path(name).name)) if file.is_file() and _ends_in(file, name))
    return [file for file in files if not any(part.startswith(HIDDEN) for part in file.relative_to(root).parts)]


def _ends_in(file: Path, name: str) -> bool:
    parts = Path(name).parts
    return file.absolute().parts[-len(parts) :] == parts
