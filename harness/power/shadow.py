"""A folder that looks like the target's own, in which one of its files is another: the original is never written.

Sources are copied, all else is linked. A target whose text, folder or variables name the original is led to the copy;
one that finds its files by other means (an absolute path in the program) is not, and the copy's changes go unnoticed.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from harness.config import Config, TargetConfig
from harness.errors import TargetError, UsageError
from harness.guard import GuardError, hold
from harness.power.mutants import Mutant
from harness.reach.side import SITE, Reached, below
from harness.reach.sources import Sources
from harness.targets import Target, parse_target
from harness.targets.imports import ask

NAME = "mutant"
LARGEST = 16 << 20
"""Bytes of a file that is copied; a larger one is no program, and is linked."""
LEFT = frozenset({".git", ".hg", ".svn"})


class Shadow:
    """A copy of what is in `sources`, in the place of which a target can be run. A context manager."""

    def __init__(self, sources: Sources, config: Config, timeout: float) -> None:
        self._sources, self._config, self._timeout = sources, config, timeout
        guarded = Path(tempfile.mkdtemp(prefix="harness-shadow-")).resolve()
        try:
            self._guard = hold(guarded)  # removes it also after a SIGKILL
        except GuardError as error:
            shutil.rmtree(guarded, ignore_errors=True)
            raise TargetError(f"--target {sources.entry.app}: {error}") from error
        self._folder = guarded / "copy"
        self.top = Path(os.path.commonpath([sources.root, *sources.paths]))
        if self.top.is_file():
            self.top = self.top.parent
        self._put = 0
        self._times = 0.0, 0.0
        try:
            self._mirror(self.top, self._folder)
            self._entry = self._led()
        except BaseException:
            self.close()
            raise

    def _mirror(self, folder: Path, place: Path) -> None:
        place.mkdir(exist_ok=True)
        for entry in sorted(folder.iterdir()):
            there = place / entry.name
            if entry.name in LEFT:
                continue
            if self._is_within(entry) and not _is_foreign(entry):
                if entry.is_dir() and os.access(entry, os.R_OK | os.X_OK):
                    self._mirror(entry, there)
                elif _is_copied(entry):
                    shutil.copy2(entry, there)
                    there.chmod(there.stat().st_mode | stat.S_IWUSR)
                else:
                    there.symlink_to(entry)
            elif entry.is_symlink() and (self._is_within(entry.resolve()) or self._is_around(entry.resolve())):
                there.symlink_to(self._moved(entry.resolve()))  # else it would lead to the original
            elif entry.is_dir() and self._is_around(entry):
                self._mirror(entry, there)
            else:
                there.symlink_to(entry)

    def _is_within(self, path: Path) -> bool:
        return any(path.is_relative_to(source) for source in self._sources.paths)

    def _is_around(self, path: Path) -> bool:
        return any(source.is_relative_to(path) for source in self._sources.paths)

    def _led(self) -> TargetConfig:
        """Return how the target is run here."""
        entry, cwd = self._sources.entry, self._moved(self._sources.root)
        env = {name: self._renamed(value) for name, value in entry.env.items()}
        app = self._renamed(entry.app)
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        python = entry.python
        if python and "/" in python:
            python = os.path.join(self._sources.root, python)
        made = TargetConfig(app, python, str(cwd), env)
        return replace(made, env={**env, "PYTHONPATH": os.pathsep.join(self._import_path(made))})

    def _import_path(self, entry: TargetConfig) -> Iterator[str]:
        """Yield where modules come from: where an interpreter would take them from the original, from here."""
        before = entry.env.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
        module = entry.app.partition(":")[0].partition(".")[0]
        found = ask(entry.python or sys.executable, module, self._sources.root, entry.env)
        places = [*found.path, *(place for places in found.places.values() for place in places)]
        ours = [place for place in places if place.is_relative_to(self.top) and not _is_foreign(place)]
        yield from dict.fromkeys(str(self._moved(place)) for place in ours if self._moved(place).is_dir())
        yield from (self._renamed(path) for path in before.split(os.pathsep) if path)

    def _moved(self, path: Path) -> Path:
        return self._folder / path.relative_to(self.top) if path.is_relative_to(self.top) else path

    def _renamed(self, text: str) -> str:
        """Put the copy's path in the place of the original's, wherever a text has it."""
        for source in sorted((*self._sources.paths, self._sources.root), key=lambda path: -len(str(path))):
            if source != Path("/"):
                text = text.replace(str(source), str(self._moved(source)))
        return text

    @property
    def sources(self) -> tuple[Path, ...]:
        """The copies of the sources."""
        return tuple(map(self._moved, self._sources.paths))

    @property
    def folder(self) -> Path:
        """The folder in the place of `top`."""
        return self._folder

    def named(self, reached: Reached) -> Reached:
        """Return what was reached in the copy, told below `folder`, by the names that the originals have."""
        if self.top == self._sources.root:
            return reached
        return _renamed(reached, self.top, self._sources.root)

    def target(self, telling: bool = False) -> Target:
        """Return the target as it is run here; `telling`: programs that it starts find what tells their lines.

        Raises UsageError for one that is no application.
        """
        entry = self._entry
        if telling:
            path = os.pathsep.join([str(SITE), entry.env["PYTHONPATH"]]).rstrip(os.pathsep)
            entry = replace(entry, env={**entry.env, "PYTHONPATH": path})
        config = replace(self._config, targets={NAME: entry})
        return parse_target(NAME, config, timeout=self._timeout)

    def put(self, mutant: Mutant) -> None:
        """Make a mutant's change to the copy, which must be as it was."""
        path = self._moved(mutant.source.path)
        if not path.resolve().is_relative_to(self._folder):  # a link: the original would be written
            raise UsageError(f"{mutant.source.path}: is not copied, so it cannot be changed; leave it out by --source")
        self._times = path.stat().st_atime, path.stat().st_mtime
        path.write_bytes(mutant.edit.applied(mutant.source.text))
        # an interpreter that compares times must not take what it compiled of another text
        self._put += 1
        os.utime(path, (self._times[0], self._times[1] + 2 * self._put))

    def put_back(self, mutant: Mutant) -> None:
        """Undo it, whatever became of the original meanwhile."""
        path = self._moved(mutant.source.path)
        path.write_bytes(mutant.source.text)
        os.utime(path, self._times)

    def close(self) -> None:
        """Remove the copy."""
        self._guard.close()

    def __enter__(self) -> Shadow:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@lru_cache(maxsize=512)
def _renamed(reached: Reached, top: Path, root: Path) -> Reached:
    names = {name: below(str(top / name), root) for name, _ in reached.lines}
    lines = frozenset((names[name], line) for name, line in reached.lines)
    return Reached(lines, frozenset((names[name], first, last) for name, first, last in reached.arcs if name in names))


def _is_foreign(path: Path) -> bool:
    return path.is_symlink() or path.name == "node_modules" or (path / "pyvenv.cfg").exists()


def _is_copied(path: Path) -> bool:
    """Whether a file is no pipe, not larger than programs are, and may be read."""
    return path.is_file() and path.stat().st_size <= LARGEST and os.access(path, os.R_OK)


def check_mutable(text: str, target: Target, sources: Sources) -> None:
    """Raises UsageError for a target of which no changed copy can be run."""
    if not target.stateful or sources.entry.app.startswith("git:"):
        raise UsageError(
            f"--target {text}: no changed copy of it can be run: give MODULE:APP, or a [target.NAME] of harness.toml"
        )
