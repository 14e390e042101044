"""Run a user's command (`load`, a hook) without a shell, and say in one line what went wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import StateError


def run(where: str, words: Sequence[str], cwd: Path, environ: Mapping[str, str], timeout: float | None = None) -> bytes:
    """Run a command to its end (at most `timeout` seconds) and return its output.

    `where` names its place in harness.toml. Raises StateError with the status and the last line that it printed.
    """
    try:
        done = subprocess.run(
            words, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=timeout
        )
    except subprocess.TimeoutExpired as error:
        raise StateError(f"{where}: {words[0]} took more than {timeout:g} s") from error
    except OSError as error:
        raise StateError(f"{where}: {words[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise StateError(f"{where} ended with {done.returncode}: {said[-1] if said else 'it printed nothing'}")
    return done.stdout
