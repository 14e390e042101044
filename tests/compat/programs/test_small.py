"""Programs in Python 2.7, C and sh, through compat."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compat.programs.conftest import Site, multipart, needs, program

FIELDS = """#!{python}
import cgi, cgitb, hashlib, os, sys
cgitb.enable()
form = cgi.FieldStorage()
item = form["f"]
print "Content-Type: text/plain"
print
missing, digest = form.getfirst("missing", "none"), hashlib.md5(item.value).hexdigest()
print "%s|%s|%d|%s|%s" % (missing, item.filename, len(item.value), digest, sys.version[:3])
"""
C = r"""
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    long length = 0, sum = 0;
    int byte;
    while ((byte = getchar()) != EOF) { length++; sum += byte; }
    printf("Content-Type: text/plain\r\n\r\n%s %ld %ld\n", getenv("REQUEST_METHOD"), length, sum);
    return 0;
}
"""
SHELL = """#!/bin/sh
# A guest book: one line a visit, in a file beside it.
echo "Content-Type: text/html"
echo
[ "$REQUEST_METHOD" = POST ] && { head -c "$CONTENT_LENGTH"; echo; } >> book
[ -f book ] && cat book
exit 0
"""


def python2() -> str:
    """Return Python 2.7's path, or skip."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates = [shutil.which("python2.7"), *glob.glob(f"{pyenv}/versions/2.7*/bin/python2.7")]
    for path in filter(None, candidates):
        if subprocess.run([path, "-c", "import cgi"], capture_output=True).returncode == 0:
            return path
    pytest.skip("Python 2.7 is not installed")


@pytest.mark.parametrize("how", ["shebang", "interpreter"])
def test_python2_upload(serve: Callable[..., Site], tmp_path: Path, runner: str, how: str) -> None:
    """A file that Python 2.7's FieldStorage reads is whole, byte for byte."""
    path = python2()
    script = program(tmp_path / "fields.py", FIELDS.format(python=path if how == "shebang" else "/no/python"))
    words = f', interpreter="{path}"' if how == "interpreter" else ""
    site = serve(f'compat:CGIScript("{script}", runner="{runner}"{words})')
    content = os.urandom(300_000) + b"\r\n--b\r\n"[:4]
    body, headers = multipart("f", "x.bin", content)
    page = site.get("/", "POST", body, headers)
    assert page.body == f"none|x.bin|{len(content)}|{hashlib.md5(content).hexdigest()}|2.7\n".encode()


def test_c(serve: Callable[..., Site], tmp_path: Path) -> None:
    """A compiled program reads a megabyte to its end."""
    needs("cc")
    (tmp_path / "count.c").write_text(C)
    subprocess.run(["cc", "-O1", "-o", tmp_path / "count.cgi", tmp_path / "count.c"], check=True)
    site = serve(f'compat:CGIScript("{tmp_path}/count.cgi")')
    page = site.get("/", "POST", b"\x02" * 1_000_000)
    assert (page.status, page.body) == (200, b"POST 1000000 2000000\n")


def test_shell(serve: Callable[..., Site], tmp_path: Path) -> None:
    """A program that keeps a file beside itself: it runs in its own directory."""
    folder = tmp_path / "cgi"
    folder.mkdir()
    program(folder / "guests.sh", SHELL)
    site = serve(f'compat:CGIScript("{folder}/guests.sh")')
    site.get("/", "POST", b"Ada")
    site.get("/", "POST", b"Grace & co")
    assert site.get("/").body == b"Ada\nGrace & co\n"
