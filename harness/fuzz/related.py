"""Values that belong together in data: what a record of a JSON file names, it names with the others of its record.

Paths of files come in; for each value those that stand in the same object, or in one that this object is part of, go
out. A request that names one of them is likely to mean something with another. Files that are no JSON tell nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

LONGEST = 60
"""Characters of a value."""
MOST = 100
"""Values that are kept for each."""


def related(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return for each value those it stands with, in the order of the files."""
    found: dict[str, dict[str, None]] = {}
    for one, other in (pair for path in paths for pair in _pairs(_document(path), ())):
        known = found.setdefault(one, {})
        if len(known) < MOST:
            known[other] = None
    return {value: list(others) for value, others in found.items()}


def _document(path: Path) -> Any:
    if path.suffix != ".json":
        return None
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _pairs(part: Any, above: Sequence[str]) -> Iterator[tuple[str, str]]:
    if isinstance(part, list):
        for item in part:
            yield from _pairs(item, above)
    elif isinstance(part, Mapping):
        own = [text for text in map(_value, part.values()) if text]
        for one in own:
            yield from ((one, other) for other in own if other != one)
            for other in above:
                yield one, other
                yield other, one
        for item in part.values():
            yield from _pairs(item, (*above, *own)[-MOST:])


def _value(item: Any) -> str:
    text = str(item) if isinstance(item, str | int) and not isinstance(item, bool) else ""
    return text if len(text) <= LONGEST and not any(map(str.isspace, text)) else ""
