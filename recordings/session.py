"""What a client's scenario is given: the index's address, a folder to work in, a way to run the client and check it.

A client that ends otherwise than expected, or does not print what it prints on success, raises ClientError: nothing is
recorded as real that did not happen.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 120  # seconds for one run of a client
SCRIPTS = Path(__file__).resolve().parent / "clients" / "scripts"
# For a client that builds archives: the same bytes each time, and no path of ours in them.
BUILDING = {"PYTHONPATH": str(SCRIPTS / "archiving"), "PYTHONDONTWRITEBYTECODE": "1"}


class ClientError(Exception):
    """A client did something else than it should have; the message shows what it printed."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One cassette: its name, the environment its client runs in (None: a program of the system), and what it does.

    `state` is what the index starts from: a `[state.NAME]` of harness.toml.
    """

    name: str
    environment: str | None
    play: Callable[[Session], None]
    about: str
    state: str = "seed"


@dataclass(frozen=True, slots=True)
class Session:
    """A running index to talk to and a folder of one's own."""

    base: str
    work: Path
    python: Path

    @property
    def host(self) -> str:
        """Host and port of the index."""
        return self.base.partition("//")[2]

    @property
    def mail(self) -> Path:
        """The file that the index beside this session writes its mails to."""
        return self.work.parent / "index" / "mail"

    def run(
        self,
        *command: str | Path,
        says: str = "",
        status: int = 0,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        typed: str = "",
    ) -> str:
        """Run a client and return what it printed. It must end with `status` and print something that `says` finds."""
        done = subprocess.run(
            command,
            cwd=cwd or self.work,
            env={**self.environment(), **(env or {})},
            input=typed.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
        )
        printed = done.stdout.decode("utf-8", "replace")
        if done.returncode != status or not re.search(says, printed):
            shown = " ".join(map(str, command))
            raise ClientError(
                f"{shown}\nended with {done.returncode} (expected {status}, printing {says!r}) and printed:\n{printed}"
            )
        return printed

    def client(self, *arguments: str | Path, says: str = "", status: int = 0, **options: object) -> str:
        """Run the scenario's Python with these arguments; see `run`."""
        return self.run(self.python, *arguments, says=says, status=status, **options)  # type: ignore[arg-type]

    def environment(self) -> dict[str, str]:
        """Return the environment of a client: nothing of the caller's that could change what it sends."""
        return {
            "PATH": os.pathsep.join((str(self.python.parent), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": str(self.work),
            "TMPDIR": str(self.work),
            "LC_ALL": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONHASHSEED": "0",  # some clients send the fields of a form in the order of a set
            "NO_PROXY": "*",
        }

    def write(self, path: str, text: str) -> Path:
        """Write a file below the working folder."""
        target = self.work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def pypirc(self, user: str, password: str) -> None:
        """Write the `.pypirc` that makes the index known as `local`."""
        self.write(
            ".pypirc",
            f"[distutils]\nindex-servers =\n    local\n\n"
            f"[local]\nrepository = {self.base}/pypi\nusername = {user}\npassword = {password}\n",
        )


def arguments(text: str, *rest: str | Path) -> Sequence[str | Path]:
    """Split a command line's fixed words and append the rest."""
    return [*text.split(), *rest]
