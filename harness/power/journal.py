"""What became of the mutants so far, one JSON object a line: a run that was stopped goes on where it was.

The first line says what the run is of; the file of another one is refused, never mixed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from harness.config import Config
from harness.errors import UsageError
from harness.power.hunt import Fate
from harness.power.mutants import Mutant
from harness.reach.programs import TEMPLATES, files, is_program
from harness.reach.side import below
from harness.reach.sources import Sources
from harness.recording import Recording
from harness.workers import state_of

FORMAT = "harness-power-journal"
VERSION = 2
"""Since 2 all that decides what an exchange shows tells runs apart."""
NOT_DECIDING = frozenset(
    {"root", "targets", "states", "workers", "min_judged", "max_stale", "noise_runs", "accepted", "scream", "pytest"}
)
"""Settings of harness.toml that have no part in a run; of targets and states only those of the run have."""
FILE = re.compile(r"[\w./-]+")


def identity(own: Sources, recordings: Sequence[Recording], config: Config, state: str | None, *more: object) -> str:
    """Return what tells one run from another: whatever decides what an exchange shows.

    That is how the target is run, the text of its files, the starting states (of `state`, or those that the recordings
    name) with the files that these are loaded from, all of the exchanges, and `more`.
    """
    digest = hashlib.sha256(repr((own.entry, more)).encode())
    settings = {name: value for name, value in asdict(config).items() if name not in NOT_DECIDING}
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in (each for each in files(own.paths) if each.suffix in TEMPLATES or is_program(each)):
        digest.update(f"\0{below(str(file), own.root)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    for name in sorted({state_of(each, state, config) or "" for each in recordings}):
        table = config.states.get(name, {})
        told = json.dumps([name, table], sort_keys=True, default=str)
        digest.update(told.encode() + _loaded(table, config.root))
    for recording in recordings:
        for exchange in recording:
            digest.update(repr(exchange).encode())
    return digest.hexdigest()[:16]


def _loaded(table: Mapping[str, Any], root: Path) -> bytes:
    """Return what the commands of a state read, as far as they name it, and the variables that stand for it."""
    digest = hashlib.sha256()
    for command in (table.get("load", ()), *table.get("hook", {}).values()):
        for path in (root / name for word in command if isinstance(word, str) for name in FILE.findall(word)):
            digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    for key in ("template", "template_files"):
        digest.update(os.environ.get(str(table.get(key)), "").encode("utf-8", "surrogateescape") + b"\0")
    return digest.digest()


class Journal:
    """The fates known, by the id of the mutant; in the file `path`, or only in memory where that is None."""

    def __init__(self, path: Path | None, run: str) -> None:
        self.fates: dict[str, Fate] = {}
        self._file: IO[str] | None = None
        if path is None:
            return
        head = {"format": FORMAT, "version": VERSION, "run": run}
        whole = whole_lines(path)
        if whole:
            self._read(path, whole, head)
        try:
            path.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")  # without a last half line
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path}: the journal cannot be written: {error.strerror}") from None
        if not whole:
            self._write(head)

    def _read(self, path: Path, lines: Sequence[str], head: dict[str, object]) -> None:
        try:
            told = [json.loads(line) for line in lines]
            known = {each.pop("id"): Fate(**_tuples(each)) for each in told[1:]}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise UsageError(f"{path}: is no journal of harness power; name another file") from None
        if told[0] != head:
            raise UsageError(
                f"{path}: is the journal of another run (other sources, recording, state or options); "
                "remove it or name another"
            )
        self.fates = known

    def add(self, mutant: Mutant, fate: Fate) -> None:
        """Note what became of a mutant, at once on the disk."""
        self.fates[mutant.id] = fate
        self._write({"id": mutant.id, **asdict(fate)})

    def _write(self, told: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(told) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def whole_lines(path: Path) -> list[str]:
    """Return the lines that were written to their end."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the journal cannot be read: {error}") from None
    return text[: text.rfind("\n") + 1].splitlines()


def _tuples(told: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
