"""The file that a state is loaded from, found in its table and named anew."""

import json
import sqlite3
from pathlib import Path

import pytest

from harness.config import Config
from harness.seed.source import find_seed, loading

SHOP = {"users": ["anna", "bert"]}


@pytest.fixture
def root(tmp_path):
    """A folder with files to load from."""
    for name in ("seed.json", "other.json", "small seed.json"):
        (tmp_path / name).write_text(json.dumps(SHOP))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "broken.db").write_text("SQLite format 4")
    (tmp_path / "seed.sql").write_text("INSERT INTO users VALUES ('anna');\n")
    (tmp_path / "load.py").write_text("")
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("CREATE TABLE users (name)")
    database.close()
    return tmp_path


@pytest.mark.parametrize(
    ("load", "found"),
    [
        (["load", "seed.json"], "seed.json"),
        (["load", "small seed.json"], "small seed.json"),
        (["load", "--from=seed.json"], "seed.json"),
        (["sqlite3", "{files}/shop.db", ".read seed.sql"], "seed.sql"),
        (["sh", "-c", "mysql shop <seed.sql"], "seed.sql"),
        (["cp", "shop.db", "{files}/shop.db"], "shop.db"),
        (["load.py", "seed.sql", "seed.json"], "seed.json"),
        (["load", "seed.json", "other.json"], None),
        (["load", "missing.json"], None),
        (["load", "broken.json"], None),
        (["cp", "broken.db", "{files}/x.db"], None),
        ([], None),
    ],
    ids=["one", "blank", "option", "read", "shell", "copy", "schema", "two", "missing", "broken", "no db", "none"],
)  # fmt: skip
def test_the_one_file_of_load_is_the_seed(root, load, found):
    """Of several it is not known which holds the rows; beside rows in JSON, SQL is the schema."""
    seed = find_seed({"load": load}, root)
    assert (seed.part if seed else None) == found


@pytest.mark.parametrize(
    ("load", "loads"),
    [
        (["x", "seed.json", "{files}"], ["x", "a b/small.json", "{files}"]),
        (["sh", "-c", "load <seed.json"], ["sh", "-c", "load <'a b/small.json'"]),
    ],
    ids=["word", "within"],
)
def test_another_file_is_loaded_in_its_place(root, load, loads):
    """And no template, which would stand for all of the state; what else the configuration says stays."""
    table = {"load": load, "template": "DATABASE", "env": {"A": "{files}"}}
    config = Config(root=root, states={"shop": table, "other": {}})
    made = loading(config, "shop", find_seed(table, root), Path("a b/small.json"))
    assert made.states == {"shop": {"load": loads, "env": {"A": "{files}"}}, "other": {}}


def test_a_document_is_written_as_the_file_was(root):
    """JSON as JSON."""
    seed = find_seed({"load": ["seed.json"]}, root)
    seed.write({"users": ["bert"]}, root / "small.json")
    assert json.loads((root / "small.json").read_text()) == {"users": ["bert"]}
