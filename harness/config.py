"""`harness.toml` (or `[tool.harness]` in pyproject.toml) as one frozen value.

What is particular to an application stands there: its targets, its starting states, its endpoints. Reading the file is
the only I/O here; a wrong key or type is a UsageError that names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError, nearest

FILE = "harness.toml"


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """`[target.NAME]`: an application in another interpreter, directory or environment."""

    app: str
    python: str | None = None
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """All of `harness.toml`. `root` is the directory it stands in; relative paths in it start there.

    `accepted` is the file of accepted differences, `scream` that of the lab's map; `network` the destinations
    (`host:port`) that targets may reach.
    What `[[login]]`, `[bind]`, `[noise]`, `[controls]`, `[safety]`, `[redact]`, `[clients]` and `[pytest]` hold is
    checked by the modules that use it.
    """

    root: Path
    targets: Mapping[str, TargetConfig] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    state: str | None = None
    endpoints: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    min_judged: float = 0.9
    max_stale: float = 0.02
    timeout: float = 60.0
    workers: int = 1
    noise_runs: int = 2
    accepted: str = "accepted.toml"
    network: tuple[str, ...] = ()
    logins: tuple[Mapping[str, Any], ...] = ()
    bind: Mapping[str, Any] = field(default_factory=dict)
    noise: Mapping[str, Any] = field(default_factory=dict)
    controls: Mapping[str, Any] = field(default_factory=dict)
    safety: Mapping[str, Any] = field(default_factory=dict)
    redact: Mapping[str, Any] = field(default_factory=dict)
    clients: Mapping[str, Any] = field(default_factory=dict)
    scream: str | None = None
    pytest: Mapping[str, Any] = field(default_factory=dict)

    def judging(self, min_judged: float | None, max_stale: float | None) -> Config:
        """Return it with the shares that the command line gives; None: those of the file."""
        return replace(
            self,
            min_judged=self.min_judged if min_judged is None else min_judged,
            max_stale=self.max_stale if max_stale is None else max_stale,
        )


def find_config(directory: Path) -> Config:
    """Read the configuration of `directory` or of the nearest one above it; an empty one where there is none.

    Raises UsageError for a file that is not TOML or that has an unknown or ill-typed key.
    """
    for place in (directory, *directory.parents):
        if (place / FILE).is_file():
            return read_config(place / FILE)
        if (place / "pyproject.toml").is_file() and "harness" in _read_toml(place / "pyproject.toml").get("tool", {}):
            return read_config(place / "pyproject.toml")
    return Config(root=directory)


def read_config(path: Path) -> Config:
    """Read one configuration file. Raises UsageError."""
    document = _read_toml(path)
    table = document["tool"]["harness"] if path.name == "pyproject.toml" else document
    return parse_config(table, path)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None


TYPES: dict[str, type | tuple[type, ...]] = {
    "target": dict,
    "state": dict,
    "default_state": str,
    "endpoints": list,
    "parameters": list,
    "min_judged": (int, float),
    "max_stale": (int, float),
    "timeout": (int, float),
    "workers": int,
    "noise_runs": int,
    "accepted": str,
    "network": list,
    "login": list,
    "bind": dict,
    "noise": dict,
    "controls": dict,
    "safety": dict,
    "redact": dict,
    "clients": dict,
    "scream": dict,
    "pytest": dict,
}


def parse_config(table: Mapping[str, Any], path: Path) -> Config:
    """Check a table of settings and make a Config of it. Raises UsageError naming the key."""
    for key, value in table.items():
        if key not in TYPES:
            raise UsageError(f"{path}: unknown key {key!r}; known are {', '.join(sorted(TYPES))}{nearest(key, TYPES)}")
        if not isinstance(value, TYPES[key]):
            raise UsageError(f"{path}: {key} must be {_type_name(TYPES[key])}, not {value!r}")
    for key in ("min_judged", "max_stale"):
        if not 0 <= table.get(key, 0) <= 1:
            raise UsageError(f"{path}: {key} must be between 0 and 1, not {table[key]!r}")
    logins = table.get("login", [])
    if not all(isinstance(entry, dict) for entry in logins):
        raise UsageError(f"{path}: login must be tables: [[login]]")
    return Config(
        root=path.parent,
        targets={name: _target(name, entry, path) for name, entry in table.get("target", {}).items()},
        states=table.get("state", {}),
        state=table.get("default_state"),
        endpoints=_texts(table, "endpoints", path),
        parameters=_texts(table, "parameters", path),
        min_judged=float(table.get("min_judged", 0.9)),
        max_stale=float(table.get("max_stale", 0.02)),
        timeout=float(table.get("timeout", 60.0)),
        workers=table.get("workers", 1),
        noise_runs=table.get("noise_runs", 2),
        accepted=table.get("accepted", "accepted.toml"),
        network=_texts(table, "network", path),
        logins=tuple(logins),
        bind=table.get("bind", {}),
        noise=table.get("noise", {}),
        controls=table.get("controls", {}),
        safety=table.get("safety", {}),
        redact=table.get("redact", {}),
        clients=table.get("clients", {}),
        scream=_map(table.get("scream", {}), path),
        pytest=table.get("pytest", {}),
    )


def _map(entry: Mapping[str, Any], path: Path) -> str | None:
    if entry and (set(entry) != {"map"} or not isinstance(entry["map"], str)):
        raise UsageError(f'{path}: [scream] has one key, map = "FILE", which harness scream writes')
    return entry.get("map")


_TARGET = frozenset({"app", "python", "cwd", "env"})


def _target(name: str, entry: Any, path: Path) -> TargetConfig:
    if not isinstance(entry, dict) or not isinstance(entry.get("app"), str):
        raise UsageError(f'{path}: [target.{name}] needs app = "module:name"')
    unknown = sorted(set(entry) - _TARGET)
    if unknown:
        meant = nearest(unknown[0], _TARGET)
        raise UsageError(f"{path}: [target.{name}] has unknown keys: {', '.join(unknown)}{meant}")
    for key in ("python", "cwd"):
        if key in entry and not isinstance(entry[key], str):
            raise UsageError(f"{path}: [target.{name}] {key} must be a string")
    env = entry.get("env", {})
    if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
        raise UsageError(f"{path}: [target.{name}] env must be a table of strings")
    return TargetConfig(entry["app"], entry.get("python"), entry.get("cwd"), env)


def _texts(table: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    values = table.get(key, [])
    if not all(isinstance(value, str) for value in values):
        raise UsageError(f"{path}: {key} must be a list of strings")
    return tuple(values)


def _type_name(expected: type | tuple[type, ...]) -> str:
    names = {dict: "a table", list: "a list", str: "a string", int: "a number", float: "a number"}
    first = expected[0] if isinstance(expected, tuple) else expected
    return names[first]
