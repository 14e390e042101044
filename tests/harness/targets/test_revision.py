"""A revision of a git checkout as a folder: what is written, what is left alone, and what remains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import TargetError, UsageError
from harness.targets.revision import Checkout, Revision, split_revision

Wait = Callable[..., bool]
Written = Callable[[Path, str], Path]


def git(folder: Path, *words: str) -> str:
    """Run git as somebody with a name."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"]
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, **files: str) -> str:
    """Commit files, given by name without suffix, and return the commit."""
    for name, text in files.items():
        place = folder / (name.replace("__", "/") + ".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "fix: one", "--allow-empty")
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with two commits; `v1` names the first."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, app="ONE", inner__deep="1")
    git(folder, "tag", "v1")
    commit(folder, app="TWO")
    return folder


@pytest.fixture
def written() -> Iterator[Callable[[Path, str], Path]]:
    """Return the folder of a revision, which is released at the end of the test."""
    made: list[Checkout] = []

    def write(folder: Path, text: str) -> Path:
        made.append(Checkout(Revision.find(folder, text)))
        return made[-1].acquire()

    yield write
    for each in made:
        each.release()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git:main:module:app", ("main", "module:app")),
        ("git:HEAD~3:pkg.mod:app", ("HEAD~3", "pkg.mod:app")),
        ("git:feature/x:module", ("feature/x", "module")),
        ("git:v1.0:module:factory('a:b')", ("v1.0", "module:factory('a:b')")),
        ("git:HEAD^{/fix: one}:m:a", ("HEAD^{/fix: one}", "m:a")),
        ("git:main@{2020-01-01 10:00}:m:a", ("main@{2020-01-01 10:00}", "m:a")),
        ("git:main:", ("main", "")),
    ],
)
def test_revision_and_application_are_told_apart(text: str, expected: tuple[str, str]) -> None:
    """By the first colon outside braces: git allows none in the name of a branch or tag."""
    assert split_revision(text) == expected


@pytest.mark.parametrize("text", ["git:main", "git:", "git::module:app", "git:HEAD^{/a:b:c"])
def test_a_target_without_revision_or_application_is_refused(text: str) -> None:
    """With what it should look like."""
    with pytest.raises(UsageError, match=r"git:REV:MODULE:NAME"):
        split_revision(text)


@pytest.mark.parametrize("text", ["v1", "main~1", "HEAD^{/fix: one}~1", "tags/v1"])
def test_the_files_of_the_revision_are_written(checkout: Path, text: str, written: Written) -> None:
    """Not those of the work tree, whatever state that is in."""
    (checkout / "app.py").write_text("DIRTY")
    git(checkout, "add", "app.py")
    (checkout / "untracked.py").write_text("x")
    tree = written(checkout, text)
    assert sorted(path.name for path in tree.iterdir()) == ["app.py", "inner"]
    assert (tree / "app.py").read_text() == "ONE"


def test_the_checkout_is_left_as_it_was(checkout: Path) -> None:
    """No worktree, no change of index, branch or files, and no hook has run."""
    for hook in ("post-checkout", "post-index-change"):
        place = checkout / ".git" / "hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text("#!/bin/sh\ntouch hook-ran")
        place.chmod(0o755)
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    made = Checkout(Revision.find(checkout, "v1"))
    tree = made.acquire()
    assert not (tree / "hook-ran").exists()
    made.release()
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before
    assert len(git(checkout, "worktree", "list").splitlines()) == 1


def test_the_folder_is_shared_and_goes_with_its_last_user(checkout: Path) -> None:
    """And is written anew when somebody comes later."""
    made = Checkout(Revision.find(checkout, "v1"))
    first, second = made.acquire(), made.acquire()
    assert first == second
    made.release()
    assert first.is_dir()
    made.release()
    assert not first.parent.exists()
    assert (made.acquire() / "app.py").read_text() == "ONE"
    made.release()


def test_the_folder_goes_when_the_harness_is_killed(checkout: Path, wait_until: Wait) -> None:
    """SIGKILL leaves nobody to clean up but the guard."""
    script = (
        "import sys; from pathlib import Path\n"
        "from harness.targets.revision import Checkout, Revision\n"
        "print(Checkout(Revision.find(Path(sys.argv[1]), 'v1')).acquire(), flush=True)\n"
        "input()\n"
    )
    command = [sys.executable, "-c", script, str(checkout)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        tree = Path(process.stdout.readline().strip())
        assert tree.is_dir()
        os.kill(process.pid, signal.SIGKILL)
    assert wait_until(lambda: not tree.parent.exists())


def test_the_place_within_the_checkout_is_kept(checkout: Path) -> None:
    """Who stands in a folder of the checkout names modules from there."""
    assert Revision.find(checkout / "inner", "v1").inner == Path("inner")


def test_the_variables_of_a_hook_do_not_mislead(
    checkout: Path, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pre-push hook git sets GIT_DIR and GIT_INDEX_FILE for those it calls."""
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    tree = written(checkout, "v1")
    assert (tree / "app.py").read_text() == "ONE"


def test_sparse_checkouts_and_export_rules_leave_nothing_out(checkout: Path, written: Written) -> None:
    """All files of the commit are there, as in a full checkout of it."""
    (checkout / ".gitattributes").write_text("app.py export-ignore\n")
    commit(checkout)
    git(checkout, "sparse-checkout", "set", "nothing")
    tree = written(checkout, "main")
    assert (tree / "app.py").read_text() == "TWO"
    assert (tree / "inner" / "deep.py").read_text() == "1"


def test_submodules_are_filled_where_the_checkout_has_them(checkout: Path, tmp_path: Path) -> None:
    """At the commit that the revision names; one that was never fetched stays empty and is named."""
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q", "-b", "main")
    commit(library, lib="OLD")
    git(checkout, "submodule", "add", "-q", str(library), "here")
    git(checkout, "submodule", "add", "-q", str(library), "gone")
    commit(checkout)
    git(checkout, "submodule", "deinit", "-q", "-f", "gone")
    git(library, "commit", "-q", "--allow-empty", "-m", "later")
    made = Checkout(Revision.find(checkout, "main"))
    tree = made.acquire()
    assert (tree / "here" / "lib.py").read_text() == "OLD"
    assert list((tree / "gone").iterdir()) == []
    assert made.left_empty == ("gone",)
    made.release()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v11", r"git knows no revision 'v11'; nearest are v1$"),
        ("mian", r"nearest are main"),
        ("--all", r"git knows no revision '--all'"),
        ("HEAD:app.py", r"git knows no revision"),
        ("v1^{tree}", r"git knows no revision"),
    ],
)
def test_an_unknown_revision_is_refused_with_the_nearest_names(checkout: Path, text: str, message: str) -> None:
    """And so is what is no commit."""
    with pytest.raises(UsageError, match=message):
        Revision.find(checkout, text)


def test_outside_a_checkout_it_is_refused(tmp_path: Path) -> None:
    """With what git says."""
    with pytest.raises(UsageError, match=r"needs a git checkout here; git says: .*not a git repository"):
        Revision.find(tmp_path, "main")


def test_without_git_it_is_refused(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name of the program."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="program git, which is not on PATH"):
        Revision.find(checkout, "v1")


def test_a_tree_that_cannot_be_written_is_an_error_and_leaves_nothing(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's content is missing, as after an interrupted fetch."""
    blob = git(checkout, "rev-parse", "v1:app.py").strip()
    (checkout / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with pytest.raises(TargetError, match=f"target git:v1: its files cannot be written: .*{blob}"):
        Checkout(Revision.find(checkout, "v1")).acquire()
    assert list(place.iterdir()) == []
