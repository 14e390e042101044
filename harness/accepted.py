"""`accepted.toml`: the differences that somebody answers for, and which of today's groups they are.

Groups and entries come in; `apply` sifts them into what nobody explained, what is accepted, and warnings about entries
that expired, stopped or grew. Reading the file is the only I/O; changing its text is `acceptance`'s.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.group import Group

FIELDS = ("id", "aspect", "path", "kind", "old", "new", "title")
"""What an entry may say of a group besides its endpoints; `*` stands for any text."""
SAME_MEANING = "spelling"
"""The one kind that says enough by itself: all that `--meaning` puts aside."""
FACTOR = 2
"""How many times its share of the requests of a kind may become what it was when accepted."""
MARGIN = 5
"""Exchanges that may come on top of that: few requests say nothing of a share."""
ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Share:
    """`differing` of `compared` exchanges of one kind; `compared` is 0 where it is not known."""

    differing: int
    compared: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """One `[[accepted]]` entry: which groups (`pattern`, `endpoint`), who answers for it, why, and until when.

    `count` is what was seen when it was accepted, by kind of request (`*` in a name stands for any text). `place` names
    file and number of the entry.
    """

    place: str
    pattern: Mapping[str, str]
    reason: str
    endpoint: str | None = None
    owner: str = ""
    expires: date | None = None
    count: Mapping[str, Share] = field(default_factory=dict)

    def expired(self, today: date) -> bool:
        """Tell whether its last day is over."""
        return self.expires is not None and self.expires < today

    def names(self, group: Group) -> bool:
        """Tell whether the pattern fits a group, and `endpoint` any kind of request that shows it."""
        fits = all(_fits(group, name, text) for name, text in self.pattern.items())
        return fits and len(self.beyond(group)) < len(group.endpoints)

    def covers(self, group: Group) -> bool:
        """Tell whether the pattern fits a group, and `endpoint` every kind of request that shows it."""
        return self.names(group) and not self.beyond(group)

    def beyond(self, group: Group) -> list[str]:
        """Return the kinds of requests that show a group and that `endpoint` does not name."""
        return [] if self.endpoint is None else [name for name in group.endpoints if not matches(self.endpoint, name)]


def _fits(group: Group, name: str, text: str) -> bool:
    """Tell whether a group is what a pattern says; fewer exchanges may show a cause by a narrower name."""
    ids = (group.id, *group.wider) if name == "id" else (str(getattr(group, name)),)
    return any(matches(text, one) for one in ids)


@dataclass(frozen=True, slots=True)
class Sifted:
    """Groups that nobody accepted, groups that somebody did, and sentences on entries that need a look.

    `by` holds the entry that accepted a group, by the group's id.
    """

    unexplained: Sequence[Group]
    accepted: Sequence[Group]
    warnings: Sequence[str] = ()
    by: Mapping[str, Accepted] = field(default_factory=dict)


def apply(
    groups: Sequence[Group], entries: Sequence[Accepted], today: date, compared: Mapping[str, int] | None = None
) -> Sifted:
    """Sift groups by the entries that are in force on a day.

    `compared` says how many exchanges of each kind of request (endpoint) were compared in this run; None: not known.
    """
    valid = [entry for entry in entries if not entry.expired(today)]
    by = {group.id: entry for group in groups for entry in reversed(valid) if entry.covers(group)}
    warnings = [text for entry in entries for text in _warnings(entry, groups, by, today, compared)]
    return Sifted(
        unexplained=tuple(group for group in groups if group.id not in by),
        accepted=tuple(group for group in groups if group.id in by),
        warnings=tuple(warnings),
        by=by,
    )


def compared_of(endpoints: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return how many exchanges of each kind of request were judged, from the counts that a result gives of each."""
    return {name: kinds.get("judged", 0) for name, kinds in endpoints.items()}


def _warnings(
    entry: Accepted,
    groups: Sequence[Group],
    by: Mapping[str, Accepted],
    today: date,
    compared: Mapping[str, int] | None,
) -> list[str]:
    """Say what about an entry is no longer as it was accepted."""
    named = [group for group in groups if entry.names(group)]
    if not named:
        return [f"{entry.place} no longer occurs: remove it"] if _would_show(entry, compared) else []
    if entry.expired(today):
        return [
            f"{entry.place} expired on {entry.expires}: {group.title} ({group.id})"
            for group in named
            if group.id not in by
        ]
    return [
        f"{entry.place} {text}: {group.title} ({group.id})"
        for group in named
        for text in growth(entry, group, compared)
    ]


def _would_show(entry: Accepted, compared: Mapping[str, int] | None) -> bool:
    """Tell whether as many requests were compared, of a kind that showed it, as when it was accepted."""
    if compared is None or not entry.count:
        return True
    return any(0 < _total(name, compared) >= share.compared for name, share in entry.count.items())


def growth(entry: Accepted, group: Group, compared: Mapping[str, int] | None) -> list[str]:
    """Say where a group occurs though it did not when accepted, and where it shows in far more of the requests."""
    if beyond := entry.beyond(group):
        return [f"occurs where it does not accept it, at {_some(beyond)}"]
    if not entry.count:
        return []
    added = [name for name in group.endpoints if not any(matches(known, name) for known in entry.count)]
    grown = [name for name, share in entry.count.items() if _has_grown(name, share, group, compared or {})]
    found = [f"grew, and now also occurs at {_some(added)}"] if added else []
    return found + ([f"grew, and now occurs much more often at {_some(grown)}"] if grown else [])


def _has_grown(name: str, then: Share, group: Group, compared: Mapping[str, int]) -> bool:
    """Tell whether the share of requests that show it grew; more traffic alone is no growth."""
    total = _total(name, compared)
    if not then.compared or not total:
        return False
    return _total(name, group.endpoints) > FACTOR * total * then.differing / then.compared + MARGIN


def _total(name: str, counts: Mapping[str, int]) -> int:
    return sum(count for endpoint, count in counts.items() if matches(name, endpoint))


def _some(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text is the pattern, in which `*` stands for any text."""
    return pattern == text or ("*" in pattern and _compiled(pattern).fullmatch(text) is not None)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", pattern)), re.DOTALL)


def read_accepted(path: Path) -> list[Accepted]:
    """Read a file of accepted differences; there are none where there is no file.

    Raises UsageError naming file, entry and key for what is not TOML, unknown, ill-typed, or accepts too much.
    """
    try:
        return parse_accepted(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None


def parse_accepted(text: str, path: Path) -> list[Accepted]:
    """Read the text of such a file. Raises UsageError."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is not TOML: {error}") from None
    entries = document.pop("accepted", [])
    if document:
        raise UsageError(f"{path}: unknown key {next(iter(document))!r}; the file holds [[accepted]] entries only")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: accepted must be tables: [[accepted]]")
    return [_entry(entry, f"{path}: entry {number}") for number, entry in enumerate(entries, 1)]


def _entry(table: Mapping[str, Any], place: str) -> Accepted:
    checks = {**dict.fromkeys((*FIELDS, "endpoint", "owner", "reason"), _text), "expires": _date, "count": _count}
    place = f"{place}{_named(table)}"
    for key, value in table.items():
        if key not in checks:
            raise UsageError(f"{place}: unknown key {key!r}; known are {', '.join(sorted(checks))}")
        checks[key](value, f"{place}: {key}")
    if not table.get("reason", "").strip():
        raise UsageError(f"{place}: needs a reason: why is this difference accepted?")
    pattern = {name: table[name] for name in FIELDS if name in table}
    if not any(_says_something(name, text) for name, text in pattern.items()):
        raise UsageError(
            f"{place}: would accept differences of every cause; name the cause by id, path, old, new or title (of "
            f"kinds, only {SAME_MEANING} will do alone)"
        )
    return Accepted(
        place=place,
        pattern=pattern,
        reason=table["reason"],
        endpoint=table.get("endpoint"),
        owner=table.get("owner", ""),
        expires=table.get("expires"),
        count=_count(table.get("count", {}), f"{place}: count"),
    )


def _named(table: Mapping[str, Any]) -> str:
    """Return what tells an entry from others, for messages."""
    return next((f" ({name} = {table[name]!r})" for name in FIELDS if name in table), "")


def _says_something(name: str, text: str) -> bool:
    """Tell whether a part of a pattern names a cause; all else would accept whatever happens at an endpoint."""
    if name in ("aspect", "kind"):
        return name == "kind" and text == SAME_MEANING
    return text != "" and ("*" not in text or any(map(str.isalnum, text)))


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{place} must be a string in quotes, not {value!r}")
    return value


def _date(value: Any, place: str) -> date:
    if type(value) is not date:  # a datetime is a date, too
        raise UsageError(f"{place} must be a date without quotes, like 2027-01-31, not {value!r}")
    return value


def _count(value: Any, place: str) -> dict[str, Share]:
    if not isinstance(value, dict):
        raise UsageError(f'{place} must be a table of kinds of requests, like {{"GET /a" = [2, 30]}}, not {value!r}')
    return {name: _share(pair, f"{place}.{name!r}") for name, pair in value.items()}


def _share(value: Any, place: str) -> Share:
    numbers = value if isinstance(value, list) else [value]
    if not 1 <= len(numbers) <= 2 or any(type(number) is not int or number < 0 for number in numbers):
        raise UsageError(f"{place} must be [differing, compared] exchanges, like [2, 30], not {value!r}")
    return Share(*numbers)
