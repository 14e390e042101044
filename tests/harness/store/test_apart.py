"""Archives that another process writes: the same file, and errors that come back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import RecordingError
from harness.exchange import Exchange, Redaction, Request, Response
from harness.store.apart import ApartWriter
from harness.store.archive import Archive, ArchiveWriter
from harness.store.flat import Packer, Unpacker

HEADERS = st.lists(st.tuples(st.binary(max_size=5), st.binary(max_size=5)), max_size=3).map(tuple)
BODY = st.none() | st.binary(max_size=9)
EXCHANGES = st.builds(
    Exchange,
    st.just(""),
    st.builds(Request, st.binary(max_size=9), HEADERS, BODY, st.sampled_from(["none", "chunked"]), BODY),
    st.none() | st.builds(
        Response, st.integers(0, 999), st.binary(max_size=5), HEADERS, BODY, raw_head=BODY, complete=st.booleans(),
        size=st.none() | st.integers(0, 1 << 40),
    ),
    st.floats(0, 1e10), st.none() | st.floats(0, 9), user=st.sampled_from(["", "jo", "\udcff"]),
    redactions=st.lists(st.builds(Redaction, st.text(max_size=3), st.text(max_size=3), st.text(max_size=3)), max_size=2)
    .map(tuple),
)  # fmt: skip


def made(number: int) -> Exchange:
    """Return one of many exchanges."""
    return Exchange("", Request(b"GET /%d HTTP/1.1" % (number % 50)), Response(200, body=b"%d" % number), number)


@given(st.lists(EXCHANGES, max_size=4))
@settings(max_examples=50)
def test_what_is_packed_comes_out_the_same(exchanges: list[Exchange]) -> None:
    """Batch after batch, whatever they share."""
    packer, unpacker = Packer(), Unpacker()
    for batch in (exchanges, exchanges[::-1] * 2):
        for exchange in batch:
            packer.add(exchange)
        assert unpacker.exchanges(packer.packed()) == batch


def test_the_same_file(tmp_path: Path) -> None:
    """All exchanges in their order, the starting state, and nothing that was not finished beside it."""
    for kind, name in ((ApartWriter, "a.archive"), (ArchiveWriter, "b.archive")):
        writer = kind(tmp_path / name, "seed")
        for number in range(5000):
            writer.add(made(number))
        writer.close()
        assert writer.count == 5000
    one, other = Archive(tmp_path / "a.archive", "x"), Archive(tmp_path / "b.archive", "x")
    assert list(one) == list(other)
    assert one.state == "seed"
    assert {path.name for path in tmp_path.iterdir()} == {"a.archive", "b.archive"}


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    """As the writer itself says it, when it is opened."""
    with pytest.raises(RecordingError, match="there is no folder"):
        ApartWriter(tmp_path / "no" / "x.archive").open()


def test_a_killed_process_is_an_error(tmp_path: Path) -> None:
    """What is added after that is not lost silently, and nothing is left."""
    writer = ApartWriter(tmp_path / "x.archive")
    writer.open()
    assert writer._process is not None
    os.kill(writer._process.pid, signal.SIGKILL)
    writer._process.wait(10)
    writer.add(made(1))
    with pytest.raises(RecordingError, match=r"x\.archive: cannot be written"):
        writer.close()
    writer.discard()
    assert not list(tmp_path.iterdir())


def test_what_is_not_closed_is_removed(tmp_path: Path) -> None:
    """After an error of whoever reads."""
    writer = ApartWriter(tmp_path / "x.archive")
    for number in range(5000):
        writer.add(made(number))
    writer.discard()
    assert not list(tmp_path.iterdir())
