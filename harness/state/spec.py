"""A `[state.NAME]` of harness.toml as one frozen value: where the starting state comes from and how targets are told.

A table of settings comes in; a checked StateSpec goes out, or a UsageError naming the key. No I/O here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from harness.errors import UsageError

DATABASE_PARTS = tuple(f"database_{part}" for part in ("name", "host", "port", "socket", "user", "password"))
SMTP = ("smtp", "smtp_host", "smtp_port")
PLACEHOLDERS = ("python", "database", *DATABASE_PARTS, "files", "mail", "sendmail", *SMTP, "host")
HOOK_PLACEHOLDERS = ("files", "mail", "side", "worker", "time")
DRIVERS = ("postgres", "sqlite", "mysql")
SERVERS = ("postgres", "mysql")
KEYS = {
    "load": (list, "a list of strings"),
    "database": (str, f"one of: {', '.join(DRIVERS)}"),
    "server": (str, "the URL of a database server"),
    "sqlite": (list, "a list of paths in {files}"),
    "template": (str, "the name of an environment variable"),
    "template_files": (str, "the name of an environment variable"),
    "hook": (dict, "a table of commands"),
    "env": (dict, "a table of strings"),
}
COMMANDS = ("snapshot", "restore", "dump", "clock")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class HookSpec:
    """The commands of `[state.NAME.hook]`; `timeout` is in seconds, for each run of one."""

    restore: tuple[str, ...]
    snapshot: tuple[str, ...] = ()
    dump: tuple[str, ...] = ()
    clock: tuple[str, ...] = ()
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class StateSpec:
    """Where a starting state comes from.

    `load` is the command that fills an empty database and folder, run once, in `directory`; `database` the driver, or
    None where there is no database; `server` the URL of an existing server to use instead of the embedded one; `sqlite`
    the SQLite files in the folder (none: all that are there). `template` and `template_files` name environment
    variables: set, the database or folder they hold is the snapshot and `load` is not run. `hook` holds the commands
    that keep a state for us. `env` is what targets find in their environment, with placeholders such as `{database}`.
    """

    name: str
    directory: Path
    load: tuple[str, ...] = ()
    database: str | None = None
    server: str | None = None
    sqlite: tuple[str, ...] = ()
    template: str | None = None
    template_files: str | None = None
    hook: HookSpec | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    def uses(self, *placeholders: str) -> bool:
        """Whether one of these placeholders occurs in what targets or `load` are told."""
        found = {word for text in (*self.load, *self.env.values()) for word in _PLACEHOLDER.findall(text)}
        return not found.isdisjoint(placeholders)


def read_spec(name: str, table: Mapping[str, Any], directory: Path) -> StateSpec:
    """Check `[state.NAME]`, whose relative paths start in `directory`. Raises UsageError naming the key."""
    where = f"[state.{name}]"
    for key, value in table.items():
        if key not in KEYS:
            raise UsageError(f"{where}: unknown key {key!r}; known are {', '.join(KEYS)}")
        kind, expected = KEYS[key]
        if not isinstance(value, kind):
            raise UsageError(f"{where}: {key} must be {expected}, not {value!r}")
    hook = _read_hook(table["hook"], f"[state.{name}.hook]") if "hook" in table else None
    given = {key: tuple(table.get(key, ())) for key in ("load", "sqlite")}
    spec = StateSpec(name, directory, **{**table, **given, "hook": hook, "env": dict(table.get("env", {}))})
    for text in (*spec.load, *spec.env.values()):
        _check_text(text, where, "load and env", PLACEHOLDERS)
    _check_combination(spec, where)
    return spec


def _check_combination(spec: StateSpec, where: str) -> None:
    if spec.database not in (None, *DRIVERS):
        raise UsageError(f"{where}: database must be {KEYS['database'][1]}, not {spec.database!r}")
    if spec.database not in SERVERS and (spec.server or spec.template):
        raise UsageError(f"{where}: server and template need a database of: {', '.join(SERVERS)}")
    if spec.sqlite and spec.database != "sqlite":
        raise UsageError(f'{where}: sqlite needs database = "sqlite"')
    for path in spec.sqlite:
        if not isinstance(path, str) or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise UsageError(f"{where}: sqlite must be {KEYS['sqlite'][1]}, relative to that folder, not {path!r}")
    if spec.hook and spec.database:
        raise UsageError(f"{where}: a hook keeps the database itself; database must not be given beside it")


def _read_hook(table: Mapping[str, Any], where: str) -> HookSpec:
    for key, value in table.items():
        if key not in (*COMMANDS, "timeout"):
            raise UsageError(f"{where}: unknown key {key!r}; known are {', '.join(COMMANDS)}, timeout")
        if key == "timeout" and (isinstance(value, bool) or not isinstance(value, int | float) or value <= 0):
            raise UsageError(f"{where}: timeout must be a number of seconds, not {value!r}")
        if key in COMMANDS and (not isinstance(value, list) or not value):
            raise UsageError(f"{where}: {key} must be a command as a list of strings, not {value!r}")
        for word in value if key in COMMANDS else ():
            _check_text(word, where, key, HOOK_PLACEHOLDERS)
    if "restore" not in table:
        raise UsageError(f"{where}: restore is missing; without it the sides do not start equal")
    commands = {key: tuple(table[key]) for key in COMMANDS if key in table}
    return HookSpec(**commands, timeout=float(table.get("timeout", 60.0)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of `{name}`; other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _check_text(text: object, where: str, what: str, placeholders: tuple[str, ...]) -> None:
    if not isinstance(text, str):
        raise UsageError(f"{where}: {what} must hold strings, not {text!r}")
    for word in _PLACEHOLDER.findall(text):
        if word not in placeholders:
            known = ", ".join(f"{{{known}}}" for known in placeholders)
            raise UsageError(f"{where}: unknown placeholder {{{word}}} in {text!r}; known are {known}")
