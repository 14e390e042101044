"""The shop's recording distilled: what is kept, why, and that it is a recording. Here, for the sake of the shop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from harness.commands.distill import check_place, write
from harness.config import Config
from harness.distill import Distilled, DistillOptions, as_json, distill, in_text
from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target


@pytest.fixture(scope="module")
def found(shop: Path, config: Config) -> Distilled:
    """By the lines of the shop."""
    options = DistillOptions(config, parse_target("shop:application", config), sources=(shop / "shop.py",))
    return distill(open_recordings([shop / "x.archive"]), options)


def test_only_what_reaches_something_else_is_kept(found: Distilled) -> None:
    """One price below ten apples, one above (by another way), the order, and no page."""
    assert [exchange.id for exchange in found.recordings[0]] == [f"x.archive#{number}" for number in (1, 4, 5, 6)]
    assert found.dropped == {"the same request as an earlier one": 1, "reaches nothing that is not kept": 1}
    assert found.missing == {}
    assert found.told


def test_a_run_that_was_stopped_goes_on(shop: Path, config: Config, tmp_path: Path, found: Distilled) -> None:
    """What its journal knows is not noted again, and the same is kept; half a journal will do."""
    target, journal = parse_target("shop:application", config), tmp_path / "journal"
    options = DistillOptions(config, target, sources=(shop / "shop.py",), journal=journal)
    recordings = open_recordings([shop / "x.archive"])
    assert distill(recordings, options).kept == found.kept
    whole = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text("".join(whole[: len(whole) // 2]), encoding="utf-8")
    again = distill(recordings, options)
    assert journal.read_text(encoding="utf-8").splitlines(keepends=True) == whole
    assert (again.kept, again.dropped, again.missing) == (found.kept, found.dropped, {})


def test_what_will_not_be_judged_stands_for_nothing_that_is(shop: Path, config: Config, tmp_path: Path) -> None:
    """Of two that reach the same, the one that is answered as recorded is kept, wherever it stands."""
    with ArchiveWriter(tmp_path / "y.archive", state="seed") as writer:
        for target, status in ((b"/price?apple=2", 404), (b"/nothing", 200), (b"/price?pear=2", 200)):
            request = Request(b"GET %s HTTP/1.1" % target, ((b"Host", b"h"),))
            writer.add(Exchange("", request, Response(status, b"", (), b"1")))
    options = DistillOptions(config, parse_target("shop:application", config), sources=(shop / "shop.py",))
    [kept] = distill(open_recordings([tmp_path / "y.archive"]), options).recordings
    assert [exchange.request.target for exchange in kept] == [b"/nothing", b"/price?pear=2"]


def test_without_a_target_the_recorded_answers_tell(shop: Path, config: Config) -> None:
    """And it is said that nobody knows the lines."""
    told = distill(open_recordings([shop / "x.archive"]), DistillOptions(config))
    assert sum(told.kept.values()) == 3
    assert "no --target: chosen by the shapes of recorded answers" in "\n".join(in_text(told))


def test_the_table(found: Distilled) -> None:
    """Says how much was kept, of which endpoint, and why the rest is not."""
    text = "\n".join(in_text(found))
    assert text.startswith("kept 4 of 6 exchanges (66.67 %)\n")
    assert "dropped         1  reaches nothing that is not kept\n" in text
    assert as_json(found)["endpoints"]["GET /price"] == {"recorded": 4, "kept": 2}


def test_what_is_written_is_a_recording(found: Distilled, shop: Path, tmp_path: Path) -> None:
    """With the starting state of the whole."""
    write(found, tmp_path / "small.yaml", open_recordings([shop / "x.archive"]))
    [small] = open_recordings([tmp_path / "small.yaml"])
    assert small.state == "seed"
    targets = [exchange.request.target for exchange in small]
    assert targets == [b"/price?apple=2", b"/order?apple", b"/nothing", b"/price?apple=20"]


def test_several_recordings_do_not_make_one(shop: Path, tmp_path: Path) -> None:
    """Each has a starting state of its own: a folder is asked for."""
    two = open_recordings([shop / "x.archive"]) * 2
    with pytest.raises(UsageError, match="name a folder"):
        check_place(tmp_path / "small.yaml", two)


def test_on_the_command_line(harness: Callable[..., CompletedProcess[str]], shop: Path, tmp_path: Path) -> None:
    """The figure is on standard output, and the file is there."""
    answer = harness("distill", str(shop / "x.archive"), "-o", str(tmp_path / "small.archive"))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("kept 3 of 6 exchanges")
    assert (tmp_path / "small.archive").is_file()
