"""Files in a style: whole or not there, compressed the same way each time."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request
from harness.sources.sink import SinkWriter

ONE = Exchange("", Request(b"GET / HTTP/1.1"))


class Numbers:
    """A style that writes the number of each exchange."""

    def __init__(self) -> None:
        self.lost: Counter[str] = Counter()

    def opening(self) -> bytes:
        """Return the beginning."""
        return b"<"

    def item(self, exchange: Exchange, number: int) -> bytes:
        """Return a number."""
        self.lost["all"] += 1
        return b"%d" % number

    def closing(self, count: int) -> bytes:
        """Return the end."""
        return b">%d" % count


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_a_file(tmp_path: Path, packed: bool) -> None:
    """Beginning, exchanges, end; closing twice writes once, discarding a finished file does nothing."""
    path = tmp_path / "x"
    writer = SinkWriter(path, Numbers(), packed)
    for _ in range(3):
        writer.add(ONE)
    for _ in range(2):
        writer.close()
    writer.discard()
    data = path.read_bytes()
    assert (gzip.decompress(data) if packed else data) == b"<012>3"
    assert (writer.count, writer.lost) == (3, {"all": 3})


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    """No time and no name within a compressed file."""
    for name in ("a", "b"):
        writer = SinkWriter(tmp_path / name, Numbers(), packed=True)
        writer.add(ONE)
        writer.close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_half(tmp_path: Path) -> None:
    """What is discarded is gone."""
    writer = SinkWriter(tmp_path / "x", Numbers())
    writer.add(ONE)
    writer.discard()
    assert not (tmp_path / "x").exists()
