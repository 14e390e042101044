"""Instants as programs write them: found by what they must contain, wherever they stand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.instant import LONG, SPELLINGS, instants, placeholder
from harness.normalise import NAMES

FORMS = {
    "date-iso8601": "%Y-%m-%dT%H:%M:%SZ",
    "date-minutes": "%Y-%m-%d %H:%M",
    "date-compact": "%Y%m%dT%H:%M:%S",
    "date-basic": "%Y%m%d%H%M%S",
    "date-rfc1123": "%a, %d %b %Y %H:%M:%S GMT",
    "date-rfc850": "%A, %d-%b-%y %H:%M:%S GMT",
    "date-cookie": "%a, %d-%b-%Y %H:%M:%S GMT",
    "date-asctime": "%a %b %d %H:%M:%S %Y",
    "date-log": "%d/%b/%Y:%H:%M:%S +0000",
    "date-words": "%d %b %Y %H:%M:%S",
    "date-only": "%Y-%m-%d",
    "date-day-month": "%d %B %Y",
    "date-month-day": "%B %d, %Y",
}
MOMENTS = st.datetimes(datetime(2001, 9, 10), datetime(2032, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
WITHOUT_LETTERS = datetime(2026, 1, 12, 12, 33, 29, 666370, tzinfo=UTC)
"""Its microseconds are 6483015162342 in hexadecimal digits."""
NUMBERS = {
    "epoch": lambda seconds: f"{int(seconds)}",
    "epoch-milliseconds": lambda seconds: f"{int(seconds * 1_000)}",
    "epoch-microseconds": lambda seconds: f"{int(seconds * 1_000_000)}",
    "epoch-hex-microseconds": lambda seconds: f"{int(seconds * 1_000_000):x}",
}


def written(name, moment):
    """An instant in a spelling."""
    return (moment.strftime(FORMS[name]) if name in FORMS else NUMBERS[name](moment.timestamp())).encode()


def test_every_spelling_has_a_form_here():
    """Else the tests below would not look at it."""
    assert {spelling.name for spelling in SPELLINGS} == FORMS.keys() | NUMBERS.keys()


@example("epoch-hex-microseconds", datetime(2006, 4, 1, 7, 2, tzinfo=UTC), 0.0)  # ten decimal digits in front
@example("epoch-hex-microseconds", WITHOUT_LETTERS, 60.0)
@given(st.sampled_from(sorted({*FORMS, *NUMBERS})), MOMENTS, st.sampled_from([0.0, 60.0, 86_400.0, 40 * 86_400.0]))
def test_an_instant_of_the_span_is_found_by_its_pieces(name, moment, before):
    """In whatever spelling and however long the span: the quick search misses nothing that reading all finds."""
    raw = b"<p>" + written(name, moment) + b"</p>" + b" " * 200 + b"the end"
    span = (moment.timestamp() - before, moment.timestamp() + 1)
    found = instants(raw, (span,))
    assert [instant.spelling.name for instant in found] == [name]
    assert found == instants(raw, (span, (0.0, LONG + 1.0)))
    assert raw[found[0].start : found[0].end] == written(name, moment)


def test_times_of_1970_are_looked_for_as_quickly_as_those_of_today():
    """A recording without true times counts from 0: no number of so few digits is looked for by all its beginnings."""
    raw = b"<p>a page</p>" * 2_000

    def seconds(start):
        best = []
        for _ in range(3):
            begun = process_time()
            assert instants(raw, ((start, start + 2_000.0),)) == []
            best.append(process_time() - begun)
        return min(best)

    assert seconds(1.0) < 10 * seconds(1_600_000_000.0) + 0.02


@given(st.sampled_from(sorted({*FORMS, *NUMBERS})), MOMENTS, st.integers(2, 3_000))
def test_an_instant_of_another_day_is_not_found(name, moment, days):
    """A stored date is data."""
    span = (moment.timestamp() + days * 86_400, moment.timestamp() + days * 86_400 + 60)
    assert instants(written(name, moment), (span,)) == []


@pytest.mark.parametrize("zone", ["+02:00", "-0500", " +0530"])
def test_a_zone_counts(zone):
    """The instant is the one that the zone says; the placeholder keeps the zone."""
    moment = datetime(2016, 5, 16, 10, 11, 12, tzinfo=UTC)
    hours = {"+02:00": 2, "-0500": -5, " +0530": 5.5}[zone]
    raw = (moment + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S").encode() + zone.encode()
    (found,) = instants(raw, ((moment.timestamp(), moment.timestamp()),))
    assert placeholder(found, raw) == f"[now YYYY-MM-DDThh:mm:ss{zone}]".encode()


DATE = datetime(2016, 9, 6, 10, 11, 12, tzinfo=UTC)  # a Tuesday
HOWS = {
    "day of one digit": (b"6 September 2016", b"[now D Month YYYY]"),
    "day of two": (b"06 September 2016", b"[now DD Month YYYY]"),
    "month cut short": (b"06 Sep 2016", b"[now DD Mon YYYY]"),
    "month first": (b"September 6, 2016", b"[now Month D, YYYY]"),
    "weekday": (b"Tue, 06 Sep 2016 10:11:12 GMT", b"[now Day, DD Mon YYYY hh:mm:ss GMT]"),
    "weekday of the next day": (b"Wed, 06 Sep 2016 10:11:12 GMT", b"[now Day+1, DD Mon YYYY hh:mm:ss GMT]"),
    "weekday of the day before": (b"Mon Sep 06 10:11:12 2016", b"[now Day+6 Mon DD hh:mm:ss YYYY]"),
    "long weekday": (b"Tuesday, 06-Sep-16 10:11:12 GMT", b"[now Day, DD-Mon-YY hh:mm:ss GMT]"),
    "milliseconds": (b"2016-09-06T10:11:12.123Z", b"[now YYYY-MM-DDThh:mm:ss.fZ]"),
    "microseconds": (b"2016-09-06T10:11:12.123456Z", b"[now YYYY-MM-DDThh:mm:ss.fZ]"),
    "nanoseconds": (b"2016-09-06T10:11:12.123456789Z", b"[now YYYY-MM-DDThh:mm:ss.fffZ]"),
}


@pytest.mark.parametrize(("raw", "expected"), HOWS.values(), ids=HOWS.keys())
def test_how_an_instant_is_written_is_kept(raw, expected):
    """Clients read dates by their form, and a weekday that is another is a mistake."""
    (found,) = instants(raw, ((DATE.timestamp(), DATE.timestamp()),))
    assert placeholder(found, raw) == expected


def test_the_documentation_names_every_rule():
    """What a report names must be explained somewhere."""
    page = (Path(__file__).parents[2] / "docs" / "noise.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in page] == []
