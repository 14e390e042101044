"""Which lines files have now and did not have at a revision: asked of git, whatever the user's settings of it are.

A folder and a revision come in, numbers of lines by file go out; `parsed_diff` is pure.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.reach.programs import files

TIMEOUT = 60.0
OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks: it would look at another repository than the one around the folder."""
SUBMODULE = "160000"
DIFF = ("diff-index", "--relative", "--ignore-submodules=none")
"""The plumbing: unlike `git diff` it takes neither prefixes nor filters from the user's settings."""
PATCH = ("-p", "-U0", "-M", "--text", "--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short")
PREFIXES = ("--src-prefix=a/", "--dst-prefix=b/")
HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def changed_lines(root: Path, since: str, paths: Sequence[Path]) -> dict[str, frozenset[int]]:
    """Return the lines that `paths` have now and did not have at a revision; of new files all lines.

    Names begin at `root`; those of files elsewhere, which may be of another repository, are whole paths.
    Raises UsageError where there is no git, no such revision, or no repository, and for a range of revisions.
    """
    if since.startswith("-"):
        raise UsageError(f"--changed-since {since!r}: is no revision")
    try:
        revision = _git(root, "rev-parse", "--verify", since).decode("ascii", "replace").strip()
    except UsageError as error:
        raise UsageError(f"{error} (asked: {since})") from None
    if not revision.isalnum():  # ^main
        raise UsageError(f"--changed-since {since!r}: is no revision")
    found = _changed(root, revision, [path for path in paths if path.is_relative_to(root)])
    for path in (path for path in paths if not path.is_relative_to(root)):
        folder = path if path.is_dir() else path.parent
        found |= {str(folder / name): lines for name, lines in changed_lines(folder, since, [path]).items()}
    return found


def _changed(root: Path, revision: str, paths: Sequence[Path]) -> dict[str, frozenset[int]]:
    if not paths:  # git would take it for everything
        return {}
    names = [os.path.relpath(path, root) for path in paths]
    found = parsed_diff(_git(root, *DIFF, *PATCH, *PREFIXES, revision, "--", *names))
    listed = dict(_listed(_git(root, *DIFF, "--raw", "-z", "--no-renames", "--no-abbrev", revision)))
    if unknown := sorted(found.keys() - listed.keys()):  # never take a name read wrong for a file without changes
        raise UsageError(f"--changed-since: what git says of {unknown[0]!r} in {root} is not understood")
    for name, before in listed.items():
        if before is not None:
            found.pop(name, None)
            found |= {f"{name}/{below}": lines for below, lines in _of_submodule(root / name, before, paths).items()}
    for new in filter(None, _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *names).split(b"\0")):
        found |= _whole(root, root / os.fsdecode(new))
    for path in (path for path in paths if _is_of_another(path, root)):
        found |= _whole(root, path)
    return found


def _is_of_another(path: Path, root: Path) -> bool:
    """Whether a path is within a repository below the root of which the one around it knows nothing."""
    around = (folder for folder in (path, *path.parents) if root in folder.parents and (folder / ".git").exists())
    return any(not _git(root, "ls-files", "-s", "--", os.path.relpath(folder, root)) for folder in around)


def _listed(raw: bytes) -> Iterator[tuple[str, str | None]]:
    """Yield each changed file, and of a submodule the commit that it was at (empty: there was none)."""
    words = raw.split(b"\0")
    for told, name in zip(words[::2], words[1::2], strict=False):
        old, new, before, _, status = told.decode("ascii").removeprefix(":").split(" ")
        if status == "U":
            raise UsageError(f"--changed-since: {os.fsdecode(name)}: is not merged yet; which lines are new?")
        yield os.fsdecode(name), (before if old == SUBMODULE else "") if new == SUBMODULE else None


def _of_submodule(folder: Path, before: str, paths: Sequence[Path]) -> dict[str, frozenset[int]]:
    whole = any(folder.is_relative_to(path) for path in paths)
    within = [folder] if whole else [path for path in paths if path.is_relative_to(folder)]
    if not within or not (folder / ".git").exists():  # not checked out: nothing is there
        return {}
    nothing = _git(folder, "hash-object", "-t", "tree", "--stdin").decode("ascii").strip()
    return _changed(folder, before or nothing, within)


def _whole(root: Path, path: Path) -> dict[str, frozenset[int]]:
    """Return all lines of a new file, or of all files of another repository in the folder; of links none."""
    new = [] if path.is_symlink() else files([path])
    return {os.path.relpath(file, root): frozenset(range(1, _text(file).count(b"\n") + 2)) for file in new}


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"--changed-since: {path}: cannot be read: {error.strerror}") from None


def parsed_diff(diff: bytes) -> dict[str, frozenset[int]]:
    """Return the lines that a unified diff says were added or changed, by file; of deleted files none."""
    found: dict[str, set[int]] = {}
    name = ""
    lines = iter(diff.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            name = _unquoted(line.removeprefix(b"+++ "))
        elif hunk := HUNK.match(line):
            added = set(_added(lines, int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)))
            found.setdefault(name, set()).update(added)
    return {name: frozenset(lines) for name, lines in found.items() if name and lines}


def _added(lines: Iterator[bytes], old: int, number: int, new: int) -> Iterator[int]:
    """Take the lines of one hunk, so many of the old and the new side; yield the numbers of those added."""
    while old > 0 or new > 0:
        kind = next(lines, b"-")[:1]
        if kind == b"+":
            yield number
        old -= kind not in (b"+", b"\\")
        number, new = (number, new) if kind in (b"-", b"\\") else (number + 1, new - 1)


def _unquoted(name: bytes) -> str:
    """Return the path of a `+++ b/...` line; empty for a file that went away."""
    name = name.rstrip(b"\t")
    if name == b"/dev/null":
        return ""
    if name.startswith(b'"'):
        name = name[1:-1].decode("unicode_escape").encode("latin-1")
    return os.fsdecode(name.removeprefix(b"b/"))


def _git(root: Path, *words: str) -> bytes:
    env = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    try:
        answer = subprocess.run(
            ["git", "--literal-pathspecs", "-c", "core.quotePath=true", *words],
            cwd=root,
            env={**env, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
        )
    except FileNotFoundError:
        raise UsageError("--changed-since needs the program git, which is not on PATH") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"--changed-since: git {words[0]} did not end within {TIMEOUT:.0f} s in {root}") from None
    if answer.returncode:
        said = answer.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
        raise UsageError(f"--changed-since: git cannot tell in {root}: {''.join(said)}")
    return answer.stdout
