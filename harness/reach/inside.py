"""Which lines of an application's own files run, told from within its interpreter: `enter()`, then `watching(answer)`.

Loaded by path by `harness/targets/host.py`, and by the `site/sitecustomize.py` beside this in Python programs that a
target starts: standard library only, Python 3.8 and later. The environment says which folders are the application's
(SOURCES) and to which file each exchange's lines are appended (FILE), one JSON object a line. `sys.monitoring` is used
where it is there (PEP 669, Python 3.12), else `sys.settrace`, which is slower.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

MODULE, SOURCES, FILE = "HARNESS_REACH", "HARNESS_REACH_SOURCES", "HARNESS_REACH_FILE"
FOREIGN = ("site-packages", "dist-packages")


class Reach:
    """The lines and the steps from line to line of one process since the last `take`."""

    def __init__(self, sources: list[str], file: str) -> None:
        self.sources = [os.path.join(os.path.realpath(source), "") for source in sources]
        self.files = {os.path.realpath(source) for source in sources if not os.path.isdir(source)}
        self.out = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.names: dict[str, str] = {}
        self.lines: dict[str, set[int]] = {}
        self.arcs: dict[str, set[tuple[int, int]]] = {}

    def own(self, filename: str) -> str:
        """Return the real path of a file of the application's own; empty for any other."""
        found = self.names.get(filename)
        if found is None:
            found = self.names[filename] = self.look_up(filename)
        return found

    def look_up(self, filename: str) -> str:
        """Return what `own` remembers."""
        if filename.startswith("<"):
            return ""
        path = os.path.realpath(filename)
        parts = path.split(os.sep)
        inside = path in self.files or any(path.startswith(source) for source in self.sources)
        if not inside or any(part in FOREIGN for part in parts) or path.startswith(HARNESS):
            return ""
        return path

    def take(self, what: str) -> None:
        """Append what was reached to the file, as one piece, and begin anew."""
        told = {
            path: {"lines": sorted(lines), "arcs": sorted(self.arcs.get(path, ()))}
            for path, lines in self.lines.items()
            if lines
        }
        for lines in self.lines.values():
            lines.clear()
        for arcs in self.arcs.values():
            arcs.clear()
        os.write(self.out, json.dumps({"what": what, "files": told}, separators=(",", ":")).encode("ascii") + b"\n")

    def watching(self, answer: Any) -> Any:
        """Return `answer` so that each call of it is told of as an exchange."""
        self.take("import")

        def watched(*arguments: Any) -> Any:
            self.begin()
            try:
                return answer(*arguments)
            finally:
                self.take("exchange")

        return watched

    def begin(self) -> None:
        """Hear of every line again."""


class Traced(Reach):
    """By `sys.settrace`."""

    def start(self) -> None:
        """Take hold of all threads."""
        threading.settrace(self.called)
        sys.settrace(self.called)

    def begin(self) -> None:
        """Take hold again: an application may have set a trace function of its own."""
        sys.settrace(self.called)

    def called(self, frame: Any, event: str, argument: Any) -> Any:
        """Decide once for a call whether its lines matter."""
        path = self.own(frame.f_code.co_filename)
        if not path:
            return None
        add = self.arcs.setdefault(path, set()).add
        last = -frame.f_code.co_firstlineno

        def step(frame: Any, event: str, argument: Any) -> Any:
            nonlocal last
            if event == "line":
                number = frame.f_lineno
                add((last, number))  # its end is the line: nothing else is noted at each
                last = number
            return step

        return step

    def take(self, what: str) -> None:
        """Append what was reached; the lines are the ends of the steps."""
        self.lines = {path: {last for _, last in arcs} for path, arcs in self.arcs.items()}
        super().take(what)


class Monitored(Reach):
    """By `sys.monitoring`: a line is told of once an exchange, a branch until both its ends were seen."""

    def start(self) -> None:
        """Take hold of the interpreter; where another tool has the place, trace."""
        self.monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        self.seen: dict[tuple[Any, int], int] = {}
        self.tables: dict[Any, dict[int, int]] = {}
        events = self.monitoring.events
        tool = self.monitoring.COVERAGE_ID
        self.monitoring.use_tool_id(tool, "screamtest")
        self.monitoring.register_callback(tool, events.LINE, self.line)
        self.monitoring.register_callback(tool, events.BRANCH, self.branch)
        self.monitoring.set_events(tool, events.LINE | events.BRANCH)

    def begin(self) -> None:
        """Hear of every line again."""
        self.seen.clear()
        self.monitoring.restart_events()

    def line(self, code: Any, number: int) -> Any:
        """Note a line."""
        path = self.own(code.co_filename)
        if path:
            self.lines.setdefault(path, set()).add(number)
        return self.monitoring.DISABLE

    def branch(self, code: Any, offset: int, destination: int) -> Any:
        """Note a branch, by the lines of both ends."""
        path = self.own(code.co_filename)
        if not path:
            return self.monitoring.DISABLE
        ends = self.tables.get(code)
        if ends is None:
            ends = self.tables[code] = {
                at: number for first, last, number in code.co_lines() if number for at in range(first, last, 2)
            }
        self.arcs.setdefault(path, set()).add((ends.get(offset, 0), ends.get(destination, 0)))
        known = self.seen.setdefault((code, offset), destination)
        return None if known == destination else self.monitoring.DISABLE


HARNESS = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "")


def enter(environ: Any = os.environ) -> Reach | None:
    """Begin as the environment says; None where nobody asked."""
    file, sources = environ.get(FILE), environ.get(SOURCES)
    begun: Reach | None = getattr(sys, MODULE, None)
    if begun is not None or not file or not sources:
        return begun
    reach = _started(sources.split(os.pathsep), file)
    setattr(sys, MODULE, reach)  # the interpreter may come here twice: by its sitecustomize and by the host
    return reach


def _started(sources: list[str], file: str) -> Reach:
    if hasattr(sys, "monitoring"):
        monitored = Monitored(sources, file)
        try:
            monitored.start()
        except ValueError:  # another tool has the place
            os.close(monitored.out)
        else:
            return monitored
    traced = Traced(sources, file)
    traced.start()
    return traced
