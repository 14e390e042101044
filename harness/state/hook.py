"""A state that four commands of the user's keep: `snapshot`, `restore`, `dump`, `clock`, for whatever we do not know.

`dump` prints one JSON object a line, `{"table": "t", "key": ["id"], "row": {"id": 1, "word": "a"}}`; the lines that
came and went with an exchange are the rows that it wrote. All but `restore` may be absent.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.effects import Row
from harness.errors import StateError
from harness.state.command import run
from harness.state.driver import Copy, Rows, moved
from harness.state.spec import HookSpec, StateSpec, fill

Dump = dict[str, list[Row]]


class HookDriver:
    """The commands, and the place and environment that they run in."""

    url = ""

    def __init__(self, spec: StateSpec, hook: HookSpec, environ: Mapping[str, str], files: Path) -> None:
        self._where, self._directory, self._environ, self._files = (
            f"[state.{spec.name}.hook]",
            spec.directory,
            environ,
            files,
        )
        self.hook = hook

    def seal(self) -> None:
        """Run `snapshot`."""
        self.run("snapshot", self._files, "0", "snapshot")

    def copy(self, worker: int, side: str, folder: Path) -> HookCopy:
        """Return one side; its first `restore` makes it equal to the snapshot."""
        return HookCopy(self, str(worker), side, folder)

    def run(self, name: str, files: Path, worker: str, side: str, time: str = "") -> bytes:
        """Run a command of the hook where it has one. Raises StateError."""
        words: tuple[str, ...] = getattr(self.hook, name)
        if not words:
            return b""
        values = {
            "files": str(files),
            "mail": str(files.with_name("mail")),
            "worker": worker,
            "side": side,
            "time": time,
        }
        command = [fill(word, values) for word in words]
        return run(f"{self._where} {name}", command, self._directory, self._environ, self.hook.timeout)

    def read(self, output: bytes) -> tuple[Dump, dict[str, tuple[str, ...]]]:
        """Read what `dump` printed: rows and keys by table. Raises StateError naming the line."""
        rows: Dump = {}
        keys: dict[str, tuple[str, ...]] = {}
        for number, line in enumerate(output.splitlines(), 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                table, row, key = entry["table"], entry["row"], tuple(map(str, entry.get("key") or ()))
                rows.setdefault(str(table), []).append(tuple((column, _text(value)) for column, value in row.items()))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise StateError(
                    f'{self._where} dump: line {number} is not {{"table": "...", "key": ["..."], "row": {{...}}}}: '
                    f"{line[:80].decode(errors='replace')}"
                ) from error
            if key:
                keys[str(table)] = key
        return rows, keys

    def close(self) -> None:
        """Nothing is left of ours."""


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class HookCopy:
    """One side, as the commands see it."""

    url = ""
    in_folder = False
    notes: Sequence[str] = ()

    def __init__(self, driver: HookDriver, worker: str, side: str, folder: Path) -> None:
        self._driver, self._worker, self._side, self._folder = driver, worker, side, folder
        self._clean = False
        self._rows: Dump = {}
        self.keys: Mapping[str, tuple[str, ...]] = {}

    def rejoin(self, other: Copy, tables: Collection[str]) -> bool:
        """No: nothing is known of how rows are written."""
        return False

    def owns(self, path: str) -> bool:
        """No: it is not known what the commands look after."""
        return False

    def _run(self, name: str, time: str = "") -> bytes:
        return self._driver.run(name, self._folder, self._worker, self._side, time)

    def changes(self, unsafe: bool) -> Rows:
        """Return the rows of `dump` that came and went. It is run after unsafe requests only: it may take its time."""
        if not unsafe:
            return {}
        self._clean = False
        return self._dump()

    def _dump(self) -> Rows:
        if not self._driver.hook.dump:
            return {}
        before = self._rows
        self._rows, self.keys = self._driver.read(self._run("dump"))
        return moved(before, self._rows)

    def restore(self) -> None:
        """Run `restore`, unless only safe requests were sent and `dump` says that they wrote nothing."""
        if self._clean and self._driver.hook.dump and not self._dump():
            return
        self._run("restore")
        self._dump()
        self._clean = True

    def clock(self, when: float) -> None:
        """Run `clock` with the time (epoch seconds) at which the next scenario was recorded."""
        self._run("clock", datetime.fromtimestamp(when, UTC).isoformat().replace("+00:00", "Z"))

    def close(self) -> None:
        """Nothing is left of ours."""
