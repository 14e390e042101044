"""A `[state.NAME]` is checked key by key, and its placeholders are filled without touching other braces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.state.spec import StateSpec, fill, read_spec


def test_reads_every_key() -> None:
    """Lists become tuples, and what is absent stays absent."""
    table = {"load": ["{python}", "-m", "x"], "database": "postgres", "template": "DB", "env": {"A": "{database}"}}
    assert read_spec("seed", table, Path("/srv")) == StateSpec(
        name="seed",
        directory=Path("/srv"),
        load=("{python}", "-m", "x"),
        database="postgres",
        template="DB",
        env={"A": "{database}"},
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"lode": []}, r"\[state.seed\]: unknown key 'lode'"),
        ({"load": "x y"}, "load must be a list of strings"),
        ({"load": [1]}, "must hold strings, not 1"),
        ({"env": {"A": 1}}, "must hold strings, not 1"),
        ({"env": ["A"]}, "env must be a table"),
        ({"database": "oracle"}, "database must be one of: postgres, sqlite, mysql, not 'oracle'"),
        ({"template": "DB"}, "need a database of: postgres, mysql"),
        ({"database": "sqlite", "server": "postgresql://h"}, "need a database of: postgres, mysql"),
        ({"sqlite": ["a.db"]}, 'sqlite needs database = "sqlite"'),
        ({"database": "sqlite", "sqlite": ["../a.db"]}, r"must be a list of paths in \{files\}, relative .*'../a.db'"),
        ({"database": "sqlite", "sqlite": ["/a.db"]}, "relative to that folder, not '/a.db'"),
        ({"hook": {}}, r"\[state.seed.hook\]: restore is missing"),
        ({"hook": {"restore": "x"}}, "restore must be a command as a list of strings, not 'x'"),
        ({"hook": {"restore": ["x", 1]}}, "restore must hold strings, not 1"),
        ({"hook": {"restore": ["x"], "undo": ["y"]}}, "unknown key 'undo'; known are snapshot, restore, dump, clock"),
        ({"hook": {"restore": ["x"], "timeout": 0}}, "timeout must be a number of seconds, not 0"),
        ({"hook": {"restore": ["{database}"]}}, r"unknown placeholder \{database\}.*known are \{files\}"),
        ({"hook": {"restore": ["x"]}, "database": "sqlite"}, "a hook keeps the database itself"),
        ({"env": {"A": "{databse}"}}, r"unknown placeholder \{databse\} in '\{databse\}'; known are \{python\}"),
    ],
)
def test_refuses_what_it_does_not_know(table: dict[str, Any], message: str) -> None:
    """Each mistake is named with its place."""
    with pytest.raises(UsageError, match=message):
        read_spec("seed", table, Path("/srv"))


def test_fills_placeholders_only() -> None:
    """JSON in a value keeps its braces."""
    assert fill('{"db": "{database}", "n": {}}', {"database": "X"}) == '{"db": "X", "n": {}}'
