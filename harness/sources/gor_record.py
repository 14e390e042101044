"""The records of a GoReplay file: a header line, the bytes of a message, and a separator line of three monkeys.

A stream comes in, records go out, each with where it began; or a record comes in and its bytes go out. What the bytes
of a message mean is `payload`'s, which records belong together `gor`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from harness.sources.payload import is_whole
from harness.sources.source import Input

REQUEST, ANSWER, REPLAYED = b"1", b"2", b"3"
SEPARATOR = "\n🐵🙈🙉\n".encode()
"""Stands after each record. It does not say how long the record was: a body may hold these bytes as well."""

HEADER = re.compile(rb"([123]) ([^ \n]{1,128}) (\d{1,19})(?: (-?\d{1,19}))?\r?\n?")
"""Kind, id, and nanoseconds since the epoch; files of old versions have no duration (nanoseconds) behind them."""

MONKEYS = SEPARATOR[1:-1]
"""What a line must not hold alone: bodies that can be cut are cut within it."""

_LARGEST = 1 << 30  # bytes of one record: more than any buffer of GoReplay's
_LINE = 1 << 20  # bytes read at once


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `when` and `took` in nanoseconds, `took` None where the file does not say; `offset` of its header."""

    kind: bytes
    id: bytes
    when: int
    took: int | None
    payload: bytes
    offset: int = 0


def records(opened: Input) -> Iterator[Record | None]:
    """Yield the records of a file; last a None, where the file ends within a record: GoReplay was stopped.

    A separator after which no record begins was part of a message. Raises `RecordingError` with the byte where neither
    a record begins nor a message goes on.
    """
    header, offset = opened.stream.readline(_LINE), 0
    while header:
        found = HEADER.fullmatch(header)
        if not found:
            opened.bad(offset, f"not the header of a GoReplay record: {header[:60]!r}")
        payload, following = _payload(opened, offset + len(header))
        if payload is None:
            yield None
            return
        took = None if found[4] is None else int(found[4])
        yield Record(found[1], found[2], int(found[3]), took, payload, offset)
        offset += len(header) + len(payload) + len(SEPARATOR)
        header = following


def _payload(opened: Input, offset: int) -> tuple[bytes | None, bytes]:
    """Return the message that begins here, and the line after its separator; None where the file ends before that."""
    gathered = bytearray()
    for line in _lines(opened.stream):
        if gathered.endswith(SEPARATOR):
            message = bytes(gathered[: -len(SEPARATOR)])
            if HEADER.fullmatch(line):
                return message, line
            if is_whole(message):
                opened.bad(offset + len(gathered), f"neither a GoReplay record nor a message goes on: {line[:60]!r}")
        gathered += line
        if len(gathered) > _LARGEST:
            opened.bad(offset, f"a record of more than {_LARGEST} bytes")
    if gathered.endswith(SEPARATOR):
        return bytes(gathered[: -len(SEPARATOR)]), b""
    return None, b""


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(_LINE):
        yield line


def written(record: Record) -> bytes:
    """Return the bytes of a record, as the present version of GoReplay writes them."""
    header = b"%b %b %d %d\n" % (record.kind, record.id, record.when, record.took or 0)
    return header + record.payload + SEPARATOR


def holds_separator(payload: bytes) -> bool:
    """Tell whether a message holds a line of monkeys: GoReplay would take it for two records."""
    return SEPARATOR in payload + b"\n"
