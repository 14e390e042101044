"""A little shop with a database: which changes of it a recording of six requests notices, and which not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.config import Config
from harness.errors import UsageError
from harness.power import PowerOptions, Score, as_json, in_text, power
from harness.power.journal import Journal
from harness.power.mutants import Mutant, drawn
from harness.power.operators import Edit, edits
from harness.recording import open_recordings
from harness.targets import parse_target

Run = Callable[..., Score]


@pytest.fixture(scope="module")
def run(shop: Path, config: Config) -> Run:
    """Return what runs mutants of the shop's module."""

    def running(**options: object) -> Score:
        target = parse_target("shop:application", config)
        source = (shop / "shop.py",)
        return power(open_recordings([shop / "x.archive"]), PowerOptions(target, config, sources=source, **options))  # type: ignore[arg-type]

    return running


CASES = {
    "a body": (('b"no such page"', "(b'no such pageXX')"), ("killed", ("body",), "x.archive#5")),
    "a header": (('"X-Shop"', "('X-ShopXX')"), ("killed", ("header",), "x.archive#1")),
    "a row": (("0", "(1)"), ("killed", ("rows",), "x.archive#4")),
    "a status": (('"201 Created"', "('201 CreatedXX')"), ("killed", ("reason",), "x.archive#4")),
    "what nobody looks at": (('"welcome"', "('welcomeXX')"), ("survived", (), "x.archive#1")),
    "a bound that no request meets": (("count > 10", "(count >= 10)"), ("survived", (), "x.archive#1")),
}


@pytest.fixture(scope="module")
def score(run: Run, shop: Path) -> Score:
    """The mutants of the cases alone, lest the test takes long; by two workers, with a journal."""
    wanted = {change for change, _ in CASES.values()}

    def few(mutants: Sequence[Mutant], number: int | None, seed: int) -> tuple[list[Mutant], int]:
        chosen, dropped = drawn(mutants, number, seed)
        return [mutant for mutant in chosen if (mutant.old, mutant.new) in wanted], dropped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.power.pipeline.drawn", few)
        return run(workers=2, journal=shop / "power.journal")


def fate(score: Score, old: str, new: str) -> tuple[str, tuple[str, ...], str]:
    """Return what became of one mutant: outcome, oracles, and the exchange that noticed or is nearest."""
    [found] = [fate for mutant, fate in score.drawn if (mutant.old, mutant.new) == (old, new)]
    return found.outcome, found.oracles, found.by


@pytest.mark.parametrize(("change", "wanted"), CASES.values(), ids=CASES)
def test_what_becomes_of_a_mutant(
    score: Score, change: tuple[str, str], wanted: tuple[str, tuple[str, ...], str]
) -> None:
    """By whichever oracle shows it, at the first exchange that can."""
    assert fate(score, *change) == wanted


def test_lines_that_nothing_reaches_have_no_mutants(score: Score, shop: Path) -> None:
    """What nobody asked for cannot be judged: the text of that page, and that it is returned."""
    source = (shop / "shop.py").read_text()
    unseen = source[: source.index("nobody asks")].count("\n") + 1
    every = edits(source.encode())
    assert score.reach.told
    assert score.reach.lines == score.reach.runnable - 1
    assert score.pool == len([edit for edit in every if edit.line != unseen]) < len(every)


def test_the_original_is_not_written(score: Score, shop: Path) -> None:
    """Mutants are run elsewhere."""
    text = (shop / "shop.py").read_text()
    assert "XX" not in text
    assert text.count('return [b"no such page"]') == 1
    assert score.drawn


def test_the_report_names_survivors(score: Score) -> None:
    """With the source line and the nearest exchange; the JSON has the same counts."""
    text = "\n".join(in_text(score))
    assert 'survived: shop.py:6: string: "welcome" -> (\'welcomeXX\')\n  GREETING = "welcome"\n' in text
    told = as_json(score)
    assert told["mutants"] == {
        "pool": score.pool,
        "run": len(score.drawn),
        "killed": score.killed,
        "dropped": score.dropped,
    }
    assert told["endpoints"]["GET /price"]["exchanges"] == 4
    assert sum(each["outcome"] == "killed" for each in told["drawn"]) == score.killed


def test_what_is_in_the_journal_is_not_run_again(
    score: Score, run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command again comes to the same score, without a mutant."""
    known = {mutant.id for mutant, _ in score.drawn}
    monkeypatch.setattr("harness.power.hunt.Hunt.fate", None)  # would fail, were it called
    monkeypatch.setattr(
        "harness.power.pipeline.drawn",
        lambda mutants, *by: ([each for each in mutants if each.id in known], score.dropped),
    )
    assert as_json(run(journal=shop / "power.journal")) == as_json(score)


def test_a_change_that_changes_nothing_is_not_noticed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line put back as it was: whatever is killed there was no doing of a mutant."""

    def same(source: bytes) -> list[Edit]:
        return [replace(edit, text=source[edit.start : edit.end]) for edit in edits(source)]

    monkeypatch.setattr("harness.power.operators.edits", same)
    monkeypatch.setattr("harness.power.mutants.Source.is_real", lambda source, edit: True)
    found = run(sample=4)
    assert len(found.drawn) == 4
    assert found.killed == 0


def test_a_journal_of_another_run_is_refused(tmp_path: Path) -> None:
    """And so is what is none; a half line at the end is forgotten."""
    Journal(tmp_path / "j", "one").close()
    with pytest.raises(UsageError, match="of another run"):
        Journal(tmp_path / "j", "other")
    (tmp_path / "x").write_text("hello\n")
    with pytest.raises(UsageError, match="is no journal"):
        Journal(tmp_path / "x", "one")
    with (tmp_path / "j").open("a") as file:
        file.write('{"id": "a')
    again = Journal(tmp_path / "j", "one")
    assert again.fates == {}
    again.close()


def test_a_server_cannot_be_changed(config: Config, shop: Path) -> None:
    """Only what we start can run a copy."""
    target = parse_target("http://127.0.0.1:1", config)
    with pytest.raises(UsageError, match="no changed copy"):
        power(open_recordings([shop / "x.archive"]), PowerOptions(target, config))
