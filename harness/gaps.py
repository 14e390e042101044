"""The gap map: what is known of each endpoint, out of a comparison and the JSON that `power` and `distill` wrote.

Counts and documents come in, one Gap for each endpoint goes out, those with least known first. Files are read by
`read_measures`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.changed import Gap
from harness.errors import UsageError

FORMATS = ("harness-power", "harness-distill")


def read_measures(paths: Sequence[Path]) -> list[Mapping[str, Any]]:
    """Read what `harness power --json` and `harness distill --json` wrote. Raises UsageError for anything else.

    And for two of a kind that measured one endpoint: of mutants, exchanges and lines, which may be the same in both,
    there is no sum.
    """
    measures = [_read(path) for path in paths]
    for number, (path, measure) in enumerate(zip(paths, measures, strict=True)):
        for before, other in zip(paths[:number], measures[:number], strict=True):
            both = measure["endpoints"].keys() & other["endpoints"].keys()
            if both and measure["format"] == other["format"]:
                raise UsageError(
                    f"{before} and {path} both measure {min(both)}: measure once, with all recordings, or give one"
                )
    return measures


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") not in FORMATS or document.get("version") != 1:
        raise UsageError(f"{path}: not what harness power --json or harness distill --json writes (version 1)")
    endpoints = document.get("endpoints")
    if not isinstance(endpoints, dict) or not all(isinstance(each, dict) for each in endpoints.values()):
        raise UsageError(f"{path}: damaged: no table of endpoints")
    return document


def gap_map(endpoints: Mapping[str, Mapping[str, int]], measures: Sequence[Mapping[str, Any]]) -> tuple[Gap, ...]:
    """Return what is known of the endpoints of a comparison (with its verdicts' counts) and of the measures."""
    told = {kind: _of(kind, measures) for kind in FORMATS}
    power, distilled = told["harness-power"], told["harness-distill"]
    names = {*endpoints, *power, *distilled} if measures else set()
    gaps = [_gap(name, endpoints.get(name, {}), power, distilled) for name in names]
    return tuple(sorted(gaps, key=lambda gap: (-_survivors(gap), -gap.recorded, gap.endpoint)))


def _of(kind: str, measures: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for document in measures:
        if document["format"] == kind:
            found.update(document["endpoints"])
    return found


def _gap(
    name: str,
    counts: Mapping[str, int],
    power: Mapping[str, Mapping[str, Any]],
    distilled: Mapping[str, Mapping[str, Any]],
) -> Gap:
    measured, kept = power.get(name, {}), distilled.get(name, {})
    seen = sum(counts.get(kind, 0) for kind in ("judged", "stale", "unreplayable", "errors"))
    clients = measured.get("clients")
    return Gap(
        endpoint=name,
        recorded=seen or kept.get("recorded") or measured.get("exchanges") or 0,
        distilled=kept.get("kept"),
        lines=measured.get("lines"),
        mutants=measured.get("mutants"),
        killed=measured.get("killed"),
        clients=None if clients is None else len(clients),
    )


def _survivors(gap: Gap) -> int:
    return (gap.mutants or 0) - (gap.killed or 0)
