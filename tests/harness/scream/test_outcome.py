"""What a run came to, judged by unchanged runs: same, reads or breaks, by what the client's work is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from harness.effects import Effects
from harness.scream.outcome import Outcome, effect_lines, failure, from_json, to_json, whim, yardstick

RUN = Outcome(0, ("got a", "took #"), {"a": "1", "b": "2"}, ("rows: 1",), ("GET /", "GET /a"))
QUIET = Outcome(0, ("done",))


@pytest.mark.parametrize(
    ("product", "changes", "level"),
    [
        ("work", {}, "same"),
        ("work", {"exit": 1}, "breaks"),
        ("work", {"exit": "timeout"}, "breaks"),
        ("work", {"files": {"a": "1"}}, "breaks"),
        ("work", {"files": {"a": "1", "b": "3"}}, "breaks"),
        ("work", {"files": {"a": "1", "b": "2", "c": "3"}}, "reads"),
        ("work", {"effects": ()}, "breaks"),
        ("work", {"output": ("got a", "took #", "warning")}, "reads"),
        ("work", {"output": ()}, "reads"),
        ("work", {"requests": ("GET /", "GET /a", "GET /a")}, "reads"),
        ("work", {"requests": ("GET /a", "GET /")}, "same"),
        ("names", {"files": {"a": "1", "b": "3"}}, "same"),
        ("names", {"files": {"a": "1"}}, "breaks"),
        ("output", {"files": {}}, "same"),
        ("output", {"output": ("took #",)}, "breaks"),
        ("output", {"output": ("got a", "took #", "warning")}, "reads"),
        ("exit", {"output": (), "files": {}}, "reads"),
        ("exit", {"exit": 1}, "breaks"),
    ],
)
def test_judges(product: str, changes: dict[str, Any], level: str) -> None:
    """Exit status always; files, writes and lines as the client's work has it; requests alter nothing of the job."""
    assert yardstick([RUN] * 3, product).judge(replace(RUN, **changes)).level == level


def test_who_makes_nothing_is_judged_by_lines() -> None:
    """A client whose work is neither files nor writes."""
    assert yardstick([QUIET] * 3, "work").judge(replace(QUIET, output=())).level == "breaks"


def test_what_varies_is_not_compared() -> None:
    """A line, a file's content, a file that was not always there."""
    runs = [
        replace(RUN, output=("got a", f"at {n}"), files={"a": str(n), "b": "2", **({"c": "1"} if n else {})})
        for n in range(3)
    ]
    measure = yardstick(runs, "work")
    assert measure.judge(replace(RUN, output=("got a", "at 2"), files={"a": "9", "b": "2"})).level == "same"
    assert measure.judge(replace(RUN, output=("got a",), files={"a": "9", "b": "2", "c": "7"})).level == "same"
    assert measure.judge(replace(RUN, output=("got a",), files={"b": "2"})).level == "breaks"


def test_what_is_named_anew_each_time_is_no_news() -> None:
    """A temporary folder in a line, or a file in one: of what varies only the shape is looked at."""
    names = ("_PJAB0", "m9ebUr", "rQk321", "WKs2tg")
    runs = [
        replace(RUN, output=("got a", f"in easy-{name}/demo"), files={"a": "1", "b": "2", f"tmp-{name}/x": name})
        for name in names
    ]
    measure = yardstick(runs[:3], "work")
    assert measure.judge(runs[3]).level == "same"
    assert measure.judge(replace(runs[3], output=(*runs[3].output, "an error"))).level == "reads"
    assert measure.judge(replace(runs[3], files={**runs[3].files, "other": "1"})).level == "reads"


def test_the_evidence_says_what_was_different() -> None:
    """Exit statuses, the first new line, files and requests with their signs."""
    verdict = yardstick([RUN] * 3, "work").judge(Outcome(1, ("ERROR",), {"a": "1", "c": "3"}, ("rows: 1",), ("GET /",)))
    assert verdict.evidence is not None
    assert (verdict.evidence.exit, verdict.evidence.output) == ((0, 1), "ERROR")
    assert (verdict.evidence.files, verdict.evidence.requests) == (("- b", "+ c"), ("- GET /a",))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (RUN, ""),
        (replace(RUN, output=("else",)), ""),
        (replace(RUN, exit=1), "exit status 0 or 1"),
        (replace(RUN, requests=("GET /",)), "does not ask for the same each time"),
        (replace(RUN, files={"z": "1"}), "does not make the same files each time"),
    ],
)
def test_a_whim_is_told(other: Outcome, why: str) -> None:
    """Where unchanged runs agree in too little to judge by."""
    assert whim([RUN, other, RUN]) == why


def test_a_failure_is_told() -> None:
    """With its exit status and the last line."""
    assert failure(RUN) == ""
    assert failure(Outcome(22, ("a", "b"))) == "it fails when nothing is changed: exit status 22, 'b'"


def test_what_was_written_is_lines() -> None:
    """Rows, files, and that there was mail."""
    row = (("id", "1"),)
    effects = Effects({"notes": Counter({row: 1})}, {}, {"up/a": "0644 1 bytes"}, b"To: a")
    assert effect_lines(effects) == ("file up/a 0644 1 bytes", "notes: 1 rows", "notes: {'id': '1'} +1", "mail")
    assert effect_lines(None) == ()


def test_times_of_a_run_are_no_part_of_what_it_wrote() -> None:
    """Two runs within a second write the same time, a third does not; a time of another day is data."""

    def lines(when: str, began: float) -> tuple[str, ...]:
        return effect_lines(Effects({"notes": Counter({(("at", when),): 1})}), (began, began + 2))

    first = lines("2026-11-23 10:00:01.25", 1795428000)
    assert first == lines("2026-11-23 10:00:02.5", 1795428001)
    assert first != lines("2026-11-22 10:00:02.5", 1795428001)


def test_an_outcome_is_read_again_as_it_was_written() -> None:
    """For the journal."""
    assert from_json(to_json(RUN)) == RUN
