"""`harness show`: what a recording holds, as text."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.show import command, printable
from harness.errors import HarnessError
from harness.exchange import Exchange, Request, Response
from harness.record.counts import PREFIX
from harness.recording import writer_for
from harness.store.archive import ArchiveWriter
from harness.store.cassette import write_cassette

PIP = ((b"Host", b"h"), (b"User-Agent", b"pip/20.3 {json}"))
EXCHANGES = [
    Exchange("", Request(b"GET /a?x HTTP/1.1", PIP), Response(200, b"OK", ((b"X", b"\x1b[1m"),), b"one\ntwo")),
    Exchange("", Request(b"GET /a HTTP/1.1", PIP), Response(404, b"No", (), None, complete=False), peer="1.2.3.4"),
    Exchange("", Request(b"POST /b HTTP/1.0"), None, user="jo", user_by="basic", started=1.5),
]


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Return the path of a cassette of three exchanges."""
    write_cassette(tmp_path / "a.yaml", EXCHANGES)
    return tmp_path / "a.yaml"


def show(cassette: Path, *arguments: str) -> list[str]:
    """Return what the command prints."""
    return CliRunner().invoke(command, [str(cassette), *arguments], catch_exceptions=False).stdout.splitlines()


def test_lists(cassette: Path) -> None:
    """Each exchange is a line of id, status and start line."""
    assert show(cassette) == [
        "a.yaml#1  200  GET /a?x HTTP/1.1",
        "a.yaml#2  404  GET /a HTTP/1.1",
        "a.yaml#3  -  POST /b HTTP/1.0",
    ]


@pytest.mark.parametrize("form", [[], ["--json"], ["--by", "client"]], ids=["list", "json", "by"])
def test_says_that_nothing_is_meant(cassette: Path, form: list[str]) -> None:
    """On standard error, so that a script reads no line."""
    done = CliRunner().invoke(command, [str(cassette), "--client", "nobody", *form], catch_exceptions=False)
    assert (done.exit_code, done.stdout, "none of 3 exchanges" in done.stderr) == (0, "", True)


def test_counts(cassette: Path) -> None:
    """--count is one number."""
    assert show(cassette, "--count") == ["3"]


def test_counts_by_columns(cassette: Path) -> None:
    """--by counts each combination, most frequent first; an endpoint has no query."""
    assert show(cassette, "--by", "client,endpoint") == [
        "       2  66.7%  pip  GET /a",
        "       1  33.3%  (none)  POST /b",
    ]


@pytest.mark.parametrize("identity", ["a.yaml#1", "1"])
def test_one_in_full(cassette: Path, identity: str) -> None:
    """An exchange is shown as on the wire; escape sequences do nothing to the terminal."""
    assert show(cassette, identity) == [
        "a.yaml#1: from an unknown address, at 1970-01-01 00:00:00.000 UTC",
        "GET /a?x HTTP/1.1",
        "Host: h",
        "User-Agent: pip/20.3 {json}",
        "",
        "",
        "HTTP/1.1 200 OK",
        "X: \\x1b[1m",
        "",
        "one",
        "two",
    ]


def test_what_is_unknown_is_said(cassette: Path) -> None:
    """Bodies that were not recorded, cut answers and missing ones are told apart from empty ones."""
    assert show(cassette, "2")[-2:] == ["(body not recorded)", "(cut off)"]
    assert show(cassette, "3")[0] == "a.yaml#3: from an unknown address as jo (basic), at 1970-01-01 00:00:01.500 UTC"
    assert show(cassette, "3")[-1] == "no answer"


@pytest.mark.parametrize(
    ("arguments", "message"), [(("9",), "no exchange 9"), (("--by", "colour"), "choose from audience")]
)
def test_refusals(cassette: Path, arguments: tuple[str, ...], message: str) -> None:
    """What is not there is said clearly."""
    with pytest.raises(HarnessError, match=message):
        show(cassette, *arguments)


@pytest.mark.parametrize("option", ["--har", "--check"])
def test_what_cannot_be_cut_is_refused(cassette: Path, option: str) -> None:
    """Half a HAR file is none, and a folder of which the first file is whole may be damaged."""
    with pytest.raises(HarnessError, match="--limit"):
        show(cassette, option, "--limit", "1")


def test_an_archive_from_which_all_was_purged_is_whole(tmp_path: Path) -> None:
    """It holds nothing, which is no damage."""
    with ArchiveWriter(tmp_path / "a.archive"):
        pass
    assert show(tmp_path / "a.archive", "--check") == ["a.archive: 0 exchanges, all whole"]
    with pytest.raises(HarnessError, match="holds no exchange"):
        show(tmp_path / "a.archive")


def test_printable() -> None:
    """Text stays text; control characters and bytes that are no text are escaped."""
    assert printable("café \x07\n".encode() + b"\xff") == "café \\x07\\n\\xff"


DAY = [
    Exchange("", Request(b"GET /a/1 HTTP/1.1", PIP), Response(200, body=b"one"), 0.0, peer="10.0.0.1"),
    Exchange("", Request(b"GET /a/2 HTTP/1.1", PIP), Response(404, body=b"no"), 60.0, peer="10.0.0.2", user="jo"),
    Exchange("", Request(b"HEAD /b HTTP/1.1"), Response(503, body=b""), 86400.0, peer="10.0.0.1"),
    Exchange("", Request(b"POST /b HTTP/1.1", PIP, b"x=1"), None, 86460.0, peer="10.0.0.1"),
    Exchange("", Request(b"GET /c HTTP/1.1", PIP[:1]), Response(301, body=b""), 90000.0, peer="10.0.0.3"),
]
SELECTIONS = {
    "everything": ((), [1, 2, 3, 4, 5]),
    "status": (("--status", "404"), [2]),
    "class of status": (("--status", "4xx", "--status", "5XX"), [2, 3]),
    "no answer": (("--status", "none"), [4]),
    "method": (("--method", "GET"), [1, 2, 5]),
    "path": (("--path", "/a/*"), [1, 2]),
    "path without a star": (("--path", "/a"), []),
    "client": (("--client", "pip"), [1, 2, 4]),
    "no client": (("--client", "(none)"), [3, 5]),
    "endpoint": (("--endpoint", "GET /a/{}"), [1, 2]),
    "endpoint, any method": (("--endpoint", "* /b"), [3, 4]),
    "user": (("--user", "jo"), [2]),
    "no user": (("--user", ""), [1, 3, 4, 5]),
    "day": (("--since", "1970-01-02"), [3, 4, 5]),
    "minute, exclusive": (("--since", "60", "--until", "1970-01-02T00:00:00Z"), [2]),
    "time zone": (("--until", "1970-01-02T01:00:30+01:00"), [1, 2, 3]),
    "session": (("--session", "1"), [1, 4]),
    "session by a later one": (("--session", "{name}#4", "--method", "POST"), [4]),
    "two at once": (("--client", "pip", "--status", "200"), [1]),
    "limit": (("--limit", "2"), [1, 2]),
}
CONFIGS = {"no configuration": "", "names of its own": 'endpoints = ["/a/{}"]\n[clients]\nours = "Ours/"\n'}


@pytest.fixture(params=CONFIGS)
def configured(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder with or without names of an application's own."""
    (tmp_path / "harness.toml").write_text(CONFIGS[request.param], encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def recorded(path: Path) -> Path:
    """Write the day as an archive or a cassette."""
    writer = writer_for(path)
    writer.open()
    for exchange in DAY:
        writer.add(exchange)
    writer.close()
    return path


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("name", ["day.archive", "day.yaml"])
@pytest.mark.parametrize(("options", "expected"), SELECTIONS.values(), ids=SELECTIONS.keys())
def test_selects(tmp_path: Path, name: str, options: tuple[str, ...], expected: list[int]) -> None:
    """Archives answer by their indexes, cassettes by being read: the same, under the same numbers, as --count says."""
    path = recorded(tmp_path / name)
    options = tuple(option.replace("{name}", name) for option in options)
    listed = show(path, *options)
    assert [line.split()[0] for line in listed] == [f"{name}#{number}" for number in expected]
    if "--limit" not in options:
        assert show(path, *options, "--count") == [str(len(expected))]
        assert sum(int(line.split()[0]) for line in show(path, *options, "--by", "client,status")) == len(expected)


COUNTS = {
    "client": ["       3  60.0%  pip", "       2  40.0%  (none)"],
    "audience": ["       3  60.0%  installer", "       2  40.0%  -"],
    "version": ["       3  60.0%  20.3", "       2  40.0%  -"],
    "endpoint": [
        "       2  40.0%  GET /a/{}",
        "       1  20.0%  GET /c",
        "       1  20.0%  HEAD /b",
        "       1  20.0%  POST /b",
    ],
    "peer": ["       3  60.0%  10.0.0.1", "       1  20.0%  10.0.0.2", "       1  20.0%  10.0.0.3"],
    "session": [
        "       2  40.0%  {name}#1",
        "       1  20.0%  {name}#2",
        "       1  20.0%  {name}#3",
        "       1  20.0%  {name}#5",
    ],
    "user,method": [
        "       2  40.0%  -  GET",
        "       1  20.0%  -  HEAD",
        "       1  20.0%  -  POST",
        "       1  20.0%  jo  GET",
    ],
}


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("name", ["day.archive", "day.yaml"])
@pytest.mark.parametrize(("columns", "expected"), COUNTS.items(), ids=COUNTS.keys())
def test_counts_by_any_column(tmp_path: Path, name: str, columns: str, expected: list[str]) -> None:
    """Each row: columns, and how many of each there are."""
    path = recorded(tmp_path / name)
    assert show(path, "--by", columns) == [line.replace("{name}", name) for line in expected]


def test_own_names_are_used_for_what_was_recorded_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive holds the names of its time; those of the configuration come first."""
    path = recorded(tmp_path / "day.archive")
    text = 'endpoints = ["/a/{}", "/{*}"]\nparameters = ["x"]\n[clients]\nours = "pip/20"\n'
    (tmp_path / "harness.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert show(path, "--by", "endpoint,client") == [
        "       2  40.0%  GET /a/{}  ours",
        "       1  20.0%  GET /{*}  (none)",
        "       1  20.0%  HEAD /{*}  (none)",
        "       1  20.0%  POST /{*}  ours",
    ]
    assert [line.split()[0] for line in show(path, "--client", "ours")] == [f"day.archive#{n}" for n in (1, 2, 4)]


@pytest.mark.parametrize("name", ["day.archive", "day.yaml"])
def test_other_forms(tmp_path: Path, name: str) -> None:
    """One exchange or many, as curl, HAR, or JSON lines, whole."""
    path = recorded(tmp_path / name)
    assert show(path, "4", "--curl") == show(path, "--method", "POST", "--curl")
    assert "--data-raw x=1" in show(path, "4", "--curl")[0]
    har = json.loads("\n".join(show(path, "--path", "/a/*", "--har")))
    assert [entry["response"]["content"]["text"] for entry in har["log"]["entries"]] == ["one", "no"]
    facts = json.loads(show(path, "--json")[1])
    assert {key: facts[key] for key in ("id", "time", "status", "client", "version", "user")} == {
        "id": f"{name}#2", "time": "1970-01-01T00:01:00+00:00", "status": 404, "client": "pip", "version": "20.3",
        "user": "jo",
    }  # fmt: skip
    assert json.loads(show(path, "--by", "user", "--json")[0]) == {"count": 4, "share": 0.8, "user": "-"}


@pytest.mark.parametrize("name", ["day.archive", "day.yaml"])
def test_a_whole_recording_is_whole(tmp_path: Path, name: str) -> None:
    """--check says so."""
    assert show(recorded(tmp_path / name), "--check")[0].startswith(f"{name}: 5 exchanges, all ")


DAMAGES = {
    "body": ("UPDATE pack SET data = ?", "pack 1 of bodies", "2 of 5"),
    "digest": ("UPDATE body SET digest = ? WHERE id = 1", "body 1: other bytes than were written", "5 of 5"),
    "text": ("UPDATE text SET data = ? WHERE CAST(data AS TEXT) LIKE 'GET /c%'", "text .*: other bytes than", "4 of 5"),
    "reference": ("DELETE FROM body WHERE size = 2 AND ? <> ''", "the body of 1 exchanges is missing", "4 of 5"),
}


@pytest.mark.parametrize(("statement", "damage", "readable"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_named(tmp_path: Path, statement: str, damage: str, readable: str) -> None:
    """What is damaged, and how much can still be read; the command line ends with exit status 2."""
    path = recorded(tmp_path / "day.archive")
    with sqlite3.connect(path) as connection:
        connection.execute(statement, (b"damaged",))
    connection.close()
    with pytest.raises(HarnessError, match=rf"(?s)day\.archive: damaged.*{damage}.*{readable} exchanges can still be"):
        show(path, "--check")


def test_wrong_words_are_refused(tmp_path: Path) -> None:
    """With what is expected in their place."""
    path = recorded(tmp_path / "day.archive")
    for option, wrong, words in (("--status", "40", "give 404, 4xx, or none"), ("--since", "yesterday", "give 2008-")):
        assert words in CliRunner().invoke(command, [str(path), option, wrong]).stderr
    with pytest.raises(HarnessError, match="no exchange 99"):
        show(path, "--session", "99")


@pytest.mark.parametrize("name", ["day.archive", "day.yaml"])
def test_what_is_kept_in_clear(tmp_path: Path, name: str) -> None:
    """--privacy reports on the exchanges that are meant."""
    path = recorded(tmp_path / name)
    assert show(path, "--privacy")[0].startswith("5 exchanges")
    assert show(path, "--method", "POST", "--privacy")[0].startswith("1 exchanges")


def test_losses_of_the_capture_are_told(tmp_path: Path) -> None:
    """By --count, where a recorder counted."""
    path = tmp_path / "day.archive"
    with ArchiveWriter(path) as writer:
        writer.add(DAY[0])
        writer.note(f"{PREFIX}1", '{"accepted": 3, "written": 1}')
    assert show(path, "--count") == ["1", "capture: accepted 3, written 1, lost 2"]
