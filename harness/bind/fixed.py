"""`[bind]` of harness.toml: what always stands in the place of a recorded token, as in redacted recordings.

The table and the environment come in, pairs go out. A wrong entry is a UsageError that names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.bind.learn import Pair
from harness.errors import UsageError, nearest

Fixed = tuple[Pair, ...]

NAMED = frozenset({"secret", "secrets"})
"""Keys of `[bind]` that are no recorded tokens (`harness.bind.secret`)."""


def read_fixed(table: Mapping[str, Any], path: Path, environ: Mapping[str, str]) -> Fixed:
    """Check `[bind]`: `"recorded" = "value"` or `"recorded" = {env = "VARIABLE"}`. Raises UsageError."""
    return tuple(_pair(recorded, value, path, environ) for recorded, value in table.items() if recorded not in NAMED)


def _pair(recorded: str, value: Any, path: Path, environ: Mapping[str, str]) -> Pair:
    where = f"{path}: [bind] {recorded!r}"
    if not any(character.isascii() and character.isalnum() for character in recorded):
        raise UsageError(f"{where}: a recorded token has letters or digits")
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        value = from_environment(value["env"], where, environ)
    if not isinstance(value, str):
        raise UsageError(f'{where} must be a text or {{env = "VARIABLE"}}, not {value!r}{nearest(recorded, NAMED)}')
    return Pair("token", b"", recorded.encode(), value.encode())


def from_environment(name: str, where: str, environ: Mapping[str, str]) -> str:
    """Return a variable of the environment. Raises UsageError where it is not set."""
    if name not in environ:
        raise UsageError(f"{where}: the variable {name} is not set")
    return environ[name]
