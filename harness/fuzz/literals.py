"""Literals of source files, which programs compare what they are sent with.

Paths of files and folders come in, distinct texts go out, those first that are most likely values: Python is read by
its syntax tree, where what is compared, looked up or listed comes before other words, all else by quotes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

LONGEST = 200
LARGEST = 2_000_000
"""Bytes of a file that is read; a larger one is no source."""
_WORD = re.compile(r"[^\s<>{}%()=]{1,60}")
_QUOTED = re.compile(r"\"((?:[^\"\\\n]|\\.){1,200})\"|'((?:[^'\\\n]|\\.){1,200})'")


COMPARED, WORD, TEXT = range(3)
"""How likely a literal is a value: it is compared with or looked up; it is one word; it is any text."""

Ranked = tuple[int, str]


def literals(paths: Iterable[Path]) -> list[list[str]]:
    """Return the distinct literals of files, and of the files below folders: the likelier lists first, each sorted.

    What is no text has none.
    """
    best: dict[str, int] = {}
    for rank, text in (found for path in paths for file in _files(path) for found in _literals(file)):
        if 0 < len(text) <= LONGEST and "\n" not in text:
            best[text] = min(rank, best.get(text, TEXT))
    return [sorted(text for text, rank in best.items() if rank == wanted) for wanted in (COMPARED, WORD, TEXT)]


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _literals(file: Path) -> Iterator[Ranked]:
    try:
        if file.stat().st_size > LARGEST:
            return
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return
    tree = _tree(text) if file.suffix == ".py" else None
    if tree is not None:
        yield from _of_tree(tree)
    else:
        yield from (_ranked(double or single) for double, single in _QUOTED.findall(text))


def _tree(text: str) -> ast.AST | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _of_tree(tree: ast.AST) -> Iterator[Ranked]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (str, int):
            yield _ranked(str(node.value))
        elif isinstance(node, (ast.Compare, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.MatchValue, ast.Subscript)):
            yield from ((COMPARED, text) for text in _values_in(node) if _is_word(text))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from ((COMPARED, text) for text in _constants(node.args) if _is_word(text))


def _values_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        yield from _constants(key for key in node.keys if key is not None)
    else:
        yield from _constants(ast.iter_child_nodes(node))


def _constants(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and type(node.value) in (str, int):
            yield str(node.value)


def _ranked(text: str) -> Ranked:
    return (WORD if _is_word(text) else TEXT), text


def _is_word(text: str) -> bool:
    """Whether a text is one word, as values are: no blank in it, and nothing of markup or of a format."""
    return bool(_WORD.fullmatch(text))
