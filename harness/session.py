"""Which exchanges of a recording one client made: a recording comes in, one recording for each client session goes out.

A session is what shares a `session_key`. What is linked is never separated: two sessions in one are replayed correctly,
one session in two is not. Only numbers are kept in memory, never exchanges.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from harness.exchange import Exchange
from harness.recording import Recording
from harness.session_key import session_keys
from harness.store.archive import Archive


@runtime_checkable
class Indexed(Recording, Protocol):
    """A recording that can be read without its bodies, and in part."""

    def heads(self) -> Iterator[tuple[int, Exchange]]:
        """Yield the exchanges in time order, perhaps without the answers' bodies, each with its place."""

    def pick(self, numbered: Iterable[tuple[int, int]]) -> Iterator[Exchange]:
        """Yield the exchanges at (number in the recording, place)."""


class Session:
    """The exchanges of one client session in time order. Their ids are those of the whole recording."""

    def __init__(self, recording: Indexed, members: Members, first: int, last: int) -> None:
        self._recording, self._members, self._first, self._last = recording, members, first, last

    @property
    def name(self) -> str:
        """The name of the recording it is part of."""
        return self._recording.name

    @property
    def state(self) -> str | None:
        """The named starting state, or None."""
        return self._recording.state

    def __len__(self) -> int:
        return self._last - self._first

    def __iter__(self) -> Iterator[Exchange]:
        return self._recording.pick(self._members.between(self._first, self._last))


class Members:
    """The exchanges of a recording sorted by session: parallel arrays of numbers and places, 16 bytes an exchange."""

    def __init__(self, numbers: array[int], places: array[int]) -> None:
        self._numbers, self._places = numbers, places

    def between(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield (number, place) of the entries from `first` up to `last`."""
        return ((self._numbers[index], self._places[index]) for index in range(first, last))


def indexed(recording: Recording) -> Indexed:
    """Return a recording that can be read in part; one of another kind than an archive is held in memory."""
    return recording if isinstance(recording, Indexed) else _Listed(recording)


def sessions(recording: Recording) -> Sequence[Recording]:
    """Return the client sessions of a recording, in the order in which they began; together they hold every exchange.

    Raises RecordingError where it cannot be read.
    """
    whole = indexed(recording)
    return _dealt(whole, *_places_and_roots(whole))


def first_of_sessions(recording: Recording) -> Sequence[int]:
    """Return for each exchange in time order the number, from 1, of the first one of its session."""
    _, roots = _places_and_roots(indexed(recording))
    first: dict[int, int] = {}
    return array("q", (first.setdefault(root, number) for number, root in enumerate(roots, 1)))


def _places_and_roots(whole: Indexed) -> tuple[array[int], Sequence[int]]:
    """Return for each exchange in time order its place and what all of its session share."""
    places, roots = array("q"), array("q")
    if isinstance(whole, Archive) and (known := whole.sessions()) is not None:
        for place, root in known:
            places.append(place)
            roots.append(root)
        return places, roots
    joined = _Joined()
    for place, exchange in whole.heads():
        places.append(place)
        roots.append(joined.join(session_keys(exchange)))
    return places, array("q", map(joined.root, roots))


def _dealt(recording: Indexed, places: array[int], roots: Sequence[int]) -> list[Recording]:
    """Sort exchanges by session, sessions by their first exchange."""
    first: dict[int, int] = {}
    for index, root in enumerate(roots):
        first.setdefault(root, index)
    order = sorted(range(len(roots)), key=lambda index: (first[roots[index]], index))
    members = Members(array("q", (index + 1 for index in order)), array("q", (places[index] for index in order)))
    starts = [at for at, index in enumerate(order) if first[roots[index]] == index]
    return [Session(recording, members, *pair) for pair in zip(starts, [*starts[1:], len(order)], strict=True)]


class _Joined:
    """Keys that belong to one session, as sets that grow together (union-find); a key is known by its hash alone."""

    def __init__(self) -> None:
        self._number: dict[int, int] = {}
        self._parent = array("q")

    def join(self, keys: Sequence[int]) -> int:
        """Say that these keys are of one session; return a number whose `root` names it."""
        known = [self.root(self._numbered(key)) for key in keys]
        least = min(known)
        for root in known:
            self._parent[root] = least
        return least

    def root(self, number: int) -> int:
        """Return the number that stands for all that were joined with this one."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def _numbered(self, key: int) -> int:
        number = self._number.setdefault(key, len(self._parent))
        if number == len(self._parent):
            self._parent.append(number)
        return number


class _Listed:
    """Any recording as an Indexed one. For those that are in memory anyway, as cassettes are."""

    def __init__(self, recording: Recording) -> None:
        self.name, self.state = recording.name, recording.state
        self._exchanges = tuple(recording)

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def heads(self) -> Iterator[tuple[int, Exchange]]:
        """Yield all, with their index."""
        return enumerate(self._exchanges)

    def pick(self, numbered: Iterable[tuple[int, int]]) -> Iterator[Exchange]:
        """Yield those at some indexes."""
        return (self._exchanges[place] for _, place in numbered)
