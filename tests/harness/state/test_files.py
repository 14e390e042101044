"""Changes of a directory tree and of a mail file are told once, by content, and can be undone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.state import files
from harness.state.files import Tree
from harness.state.folders import Folders


def said(content: bytes, mode: str = "0644") -> str:
    """What is told of a file with that content."""
    return f"{mode} {len(content)} bytes sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A small tree with a nested file, a link and an old modification time."""
    root = tmp_path / "snapshot"
    (root / "a").mkdir(parents=True)
    (root / "a" / "one").write_bytes(b"1")
    (root / "two").write_bytes(b"2")
    (root / "link").symlink_to("two")
    for path in (root / "a" / "one", root / "two"):
        path.chmod(0o644)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return root


@pytest.fixture
def tree(snapshot: Path, tmp_path: Path) -> Tree:
    """A copy of it."""
    return Tree(tmp_path / "files", snapshot)


def _create(root: Path) -> None:
    (root / "b" / "c").mkdir(parents=True)
    (root / "b" / "c" / "new").write_bytes(b"new")
    (root / "b" / "c" / "new").chmod(0o600)


def _replace(root: Path) -> None:
    (root / "tmp").write_bytes(b"x")
    (root / "tmp").chmod(0o644)
    (root / "tmp").rename(root / "two")


def _link(root: Path) -> None:
    (root / "link").unlink()
    (root / "link").symlink_to("a/one")


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        pytest.param(_create, {"b/c/new": said(b"new", "0600")}, id="created, with its mode"),
        pytest.param(_replace, {"two": said(b"x")}, id="replaced by rename"),
        pytest.param(lambda root: (root / "a" / "one").write_bytes(b"7"), {"a/one": said(b"7")}, id="same size"),
        pytest.param(lambda root: (root / "two").unlink(), {"two": None}, id="removed"),
        pytest.param(lambda root: (root / "two").chmod(0o600), {"two": said(b"2", "0600")}, id="mode alone"),
        pytest.param(_link, {"link": "link a/one"}, id="link"),
        pytest.param(lambda root: (root / "two").write_bytes(b"2"), {}, id="rewritten with the same content"),
        pytest.param(lambda root: (root / "empty").mkdir(), {}, id="an empty directory does not count"),
        pytest.param(lambda root: None, {}, id="nothing"),
    ],
)
def test_tells_a_change_once_and_undoes_it(
    tree: Tree, snapshot: Path, act: Callable[[Path], object], expected: dict[str, str | None]
) -> None:
    """What was done is told by the next call only; after `restore` the tree equals the snapshot."""
    act(tree.root)
    assert tree.changes(look=True) == expected
    assert tree.changes(look=True) == {}
    assert tree.dirty == bool(expected)
    tree.restore()
    assert {path: files.content(tree.root / path) for path in Folders(tree.root).look()} == {
        path: files.content(snapshot / path) for path in Folders(snapshot).look()
    }
    assert tree.changes(look=True) == {}
    assert not tree.dirty


def test_a_file_there_and_gone_again_is_no_effect(tree: Tree) -> None:
    """What a scan never saw did not happen; what it saw come and go is told both times."""
    (tree.root / "tmp").write_bytes(b"x")
    (tree.root / "tmp").chmod(0o644)
    assert tree.changes(look=True) == {"tmp": said(b"x")}
    (tree.root / "tmp").unlink()
    assert tree.changes(look=True) == {"tmp": None}


def test_a_second_write_within_the_clock_tick_is_seen(tree: Tree) -> None:
    """Two writes so close that size, inode and time are the same are still two contents."""
    path = tree.root / "two"
    path.write_bytes(b"x")
    facts = path.stat()
    assert tree.changes(look=True) == {"two": said(b"x")}
    path.write_bytes(b"y")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert tree.changes(look=True) == {"two": said(b"y")}


def test_modification_times_survive_copy_and_restore(tree: Tree) -> None:
    """`Last-Modified` of a stored file must be the same on both sides and after each restore."""
    (tree.root / "two").unlink()
    tree.changes(look=True)
    tree.restore()
    assert (tree.root / "two").stat().st_mtime == 1_000_000_000


def test_a_big_tree_is_scanned_only_when_asked(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree that costs time is left alone after safe requests."""
    monkeypatch.setattr(files, "CHEAP", -1.0)
    (tree.root / "two").write_bytes(b"x")
    assert tree.changes(look=False) == {}
    assert tree.changes(look=True) == {"two": said(b"x")}


def test_only_short_texts_are_read(tree: Tree) -> None:
    """A session file is told with its text; an image, a long log, a link and what went away are not."""
    (tree.root / "sess_1").write_text('name|s:5:"Zoë!";')
    (tree.root / "image").write_bytes(b"\x89PNG\x00")
    (tree.root / "zeros").write_bytes(b"a\x00b")
    (tree.root / "log").write_text("x" * (files.TEXT + 1))
    (tree.root / "short").symlink_to("sess_1")
    os.mkfifo(tree.root / "pipe")
    changed = tree.changes(look=True)
    assert {"sess_1", "image", "zeros", "log", "short", "pipe"} <= changed.keys()
    assert tree.texts({**changed, "gone": None}) == {"sess_1": 'name|s:5:"Zoë!";'}
