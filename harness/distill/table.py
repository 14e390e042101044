"""What was kept and what was dropped, and why: a Distilled as lines for a terminal, and as JSON (format
`harness-distill`, version 1, which the gap map of a report reads). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.distill.distill import Distilled

FORMAT = "harness-distill"
NO_LINES = "lines are not known: chosen by the shapes of answers alone"
NO_TARGET = "no --target: chosen by the shapes of recorded answers, and by who asked"


def as_json(found: Distilled) -> dict[str, Any]:
    """Return what was chosen as plain data; the same recording gives the same."""
    return {
        "format": FORMAT,
        "version": 1,
        "recorded": sum(found.recorded.values()),
        "kept": sum(found.kept.values()),
        "lines": found.told,
        "features": dict(sorted(found.features.items())),
        "missing": None if found.missing is None else dict(sorted(found.missing.items())),
        "reasons": dict(sorted(found.reasons.items())),
        "dropped": dict(sorted(found.dropped.items())),
        "endpoints": {
            name: {"recorded": count, "kept": found.kept.get(name, 0)} for name, count in sorted(found.recorded.items())
        },
    }


def in_text(found: Distilled) -> Iterator[str]:
    """Yield the figure, then what was kept and dropped, and why, then the endpoints."""
    recorded, kept = sum(found.recorded.values()), sum(found.kept.values())
    yield f"kept {kept:,} of {recorded:,} exchanges ({_percent(kept, recorded)})"
    yield f"they show {_listed(found.features, found.missing)}"
    if found.missing is None:
        yield NO_TARGET
    elif not found.told:
        yield NO_LINES
    yield ""
    for what, counts in (("kept", found.reasons), ("dropped", found.dropped)):
        for reason, count in sorted(counts.items(), key=lambda item: -item[1]):
            yield f"{what:8}{count:>9,}  {reason}"
    yield ""
    rows = [
        (name, f"{count:,}", _percent(count, recorded), f"{found.kept.get(name, 0):,}")
        for name, count in sorted(found.recorded.items(), key=lambda item: (-item[1], item[0]))
    ]
    yield from _table(("endpoint", "recorded", "share", "kept"), rows)


def _listed(features: Mapping[str, int], missing: Mapping[str, int] | None) -> str:
    lacking = missing or {}
    return ", ".join(
        f"{count - lacking.get(name, 0):,} of {count:,} {name}" if missing is not None else f"{count:,} {name}"
        for name, count in sorted(features.items())
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "none"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for first, *rest in (head, *rows):
        yield "  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]).rstrip()
