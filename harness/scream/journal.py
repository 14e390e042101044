"""The runs that were made, so that a lab that was interrupted goes on where it was, and asks nothing twice.

What was run (client, changes, the number of the run) and its `Outcome` come in; the outcome comes out again. A file of
JSON lines where one is given, else memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.scream.client import Client
from harness.scream.outcome import Outcome, from_json, to_json

BEGINS = b'{"key": '


class Journal:
    """Outcomes by what was run. Raises UsageError for a file that is no journal."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._lock = path, threading.Lock()
        self._known: dict[str, Outcome] = {}
        lines, cut = _parted(path)
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                self._known[entry["key"]] = from_json(entry["outcome"])
            except (ValueError, KeyError, TypeError):
                raise _foreign(path, number) from None
        if cut and not cut.startswith(BEGINS) and not BEGINS.startswith(cut):
            raise _foreign(path, len(lines) + 1)
        if path is not None and cut:
            os.truncate(path, path.stat().st_size - len(cut))

    def look_up(self, key: str) -> Outcome | None:
        """Return what came of it, if it was run."""
        with self._lock:
            return self._known.get(key)

    def add(self, key: str, outcome: Outcome) -> None:
        """Keep what came of a run."""
        with self._lock:
            self._known[key] = outcome
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "outcome": to_json(outcome)}) + "\n")


def _foreign(path: Path | None, line: int) -> UsageError:
    return UsageError(f"{path}, line {line}: not a run of harness scream; give another --resume")


def key_of(old: str, client: Client, changes: Sequence[str], number: int) -> str:
    """Return what tells a run from others: the target, the client, what was changed, and which time it is."""
    asked = json.dumps([old, client.name, client.command, sorted(client.env.items()), sorted(changes), number])
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def _parted(path: Path | None) -> tuple[list[bytes], bytes]:
    """Return the lines of a file, and what stands after the last line end: of a lab that was killed, a line cut off."""
    data = path.read_bytes() if path is not None and path.exists() else b""
    *lines, rest = data.split(b"\n")
    return lines, rest
