"""Our own archives as a format to import: several become one, and what is imported is redacted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.sources.source import Input, Item, Options, Source, starting_state
from harness.store.archive import Archive
from harness.store.database import SQLITE_MAGIC


def _detect(start: bytes, _: Path) -> bool:
    return start.startswith(SQLITE_MAGIC)


def _read(opened: Input, _: Options) -> Iterator[Item]:
    archive = Archive(opened.on_disk())
    yield from archive
    if archive.state is not None:
        yield starting_state(archive.state)


ARCHIVE = Source("archive", "Archives of the harness", _detect, _read, loses={"all": "nothing"})
