"""The record of a brownout (docs/brownout.md): a file of JSON lines comes in, entries go out, one by one.

A line that was cut off at the end is passed over; a damaged one elsewhere is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.impact import Removal

FORMAT, VERSION = "compat-brownout", 1


@dataclass(frozen=True, slots=True)
class Switched:
    """A rule of the brownout: its conditions, as the rules of compat have them, and for how long it follows clients."""

    name: str
    conditions: Mapping[str, Any]
    answer: int
    follow: float

    def removals(self) -> tuple[Removal, ...]:
        """Return what the rule takes away, as `harness impact` asks of recordings: any of them, for each its name.

        Conditions on hosts, addresses and cookies, and regular expressions, are left out: then more is expected.
        """
        paths = tuple(path for text in _texts(self.conditions.get("path")) for path in (text, text.rstrip("/") + "/*"))
        paths += tuple(text.replace("**", "*") for text in _texts(self.conditions.get("glob")))
        methods = tuple(_texts(self.conditions.get("method")))
        named = [
            (kind, f"{name}={value}" if kind == "parameter" and isinstance(value, str) and value != "*" else name)
            for word, kind in (("query", "parameter"), ("header", "header"))
            for name, value in dict(self.conditions.get(word) or {}).items()
        ]
        kinds = named or [("endpoint", "")]
        return tuple(Removal(self.name, kind, name, "", paths, methods) for kind, name in kinds)


@dataclass(frozen=True, slots=True)
class Entry:
    """A request of a client that was hit: refused (`off`), or made later (`next`)."""

    event: str
    time: float
    rule: str
    client: str
    agent: str
    method: str
    path: str
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Record:
    """All that was written: the rules by name, the requests in order, and why rules stopped by themselves."""

    rules: Mapping[str, Switched]
    entries: tuple[Entry, ...]
    stopped: Mapping[str, str]


def read_record(path: Path) -> Record:
    """Read a record. Raises `UsageError` for what is none, is damaged, or of another version."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: the record cannot be read: {error}") from None
    events = list(_events(path, lines))
    head = events[0] if events else {}
    if head.get("format") != FORMAT or head.get("version") != VERSION:
        raise UsageError(f"{path}: no record of compat.Brownout, version {VERSION}: its first line says what it is")
    try:
        return _record(events[1:])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: a damaged record: {type(error).__name__} {error}") from None


def _events(path: Path, lines: list[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            event = json.loads(line)
        except ValueError as error:
            if number == len(lines) and not line.endswith("\n"):
                return
            raise UsageError(f"{path}: line {number} is damaged: {error}") from None
        if not isinstance(event, dict):
            raise UsageError(f"{path}: line {number} is no object")
        yield event


def _record(events: list[dict[str, Any]]) -> Record:
    rules = {
        each["rule"]: Switched(each["rule"], dict(each["conditions"]), int(each["answer"]), float(each["follow"]))
        for each in events
        if each["event"] == "rule"
    }
    entries = [
        Entry(
            each["event"], float(each["time"]), each["rule"], each["client"], each["agent"], each["method"],
            each["path"], each["url"], int(each["status"]),
        )
        for each in events
        if each["event"] in ("off", "next")
    ]  # fmt: skip
    stopped = {each["rule"]: str(each["why"]) for each in events if each["event"] == "stopped"}
    return Record(rules, tuple(sorted(entries, key=lambda entry: entry.time)), stopped)


def _texts(value: Any) -> list[str]:
    return [] if value is None else [str(each) for each in value] if isinstance(value, list) else [str(value)]
