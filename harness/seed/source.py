"""The file that a `[state.NAME]` is loaded from: its table comes in; the file, what it holds, and the table that loads
another file in its place go out.
"""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.config import Config
from harness.seed import sql, sqlite


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read as a document, and written with less; the file it was read from is given again."""

    read: Callable[[Path], Any]
    write: Callable[[Any, Path, Path], None]


def _write_json(document: Any, _: Path, file: Path) -> None:
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


JSON = Format(lambda file: json.loads(file.read_text(encoding="utf-8")), _write_json)
SQL = Format(sql.read, lambda document, _, file: sql.write(document, file))
SQLITE = Format(sqlite.read, sqlite.write)
SORTS = ((".json",), (".db", ".db3", ".sqlite", ".sqlite3"), (".sql",))
"""Suffixes; of several sorts the first holds the rows, since the schema may stand in the other."""
FORMATS = dict(zip(SORTS, (JSON, SQLITE, SQL), strict=True))
SUFFIXES = tuple(suffix for sort in SORTS for suffix in sort)
_PATH = re.compile(r"[^\s'\"<>=;|&()]+")


@dataclass(frozen=True, slots=True)
class Seed:
    """A file among the words of `load`: the word, the part of it that is the path, and what the file holds."""

    word: str
    part: str
    file: Path
    document: Any
    format: Format

    def write(self, document: Any, file: Path) -> None:
        """Write a document as a file of the same kind."""
        self.format.write(document, self.file, file)


def find_seed(table: Mapping[str, Any], root: Path) -> Seed | None:
    """Return the file that a state is loaded from; None where there is none, or of several nobody knows which.

    The path is a word of `load`, or stands in one (`sh -c "mysql <seed.sql"`), relative to `root`.
    """
    found = [(word, part) for word in table.get("load", ()) for part in _paths(word, root)]
    for sort in SORTS:
        named = [(word, part) for word, part in found if Path(part).suffix in sort]
        if len(named) == 1:
            ((word, part),) = named
            form = FORMATS[sort]
            try:
                return Seed(word, part, root / part, form.read(root / part), form)
            except (ValueError, OSError, sqlite3.Error):
                return None
        if named:
            return None
    return None


def _paths(word: str, root: Path) -> Iterator[str]:
    for part in (word,) if (root / word).is_file() else dict.fromkeys(_PATH.findall(word)):
        if Path(part).suffix in SUFFIXES and (root / part).is_file():
            yield part


def loading(config: Config, name: str, seed: Seed, file: Path) -> Config:
    """Return the configuration whose state `name` is loaded from `file`; templates would stand for the whole."""
    table = config.states[name]
    path = str(file) if seed.word == seed.part else shlex.quote(str(file))
    load = [word.replace(seed.part, path) if word == seed.word else word for word in table["load"]]
    kept = {key: value for key, value in table.items() if not key.startswith("template")}
    return replace(config, states={**config.states, name: {**kept, "load": load}})
