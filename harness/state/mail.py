"""Mails that one side sends: the file they are in, and the `sendmail` program that leads there (another way is `smtp`).

What was appended since the last call goes out as bytes; splitting and comparing mails is for `harness.compare`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness.state import sendmail

SHEBANG_LIMIT = 127  # bytes; older kernels cut the line there


class Mailbox:
    """The file that a side appends its mails to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0
        self.restore()

    def changes(self) -> bytes:
        """Return what was added since the last call (all of it where the file became shorter)."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            size = 0
        if size == self._read:
            return b""
        start = self._read if size > self._read else 0
        self._read = size
        if size == 0:
            return b""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(size - start)

    def restore(self) -> None:
        """Empty the file."""
        self.path.write_bytes(b"")
        self._read = 0


def install_sendmail(folder: Path) -> Path:
    """Put the `sendmail` program into `folder`; its mail file is the one called `mail` beside that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "sendmail"
    program.write_text(shebang(sys.executable) + Path(sendmail.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    program.chmod(0o755)
    return program


def shebang(python: str) -> str:
    """Return the first lines of a program that `python` runs, isolated from whatever the caller's environment says."""
    line = f"#!{python} -IS\n"
    if " " not in python and len(line) <= SHEBANG_LIMIT:
        return line
    quoted = "'\"'\"'".join(python.split("'"))
    return f"#!/bin/sh\n'''exec' '{quoted}' -IS \"$0\" \"$@\"\n' '''\n"
