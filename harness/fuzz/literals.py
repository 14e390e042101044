"""Literals of source files, which programs compare what they are sent with.

Paths of files and folders come in, distinct texts go out, in one order: Python by its syntax tree, all else by quotes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

LONGEST = 200
LARGEST = 2_000_000
"""Bytes of a file that is read; a larger one is no source."""
_QUOTED = re.compile(r"\"((?:[^\"\\\n]|\\.){1,200})\"|'((?:[^'\\\n]|\\.){1,200})'")


def literals(paths: Iterable[Path]) -> list[str]:
    """Return the distinct literals of files, and of the files below folders, sorted; what is no text has none."""
    return sorted({found for path in paths for file in _files(path) for found in _literals(file) if _is_value(found)})


def _is_value(text: str) -> bool:
    return 0 < len(text) <= LONGEST and "\n" not in text


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _literals(file: Path) -> Iterator[str]:
    try:
        if file.stat().st_size > LARGEST:
            return
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if file.suffix == ".py":
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            tree = None
        if tree is not None:
            yield from (
                str(node.value) for node in ast.walk(tree) if _is_literal(node) and isinstance(node, ast.Constant)
            )
            return
    yield from (double or single for double, single in _QUOTED.findall(text))


def _is_literal(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (str, int)
