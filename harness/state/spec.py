"""A `[state.NAME]` of harness.toml as one frozen value: where the starting state comes from and how targets are told.

A table of settings comes in; a checked StateSpec goes out, or a UsageError naming the key. No I/O here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError

PLACEHOLDERS = ("python", "database", "files", "mail", "host")
DRIVERS = ("postgres",)
KEYS = {
    "load": (list, "a list of strings"),
    "database": (str, f"one of: {', '.join(DRIVERS)}"),
    "server": (str, "the URL of a PostgreSQL server"),
    "template": (str, "the name of an environment variable"),
    "template_files": (str, "the name of an environment variable"),
    "env": (dict, "a table of strings"),
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class StateSpec:
    """Where a starting state comes from.

    `load` is the command that fills an empty database and folder, run once, in `directory`; `database` the driver, or
    None where there is no database; `server` the URL of an existing server to use instead of the embedded one.
    `template` and `template_files` name environment variables: set, the database or folder they hold is the snapshot
    and `load` is not run. `env` is what targets find in their environment, with placeholders such as `{database}`.
    """

    name: str
    directory: Path
    load: tuple[str, ...] = ()
    database: str | None = None
    server: str | None = None
    template: str | None = None
    template_files: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


def read_spec(name: str, table: Mapping[str, Any], directory: Path) -> StateSpec:
    """Check `[state.NAME]`, whose relative paths start in `directory`. Raises UsageError naming the key."""
    where = f"[state.{name}]"
    for key, value in table.items():
        if key not in KEYS:
            raise UsageError(f"{where}: unknown key {key!r}; known are {', '.join(KEYS)}")
        kind, expected = KEYS[key]
        if not isinstance(value, kind):
            raise UsageError(f"{where}: {key} must be {expected}, not {value!r}")
    spec = StateSpec(
        name, directory, **{**table, "load": tuple(table.get("load", ())), "env": dict(table.get("env", {}))}
    )
    for text in (*spec.load, *spec.env.values()):
        _check_text(text, where)
    if spec.database not in (None, *DRIVERS):
        raise UsageError(f"{where}: database must be {KEYS['database'][1]}, not {spec.database!r}")
    if spec.database is None and (spec.server or spec.template):
        raise UsageError(f'{where}: server and template need database = "postgres"')
    return spec


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of `{name}`; other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _check_text(text: object, where: str) -> None:
    if not isinstance(text, str):
        raise UsageError(f"{where}: load and env must hold strings, not {text!r}")
    for word in _PLACEHOLDER.findall(text):
        if word not in PLACEHOLDERS:
            known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
            raise UsageError(f"{where}: unknown placeholder {{{word}}} in {text!r}; known are {known}")
