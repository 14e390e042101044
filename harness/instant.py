"""Instants as programs write them: bytes and spans of time in, the places where an instant of those spans stands out.

Knows how an instant is spelled, what it means, and what stands for it when it is made alike. Which spans are "now" is
`normalise`'s to say. Pure.
"""

from __future__ import annotations

import calendar
import math
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

EPOCH_PLACEHOLDER = b"1111111111"
"""Stands for an instant in seconds since the epoch: a number, so that JSON and XML-RPC stay readable."""
DAY = 86_400

Span = tuple[float, float]
"""From and to, in seconds since the epoch."""

_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ANY_MONTH = (
    rb"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?"
    rb"|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAYS = b"Mon Tue Wed Thu Fri Sat Sun".split()
_WEEKDAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = rb"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TIME = rb"[0-2]\d:[0-5]\d:[0-6]\d"
_ZONE = rb"(?:Z\b|[ ]?[+-]\d\d:?\d\d(?!\d)|[ ](?:GMT|UTC)\b)"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write an instant: its name in reports, what it looks like, and the order of its digits.

    `fields` names each number of `pattern` in turn: `Y` year, `y` year of two digits, `m` month, `d` day, `H`, `M`,
    `S`; or is `E`, seconds since the epoch, `e`, milliseconds, `u`, microseconds, or `x`, microseconds in
    hexadecimal digits.
    `resolution` is in seconds.
    """

    name: str
    pattern: bytes
    fields: str = ""
    resolution: int = 1


SPELLINGS = (
    Spelling("date-iso8601", rb"\d{4}-\d\d-\d\d[T ]" + _TIME + rb"(?:[.,]\d{1,9})?" + _ZONE + rb"?", "YmdHMS"),
    Spelling("date-minutes", rb"\d{4}-\d\d-\d\d[T ][0-2]\d:[0-5]\d(?!:?\d)" + _ZONE + rb"?", "YmdHM", 60),
    Spelling("date-compact", rb"\d{8}T" + _TIME + _ZONE + rb"?", "YmdHMS"),
    Spelling("date-basic", rb"\d{8}T?\d{6}Z?", "YmdHMS"),
    Spelling("date-rfc1123", _WEEKDAY + rb", \d\d? " + _MONTH + rb" \d{4} " + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-rfc850", _LONG_DAY + rb", \d\d-" + _MONTH + rb"-\d\d " + _TIME + _ZONE + rb"?", "dmyHMS"),
    Spelling("date-cookie", _WEEKDAY + rb", \d\d-" + _MONTH + rb"-\d{4} " + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-asctime", _WEEKDAY + rb" " + _MONTH + rb" [ \d]\d " + _TIME + rb" \d{4}", "mdHMSY"),
    Spelling("date-log", rb"\d\d/" + _MONTH + rb"/\d{4}:" + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-words", rb"\d\d? " + _MONTH + rb" \d{4} " + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-only", rb"\d{4}-\d\d-\d\d(?!T?\d| \d\d?:)", "Ymd", DAY),
    Spelling("date-day-month", rb"\d\d? " + _ANY_MONTH + rb" \d{4}(?!\d|,? [0-2]?\d:)", "dmY", DAY),
    Spelling("date-month-day", _ANY_MONTH + rb" \d\d?, \d{4}(?!\d|,? [0-2]?\d:)", "mdY", DAY),
    Spelling("epoch", rb"\d{10}(?:\.\d{1,9})?(?![0-9a-f]{3}(?!\w))", "E"),  # not the beginning of the last one
    Spelling("epoch-milliseconds", rb"\d{13}(?![0-9a-f])", "e"),
    Spelling("epoch-microseconds", rb"\d{16}(?!\w)", "u"),
    Spelling("epoch-hex-microseconds", rb"[0-9a-f]{13}(?!\w)", "x"),  # a file's time in Apache's ETag, "SIZE-TIME"
)
"""Longer spellings before those they contain."""
_HEXADECIMAL = SPELLINGS[-1]


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant written at `start` to `end` of some bytes: how, what is known of its zone, and when it is.

    `when` is in seconds since the epoch, rounded down to the resolution of the spelling.
    """

    start: int
    end: int
    spelling: Spelling
    zone: bytes
    when: float


ANY = re.compile(
    rb"(?<![\w.])(?:" + b"|".join(rb"(" + spelling.pattern + rb")" for spelling in SPELLINGS) + rb")(?!\d)"
)
"""An instant in any spelling; the group that matched is the spelling's number, from 1."""
_SHORTEST, _LONGEST = len("1 May 2008"), 64
LONG = 400 * DAY
"""Spans beyond this are not worth looking for by what they contain."""
_ZONE_AT_END = re.compile(rb"(?:(Z|GMT|UTC)|([+-])(\d\d):?(\d\d))$")
_REST_OF_MONTH = re.compile(rb"[a-z]+")
_FRACTION = re.compile(rb"^([.,])(\d+)")
_EPOCHS = {"E": 1, "e": 1_000, "u": 1_000_000}
_SHAPES = {"Y": b"YYYY", "y": b"YY", "m": b"MM", "d": b"DD", "H": b"hh", "M": b"mm", "S": b"ss"}


def instants(raw: bytes, spans: tuple[Span, ...]) -> list[Instant]:
    """Return where `raw` holds an instant of one of the spans, in order.

    Looks only around what such an instant must contain: most bytes hold none, and are read at the speed of a search.
    """
    found: list[Instant] = []
    if len(raw) < _SHORTEST:
        return found
    for low, high in _regions(raw, spans):
        for match in ANY.finditer(raw, low, high):
            instant = _of_spans(match, spans)
            if instant is not None:
                found.append(instant)
    return found


def _of_spans(match: re.Match[bytes], spans: tuple[Span, ...]) -> Instant | None:
    spelling, text = SPELLINGS[(match.lastindex or 1) - 1], match.group()
    for spelled, zone, when in readings(spelling, text):
        if any(math.floor(start) // spelled.resolution * spelled.resolution <= when <= end for start, end in spans):
            return Instant(match.start(), match.end(), spelled, zone, when)
    return None


def _regions(raw: bytes, spans: tuple[Span, ...]) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which an instant of a span may stand, none touching another."""
    if any(end - start > LONG for start, end in spans):
        yield 0, len(raw)
        return
    places = sorted({place for span in spans for place in _hits(raw, span)})
    low = high = -1
    for place in places:
        if place - _LONGEST > high:
            if high >= 0:
                yield low, high
            low = max(0, place - _LONGEST)
        high = min(len(raw), place + _LONGEST)
    if high >= 0:
        yield low, high


def _hits(raw: bytes, span: Span) -> list[int]:
    """Return where what an instant of the span must contain occurs."""
    sure, likely = _pieces(int(span[0]), int(span[1]) // 1000 * 1000 + 1000)
    for piece in sure:
        if piece in raw:
            return [place for piece in likely for place in _occurrences(raw, piece)]
    return []


def _occurrences(raw: bytes, piece: bytes) -> Iterator[int]:
    place = raw.find(piece)
    while place >= 0:
        yield place
        place = raw.find(piece, place + 1)


@lru_cache(maxsize=256)
def _pieces(start: int, end: int) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return what bytes that hold an instant of the span contain: quick to look for, and more telling.

    A day to each side is added, for instants written in another zone than ours.
    """
    days = [time.gmtime(when) for when in (*range(start - DAY, end + DAY, DAY), end + DAY)]
    years = {f"{day.tm_year}" for day in days}
    short = {f"-{day.tm_year % 100:02d} " for day in days}
    numbers = {*_prefixes(start, end, 1, "d"), *_prefixes(start, end, 1_000_000, "x")}
    sure = {*years, *short, *numbers}
    likely = {*(piece for day in days for piece in _days(day)), *numbers}
    if len(days) > 5:
        likely = {*(piece for day in days for piece in _months(day)), *numbers}
    return tuple(piece.encode() for piece in sorted(sure)), tuple(piece.encode() for piece in sorted(likely))


def _days(day: time.struct_time) -> Iterable[str]:
    year, number, month = day.tm_year, day.tm_mday, _MONTHS[day.tm_mon - 1].decode()
    numbers = {f"{number}", f"{number:02d}"}
    yield from (f"{year}-{day.tm_mon:02d}-{number:02d}", f"{year}{day.tm_mon:02d}{number:02d}")
    yield from (f"{month} {number:2d} ", f"{month} {number:02d} ")
    for written in numbers:
        yield from (f"{written} {month} {year}", f"{written}-{month}-{year}", f"{written}-{month}-{year % 100:02d} ")
        yield from (f"{written} {calendar.month_name[day.tm_mon]} {year}", f" {written}, {year}")
    yield f"{number:02d}/{month}/{year}"


def _months(day: time.struct_time) -> Iterable[str]:
    year, month = day.tm_year, _MONTHS[day.tm_mon - 1].decode()
    yield from (f"{year}-{day.tm_mon:02d}-", f"{year}{day.tm_mon:02d}")
    yield from (f"{calendar.month_name[day.tm_mon]} {year}", f", {year}")
    yield from (f" {month} ", f"-{month}-{year}", f"-{month}-{year % 100:02d} ", f"/{month}/{year}")


def _prefixes(start: int, end: int, scale: int, base: str) -> set[str]:
    """Return the fewest digits with which a number of the span may begin; the longest that are few.

    None for instants that have fewer digits than are looked for, in the first years after 1970.
    """
    radix, digits = (16, 13) if base == "x" else (10, 10)
    first, last = max(start * scale, radix ** (digits - 1)), min(end * scale, radix**digits - 1)
    for length in range(8, 3, -1):
        step = radix ** (digits - length)
        numbers = range(first // step, last // step + 1) if first <= last else range(0)
        if len(numbers) <= 3:
            break
    return {f"{number:{base}}" for number in numbers}


class Reading(NamedTuple):
    """What a text may stand for: how it is spelled then, what is known of its zone, and when that is.

    `when` is in seconds since the epoch.
    """

    spelling: Spelling
    zone: bytes
    when: float


def readings(spelling: Spelling, text: bytes) -> Iterator[Reading]:
    """Yield what a text that looks like this spelling may stand for; without a zone it may be UTC or local time."""
    if spelling.fields in _EPOCHS:
        yield Reading(spelling, b"", float(text) / _EPOCHS[spelling.fields])
    if spelling.fields in ("e", "x"):  # thirteen digits may be either: some hexadecimal numbers have no letter
        yield Reading(_HEXADECIMAL, b"", int(text, 16) / 1_000_000)
    if len(spelling.fields) == 1:
        return
    numbers = _numbers(spelling, text)
    if numbers is None:
        return
    zone = _ZONE_AT_END.search(text) if "H" in spelling.fields else None
    utc = calendar.timegm((*numbers, 0, 0, 0))
    if zone is None:
        yield Reading(spelling, b"", utc)
        local = _local(numbers)
        if local is not None and local != utc:
            yield Reading(spelling, b" local", local)
    elif zone.group(1):
        yield Reading(spelling, b"", utc)
    else:
        offset = int(zone.group(3)) * 3600 + int(zone.group(4)) * 60
        yield Reading(spelling, b"", utc + offset if zone.group(2) == b"-" else utc - offset)


def _local(numbers: tuple[int, int, int, int, int, int]) -> float | None:
    try:
        return time.mktime((*numbers, 0, 0, -1))
    except (OverflowError, ValueError):  # beyond what the C library counts
        return None


def _numbers(spelling: Spelling, text: bytes) -> tuple[int, int, int, int, int, int] | None:
    """Return year, month, day, hour, minute, second; None where they make no date."""
    found = _digits(spelling.fields).search(text)
    if found is None:
        return None
    values = dict(zip(spelling.fields, found.groups(), strict=True))
    month = values["m"]
    parts = {name: int(value) for name, value in values.items() if name != "m"}
    year = parts["Y"] if "Y" in parts else 2000 + parts["y"]
    number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
    numbers = (year, number, parts["d"], parts.get("H", 0), parts.get("M", 0), parts.get("S", 0))
    limits = ((1970, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 60))
    return numbers if all(low <= value <= high for value, (low, high) in zip(numbers, limits, strict=True)) else None


@lru_cache(maxsize=32)
def _digits(fields: str) -> re.Pattern[bytes]:
    """Return a pattern with one group for each field, whatever stands between."""
    groups = [rb"(\d{4})" if f == "Y" else rb"(\d\d|" + _MONTH + rb")" if f == "m" else rb"(\d\d?)" for f in fields]
    return re.compile(rb"\D*?".join(groups))


def placeholder(instant: Instant, raw: bytes) -> bytes:
    """Return what stands for an instant of `raw`: letters, signs and zone as written, numbers by their meaning.

    A day of one digit is `D`, a month written out `Month`. A weekday that is not the date's is `Day+1`, or as many days
    as it is late. A fraction finer than microseconds is `fff`; any other `f`: many programs leave out zeros at its end.
    """
    spelling, text = instant.spelling, raw[instant.start : instant.end]
    if spelling.fields == "x":
        return b"[now hexadecimal]"
    if spelling.fields in _EPOCHS:
        whole = EPOCH_PLACEHOLDER + b"000" * {"e": 1, "u": 2}.get(spelling.fields, 0)
        return whole + b".5" if b"." in text else whole
    found = _digits(spelling.fields).search(text)
    if found is None:
        return text
    shape = re.sub(rb"[A-Za-z]+", lambda name: _weekday(name[0], spelling, text), text[: found.start()])
    for index, name in enumerate(spelling.fields, 1):
        between = text[found.end(index - 1) : found.start(index)] if index > 1 else b""
        rest_of_month = _REST_OF_MONTH.match(between)
        shape += between[rest_of_month.end() :] if rest_of_month else between
        shape += _field(name, found.group(index), bool(_REST_OF_MONTH.match(text, found.end(index))))
    rest = _FRACTION.sub(lambda part: part[1] + (b"fff" if len(part[2]) > 6 else b"f"), text[found.end() :])
    return b"[now " + shape + rest + instant.zone + b"]"


def _field(name: str, written: bytes, is_long: bool) -> bytes:
    if written.isalpha():
        return b"Month" if is_long else b"Mon"
    return b"D" if name == "d" and len(written) == 1 else _SHAPES[name]


def _weekday(name: bytes, spelling: Spelling, text: bytes) -> bytes:
    """Return what stands for the weekday of a date, by how many days it is not that of the date."""
    numbers = _numbers(spelling, text)
    if numbers is None:
        return b"Day"
    late = (_DAYS.index(name[:3]) - time.gmtime(calendar.timegm((*numbers, 0, 0, 0))).tm_wday) % 7
    return b"Day+%d" % late if late else b"Day"
