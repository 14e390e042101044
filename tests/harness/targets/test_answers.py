"""Another recording as a target: which of its answers belongs to which request."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.pipeline import Options, diff
from harness.recording import open_recordings
from harness.store.archive import ArchiveWriter
from harness.store.cassette import write_cassette
from harness.targets import Side, Unsent, parse_target

CONFIG = Config(root=Path("/"))


def exchange(path: str, answer: str | None, number: int = 1, method: str = "GET", body: bytes = b"") -> Exchange:
    """A request and its answer; `number` is the second in which it was asked."""
    request = Request(f"{method} {path} HTTP/1.1".encode(), ((b"Host", b"x"),), body, "length" if body else "none")
    response = None if answer is None else Response(200, b"OK", (), answer.encode())
    return Exchange(f"r.archive#{number}", request, response, float(number))


def recorded(path: Path, answers: Sequence[tuple[str, str | None]]) -> Path:
    """Write a recording of GETs, one a second."""
    exchanges = [exchange(*pair, number) for number, pair in enumerate(answers, 1)]
    if path.suffix == ".yaml":
        write_cassette(path, exchanges)
    else:
        with ArchiveWriter(path) as writer:
            for each in exchanges:
                writer.add(each)
    return path


def ask(side: Side, *exchanges: Exchange) -> list[str]:
    """Ask one scenario; return the bodies, or why there was none."""
    side.start({})
    found = []
    for each in exchanges:
        refused = side.refusal(each)
        if refused is None:
            side.send(each)
            answer = side.receive()
            found.append((answer.body or b"").decode() if isinstance(answer, Response) else "?")
        else:
            found.append(refused.reason)
    return found


def asked(*paths: str) -> list[Exchange]:
    """Requests of a recording, numbered from 1."""
    return [exchange(path, None, number) for number, path in enumerate(paths, 1)]


NONE = "no such request in {}"
A, B, C = "/?t=9b1c7f0e2a4d6b8c", "/?t=0f5e2d1c9b8a7f6e", "/?t=3b1c7f0e2a4d6b8c"
CASES = [
    ("in order", ["/", "/", "/b"], [("/", "1"), ("/", "2"), ("/b", "3")], ["1", "2", "3"]),
    ("another order", ["/b", "/", "/"], [("/", "1"), ("/", "2"), ("/b", "3")], ["3", "2", "2"]),
    ("one is missing", ["/", "/x", "/"], [("/", "1"), ("/", "2")], ["1", NONE, "2"]),
    ("fewer of the same", ["/", "/", "/"], [("/", "1"), ("/", "2")], ["1", "2", NONE]),
    ("another query", ["/?a=1"], [("/?a=2", "1")], [NONE]),
    ("other tokens", [A, "/", A], [("/", "1"), (B, "2"), (C, "3")], ["2", "1", "3"]),
    ("the same token first", [A, B], [(B, "1"), (A, "2")], ["2", "1"]),
    ("tokens after dashes", [A.replace("=", "=----------")], [(B.replace("=", "=----------"), "1")], ["1"]),
    ("not answered", ["/"], [("/", None)], ["answer not recorded in {}"]),
]


@pytest.mark.parametrize("suffix", [".archive", ".yaml"])
@pytest.mark.parametrize(
    ("paths", "answers", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_request_is_answered_as_its_partner_was(
    tmp_path: Path, suffix: str, paths: list[str], answers: list[tuple[str, str | None]], expected: list[str]
) -> None:
    """The same request at the same number, else the next such request."""
    file = recorded(tmp_path / f"r{suffix}", answers)
    side = parse_target(str(file), CONFIG).open()
    assert ask(side, *asked(*paths)) == [text.format(file) for text in expected]
    side.close()


@pytest.mark.parametrize(
    "other",
    [exchange("/", None, method="POST"), exchange("/", None, body=b"x"), exchange("/a", None)],
    ids=["method", "body", "target"],
)
def test_another_request_is_no_partner(tmp_path: Path, other: Exchange) -> None:
    """Method, target and body make the request; headers do not."""
    file = recorded(tmp_path / "r.archive", [("/", "1")])
    assert ask(parse_target(str(file), CONFIG).open(), other) == [f"no such request in {file}"]


def test_each_scenario_begins_anew(tmp_path: Path) -> None:
    """What was asked before its start is not remembered, so that the order of scenarios does not matter."""
    recorded(tmp_path / "one.archive", [("/a", "1"), ("/", "2"), ("/", "3")])
    side = parse_target(str(tmp_path), CONFIG).open()
    assert ask(side, exchange("/", None, 1)) == ask(side, exchange("/", None, 1)) == ["2"]


def test_a_folder_is_paired_by_the_names_of_its_files(tmp_path: Path) -> None:
    """The same request stands in many scenarios, and each has its own answer."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, answers in ((old, ("1", "2")), (new, ("one", "two"))):
        folder.mkdir()
        recorded(folder / "a.yaml", [("/", answers[0])])
        recorded(folder / "b.yaml", [("/", answers[1])])
    side = parse_target(str(new), CONFIG).open()
    assert [ask(side, *recording) for recording in open_recordings([old])] == [["one"], ["two"]]


def test_all_files_are_searched_where_none_has_the_name(tmp_path: Path) -> None:
    """One recording of before may have become several."""
    recorded(tmp_path / "a.archive", [("/", "1"), ("/b", "2")])
    recorded(tmp_path / "b.archive", [("/", "3"), ("/c", "4")])
    side = parse_target(str(tmp_path), CONFIG).open()
    assert ask(side, *asked("/c", "/", "/b", "/")) == ["4", "1", "2", "3"]


def test_an_answer_has_the_time_at_which_it_was_given(tmp_path: Path) -> None:
    """Not that of this run, nor of the recording that is replayed."""
    with ArchiveWriter(tmp_path / "r.archive") as writer:
        writer.add(dated(2.0, "", 0.5))
    side = parse_target(str(tmp_path / "r.archive"), CONFIG).open()
    ask(side, exchange("/", None, 900))
    assert side.told == 2.5


def test_an_unsent_question_may_be_asked_twice(tmp_path: Path) -> None:
    """Who asks `refusal` again gets the same answer."""
    side = parse_target(str(recorded(tmp_path / "r.archive", [("/a", ""), ("/", "1"), ("/", "2")])), CONFIG).open()
    side.start({})
    only = exchange("/", None, 1)
    assert side.refusal(only) is side.refusal(only) is None
    side.send(only)
    assert side.receive() == Response(200, b"OK", (), b"1")


def test_before_anything_was_asked_there_is_no_answer(tmp_path: Path) -> None:
    """Nor a time."""
    side = parse_target(str(recorded(tmp_path / "r.archive", [("/", "1")])), CONFIG).open()
    assert isinstance(side.receive(), Unsent)
    assert side.told is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("./gone.archive", "no such file or folder"),
        ("gone.yaml", "no such file or folder"),
        ("folder/", "a folder without any recording"),
        ("broken.archive", "not an archive"),
    ],
)
def test_a_path_without_a_recording_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    """When the command line is read, with what is wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.archive").write_text("no")
    with pytest.raises(UsageError, match=f"target {text!r}.*: .*{message}"):
        parse_target(text, CONFIG)


def test_a_configured_path_begins_where_the_configuration_stands(tmp_path: Path) -> None:
    """As all paths of harness.toml do."""
    recorded(tmp_path / "r.archive", [("/", "1")])
    config = Config(root=tmp_path, targets={"before": TargetConfig("r.archive")})
    assert ask(parse_target("before", config).open(), *asked("/")) == ["1"]


def dated(started: float, text: str, duration: float = 0.1, told: float = 0.0) -> Exchange:
    """A request whose answer tells the time, `told` seconds after it began."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(started + told)).encode()
    request = Request(b"GET / HTTP/1.1", ((b"Host", b"x"),))
    return Exchange("", request, Response(200, b"OK", (), moment + b" " + text.encode()), started, duration)


def test_two_recordings_are_compared_each_at_its_own_time(tmp_path: Path) -> None:
    """The recorded answers of last month and of today: what they say of their own day is alike, the rest is not."""
    folders = tmp_path / "before", tmp_path / "after"
    for folder, day, texts in zip(folders, (1.45e9, 1.46e9), (("same", "old"), ("same", "new")), strict=True):
        folder.mkdir()
        with ArchiveWriter(folder / "day.archive") as writer:
            for second, text in enumerate(texts):
                writer.add(dated(day + 60 * second, text))
    config = Config(root=tmp_path)
    sides = parse_target("recorded", config), parse_target(str(folders[1]), config)
    result = diff(open_recordings([folders[0]]), Options(*sides, config))
    assert (result.counts["judged"], result.counts["matched"], result.counts["different"]) == (2, 1, 1)


@pytest.mark.parametrize(("told", "different"), [(0.0, 0), (20.0, 0), (25.0, 1)], ids=["begun", "ended", "later"])
def test_an_answer_that_took_long_tells_any_time_of_its_own(tmp_path: Path, told: float, different: int) -> None:
    """From when it was asked until it was given, by the recording's own clock; no later time is alike."""
    folders = tmp_path / "before", tmp_path / "after"
    for folder, exchanges in (
        (folders[0], [dated(1.45e9, ""), dated(1.45e9 + 60, "")]),
        (folders[1], [dated(1.46e9, ""), dated(1.46e9 + 60, "", 20.5, told)]),
    ):
        folder.mkdir()
        with ArchiveWriter(folder / "day.archive") as writer:
            for each in exchanges:
                writer.add(each)
    config = Config(root=tmp_path)
    sides = parse_target("recorded", config), parse_target(str(folders[1]), config)
    assert diff(open_recordings([folders[0]]), Options(*sides, config)).counts["different"] == different
