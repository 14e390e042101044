"""`harness shrink` as it is typed: a long scenario that shows a difference becomes a short one."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness import Exchange, Request, Response
from harness.cli import harness
from harness.commands.finding import recordings_of
from harness.errors import UsageError
from harness.report.reading import read_report
from harness.store.cassette import Cassette, write_cassette

SHOP = """
import os, sqlite3
from urllib.parse import parse_qs

def shop(new):
    def application(environ, start_response):
        with sqlite3.connect(os.environ["SHOP"]) as database:
            if environ["REQUEST_METHOD"] == "POST":
                form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
                database.execute("insert into item values (?)", form["name"])
                body = b"added"
            else:
                names = [name for name, in database.execute("select name from item order by name")]
                loud = new and "loud" in environ["QUERY_STRING"] and {"pear", "plum"} <= set(names)
                body = "\\n".join(name.upper() if loud and name == "pear" else name for name in names).encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Api-Key", "sk_live_51H8abcdEFGHijklMNOPqrst")])
        return [body]
    return application

old, new = shop(False), shop(True)
"""
LOAD = """
import json, sqlite3, sys

with sqlite3.connect(sys.argv[2]) as database:
    database.execute("create table item (name text)")
    database.executemany("insert into item values (?)", [[row["name"]] for row in json.load(open(sys.argv[1]))])
"""
SETTINGS = """
default_state = "shop"

[state.shop]
load = ["{python}", "load.py", "seed.json", "{files}/shop.db"]
database = "sqlite"

[state.shop.env]
SHOP = "{files}/shop.db"
"""
HEADERS = ((b"Host", b"x"), (b"User-Agent", b"curl/8.0"))


def added(name: bytes) -> Request:
    """Return the request that adds an item."""
    body = b"note=none&name=" + name
    form = ((b"Content-Type", b"application/x-www-form-urlencoded"), (b"Content-Length", b"%d" % len(body)))
    return Request(b"POST /items HTTP/1.1", (*HEADERS, *form), body, "length")


LONG = [
    added(b"apple"),
    added(b"pear"),
    added(b"quince"),
    Request(b"GET /items?a=1&loud=1&b=2 HTTP/1.1", HEADERS),
]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Return a folder with two shops, what one was asked, and the report of comparing them."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(SHOP)
    (folder / "load.py").write_text(LOAD)
    (folder / "seed.json").write_text(json.dumps([{"name": name} for name in ("date", "plum")]))
    (folder / "harness.toml").write_text(SETTINGS)
    answer = Response(200, b"OK", ((b"Content-Type", b"text/plain"),), b"added")
    exchanges = [Exchange(f"x#{at}", one, answer, started=1_463_392_800.0 + at) for at, one in enumerate(LONG, 1)]
    write_cassette(folder / "long.yaml", exchanges, state="shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        options = ["--old", "shop:old", "--new", "shop:new", "--noise-runs", "0", "--max-stale", "1"]
        done = CliRunner().invoke(harness, ["diff", "long.yaml", *options, "--json", "report.json"])
        assert done.exit_code == 1, done.output
    return folder


@pytest.fixture
def shrink(compared, monkeypatch):
    """Return a function that runs the command with some words in that folder."""
    monkeypatch.chdir(compared)

    def run(*words):
        return CliRunner().invoke(harness, ["shrink", "report.json", *words], catch_exceptions=False)

    return run


def group_id(folder: Path) -> str:
    """Return the id of the one group of the report."""
    (group,) = json.loads((folder / "report.json").read_text())["groups"]
    return str(group["id"])


def test_what_is_not_needed_is_left_out(shrink, compared):
    """Requests, parameters, fields, headers and rows; the cause is confirmed to be the same."""
    group = group_id(compared)
    done = shrink(group[:6], "-o", "small.yaml")
    assert done.exit_code == 0, done.output
    small = Cassette(Path("small.yaml"))
    assert [each.request.start_line for each in small] == [b"POST /items HTTP/1.1", b"GET /items?loud=1 HTTP/1.1"]
    assert [each.request.body for each in small] == [b"name=pear", b""]
    assert [each.request.header(b"user-agent") for each in small] == [None, None]
    assert [each.response.body for each in small] == [b"added", b"pear\nplum"]
    assert "sk_live" not in Path("small.yaml").read_text()
    assert {one.kind for each in small for one in each.redactions} == {"token"}
    assert json.loads(Path("small.seed.json").read_text()) == [{"name": "plum"}]
    settings = tomllib.loads(done.output.partition("harness.toml:\n")[2].partition("wrote small.yaml")[0])
    assert small.state in settings["state"]
    assert settings["state"][small.state]["load"][2] == "small.seed.json"
    assert f"it shows {group}" in done.output


def test_the_best_so_far_is_kept_when_time_is_up(shrink, compared):
    """Whatever it is, and it is said that more could be left out."""
    done = shrink(group_id(compared), "-o", "hasty.yaml", "--time", "0", "--no-rows", "long.yaml")
    assert done.exit_code == 0, done.output
    assert "wrote hasty.yaml: 4 requests, not finished" in done.output
    assert len(Cassette(Path("hasty.yaml"))) == 4


def test_the_best_so_far_is_kept_when_it_is_stopped_while_old_is_asked(shrink, compared, monkeypatch):
    """With the recorded answers; it is said whose they are."""

    def stopped(exchange, answer):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.shrink.course.Renewing", lambda exchanges, config: stopped)
    monkeypatch.setattr("harness.commands.shrink.confirmed", lambda *_: "")
    done = shrink(group_id(compared), "-o", "stopped.yaml", "--time", "0", "--no-rows", "long.yaml")
    assert done.exit_code == 0, done.output
    assert "these are the recorded answers" in done.output
    assert [each.response.body for each in Cassette(Path("stopped.yaml"))] == [b"added"] * 4


def test_recordings_of_several_folders_are_found_by_the_names_of_the_report(shrink, compared):
    """The report tells files of one name apart by their folders; so does the command."""
    for folder in ("one", "two"):
        Path("rec", folder).mkdir(parents=True)
        Path("rec", folder, "s.yaml").write_bytes(Path("long.yaml").read_bytes())
    options = ["--old", "shop:old", "--new", "shop:new", "--noise-runs", "0", "--max-stale", "1"]
    done = CliRunner().invoke(harness, ["diff", "rec", *options, "--json", "folders.json"])
    assert done.exit_code == 1, done.output
    words = ["shrink", "folders.json", group_id(compared), "-o", "found.yaml", "--time", "0", "--no-rows"]
    for given in ([], ["rec/two/s.yaml"], ["rec"]):
        done = CliRunner().invoke(harness, [*words, *given], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert "wrote found.yaml: 4 requests" in done.output
    with pytest.raises(UsageError, match="several files of that name"):
        recordings_of(read_report(Path("folders.json")).groups[0], Path(), [Path("rec"), Path("rec/one/../one/s.yaml")])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["zzz", "-o", "x.yaml"], "no group begins with 'zzz'"),
        (["", "-o", "x.yaml"], "begin"),
        (["@", "-o", "x.archive"], "a cassette ends in"),
        (["@", "-o", "x.yaml", "--new", "shop:old", "--no-rows"], "shows it now"),
    ],
    ids=["unknown group", "no group", "no cassette", "no longer different"],
)
def test_what_cannot_be_shrunk_is_refused(shrink, compared, words, told):
    """With the reason."""
    with pytest.raises(UsageError, match=told):
        shrink(*[group_id(compared) if word == "@" else word for word in words])
