"""The rules that hold now: fixed ones, or those of a file that may change while a Strangler works by it.

Comes in: tables, or a path. Goes out: the rules, each time they are asked for. A file is looked at once a second at
most, by each process for itself; one that cannot be read, or makes no sense, leaves the rules as they were.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .errors import ConfigurationError
from .rules import Rule, read_rules

LOOK = 1.0
"""Seconds between two looks at the file."""
Say = Callable[[str, bool], object]
"""Is told what became of a changed file, and whether that is well."""
Version = tuple[int, int, int, int]


class Rules:
    """Rules from tables, or from a file. `check` raises ConfigurationError for rules that cannot be obeyed here.

    Raises ConfigurationError for what cannot be read now; later such a file is only told of, once.
    """

    def __init__(
        self, source: Iterable[Mapping[str, Any]] | str | Path, check: Callable[[tuple[Rule, ...]], None]
    ) -> None:
        self._path = Path(source).absolute() if isinstance(source, str | Path) else None
        self._check = check
        self._seen = self._version()
        self._looked = time.monotonic()
        self._looking = threading.Lock()
        self._rules = read_rules(source)
        check(self._rules)

    @property
    def held(self) -> tuple[Rule, ...]:
        """The rules, without a look at the file."""
        return self._rules

    def now(self, say: Say) -> tuple[Rule, ...]:
        """Return the rules, read anew if the file changed; never waits for another thread that reads them."""
        if self._path is not None and time.monotonic() - self._looked >= LOOK and self._looking.acquire(blocking=False):
            try:
                self._look(self._path, say)
                self._looked = time.monotonic()
            finally:
                self._looking.release()
        return self._rules

    def _look(self, path: Path, say: Say) -> None:
        version = self._version()
        if version == self._seen:
            return
        self._seen = version
        try:
            rules = read_rules(path)
            self._check(rules)
        except Exception as error:  # whatever a file holds, the request that has it read is not at fault
            reason = str(error) if isinstance(error, ConfigurationError) else f"{type(error).__name__}: {error}"
            say(f"the rules stay as they were: {reason}", False)
            return
        self._rules = rules
        say(f"new rules from {path}: {', '.join(rule.name for rule in rules) or 'none'}", True)

    def _version(self) -> Version | None:
        """Return what is another one for another file, and for other content; None where there is no file."""
        try:
            found = os.stat(self._path) if self._path is not None else None
        except OSError:
            return None
        return found and (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
