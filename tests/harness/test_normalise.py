"""Values that only this run can have written: which are made alike, and which must not be."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.effects import Effects
from harness.exchange import Response
from harness.normalise import Normaliser

NOW = datetime(2026, 11, 22, 18, 24, 39, 123456, tzinfo=UTC)
START = NOW - timedelta(seconds=90)

SPELLINGS = {
    "iso": ("%Y-%m-%dT%H:%M:%S", "[now YYYY-MM-DDThh:mm:ss]", "date-iso8601"),
    "iso with space": ("%Y-%m-%d %H:%M:%S", "[now YYYY-MM-DD hh:mm:ss]", "date-iso8601"),
    "iso with fraction": ("%Y-%m-%d %H:%M:%S.%f", "[now YYYY-MM-DD hh:mm:ss.f]", "date-iso8601"),
    "iso with Z": ("%Y-%m-%dT%H:%M:%SZ", "[now YYYY-MM-DDThh:mm:ssZ]", "date-iso8601"),
    "iso with offset": ("%Y-%m-%dT%H:%M:%S.%f+00:00", "[now YYYY-MM-DDThh:mm:ss.f+00:00]", "date-iso8601"),
    "minutes": ("%Y-%m-%d %H:%M", "[now YYYY-MM-DD hh:mm]", "date-minutes"),
    "xmlrpc": ("%Y%m%dT%H:%M:%S", "[now YYYYMMDDThh:mm:ss]", "date-compact"),
    "digits": ("%Y%m%d%H%M%S", "[now YYYYMMDDhhmmss]", "date-basic"),
    "rfc 1123": ("%a, %d %b %Y %H:%M:%S GMT", "[now Day, DD Mon YYYY hh:mm:ss GMT]", "date-rfc1123"),
    "rfc 1123, offset": ("%a, %d %b %Y %H:%M:%S +0000", "[now Day, DD Mon YYYY hh:mm:ss +0000]", "date-rfc1123"),
    "rfc 850": ("%A, %d-%b-%y %H:%M:%S GMT", "[now Day, DD-Mon-YY hh:mm:ss GMT]", "date-rfc850"),
    "cookie": ("%a, %d-%b-%Y %H:%M:%S GMT", "[now Day, DD-Mon-YYYY hh:mm:ss GMT]", "date-cookie"),
    "asctime": ("%a %b %d %H:%M:%S %Y", "[now Day Mon DD hh:mm:ss YYYY]", "date-asctime"),
    "log": ("%d/%b/%Y:%H:%M:%S +0000", "[now DD/Mon/YYYY:hh:mm:ss +0000]", "date-log"),
    "journal": ("%d %b %Y %H:%M:%S", "[now DD Mon YYYY hh:mm:ss]", "date-words"),
    "journal, zone": ("%d %b %Y %H:%M:%S UTC", "[now DD Mon YYYY hh:mm:ss UTC]", "date-words"),
    "day": ("%Y-%m-%d", "[now YYYY-MM-DD]", "date-only"),
}


@pytest.fixture
def normaliser() -> Normaliser:
    """Return a normaliser of a run that began ninety seconds ago."""
    return Normaliser((START.timestamp(), START.timestamp()), [("127.0.0.1:4001", "127.0.0.1:5002")])


def pair(normaliser, old, new):
    """Return two bodies, normalised, and the answers that hold them."""
    answers = [Response(200, b"OK", ((b"Content-Length", str(len(body)).encode()),), body) for body in (old, new)]
    return normaliser.normalise_pair(*answers, NOW.timestamp())


@pytest.mark.parametrize(("form", "placeholder", "name"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_now_is_made_alike_in_every_spelling(normaliser, form, placeholder, name):
    """Two instants of this run become the same placeholder, which keeps the format."""
    old, new = pair(
        normaliser, f"<b>{NOW:{form}}</b>1".encode(), f"<b>{NOW - timedelta(seconds=8):{form}}</b>2".encode()
    )
    assert (old.body, new.body) == (f"<b>{placeholder}</b>1".encode(), f"<b>{placeholder}</b>2".encode())
    assert normaliser.acted == {name: 1}


def test_a_file_s_time_in_an_etag_is_made_alike(normaliser):
    """Apache writes size and time in hexadecimal; the size still counts, and so does the time of an older file."""
    times = [int(when.timestamp()) * 1_000_000 for when in (NOW, NOW - timedelta(seconds=8))]
    old, new = pair(normaliser, f'"4c6-{times[0]:x}"'.encode(), f'"4c6-{times[1]:x}"'.encode())
    assert old.body == new.body == b'"4c6-[now hexadecimal]"'
    assert normaliser.acted == {"epoch-hex-microseconds": 1}
    old, new = pair(normaliser, b'"4c6-532fe6c15c000"', b'"4c6-532fe6c15c001"')
    assert (old.body, new.body) == (b'"4c6-532fe6c15c000"', b'"4c6-532fe6c15c001"')


@pytest.mark.parametrize("form", [form for form, _, _ in SPELLINGS.values()], ids=SPELLINGS.keys())
@pytest.mark.parametrize("away", [timedelta(days=-3840), timedelta(days=-2), timedelta(days=3)], ids=str)
def test_stored_dates_are_never_touched(normaliser, form, away):
    """An instant outside this run stays, in whatever spelling: it is data."""
    body = f"{NOW + away:{form}}".encode()
    assert pair(normaliser, body, b"2026")[0].body == body
    assert not normaliser.acted


def test_a_second_after_now_is_allowed_and_before_the_start_is_not(normaliser):
    """The window is that of the run: a little grace at its end, the full second at its beginning."""
    texts = [
        (START.timestamp() - 1, False),
        (START.timestamp(), True),
        (NOW.timestamp() + 0.9, True),
        (NOW.timestamp() + 3, False),
    ]
    for instant, inside in texts:
        text = datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        assert (pair(normaliser, text, b"2026")[0].body != text) == inside


NUMBERS = {
    "seconds": (f"{int(NOW.timestamp())}", "1111111111"),
    "with fraction": (f"{NOW.timestamp()}", "1111111111.5"),
    "milliseconds": (f"{int(NOW.timestamp() * 1000)}", "1111111111000"),
    "part of a longer number": (f"{int(NOW.timestamp())}00", None),
    "part of a name": (f"x{int(NOW.timestamp())}", None),
    "other ten digits": ("1234567890", None),
}


@pytest.mark.parametrize(("text", "placeholder"), NUMBERS.values(), ids=NUMBERS.keys())
def test_epochs_stay_numbers(normaliser, text, placeholder):
    """Seconds since the epoch become one number, so that JSON and XML-RPC can still be read."""
    assert pair(normaliser, text.encode(), b"2026")[0].body == (placeholder or text).encode()


def test_a_change_of_format_or_zone_stays_visible(normaliser):
    """The same instant written otherwise is not made alike."""
    old, new = pair(normaliser, format_datetime(NOW).encode(), format_datetime(NOW, usegmt=True).encode())
    assert old.body != new.body
    offset = NOW.astimezone(timezone(timedelta(hours=2)))
    old, new = pair(normaliser, NOW.isoformat().encode(), offset.isoformat().encode())
    assert (old.body, new.body) == (b"[now YYYY-MM-DDThh:mm:ss.f+00:00]", b"[now YYYY-MM-DDThh:mm:ss.f+02:00]")


def test_each_side_has_its_own_address(normaliser):
    """A side's own address is made alike; the other side's address is a real difference."""
    old, new = pair(normaliser, b"http://127.0.0.1:4001/a", b"http://127.0.0.1:5002/a")
    assert old.body == new.body == b"http://host.invalid/a"
    old, new = pair(normaliser, b"http://127.0.0.1:4001/a", b"http://127.0.0.1:4001/a ")
    assert new.body == b"http://127.0.0.1:4001/a "
    assert normaliser.acted == {"host": 2}


@pytest.mark.parametrize("text", [b"127.0.0.1:40012", b"1127.0.0.1:4001", b"127.0.0.1", b"x.127.0.0.1:4001"])
def test_part_of_an_address_is_no_address(normaliser, text):
    """Only the whole address counts."""
    assert pair(normaliser, text, b"")[0].body == text


def test_encoded_addresses_count(normaliser):
    """A percent-encoded address in a query is an address."""
    assert pair(normaliser, b"?u=http%3A%2F%2F127.0.0.1%3A4001%2F", b"")[0].body == b"?u=http%3A%2F%2Fhost.invalid%2F"


def test_content_length_follows_the_body(normaliser):
    """A length that was right stays right, a wrong one stays as it was."""
    body = f"{NOW:%Y-%m-%d %H:%M:%S}".encode()
    old, _ = pair(normaliser, body, b"")
    assert old.header(b"content-length") == str(len(old.body)).encode()
    wrong = Response(200, b"OK", ((b"Content-Length", b"7"),), body)
    assert normaliser.normalise_pair(wrong, old, NOW.timestamp())[0].header(b"content-length") == b"7"


def test_headers_are_normalised_and_none_is_named():
    """Any header may hold the time."""
    normaliser = Normaliser((START.timestamp(), NOW.timestamp()))
    value = format_datetime(NOW, usegmt=True).encode()
    old, _ = normaliser.normalise_pair(Response(200, headers=((b"X-Any", value),)), Response(200), NOW.timestamp())
    assert old.headers == ((b"X-Any", b"[now Day, DD Mon YYYY hh:mm:ss GMT]"),)


def test_equal_answers_are_left_alone_and_counted(normaliser):
    """Equal bytes pass through; what they hold is counted, or the report would depend on when a second ended."""
    answer = Response(200, body=f"{NOW:%Y-%m-%d}".encode())
    assert normaliser.normalise_pair(answer, answer, NOW.timestamp()) == (answer, answer)
    assert normaliser.acted == {"date-only": 1}


def text(normaliser, value, side=0):
    """A value of a row with placeholders."""
    sides = [Effects(rows={"t": {(("c", value),): 1}}) if side == wanted else Effects() for wanted in (0, 1)]
    ((column,),) = normaliser.normalise_effects(*sides, NOW.timestamp())[side].rows["t"]
    return column[1]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("2026-11-22 18:24:39.5", "2026-11-22 18:24:38.25", True),
        ("2016-11-22 18:24:39.5", "2026-11-22 18:24:38.25", False),
        ("2026-11-22 18:24:39 a", "2026-11-22 18:24:39 b", False),
    ],
)
def test_values_are_the_same_but_for_this_run(normaliser, old, new, same):
    """Values of rows are compared by what they say apart from the time and address of this run."""
    assert (text(normaliser, old) == text(normaliser, new, side=1)) is same


def test_what_acted_on_rows_is_counted_once(normaliser):
    """However many values an exchange wrote."""
    rows = {"t": {(("a", "2026-11-22 18:24:39"), ("b", "2026-11-22 18:24:39")): 1}}
    normaliser.normalise_effects(Effects(rows=rows), Effects(rows=rows), NOW.timestamp())
    assert normaliser.acted == {"date-iso8601": 1}


@given(st.text(), st.sampled_from(sorted(form for form, _, _ in SPELLINGS.values())))
def test_any_text_around_is_kept(around, form):
    """Only the instant is replaced: the text around it comes back as it was."""
    normaliser = Normaliser((START.timestamp(), NOW.timestamp()))
    written = text(normaliser, f"{around} {NOW:{form}} {around}")
    assert written.startswith(f"{around} [now ")
    assert written.endswith(f"] {around}")


@given(
    st.sampled_from(
        ["{}-{:02}-{:02}T{:02}:{:02}:{:02}", "{}{:02}{:02}{:02}{:02}{:02}", "{1:02} Nov {0} {3:02}:{4:02}:{5:02}"]
    ),
    st.integers(1000, 9999),
    st.lists(st.integers(0, 99), min_size=5, max_size=5),
)
def test_impossible_dates_are_text(form, year, numbers):
    """What looks like a date and is none, or one of another age, stays as it is."""
    written = form.format(year, *numbers)
    normaliser = Normaliser((START.timestamp(), NOW.timestamp()))
    if year != NOW.year:
        assert text(normaliser, f"2026 {written}") == f"2026 {written}"
    else:
        text(normaliser, written)
