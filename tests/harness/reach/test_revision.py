"""Which lines were changed since a revision, by git itself, whatever it is set to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.reach.revision import changed_lines, parsed_diff

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="no git on PATH")
PRICES = "def price():\n    return 1\n\n\ndef stock():\n    return 2\n"


def git(folder: Path, *words: str) -> None:
    """Run git as somebody with a name."""
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, timeout=30)


def repository(folder: Path, name: str) -> Path:
    """Make a repository with one file, `NAME/prices.py`, committed."""
    (folder / name).mkdir(parents=True)
    (folder / name / "prices.py").write_text(PRICES)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one file in a folder, committed."""
    return repository(tmp_path, "shop")


def change(folder: Path) -> None:
    """Change its last line."""
    (folder / "prices.py").write_text(PRICES.replace("return 2", "return 3"))


@needs_git
def test_changed_new_and_unchanged_files(checkout: Path) -> None:
    """A changed line counts, all lines of a file that git does not know yet, and none of what stayed."""
    change(checkout / "shop")
    (checkout / "shop" / "new.py").write_text("A = 1\n")
    found = changed_lines(checkout, "HEAD", [checkout / "shop"])
    assert found == {"shop/prices.py": {6}, "shop/new.py": {1, 2}}


SETTINGS = {
    "prefixes that tell what is compared": {"diff.mnemonicPrefix": "true"},
    "no prefixes": {"diff.noprefix": "true"},
    "prefixes of one's own": {"diff.srcPrefix": "x/", "diff.dstPrefix": "y/"},
    "lines around": {"diff.context": "9", "diff.interHunkContext": "9"},
    "colours": {"color.diff": "always", "color.ui": "always"},
    "a program that shows differences": {"diff.external": "true"},
    "a converter": {"diff.odd.textconv": "echo", "diff.odd.command": "true"},
    "a folder alone": {"diff.relative": "false"},
}


@needs_git
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("package", ["shop", "b"])
def test_the_settings_of_git_change_nothing(
    tmp_path: Path, package: str, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is read wrong is a file without changes, and a gate that is passed by nothing."""
    checkout = repository(tmp_path, package)
    (checkout / ".gitattributes").write_text("*.py diff=odd\n")
    change(checkout / package)
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings)))
    for number, (key, value) in enumerate(settings.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    assert changed_lines(checkout, "HEAD", [checkout / package]) == {f"{package}/prices.py": {6}}


@needs_git
def test_lines_around_that_the_environment_asks_for(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are shown, against what is said on the command line; they were not changed."""
    change(checkout / "shop")
    monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=4")
    assert changed_lines(checkout, "HEAD", [checkout]) == {"shop/prices.py": {6}}


@needs_git
def test_a_file_that_counts_as_binary_has_lines(checkout: Path) -> None:
    """By an attribute, of a generated program: else all of its changes would be none."""
    (checkout / ".gitattributes").write_text("*.py -diff\n")
    change(checkout / "shop")
    assert changed_lines(checkout, "HEAD", [checkout / "shop"]) == {"shop/prices.py": {6}}


@needs_git
def test_a_renamed_file_changed_where_it_changed(checkout: Path) -> None:
    """Not all of it is new."""
    change(checkout / "shop")
    git(checkout, "mv", "shop/prices.py", "shop/renamed.py")
    assert changed_lines(checkout, "HEAD", [checkout / "shop"]) == {"shop/renamed.py": {6}}


@needs_git
def test_odd_files(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is no file is passed over: the lock of an editor, a pipe; names need not be UTF-8, nor harmless."""
    shop = checkout / "shop"
    (shop / ".#prices.py").symlink_to("me@host.1234:1")
    (shop / "elsewhere").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    os.mkfifo(shop / "pipe")
    for name in (os.fsdecode(b"caf\xe9.py"), "[ab]*.py", 'a "b"\\.py'):
        (shop / name).write_text("A = 1\n")
        git(checkout, "add", "-N", "--", f":(literal)shop/{name}")
    found = changed_lines(checkout, "HEAD", [shop, shop / "[ab]*.py"])
    assert found == {"shop/caf\udce9.py": {1}, "shop/[ab]*.py": {1}, 'shop/a "b"\\.py': {1}}


@needs_git
def test_other_repositories_in_the_folder(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of a submodule what changed since its commit then, by a commit or without; of an unknown repository all."""
    library = repository(tmp_path_factory.mktemp("library"), "lib")
    for name in ("one", "two", "three"):
        git(checkout, "submodule", "add", "-q", str(library), f"shop/{name}")
        if name == "two":
            git(checkout, "commit", "-q", "-m", "submodules")
    change(checkout / "shop" / "one" / "lib")
    change(checkout / "shop" / "two" / "lib")
    git(checkout / "shop" / "two", "commit", "-q", "-a", "-m", "second")
    repository(checkout / "shop" / "nested", "deep")
    every = set(range(1, 7))
    assert changed_lines(checkout, "HEAD", [checkout / "shop"]) == {
        "shop/one/lib/prices.py": {6},
        "shop/two/lib/prices.py": {6},
        "shop/three/lib/prices.py": every,
        "shop/nested/deep/prices.py": every | {7},
    }
    for path in ("one/lib/prices.py", "two/lib", "nested/deep/prices.py", "nested/deep"):
        found = changed_lines(checkout, "HEAD", [checkout / "shop" / path])
        assert list(found) == [f"shop/{path.removesuffix('/prices.py')}/prices.py"]


@needs_git
def test_what_is_no_revision(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Says what git said; one that looks like an option never reaches git, and a range is none: now is now."""
    for text, reason in (
        ("nowhere", r"git cannot tell.*Needed a single revision \(asked: nowhere\)"),
        ("HEAD..HEAD", "git cannot tell.*Needed a single revision"),
        ("--output=x", "is no revision"),
        ("^HEAD", "is no revision"),
    ):
        with pytest.raises(UsageError, match=reason):
            changed_lines(checkout, text, [checkout])
    outside = tmp_path_factory.mktemp("outside")
    with pytest.raises(UsageError, match="not a git repository"):
        changed_lines(outside, "HEAD", [outside])


DIFFS = {
    "one line": ("+++ b/a.py\n@@ -3 +3 @@ def f\n-x\n+y\n", {"a.py": {3}}),
    "several": ("+++ b/a.py\n@@ -3,0 +4,3 @@\n+x\n+y\n+z\n@@ -9 +12 @@\n-x\n+y\n", {"a.py": {4, 5, 6, 12}}),
    "only removed": ("+++ b/a.py\n@@ -3,2 +2,0 @@\n-x\n-y\n", {}),
    "a file that went away": ("+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n", {}),
    "a name with a space and no ASCII": ('+++ "b/s h\\303\\266p.py"\t\n@@ -1 +1 @@\n-x\n+y\n', {"s höp.py": {1}}),
    "text that looks like a header": (
        "+++ b/a.py\n@@ -1,0 +2,2 @@\n+++ b/the docs\n+@@ -1 +1 @@\n@@ -5 +7 @@\n-x\n+y\n",
        {"a.py": {2, 3, 7}},
    ),
    "lines around": ("+++ b/a.py\n@@ -1,4 +1,4 @@\n a\n-x\n+y\n b\n\n", {"a.py": {2}}),
    "no line end": ("+++ b/a.py\n@@ -1 +1,2 @@\n-x\n\\ No newline\n+y\n+z\n\\ No newline\n", {"a.py": {1, 2}}),
    "a form feed": ("+++ b/a.py\n@@ -1,0 +1,2 @@\n+x\f+++ b/z\r\n+y\u2028\n", {"a.py": {1, 2}}),
}


@pytest.mark.parametrize(("text", "lines"), DIFFS.values(), ids=DIFFS)
def test_what_git_diff_says(text: str, lines: dict[str, set[int]]) -> None:
    """Lines of the new side, by file; what stands in a hunk is text, whatever it looks like."""
    assert parsed_diff(text.encode()) == lines
