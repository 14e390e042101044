"""harness.power.mutants: which of a target's mutants are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.power.mutants import Mutant, at_places, drawn, mutants_of, read_sources


@pytest.fixture
def every(tmp_path: Path) -> list[Mutant]:
    """The mutants of two small files."""
    (tmp_path / "a.py").write_text("def f(x):\n    if x > 1:\n        return 2\n    return 3\n")
    (tmp_path / "b.py").write_text("def g(x):\n    return x + 4\n")
    return list(mutants_of(read_sources([tmp_path], tmp_path), (), told=False))


@pytest.mark.parametrize(
    ("places", "lines"),
    [
        (("a.py:2",), {("a.py", 2)}),
        (("a.py",), {("a.py", 2), ("a.py", 3), ("a.py", 4)}),
        (("b.py", "a.py:4", "b.py:2"), {("b.py", 2), ("a.py", 4)}),
    ],
    ids=["a line", "a file", "several, one of them twice"],
)
def test_places_choose_mutants(every: list[Mutant], places: tuple[str, ...], lines: set[tuple[str, int]]) -> None:
    """All mutants there, each once, and no others."""
    chosen = at_places(every, places)
    assert len(chosen) == len({mutant.id for mutant in chosen})
    assert {mutant.id for mutant in chosen} == {mutant.id for mutant in every if mutant.line in lines}


@pytest.mark.parametrize("place", ["a.py:1", "c.py", "a.py:", "c.py:2"])
def test_a_place_without_mutants_is_said(every: list[Mutant], place: str) -> None:
    """A spelling mistake must not look like a perfect score."""
    with pytest.raises(UsageError, match=f"--only {place}: no mutant there"):
        at_places(every, ["b.py", place])


def test_a_program_is_taken_by_its_first_line_and_by_its_name(tmp_path: Path) -> None:
    """CGI programs need no suffix; a file that is named is one, whatever it looks like."""
    for name, text in (("count", "#!/usr/bin/perl\n"), ("a.txt", "A\n"), ("b.py", "B\n"), ("c.php", "C\n")):
        (tmp_path / name).write_text(text)
    assert [source.name for source in read_sources([tmp_path], tmp_path)] == ["b.py", "c.php", "count"]
    assert [source.name for source in read_sources([tmp_path / "a.txt"], tmp_path)] == ["a.txt"]


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    """Else nobody knows why so many mutants of the lines were not run."""
    (tmp_path / "a.py").write_text("x = 1 if 2 else 1\n")
    every = list(mutants_of(read_sources([tmp_path], tmp_path), (), told=False))
    chosen, dropped = drawn(every, None, 1)
    assert (len(chosen) + dropped, dropped) == (len(every), 2)
