"""What became of the mutants so far, one JSON object a line: a run that was stopped goes on where it was.

The first line says what the run is of; the file of another one is refused, never mixed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from harness.errors import UsageError
from harness.power.hunt import Fate
from harness.power.mutants import Mutant, Source
from harness.recording import Recording

FORMAT = "harness-power-journal"


def identity(target: str, sources: Iterable[Source], recordings: Sequence[Recording]) -> str:
    """Return what tells one run from another: the target, the text of its files, and the exchanges' requests."""
    digest = hashlib.sha256(target.encode())
    for source in sources:
        digest.update(f"\0{source.name}\0".encode() + hashlib.sha256(source.text).digest())
    for recording in recordings:
        for exchange in recording:
            digest.update(exchange.request.start_line + b"\0" + (exchange.request.body or b""))
    return digest.hexdigest()[:16]


class Journal:
    """The fates known, by the id of the mutant; in the file `path`, or only in memory where that is None."""

    def __init__(self, path: Path | None, run: str) -> None:
        self.fates: dict[str, Fate] = {}
        self._file: IO[str] | None = None
        if path is None:
            return
        head = {"format": FORMAT, "version": 1, "run": run}
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
                f"{path}: is the journal of another run (other sources, another recording); remove it or name another"
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
