"""A dump in SQL as a document: statements stay as they are written, but the rows of INSERT and COPY are lists.

Of the dumps of SQLite, PostgreSQL and MySQL, and of what people write. What is not understood is text that stays: a
row that is not seen as one is only never left out. Bytes are kept (latin-1 stands for them).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD, ROWS, JOINT, TAIL = "head", "rows", "joint", "tail"
_MYSQL = re.compile(r"`|/\*!|\bENGINE\s*=", re.IGNORECASE)
_PIECE = r"--[^\n]*|/\*.*?\*/|\"[^\"]*\"|`[^`]*`|(?P<dollar>\$\w*\$).*?(?P=dollar)|%s|[^;'\"`$/#(),-]+|."
_PIECES = re.compile(_PIECE % r"'(?:[^']|'')*'", re.DOTALL)
_PIECES_MYSQL = re.compile(_PIECE % r"'(?:[^'\\]|\\.|'')*'|#[^\n]*", re.DOTALL)
_INSERT = re.compile(r"\s*(?:INSERT|REPLACE)\b", re.IGNORECASE)
_VALUES = re.compile(r"\bVALUES\s*\Z", re.IGNORECASE)
_COPY = re.compile(r"\s*COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_COPIED = re.compile(r"(?P<rest>[^\n]*\n)(?P<rows>(?:(?!\\\.\r?$)[^\n]*\n)*)(?P<end>\\\.\r?(?:\n|\Z))", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n")
_PROGRAM = re.compile(r"\s*CREATE\b(?:[^;(]*)\b(?:TRIGGER|PROCEDURE|FUNCTION|EVENT)\b", re.IGNORECASE)
_END = re.compile(r"\bEND\s*(?:\*/\s*)?;+\s*\Z", re.IGNORECASE)
_NOTE = re.compile(r"(?:\s|--[^\n]*\n|/\*(?!!).*?\*/)*", re.DOTALL)

Document = dict[str, Any]
"""{number: text of a statement, or {head, rows, joint, tail}}: only rows are in lists, and may be left out."""


def read(file: Path) -> Document:
    """Return what a dump holds. Raises OSError."""
    return parse(file.read_bytes().decode("latin-1"))


def write(document: Document, file: Path) -> None:
    """Write a dump."""
    file.write_bytes(text(document).encode("latin-1"))


def parse(dump: str) -> Document:
    """Take a dump apart."""
    return {str(number): statement for number, statement in enumerate(_statements(dump))}


def text(document: Document) -> str:
    """Put a dump together; of an INSERT without rows nothing is left."""
    return "".join(map(_text, document.values()))


def _text(statement: Any) -> str:
    if isinstance(statement, str):
        return statement
    if not statement[ROWS] and statement[JOINT]:
        return ""
    return str(statement[HEAD] + statement[JOINT].join(statement[ROWS]) + statement[TAIL])


def _statements(dump: str) -> Iterator[Any]:
    """Yield each statement, with what stands before it."""
    pattern = _PIECES_MYSQL if _MYSQL.search(dump) else _PIECES
    pieces: list[str] = []
    at = 0
    while token := pattern.match(dump, at):
        at = token.end()
        pieces.append(token[0])
        if token[0] != ";":
            continue
        statement = "".join(pieces)
        code = _code(statement)
        if _PROGRAM.match(code) and "$" not in code and not _END.search(code) and re.search(r"\bBEGIN\b", code, re.I):
            continue  # a ; within it
        if _COPY.match(code):
            copied = _COPIED.match(dump, at)
            if copied is not None:
                rows = _LINE.findall(copied["rows"])
                yield {HEAD: statement + copied["rest"], ROWS: rows, JOINT: "", TAIL: copied["end"]}
                at, pieces = copied.end(), []
                continue
        yield _statement(pieces)
        pieces = []
    if pieces:
        yield _statement(pieces)


def _statement(pieces: list[str]) -> Any:
    """Return the rows of an INSERT apart; of all else, and where none follow on VALUES, the text."""
    statement = "".join(pieces)
    if not _INSERT.match(_code(statement)):
        return statement
    at = start = next((at for at, one in enumerate(pieces) if one == "(" and _VALUES.search(pieces[at - 1])), 0)
    rows: list[str] = []
    end = start
    while start and at < len(pieces) and pieces[at] == "(":
        end = _closed(pieces, at)
        rows.append("".join(pieces[at:end]))
        at = _past_blank(pieces, end)
        if pieces[at : at + 1] == [","]:
            at = _past_blank(pieces, at + 1)
    if not rows:
        return statement
    return {HEAD: "".join(pieces[:start]), ROWS: rows, JOINT: ",\n", TAIL: "".join(pieces[end:])}


def _code(statement: str) -> str:
    """Return a statement from its first word on."""
    return statement[_NOTE.match(statement).end() :]  # type: ignore[union-attr]  # it matches everywhere


def _closed(pieces: list[str], at: int) -> int:
    """Return where the parenthesis at a place is closed, the place behind that."""
    depth = 0
    for place in range(at, len(pieces)):
        depth += (pieces[place] == "(") - (pieces[place] == ")")
        if not depth:
            return place + 1
    return len(pieces)


def _past_blank(pieces: list[str], at: int) -> int:
    while at < len(pieces) and pieces[at].isspace():
        at += 1
    return at
