"""Which lines of the new code were changed since a revision (asked of git), and which of them were judged.

`changed_lines` runs git; `judged_changes` is pure: what was changed and what was reached in, a Changed out.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from harness.changed import Changed, Unreached
from harness.errors import UsageError
from harness.reach.code import Code, read_code
from harness.reach.side import Line
from harness.reach.sources import is_python
from harness.reach.watch import Watch

TIMEOUT = 60.0
OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks: it would look at another repository than the one around the folder."""
UNTOLD = frozenset(
    {".pl", ".pm", ".cgi", ".php", ".rb", ".tcl", ".js", ".lua", ".c", ".sql", ".inc"}
    | {".html", ".htm", ".tmpl", ".tpl", ".tt", ".mako", ".jinja", ".jinja2", ".j2"}
)
"""Files that are part of a program, whose lines nobody tells."""
HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")
NEW_FILE = re.compile(r"^\+\+\+ (.*)$")

Lines = Mapping[str, frozenset[int]]
"""Numbers of lines, by the path of the file below the root."""


def changed_lines(root: Path, since: str, paths: Sequence[Path]) -> dict[str, frozenset[int]]:
    """Return the lines that `paths`, below `root`, have now and did not have at a revision; of new files all lines.

    Raises UsageError where there is no git, no such revision, or no repository.
    """
    if since.startswith("-"):
        raise UsageError(f"--changed-since {since!r}: is no revision")
    names = [os.path.relpath(path, root) for path in paths]
    diff = _git(root, "diff", "-U0", "--no-color", "--no-ext-diff", "--relative", since, "--", *names)
    found = parsed_diff(diff.decode("utf-8", "surrogateescape"))
    listed = _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *names)
    for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
        text = (root / name).read_bytes()
        found[name] = frozenset(range(1, text.count(b"\n") + 2))
    return found


def parsed_diff(text: str) -> dict[str, frozenset[int]]:
    """Return the lines that `git diff -U0` says were added or changed, by file; of deleted files none."""
    found: dict[str, set[int]] = {}
    name = ""
    for line in text.splitlines():
        if header := NEW_FILE.match(line):
            name = _unquoted(header[1])
        elif (hunk := HUNK.match(line)) and name:
            first, count = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(name, set()).update(range(first, first + count))
    return {name: frozenset(lines) for name, lines in found.items() if lines}


def _unquoted(name: str) -> str:
    """Return the path of a `+++ b/...` line; empty for a file that went away."""
    name = name.rstrip("\t")
    if name == "/dev/null":
        return ""
    if name.startswith('"'):
        name = name.strip('"').encode("latin-1", "replace").decode("unicode_escape").encode("latin-1").decode("utf-8")
    return name.removeprefix("b/")


def _git(root: Path, *words: str) -> bytes:
    env = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    try:
        answer = subprocess.run(
            ["git", "-c", "core.quotePath=true", *words],
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


def read_codes(root: Path, names: Collection[str]) -> dict[str, tuple[list[str], Code | None]]:
    """Return for the programs among files below `root` their lines, and their code where Python can be read."""
    found: dict[str, tuple[list[str], Code | None]] = {}
    for name in sorted(names):
        path = root / name
        python = path.is_file() and is_python(path)
        if python or (path.is_file() and path.suffix in UNTOLD):
            text = path.read_bytes()
            found[name] = text.decode("utf-8", "replace").splitlines(), read_code(text) if python else None
    return found


def judged_changes(
    since: str,
    changed: Lines,
    codes: Mapping[str, tuple[Sequence[str], Code | None]],
    watch: Watch,
    judged: Sequence[str],
) -> Changed:
    """Say which changed lines the `judged` exchanges reached, and for the others which recorded one comes nearest."""
    reached = watch.by_line(judged)
    imported = watch.imported.lines if judged else frozenset()
    total, hit = 0, 0
    missed: list[Unreached] = []
    for name, (lines, code) in codes.items():
        if code is None:
            continue
        for number in sorted(changed[name] & code.lines):
            total += 1
            if (name, number) in reached or (name, number) in imported:
                hit += 1
            else:
                missed.append(_missed(name, number, lines, code, reached))
    untold = tuple(name for name, (_, code) in codes.items() if code is None)
    return Changed(since, total, hit, tuple(missed), untold)


def _missed(
    name: str, number: int, lines: Sequence[str], code: Code, reached: Mapping[Line, Sequence[str]]
) -> Unreached:
    near = sorted(_reached_of(name, reached), key=_nearness(code, number))
    source = lines[number - 1].strip() if number <= len(lines) else ""
    return (
        Unreached(name, number, source, reached[name, near[0]][0], near[0]) if near else Unreached(name, number, source)
    )


def _reached_of(name: str, reached: Mapping[Line, Sequence[str]]) -> Iterator[int]:
    return (number for file, number in reached if file == name)


def _nearness(code: Code, wanted: int) -> Callable[[int], tuple[bool, bool, bool, int, int]]:
    """Return by what a reached line is near: the same function before the same class, and fewest lines between.

    A line that runs at import comes last: to reach it says nothing.
    """
    function = code.functions.get(wanted, "")
    around = function.rpartition(".")[0]

    def key(number: int) -> tuple[bool, bool, bool, int, int]:
        other = code.functions.get(number, "")
        return (
            number in code.at_import,
            other != function,
            other.rpartition(".")[0] != around,
            abs(number - wanted),
            number,
        )

    return key
