"""What files stand below a folder, and by what each is known without reading it: asked again and again, for little.

A folder is listed again only where its own times moved, which they do when an entry comes, goes or is renamed. Each
file is asked for its facts each time: writing to one moves nothing else. What changed is for `files`. Whether a copy of
a folder is one, or shares through its links what is elsewhere, is told here as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RACY = 50_000_000
"""Nanoseconds: what changed so shortly before it was looked at may change again without its time moving."""


class Mark(NamedTuple):
    """By what a file is known without reading it."""

    size: int
    modified: int
    inode: int
    mode: int


class _Listing(NamedTuple):
    """A folder's times (None: it may change again without them moving), its files (path, place) and its folders."""

    times: tuple[int, int, int] | None
    files: list[tuple[str, str]]
    folders: list[tuple[str, str]]


class Folders:
    """The folders below `root`, each as it was listed last."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._listings: dict[str, _Listing] = {}

    def look(self) -> dict[str, Mark]:
        """Return the mark of each file and symbolic link below the root, by its path from there."""
        before, self._listings = self._listings, {}
        return dict(self._marks("", self._root, before))

    def _marks(self, path: str, place: str, before: dict[str, _Listing]) -> Iterator[tuple[str, Mark]]:
        try:
            listing = self._listings[path] = _listed(path, place, before.get(path))
        except (FileNotFoundError, NotADirectoryError):
            return  # went away while we looked, which the next look will show
        for file, where in listing.files:
            try:
                facts = os.lstat(where)
            except (FileNotFoundError, NotADirectoryError):
                continue
            yield file, Mark(facts.st_size, facts.st_mtime_ns, facts.st_ino, facts.st_mode)
        for folder, where in listing.folders:
            yield from self._marks(folder, where, before)


def _listed(path: str, place: str, known: _Listing | None) -> _Listing:
    """Return a folder's listing: the known one if nothing came or went since."""
    now = time.time_ns()
    facts = os.stat(place)
    times = (facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
    if known is not None and known.times == times:
        return known
    prefix = f"{path}/" if path else ""
    files: list[tuple[str, str]] = []
    folders: list[tuple[str, str]] = []
    with os.scandir(place) as listing:
        for entry in listing:
            (folders if entry.is_dir(follow_symlinks=False) else files).append((prefix + entry.name, entry.path))
    return _Listing(None if max(times[:2]) > now - RACY else times, files, folders)


def links_out(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the symbolic links below a folder that a copy of it would share with others, and where each leads.

    Those are links that lead out of it, and absolute ones: what is written through them does not stay in the copy. The
    null device keeps nothing.
    """
    inside = os.path.realpath(root)
    for place, folders, files in os.walk(inside):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            if not os.path.islink(path):
                continue
            target = os.readlink(path)
            real = os.path.realpath(path)
            if real == os.devnull or (not os.path.isabs(target) and os.path.commonpath((inside, real)) == inside):
                continue
            yield os.path.relpath(path, inside), target
