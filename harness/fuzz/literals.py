"""Literals of source files, which programs compare what they are sent with.

Paths of files and folders come in, distinct texts go out, those first that are most likely values: what is compared,
looked up or listed comes before other words. Python is read by its syntax tree, programs in other languages (and in
Python 2) by quotes and by what stands at their comparisons, all else by quotes.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.reach.programs import files, is_program, is_python

LONGEST = 200
LARGEST = 2_000_000
"""Bytes of a file that is read; a larger one is no source."""
_WORD = re.compile(r"[^\s<>{}%()=]{1,60}")
_QUOTED = re.compile(r"\"((?:[^\"\\\n]|\\.){1,200})\"|'((?:[^'\\\n]|\\.){1,200})'")
_TERM = re.compile(r"[\w@./:+-]{1,60}")
_COMPARISONS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"(?:[=!]==?|=>|\b(?:eq|ne|lt|gt|le|ge)\b|[ \t]-(?:eq|ne|lt|gt|le|ge)\b)[ \t]*[\"']?([\w@./:+-]+)",
        r"(?<![\w@./:+$%>-])([\w@./:+-]{1,60})[\"']?[ \t]*(?:[=!]==?|=>|\b(?:eq|ne)\b)",
        r"[<>]=?[ \t]*(\d+)",
        r"\[[ \t][^]\n]{0,200}?[ \t]=[ \t]*[\"']?([\w@./:+=-]+)",
        r"[=!]~[ \t]*m?[/{|!#]([^/}|!#\n]+)",
        r"\bqw[ \t]*[(/{<\[|]([^)/}>\]|]*)",
        r"[{\[][\"']?(\w+)[\"']?[}\]]",
        r"^[ \t]*\(?([\w@./:+*\"'|-]+)\)",
    )
)
"""What Perl, shell, PHP and their like compare with: beside an operator (strings, numbers, `test`), in a pattern or a
list of words, as the key of a table, in front of a branch of `case`.
"""


COMPARED, WORD, TEXT = range(3)
"""How likely a literal is a value: it is compared with or looked up; it is one word; it is any text."""

Ranked = tuple[int, str]


def literals(paths: Sequence[Path]) -> list[list[str]]:
    """Return the distinct literals of files, and of the files below folders: the likelier lists first, each sorted.

    What is no text has none.
    """
    best: dict[str, int] = {}
    for rank, text in (found for file in files(paths) for found in _literals(file)):
        if 0 < len(text) <= LONGEST and "\n" not in text:
            best[text] = min(rank, best.get(text, TEXT))
    return [sorted(text for text, rank in best.items() if rank == wanted) for wanted in (COMPARED, WORD, TEXT)]


def _literals(file: Path) -> Iterator[Ranked]:
    try:
        source = file.read_bytes() if file.stat().st_size <= LARGEST else b""
    except OSError:
        return
    tree = _tree(source) if is_python(file) else None
    if tree is not None:
        yield from _of_tree(tree)
    elif b"\0" not in source:  # a text, in whatever encoding: what is no UTF-8 is sent as it stands there
        text = source.decode("utf-8", "surrogateescape")
        yield from (_ranked(double or single) for double, single in _QUOTED.findall(text))
        if is_program(file):
            yield from ((COMPARED, term) for pattern in _COMPARISONS for term in _terms(pattern, text))


def _tree(source: bytes) -> ast.AST | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _terms(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    return (term for said in pattern.findall(text) for term in _TERM.findall(said))


def _of_tree(tree: ast.AST) -> Iterator[Ranked]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            yield from map(_ranked, _constants([node]))
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
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, bytes):
            yield value.decode("utf-8", "surrogateescape")
        elif type(value) in (str, int, float):
            yield str(value)


def _ranked(text: str) -> Ranked:
    return (WORD if _is_word(text) else TEXT), text


def _is_word(text: str) -> bool:
    """Whether a text is one word, as values are: no blank in it, and nothing of markup or of a format."""
    return bool(_WORD.fullmatch(text))
