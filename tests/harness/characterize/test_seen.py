"""What several processes saw of recordings, put together, and what of it is rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.characterize.check import Check
from harness.characterize.seen import Seen
from harness.config import Config
from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings, replacing
from harness.verdicts import Shown

OLD, NEW, OTHER = (Response(200, b"OK", (), body) for body in (b"old", b"new", b"other"))


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A recording of two exchanges."""
    with replacing(tmp_path / "a.yaml") as writer:
        for number in (1, 2):
            writer.add(Exchange(f"a.yaml#{number}", Request(b"GET / HTTP/1.1"), OLD, started=number))
    return tmp_path / "a.yaml"


def seen(path: Path, *noted: tuple[int, str, Response | None]) -> Seen:
    """What a process saw: numbers, targets, and the answers that differed."""
    of_it = Seen()
    for number, target, answer in noted:
        check = Check(path, target, Config(path.parent))
        check.shown = {number: Shown("crashed" if answer else "judged", answer=answer or OLD)}
        of_it.note(check, number)
    return of_it


@pytest.mark.parametrize(
    ("noted", "bodies", "told"),
    [
        ([[(1, "t", NEW)], [(2, "t", NEW)]], [b"new", b"new"], ["2 recorded answers rewritten"]),
        ([[(1, "t", None)], [(1, "t", NEW)]], [b"new", b"old"], ["1 recorded answers rewritten"]),
        ([[(1, "t", None)], []], [b"old", b"old"], []),
        ([[(1, "t", NEW)], [(1, "u", NEW)]], [b"new", b"old"], ["1 recorded answers rewritten"]),
        ([[(1, "t", NEW), (2, "t", NEW)], [(1, "u", OTHER)]], [b"old", b"new"],
         ["not rewritten, since t and u do not answer alike: #1", "1 recorded answers rewritten"]),
        ([[(1, "t", NEW)], [(1, "u", None)]], [b"old", b"old"], ["t and u do not answer alike: #1"]),
    ],
    ids=["each its own", "one failed", "none failed", "two targets, alike", "two targets", "one passes"],
)  # fmt: skip
def test_what_is_rewritten(
    cassette: Path, noted: list[list[tuple[int, str, Response | None]]], bodies: list[bytes], told: list[str]
) -> None:
    """What failed anywhere, but not what two targets answer otherwise than each other."""
    whole = Seen()
    for each in noted:
        whole.add(seen(cassette, *each).packed())
    lines = list(whole.update(Config(cassette.parent)))
    assert [part in line for part, line in zip(told, lines, strict=True)] == [True] * len(told), lines
    assert [exchange.response.body for exchange in open_recordings([cassette])[0] if exchange.response] == bodies


def test_a_recording_that_cannot_be_written_is_told(cassette: Path) -> None:
    """And stops nobody else's."""
    of_it = seen(cassette, (1, "t", NEW))
    cassette.unlink()
    [line] = of_it.update(Config(cassette.parent))
    assert line.startswith(f"{cassette}: not rewritten: ")
