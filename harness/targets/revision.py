"""A revision of a git checkout as a folder of its own, for as long as somebody runs it: `git:REV:module:name`.

A directory and a revision come in; a private folder with the files of that commit goes out, and is removed when its
last user is done, or when the harness ends in whatever way. The checkout is only read: nothing is added to its
worktrees, its index or its branches, and no hook runs. Submodules are filled from those of the checkout, where they
have the commit; filters (LFS, line ends) act as in any checkout.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import TargetError, UsageError
from harness.guard import Guard, GuardError, hold

PREFIX = "git:"
OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"})
"""What git tells its hooks: the harness may be run by one, and means the directory it is in."""
TIMEOUT = 600.0  # seconds; a partial clone fetches what it has not
UNTOUCHED = ("core.hooksPath=/dev/null", "core.sparseCheckout=false", "core.fsmonitor=false")
"""Settings with which git writes a whole tree elsewhere and runs no hook."""

_GITLINK = re.compile(rb"160000 commit ([0-9a-f]+)\t(.*)", re.DOTALL)


def split_revision(text: str) -> tuple[str, str]:
    """Take `git:REV:MODULE:NAME` apart into REV and MODULE:NAME; braces in REV may hold colons. Raises UsageError."""
    depth = 0
    for index, letter in enumerate(text):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == ":" and depth == 0 and index >= len(PREFIX):
            if index == len(PREFIX):
                break
            return text[len(PREFIX) : index], text[index + 1 :]
    raise UsageError(f"target {text!r}: a revision is written git:REV:MODULE:NAME (git:main:package.module:app)")


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of a checkout: `top` its root, `git_dir` where its objects are, `inner` where in it we stand."""

    text: str
    commit: str
    top: Path
    git_dir: Path
    inner: Path

    @classmethod
    def find(cls, directory: Path, text: str) -> Revision:
        """Look a revision up in the checkout that `directory` is in. Raises UsageError."""
        place = _asked(directory, "rev-parse", "--show-toplevel", "--absolute-git-dir", "--show-prefix").splitlines()
        top, git_dir, *prefix = map(Path, place)
        found = None if text.startswith("-") else _git(directory, "rev-parse", "--verify", "-q", f"{text}^{{commit}}")
        if found is None or found.returncode:
            raise UsageError(f"{top}: git knows no revision {text!r}{_nearest(directory, text)}")
        return cls(text, found.stdout.decode().strip(), top, git_dir, *prefix or [Path()])


def _asked(directory: Path, *words: str) -> str:
    answer = _git(directory, *words)
    if answer.returncode:
        raise UsageError(f"{directory}: a git:REV target needs a git checkout here; git says: {_said(answer)}")
    return os.fsdecode(answer.stdout)


def _nearest(directory: Path, text: str) -> str:
    listed = _git(directory, "for-each-ref", "--format=%(refname:short)").stdout.decode("utf-8", "replace").split()
    close = difflib.get_close_matches(text, listed, n=3, cutoff=0.5)
    return f"; nearest are {', '.join(close)}" if close else ""


class Checkout:
    """The files of a revision in a private folder, shared by all who `acquire` it and gone after the last `release`."""

    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self.left_empty: tuple[str, ...] = ()
        self._users = 0
        self._guard: Guard | None = None
        self._lock = threading.Lock()

    def acquire(self) -> Path:
        """Return the root of the folder, written by the first caller. Raises TargetError."""
        with self._lock:
            if self._guard is None:
                self._guard = self._written()
            self._users += 1
            return self._guard.directory / "tree"

    def release(self) -> None:
        """Say that one who acquired it is done."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._guard is not None:
                self._guard.close()
                self._guard = None

    def _written(self) -> Guard:
        folder = Path(tempfile.mkdtemp(prefix="screamtest-git-"))
        try:
            guard = hold(folder)
        except GuardError as error:
            raise TargetError(f"target {PREFIX}{self.revision.text}: {error}") from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            self.left_empty = tuple(_write_tree(self.revision, folder / "tree", folder / "index"))
        except BaseException:
            guard.close()
            raise
        return guard


def _write_tree(revision: Revision, tree: Path, index: Path) -> Iterator[str]:
    """Write the files of a commit, as `git checkout` would; yield the submodules that could not be filled."""
    tree.mkdir(exist_ok=True)
    place = {"GIT_DIR": str(revision.git_dir), "GIT_WORK_TREE": str(tree), "GIT_INDEX_FILE": str(index)}
    settings = [word for setting in UNTOUCHED for word in ("-c", setting)]
    written = _git(tree, *settings, "read-tree", "--reset", "-u", revision.commit, **place)
    if written.returncode:
        raise TargetError(f"target {PREFIX}{revision.text}: its files cannot be written: {_said(written)}")
    index.unlink(missing_ok=True)
    for commit, path in _submodules(revision):
        try:
            part = Revision.find(revision.top / path, commit)
        except (UsageError, OSError):
            part = revision
        if part.git_dir == revision.git_dir:  # never made in this checkout
            yield path
        else:
            yield from (f"{path}/{deeper}" for deeper in _write_tree(part, tree / path, index))


def _submodules(revision: Revision) -> list[tuple[str, str]]:
    """Return commit and path of each submodule."""
    listed = _git(revision.top, "ls-tree", "-r", "-z", "--full-tree", revision.commit).stdout.split(b"\0")
    return [(link[1].decode(), os.fsdecode(link[2])) for link in map(_GITLINK.fullmatch, listed) if link]


def _git(directory: Path, *words: str, **place: str) -> subprocess.CompletedProcess[bytes]:
    env = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    try:
        return subprocess.run(
            ["git", *words],
            cwd=directory,
            env={**env, "LC_ALL": "C", **place},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
        )
    except FileNotFoundError:
        if not directory.is_dir():
            raise UsageError(f"{directory}: no such folder") from None
        raise UsageError("a git:REV target needs the program git, which is not on PATH") from None
    except subprocess.TimeoutExpired:
        raise TargetError(f"git {words[0]} did not end within {TIMEOUT:.0f} s in {directory}") from None


def _said(answer: subprocess.CompletedProcess[bytes]) -> str:
    lines = answer.stderr.decode("utf-8", "replace").strip().splitlines()
    return "; ".join(lines[-2:]) or f"nothing (exit status {answer.returncode})"
