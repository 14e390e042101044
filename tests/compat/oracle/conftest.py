"""The servers of the oracle tests, on one set of programs: Apache, lighttpd, compat behind gunicorn."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache, partial
from pathlib import Path

import pytest

from benchmarks.compat_peers import Missing, apache, folder_for_all, gunicorn, lighttpd
from compat.errors import ConfigurationError
from compat.options import Options
from tests.compat.oracle.answers import Answer, answer_of, ask
from tests.compat.oracle.probes import PROBES, PROGRAMS

TIMEOUT = 4
BROKEN = {
    "no-interpreter.cgi": b"#!/no/such/interpreter\n",
    "crlf.cgi": b"#!/bin/sh\r\nprintf 'Content-Type: text/plain\\n\\n'\r\n",
    "empty.cgi": b"",
    "no-shebang.cgi": b"printf 'Content-Type: text/plain\\n\\nok'\n",
}


def write_programs(folder: Path, shebang: str, language: int) -> None:
    """Write every program, in sh (0) or Python (1)."""
    for name, bodies in PROGRAMS.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!{shebang}\n{bodies[language]}\n", encoding="utf-8")
        file.chmod(0o644 if name.startswith("not-") else 0o755)
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
    outside = folder.parent / "outside.cgi"
    outside.write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\noutside'\n", encoding="utf-8")
    outside.chmod(0o755)
    (folder / "link.cgi").symlink_to(outside)


@pytest.fixture(scope="session")
def asked() -> Iterator[Callable[[str], dict[str, Answer]]]:
    """The answers to every probe of a server, asked once: `apache`, `lighttpd`, or compat with the runner `exec`
    (programs in sh) or `warm` (the same in Python).
    """
    with folder_for_all() as folder:
        shell, python = folder / "sh" / "cgi-bin", folder / "python" / "cgi-bin"
        for programs, shebang, language in ((shell, "/bin/sh", 0), (python, sys.executable, 1)):
            programs.mkdir(parents=True)
            write_programs(programs, shebang, language)

        @cache
        def answers(server: str) -> dict[str, Answer]:
            programs = python if server == "warm" else shell
            try:
                with PEERS[server](programs) as port:
                    return _answers(port, programs)
            except Missing as error:
                pytest.skip(f"{error}; .ci/run installs it")

        yield answers


def compat(runner: str, programs: Path) -> AbstractContextManager[int]:
    """Start gunicorn with the directory of programs."""
    try:
        Options(runner=runner)
    except ConfigurationError as error:
        pytest.skip(str(error))
    options = f'mount="/cgi-bin", index=("index.cgi",), timeout={TIMEOUT}, runner="{runner}"'
    application = f'compat:CGIDirectory("{programs}", {options})'
    words = ["-k", "gthread", "--threads", "4"]
    return gunicorn(application, cwd=programs.parent, options=words, env={"PATH": os.defpath})


PEERS: dict[str, Callable[[Path], AbstractContextManager[int]]] = {
    "apache": partial(apache, timeout=TIMEOUT),
    "lighttpd": partial(lighttpd, timeout=TIMEOUT),
    "exec": partial(compat, "exec"),
    "warm": partial(compat, "warm"),
}


def _answers(port: int, programs: Path) -> dict[str, Answer]:
    """Ask everything, a few at a time; the programs' folder becomes CGI-BIN wherever it stands."""
    with ThreadPoolExecutor(4) as pool:
        raw = pool.map(lambda probe: ask(port, probe), PROBES)
        answers = {probe.name: answer_of(data, probe, port) for probe, data in zip(PROBES, raw, strict=True)}
    return {name: {key: _placed(value, programs) for key, value in answer.items()} for name, answer in answers.items()}


def _placed(value: str, programs: Path) -> str:
    return value.replace(str(programs), "CGI-BIN")
