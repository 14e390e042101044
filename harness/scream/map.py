"""The map of who screams at what: what the lab leaves, as a file that other commands read (docs/scream.md).

Frozen data and its JSON. Who would scream at a difference is asked of it in `harness.screams`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.scream.outcome import Evidence
from harness.screams import FORMAT, VERSION, Place, read_document


@dataclass(frozen=True, slots=True)
class Break:
    """The smallest change at a place that kept a client from its job."""

    endpoint: str
    aspect: str
    path: str
    kind: str
    operator: str
    old: str
    new: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ClientMap:
    """What one client reads, merely asks for, ignores, and what breaks it; see docs/scream.md."""

    name: str
    family: str
    flaky: bool
    why: str
    runs: int
    changes: int
    asks: tuple[str, ...] = ()
    reads: tuple[Place, ...] = ()
    ignores: tuple[Place, ...] = ()
    breaks: tuple[Break, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether it can be said who screams: it does the same each time, and something could be changed."""
        return not self.flaky and bool(self.changes)


@dataclass(frozen=True, slots=True)
class Map:
    """The clients that the lab ran against `old`."""

    old: str
    clients: tuple[ClientMap, ...]


def write_map(path: Path, found: Map) -> None:
    """Write a map."""
    document = {"format": FORMAT, "version": VERSION, **asdict(found)}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_map(path: Path) -> Map:
    """Read a map. Raises UsageError for what is none of ours."""
    found = read_document(path)
    try:
        return Map(found["old"], tuple(_client(each) for each in found["clients"]))
    except (KeyError, TypeError) as error:
        raise UsageError(f"{path}: a damaged map: {error}") from None


def _client(document: Mapping[str, Any]) -> ClientMap:
    lists = {"asks": tuple(document["asks"]), "breaks": tuple(map(_break, document["breaks"]))}
    places = {name: tuple(Place(**each) for each in document[name]) for name in ("reads", "ignores")}
    return ClientMap(**{**document, **lists, **places})


def _break(document: Mapping[str, Any]) -> Break:
    told = document["evidence"]
    before, after = told["exit"]
    evidence = Evidence((before, after), told["output"], _texts(told["files"]), _texts(told["requests"]))
    return Break(**{**document, "evidence": evidence})


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)
