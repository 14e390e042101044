"""What is expected of a program that ran before, and that its answer does not depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.body import Body
from compat.runners.exec import execute
from compat.runners.habit import habit_of, learn
from compat.types import Command, Exit


@pytest.mark.parametrize(
    ("size", "whole", "rest", "habit"),
    [
        (100, 0.002, 0.0, "brief"),
        (100, 0.02, 0.003, "late"),
        (100, 0.5, 0.4, "long"),
        (100_000, 0.002, 0.001, "long"),
    ],
    ids=["quick", "slow to begin", "slow to end", "too much for a pipe"],
)
def test_last_run_tells(size: int, whole: float, rest: float, habit: str) -> None:
    """Only the last run of a program counts, and none other's."""
    learn("/a.cgi", 50, 1.0, 1.0)
    learn("/a.cgi", size, whole, rest)
    assert habit_of("/a.cgi") == habit
    assert habit_of("/b.cgi") == "brief"


def test_not_all_are_remembered() -> None:
    """A directory of any number of programs takes no memory for each."""
    for number in range(1000):
        learn(f"/{number}.cgi", 50, 1.0, 1.0)
    assert sum(habit_of(f"/{number}.cgi") == "long" for number in range(1000)) < 300


@pytest.mark.parametrize("expected", ["brief", "late", "long"])
@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("echo a", b"a\n"),
        ("sleep 0.05; echo a", b"a\n"),
        ("echo a; sleep 0.05; echo b", b"a\nb\n"),
        ("printf %200000d 1", b"%200000d" % 1),
        ("echo a; (sleep 0.05; echo b) &", b"a\nb\n"),
    ],
    ids=["quick", "slow to begin", "slow to end", "large", "left to a child"],
)
def test_whole_answer_whatever_was_expected(tmp_path: Path, text: str, output: bytes, expected: str) -> None:
    """A program that behaves otherwise than the last time is heard to its end, error output too."""
    path = tmp_path / "script.sh"
    path.write_text(f"#!/bin/sh\necho said >&2\n{text}\nexit 3\n", encoding="utf-8")
    path.chmod(0o755)
    times = {"brief": (0.0, 0.0), "late": (1.0, 0.0), "long": (1.0, 1.0)}
    learn(str(path), 10, *times[expected])
    assert habit_of(str(path)) == expected
    errors: list[bytes] = []
    running = execute(
        Command((str(path),), str(tmp_path), {b"PATH": b"/bin:/usr/bin"}, str(path)), Body(), errors.append
    )
    pieces = []
    while piece := running.read():
        pieces.append(piece)
    assert running.finish() == Exit(status=3)
    assert b"".join(pieces) == output
    assert b"".join(errors) == b"said\n"


def test_large_answer_is_learnt(tmp_path: Path) -> None:
    """A program that fills its pipe is not made to wait a second time."""
    path = tmp_path / "script.sh"
    path.write_text("#!/bin/sh\nprintf %100000d 1\n", encoding="utf-8")
    path.chmod(0o755)
    running = execute(Command((str(path),), str(tmp_path), {}, str(path)), Body(), lambda data: None)
    while running.read():
        pass
    running.finish()
    assert habit_of(str(path)) == "long"
