"""Two archives as one writer: what goes where, and that both begin, are forgotten and end together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.record.call import BESIDE
from harness.record.paired import PairedWriter, beside
from harness.record.rotation import Rotation
from harness.store.archive import Archive


def exchange(body: bytes, identity: str = "") -> Exchange:
    """An exchange that the first application answered, or the second."""
    return Exchange(identity, Request(b"GET / HTTP/1.1"), Response(200, body=body), started=1.5)


@pytest.fixture
def writer(tmp_path: Path) -> PairedWriter:
    """A writer that was given two and one."""
    made = PairedWriter(tmp_path / "x.archive", Rotation())
    for each in (exchange(b"a"), exchange(b"b", BESIDE), exchange(b"c")):
        made.add(each)
    return made


def bodies(path: Path) -> list[bytes | None]:
    """What an archive holds."""
    return [each.response.body for each in Archive(path) if each.response is not None]


def test_each_goes_where_it_belongs(writer: PairedWriter, tmp_path: Path) -> None:
    """And `count` is of both, since that is how losses are told."""
    assert writer.count == 3
    writer.flush()
    writer.close()
    assert bodies(tmp_path / "x.archive") == [b"a", b"c"]
    assert bodies(tmp_path / "x.new.archive") == [b"b"]


def test_what_cannot_be_made_durable_is_forgotten_in_both(writer: PairedWriter, tmp_path: Path) -> None:
    """All since the last flush."""
    writer.flush()
    writer.add(exchange(b"d", BESIDE))
    writer.add(exchange(b"e"))
    writer.abandon()
    assert writer.count == 3
    writer.close()
    assert bodies(tmp_path / "x.archive") == [b"a", b"c"]
    assert bodies(tmp_path / "x.new.archive") == [b"b"]


def test_nothing_is_left_of_what_is_discarded(writer: PairedWriter, tmp_path: Path) -> None:
    """Neither file."""
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_both_are_rotated_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the fuller of the two, or the clock."""
    monkeypatch.setattr("harness.record.rotation._LOOK", 0.0)
    writer = PairedWriter(tmp_path / "x.archive", Rotation(size=200_000))
    writer.add(exchange(b"a"))
    assert not writer.due
    writer.add(exchange(os.urandom(300_000), BESIDE))
    writer.flush()
    assert writer.due
    writer.close()


def test_names() -> None:
    """Of a pattern as well."""
    assert beside(Path("/a/day-%Y.archive")) == Path("/a/day-%Y.new.archive")
