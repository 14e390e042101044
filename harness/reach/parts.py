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
QUOTED = re.compile(r"""(["'])([^\s"']+)\1""")
COMMENT = re.compile(r"^\s*(?:#|//|\*).*$", re.MULTILINE)
ABOVE = re.compile(r"\.\./[\w./-]*\w")


def parts_of(first: Sequence[Path], root: Path) -> tuple[Path, ...]:
    """Return `first`, and what of their folders and of `root` they name, directly or not."""
    own: list[Path] = []
    waiting = list(first)
    called: dict[Path, frozenset[str]] = {}
    words: dict[Path, frozenset[str]] = {}
    while waiting:
        path = waiting.pop()
        if any(path.is_relative_to(each) for each in own):
            continue
        own.append(path)
        named: set[str] = set()
        for file in files([path]):
            if file in first or file.suffix in TEMPLATES or is_program(file):
                if file not in words:
                    words[file] = named_in(file)
                    waiting += _above(file, words[file], root)
                named |= words[file]
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
    """Yield what a file names by a path that begins with `..`, from its own folder or where the program runs.

    Only beside these: a path that climbs to the top of the disk and down again is somebody's attack, or its test.
    """
    near = [folder.parent for folder in (file.parent, root) if folder.parent != folder.parent.parent]
    for name in (name for name in named if name.startswith("../")):
        for path in {(folder / name).resolve() for folder in (file.parent, root)}:
            beside = any(folder in path.parents for folder in near)
            if beside and path.exists() and path not in (root, *root.parents, *file.parents):
                yield path


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
    for told in _texts(text, path):
        for word in WORD.findall(told):
            found |= {word, *word.split("."), *re.split(r"[.-]", word)}
        found |= set(ABOVE.findall(told))
    return frozenset(found)


def _texts(source: bytes, path: Path) -> Iterator[str]:
    """Yield what may name a file: of Python its imports and texts, of a template its texts, else all but comments.

    A text of more than a word is for people.
    """
    if path.suffix in TEMPLATES:
        yield from (text[2] for text in QUOTED.finditer(source.decode("utf-8", "replace")))
        return
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source) if is_python(path) else None
    except (SyntaxError, ValueError):
        tree = None
    if tree is None:
        yield COMMENT.sub("", source.decode("utf-8", "replace"))
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("utf-8", "replace")
            yield from () if " " in text or "\n" in text else (text,)
