"""The interpreter: how it is started for another process of the harness, and how it looks for rubbish.

Of the caller's environment nothing is handed on but where modules and temporary files are.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def python() -> str:
    """Return the interpreter: servers that embed it give their own program for `sys.executable`."""
    if Path(sys.executable or "-").name.startswith(("python", "pypy")):
        return sys.executable
    return os.path.join(sys.exec_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")


def environment() -> dict[str, str]:
    """Return what such a process needs: to find these modules, and the place of temporary files."""
    source = importlib.util.find_spec("harness")
    assert source is not None
    assert source.submodule_search_locations
    roots = [str(Path(place).parent) for place in source.submodule_search_locations]
    path = [os.path.abspath(entry) for entry in (*roots, *sys.path) if entry]
    return {"PYTHONPATH": os.pathsep.join(dict.fromkeys(path)), "TMPDIR": tempfile.gettempdir()}


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def unhurried() -> Iterator[None]:
    """Look seldom for objects that refer to each other: much is remembered, and each look goes over all of it."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
