"""Times as logs write them: strftime formats and the special names of Apache and nginx.

How a time is written comes in (`%d/%b/%Y:%H:%M:%S %z`, or a name of SPECIAL); out come a pattern for it and a reader,
which gives seconds since the epoch. A time without a zone is taken for UTC, so that every machine reads the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial

from harness.errors import UsageError

CLF = "clf"
"""`18/Nov/2008:06:27:01 +0100`, as `%t` of Apache has it in brackets and `$time_local` of nginx without."""

SPECIAL = {
    CLF: rb"\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}",
    "sec": rb"\d+",
    "msec": rb"\d+",
    "usec": rb"\d+",
    "msec_frac": rb"\d{3}",
    "usec_frac": rb"\d{6}",
    "decimal": rb"\d+(?:\.\d+)?",
    "iso8601": rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[-+]\d\d:?\d\d)?",
}
_SHORTHAND = {
    "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "e": "%d", "h": "%b", "c": "%a %b %d %H:%M:%S %Y",
    "r": "%I:%M:%S %p", "x": "%m/%d/%y", "X": "%H:%M:%S", "k": "%H", "l": "%I", "n": "\n", "t": "\t",
}  # fmt: skip
_PIECES = {
    "a": r"[A-Za-z]+", "A": r"[A-Za-z]+", "b": r"[A-Za-z]+", "B": r"[A-Za-z]+", "p": r"[A-Za-z]*", "Z": r"\w*",
    "z": r"[-+]\d{4}", "Y": r"\d{4,}", "d": r"[ \d]\d", "H": r"[ \d]\d", "I": r"[ \d]\d", "j": r"\d{3}", "s": r"\d+",
    **dict.fromkeys("mMSyUVWGgCuw", r"\d+"),
}  # fmt: skip
_READ = frozenset("bBpzYdHIjmMSys")  # the others repeat what these say
_DIRECTIVE = re.compile(r"%([A-Za-z%])|([^%]+)|%")
_EPOCHS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6, "decimal": 1.0}
_FRACTIONS = {"msec_frac": 1e-3, "usec_frac": 1e-6}
_END = 253402300800.0  # the year 10000
_MONTHS = {
    name: number
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}  # fmt: skip


def time_pattern(written: str) -> bytes:
    """Return a regular expression for times written so; raises UsageError for a directive that is not known."""
    if written in SPECIAL:
        return SPECIAL[written]
    pieces = (re.escape(text) if text else _piece(letter) for letter, text in _split(written))
    return "".join(pieces).encode("latin-1")


def _piece(letter: str) -> str:
    if letter not in _PIECES:
        known = ", ".join(f"%{one}" for one in sorted({*_PIECES, *_SHORTHAND}))
        raise UsageError(f"times are not read by %{letter}; known: {known}")
    return _PIECES[letter]


def _split(written: str) -> list[tuple[str, str]]:
    """Return the directives and literal texts of a strftime format, as (letter, "") and ("", text)."""
    found: list[tuple[str, str]] = []
    for letter, text in _DIRECTIVE.findall(written):
        if letter in _SHORTHAND:
            found += _split(_SHORTHAND[letter])
        else:
            found.append(("", "%") if letter == "%" else (letter, text or ("" if letter else "%")))
    return found


def time_reader(written: Sequence[str]) -> Callable[[Sequence[bytes]], float | None]:
    """Return what reads the texts of one moment, which a log may write in several fields: seconds since the epoch.

    Several fields of one kind are one time: `%{%d/%b/%Y:%T}t.%{msec_frac}t`. Gives None where the texts are no time,
    0.0 where they do not say enough of it.
    """
    fractions = [(index, _FRACTIONS[name]) for index, name in enumerate(written) if name in _FRACTIONS]
    coarse = [(index, name) for index, name in enumerate(written) if name not in _FRACTIONS]
    if not coarse:
        return lambda texts: 0.0
    read = _coarse_reader([name for _, name in coarse])

    def moment(texts: Sequence[bytes]) -> float | None:
        whole = read(tuple(texts[index] for index, _ in coarse))
        return None if whole is None else whole + sum(int(texts[index]) * unit for index, unit in fractions)

    return moment if fractions or len(coarse) > 1 else lambda texts: read((texts[0],))


def _coarse_reader(written: list[str]) -> Callable[[tuple[bytes, ...]], float | None]:
    for index, name in enumerate(written):
        if name in _EPOCHS:
            return _at(index, partial(_read_epoch, _EPOCHS[name]))
        if name in (CLF, "iso8601"):
            return _at(index, _read_clf if name == CLF else _read_iso)
    directives = [_split(one) for one in written]
    pattern = re.compile("\0".join("".join(_captured(*part) for part in parts) for parts in directives))
    letters = [letter for parts in directives for letter, _ in parts if letter in _READ]

    @lru_cache(4096)
    def read(texts: tuple[bytes, ...]) -> float | None:
        found = pattern.fullmatch(b"\0".join(texts).decode("latin-1"))
        return _from_parts(dict(zip(letters, found.groups(), strict=True))) if found else None

    return read


def _at(index: int, read: Callable[[bytes], float | None]) -> Callable[[tuple[bytes, ...]], float | None]:
    cached = lru_cache(4096)(read)
    return lambda texts: cached(texts[index])


def _captured(letter: str, text: str) -> str:
    if not letter:
        return re.escape(text)
    return f"({_PIECES[letter]})" if letter in _READ else f"(?:{_PIECES[letter]})"


def _from_parts(parts: dict[str, str]) -> float | None:
    if "s" in parts:
        return float(parts["s"])
    parts = {letter: text.strip() for letter, text in parts.items() if text.strip()}
    if parts.keys().isdisjoint("Yy"):
        return 0.0
    try:
        moment = datetime.strptime(" ".join(parts.values()), " ".join("%" + letter for letter in parts))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _read_epoch(unit: float, text: bytes) -> float | None:
    seconds = float(text) * unit
    return seconds if seconds < _END else None


def _read_clf(text: bytes) -> float | None:
    month = _MONTHS.get(text[3:6])
    if month is None:
        return None
    try:
        hour, minute, second = int(text[12:14]), int(text[15:17]), int(text[18:20])
        moment = datetime(int(text[7:11]), month, int(text[:2]), hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    east = int(text[22:24]) * 3600 + int(text[24:26]) * 60
    leap = second == 60  # which is the next minute's first
    return moment.timestamp() + leap - (-east if text[21:22] == b"-" else east)


def _read_iso(text: bytes) -> float | None:
    try:
        moment = datetime.fromisoformat(text.decode("ascii").replace(",", "."))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
