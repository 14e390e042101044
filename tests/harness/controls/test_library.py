"""The preload is compiled once, by whoever comes first, and its absence is no error."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.controls import library

pytestmark = pytest.mark.skipif(not any(map(shutil.which, library.COMPILERS)), reason="no C compiler")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of a user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(library.tempfile, "tempdir", str(tmp_path / "none"))
    return tmp_path / "harness"


def test_it_is_compiled_once_and_kept(cache: Path) -> None:
    """The second call finds what the first left."""
    made = library.preload.__wrapped__()
    assert made is not None
    assert made.parent == cache
    before = made.stat()
    assert library.preload.__wrapped__() == made
    assert made.stat() == before
    assert [path.name for path in cache.iterdir()] == [made.name]


def test_many_may_compile_at_once(cache: Path) -> None:
    """Workers and other runs: all get a whole file."""
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: library.preload.__wrapped__(), range(3)))
    assert len(set(made)) == 1
    assert [path.name for path in cache.iterdir()] == [made[0].name]


def test_its_sources_have_no_warnings(tmp_path: Path) -> None:
    """With what compilers usually object to."""
    words = ["cc", *library.FLAGS, "-Wall", "-Wextra", "-Werror", "-o", str(tmp_path / "x.so")]
    done = subprocess.run(
        [*words, *map(str, sorted(library.SOURCES.glob("*.c"))), *library.LIBRARIES], capture_output=True, check=False
    )
    assert done.stderr == b""


def test_without_a_compiler_there_is_none(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing fails."""
    monkeypatch.setattr(library, "COMPILERS", ("no-such-compiler",))
    assert library.preload.__wrapped__() is None


def test_a_compiler_that_fails_gives_none(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be no C library to compile against."""
    monkeypatch.setattr(library, "COMPILERS", ("false",))
    assert library.preload.__wrapped__() is None


def test_a_cache_that_others_may_write_to_is_not_used(cache: Path) -> None:
    """What stands there is executed."""
    cache.mkdir()
    cache.chmod(0o777)
    made = library.preload.__wrapped__()
    assert made is not None
    assert made.parent != cache
    assert list(cache.iterdir()) == []


def test_a_program_without_a_page_is_left_alone(cache: Path) -> None:
    """The library alone changes nothing."""
    made = library.preload.__wrapped__()
    for directory in ({}, {"HARNESS_CONTROLS": str(cache)}):
        environ = {"LD_PRELOAD": str(made), **directory}
        words = [sys.executable, "-c", "import time; print(time.time())"]
        done = subprocess.run(words, env=environ, capture_output=True, check=True)
        assert abs(float(done.stdout) - time.time()) < 60
        assert done.stderr == b""
