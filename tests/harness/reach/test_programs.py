"""Which files of a folder are programs, by their names and by their first lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.reach.programs import files, is_program, is_python, readable

CASES = {
    "Python by its name": ("a.py", "", True, True),
    "Python for mod_wsgi": ("app.wsgi", "", True, True),
    "Python by its first line": ("count", "#!/usr/bin/env python3\n", True, True),
    "Perl without a suffix": ("count", "#!/usr/bin/perl -w\n", True, False),
    "a shell in an old version": ("count.old", "#!/bin/sh\n", True, False),
    "FastCGI": ("count.fcgi", "", True, False),
    "a template": ("page.html", "<p>#!</p>\n", False, False),
    "a text": ("README", "how to\n", False, False),
    "nothing": ("empty", "", False, False),
}


@pytest.mark.parametrize(("name", "text", "program", "python"), CASES.values(), ids=CASES)
def test_what_a_file_is(tmp_path: Path, name: str, text: str, program: bool, python: bool) -> None:
    """CGI programs need no suffix; what begins with no interpreter and has none is none."""
    path = tmp_path / name
    path.write_text(text)
    assert (is_program(path), is_python(path)) == (program, python)


def test_only_files_of_its_own(tmp_path: Path) -> None:
    """No link, wherever it leads, no pipe, nothing hidden, no other people's package, no environment."""
    for name in ("a.py", "below/b.py", ".git/c.py", "node_modules/d.js", "lib/site-packages/e.py", "env/f.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "alias.py").symlink_to("a.py")
    (tmp_path / "dead.py").symlink_to("/gone")
    os.mkfifo(tmp_path / "pipe")
    assert list(files([tmp_path])) == [tmp_path / "a.py", tmp_path / "below" / "b.py"]


def test_a_name_that_is_not_utf_8() -> None:
    """It can be printed."""
    assert readable(os.fsdecode(b"caf\xe9.py")) == "caf\\xe9.py"
