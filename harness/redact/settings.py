"""`[redact]` of harness.toml as one frozen value: the table and the environment in, checked settings out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError, nearest

HOLE = "{secret}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that finds secrets of the kind `name`: what its first group matches, or all of it without a group."""

    name: str
    pattern: re.Pattern[bytes]
    group: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What is found besides what is built in (`fields`, `paths`, `rules`, `values`, `xmlrpc`), and what stays.

    `fields` name secrets, `clear` names what is none, wherever such names stand; values of `keep` stay as they are.
    `xmlrpc` says which positional parameters of a method are secrets, from 0.
    """

    fields: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    paths: tuple[Rule, ...] = ()
    rules: tuple[Rule, ...] = ()
    values: tuple[str, ...] = ()
    xmlrpc: Mapping[str, tuple[int, ...]] | None = None


def read_settings(table: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Check `[redact]`. Raises UsageError that names the key, for an unknown one and a wrong value."""
    unknown = sorted(set(table) - set(_READERS))
    if unknown:
        meant = nearest(unknown[0], _READERS)
        raise UsageError(f"[redact]: unknown key {unknown[0]!r}; known are {', '.join(sorted(_READERS))}{meant}")
    return Settings(**{key: _READERS[key](f"[redact] {key}", value, environ) for key, value in table.items()})


def _texts(where: str, value: Any, environ: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise UsageError(f"{where} must be a list of texts, not {value!r}")
    return tuple(value)


def _paths(where: str, value: Any, environ: Mapping[str, str]) -> tuple[Rule, ...]:
    return tuple(_path(where, pattern) for pattern in _texts(where, value, environ))


def _path(where: str, pattern: str) -> Rule:
    """`/reset/{secret}/`: `{}` is any other segment."""
    if pattern.count(HOLE) != 1 or not pattern.startswith("/"):
        raise UsageError(f"{where}: {pattern!r} must start with / and hold {HOLE} once")
    parts = (_WILD.get(part, re.escape(part)) for part in re.split(r"(\{\w*\})", pattern))
    return Rule("token", re.compile("".join(parts).encode()), 1)


_WILD = {HOLE: r"([^/?#&\s\"'<>\\]+)", "{}": r"[^/?#&\s\"'<>\\]+"}


def _rules(where: str, value: Any, environ: Mapping[str, str]) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise UsageError(f'{where} must be a list of tables: rules = [{{name = "...", pattern = "..."}}]')
    return tuple(_rule(where, entry) for entry in value)


def _rule(where: str, entry: Mapping[str, Any]) -> Rule:
    if set(entry) != {"name", "pattern"} or not all(isinstance(text, str) and text for text in entry.values()):
        raise UsageError(f"{where}: a rule has a name and a pattern, both texts, not {dict(entry)!r}")
    try:
        pattern = re.compile(entry["pattern"].encode())
    except re.error as error:
        raise UsageError(f"{where}: the pattern of {entry['name']!r} is no regular expression: {error}") from None
    if pattern.groups > 1 or pattern.match(b""):
        raise UsageError(f"{where}: the pattern of {entry['name']!r} must match something, with one group at most")
    return Rule(entry["name"], pattern, pattern.groups)


def _values(where: str, value: Any, environ: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UsageError(f'{where} must be a list of {{env = "VARIABLE"}}, not {value!r}')
    return tuple(_value(where, entry, environ) for entry in value)


def _value(where: str, entry: Any, environ: Mapping[str, str]) -> str:
    if not isinstance(entry, dict) or set(entry) != {"env"} or not isinstance(entry["env"], str):
        raise UsageError(f'{where}: {{env = "VARIABLE"}} is wanted (a secret does not stand in a file), not {entry!r}')
    if len(environ.get(entry["env"], "")) < _SHORTEST:
        raise UsageError(f"{where}: the variable {entry['env']} is not set, or has fewer than {_SHORTEST} characters")
    return environ[entry["env"]]


_SHORTEST = 4


def _positions(where: str, value: Any, environ: Mapping[str, str]) -> Mapping[str, tuple[int, ...]]:
    if not isinstance(value, dict) or not all(_are_positions(entry) for entry in value.values()):
        raise UsageError(f'{where} must be a table such as {{"user.login" = [1]}}, not {value!r}')
    return {method: tuple(entry) for method, entry in value.items()}


def _are_positions(entry: Any) -> bool:
    return isinstance(entry, list) and all(type(item) is int and item >= 0 for item in entry)


_READERS: Mapping[str, Callable[[str, Any, Mapping[str, str]], Any]] = {
    "fields": _texts,
    "clear": _texts,
    "keep": _texts,
    "paths": _paths,
    "rules": _rules,
    "values": _values,
    "xmlrpc": _positions,
}
