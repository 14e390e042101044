"""Makes values that must differ between two sides alike: the time of this run, and each side's own address.

A pair of answers comes in, a pair goes out in which every such value is a placeholder. Only instants within the run are
touched, never a stored date; the placeholder keeps the spelling (`[now YYYY-MM-DD hh:mm:ss]`), so that a change of
format or zone stays visible. Nothing is dropped, and no header, member or endpoint has a name here. Finding noise by
running twice is `noise`'s affair.
"""

from __future__ import annotations

import calendar
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.effects import Effects
from harness.exchange import Headers, Response

EPOCH_PLACEHOLDER = b"1111111111"
"""Stands for an instant in seconds since the epoch: a number, so that JSON and XML-RPC stay readable."""
GRACE = 1.0
DAY = 86_400
HOST_PLACEHOLDER = b"host.invalid"
"""Stands for a side's own address (`.invalid`: RFC 2606)."""

_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = rb"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TIME = rb"[0-2]\d:[0-5]\d:[0-6]\d"
_ZONE = rb"(?:Z\b|[ ]?[+-]\d\d:?\d\d(?!\d)|[ ](?:GMT|UTC)\b)"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write an instant: its name in reports, what it looks like, and the order of its digits.

    `fields` names each number of `pattern` in turn: `Y` year, `y` year of two digits, `m` month, `d` day, `H`, `M`,
    `S`; or is `E`, seconds since the epoch, `e`, milliseconds, or `x`, microseconds in hexadecimal digits.
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
    Spelling("date-rfc1123", _DAY + rb", \d\d? " + _MONTH + rb" \d{4} " + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-rfc850", _LONG_DAY + rb", \d\d-" + _MONTH + rb"-\d\d " + _TIME + _ZONE + rb"?", "dmyHMS"),
    Spelling("date-cookie", _DAY + rb", \d\d-" + _MONTH + rb"-\d{4} " + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-asctime", _DAY + rb" " + _MONTH + rb" [ \d]\d " + _TIME + rb" \d{4}", "mdHMSY"),
    Spelling("date-log", rb"\d\d/" + _MONTH + rb"/\d{4}:" + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-words", rb"\d\d? " + _MONTH + rb" \d{4} " + _TIME + _ZONE + rb"?", "dmYHMS"),
    Spelling("date-only", rb"\d{4}-\d\d-\d\d(?!T?\d| \d\d?:)", "Ymd", DAY),
    Spelling("epoch", rb"\d{10}(?:\.\d{1,9})?", "E"),
    Spelling("epoch-milliseconds", rb"\d{13}(?![0-9a-f])", "e"),
    Spelling("epoch-hex-microseconds", rb"[0-9a-f]{13}(?!\w)", "x"),  # a file's time in Apache's ETag, "SIZE-TIME"
)
"""Longer spellings before those they contain."""

NAMES = (*(spelling.name for spelling in SPELLINGS), "host")

_ANY = re.compile(
    rb"(?<![\w.])(?:" + b"|".join(rb"(" + spelling.pattern + rb")" for spelling in SPELLINGS) + rb")(?!\d)"
)
_ZONE_AT_END = re.compile(rb"(?:(Z|GMT|UTC)|([+-])(\d\d):?(\d\d))$")
_EPOCHS = {"E": 1, "e": 1000}
_SHAPES = {"Y": b"YYYY", "y": b"YY", "m": b"MM", "d": b"DD", "H": b"hh", "M": b"mm", "S": b"ss"}


class Normaliser:
    """Replaces what only this run could have written. `acted` counts, by name, the pairs in which it found something.

    `window` is the earliest and the latest instant (seconds since the epoch) that count as now; the latest moves on
    to a second after the `now` of each call. `hosts` are pairs of own addresses (`host:port`): old (side 0), new (1).
    """

    def __init__(self, window: tuple[float, float], hosts: Sequence[tuple[str, str]] = ()) -> None:
        self.acted: Counter[str] = Counter()
        self._start, self._end = window
        self._hosts = (tuple(old for old, _ in hosts if old), tuple(new for _, new in hosts if new))

    def normalise_pair(self, old: Response, new: Response, now: float) -> tuple[Response, Response]:
        """Return both answers with placeholders; unchanged where their bytes are equal.

        `acted` also counts what equal answers hold, so that a run's report does not depend on when a second ended.
        """
        acted: set[str] = set()
        left = _normalised(old, self._window(0, now), acted)
        right = left if old == new else _normalised(new, self._window(1, now), acted)
        self.acted.update(acted)
        return (old, new) if old == new else (left, right)

    def normalised(self, response: Response, side: int, now: float) -> Response:
        """Return one answer of side 0 (old) or 1 (new) with placeholders; this is not counted."""
        return _normalised(response, self._window(side, now), set())

    def normalise_effects(self, old: Effects, new: Effects, now: float) -> tuple[Effects, Effects]:
        """Return what both sides wrote with placeholders in rows, names of files and mails."""
        acted: set[str] = set()

        def of_side(side: int) -> Callable[[str], str]:
            window = self._window(side, now)
            return lambda text: _cleaned_text(text, window, acted)

        made = old.mapped(of_side(0)), new.mapped(of_side(1))
        self.acted.update(acted)
        return made

    def _window(self, side: int, now: float) -> Window:
        latest = now if math.isinf(self._end) else max(self._end, now)
        return Window(self._start, latest + GRACE, self._hosts[side])


@dataclass(frozen=True, slots=True)
class Window:
    """What one side can have written only now: instants from `start` to `end`, and its own addresses (`host:port`)."""

    start: float
    end: float
    hosts: tuple[str, ...] = ()


def clean(raw: bytes, window: Window, acted: set[str]) -> bytes:
    """Return bytes with placeholders, and add the names of the normalisers that acted to `acted`."""
    if any(piece in raw for piece in _dates_in(window)):
        raw = _ANY.sub(_replacer(window.start, window.end, acted), raw)
    if any(piece in raw for piece in _names_in(window)):
        raw, count = _own_addresses(window.hosts).subn(HOST_PLACEHOLDER, raw)
        acted.update(("host",) if count else ())
    return raw


def _dates_in(window: Window) -> tuple[bytes, ...]:
    return _needed(int(window.start), int(window.end) // 1000 * 1000 + 1000)


def _names_in(window: Window) -> list[bytes]:
    return [host.partition(":")[0].encode() for host in window.hosts]


def _cleaned_text(text: str, window: Window, acted: set[str]) -> str:
    return clean(text.encode("utf-8", "surrogatepass"), window, acted).decode("utf-8", "surrogatepass")


def _normalised(response: Response, window: Window, acted: set[str]) -> Response:
    everything = b"\n".join([*(value for _, value in response.headers), response.body or b""])
    if not any(piece in everything for piece in (*_dates_in(window), *_names_in(window))):
        return response
    headers = tuple((name, clean(value, window, acted)) for name, value in response.headers)
    body = response.body
    if body:
        body = clean(body, window, acted)
        headers = _with_length(headers, len(response.body or b""), len(body))
    if headers == response.headers and body == response.body:
        return response
    return replace(response, headers=headers, body=body)


@lru_cache(maxsize=64)
def _own_addresses(hosts: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return a pattern for addresses as they stand in URLs, percent-encoded ones too."""
    written = {form.encode() for host in hosts for form in (host, host.replace(":", "%3A"), host.replace(":", "%3a"))}
    either = b"|".join(re.escape(host) for host in sorted(written, reverse=True))
    return re.compile(rb"(?:(?<![\w.-])|(?<=%2[Ff]))(?:" + either + rb")(?![\w:])")


def _with_length(headers: Headers, before: int, after: int) -> Headers:
    """Return headers whose Content-Length follows the body, where it was right before."""
    right = str(before).encode()
    return tuple(
        (name, str(after).encode() if name.lower() == b"content-length" and value == right else value)
        for name, value in headers
    )


@lru_cache(maxsize=256)
def _needed(start: int, end: int) -> tuple[bytes, ...]:
    """Return what must occur in bytes that hold an instant of the window: a year, or the first digits of an epoch."""
    years = {time.gmtime(instant).tm_year for instant in (*range(start - DAY, end, 300 * DAY), end + DAY)}
    epochs = {str(instant)[:4] for instant in (*range(start, end, 500_000), end)}
    short = {f"-{year % 100:02d} " for year in years}
    hexadecimal = {f"{instant * 1_000_000:x}"[:4] for instant in (*range(start, end, 50_000), end)}
    return tuple(piece.encode() for piece in sorted({*map(str, years), *short, *epochs, *hexadecimal}))


def _replacer(start: float, end: float, acted: set[str]) -> Callable[[re.Match[bytes]], bytes]:
    def replacement(match: re.Match[bytes]) -> bytes:
        spelling, text = SPELLINGS[(match.lastindex or 1) - 1], match.group()
        earliest = math.floor(start) // spelling.resolution * spelling.resolution
        for zone, instant in _instants(spelling, text):
            if earliest <= instant <= end:
                acted.add(spelling.name)
                return _placeholder(spelling, text, zone)
        return text

    return replacement


def _instants(spelling: Spelling, text: bytes) -> Iterator[tuple[bytes, float]]:
    """Yield the instants that a text may stand for; without a zone it may be UTC or local time."""
    if spelling.fields in _EPOCHS:
        yield b"", float(text) / _EPOCHS[spelling.fields]
    if spelling.fields in ("e", "x"):  # thirteen digits may be either
        yield b"", int(text, 16) / 1_000_000
    if len(spelling.fields) == 1:
        return
    numbers = _numbers(spelling, text)
    if numbers is None:
        return
    zone = _ZONE_AT_END.search(text) if "H" in spelling.fields else None
    utc = calendar.timegm((*numbers, 0, 0, 0))
    if zone is None:
        yield b"", utc
        local = _local(numbers)
        if local is not None and local != utc:
            yield b" local", local
    elif zone.group(1):
        yield b"", utc
    else:
        offset = int(zone.group(3)) * 3600 + int(zone.group(4)) * 60
        yield b"", utc + offset if zone.group(2) == b"-" else utc - offset


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


def _placeholder(spelling: Spelling, text: bytes, zone: bytes) -> bytes:
    """Return what stands for an instant: letters, signs and zone as written, numbers by their meaning."""
    if spelling.fields == "x":
        return b"[now hexadecimal]"
    if spelling.fields in _EPOCHS:
        whole = EPOCH_PLACEHOLDER + b"000" * (spelling.fields == "e")
        return whole + b".5" if b"." in text else whole
    found = _digits(spelling.fields).search(text)
    if found is None:
        return text
    shape = re.sub(rb"[A-Za-z]+", b"Day", text[: found.start()])
    for index, name in enumerate(spelling.fields, 1):
        shape += text[found.end(index - 1) : found.start(index)] if index > 1 else b""
        shape += b"Mon" if found.group(index).isalpha() else _SHAPES[name]
    rest = re.sub(rb"^([.,])\d+", rb"\1f", text[found.end() :])
    return b"[now " + shape + rest + zone + b"]"
