"""Reads a JSON report again: for `harness accept`, which makes entries of its groups, and for other reports of it.

A file comes in, a `Result` goes out; what only the run had (requests, answers, the sizes of examples) is not in it.
Anything that is not a report of this format and version is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.group import Group
from harness.group.observation import Example, split_id
from harness.report.format import problems
from harness.report.model import FORMAT, VERSION, NoiseRule, Result
from harness.screams import Scream

SHOWN = 3
"""Problems of a damaged report that are named."""
_RULE = {field.name for field in fields(NoiseRule)}


def read_report(path: Path) -> Result:
    """Return the result that a report was written from; raise `UsageError` for what is no report of ours."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # neither UTF-8 nor JSON, or nested too deeply
        raise UsageError(f"{path}: not a JSON report ({error}); write one with harness diff --json FILE") from None
    return parse_report(document, str(path))


def parse_report(document: Any, name: str) -> Result:
    """Return the result in a report that was parsed; `name` is what errors call it."""
    found = document if isinstance(document, dict) else {}
    if found.get("format") != FORMAT:
        raise UsageError(f"{name}: not a report of harness diff: its format is {found.get('format')!r}, not {FORMAT!r}")
    if found.get("version") != VERSION:
        raise UsageError(
            f"{name}: a report of version {found.get('version')!r}; this harness reads version {VERSION}: "
            "write it again with harness diff --json FILE"
        )
    if wrong := list(islice(problems(document), SHOWN)):
        raise UsageError(f"{name}: a damaged report: {'; '.join(wrong)}")
    return _result(document)


def _result(document: Mapping[str, Any]) -> Result:
    noise = document["noise"]
    credentialed = document.get("credentialed", {"judged": 0, "exchanges": 0})
    return Result(
        old=document["old"],
        new=document["new"],
        counts=document["counts"],
        groups=tuple(map(_group, document["groups"])),
        stale=tuple(map(_group, document["stale"])),
        accepted=tuple(map(_group, document["accepted"])),
        hidden=tuple(map(_group, document.get("hidden", []))),
        noise={entry["name"]: entry["count"] for entry in noise if not _is_rule(entry)},
        rules=tuple(map(_rule, filter(_is_rule, noise))),
        reasons=document.get("reasons", {}),
        credentialed=(credentialed["judged"], credentialed["exchanges"]),
        controls=document.get("controls", {}),
        notes=tuple(document.get("notes", ())),
        warnings=tuple(document.get("warnings", ())),
        obstacles=tuple(document.get("obstacles", ())),
        endpoints=document.get("endpoints", {}),
        clients=document.get("clients", {}),
        affected=document.get("affected", {}),
        screams=_screams([*document["groups"], *document["accepted"]]),
    )


def _screams(groups: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Scream, ...]] | None:
    known = [group for group in groups if "would_scream" in group]
    return {group["id"]: tuple(Scream(**each) for each in group["would_scream"]) for group in known} or None


def _is_rule(entry: Mapping[str, Any]) -> bool:
    """Tell a learned rule from a normaliser that acted."""
    return entry.keys() >= _RULE - {"count", "refused", "once"}


def _rule(entry: Mapping[str, Any]) -> NoiseRule:
    return NoiseRule(**{key: entry[key] for key in entry.keys() & _RULE})


def _group(document: Mapping[str, Any]) -> Group:
    told = {field.name: document[field.name] for field in fields(Group) if field.name in document}
    examples = tuple(_example(exchange, document) for exchange in document["examples"])
    return Group(**{"transform": "", **told, "examples": examples})


def _example(exchange: str, document: Mapping[str, Any]) -> Example:
    name, number = split_id(exchange)
    return Example(0, name, number, exchange, document["endpoint"], document["old"], document["new"])
