"""One run of a client: a command, a fresh folder, and what came of it.

A `Client` and the address that it is to ask come in, a `Ran` goes out: exit status, lines printed and files in its
folder, all without what differs with the folder, the port or the time. What it asked for is the proxy's to tell.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.compare.archive import read_archive
from harness.compare.unreadable import Unreadable
from harness.errors import UsageError

TIMEOUT = "timeout"
"""The exit status of a client that was ended because it did not end."""
PRODUCTS = ("work", "names", "output", "exit")
LINES = 400
"""Lines printed that are looked at, from the end."""
_PASSED = ("PATH", "LANG", "LC_ALL")
_VOLATILE = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "#"),
    (re.compile(r"\b\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\b"), "#"),
    (re.compile(r"\b\d+([.,]\d+)? ?(?:[kKMG]i?B/s|ms|s|seconds|bytes/s)\b"), "#"),
    (re.compile(r"[━╸╺█▏▎▍▌▋▊▉#]{2,}"), "#"),
)
_SKIPPED = re.compile(r"(^|/)(__pycache__|\.cache|cache)(/|$)|\.pyc$|\.log$")


@dataclass(frozen=True, slots=True)
class Client:
    """A client to be run.

    `command` is its words, with `{url}` (`http://HOST:PORT`), `{host}` and `{home}` (its folder) to be filled in; `env`
    its variables beside PATH; `folder` is copied into its folder before each run. `product` says what its work is:
    `work` (files made and what it wrote on the server, or what it prints where it does neither), `names` (the same, but
    files by their names: a mirror keeps whatever it is given), `output`, `exit`.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    product: str = "work"
    timeout: float = 60.0
    prepare: Callable[[Path, str], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run left: `files` by path, with a digest of each."""

    exit: int | str
    output: tuple[str, ...]
    files: Mapping[str, str]


def parse_client(text: str, env: Mapping[str, str], folder: Path | None, product: str, timeout: float) -> Client:
    """Read `NAME=COMMAND` or `COMMAND`, its words as a shell would part them; no shell runs it. Raises UsageError."""
    found = re.match(r"([A-Za-z0-9][\w.+-]*)=(?=\S)", text)
    command = text[found.end() :] if found else text
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(f"--client {text!r}: {error}") from None
    if not words:
        raise UsageError(f"--client {text!r}: give a command, like 'fetch=curl -f {{url}}/'")
    program = words[0]
    if "/" in program and Path(program).is_file():
        words = (str(Path(program).absolute()), *words[1:])
    elif shutil.which(program) is None and not (folder and (folder / program).is_file()):
        raise UsageError(f"--client {text!r}: there is no program {program!r} on PATH, and no such file")
    return Client(found[1] if found else Path(program).name, words, dict(env), folder, product, timeout)


def run(client: Client, host: str, home: Path) -> Ran:
    """Run a client in `home`, which is made anew; whatever it started is ended with it."""
    shutil.rmtree(home, ignore_errors=True)
    if client.folder is not None:
        shutil.copytree(client.folder, home, symlinks=True)
    home.mkdir(parents=True, exist_ok=True)
    filled = {"url": f"http://{host}", "host": host, "home": str(home)}
    if client.prepare is not None:
        client.prepare(home, filled["url"])
    command = [_filled(word, filled) for word in client.command]
    code, printed = _ran(command, home, {**_environment(home), **_each_filled(client.env, filled)}, client.timeout)
    names = ((host, "HOST"), (str(home), "HOME"))
    return Ran(code, _lines(printed, names), _files(home, names))


def _filled(word: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(url|host|home)\}", lambda found: values[found[1]], word)


def _each_filled(env: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: _filled(value, values) for name, value in env.items()}


def _environment(home: Path) -> dict[str, str]:
    """Return a client's variables: nothing of the caller's that could change what it sends, nor a way around us."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    own = {"HOME": str(home), "TMPDIR": str(home), "PYTHONHASHSEED": "0", "NO_PROXY": "*", "COLUMNS": "200"}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **passed, **own}


def _ran(command: list[str], home: Path, env: Mapping[str, str], timeout: float) -> tuple[int | str, str]:
    with tempfile.TemporaryFile() as printed:
        try:
            process = subprocess.Popen(
                command,
                cwd=home,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(f"the client {command[0]} cannot be run: {error.strerror or error}") from None
        try:
            code: int | str = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = TIMEOUT
        finally:
            # What it left in the background would print, and ask, into the next run.
            _end(process)
        printed.seek(0)
        return code, printed.read().decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _lines(printed: str, names: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    found = []
    for line in re.split(r"[\r\n]+", printed):
        for name, shown in names:
            line = line.replace(name, shown)
        for pattern, shown in _VOLATILE:
            line = pattern.sub(shown, line)
        if line.strip():
            found.append(line.strip())
    return tuple(found[-LINES:])


def _files(home: Path, names: tuple[tuple[str, str], ...]) -> dict[str, str]:
    found = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not path.is_symlink() and not _SKIPPED.search(name):
            content = _unpacked(path.read_bytes())
            for text, shown in names:
                content = content.replace(text.encode(), shown.encode())
            found[name] = hashlib.sha256(content).hexdigest()[:16]
    return found


def _unpacked(content: bytes) -> bytes:
    """Return what tells an archive from others: its members, not when they were packed; other files are themselves."""
    try:
        archive = read_archive(content)
    except Unreadable:
        return content
    return "\n".join([archive.sort, *(f"{name} {text}" for name, text in sorted(archive.members.items()))]).encode()
