"""Which lines were changed since a revision, by git itself, and which of them were judged."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.exchange import Exchange, Request
from harness.reach.changes import changed_lines, judged_changes, parsed_diff, read_codes
from harness.reach.side import Reached
from harness.reach.watch import Watch

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="no git on PATH")


def git(folder: Path, *words: str) -> None:
    """Run git as somebody with a name."""
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, timeout=30)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one file in a folder, committed."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "prices.py").write_text("def price():\n    return 1\n\n\ndef stock():\n    return 2\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


@needs_git
def test_changed_new_and_unchanged_files(checkout: Path) -> None:
    """A changed line counts, all lines of a file that git does not know yet, and none of what stayed."""
    (checkout / "shop" / "prices.py").write_text("def price():\n    return 1\n\n\ndef stock():\n    return 3\n")
    (checkout / "shop" / "new.py").write_text("A = 1\n")
    found = changed_lines(checkout, "HEAD", [checkout / "shop"])
    assert found == {"shop/prices.py": {6}, "shop/new.py": {1, 2}}


@needs_git
def test_no_such_revision(checkout: Path) -> None:
    """Says what git said; a revision that looks like an option never reaches git."""
    with pytest.raises(UsageError, match="git cannot tell"):
        changed_lines(checkout, "nowhere", [checkout])
    with pytest.raises(UsageError, match="is no revision"):
        changed_lines(checkout, "--output=x", [checkout])


DIFFS = {
    "one line": ("+++ b/a.py\n@@ -3 +3 @@ def f\n-x\n+y\n", {"a.py": {3}}),
    "several": ("+++ b/a.py\n@@ -3,0 +4,3 @@\n+x\n+y\n+z\n@@ -9 +12 @@\n", {"a.py": {4, 5, 6, 12}}),
    "only removed": ("+++ b/a.py\n@@ -3,2 +2,0 @@\n-x\n-y\n", {}),
    "a file that went away": ("+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n", {}),
    "a name with a space and no ASCII": ('+++ "b/s h\\303\\266p.py"\t\n@@ -1 +1 @@\n', {"s höp.py": {1}}),
}


@pytest.mark.parametrize(("text", "lines"), DIFFS.values(), ids=DIFFS)
def test_what_git_diff_says(text: str, lines: dict[str, set[int]]) -> None:
    """Lines of the new side, by file."""
    assert parsed_diff(text) == lines


def test_the_nearest_exchange_is_of_the_same_function(tmp_path: Path) -> None:
    """Not the line next to it in another function, and not what runs at import."""
    source = "A = 1\n\n\ndef f(x):\n    if x:\n        return 1\n    y = 2\n    return y\n\n\ndef g():\n    return 3\n"
    (tmp_path / "shop.py").write_text(source)
    watch = Watch()
    for name, lines in (("x#1", {5, 6}), ("x#2", {12})):
        watch.hear(Exchange(name, Request(b"GET / HTTP/1.1")), Reached(frozenset(("shop.py", each) for each in lines)))
    codes = read_codes(tmp_path, ["shop.py"])
    changed = judged_changes("HEAD", {"shop.py": frozenset({6, 8, 9})}, codes, watch, ["x#1", "x#2"])
    assert (changed.lines, changed.judged) == (2, 1)
    assert [(each.line, each.source, each.nearest, each.at) for each in changed.unreached] == [
        (8, "return y", "x#1", 6)
    ]


def test_an_exchange_that_was_not_judged_reaches_nothing(tmp_path: Path) -> None:
    """A line that ran while nobody could compare is not judged, nor is what ran at import."""
    (tmp_path / "shop.py").write_text("A = 1\n\n\ndef f():\n    return 1\n")
    watch = Watch()
    watch.hear(None, Reached(frozenset({("shop.py", 1), ("shop.py", 4)})))
    watch.hear(Exchange("x#1", Request(b"GET / HTTP/1.1")), Reached(frozenset({("shop.py", 5)})))
    lines = {"shop.py": frozenset({1, 5})}
    codes = read_codes(tmp_path, ["shop.py"])
    assert judged_changes("HEAD", lines, codes, watch, ["x#1"]).judged == 2
    assert judged_changes("HEAD", lines, codes, watch, []).judged == 0
