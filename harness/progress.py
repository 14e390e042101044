"""Progress of long work on stderr: a bar where `rich` is installed, else a plain line a second.

Positions come in; what they mean, and the final line that every log needs, are the caller's. Nothing is shown where
stderr is not a terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Advance = Callable[[int, int], None]
_INTERVAL = 1.0  # seconds


@contextmanager
def progress(label: str, total: int, stream: TextIO | None = None) -> Iterator[Advance]:
    """Show how far `label` has come; call what is yielded with the position, out of `total`, and the items done."""
    shown = stream or sys.stderr
    if not shown.isatty():
        yield lambda position, items: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    except ImportError:
        yield _plain(label, total, shown)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[items]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(file=shown), transient=True) as bar:
        task = bar.add_task(label, total=total, items="")
        started = time.monotonic()
        yield lambda position, items: bar.update(task, completed=position, items=_rate(items, started))


def _plain(label: str, total: int, stream: TextIO) -> Advance:
    started = last = time.monotonic()

    def advance(position: int, items: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _INTERVAL:
            last = time.monotonic()
            stream.write(f"{label}: {100 * position // max(total, 1)} %, {_rate(items, started)}\n")

    return advance


def _rate(items: int, started: float) -> str:
    return f"{items:,} ({items / max(time.monotonic() - started, 0.001):,.0f}/s)"
