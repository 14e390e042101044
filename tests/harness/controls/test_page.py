"""The page of a side: who may make it, what it holds, and when it goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.controls import inside, page
from harness.errors import TargetError


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pages stand."""
    monkeypatch.setattr(page, "MEMORY", tmp_path)
    return tmp_path / f"harness-{os.getuid()}"


def test_a_page_is_private_and_goes_with_its_side(place: Path) -> None:
    """Nobody else may tell a target its time."""
    made = page.Page()
    assert [path.stat().st_mode & 0o777 for path in (place, made.path)] == [0o700, 0o600]
    made.close()
    assert list(place.iterdir()) == []


def test_a_directory_that_others_may_enter_is_refused(place: Path) -> None:
    """Somebody else may have made it first."""
    place.mkdir()
    place.chmod(0o755)
    with pytest.raises(TargetError, match="nobody but this user"):
        page.Page()


def test_pages_of_dead_processes_are_removed(place: Path) -> None:
    """A harness that was killed could not; those of living ones stay."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    living = page.Page()
    for name in (str(dead.pid), f"new-{dead.pid}-0", str(os.getpid())):
        (place / name).touch()
    page.remove_stale()
    assert {path.name for path in place.iterdir()} == {living.path.name, str(os.getpid())}
    living.close()


def test_the_names_that_may_be_looked_up_are_those_of_the_machine_and_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read by the preload one a line."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost Here # not.this\n" + "".join(f"10.0.0.1 name{n:04}\n" for n in range(300)))
    monkeypatch.setattr(page, "HOSTS", hosts)
    made = page.Page()
    made.allow([("127.0.0.1", 80)])
    names = made._map[inside.NAMES : inside.REFUSED].split(b"\0")[0].decode().split("\n")
    made.close()
    assert names[:4] == ["localhost", "127.0.0.1", "here", "name0000"]
    assert names[-1] in {f"name{n:04}" for n in range(300)}


def test_the_layout_is_the_one_of_the_preload() -> None:
    """Both are checked against the same places when it is compiled."""
    header = (Path(page.__file__).parent / "preload" / "page.h").read_text()
    for name in ("ALLOWED", "NAMES", "REFUSED", "WAITING"):
        assert f"offsetof(struct page, {name.lower()}) == {getattr(inside, name)}," in header
    numbers = header.split("struct page {")[1].split("spare")[0].replace("\n", " ")
    declared = [word.strip(" ,;") for word in numbers.replace(",", " ").split() if not word.endswith("_t")][1:]
    declared = [word for word in declared if word not in ("char", "magic[8]", "uint64_t", "int64_t")]
    assert [getattr(inside, name.upper()) for name in declared] == list(range(8, 8 + 8 * len(declared), 8))
