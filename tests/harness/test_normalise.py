"""Values that only this run can have written: which are made alike, and which must not be."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.effects import Effects
from harness.exchange import Exchange, Request, Response
from harness.judge import OWN_NAMES, WITHOUT_SERVER, Fronts, Judge
from harness.normalise import NAMES, Normaliser
from harness.replay import Outcome
from harness.ticks import STEPS, TICKS

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
    "day in words": ("%d %B %Y", "[now DD Month YYYY]", "date-day-month"),
    "month first": ("%B %d, %Y", "[now Month DD, YYYY]", "date-month-day"),
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


def test_a_hexadecimal_time_may_have_no_letter():
    """Then it looks like milliseconds, far in the future: it is what lies in the run that counts."""
    at = 0x6483015162342 / 1e6
    normaliser = Normaliser((at - 5, at))
    sides = [Response(200, headers=[(b"ETag", tag)]) for tag in (b'"9-6483015162342"', b'"9-648301516234a"')]
    old, new = normaliser.normalise_pair(*sides, at)
    assert old == new == Response(200, headers=((b"ETag", b'"9-[now hexadecimal]"'),))


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
    "microseconds": (f"{int(NOW.timestamp() * 1_000_000)}", "1111111111000000"),
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


TOLD = datetime(2016, 5, 16, 23, 30, 0, 250000, tzinfo=UTC).timestamp()


def told(old: float, new: float, sides=(TOLD, TOLD), form="{:%Y-%m-%d %H:%M:%S}", again=()):
    """Return two bodies that hold instants, normalised; `again`: when what was told before (seconds of the run)."""
    normaliser = Normaliser((START.timestamp(), float("inf")))
    for seconds, instants in again:
        normaliser.normalise_pair(Response(200), Response(200), START.timestamp() + seconds, instants)
    texts = [form.format(datetime.fromtimestamp(instant, UTC)).encode() for instant in (old, new)]
    answers = [Response(200, body=b"at " + text) for text in texts]
    at = START.timestamp() + 0.2 + max([seconds for seconds, _ in again], default=0)
    return [answer.body for answer in normaliser.normalise_pair(*answers, at, sides)]


ALIKE = b"at [now YYYY-MM-DD hh:mm:ss]"


def test_the_time_that_both_were_told_is_now():
    """Recorded traffic is replayed at its own time, and a second may end between two sides."""
    assert told(TOLD, TOLD + 1) == [ALIKE, ALIKE]


@pytest.mark.parametrize("off", [10, 600, 3600, -3600, 86_400, -86_400], ids=str)
def test_a_time_that_is_off_stays_a_difference(off):
    """Both were told the same: an hour more, or less, is a wrong zone, also where the recording is a day long."""
    day = [(0.2 * (n + 1), (TOLD - 43_200 + n * 3_600,) * 2) for n in range(20)]
    old, new = told(TOLD, TOLD + off, again=day)
    assert old != new


def test_each_side_has_its_own_clock():
    """Old asked again in other surroundings, three hours later by its clock, tells the same."""
    assert told(TOLD, TOLD + 10_800, sides=(TOLD, TOLD + 10_800)) == [ALIKE, ALIKE]
    old, new = told(TOLD, TOLD, sides=(TOLD, TOLD + 10_800))
    assert old != new


def test_what_an_earlier_exchange_of_the_scenario_wrote_is_of_the_run():
    """Both wrote it within a second of each other."""
    earlier = TOLD - 7_200
    again = [(0.5, (earlier, earlier))]
    assert told(earlier, earlier + 1, again=again) == [ALIKE, ALIKE]
    old, new = told(earlier, earlier + 3_600, again=again)
    assert old != new


def test_what_only_one_side_shows_is_made_alike():
    """That it is not there is the difference; which second it was would make each report another."""
    normaliser = Normaliser((START.timestamp(), float("inf")))
    old, new = Response(200, body=b"at 2016-05-16 23:30:00"), Response(200, body=b"at ")
    assert normaliser.normalise_pair(old, new, START.timestamp() + 1, (TOLD, TOLD))[0].body == ALIKE


DAYS = "{:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("instant", "other", "same"),
    [
        (TOLD, TOLD, True),
        (TOLD, TOLD + 86_400, False),
        (TOLD, TOLD - 86_400, False),
        (TOLD + 1_799, TOLD + 1_801, True),
    ],
    ids=["the same day", "tomorrow", "yesterday", "midnight between"],
)
def test_a_day_is_now_only_if_it_is_the_same_one(instant, other, same):
    """But where midnight lay within the exchange, the next day is."""
    midnight = (TOLD + 1_799.5,) * 2
    old, new = told(instant, other, form=DAYS, sides=midnight if same else (TOLD, TOLD))
    assert (old == new) is same


def test_rows_are_held_against_the_other_side_s_times():
    """A row of a controlled clock that is an hour off is a difference."""
    normaliser = Normaliser((START.timestamp(), float("inf")))
    for new, same in (("2016-05-16 23:30:01", True), ("2016-05-17 00:30:00", False)):
        sides = [Effects(rows={"t": {(("c", value),): 1}}) for value in ("2016-05-16 23:30:00", new)]
        one, other = normaliser.normalise_effects(*sides, START.timestamp() + 1, (TOLD, TOLD))
        assert (one.rows == other.rows) is same


T1, T2, LATER, ELSE = "2016-05-16 23:20:00", "2016-05-16 23:30:00", "2016-05-16 23:30:01", "2016-05-16 23:25:00"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        pytest.param([("a", T1, T2, T2)], [("a", T1, T2, T1)], False, id="another column's time"),
        pytest.param([("a", T1, T2, T2)], [("a", T1, LATER, T2)], True, id="a second later"),
        pytest.param([("a", T1, T1, T1), ("b", T2, T2, T2)], [("a", T2, T1, T1), ("b", T1, T2, T2)], False, id="rows"),
        pytest.param(
            [("a", T1, T1, T1), ("b", T2, T2, T2)], [("b", LATER, T2, T2), ("a", T1, T1, T1)], True, id="order"
        ),
        pytest.param([("a", T1, T1, T1)], [("a", T1, T1, ELSE)], False, id="a time that old has not"),
    ],
)
@pytest.mark.parametrize("count", [1, -1])
def test_a_time_of_a_row_is_held_against_those_of_its_column(old, new, same, count):
    """That the other side wrote it elsewhere, in another column or row, excuses nothing."""
    normaliser = Normaliser((START.timestamp(), float("inf")))
    sides = [
        Effects(rows={"t": {tuple(zip("abcd", row, strict=True)): count for row in side}}, keys={"t": ("a",)})
        for side in (old, new)
    ]
    normaliser.normalise_effects(Effects(), Effects(), START.timestamp() + 1, (TOLD - 600,) * 2)
    one, other = normaliser.normalise_effects(*sides, START.timestamp() + 1, (TOLD, TOLD))
    assert (one.rows == other.rows) is same


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        pytest.param({"a": f"{T1} {T2}"}, {"a": f"{T1} {LATER}"}, True, id="a second later"),
        pytest.param({"a": f"{T1} {T2}"}, {"a": f"{T2} {T1}"}, False, id="exchanged"),
        pytest.param({"a": T1, "b": T2}, {"a": T2, "b": T2}, False, id="another file's"),
    ],
)
def test_a_time_of_a_file_is_held_against_those_of_the_same_file(old, new, same):
    """In their order; mails and names likewise."""
    normaliser = Normaliser((START.timestamp(), float("inf")))
    sides = [Effects(files=dict.fromkeys(side, "0644 x"), texts=side) for side in (old, new)]
    normaliser.normalise_effects(Effects(), Effects(), START.timestamp() + 1, (TOLD - 600,) * 2)
    one, other = normaliser.normalise_effects(*sides, START.timestamp() + 1, (TOLD, TOLD))
    assert (one.texts == other.texts) is same


def shows(old: bytes, new: bytes) -> bool:
    """Whether the judge reports a difference between two answers of this very second."""
    normaliser = Normaliser((START.timestamp(), float("inf")), [("127.0.0.1:4001", "127.0.0.1:5002")])
    judge = Judge(normaliser, Normaliser((0.0, float("inf"))), Fronts(False, False, False))
    exchange = Exchange("t#1", Request(b"GET / HTTP/1.1"))
    answers = [Response(200, body=body) for body in (old, new)]
    found = judge.judge(Outcome(exchange, *answers, at=NOW.timestamp()))
    assert not shows_nothing_of(normaliser, old), "the rule did not act: the case proves nothing"
    return bool(found.differences)


def shows_nothing_of(normaliser: Normaliser, body: bytes) -> bool:
    """Whether no rule would act on a body by itself."""
    acted = Normaliser((START.timestamp(), float("inf")), [("127.0.0.1:4001", "127.0.0.1:5002")])
    acted.normalise_pair(Response(200, body=body), Response(200, body=body), NOW.timestamp())
    return not acted.acted


def spelled(form: str, **other: float) -> bytes:
    """The present, or another instant, in a spelling."""
    return (NOW + timedelta(**other)).strftime(form).encode()


EPOCHS = {
    "epoch": lambda instant: b"%d" % instant,
    "epoch-milliseconds": lambda instant: b"%d" % (instant * 1_000),
    "epoch-microseconds": lambda instant: b"%d" % (instant * 1_000_000),
    "epoch-hex-microseconds": lambda instant: b'"4c6-%x"' % int(instant * 1_000_000),
}
UNDER = {
    **{
        name: [
            ("a day off", lambda form=form: (spelled(form), spelled(form, days=1))),
            ("ten years ago", lambda form=form: (spelled(form), spelled(form, days=-3_650))),
            ("the same, and more", lambda form=form: (spelled(form), spelled(form) + b" (?)")),
            ("another spelling", lambda form=form: (spelled(form), b"now: " + spelled("%d.%m.%Y %H:%M"))),
            ("nothing", lambda form=form: (spelled(form), b"")),
        ]
        for form, _, name in SPELLINGS.values()
    },
    **{
        name: [
            ("a day off", lambda write=write: (write(NOW.timestamp()), write(NOW.timestamp() + 86_400))),
            ("ten years ago", lambda write=write: (write(NOW.timestamp()), write(NOW.timestamp() - 315_360_000))),
            ("no number", lambda write=write: (write(NOW.timestamp()), b"None")),
            ("one more digit", lambda write=write: (write(NOW.timestamp()), write(NOW.timestamp()) + b"0")),
        ]
        for name, write in EPOCHS.items()
    },
    "host": [
        ("the other side's address", lambda: (b"http://127.0.0.1:4001/a", b"http://127.0.0.1:4001/a")),
        ("another port", lambda: (b"http://127.0.0.1:4001/a", b"http://127.0.0.1:5003/a")),
        ("another path", lambda: (b"http://127.0.0.1:4001/a", b"http://127.0.0.1:5002/b")),
        ("without port", lambda: (b"http://127.0.0.1:4001/a", b"http://127.0.0.1/a")),
        ("https", lambda: (b"http://127.0.0.1:4001/a", b"https://127.0.0.1:5002/a")),
    ],
}


@pytest.mark.parametrize(
    "case", [pytest.param(make, id=f"{name}: {what}") for name, cases in UNDER.items() for what, make in cases]
)
def test_a_change_under_a_built_in_rule_is_reported(case):
    """By the judge itself, on values that the rule acts on: each rule hides which second it is, and nothing else."""
    assert shows(*case())


def judged(old: Response, new: Response, fronts=Fronts(False, False, False), names=({}, {})):  # noqa: B008 - frozen
    """What the judge reports of two answers, and by which rules it made something alike."""
    normaliser = Normaliser((START.timestamp(), float("inf")))
    judge = Judge(normaliser, Normaliser((0.0, float("inf"))), fronts)
    exchange = Exchange("t#1", Request(b"GET / HTTP/1.1"))
    found = judge.judge(Outcome(exchange, old, new, at=NOW.timestamp(), names=names)).differences
    return found, {name for name, count in normaliser.acted.items() if count}


SERVED = Response(200, headers=((b"Server", b"x"), (b"Connection", b"close"), (b"Allow", b"GET")), body=b"")
BY_SERVER = {
    "nothing": (((b"Allow", b"GET"),), False),
    "a header of both": (((b"Server", b"y"), (b"Allow", b"GET")), True),
    "another header": (((b"Allow", b"PUT"),), True),
    "one more": (((b"Allow", b"GET"), (b"Expires", b"0")), True),
    "one that no server adds": ((), True),
}
NAMED = {b"alice-7": b"R-1", b"9f3c": b"R-2"}, {b"alice-9": b"R-1", b"77aa": b"R-2"}
BY_NAME = {
    "nothing": (b"<a href='/u/alice-9'>77aa</a>", False),
    "a name of the other side": (b"<a href='/u/alice-7'>77aa</a>", True),
    "another name": (b"<a href='/u/alice-9'>alice-9</a>", True),
    "a name that nobody gave": (b"<a href='/u/alice-9'>77ab</a>", True),
    "beside a name": (b"<a href='/u/alice-9'>77aa!</a>", True),
}


@pytest.mark.parametrize(("headers", "differs"), BY_SERVER.values(), ids=BY_SERVER.keys())
def test_what_only_a_server_adds_hides_nothing_else(headers, differs):
    """A served answer against an application's: the same header on both sides, and any other, is compared."""
    found, acted = judged(SERVED, Response(200, headers=headers, body=b""), Fronts(False, True, False))
    assert WITHOUT_SERVER in acted
    assert bool(found) == differs


@pytest.mark.parametrize(("body", "differs"), BY_NAME.values(), ids=BY_NAME.keys())
def test_each_side_s_own_names_hide_nothing_else(body, differs):
    """A name is made alike where each side has its own for the same; the other's, or a third, is a difference."""
    found, acted = judged(Response(200, body=b"<a href='/u/alice-7'>9f3c</a>"), Response(200, body=body), names=NAMED)
    assert OWN_NAMES in acted
    assert bool(found) == differs


AHEAD = "2031-05-06 07:08:09.019717"
BY_TICK = {
    "nothing": ("2031-05-06 07:08:09.019716", False),
    "two milliseconds": ("2031-05-06 07:08:09.021717", True),
    "a second": ("2031-05-06 07:08:10.019717", True),
    "another zone": ("2031-05-06 07:08:09.019716+01", True),
    "whole seconds": ("2031-05-06 07:08:09", True),
}


@pytest.mark.parametrize(("told", "hides"), [((1.4e9, 1.4e9), True), ((None, 1.4e9), False)], ids=["told", "not told"])
@pytest.mark.parametrize(("value", "differs"), BY_TICK.values(), ids=BY_TICK.keys())
def test_ticks_of_a_told_clock_hide_nothing_else(value, differs, told, hides):
    """An expiry that is microseconds apart, since one side asked once more for the time; only where both were told."""
    sides = [Effects(rows={"t": {(("id", "1"), ("expires", at)): 1}}, keys={"t": ("id",)}) for at in (AHEAD, value)]
    normaliser = Normaliser((START.timestamp(), float("inf")))
    judge = Judge(normaliser, Normaliser((0.0, float("inf"))), Fronts(False, False, False))
    exchange, answer = Exchange("t#1", Request(b"POST / HTTP/1.1")), Response(200)
    outcome = Outcome(exchange, answer, answer, *sides, at=NOW.timestamp(), told=told)
    assert bool(judge.judge(outcome).differences) == (differs or not hides)
    assert bool(normaliser.acted[TICKS]) == (hides and not differs)


BY_STEP = {
    "an expiry by each clock": ("2031-05-04 17:57:02.019717", False),
    "a second later": ("2031-05-04 17:57:03.019717", False),
    "an hour later": ("2031-05-04 18:57:02.019717", True),
    "the other side's clock": ("2031-05-06 07:08:10.019717", True),
    "another spelling": ("Sun, 04 May 2031 17:57:02 GMT", True),
    "more than a time": ("2031-05-04 17:57:02.019717 or so", True),
}


@pytest.mark.parametrize(("apart", "hides"), [(-133867, True), (0, False)], ids=["apart", "alike"])
@pytest.mark.parametrize(("value", "differs"), BY_STEP.values(), ids=BY_STEP.keys())
def test_clocks_that_are_apart_excuse_times_that_are_as_far_apart(value, differs, apart, hides):
    """An expiry in an hour is another time for a side whose clock was told another one; in rows as in answers."""
    sides = [Effects(rows={"t": {(("id", "1"), ("expires", at)): 1}}, keys={"t": ("id",)}) for at in (AHEAD, value)]
    answers = [Response(200, headers=[(b"X-Until", at.encode())]) for at in (AHEAD, value)]
    normaliser = Normaliser((START.timestamp(), float("inf")))
    judge = Judge(normaliser, Normaliser((0.0, float("inf"))), Fronts(False, False, False))
    exchange = Exchange("t#1", Request(b"POST / HTTP/1.1"))
    outcome = Outcome(exchange, *answers, *sides, at=NOW.timestamp(), told=(1.4e9, 1.4e9 + apart))
    aspects = {difference.aspect for difference in judge.judge(outcome).differences}
    assert aspects == ({"header", "rows"} if differs or not hides else set())
    assert bool(normaliser.acted[STEPS]) == (hides and not differs)


def test_a_row_that_new_took_over_from_old_has_olds_time():
    """Where clocks are apart and new goes on from what old wrote, the old clock's time stands on both sides."""
    told = (NOW.timestamp() - 1e6, NOW.timestamp() - 2e6)
    then, else_ = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S") for at in told)
    taken = (("id", "1"), ("made", then))
    sides = [Effects(rows={"t": {taken: -1}, "u": {(("seen", at),): 1}}, keys={"t": ("id",)}) for at in (then, else_)]
    old, new = Normaliser((START.timestamp(), float("inf"))).normalise_effects(*sides, NOW.timestamp(), told)
    assert old == new


CASES = {**UNDER, WITHOUT_SERVER: BY_SERVER, OWN_NAMES: BY_NAME, TICKS: BY_TICK, STEPS: BY_STEP}
ACTED = re.compile(r"""\bacted(?:\[|\.\w+\(\(?(?="))["]?([^]"]+)""")


@pytest.mark.parametrize("name", [*NAMES, WITHOUT_SERVER, OWN_NAMES, TICKS, STEPS])
def test_every_built_in_rule_has_a_case_above(name):
    """A new rule without one fails here."""
    assert CASES.get(name)


def test_no_rule_acts_under_a_name_that_is_not_listed():
    """Whatever counts that it acted, anywhere, is one of those above."""
    counted = {name for file in Path(harness.__file__).parent.rglob("*.py") for name in ACTED.findall(file.read_text())}
    assert counted == {"WITHOUT_SERVER", "OWN_NAMES", "TICKS", "STEPS", "host"}
