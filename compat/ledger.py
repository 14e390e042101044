"""The record of brownouts: a file of JSON lines that all workers write, and learn from what the others did.

Comes in: events. Goes out: what is known of rules and of clients that were hit. State changes only by reading the file,
so that every worker, also one started later, comes to the same. Format: docs/brownout.md.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT, VERSION = "compat-brownout", 1


@dataclass(slots=True)
class Toll:
    """What a rule has cost so far: requests, clients (as many as are remembered), and whether it was stopped."""

    requests: int = 0
    clients: set[str] = field(default_factory=set)
    stopped: bool = False


@dataclass(slots=True)
class Victim:
    """A client that was hit: by which rule, when last, and how many of its later requests were written down."""

    rule: str
    time: float
    later: int = 0


class Ledger:
    """The file, and what stands in it. At most `memory` clients are remembered, of each rule and in all."""

    def __init__(self, path: str | os.PathLike[str], memory: int, most: int) -> None:
        self.path = Path(path).absolute()
        self._memory, self._most = memory, most
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._file: int | None = None
        self._read = 0
        self.salt = ""
        self.tolls: dict[str, Toll] = {}
        self.victims: OrderedDict[str, Victim] = OrderedDict()

    def toll(self, rule: str) -> Toll:
        """Return what a rule has cost."""
        return self.tolls.get(rule) or Toll()

    def look(self) -> None:
        """Read what was added; nothing where there is no file. Raises OSError."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return
        if (found.st_ino, found.st_size) != (self._file, self._read):
            with self._lock, self.path.open("rb") as file:
                self._catch_up(file)

    def change(self, decide: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """Ask for events when all that was written is known and nobody else writes, and write them.

        Returns them. Raises OSError, also where the file is as large as it may become.
        """
        with self._lock, self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
            self._catch_up(file)
            if os.fstat(file.fileno()).st_size > self._read:  # a line that a killed writer left unfinished
                file.write(b"\n")
            if not self.salt:
                self._append(file, {"format": FORMAT, "version": VERSION, "salt": secrets.token_hex(16)})
            events = decide()
            if events and self._read > self._most:
                raise OSError(f"the record has {self._read} bytes: move it away to go on")
            for event in events:
                self._append(file, event)
            return events

    def _append(self, file: Any, event: dict[str, Any]) -> None:
        file.write(json.dumps(event).encode("ascii") + b"\n")
        file.flush()
        self._catch_up(file)

    def _catch_up(self, file: Any) -> None:
        found = os.fstat(file.fileno())
        if found.st_ino != self._file or found.st_size < self._read:
            self._forget()
            self._file = found.st_ino
        file.seek(self._read)
        for line in file:
            if not line.endswith(b"\n"):  # a worker was killed while it wrote, or writes now
                break
            self._read += len(line)
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue  # what somebody else wrote there

    def _take(self, event: dict[str, Any]) -> None:
        if event.get("format") == FORMAT:
            self.salt = self.salt or str(event["salt"])
            return
        kind = event["event"]
        toll = self.tolls.setdefault(event["rule"], Toll())
        if kind == "stopped":
            toll.stopped = True
        elif kind == "off":
            toll.requests += 1
            if len(toll.clients) < self._memory:
                toll.clients.add(event["client"])
            self._hit(event)
        elif kind == "next" and event["client"] in self.victims:
            self.victims[event["client"]].later += 1

    def _hit(self, event: dict[str, Any]) -> None:
        known = self.victims.pop(event["client"], None)
        self.victims[event["client"]] = Victim(event["rule"], event["time"], known.later if known else 0)
        if len(self.victims) > self._memory:
            self.victims.popitem(last=False)
