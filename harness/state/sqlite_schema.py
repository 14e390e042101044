"""What a SQLite schema says beyond its tables' columns: keys, constraints, indexes, triggers, views, virtual tables.

A session comes in, rows of the pseudo table `(schema)` go out. SQLite tells keys and indexes itself; the rest stands
only in the text that a table was declared by, which is split at its commas here, not understood.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from harness.effects import Row
from harness.state.driver import definition_row

OTHERS = """
SELECT type, name, tbl_name, sql FROM sqlite_master
WHERE (type <> 'table' OR rootpage = 0) AND sql IS NOT NULL AND name NOT GLOB 'sqlite_*' ORDER BY type, name
"""
UNIQUE = "SELECT name FROM pragma_index_list(?) WHERE origin = 'u' ORDER BY name"
INDEXED = "SELECT name FROM pragma_index_info(?) ORDER BY seqno"
FOREIGN = """
SELECT id, "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq
"""
TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))"""
    r"""|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$.]+|\|\||->>?|[<>=!]=|<>|<<|>>|.""",
    re.DOTALL,
)
CLAUSES = frozenset({"check", "as"})
"""Words that a parenthesis follows which is nowhere but in the declaration (CREATE TABLE, section 3)."""
IS_CONSTRAINT = frozenset({"constraint", "primary", "unique", "check", "foreign"})


def read_others(session: sqlite3.Connection) -> tuple[Row, ...]:
    """Return indexes, triggers, views and virtual tables. May raise."""
    return tuple(
        definition_row(table, "virtual table" if kind == "table" else kind, name, spelled(sql))
        for kind, name, table, sql in session.execute(OTHERS).fetchall()
    )


def read_constraints(session: sqlite3.Connection, table: str, sql: str, key: tuple[str, ...]) -> tuple[Row, ...]:
    """Return what binds the rows of a table, and how it is kept. May raise."""
    found = [("primary key", f"({', '.join(key)})")] if key else []
    for (index,) in session.execute(UNIQUE, (table,)).fetchall():
        columns = [name or "expression" for (name,) in session.execute(INDEXED, (index,)).fetchall()]
        found.append(("unique", f"({', '.join(columns)})"))
    found += [*_foreign_keys(session, table), *declared(sql)]
    return tuple(definition_row(table, "constraint", kind, text) for kind, text in found)


def _foreign_keys(session: sqlite3.Connection, table: str) -> Iterator[tuple[str, str]]:
    keys: dict[int, list[tuple[str, ...]]] = {}
    for number, *facts in session.execute(FOREIGN, (table,)).fetchall():
        keys.setdefault(number, []).append(tuple(facts))
    for parts in keys.values():
        other, _, _, update, delete = parts[0]
        columns, named = ", ".join(part[1] for part in parts), ", ".join(part[2] for part in parts if part[2])
        target = f"{other} ({named})" if named else other
        yield "foreign key", f"({columns}) references {target} on update {update} on delete {delete}".lower()


def declared(sql: str) -> Iterator[tuple[str, str]]:
    """Yield what only the text of CREATE TABLE tells: checks, computed columns, collations, options."""
    pieces = _tokens(sql)
    if "(" not in pieces:
        return
    body = _group(pieces[pieces.index("(") :])
    options = pieces[pieces.index("(") + len(body) :]
    depth = 0
    part: list[str] = []
    for piece in body[1:-1]:
        depth += (piece == "(") - (piece == ")")
        if piece == "," and not depth:
            yield from _of_part(part)
            part = []
        else:
            part.append(piece)
    yield from _of_part(part)
    if options:
        yield "options", _joined(options).lower()


def _of_part(part: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what one column or constraint says, the column's name before it where that matters."""
    words = [piece.lower() for piece in part]
    column = "" if not part or words[0] in IS_CONSTRAINT else part[0]
    depth = 0
    for number, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth:
            continue
        if word in CLAUSES and words[number + 1 : number + 2] == ["("]:
            group = _joined(_group(part[number + 1 :]))
            yield (word, group) if word == "check" else ("computed", f"{column} {group}")
        elif word == "collate" and number + 1 < len(part):
            yield "collate", f"{column} {part[number + 1]}".lower()
        elif word == "autoincrement":
            yield "autoincrement", column


def _group(pieces: list[str]) -> list[str]:
    """Return the pieces from a parenthesis to the one that closes it."""
    depth = 0
    for number, piece in enumerate(pieces, 1):
        depth += (piece == "(") - (piece == ")")
        if depth == 0:
            return pieces[:number]
    return pieces


def spelled(sql: str) -> str:
    """Return a statement without comments, and with white space in one form."""
    return _joined(_tokens(sql))


def _tokens(sql: str) -> list[str]:
    return [found[0] for found in TOKEN.finditer(sql) if not found["blank"]]


def _joined(pieces: list[str]) -> str:
    text = ""
    for piece in pieces:
        text += piece if not text or text[-1] == "(" or piece in (")", ",", ";") else f" {piece}"
    return text
