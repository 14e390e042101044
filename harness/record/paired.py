"""Two archives written as one: what clients were answered, and beside it what a second application answered.

Exchanges come in; those whose id is `BESIDE` go into `x.new.archive`, the others into `x.archive`. Both begin and end
together, and are rotated at the same time.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TypeVar

from harness.exchange import Exchange
from harness.record.call import BESIDE
from harness.record.rotation import RotatingWriter, Rotation

AnyPath = TypeVar("AnyPath", bound=PurePath)


def beside(path: AnyPath) -> AnyPath:
    """Return the name of the second archive: `pairs.new.archive` for `pairs.archive`."""
    return path.with_name(f"{path.stem}.new{path.suffix}")


class PairedWriter(RotatingWriter):
    """Write into two files; `count` is of both."""

    def __init__(self, pattern: Path, rotation: Rotation, state: str | None = None) -> None:
        super().__init__(pattern, rotation, state)
        self._beside = RotatingWriter(beside(pattern), rotation, state)

    def open(self) -> None:
        """Open the files of now. Raises as the writers do."""
        super().open()
        self._beside.open()

    def add(self, exchange: Exchange) -> None:
        """Append one exchange to the file where it belongs."""
        if exchange.id != BESIDE:
            super().add(exchange)
            return
        self._beside.add(exchange)
        self.count += 1
        self._fresh += 1

    def flush(self) -> None:
        """Make durable what was added to either."""
        self._beside.flush()
        super().flush()

    @property
    def due(self) -> bool:
        """Whether other files should be begun now."""
        return super().due or self._beside.due

    def close(self) -> None:
        """Finish both."""
        try:
            super().close()
        finally:
            self._beside.close()

    def abandon(self) -> None:
        """After an error, forget what could not be made durable."""
        self._beside.abandon()
        super().abandon()

    def discard(self) -> None:
        """Remove the files that are not finished."""
        self._beside.discard()
        super().discard()
