"""Which files of a folder are programs, and in which language: by their names, and by their first lines.

Paths come in and go out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

PASSED_OVER = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__"})
PYTHON = frozenset({".py", ".wsgi"})
PROGRAMS = PYTHON | {".pl", ".pm", ".cgi", ".fcgi", ".psgi", ".php", ".phtml", ".rb", ".sh", ".tcl", ".js", ".lua"}
PROGRAMS |= {".c", ".inc"}
"""How the names of programs and of their parts end; CGI programs often have no such end, but a first line."""
TEMPLATES = frozenset({".html", ".htm", ".tmpl", ".tpl", ".tt", ".mako", ".jinja", ".jinja2", ".j2", ".sql"})
"""Files that are part of a program, and whose lines nobody tells."""


def files(sources: Sequence[Path]) -> Iterator[Path]:
    """Yield the files among sources, sorted; none of hidden folders, of other people's packages and environments.

    Links are no files of their own: what they lead to is found where it is. Pipes and sockets are none either.
    """
    for source in sources:
        if source.is_file():
            yield source
            continue
        for folder, below, names in os.walk(source):
            below[:] = sorted(name for name in below if not is_foreign(Path(folder, name)))
            paths = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
            yield from (path for path in paths if path.is_file() and not path.is_symlink())


def is_foreign(folder: Path) -> bool:
    """Tell what is hidden, other people's, or made by an interpreter."""
    return folder.name.startswith(".") or folder.name in PASSED_OVER or (folder / "pyvenv.cfg").exists()


def python_files(sources: Sequence[Path]) -> list[Path]:
    """Return the Python files among sources: by their suffix, or what their first line says."""
    return [path for path in files(sources) if is_python(path)]


def is_python(path: Path) -> bool:
    """Tell a Python file by its suffix, or by a first line that names the interpreter."""
    return path.suffix in PYTHON or b"python" in _interpreter(path)


def is_program(path: Path) -> bool:
    """Tell a program, or a part of one, by its suffix or by a first line that says by what it is run."""
    return path.suffix in PROGRAMS or bool(_interpreter(path))


def _interpreter(path: Path) -> bytes:
    """Return the first line of a file where it is `#!...`; else nothing."""
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return b""
    return first if first.startswith(b"#!") else b""


def readable(name: str) -> str:
    """Return a file's name as it can be printed, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
