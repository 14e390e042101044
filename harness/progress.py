"""Progress of long work on stderr: a bar on a terminal where `rich` is installed, else a plain line now and then.

Positions come in; what they mean, and the final line that every log needs, are the caller's. In a log (CI, a file) a
line comes every few seconds, so that short work leaves it quiet.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Advance = Callable[[int, int], None]
_INTERVAL = 1.0  # seconds between lines on a terminal
_LOG_INTERVAL = 5.0  # and in a log


@contextmanager
def progress(label: str, total: int, stream: TextIO | None = None) -> Iterator[Advance]:
    """Show how far `label` has come; call what is yielded with the position, out of `total`, and the items done."""
    shown = stream or sys.stderr
    if not shown.isatty():
        yield _plain(label, total, shown, _LOG_INTERVAL)
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    except ImportError:
        yield _plain(label, total, shown, _INTERVAL)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[items]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(file=shown), transient=True) as bar:
        task = bar.add_task(label, total=total, items="")
        started = time.monotonic()
        yield lambda position, items: bar.update(task, completed=position, items=_rate(items, started))


def _plain(label: str, total: int, stream: TextIO, interval: float) -> Advance:
    started = last = time.monotonic()

    def advance(position: int, items: int) -> None:
        nonlocal last
        if time.monotonic() - last >= interval:
            last = time.monotonic()
            stream.write(f"{label}: {100 * position // max(total, 1)} %, {_rate(items, started)}\n")
            stream.flush()

    return advance


def _rate(items: int, started: float) -> str:
    return f"{items:,} ({items / max(time.monotonic() - started, 0.001):,.0f}/s)"
