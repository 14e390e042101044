"""Which files and folders are an application's own: what its TARGET names, or what the user says.

A target's text and its folder come in, paths go out. Nothing is imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import Config, TargetConfig
from harness.errors import UsageError
from harness.reach.parts import parts_of

PREFIX, COMPAT = "git:", "compat:"
LIBRARIES = ("PYTHONPATH", "PERL5LIB", "PERLLIB", "RUBYLIB")
"""Variables that name folders of modules."""
QUOTED = re.compile(r"""(["'])(.+?)\1""")


@dataclass(frozen=True, slots=True)
class Sources:
    """The folder that a target runs in, what of it (files and folders) is its own, and how it is configured."""

    root: Path
    paths: tuple[Path, ...]
    entry: TargetConfig


def own_sources(text: str, config: Config, chosen: Sequence[Path] = ()) -> Sources:
    """Return what is a target's own: `chosen`, else its top-level package, else what it begins with and that names.

    A module begins with its file, a `compat:` application with the paths in its text; where there are none, all of the
    folder that it runs in is its own.

    Raises UsageError for a path that is not there.
    """
    entry = config.targets.get(text, TargetConfig(text))
    root = (config.root / (entry.cwd or ".") if text in config.targets else Path.cwd()).resolve()
    for path in chosen:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder to find the target's lines in")
    app = entry.app.split(":", 2)[-1] if entry.app.startswith(PREFIX) else entry.app
    return Sources(root, tuple(path.resolve() for path in chosen) or _of(app, root, _libraries(entry, root)), entry)


def _of(app: str, root: Path, libraries: Sequence[Path]) -> tuple[Path, ...]:
    if app.startswith(COMPAT):
        first = [path for _, text in QUOTED.findall(app) if (path := (root / text).resolve()).exists()]
        return parts_of([*first, *libraries], root) if first else (root,)
    top = app.partition(":")[0].partition(".")[0]
    for folder in (root, root / "src", *libraries) if top else ():
        package, module = folder / top, folder / f"{top}.py"
        if (package / "__init__.py").is_file():
            return (package,)
        if module.is_file() or package.is_dir():
            return parts_of([module if module.is_file() else package, *libraries], root)
    return (root,)


def _libraries(entry: TargetConfig, root: Path) -> list[Path]:
    """Return the folders below the root that a target's variables name for modules."""
    named = (path for name in LIBRARIES for path in entry.env.get(name, "").split(os.pathsep) if path)
    folders = ((root / path).resolve() for path in named)
    return [folder for folder in folders if folder.is_dir() and root in folder.parents]
