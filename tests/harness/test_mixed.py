"""Old and new by turns on one state: what only shows then is found, told with who answered, and the same each time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import click
import pytest

from harness import Exchange, Options, Request, Response, UsageError, diff, open_recordings, parse_target
from harness.commands.diff import command, read_seeds
from harness.config import Config, TargetConfig
from harness.mixed import Seeded, side_of, told
from harness.report import json_report, terminal_report
from harness.report.model import Result
from harness.scenarios import Scenario
from harness.store.archive import ArchiveWriter
from harness.targets.mixed import MixedSide, mixed

SHOP = """
import os, secrets, sqlite3

def shop(written, read):
    def application(environ, start_response):
        database = sqlite3.connect(os.path.join(os.environ["SHOP"], "shop.db"))
        path, headers = environ["PATH_INFO"], [("Content-Type", "text/plain")]
        status, body = "200 OK", "done"
        if path == "/login":
            token = secrets.token_hex(16)
            database.execute("INSERT INTO session VALUES (?, ?)", (token, written("ann")))
            headers.append(("Set-Cookie", "sid=" + token))
        else:
            token = environ.get("HTTP_COOKIE", "").removeprefix("sid=")
            found = database.execute("SELECT data FROM session WHERE token = ?", (token,)).fetchone()
            user = found and read(found[0])
            if not user:
                status, body = "403 Forbidden", "who are you?"
            elif path == "/add":
                database.execute("INSERT INTO item (owner) VALUES (?)", (user,))
            else:
                body = user + " has %d" % database.execute("SELECT count(*) FROM item").fetchone()
        database.commit()
        database.close()
        start_response(status, headers)
        return [body.encode()]
    return application

plain = shop(lambda user: "user=" + user, lambda data: data[5:] if data.startswith("user=") else "")
same = shop(lambda user: "user=" + user, lambda data: data[5:] if data.startswith("user=") else "")
other = shop(lambda user: "v2;" + user, lambda data: data[3:] if data.startswith("v2;") else data[5:])
"""
LOAD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1] + "/shop.db")
database.execute("CREATE TABLE session (token PRIMARY KEY, data)")
database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, owner)")
database.commit()
"""
SID = b"0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SEEDS = (1, 2)


def exchanges() -> list[Exchange]:
    """Log in, add and look, five times."""
    login = Response(200, b"OK", ((b"Content-Type", b"text/plain"), (b"Set-Cookie", b"sid=" + SID)), b"done")
    found = [(b"POST /login HTTP/1.1", (), login)]
    for number in range(1, 6):
        for line, body in ((b"POST /add HTTP/1.1", b"done"), (b"GET /items HTTP/1.1", b"ann has %d" % number)):
            answer = Response(200, b"OK", ((b"Content-Type", b"text/plain"),), body)
            found.append((line, ((b"Cookie", b"sid=" + SID),), answer))
    return [
        Exchange("x", Request(line, ((b"Host", b"x"), *headers)), answer, started=1.4e9 + number)
        for number, (line, headers, answer) in enumerate(found)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three applications and a recording."""
    tmp_path = tmp_path_factory.mktemp("shop")
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "load.py").write_text(LOAD)
    with ArchiveWriter(tmp_path / "shop.archive", state="empty") as writer:
        for exchange in exchanges():
            writer.add(exchange)
    return tmp_path


@pytest.fixture(scope="module")
def compared(folder: Path) -> Callable[..., Result]:
    """Return a function that compares `plain` with itself and another application by turns, once for each way."""
    targets = {name: TargetConfig(f"shop:{name}", cwd=str(folder)) for name in ("plain", "same", "other")}
    state = {"load": ["{python}", "load.py", "{files}"], "database": "sqlite", "env": {"SHOP": "{files}"}}
    config = Config(root=folder, targets=targets, states={"empty": state})

    @cache
    def compare(new: str, seeds: tuple[int, ...] = SEEDS, workers: int = 1, noise_runs: int | None = 0) -> Result:
        old = parse_target("plain", config)
        options = Options(old, parse_target(new, config), config, workers=workers, noise_runs=noise_runs, mixed=seeds)
        return diff(open_recordings([folder / "shop.archive"]), options)

    return compare


def test_a_compatible_pair(compared: Callable[..., Result]) -> None:
    """A session made by one is used at the other, rows and all: no difference, under any seed."""
    result = compared("same", noise_runs=None)
    assert result.obstacles == ()
    assert [group.title for group in result.groups] == []
    assert result.counts["matched"] == len(SEEDS) * len(exchanges())
    assert result.new == "plain and same, mixed"
    assert not result.mixed


def test_what_old_cannot_read(compared: Callable[..., Result]) -> None:
    """New alone reads both formats; a session that it makes is no use to old, which only a mixed replay shows."""
    assert "403" not in "".join(group.new for group in compared("other", ()).groups)
    result = compared("other")
    refused = next(group for group in result.groups if group.aspect == "status")
    assert (refused.old, refused.new) == ("200 OK", "403 Forbidden")
    example = refused.examples[0].exchange
    assert example.startswith("shop.archive@")
    assert side_of(example) == "old"
    assert side_of(f"{example.rpartition('#')[0]}#1") == "new"  # who logged in
    assert result.mixed[example].startswith("answered by old; request")
    assert result.requests[example].target in (b"/add", b"/items")
    assert result.mixed[example] in terminal_report(result)


def test_the_same_for_any_number_of_workers(compared: Callable[..., Result]) -> None:
    """A seed decides, not who works on it."""
    assert json_report(compared("other", workers=2)) == json_report(compared("other"))


def test_seeds_send_requests_elsewhere() -> None:
    """About half to each side, another half under each seed, and always the same."""
    sides = {seed: [side_of(f"login.yaml@{seed}#{number}") for number in range(1, 101)] for seed in range(20)}
    assert len({tuple(found) for found in sides.values()}) == 20
    assert all(30 < found.count("new") < 70 for found in sides.values())


def test_a_recording_under_a_seed(folder: Path) -> None:
    """Has names that tell the seed, and is otherwise what it was; part of one keeps its numbers."""
    (recording,) = open_recordings([folder / "shop.archive"])
    seeded = Seeded(recording, 7)
    assert (seeded.name, seeded.state, len(seeded)) == ("shop.archive@7", "empty", 11)
    assert [each.id for each in Scenario(0, seeded, 2)] == ["shop.archive@7#1", "shop.archive@7#2"]
    assert [each.request for each in seeded] == [each.request for each in recording]


def test_who_answered_is_told() -> None:
    """Those before an example, as far as they may matter; nothing of an exchange that was not mixed."""
    ids = ["a.yaml@3#1", "a.yaml@3#2", "a.yaml@3#40", "a.yaml#2"]
    found = told(ids)
    assert list(found) == ids[:3]
    sides = [side_of(f"a.yaml@3#{number}") for number in range(1, 41)]
    assert found[ids[0]] == f"answered by {sides[0]}"
    assert found[ids[1]] == f"answered by {sides[1]}; request 1: {sides[0]}"
    assert found[ids[2]] == f"answered by {sides[39]}; requests 28-39: {' '.join(sides[27:39])}"


def test_neither_runs_on_when_the_state_is_put_back(folder: Path) -> None:
    """A scenario's end is the end of both."""
    targets = {"plain": TargetConfig("shop:plain", cwd=str(folder))}
    config = Config(root=folder, targets=targets)
    old, new = (parse_target("plain", config).open() for _ in range(2))
    side = MixedSide(old, new)
    side.start({"SHOP": str(folder)})
    assert None not in (old.answers_at, new.answers_at)
    side.stop()
    assert (old.answers_at, new.answers_at) == (None, None)
    side.close()


SEEDS_GIVEN = [
    (["7"], (7,)),
    (["1-3"], (1, 2, 3)),
    (["2-3", "0", "3"], (2, 3, 0)),
    (["3-1"], None),
    (["x"], None),
    (["1-99999"], None),
    (["-1"], None),
]


@pytest.mark.parametrize(("texts", "seeds"), SEEDS_GIVEN, ids=[" ".join(texts) for texts, _ in SEEDS_GIVEN])
def test_seeds_on_the_command_line(texts: list[str], seeds: tuple[int, ...] | None) -> None:
    """Single ones and ranges, each once; what is neither is refused."""
    parameter = next(each for each in command.params if each.name == "mixed")
    if seeds is not None:
        assert read_seeds(click.Context(command), parameter, texts) == seeds
        return
    with pytest.raises(click.BadParameter, match="is no seed, such as 7"):
        read_seeds(click.Context(command), parameter, texts)


def test_only_what_can_share_a_state(tmp_path: Path) -> None:
    """A server or a recording cannot."""
    config = Config(root=tmp_path)
    with pytest.raises(UsageError, match="cannot share a state"):
        mixed(parse_target("http://127.0.0.1:1", config), parse_target("shop:plain", config))
