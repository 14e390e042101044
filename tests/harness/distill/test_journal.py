"""A distillation that was stopped goes on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from harness.distill.cover import Candidate
from harness.distill.journal import Journal
from harness.distill.look import Features
from harness.errors import UsageError

LINES = frozenset[object]({("a.py", 1), ("a.py", 1, 2), "GET / 200"})
MORE = frozenset[object]({("a.py", 1), ("b.py", 7)})


def noted(file: Path) -> dict[str, Candidate]:
    """What a run of three exchanges noted."""
    features = Features()
    with closing(Journal(file, "run", features)) as journal:
        for name, found, inert in (("x#1", LINES, True), ("x#2", MORE, False), ("x#3", LINES, True)):
            journal.add(name, Candidate(features.of(found), inert))
    return journal.known


def read(file: Path, features: Features) -> dict[str, Candidate]:
    """What a file holds."""
    with closing(Journal(file, "run", features)) as journal:
        return journal.known


def test_what_was_noted_is_known_again(tmp_path: Path) -> None:
    """With the same numbers for the same features."""
    known, features = noted(tmp_path / "j"), Features()
    assert read(tmp_path / "j", features) == known
    assert features.of(LINES) == known["x#1"].features
    assert features.of(MORE) == known["x#2"].features


def test_a_half_line_is_forgotten_and_more_is_added(tmp_path: Path) -> None:
    """Of whoever was killed while writing."""
    known, features = noted(tmp_path / "j"), Features()
    with (tmp_path / "j").open("a") as file:
        file.write('{"id": "x#4", "se')
    with closing(Journal(tmp_path / "j", "run", features)) as journal:
        fresh = Candidate(features.of(frozenset({"GET / 404"})), inert=True)
        journal.add("x#4", fresh)
    assert read(tmp_path / "j", Features()) == {**known, "x#4": fresh}


@pytest.mark.parametrize(("run", "text"), [("another", ""), ("run", "no journal\n")], ids=["another run", "no journal"])
def test_another_file_is_refused(tmp_path: Path, run: str, text: str) -> None:
    """Never mixed."""
    noted(tmp_path / "j")
    if text:
        (tmp_path / "j").write_text(text)
    with pytest.raises(UsageError, match="journal"):
        Journal(tmp_path / "j", run, Features())
