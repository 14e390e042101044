"""The folder in which a mutant runs: whatever it looks like, the original is only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import Config
from harness.errors import UsageError
from harness.power.mutants import Mutant, mutants_of, read_sources
from harness.power.shadow import Shadow
from harness.reach.sources import own_sources

TEXT = "A = 1\n"


def shadow_of(folder: Path, *sources: Path) -> Shadow:
    """Make the copy of a folder, where an application of it runs."""
    return Shadow(own_sources("a:app", Config(folder), sources), Config(folder), 5.0)


def mutants(*sources: Path, root: Path) -> list[Mutant]:
    """The mutants of sources."""
    return list(mutants_of(read_sources(sources, root), (), told=False))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a program in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(TEXT)
    return tmp_path


def test_what_is_put_back_is_what_was_read(folder: Path) -> None:
    """An original that is edited during the run is not what the unchanged program was."""
    [mutant] = mutants(folder / "a.py", root=folder)
    with shadow_of(folder) as shadow:
        (folder / "a.py").write_text("nonsense(\n")
        shadow.put(mutant)
        assert (shadow.folder / "a.py").read_text() == "A = (2)\n"
        shadow.put_back(mutant)
        assert (shadow.folder / "a.py").read_text() == TEXT


def test_a_file_that_may_not_be_written(folder: Path) -> None:
    """A deployed program: its copy may."""
    (folder / "a.py").chmod(0o555)
    with shadow_of(folder) as shadow:
        assert (shadow.folder / "a.py").stat().st_mode & 0o777 == 0o755


def test_links_lead_to_the_copy(folder: Path) -> None:
    """Else what runs by a link would be unchanged, or, written through it, the original."""
    (folder / "lib").mkdir()
    (folder / "lib" / "real.py").write_text(TEXT)
    (folder / "lib" / "alias.py").symlink_to("real.py")
    (folder / "current").symlink_to("lib")
    (folder / "dead.py").symlink_to("/gone")
    [mutant] = mutants(folder / "lib", folder / "dead.py", root=folder)
    with shadow_of(folder, folder / "lib") as shadow:
        shadow.put(mutant)
        for name in ("lib/real.py", "lib/alias.py", "current/real.py", "current/alias.py"):
            assert (shadow.folder / name).read_text() == "A = (2)\n"
    assert (folder / "lib" / "real.py").read_text() == TEXT


def test_what_is_only_linked_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever led to that, the change would be made to the original."""
    monkeypatch.setattr("harness.power.shadow.LARGEST", 1)
    [mutant] = mutants(folder / "a.py", root=folder)
    with shadow_of(folder) as shadow, pytest.raises(UsageError, match="is not copied"):
        shadow.put(mutant)
    assert (folder / "a.py").read_text() == TEXT
