"""Tests start from only the rows they need, whatever the state is loaded from."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.recording import writer_for

ROOT = Path(__file__).parents[3]
SHOP = """
import os, sqlite3
from contextlib import closing

def application(environ, start_response):
    with closing(sqlite3.connect(os.environ["SHOP"])) as database:
        name = environ["PATH_INFO"][len("/items/"):]
        query = "select name, note from item" + (" where name = ?" if name else " order by name")
        rows = database.execute(query, (name,) if name else ()).fetchall()
    body = "\\n".join(": ".join(row) for row in rows).encode() or b"none"
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response("200 OK" if rows else "404 Not Found", headers)
    return [body]
"""
LOAD = """
import json, pathlib, sqlite3, sys

source, place = sys.argv[1:]
database = sqlite3.connect(place)
if source.endswith(".sql"):
    database.executescript(pathlib.Path(source).read_text())
else:
    database.execute("create table item (name text, note text)")
    database.executemany("insert into item values (:name, :note)", json.loads(pathlib.Path(source).read_text()))
database.commit()
database.close()
"""
ROWS = [["date", "brown"], ["fig", "green"], ["pear", "it's green"], ["plum", "red"]]
SQL = "CREATE TABLE item (name TEXT, note TEXT);\n" + "".join(
    f"INSERT INTO item VALUES ('{name}', '{note.replace(chr(39), chr(39) * 2)}');\n" for name, note in ROWS
)
LOADS = {
    "json": ["{python}", "load.py", "seed.json", "{files}/shop.db"],
    "sql": ["{python}", "load.py", "seed.sql", "{files}/shop.db"],
    "db": ["cp", "seed.db", "{files}/shop.db"],
}


def asked(number, path, body, status=200):
    """Return one exchange."""
    request = Request(b"GET %s HTTP/1.1" % path, ((b"Host", b"x"),))
    reason = {200: b"OK", 404: b"Not Found"}[status]
    headers = ((b"Content-Type", b"text/plain"), (b"Content-Length", b"%d" % len(body)))
    return Exchange(f"day.archive#{number}", request, Response(status, reason, headers, body), started=float(number))


@pytest.fixture
def shop(request, tmp_path):
    """A shop, a recording of it, and the kind of file that it is loaded from: JSON unless a test says otherwise."""
    kind = getattr(request, "param", "json")
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "load.py").write_text(LOAD)
    (tmp_path / "seed.json").write_text(json.dumps([{"name": name, "note": note} for name, note in ROWS]))
    (tmp_path / "seed.sql").write_text(SQL)
    with closing(sqlite3.connect(tmp_path / "seed.db")) as database:
        database.executescript(SQL)
    (tmp_path / "harness.toml").write_text(
        f'default_state = "shop"\n[state.shop]\nload = {json.dumps(LOADS[kind])}\ndatabase = "sqlite"\n'
        'env.SHOP = "{files}/shop.db"\n'
    )
    writer = writer_for(tmp_path / "day.archive", "shop")
    writer.open()
    writer.add(asked(1, b"/items/pear", b"pear: it's green"))
    writer.add(asked(2, b"/items/", "\n".join(": ".join(row) for row in ROWS).encode()))
    writer.add(asked(3, b"/items/kiwi", b"none", 404))
    writer.close()
    return tmp_path, kind


def run(folder, *words):
    """Run a module there; return its exit status and what it wrote."""
    env = {"PYTHONPATH": f"{ROOT}:{folder}", "HOME": str(folder), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def characterize(folder, *words):
    """Pin exchanges of the day in tests/test_it.py."""
    words = ("harness", "characterize", "day.archive", *words, "--target", "shop:application", "-o", "tests/test_it.py")
    return run(folder, *words)


def passes(folder):
    """Whether the tests pass."""
    words = ("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests/test_it.py")
    status, text = run(folder, *words)
    assert status in (0, 1), text
    return status == 0


def rows(folder, kind):
    """Return the names of the items in the seed beside the tests."""
    file = folder / "tests" / f"test_it.seed.{kind}"
    if kind == "json":
        return [row["name"] for row in json.loads(file.read_text())]
    with closing(sqlite3.connect(":memory:" if kind == "sql" else file)) as database:
        if kind == "sql":
            database.executescript(file.read_text())
        return [name for (name,) in database.execute("SELECT name FROM item")]


@pytest.mark.parametrize("shop", LOADS, indirect=True)
def test_a_test_starts_from_the_rows_it_needs(shop):
    """One of four; it passes at once, also without the others, and fails when the behaviour changes."""
    folder, kind = shop
    status, text = characterize(folder, "1")
    assert (status, f"1 of the 4 entries of seed.{kind}" in text) == (0, True), text
    assert rows(folder, kind) == ["pear"]
    assert passes(folder)
    (folder / "shop.py").write_text(SHOP.replace('": "', '"; "'))
    assert not passes(folder)


def test_a_test_of_what_is_not_there_needs_no_row(shop):
    """And one that lists all needs all: then the seed stays what it is."""
    folder, kind = shop
    assert characterize(folder, "3")[0] == 0
    assert rows(folder, kind) == []
    assert passes(folder)
    for file in (folder / "tests").glob("test_it.*"):
        file.unlink()
    status, text = characterize(folder, "2", "1")
    assert (status, "entries of" in text) == (0, False), text
    assert sorted(each.suffix for each in (folder / "tests").iterdir() if each.is_file()) == [".py", ".yaml"]
    assert passes(folder)


def test_the_state_stays_whole_if_wanted(shop):
    """With --no-rows."""
    folder, kind = shop
    assert characterize(folder, "1", "--no-rows")[0] == 0
    assert not (folder / "tests" / f"test_it.seed.{kind}").exists()
    assert passes(folder)


def test_rows_from_outside_of_the_project_are_written_only_if_wanted(shop, tmp_path_factory):
    """A backup of production may hold what should not lie beside tests."""
    folder, kind = shop
    backup = tmp_path_factory.mktemp("backup") / f"seed.{kind}"
    (folder / f"seed.{kind}").rename(backup)
    settings = (folder / "harness.toml").read_text()
    (folder / "harness.toml").write_text(settings.replace(f'"seed.{kind}"', json.dumps(str(backup))))
    assert characterize(folder, "1")[0] == 0
    assert not (folder / "tests" / f"test_it.seed.{kind}").exists()
    for file in (folder / "tests").glob("test_it.*"):
        file.unlink()
    assert characterize(folder, "1", "--rows")[0] == 0
    assert rows(folder, kind) == ["pear"]


def test_a_seed_that_stands_for_nothing_is_told(shop):
    """Where the state is no longer loaded from such a file."""
    folder, kind = shop
    assert characterize(folder, "1")[0] == 0
    settings = (folder / "harness.toml").read_text()
    (folder / "harness.toml").write_text(settings.replace(f"seed.{kind}", "seed.other"))
    status, text = run(folder, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_it.py")
    assert (status, f"test_it.seed.{kind}: [state.shop] of harness.toml is not loaded from one" in text) == (1, True), (
        text
    )


def test_the_search_ends_when_time_is_up(shop, monkeypatch):
    """With the smallest so far, and it is said that it may not be the smallest."""
    from harness.characterize import rows as rows_module
    from harness.characterize.needed import Part
    from harness.config import find_config
    from harness.pipeline import Options
    from harness.recording import open_recordings
    from harness.targets import parse_target

    folder, _ = shop
    monkeypatch.chdir(folder)
    config = find_config(folder)
    options = Options(parse_target("recorded", config), parse_target("shop:application", config), config)
    (recording,) = open_recordings([folder / "day.archive"])
    part = Part("day.archive", "shop", [next(iter(recording))])
    kept = rows_module.kept_rows(part, ["day.archive#1"], options, seconds=0)
    assert kept is not None
    assert (kept.left, kept.whole, kept.finished) == (4, 4, False)
