"""Who would scream at a difference: the lab's map (docs/scream.md) and the groups of a report come in, screams go out.

A client screams where the lab saw it break on a change at that place of that endpoint's answers, the same one or a
lesser one. One that the lab found flaky never does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.group import Group

FORMAT = "harness-screams"
VERSION = 1
GRAVITY: Mapping[str, int] = {
    "spelling": 0,
    "order": 0,
    "encoding": 1,
    "changed": 2,
    "type": 2,
    "renamed": 3,
    "missing": 3,
}
"""How grave a kind of difference is: the map holds the smallest change at a place that a client did not bear, so that
it does not bear a graver one. What was added stands for itself."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a detail of answers is, in the words of a report: `GET /item/{}/`, `header`, `Content-Type`."""

    endpoint: str
    aspect: str
    path: str


@dataclass(frozen=True, slots=True)
class Break:
    """The smallest change at a place that kept a client from its job, and what was seen then, as a phrase."""

    place: Place
    kind: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A client of the lab: the places that it reads, the endpoints that it asks, and what breaks it.

    `flaky`: the lab could not judge it, so that nothing of this is known.
    """

    name: str
    family: str
    flaky: bool
    asks: tuple[str, ...]
    reads: tuple[Place, ...]
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class Scream:
    """That a client would scream at a difference, and what the lab saw."""

    client: str
    family: str
    operator: str
    evidence: str


def read_document(path: Path) -> Mapping[str, Any]:
    """Return a map of the lab as JSON has it. Raises `UsageError` for what is none, or of another version."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: the map of harness scream cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path}: the map of harness scream cannot be read: {error}; make one with harness scream -o FILE"
        ) from None
    found = document if isinstance(document, dict) else {}
    if found.get("format") != FORMAT or found.get("version") != VERSION:
        raise UsageError(f"{path}: not a map of format {FORMAT}, version {VERSION}; harness scream -o FILE writes one")
    return found


def read_screams(path: Path) -> tuple[Tried, ...]:
    """Read what the lab's map says of clients. Raises `UsageError` for what is none, or of another version."""
    found = read_document(path)
    try:
        return tuple(map(_tried, found["clients"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path}: a damaged map: {type(error).__name__} {error}") from None


def _tried(entry: Mapping[str, Any]) -> Tried:
    breaks = tuple(Break(_place(each), each["kind"], each["operator"], _seen(each)) for each in entry["breaks"])
    reads = tuple(map(_place, entry["reads"]))
    # Of a client that failed already nothing was changed: no more is known of it than of a flaky one.
    unknown = bool(entry["flaky"]) or entry.get("changes") == 0
    return Tried(entry["name"], entry["family"], unknown, tuple(entry["asks"]), reads, breaks)


def _place(entry: Mapping[str, Any]) -> Place:
    return Place(entry["endpoint"], entry["aspect"], entry["path"])


def _seen(entry: Mapping[str, Any]) -> str:
    """Return the evidence as one line: `exit 0 -> 1; ERROR: ...; - file.tar.gz`."""
    evidence = entry["evidence"]
    before, after = evidence["exit"]
    told = [f"exit {before} -> {after}" if before != after else "", " ".join(evidence["output"].split())]
    told += [str(each) for each in (*evidence["files"], *evidence["requests"])][:1]
    return "; ".join(filter(None, told))


def screams(group: Group, clients: Iterable[Tried]) -> tuple[Scream, ...]:
    """Return who would scream at a difference, each client once."""
    return tuple(
        Scream(client.name, client.family, seen.operator, seen.evidence)
        for client in clients
        if (seen := next((each for each in client.breaks if not client.flaky and _fits(each, group)), None))
    )


def screaming(groups: Iterable[Group], clients: Sequence[Tried]) -> dict[str, tuple[Scream, ...]]:
    """Return who would scream, by the id of the group; each is named, also those that nobody would scream at."""
    return {group.id: screams(group, clients) for group in groups}


def _fits(seen: Break, group: Group) -> bool:
    """Tell whether a group is a change such as the lab saw break a client, or a graver one at the same place."""
    aspect = "status" if group.aspect == "crash" else group.aspect
    kind = "changed" if group.aspect == "crash" else group.kind
    path = group.path.lower() if aspect == "header" else group.path
    known = seen.place.path.lower() if aspect == "header" else seen.place.path
    if (seen.place.aspect, known) != (aspect, path) or seen.place.endpoint not in group.endpoints:
        return False
    return kind == seen.kind or GRAVITY.get(kind, -1) >= GRAVITY.get(seen.kind, len(GRAVITY))
