"""The interpreters and virtual environments that the real clients run in.

A row of ENVIRONMENTS comes in, the path of its Python goes out; made once with ordinary pip and kept in
`.clients/`. What the clients then do is in `recordings.clients`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".clients"
# The last release that makes environments for Python 2.7.
VIRTUALENV = "virtualenv==20.21.1"


class MissingError(Exception):
    """A client cannot run on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter's version (`2.7`, `3.11`) and what is installed for it; nothing: the bare interpreter is used."""

    python: str
    packages: tuple[str, ...] = ()


ENVIRONMENTS = {
    "python2.7": Environment("2.7"),
    "python3.6": Environment("3.6"),
    "python3.11": Environment("3.11"),
    "pip-9.0.3": Environment("2.7", ("pip==9.0.3", "setuptools==44.1.1", "wheel==0.37.1")),
    "pip-18.1": Environment("3.6", ("pip==18.1", "setuptools==40.6.2", "wheel==0.37.1")),
    "pip-20.3.4": Environment("2.7", ("pip==20.3.4", "setuptools==44.1.1", "wheel==0.37.1")),
    "pip-23.2.1": Environment("3.11", ("pip==23.2.1", "setuptools==65.5.0", "wheel==0.45.1")),
    "pip-26.3": Environment("3.11", ("pip==26.3", "setuptools==81.0.0", "wheel==0.45.1")),
    "setuptools-18.8.1": Environment("2.7", ("setuptools==18.8.1",)),
    "setuptools-36.8.0": Environment("2.7", ("setuptools==36.8.0",)),
    "setuptools-40.6.2": Environment("3.6", ("setuptools==40.6.2",)),
    "setuptools-44.1.1": Environment("2.7", ("setuptools==44.1.1",)),
    "buildout-2.13.8": Environment("2.7", ("zc.buildout==2.13.8", "setuptools==44.1.1")),
    "buildout-6.0.1": Environment("3.11", ("zc.buildout==6.0.1",)),
    "twine-1.9.1": Environment("2.7", ("twine==1.9.1", "setuptools==44.1.1", "wheel==0.37.1")),
    "twine-1.15.0": Environment("2.7", ("twine==1.15.0", "setuptools==44.1.1", "wheel==0.37.1")),
    "twine-6.1.0": Environment("3.11", ("twine==6.1.0",)),
    "twine-7.0.0": Environment("3.11", ("twine==7.0.0",)),
    "flit-4.2.0": Environment("3.11", ("flit==4.2.0",)),
    "pdm-2.10.4": Environment("3.11", ("pdm==2.10.4",)),
    "uv-0.13.9": Environment("3.11", ("uv==0.13.9", "setuptools==65.5.0", "wheel==0.45.1")),
    "pep381client-1.5": Environment("2.7", ("pep381client==1.5",)),
    "bandersnatch-6.8.0": Environment("3.11", ("bandersnatch==6.8.0",)),
    "feedparser-5.2.1": Environment("2.7", ("feedparser==5.2.1",)),
    "feedparser-6.0.14": Environment("3.11", ("feedparser==6.0.14",)),
}


def python_of(name: str) -> Path:
    """Return the Python of an environment, making it where needed. Raises MissingError."""
    environment = ENVIRONMENTS[name]
    interpreter = find_interpreter(environment.python)
    if not environment.packages:
        return interpreter
    folder = FOLDER / name
    python = folder / "bin" / "python"
    wanted = "\n".join((str(interpreter), *environment.packages))
    stamp = folder / "installed.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, interpreter, environment)
        stamp.write_text(wanted)
    return python


def find_interpreter(version: str) -> Path:
    """Return an interpreter of that version from PATH or from pyenv's folder. Raises MissingError."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{version}")
    for candidate in (*([on_path] if on_path else ()), *_installed(pyenv, version)):
        real = _ask(candidate, version)
        if real:
            return real
    raise MissingError(f"no Python {version}: neither on PATH nor in {pyenv}")


def _installed(pyenv: Path, version: str) -> list[Path]:
    """Return pyenv's interpreters of that version, newest first; none where its folder is somebody else's."""
    try:
        return sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)
    except PermissionError:
        return []


def _ask(python: str | Path, version: str) -> Path | None:
    """Return the interpreter behind a program, which may be a script of pyenv's; None where it is another version."""
    question = "import sys; sys.stdout.write('%d.%d %s' % (sys.version_info[0], sys.version_info[1], sys.executable))"
    done = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    found, _, executable = done.stdout.partition(" ")
    return Path(executable) if done.returncode == 0 and found == version else None


def _make(folder: Path, interpreter: Path, environment: Environment) -> None:
    print(f"making {folder.name}: {' '.join(environment.packages)}", flush=True)
    if environment.python.startswith("2"):
        _run(_virtualenv(), "--quiet", "--python", interpreter, folder)
    else:
        _run(interpreter, "-m", "venv", folder)
    _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", *environment.packages)


def _virtualenv() -> Path:
    """Return the program that makes environments for old interpreters, installed in an environment of its own."""
    folder = FOLDER / "virtualenv"
    program = folder / "bin" / "virtualenv"
    if not program.exists():
        # Newer interpreters than 3.11 lack what this old release needs.
        _run(find_interpreter("3.11"), "-m", "venv", folder)
        _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", VIRTUALENV)
    return program


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise MissingError(f"{' '.join(map(str, command))} failed: {said[-1] if said else done.returncode}")


if __name__ == "__main__":
    for one in ENVIRONMENTS:
        print(one, python_of(one))
    sys.exit(0)
