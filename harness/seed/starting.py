"""Configurations in which a state is loaded from something else, for as long as somebody tries what that does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import postgres
from harness.config import Config
from harness.seed.source import Seed, loading


@contextmanager
def one_server(config: Config, name: str) -> Iterator[Config]:
    """Have all starts of a state use one PostgreSQL server, where each would have one of its own. Raises StateError."""
    table = config.states[name]
    if table.get("database") != "postgres" or table.get("server"):
        yield config
        return
    with postgres.start() as server:
        own = {**table, "server": server.database_url("postgres")}
        yield replace(config, states={**config.states, name: own})


@contextmanager
def starting(config: Config, name: str, seed: Seed, document: Any) -> Iterator[Config]:
    """Have a state loaded from a document instead of the whole seed. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="harness-") as folder:
        file = Path(folder) / f"seed{seed.file.suffix}"
        seed.write(document, file)
        yield loading(config, name, seed, file)
