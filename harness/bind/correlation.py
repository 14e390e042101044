"""Both sides of a scenario: which of their own names mean the same, so that answers may be compared under one name.

A name is shared only where the recording's is known to be another on both sides and both are of one shape; an id that a
database gave, only where the rows show that each side has just given it. All other differences stay to be seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from harness.bind.alias import SEPARATOR, Names, column_stem
from harness.bind.bindings import MOST, Bindings, Key, key_of
from harness.bind.learn import Pair, Sort
from harness.bind.token import one_make, same_shape, strength
from harness.effects import Effects, Row
from harness.exchange import SAFE_METHODS, Exchange, Response

_SEGMENT = re.compile(rb"[^/.\n]+")
"""What a file may be named by: a segment of its path, without the suffix."""

OF_ONE_SIDE = frozenset({"renamed", "joined", "etag", "modified"})
"""Sorts of names that each side may have as it likes."""
Asked = tuple[Sort, bytes, bytes]
"""What both sides were asked by: the sort of name, old's and new's."""

Given = tuple[bytes, bytes]
"""Stem and value of an id that a row got."""
Mark = tuple[int, int]
"""When an id was given: in which exchange, and as which number of those of its stem (-1: it is no number)."""


class Correlation:
    """The names of both sides. `names` (old, new) grow while the scenario is replayed; each is a mapping for `aliased`.

    `old` and `new` are what to bind requests with. `recorded`: old gives the recording's own answers, so that nothing
    tells which of its names are others each time; then those count as such that new hands out to come back with.
    """

    def __init__(self, old: Bindings, new: Bindings, recorded: bool = False) -> None:
        self.old, self.new = old, new
        self._recorded = recorded
        self.names = (Names(), Names())
        self._given: tuple[dict[Given, set[Mark]], dict[Given, set[Mark]]] = ({}, {})
        self._observed = 0
        self._written: dict[str, set[bytes]] = {}
        self._may_have_written = False

    def clear(self) -> None:
        """A new scenario begins."""
        self.old.clear()
        self.new.clear()
        self._given = ({}, {})
        self._written.clear()
        self._may_have_written = False
        self.names = (Names(), Names())

    def observe(
        self,
        exchange: Exchange,
        changed: Iterable[Key],
        old_effects: Effects | None = None,
        new_effects: Effects | None = None,
    ) -> None:
        """Hear which names an exchange changed (what `learned` gave of both sides), and which rows it wrote."""
        recorded = exchange.response
        if (recorded is None or recorded.body is None) and not (self.old.known or self.new.known):
            return  # an access log tells no names
        watched = old_effects is not None and new_effects is not None
        self._may_have_written = self._may_have_written or exchange.request.method not in SAFE_METHODS
        self._observed += 1
        for given, effects in zip(self._given, (old_effects, new_effects), strict=True):
            if watched and effects is not None and effects.rows and len(given) < MOST:
                for one, rank in _given(effects).items():
                    given.setdefault(one, set()).add((self._observed, rank))
        if watched and old_effects is not None:
            self._note(old_effects)
        for key in dict.fromkeys(changed):
            self._share(key, watched)

    def rejoined(self, wrote: Iterable[Effects]) -> None:
        """Hear that new goes on from what old wrote to these places: what is named there has old's names now."""
        effects = tuple(wrote)
        if effects:
            self.new.mailed.take(self.old.mailed)
        values = {value for each in effects for table in each.rows for value in self._written.get(table, ())}
        paths = "\n".join(path for each in effects for path in each.files).encode("utf-8", "surrogateescape")
        values |= set(_SEGMENT.findall(paths))
        for key in dict.fromkeys((*self.old.keys(), *self.new.keys())):
            sort, scope, recorded = key
            pair = self.old.get(key) or Pair(sort, scope, recorded, recorded)
            if pair.own in values or (strength(pair.own) == "strong" and pair.own in paths):
                self.new.give([pair])
                name = scope + SEPARATOR + pair.own if sort == "weak" else pair.own
                if name in self.names[0]:
                    self.names[1].add(name, self.names[0][name])
        for one, marks in self._given[0].items():
            self._given[1].setdefault(one, set()).update(marks)

    def astray(self, old: Mapping[Key, bytes], new: Mapping[Key, bytes]) -> tuple[Asked, ...]:
        """Return what both sides were asked by (`Bindings.asked`), where that is not known to be the same."""
        keys = dict.fromkeys((*old, *new))
        named = ((key, old.get(key, key[2]), new.get(key, key[2])) for key in keys)
        apart = (one for one in named if one[0][0] not in ("renamed", "joined") and not self._is_one(*one))
        return tuple((key[0], old, new) for key, old, new in apart)

    def _is_one(self, key: Key, old: bytes, new: bytes) -> bool:
        """Whether both sides were asked the same: by one value, or by names that they share."""
        sort, scope, recorded = key
        before = scope + SEPARATOR if sort == "weak" else b""
        shared = [names.get(before + own) for names, own in zip(self.names, (old, new), strict=True)]
        return old == new or shared == [recorded, recorded]

    def _note(self, effects: Effects) -> None:
        """Remember which names old wrote into which tables."""
        for table, counted in effects.rows.items():
            values = self._written.setdefault(table, set())
            cells = (cell for row, count in counted.items() if count > 0 for _, cell in row if cell)
            encoded = (cell.encode("utf-8", "surrogatepass") for cell in cells)
            values.update(islice((value for value in encoded if strength(value)), max(0, MOST - len(values))))

    def _share(self, key: Key, watched: bool) -> None:
        sort, scope, recorded = key
        if sort in OF_ONE_SIDE:
            return
        mine, theirs = self.old.get(key), self.new.get(key)
        old, new = (pair.own if pair is not None else recorded for pair in (mine, theirs))
        if (mine is None and theirs is None) or not same_shape(old, new):
            return
        if sort == "weak":
            both = mine is not None and theirs is not None and self._may_have_written
            if self._are_one((scope, old), (scope, new)) if watched else both:
                self._add(scope + SEPARATOR + old, scope + SEPARATOR + new, recorded)
            return
        if not one_make(old, new):
            return
        if self._recorded and theirs is not None and theirs.handed:
            self._add(old, new, recorded)
        if mine is None or theirs is None:
            return
        if mine.handed or theirs.handed or self.old.is_used(key) or self.new.is_used(key):
            self._add(old, new, recorded)

    def _are_one(self, old: Given, new: Given) -> bool:
        """Whether both sides gave these ids to the same: in one exchange, in the same order; not to other records."""
        return not self._given[0].get(old, set()).isdisjoint(self._given[1].get(new, set()))

    def _add(self, old: bytes, new: bytes, recorded: bytes) -> None:
        """Share a name, unless a side calls two things by it: that is a difference."""
        for names, own in zip(self.names, (old, new), strict=True):
            if names.get(own, recorded) != recorded:
                return
        if len(self.names[0]) >= MOST:
            self.names = (Names(), Names())
        for names, own in zip(self.names, (old, new), strict=True):
            names.add(own, recorded)


def learned(bindings: Bindings, exchange: Exchange, answer: Response | None) -> list[Key]:
    """Let one side learn from its answer (None: there was none); return what is known anew, or came back to it."""
    used = bindings.newly_used()  # what comes back in a request was handed out to be a name
    return used if answer is None else [*used, *map(key_of, bindings.learn(exchange, answer))]


def _given(effects: Effects) -> dict[Given, int]:
    """Return the ids of the rows that came to be, each with its stem, and its number among those of that stem."""
    tables = effects.rows.keys() | effects.keys.keys()
    stems = {table: column_stem("id", table) for table in tables}
    signs: dict[Given, set[bool]] = {}
    for table, counted in effects.rows.items():
        # the stem of another table: it refers to a row there, which may be an old one
        others = {stem for other, stem in stems.items() if stem != stems[table]}
        for row, count in counted.items():
            for given in _ids(row, table, effects.keys.get(table, ())):
                if given[0] not in others:
                    signs.setdefault(given, set()).add(count > 0)
    return _ranked(given for given, sign in signs.items() if sign == {True})


def _ids(row: Row, table: str, keys: Collection[str]) -> Iterator[Given]:
    """Yield what in a row may be an id: cells of its key, and of columns that are called one."""
    for column, cell in row:
        if cell is not None and (column in keys or column.lower().endswith("id")):
            yield column_stem(column, table), cell.encode("utf-8", "surrogatepass")


def _ranked(given: Iterable[Given]) -> dict[Given, int]:
    ranked: dict[Given, int] = {}
    counted: Counter[bytes] = Counter()
    for stem, value in sorted(given, key=lambda one: (one[0], len(one[1]), one[1])):
        ranked[stem, value] = counted[stem] if value.isdigit() else -1
        counted[stem] += value.isdigit()
    return ranked
