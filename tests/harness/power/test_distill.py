"""The shop's recording distilled: what is kept, why, and that it is a recording. Here, for the sake of the shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from harness.commands.distill import check_places, files_of, write
from harness.config import Config
from harness.distill import Distilled, DistillOptions, as_json, distill, in_text
from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings, replacing
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target


class Named:
    """A recording, as far as its name goes."""

    state = None

    def __init__(self, name: str) -> None:
        self.name = name

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Exchange]:
        return iter(())


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
    write(found, [tmp_path / "small.yaml"], open_recordings([shop / "x.archive"]))
    [small] = open_recordings([tmp_path / "small.yaml"])
    assert small.state == "seed"
    targets = [exchange.request.target for exchange in small]
    assert targets == [b"/price?apple=2", b"/order?apple", b"/nothing", b"/price?apple=20"]


def test_several_recordings_do_not_make_one(shop: Path, tmp_path: Path) -> None:
    """Each has a starting state of its own: a folder is asked for."""
    two = open_recordings([shop / "x.archive"]) * 2
    with pytest.raises(UsageError, match="name a folder"):
        files_of(tmp_path / "small.yaml", two)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["a.yaml", "b.archive"], ["a.yaml", "b.yaml"]),
        (["a.yaml", "a.json", "a.archive"], ["a.yaml", "a.json.yaml", "a.archive.yaml"]),
        (["x/a.yaml", "y/a.yaml", "y-a.yaml"], ["x-a.yaml", "y-a.yaml", "y-a.yaml.yaml"]),
        (["y-a.yaml", "y/a.yaml", "z/y-a.yaml", "y/a"], ["y-a.yaml", "y-a.yaml.yaml", "z-y-a.yaml", "y-a-2.yaml"]),
        (["A.yaml", "a.archive"], ["A.yaml", "a.archive.yaml"]),
    ],
    ids=["stems", "of another kind", "in folders", "like those of folders", "capitals"],
)
def test_each_of_several_recordings_has_a_file_of_its_own(names: list[str], wanted: list[str]) -> None:
    """However their names are alike: else one would take the place of the other."""
    assert [file.name for file in files_of(Path("out"), [Named(name) for name in names])] == wanted


def test_what_is_read_is_not_written_over(shop: Path, tmp_path: Path) -> None:
    """By its own name, by a link to it, or in the folder where it is; nor is the folder made then."""
    whole = (shop / "x.archive").read_bytes()
    (tmp_path / "x.archive").write_bytes(whole)
    (tmp_path / "link.archive").symlink_to("x.archive")
    [one] = opened = open_recordings([tmp_path / "x.archive"])
    for name in ("x.archive", "link.archive"):
        with pytest.raises(UsageError, match="not written over"):
            check_places([tmp_path / name], tmp_path / name, opened)
    with pytest.raises(UsageError, match="not written over"):
        check_places([tmp_path / "new.yaml", tmp_path / "x.archive"], tmp_path / "new", [one, one])
    assert (tmp_path / "x.archive").read_bytes() == whole
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "x.archive"], "x.archive: is a recording that is read here, and is not written over"),
        (["-o", "small.yaml", "--json", "x.archive"], "x.archive: is a recording that is read here"),
        (["-o", "no/such/small.yaml"], "no/such/small.yaml: no such folder to write what is kept to"),
        (["-o", "."], ".: what is kept cannot be written there"),
        (["x.yaml", "-o", "x.archive/new"], "x.archive/new: the folder cannot be made: Not a directory"),
        (["-o", "small.yaml", "--json", "no/such.json"], "no/such.json: no such folder to write the table to"),
        (["-o", "small.yaml", "--json", "."], ".: the table cannot be written there"),
    ],
)
def test_places_are_looked_at_before_anything_runs(
    harness: Callable[..., CompletedProcess[str]],
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    told: str,
) -> None:
    """And nothing is left where one of them will not do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.archive").write_bytes((shop / "x.archive").read_bytes())
    with replacing(tmp_path / "x.yaml") as writer:
        for exchange in open_recordings([shop / "x.archive"])[0]:
            writer.add(exchange)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    answer = harness("distill", "x.archive", *words)
    assert (answer.returncode, told in answer.stderr, answer.stdout) == (2, True, ""), answer.stderr
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_several_are_kept_apart(
    harness: Callable[..., CompletedProcess[str]], shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that is made, with those above it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.archive").write_bytes((shop / "x.archive").read_bytes())
    with replacing(tmp_path / "x.yaml") as writer:
        writer.add(Exchange("", Request(b"GET /another HTTP/1.1"), Response(410, b"Gone"), 1.5))
    answer = harness("distill", "x.archive", "x.yaml", "-o", "new/small")
    assert answer.returncode == 0, answer.stderr
    assert {file.name for file in (tmp_path / "new" / "small").iterdir()} == {"x.yaml", "x.yaml.yaml"}


def test_on_the_command_line(harness: Callable[..., CompletedProcess[str]], shop: Path, tmp_path: Path) -> None:
    """The figure is on standard output, and the file is there."""
    answer = harness("distill", str(shop / "x.archive"), "-o", str(tmp_path / "small.archive"))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("kept 3 of 6 exchanges")
    assert (tmp_path / "small.archive").is_file()
