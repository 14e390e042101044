"""Verdicts: what is judged, what is stale, and whose headers count."""

from __future__ import annotations

import pytest

from harness.difference import Difference
from harness.effects import Effects
from harness.exchange import Exchange, Headers, Request, Response
from harness.judge import WITHOUT_SERVER, Fronts, Judge, Replayed, Verdict
from harness.normalise import Normaliser
from harness.replay import Outcome
from harness.targets import Answer, Crash, Unsent

NOW = 1_800_000_000.0
REQUEST = Request(b"GET / HTTP/1.1")


def verdict(
    old: Answer, new: Answer, recorded: Response | None = None, fronts: Fronts | None = None, **effects: Effects
) -> Verdict:
    """Judge one exchange."""
    normaliser = Normaliser((NOW, float("inf")))
    judge = Judge(normaliser, Normaliser((0.0, float("inf"))), fronts or Fronts(False, False, False))
    return judge.judge(Outcome(Exchange("t#1", REQUEST, recorded), old, new, at=NOW + 1, **effects))


OK, DENIED, MOVED, LOST = Response(200), Response(401), Response(301), Response(404)


@pytest.mark.parametrize(
    ("recorded", "old", "new", "kind"),
    [
        (None, OK, OK, "judged"),
        (OK, OK, OK, "judged"),
        (OK, OK, LOST, "judged"),
        (OK, Response(204), OK, "judged"),
        (OK, DENIED, DENIED, "stale"),
        (OK, MOVED, OK, "stale"),
        (DENIED, LOST, OK, "judged"),
        (OK, Crash("timeout"), OK, "error"),
        (OK, OK, Crash("timeout"), "judged"),
        (OK, Unsent("body not recorded"), OK, "unreplayable"),
        (OK, OK, Unsent("body not recorded"), "unreplayable"),
    ],
)
def test_an_exchange_is_judged_when_old_has_the_recorded_status_class(
    recorded: Response | None, old: Answer, new: Answer, kind: str
) -> None:
    """Two sides that agree on a refusal prove nothing."""
    assert verdict(old, new, recorded).kind == kind


def test_a_stale_exchange_still_shows_how_the_sides_differ() -> None:
    """Not judged is not the same as not seen."""
    found = verdict(DENIED, OK, recorded=OK)
    assert (found.kind, [difference.aspect for difference in found.differences]) == ("stale", ["status"])


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (OK, Crash("killed by SIGKILL"), Difference("crash", "", "added", "answered 200", "killed by SIGKILL")),
        (Crash("timeout"), OK, Difference("crash", "", "missing", "timeout", "answered 200")),
        (Crash("timeout"), Crash("died"), Difference("crash", "", "changed", "timeout", "died")),
    ],
)
def test_a_target_that_died_is_a_crash_difference(old: Answer, new: Answer, difference: Difference) -> None:
    """Also where both died, each in its own way."""
    assert verdict(old, new).differences == (difference,)


@pytest.mark.parametrize("rows", [0, 1])
def test_two_sides_that_died_alike_do_not_differ(rows: int) -> None:
    """Nothing is proved by that, so the exchange is no judged one; what only one of them wrote before is told."""
    written = Effects({"t": {(("id", "1"),): rows}} if rows else {})
    old, new = Crash("the process ended with 3", "pid 7"), Crash("the process ended with 3", "pid 8")
    found = verdict(old, new, old_effects=written, new_effects=Effects())
    assert (found.kind, [one.aspect for one in found.differences], found.diverged) == (
        "error",
        ["rows"] * rows,
        bool(rows),
    )


def test_what_old_answers_now_is_held_against_the_recording_apart() -> None:
    """An outdated snapshot must not look like a regression."""
    found = verdict(Response(200, body=b"b"), Response(200, body=b"b"), recorded=Response(200, body=b"a"))
    assert found.differences == ()
    assert [difference.aspect for difference in found.stale] == ["body"]


def test_a_log_s_answer_is_compared_by_status_alone() -> None:
    """There is no body and no header to compare with."""
    recorded = Response(200, body=None, size=7)
    assert verdict(OK, OK, recorded).stale == ()
    assert verdict(LOST, LOST, recorded).stale == (Difference("status", "", "changed", "200", "404"),)


LENGTH: Headers = ((b"Content-Length", b"30"),)
WHOLE = b"<p>at 2027-01-15T08:00:00 ok</p>"


@pytest.mark.parametrize(
    ("body", "now", "stale"),
    [
        (b"", WHOLE, []),
        (b"<p>at", WHOLE, []),
        (b"<p>at 1970-01-01T00:0", WHOLE, []),
        (b"<p>at 1970-01-01T00:00:00 o", WHOLE, []),
        (WHOLE.replace(b"2027-01-15T08", b"1970-01-01T00"), WHOLE, []),
        (b"<b>at", WHOLE, ["body"]),
        (b"<p>at 1970-01-01T00:00:00 o", b"<h1>at 2027-01-15T08:00:00 ok</h1>", ["body"]),
        (b"<p>at", b"<p", ["body"]),
    ],
    ids=["nothing", "half", "half a time", "nearly all", "all", "other from the start", "other tag", "shorter now"],
)
def test_an_answer_that_was_cut_off_is_compared_as_far_as_it_goes(body: bytes, now: bytes, stale: list[str]) -> None:
    """That the recording's client went away does not make the recording stale."""
    recorded = Response(200, headers=LENGTH, body=body, complete=False)
    old = Response(200, headers=LENGTH, body=now)
    assert sorted({difference.aspect for difference in verdict(old, old, recorded).stale}) == stale


@pytest.mark.parametrize("replayed", [Replayed(old=False), Replayed(new=False)], ids=["old", "new"])
@pytest.mark.parametrize(("now", "aspects"), [(WHOLE, []), (b"<b>at", ["body"])], ids=["goes on", "another"])
def test_a_recorded_side_that_was_cut_off_is_compared_as_far_as_it_goes(
    replayed: Replayed, now: bytes, aspects: list[str]
) -> None:
    """The client of the recording went away; the side that answers now does not differ by answering whole."""
    cut, whole = Response(200, headers=LENGTH, body=b"<p>at", complete=False), Response(200, headers=LENGTH, body=now)
    sides = (whole, cut) if replayed.old else (cut, whole)
    normaliser = Normaliser((NOW, float("inf")))
    judge = Judge(normaliser, normaliser, Fronts(False, False, False), replayed)
    found = judge.judge(Outcome(Exchange("t#1", REQUEST, cut), *sides, at=NOW))
    assert [difference.aspect for difference in found.differences] == aspects


def test_an_answer_that_breaks_off_now_is_still_a_difference() -> None:
    """Only the recording may be short."""
    found = verdict(Response(200, body=b"ab"), Response(200, body=b"a", complete=False))
    assert [(difference.aspect, difference.path) for difference in found.differences] == [("framing", "complete")]


@pytest.mark.parametrize(
    ("new", "aspects"),
    [(OK, ["rows"]), (DENIED, ["status"]), (Crash("died"), ["crash"]), (MOVED, ["status", "rows"])],
    ids=["done", "refused", "died", "a redirect, which who accepts it thinks to come after the work"],
)
def test_what_a_refusal_did_not_write_follows_from_it(new: Answer, aspects: list[str]) -> None:
    """One cause, one difference."""
    written = Effects({"t": {(("id", "1"),): 1}})
    found = verdict(OK, new, old_effects=written, new_effects=Effects())
    assert [difference.aspect for difference in found.differences] == aspects


def test_exchanges_after_rows_came_to_differ_are_late() -> None:
    """From then on, what differs may follow from that; not in the exchange itself."""
    normaliser = Normaliser((NOW, float("inf")))
    judge = Judge(normaliser, normaliser, Fronts(False, False, False))
    written = Effects({"t": {(("id", "1"),): 1}})
    outcomes = [
        Outcome(Exchange("t#1", REQUEST), OK, OK, at=NOW),
        Outcome(Exchange("t#2", REQUEST), OK, DENIED, at=NOW, old_effects=written, new_effects=Effects()),
        Outcome(Exchange("t#3", REQUEST), OK, OK, at=NOW),
    ]
    assert [judge.judge(outcome).late for outcome in outcomes] == [False, False, True]


DATE: Headers = ((b"Date", b"x"), (b"Server", b"y"), (b"Connection", b"close"), (b"X-Own", b"1"))


@pytest.mark.parametrize(
    ("fronts", "differing"),
    [
        (Fronts(old=True, new=False), []),
        (Fronts(old=False, new=True), ["Connection", "Date", "Server"]),
        (Fronts(old=True, new=True), ["Connection", "Date", "Server"]),
        (Fronts(old=False, new=False), ["Connection", "Date", "Server"]),
    ],
    ids=["only old behind a server", "only new", "both", "neither"],
)
def test_headers_that_only_a_server_adds_count_where_both_could_have_them(fronts: Fronts, differing: list[str]) -> None:
    """An application called without a server cannot send them."""
    found = verdict(Response(200, headers=DATE), Response(200, headers=DATE[3:]), fronts=fronts)
    assert sorted(difference.path for difference in found.differences) == differing


def test_a_server_s_header_that_the_application_also_sends_is_compared() -> None:
    """Nothing is dropped that both sides have."""
    old, new = Response(200, headers=((b"Server", b"a"),)), Response(200, headers=((b"Server", b"b"),))
    assert [d.path for d in verdict(old, new, fronts=Fronts(old=True)).differences] == ["Server"]


def test_what_was_put_aside_is_counted() -> None:
    """The report says how often."""
    normaliser = Normaliser((NOW, float("inf")))
    judge = Judge(normaliser, normaliser, Fronts(old=True))
    judge.judge(Outcome(Exchange("t#1", REQUEST), Response(200, headers=DATE), OK, at=NOW))
    assert normaliser.acted[WITHOUT_SERVER] == 1


ROW = (("id", "1"), ("at", "2027-01-15T08:00:00"))
LATER = (("id", "1"), ("at", "2027-01-15T08:00:01"))
OTHER = (("id", "2"), ("at", "2027-01-15T08:00:00"))


@pytest.mark.parametrize(("new", "paths"), [(ROW, []), (LATER, []), (OTHER, ["t.id"])])
def test_rows_written_are_compared_but_for_the_time_of_the_run(
    new: tuple[tuple[str, str | None], ...], paths: list[str]
) -> None:
    """Rows of both sides, after each write."""
    effects = {"old_effects": Effects({"t": {ROW: 1}}), "new_effects": Effects({"t": {new: 1}})}
    assert [d.path for d in verdict(OK, OK, **effects).differences] == paths  # type: ignore[arg-type]


def test_what_only_one_side_is_seen_to_write_is_no_difference() -> None:
    """The recording and a server do not show their rows."""
    assert verdict(OK, OK, new_effects=Effects({"t": {ROW: 1}})).differences == ()


def test_the_recording_as_old_side_answers_at_its_own_time() -> None:
    """A time of the recording and the same place's time of this run are alike; a time older than both is not."""
    recorded, now = (Response(200, body=f"at 20{year}-01-15 08:00:00".encode()) for year in ("16", "27"))
    started = 1_452_844_790.0  # ten seconds before that
    exchange = Exchange("t#1", REQUEST, recorded, started=started, duration=20)
    replayed = Replayed(old=False, new=True)
    judge = Judge(Normaliser((NOW, float("inf"))), Normaliser((started, float("inf"))), Fronts(), replayed)
    assert judge.judge(Outcome(exchange, recorded, now, at=NOW + 1)).differences == ()
    older = Response(200, body=b"at 2015-01-15 08:00:00")
    assert judge.judge(Outcome(exchange, older, now, at=NOW + 1)).differences != ()
