"""What of a folder a program is made of: the files that it begins with, what these name, and so on.

Paths come in and go out; texts are read, nothing is run. What names a file is an import or a text in Python, and any
word in another language: better one file too many, whose change is asked about, than one too few.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

from harness.reach.programs import TEMPLATES, files, is_foreign, is_program, is_python

BIGGEST = 1 << 20
"""Bytes of a file that is read; a program is smaller."""
MOST = 10_000
"""Files of a folder whose names are read; what has more is data."""
WORD = re.compile(r"[\w-]+(?:\.[\w-]+)*")
ABOVE = re.compile(r"\.\./[\w./-]*\w")


def parts_of(first: Sequence[Path], root: Path) -> tuple[Path, ...]:
    """Return `first`, and what of their folders and of `root` they name, directly or not."""
    own: list[Path] = []
    waiting = list(first)
    called: dict[Path, frozenset[str]] = {}
    while waiting:
        path = waiting.pop()
        if any(path.is_relative_to(each) for each in own):
            continue
        own.append(path)
        read = [file for file in files([path]) if file == path or file.suffix in TEMPLATES or is_program(file)]
        named = frozenset[str]().union(*map(named_in, read))
        waiting += (found for file in read for found in _above(file, named, root))
        for entry in _beside(path, root):
            if entry not in called:
                called[entry] = _called(entry, root)
            if called[entry] & named and not path.is_relative_to(entry):
                waiting.append(entry)
    return tuple(sorted(each for each in own if not any(other in each.parents for other in own)))


def _beside(path: Path, root: Path) -> Iterator[Path]:
    """Yield what lies beside a file, or beside a folder below that in which the program runs, and in this."""
    near = path.is_file() or path.is_relative_to(root)
    for folder in dict.fromkeys((root, path.parent) if near and path != root else (root,)):
        yield from (entry for entry in sorted(folder.iterdir()) if not is_foreign(entry))


def _above(file: Path, named: Collection[str], root: Path) -> Iterator[Path]:
    """Yield what a file names by a path that begins with `..`, from its own folder or where the program runs."""
    for folder in dict.fromkeys((file.parent, root)):
        found = ((folder / name).resolve() for name in named if name.startswith("../"))
        yield from (path for path in found if path.exists() and path not in (root, *root.parents, *file.parents))


def _called(entry: Path, root: Path) -> frozenset[str]:
    """Return what names an entry: its name, and of a folder below the root also the names of templates in it."""
    if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
        return frozenset()
    below = islice(files([entry]), MOST) if entry.is_dir() and root in entry.parents else ()
    return frozenset({entry.name, entry.stem, *(file.name for file in below if file.suffix not in ("", ".py"))})


def named_in(path: Path) -> frozenset[str]:
    """Return the words of a file by which it may name another."""
    try:
        text = path.read_bytes() if path.stat().st_size <= BIGGEST else b""
    except OSError:
        return frozenset()
    found = set()
    for told in _texts(text, is_python(path)):
        for word in WORD.findall(told):
            found |= {word, *word.split("."), *re.split(r"[.-]", word)}
        found |= set(ABOVE.findall(told))
    return frozenset(found)


def _texts(source: bytes, python: bool) -> Iterator[str]:
    """Yield what is to be read of a source: all of it; of Python what it imports, and its texts but for docstrings."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source) if python else None
    except (SyntaxError, ValueError):
        tree = None
    if tree is None:
        yield source.decode("utf-8", "replace")
        return
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in said:
            yield node.value if isinstance(node.value, str) else node.value.decode("utf-8", "replace")
