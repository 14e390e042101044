"""The files of one side: a copy of a directory tree whose changes can be told and undone.

A tree comes in; out go the paths that changed with mode and digest. Files are known by size, time, inode and mode;
contents are read only where one of these moved. Empty directories do not count. Looking at a tree is for `folders`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from harness.effects import DIGEST, digest_of
from harness.state.folders import RACY, Folders, Mark

CHEAP = 0.0005  # seconds; a tree that is looked at faster is looked at after each exchange

TEXT = 1 << 16  # bytes; longer files are known by their digest alone


class Tree:
    """One side's copy of the snapshot's directory. `root` stays the same path for ever; what is in it is swapped."""

    def __init__(self, root: Path, snapshot: Path) -> None:
        self.root = root
        self._snapshot = snapshot
        self._spare = root.with_name(root.name + "-next")
        self._trash = root.with_name(root.name + "-gone")
        self.apart: Callable[[str], bool] = lambda path: False
        """Says of a path whether others watch it: such a file is put back with the rest, but not read here."""
        shutil.copytree(snapshot, root, symlinks=True)
        self._begin()

    def _begin(self) -> None:
        self._contents: dict[str, str | None] = {}
        self._racy: set[str] = set()
        self._folders = Folders(self.root)
        self._look()

    def _look(self) -> dict[str, Mark]:
        began = time.perf_counter()
        self._marks = self._folders.look()
        self._cost = time.perf_counter() - began
        return self._marks

    def changes(self, look: bool) -> dict[str, str | None]:
        """Return what changed since the last call; without `look` only where that costs next to nothing."""
        if not look and self._cost > CHEAP:
            return {}
        before = self._marks
        now = time.time_ns()
        after = self._look()
        touched = {path for path in after if before.get(path) != after[path]} | (before.keys() - after.keys())
        touched |= self._racy & after.keys()
        self._racy = {path for path, mark in after.items() if mark.modified > now - RACY}
        ours = (path for path in sorted(touched) if not self.apart(path))
        return {path: content for path in ours for content in self._moved(path, path in after)}

    def _moved(self, path: str, exists: bool) -> Iterator[str | None]:
        """Yield the file's content now, if that is another than it was."""
        before = self._contents[path] if path in self._contents else content(self._snapshot / path)
        after = content(self.root / path) if exists else None
        if before != after:
            self._contents[path] = after
            yield after

    def texts(self, files: Mapping[str, str | None]) -> dict[str, str]:
        """Return what stands in those of some changed files that are short texts."""
        return {path: text for path, found in files.items() if (text := self._text(path, found or "")) is not None}

    def _text(self, path: str, found: str) -> str | None:
        digest = found.partition(" ")[2]
        if DIGEST not in digest or path not in self._marks or self._marks[path].size > TEXT:
            return None  # a link or a pipe is not opened
        try:
            with open(os.path.join(self.root, path), "rb") as file:
                raw = file.read()
            text = raw.decode()
        except (OSError, UnicodeDecodeError):
            return None
        return None if digest != digest_of(raw) or "\0" in text else text

    def rejoin(self, other: Tree, paths: Collection[str]) -> None:
        """Make these files those of another side, unseen by `changes`. Raises OSError."""
        for path in paths:
            source, target = other.root / path, self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if source.is_symlink() or source.exists():
                shutil.copy2(source, target, follow_symlinks=False)
        self.changes(look=True)

    @property
    def dirty(self) -> bool:
        """Whether a change was seen since the tree was last put back."""
        return bool(self._contents)

    def prepare(self) -> None:
        """Make the copy that `restore` will need; may run in another thread."""
        shutil.rmtree(self._trash, ignore_errors=True)
        if not self._spare.exists():
            unfinished = self._spare.with_name(self._spare.name + "-part")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(self._snapshot, unfinished, symlinks=True)
            unfinished.rename(self._spare)

    def restore(self) -> None:
        """Make the tree equal to the snapshot again; a prepared copy makes this two renames."""
        self.prepare()
        self.root.rename(self._trash)
        self._spare.rename(self.root)
        self._begin()


def content(path: Path) -> str | None:
    """Return `MODE SIZE bytes sha256:DIGEST` of a file, `link TARGET`, `special` for a socket, None for nothing."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return f"link {os.readlink(path)}"
        if not stat.S_ISREG(mode):
            return "special"
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return f"{stat.S_IMODE(mode):04o} {file.tell()} bytes {DIGEST}{digest}"
    except (FileNotFoundError, NotADirectoryError):
        return None
