"""Noise rules of one cassette, in a file beside it: a path comes in, the configuration with its rules goes out.

What is drawn anew when a test is made (`steady` tells) is written there as `[[noise.rule]]`, for people to change.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.config import Config
from harness.errors import UsageError
from harness.noise import read_rules
from harness.toml_text import quoted

Rule = dict[str, Any]


def rules_of(cassette: Path) -> Path:
    """Return where the rules of a cassette stand."""
    return cassette.with_suffix(".noise.toml")


def with_own_rules(config: Config, cassette: Path) -> Config:
    """Return the configuration with the rules beside a cassette, if there are any. Raises UsageError for wrong ones."""
    path = rules_of(cassette)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return config
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None
    own = table.get("noise", {}) if not set(table) - {"noise"} else table
    read_rules(own, path)
    return replace(config, noise={**config.noise, "rule": [*config.noise.get("rule", []), *own.get("rule", [])]})


def write_rules(cassette: Path, rules: Sequence[Rule]) -> Path:
    """Write rules beside a cassette; return where. Raises UsageError."""
    path = rules_of(cassette)
    head = f"# What is drawn anew at each run: tests of {cassette.name} look at its form (docs/noise.md).\n"
    try:
        path.write_text(head + "".join(f"\n[[noise.rule]]\n{_toml(rule)}" for rule in rules), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    return path


def _toml(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)
