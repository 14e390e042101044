"""A folder that is not listed again still shows all that happened below it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.state.folders import RACY, Folders, links_out


def _in_place(root: Path) -> None:
    with (root / "a" / "one").open("r+b") as file:
        file.write(b"7")


def _times_put_back(root: Path) -> None:
    """As an archive that is unpacked does."""
    facts = (root / "a").stat()
    (root / "a" / "new").touch()
    os.utime(root / "a", ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _folder_becomes_file(root: Path) -> None:
    shutil.rmtree(root / "a")
    (root / "a").touch()


def _folder_swapped(root: Path) -> None:
    (root / "other").mkdir()
    (root / "other" / "one").write_bytes(b"2")
    (root / "a").rename(root / "before")
    (root / "other").rename(root / "a")


ACTS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda root: None,
    "written in place": _in_place,
    "another mode": lambda root: (root / "a" / "one").chmod(0o600),
    "created": lambda root: (root / "a" / "new").touch(),
    "created deep below": lambda root: (root / "a" / "b" / "new").touch(),
    "created in a new folder": lambda root: shutil.copytree(root / "a", root / "c"),
    "removed": lambda root: (root / "a" / "one").unlink(),
    "renamed": lambda root: (root / "a" / "one").rename(root / "a" / "zwei"),
    "moved to another folder": lambda root: (root / "a" / "one").rename(root / "a" / "b" / "one"),
    "the folder's time put back": _times_put_back,
    "a folder becomes a file": _folder_becomes_file,
    "a folder becomes another": _folder_swapped,
    "all gone": shutil.rmtree,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_the_second_look_sees_what_a_first_one_would(tmp_path: Path, act: Callable[[Path], object]) -> None:
    """Whatever was done in between, in folders whose listing is known."""
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "one").write_bytes(b"1")
    (root / "a" / "b" / "two").write_bytes(b"2")
    time.sleep(2 * RACY / 1e9)
    folders = Folders(root)
    before = folders.look()
    act(root)
    after = folders.look()
    assert after == Folders(root).look()
    assert (after == before) == (act is ACTS["nothing"])


def test_what_comes_within_a_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    """A folder's time is no finer than the kernel's clock."""
    folders = Folders(tmp_path)
    for number in range(200):
        (tmp_path / str(number)).touch()
        assert len(folders.look()) == number + 1


@pytest.mark.parametrize(
    ("link", "target", "told"),
    [
        pytest.param("app.db", "../real.db", True, id="file outside"),
        pytest.param("a/up", "../../real.db", True, id="file outside, from below"),
        pytest.param("uploads", "/srv/uploads", True, id="folder elsewhere"),
        pytest.param("later", "../not/yet", True, id="a file that a write would make"),
        pytest.param("own", "{root}/a/one", True, id="into the folder itself, which a copy of the link leaves"),
        pytest.param("next", "../root-next/one", True, id="a name that begins alike"),
        pytest.param("a/one-too", "one", False, id="beside it"),
        pytest.param("a/top", "../two", False, id="within the folder"),
        pytest.param("log", os.devnull, False, id="the null device"),
        pytest.param("loop", "loop", False, id="itself"),
    ],
)
def test_links_that_a_copy_would_share_are_told(tmp_path: Path, link: str, target: str, told: bool) -> None:
    """What is written through them ends elsewhere than in the copy."""
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "one").touch()
    (root / "two").touch()
    target = target.format(root=root)
    (root / link).symlink_to(target)
    assert list(links_out(root)) == ([(link, target)] if told else [])
