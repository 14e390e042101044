"""The starting state of one cassette, in a file beside it: what its state is loaded from, instead of the whole seed.

A cassette and the configuration come in; the configuration with its own seed goes out. `rows` makes such files.
"""

from __future__ import annotations

from pathlib import Path

from harness.config import Config
from harness.errors import UsageError
from harness.seed.source import SUFFIXES, find_seed, loading


def seed_of(cassette: Path, suffix: str) -> Path:
    """Return where the seed of a cassette stands, of files that end in `suffix`."""
    return cassette.with_suffix(f".seed{suffix}")


def with_own_seed(config: Config, cassette: Path, state: str | None) -> Config:
    """Return the configuration in which `state` is loaded from the file beside a cassette, if there is one.

    Raises UsageError where it cannot be told what that file is to stand for.
    """
    own = next((file for suffix in SUFFIXES if (file := seed_of(cassette, suffix)).is_file()), None)
    if own is None or state is None or state not in config.states:
        return config
    seed = find_seed(config.states[state], config.root)
    if seed is None or seed.file.suffix != own.suffix:
        raise UsageError(
            f"{own}: [state.{state}] of harness.toml is not loaded from one {own.suffix} file, which this could stand "
            "for; mend its load, or remove this file to start from the whole state"
        )
    return loading(config, state, seed, own.resolve())
