"""The preload as a shared library: its C sources come in, compiled once for each user and version, a path goes out.

Nothing binary is part of the distribution: where there is no C compiler, there is no preload, and the report says what
was not reached.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parent / "preload"
FLAGS = ("-shared", "-fPIC", "-O2", "-fvisibility=hidden", "-U_FORTIFY_SOURCE")
LIBRARIES = ("-ldl", "-lpthread")
COMPILERS = ("cc", "gcc", "clang")
TIMEOUT = 60.0


@functools.lru_cache(maxsize=1)
def preload() -> Path | None:
    """Return the compiled preload, or None where there cannot be one: no C compiler, or no Linux."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if not sys.platform.startswith("linux"):
        return None
    for directory in _places():
        target = directory / f"preload-{_version()}.so"
        if target.is_file() or (compiler and build(compiler, target)):
            return target
    return None


def build(compiler: str, target: Path) -> bool:
    """Compile to `target`, also while others do the same; say whether it is there."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as scratch:
        made = Path(scratch) / target.name
        words = [compiler, *FLAGS, "-o", str(made), *map(str, sorted(SOURCES.glob("*.c"))), *LIBRARIES]
        try:
            done = subprocess.run(words, capture_output=True, timeout=TIMEOUT, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode:
            return False
        os.replace(made, target)
    return True


def _version() -> str:
    """Return what changes with the sources, with how they are compiled, and with the machine they are compiled for."""
    digest = hashlib.sha256(" ".join((*FLAGS, platform.machine(), *platform.libc_ver())).encode())
    for source in sorted(SOURCES.iterdir()):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _places() -> Iterator[Path]:
    """Yield the directories to keep it in, best first, made when asked for: only ones that nobody else may write to."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    places = (Path(cache) / "harness", Path(tempfile.gettempdir()) / f"harness-{os.getuid()}")
    return filter(_is_ours, places)


def _is_ours(place: Path) -> bool:
    if any(sign in str(place) for sign in " :"):  # the loader separates libraries by these
        return False
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
    except OSError:
        return False
    ours = found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and ours and os.access(place, os.W_OK | os.X_OK)
