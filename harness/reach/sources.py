"""Which files and folders are an application's own: what its TARGET names, or what the user says.

A target's text and its folder come in, paths go out. Nothing is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import Config, TargetConfig
from harness.errors import UsageError

PASSED_OVER = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__"})
PREFIX = "git:"


@dataclass(frozen=True, slots=True)
class Sources:
    """The folder that a target runs in, what of it (files and folders) is its own, and how it is configured."""

    root: Path
    paths: tuple[Path, ...]
    entry: TargetConfig


def own_sources(text: str, config: Config, chosen: Sequence[Path] = ()) -> Sources:
    """Return what is a target's own: `chosen`, else its top-level package, else all of the folder that it runs in.

    Raises UsageError for a path that is not there.
    """
    entry = config.targets.get(text, TargetConfig(text))
    root = (config.root / (entry.cwd or ".") if text in config.targets else Path.cwd()).resolve()
    for path in chosen:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder to find the target's lines in")
    app = entry.app.split(":", 2)[-1] if entry.app.startswith(PREFIX) else entry.app
    return Sources(root, tuple(path.resolve() for path in chosen) or _of(app, root), entry)


def _of(app: str, root: Path) -> tuple[Path, ...]:
    top = app.partition(":")[0].partition(".")[0]
    packages = (folder / top for folder in (root, root / "src"))
    return next(((package,) for package in packages if top and (package / "__init__.py").is_file()), (root,))


def files(sources: Sequence[Path]) -> Iterator[Path]:
    """Yield the files among sources, sorted; none of hidden folders, of other people's packages and environments."""
    for source in sources:
        if source.is_file():
            yield source
            continue
        for folder, below, names in os.walk(source):
            below[:] = sorted(name for name in below if not _is_foreign(Path(folder, name)))
            yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _is_foreign(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name in PASSED_OVER or (folder / "pyvenv.cfg").exists()


def python_files(sources: Sequence[Path]) -> list[Path]:
    """Return the Python files among sources: by their suffix, or what their first line says."""
    return [path for path in files(sources) if is_python(path)]


def is_python(path: Path) -> bool:
    """Tell a Python file by its suffix, or by a first line that names the interpreter."""
    if path.suffix == ".py":
        return True
    if path.suffix not in ("", ".cgi"):
        return False
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first
