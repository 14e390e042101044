"""Finds exchanges of recordings: one by its id, or those that a selection means.

Recordings come in, exchanges go out. An archive answers by its indexes (`store.search`), any other recording is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.naming import Names
from harness.recording import Recording
from harness.selection import EVERYTHING, Selection
from harness.session import first_of_sessions, indexed
from harness.store.archive import Archive
from harness.store.search import selected


def find(recordings: Sequence[Recording], identity: str) -> Exchange:
    """Return the exchange of an id, `NAME#N`, or `N` in the first recording that is long enough.

    Raises `RecordingError` where there is none.
    """
    for recording in recordings:
        if number := _number(recording, identity):
            if isinstance(recording, Archive):
                return recording.get(number)
            return next(exchange for exchange in recording if number_of(exchange) == number)
    raise RecordingError(f"{', '.join(recording.name for recording in recordings)}: has no exchange {identity}")


def found_in(recording: Recording, selection: Selection, names: Names) -> Iterator[tuple[int, Exchange]]:
    """Yield the exchanges that are meant, perhaps without their answers' bodies, each with its place."""
    if isinstance(recording, Archive):
        found = selected(recording, selection, names)
    else:
        heads = indexed(recording).heads()
        found = ((place, exchange) for place, exchange in heads if selection.wants(exchange, names))
    return _of_session(recording, found, selection.session) if selection.session else found


def whole(recording: Recording, selection: Selection, names: Names) -> Iterator[Exchange]:
    """Yield the exchanges that are meant with all they have."""
    if selection == EVERYTHING:
        return iter(recording)
    found = found_in(recording, selection, names)
    return indexed(recording).pick((number_of(exchange), place) for place, exchange in found)


def number_of(exchange: Exchange) -> int:
    """Return the number of an exchange in its recording, from 1."""
    return int(exchange.id.rpartition("#")[2])


def _number(recording: Recording, identity: str) -> int:
    """Return which exchange of a recording an id means; 0: none of it."""
    name, _, number = identity.rpartition("#")
    of_it = name in ("", recording.name) and number.isdecimal() and int(number) <= len(recording)
    return int(number) if of_it else 0


def _of_session(
    recording: Recording, found: Iterator[tuple[int, Exchange]], identity: str
) -> Iterator[tuple[int, Exchange]]:
    """Yield those that are of one client session with the exchange of an id."""
    number = _number(recording, identity)
    first = first_of_sessions(recording) if number else ()
    return (each for each in found if number and first[number_of(each[1]) - 1] == first[number - 1])
