"""Where an address is: a table of networks, kept offline, comes in; two letters of a country go out.

The table is CSV, `NETWORK,COUNTRY` (192.0.2.0/24,NL) or `FIRST,LAST,COUNTRY`; lines with `#`, and a first line of
headings, are skipped. Networks may lie in each other: the smaller one counts.
"""

from __future__ import annotations

import csv
import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

COLUMNS = (2, 3)
WANTED = "a line of networks is NETWORK,COUNTRY or FIRST,LAST,COUNTRY"


class TableError(ValueError):
    """The table cannot be read; the message names file, line and what is expected."""


class Range(NamedTuple):
    """Addresses as numbers, both ends belong to it; those of IPv6 are above all others."""

    first: int
    last: int
    country: str


class Countries:
    """Looks addresses up. An empty table knows nobody."""

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._flat = list(_flattened(ranges))
        self._firsts = [part.first for part in self._flat]
        self.of = lru_cache(maxsize=65536)(self._of)

    def _of(self, address: str) -> str:
        """The country of an address; empty where it is unknown, or no address."""
        try:
            number = _number(ipaddress.ip_address(address))
        except ValueError:
            return ""
        place = bisect_right(self._firsts, number) - 1
        return self._flat[place].country if place >= 0 and number <= self._flat[place].last else ""


def read_countries(path: Path) -> Countries:
    """Read a table. Raises TableError, OSError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            ranges = list(_ranges(path, csv.reader(source)))
    except (csv.Error, UnicodeDecodeError) as error:
        raise TableError(f"{path}: {error}; {WANTED}") from None
    if not ranges:  # the import forgets addresses: nobody could look them up later
        raise TableError(f"{path}: no network is in it; {WANTED}")
    return Countries(ranges)


def _ranges(path: Path, lines: Iterable[list[str]]) -> Iterator[Range]:
    headings = True  # may come yet
    for number, line in enumerate(lines, 1):
        words = [word.strip() for word in line]
        if not any(words) or words[0].startswith("#"):
            continue
        try:
            yield _range(words)
        except ValueError as error:
            if not headings or words[0][:1].isdigit():
                raise TableError(f"{path}, line {number}: {error}; {WANTED}") from None
        headings = False


def _range(words: list[str]) -> Range:
    if len(words) not in COLUMNS:
        raise ValueError(f"{len(words)} columns")
    if not words[-1]:
        raise ValueError(f"{words[0]} has no country")
    if len(words) == 2:
        network = ipaddress.ip_network(words[0], strict=False)
        return Range(_number(network[0]), _number(network[-1]), words[1])
    ends = [ipaddress.ip_address(word) for word in words[:2]]
    first, last = map(_number, ends)
    if ends[0].version != ends[1].version:
        raise ValueError(f"{words[0]} and {words[1]} are not of one version")
    if first > last:
        raise ValueError(f"{words[0]} is after {words[1]}")
    return Range(first, last, words[2])


def _number(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return int(mapped)
    return int(address) + (0 if address.version == 4 else 2**32)


def _flattened(ranges: Iterable[Range]) -> Iterator[Range]:
    """The same without overlaps, in order: where one lies in another, the inner one wins."""
    around: list[Range] = []
    reached = 0  # the first address that nothing was said of yet

    def up_to(end: int) -> Iterator[Range]:
        nonlocal reached
        while around and reached <= end:
            inner = around[-1]
            if reached <= inner.last:
                yield Range(reached, min(inner.last, end), inner.country)
                reached = min(inner.last, end) + 1
            if inner.last <= end:
                around.pop()

    for part in sorted(ranges, key=lambda part: (part.first, -part.last)):
        yield from up_to(part.first - 1)
        reached = max(reached, part.first)
        around.append(part)
    if around:
        yield from up_to(max(part.last for part in around))
