"""Noise rules of the user: `[[noise.rule]]` of harness.toml, checked, as shapes that values must have.

    [[noise.rule]]
    endpoint = "GET /status"        # as reports name it; left out: all endpoints
    aspect = "body"
    path = "host.name"              # as reports name it
    type = "choice"                 # uuid, time, number, token, choice, order or spelling
    values = ["web1", "web2"]
    reason = "which machine answers"

A table comes in, rules go out. What is learned by running old twice needs no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError, nearest
from harness.noise.gather import Place
from harness.noise.learned import ANYWHERE, BY_KIND, Learned, never
from harness.noise.sample import Shape
from harness.noise.shape import Choices, Numbers, Times, Uuids
from harness.noise.token import ALPHABETS, Tokens
from harness.report.model import NoiseRule

Table = Mapping[str, Any]

GENERAL = {"endpoint": str, "aspect": str, "path": str, "kind": str, "before": str, "type": str, "reason": str}
NEEDED = ("aspect", "path", "type", "reason")


@dataclass(frozen=True, slots=True)
class UserRule:
    """One rule: where it holds (`endpoint` empty: everywhere), what values must look like there, and why."""

    endpoint: str
    learned: Learned
    type: str
    reason: str

    def covers(self, place: Place) -> bool:
        """Whether a place is one that the rule is about."""
        return place[1:] == self.learned.place[1:] and self.endpoint in ("", place.endpoint)

    def reported(self, count: int) -> NoiseRule:
        """Return the rule as reports show it, with how many differences it explained."""
        learned = self.learned
        return NoiseRule(
            endpoint=self.endpoint or "all endpoints",
            aspect=learned.place.aspect,
            path=learned.place.path,
            type=self.type,
            hides=learned.hides,
            checks="that both values have this form, and the text around" if learned.shapes else learned.checks,
            evidence=f"harness.toml: {self.reason}",
            count=count,
        )


def _uuid(table: Table) -> Shape:
    return Uuids(frozenset(str(version) for version in table.get("versions", range(1, 9))), table.get("upper", False))


def _time(table: Table) -> Shape:
    return Times(frozenset(table["spellings"]), float(table["within"]))


def _number(table: Table) -> Shape:
    return Numbers(float(table["largest"]), table.get("decimals", 0), table.get("negative", False))


def _token(table: Table) -> Shape:
    alphabet: str = table["alphabet"]
    shortest, longest = table["length"] if isinstance(table["length"], list) else [table["length"]] * 2
    return Tokens(alphabet, shortest, longest, frozenset(ALPHABETS.get(alphabet, alphabet)))


def _choice(table: Table) -> Shape:
    return Choices(frozenset(table["values"]))


TYPES: dict[str, tuple[Callable[[Table], Shape], dict[str, type | tuple[type, ...]], tuple[str, ...]]] = {
    "uuid": (_uuid, {"versions": list, "upper": bool}, ()),
    "time": (_time, {"spellings": list, "within": (int, float)}, ("spellings", "within")),
    "number": (_number, {"largest": (int, float), "decimals": int, "negative": bool}, ("largest",)),
    "token": (_token, {"alphabet": str, "length": (int, list)}, ("alphabet", "length")),
    "choice": (_choice, {"values": list}, ("values",)),
}
"""Types of values: how a shape is made of a table, the keys it may have, and those it must have."""


def read_rules(noise: Mapping[str, Any], path: Path) -> tuple[UserRule, ...]:
    """Return the rules of a `[noise]` table. Raises UsageError naming the rule and the key."""
    unknown = set(noise) - {"rule"}
    if unknown:
        raise UsageError(f"{path}: [noise] has unknown keys: {', '.join(sorted(unknown))}; known is [[noise.rule]]")
    tables = noise.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: [noise] rule must be tables: [[noise.rule]]")
    return tuple(_rule(table, f"{path}: [[noise.rule]] number {number}") for number, table in enumerate(tables, 1))


def _rule(table: Table, where: str) -> UserRule:
    for key in NEEDED:
        if not table.get(key):
            raise UsageError(f"{where} needs {key}")
    name = table["type"]
    if name not in TYPES and name not in BY_KIND:
        raise UsageError(f"{where}: type {name!r} is none of {', '.join([*TYPES, *BY_KIND])}")
    make, own, needed = TYPES.get(name, (None, {}, ()))
    _check(table, {**GENERAL, **own}, needed, where)
    kind = name if make is None else table.get("kind", "changed")
    place = Place(table.get("endpoint", ""), table["aspect"], table["path"], kind)
    if refused := never(place):
        raise UsageError(f"{where}: {refused}; accept the difference instead (harness accept)")
    shapes = {} if make is None else {table.get("before", ANYWHERE): _made(make, table, where)}
    return UserRule(table.get("endpoint", ""), Learned(place, shapes), name, table["reason"])


def _made(make: Callable[[Table], Shape], table: Table, where: str) -> Shape:
    try:
        return make(table)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where}: {error}") from None


def _check(table: Table, known: Mapping[str, type | tuple[type, ...]], needed: tuple[str, ...], where: str) -> None:
    for key, value in table.items():
        if key not in known:
            raise UsageError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(known))}{nearest(key, known)}")
        if not isinstance(value, known[key]):
            raise UsageError(f"{where}: {key} cannot be {value!r}")
    for key in needed:
        if key not in table:
            raise UsageError(f"{where}: type {table['type']!r} needs {key}")
