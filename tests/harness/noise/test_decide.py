"""Noise and change told apart, on answers that the real comparison compares."""

import json
import random
import re
import uuid
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.effects import Effects
from harness.exchange import Response
from harness.noise import Run, decide
from harness.noise.gather import Reach, Seen, Sketch, digest_of, paired_counts

COUNT = 60
CHANCE = random.Random(11)


def page(value, name="x"):
    """A JSON answer that holds a value."""
    return Response(
        200, b"OK", ((b"Content-Type", b"application/json"),), json.dumps({"name": name, "value": value}).encode()
    )


def token():
    """Sixteen random hexadecimal digits."""
    return f"{CHANCE.getrandbits(64):016x}"


def drawn(make=token, count=COUNT):
    """A run in which the value is drawn anew in each exchange."""
    return [page(make()) for _ in range(count)]


def left(decision, run):
    """The differences that no rule explains."""
    return [seen.difference for finding in run.findings for seen in decision.unexplained(finding.observations)]


def decided(made, new, old=None, noise=None, itself=()):
    """Decide about new, where old draws a token in each exchange; what is left, and the decision."""
    noise = noise or [made.run(drawn(), drawn()) for _ in range(2)]
    found = made.run(old or drawn(), new)
    decision = decide(found, noise, itself=itself)
    return left(decision, found), decision


def test_what_old_shows_against_itself_is_noise(made):
    """The rule says what it hides and what it still checks, on what evidence, and how much it explained."""
    differences, decision = decided(made, drawn(), itself=[made.run(drawn(), drawn()) for _ in range(2)])
    assert differences == []
    (rule,) = decision.rules
    assert (rule.endpoint, rule.aspect, rule.path, rule.type) == (made.endpoint, "body", "value", "token")
    assert rule.hides == 'which value stands behind """: 16 lower-case hexadecimal digits'
    assert rule.evidence == "old differed from itself in 60 of 60 and 60 of 60 exchanges"
    assert (rule.count, rule.refused) == (COUNT, "")


CHANGES = {
    "half as long": lambda: [page(token()[:8]) for _ in range(COUNT)],
    "another alphabet": lambda: [page(token().upper()) for _ in range(COUNT)],
    "another type": lambda: [page(7) for _ in range(COUNT)],
    "null": lambda: [page(None) for _ in range(COUNT)],
    "gone": lambda: [Response(200, b"OK", page("").headers, b'{"name": "x"}') for _ in range(COUNT)],
    "more around": lambda: [page(f"t-{token()}") for _ in range(COUNT)],
    "always the same": lambda: [page("0123456789abcdef")] * COUNT,
    "each one twice": lambda: [page(f"{n // 2 + 2**60:016x}") for n in range(COUNT)],
    "a list of it": lambda: [page([token()]) for _ in range(COUNT)],
}


@pytest.mark.parametrize("new", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_a_noisy_value_is_seen(made, new):
    """In every exchange (but where chance writes digits only): what old never shows is no noise."""
    differences, _ = decided(made, new())
    assert len(differences) >= COUNT - 1


def test_one_value_that_is_wrong_is_seen_among_noise(made):
    """Also if it is one of many."""
    new = drawn()
    new[31] = page("None")
    differences, _ = decided(made, new)
    assert [difference.new for difference in differences] == ['"None"']


def test_a_change_beside_a_noisy_value_is_seen(made):
    """Another place is another place."""
    differences, _ = decided(made, [page(token(), name="y") for _ in range(COUNT)])
    assert {difference.path for difference in differences} == {"name"}


def test_another_endpoint_is_another_place(made):
    """What is noise at one endpoint proves nothing about another."""
    noise = [made.run(drawn(), drawn(), "GET /other") for _ in range(2)]
    assert len(decided(made, drawn(), noise=noise)[0]) == COUNT


def test_one_random_value_for_a_session_that_new_draws_for_each_request_is_seen(made):
    """Both look the same, one by one."""
    session = lambda: [page(value) for value in [token()] * COUNT]  # noqa: E731
    noise = [made.run(session(), session()) for _ in range(2)]
    assert decided(made, session(), session(), noise)[0] == []
    assert len(decided(made, drawn(), session(), noise)[0]) == COUNT


def rarely(share, seed):
    """A run in which the value is drawn anew in a share of the exchanges."""
    chance = random.Random(seed)
    return [page(token() if chance.random() < share else "0" * 16) for _ in range(200)]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.66])
def test_new_that_varies_more_often_than_old_is_seen(made, share):
    """A value that varies in a share of the exchanges hides no change in all."""
    noise = [made.run(rarely(share, 2 * n), rarely(share, 2 * n + 1)) for n in range(2)]
    assert decided(made, rarely(share, 8), rarely(share, 9), noise)[0] == []
    differences, decision = decided(made, drawn(count=200), rarely(share, 9), noise)
    assert len(differences) >= 190
    assert decision.rules[0].refused.startswith("new")


REFUSED = {
    "status": (Response(200), Response(500, body=b"")),
    "a member that comes and goes": (page("a"), Response(200, b"OK", page("").headers, b'{"name": "x"}')),
    "a type that changes": (page("a"), page(1)),
    "bytes": tuple(
        Response(200, headers=((b"Content-Type", b"image/png"),), body=body) for body in (b"\x89PNG1", b"\x89PNG22")
    ),
}


@pytest.mark.parametrize(("one", "other"), REFUSED.values(), ids=REFUSED.keys())
def test_what_keeps_no_check_is_refused_and_says_why(made, one, other):
    """Old does so itself: the report tells, and the differences stay."""
    noise = [made.run([one, other] * 10, [other, one] * 10)]
    found = made.run([one, other] * 10, [other, one] * 10)
    decision = decide(found, noise)
    assert len(left(decision, found)) == 20
    assert all(len(rule.refused.split()) > 2 and rule.count == 0 for rule in decision.rules)
    assert decision.rules


def test_free_text_is_refused(made):
    """A quotation of the day has no form."""

    def quoted():
        return [page(" ".join(CHANCE.sample(["to", "be", "or", "not", "that", "is"], 4))) for _ in range(COUNT)]

    differences, decision = decided(made, quoted(), quoted(), [made.run(quoted(), quoted())])
    assert len(differences) > COUNT / 2
    assert re.search("free text|no one place|too much of the text", decision.rules[0].refused)


def test_a_shuffled_list_is_noise_and_a_lost_item_is_not(made):
    """The order is hidden, the items are checked."""
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]

    def shuffled(count=5):
        return [page(CHANCE.sample(words, 5)[:count]) for _ in range(COUNT)]

    noise = [made.run(shuffled(), shuffled()) for _ in range(2)]
    assert decided(made, shuffled(), shuffled(), noise)[0] == []
    lost = decided(made, shuffled(4), shuffled(), noise)[0]
    assert {difference.kind for difference in lost} == {"missing"}


def test_a_list_shuffled_within_a_text_is_noise_and_another_item_is_not(made):
    """As one writes it with join: the words are checked, not where they stand."""

    def listed(items):
        return [page(f"You may like: {', '.join(CHANCE.sample(items, 5))}.") for _ in range(COUNT)]

    noise = [made.run(listed("12345"), listed("12345")) for _ in range(2)]
    assert decided(made, listed("12345"), listed("12345"), noise)[0] == []
    assert len(decided(made, listed("12346"), listed("12345"), noise)[0]) == COUNT


def test_a_text_that_looks_like_a_number_by_chance_is_the_token_it_is(made):
    """The state of SQLite shows such texts quoted; a number in its place is of another type."""

    def rows(*values):
        return [Effects(rows={"orders": {(("id", str(n)), ("ref", value)): 1}}) for n, value in enumerate(values)]

    def refs(*more):
        return rows(*(f"{CHANCE.getrandbits(28):07X}B" for _ in range(COUNT)), *more)

    noise = [made.run(refs("'464493E6'", "8BB32720"), refs("0EFB63D8", "'12345678'")) for _ in range(2)]
    assert decided(made, refs("'13141516'"), refs("E39428B4"), noise)[0] == []
    typed = decided(made, refs("87654321"), refs("'13141516'"), noise)[0]
    assert [difference.new for difference in typed] == ["87654321"]


def test_a_day_that_is_off_by_one_is_seen_where_days_are_noise(made):
    """Old's clock is set back by more than a day when it is run against itself; old and new are told one time."""

    def days(off=0, count=COUNT):
        return [page(f"due {date(2026, 11, 22) + timedelta(days=n % 3 + off)}") for n in range(count)]

    for count in (1, 2, COUNT):
        noise = [made.run(days(count=count), days(-off, count)) for off in (2, 3)]
        assert len(decided(made, days(1, count), days(count=count), noise)[0]) == count


def test_a_cookie_s_attributes_stay_checked(made):
    """Only the value varies."""

    def cookies(rest):
        return [made.answer("{}", "text/html", (b"Set-Cookie", f"sid={token()}{rest}".encode())) for _ in range(COUNT)]

    whole = "; Path=/; HttpOnly"
    noise = [made.run(cookies(whole), cookies(whole)) for _ in range(2)]
    assert decided(made, cookies(whole), cookies(whole), noise)[0] == []
    for rest in ("; Path=/", "; Path=/shop; HttpOnly", "; Path=/; HttpOnly; Secure"):
        assert len(decided(made, cookies(rest), cookies(whole), noise)[0]) == COUNT


def test_only_the_value_that_varies_in_a_line_is_hidden(made):
    """The rest of the line stays checked, and so does the same word elsewhere."""

    def lines(text):
        return [made.answer(text.format(token()), "text/plain") for _ in range(COUNT)]

    usual = "one line\nrequest {} served by web1\n"
    noise = [made.run(lines(usual), lines(usual)) for _ in range(2)]
    assert decided(made, lines(usual), lines(usual), noise)[0] == []
    for text in ("one line\nrequest {} served by web2\n", "another line\nrequest {} served by web1\n"):
        assert len(decided(made, lines(text), lines(usual), noise)[0]) == COUNT


def test_two_numbers_with_a_stroke_between_are_two_values(made):
    """`3/147`, of which the first may vary, or the second, or both: none is a part of the other, nor of a path."""

    def load(form="0.12 {}/{} {}"):
        return [
            made.answer(
                form.format(CHANCE.randrange(1, 4), 147 + n % 2 * CHANCE.randrange(2), 20_000 + n), "text/plain"
            )
            for n in range(COUNT)
        ]

    for _ in range(5):
        noise = [made.run(load(), load()) for _ in range(2)]
        assert decided(made, load(), load(), noise)[0] == []
        assert len(decided(made, load("0.12 {}/{} x{}"), load(), noise)[0]) == COUNT


def table(*cells):
    """A page with a table of one row for each cell."""
    rows = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
    return Response(200, b"OK", ((b"Content-Type", b"text/html"),), f"<table>{rows}</table>".encode())


def test_a_wrong_value_beside_random_ones_is_seen(made):
    """Of one path, where nothing but a position would tell them apart: more values differ than a side draws."""

    def tables(wrong=""):
        return [table(*(token() for _ in range(n % 3 + 1)), f"{wrong}{n:0{16 - len(wrong)}x}") for n in range(COUNT)]

    noise, itself = ([made.run(tables(wrong), tables(wrong)) for _ in range(2)] for wrong in ("", "f"))
    for runs in ((), itself):
        assert decided(made, tables(), tables(), noise, itself=noise if runs else ())[0] == []
        assert len(decided(made, tables("f"), tables(), noise, itself=runs)[0]) > COUNT


def test_more_or_fewer_random_values_are_noise_where_old_has_them_so(made):
    """How many of one answer differ may vary by itself, and be another number in each."""

    def tables():
        return [table(*(token() if CHANCE.random() < 0.7 else "x1" * 8 for _ in range(5))) for _ in range(COUNT)]

    for _ in range(4):
        noise = [made.run(tables(), tables()) for _ in range(2)]
        assert decided(made, tables(), tables(), noise)[0] == []


def test_random_rows_are_paired_column_by_column(made):
    """Where nothing but a key is the same on both sides, a row is still held against a row."""

    def rows(user="ann"):
        return [
            Effects(
                rows={
                    "sessions": {
                        (
                            ("id", token()),
                            ("key", str(uuid.UUID(int=CHANCE.getrandbits(128), version=4))),
                            ("user", user),
                        ): 1
                    }
                }
            )
            for _ in range(COUNT)
        ]

    noise = [made.run(rows(), rows()) for _ in range(2)]
    assert decided(made, rows(), rows(), noise)[0] == []
    assert decided(made, rows("bob"), rows(), noise)[0]


def test_a_counter_that_no_longer_counts_is_seen(made):
    """Numbers that go up with every exchange."""

    def counted(begin, step=1):
        return [page(begin + step * n) for n in range(COUNT)]

    noise = [made.run(counted(1_000), counted(1_300)), made.run(counted(1_100), counted(1_500))]
    assert decided(made, counted(1_222), counted(1_111), noise)[0] == []
    assert len(decided(made, counted(9_000, -1), counted(1_111), noise)[0]) == COUNT
    assert len(decided(made, [page(1_234)] * COUNT, counted(1_111), noise)[0]) >= COUNT - 1


def test_rare_noise_of_new_is_told_by_asking_again(made):
    """Old never showed it, new did once, and not again: that is no change. One that comes again is."""
    steady = [page("0123456789abcdef")] * COUNT
    once = [*steady[1:], page(token())]
    found, agreed, again = (made.run(steady, new) for new in (once, steady, once))
    noise = [made.run(steady, steady)]
    decision = decide(found, noise, again=agreed)
    assert left(decision, found) == []
    assert [rule.once[:32] for rule in decision.rules] == ['made#60: "0123456789abcdef" -> "']
    assert len(left(decide(found, noise, again=again), found)) == 1
    assert len(left(decide(found, noise), found)) == 1


def test_a_rare_wrong_value_stays_a_difference(made):
    """What does not look like old's value is no noise, however rare."""
    steady = [page("0123456789abcdef")] * COUNT
    found = made.run(steady, [*steady[1:], page("None")])
    decision = decide(found, [made.run(steady, steady)], again=made.run(steady, steady))
    assert len(left(decision, found)) == 1
    assert [(rule.once, rule.count) for rule in decision.rules] == [('made#60: "0123456789abcdef" -> "None"', 0)]


def test_a_status_that_was_seen_once_is_a_difference_that_says_so(made):
    """A side that fails now and then does not hide in the noise."""
    steady = [page("x")] * COUNT
    found = made.run(steady, [*steady[1:], Response(500, b"Error", page("x").headers, page("x").body)])
    decision = decide(found, [made.run(steady, steady)], again=made.run(steady, steady))
    assert [seen.aspect for seen in left(decision, found)] == ["status"]
    assert [rule.once for rule in decision.rules if rule.refused.startswith("the status")] == [
        "made#60: 200 OK -> 500 Error"
    ]


def test_a_fault_now_and_then_shows_when_new_is_run_against_itself(made):
    """What old never shows in any run, and new in each, though never in the same exchange, is new's."""
    total = lambda *wrong: [page(n if n in wrong else 5) for n in range(COUNT)]  # noqa: E731
    found, again = made.run(total(), total(3, 9)), made.run(total(), total(17))
    noise = [made.run(total(), total())] * 2
    itself = [made.run(total(1, 12, 30), total(22, 41)), made.run(total(7), total(2, 55, 20))]
    assert len(left(decide(found, noise, again=again, itself=itself), found)) == 2
    assert left(decide(found, noise, again=again, itself=[made.run(total(), total(7))] * 2), found) == []


def test_without_runs_nothing_is_noise(made):
    """`--noise-runs 0`."""
    found = made.run(drawn(), drawn())
    assert len(left(decide(found, []), found)) == COUNT


def sketch(*places):
    """What was seen in some exchanges, each with values of its own."""
    made = Sketch()
    for scenario, position in places:
        made.add(digest_of(f"{scenario}#{position}"), Seen(scenario, position, ((f"{scenario}", f"{position}"),)))
    return made


def test_exchanges_chosen_by_what_differed_prove_nothing():
    """Old was asked again as far as the last difference of each scenario: that one is there by choice."""
    found, noise = sketch((0, 3), (0, 7), (1, 1)), sketch((0, 3), (0, 5), (1, 1), (2, 1))
    assert paired_counts(found, [noise], Reach({0: 7, 1: 1})) == {(True, 1): 1, (False, 1): 1}
    assert paired_counts(found, [noise], Reach(None)) == {(True, 1): 2, (False, 1): 2, (True, 0): 1}


def test_what_is_the_same_in_a_whole_scenario_is_one_event():
    """One token of one session, shown on each of its pages, is drawn once."""
    found = Sketch()
    for position in range(5):
        found.add(digest_of(str(position)), Seen(0, position, (("a", "b"),)))
    assert paired_counts(found, [Sketch()], Reach(None)) == {(True, 0): 1}


@given(st.permutations(range(12)), st.integers(1, 5))
def test_what_is_kept_does_not_depend_on_the_order(order, kept):
    """Nor on how often it was sorted out."""
    made, other = Sketch(kept), Sketch(kept)
    for number in range(12):
        made.add(digest_of(str(number)), number)
    for number in order:
        other.add(digest_of(str(number)), number)
    assert made.things() == other.things()
    assert made.count == other.count == 12


def test_the_decision_does_not_depend_on_the_order_of_findings(made):
    """Nor on who found them."""
    found, noise = made.run(drawn(), drawn()), made.run(drawn(), drawn())
    turned = [Run(list(reversed(list(run.findings))), run.exchanges) for run in (found, noise)]
    assert decide(found, [noise]).rules == decide(turned[0], [turned[1]]).rules


def commented(*comments):
    """A page with comments."""
    body = "<html><body>" + "".join(f"<!--{comment}-->" for comment in comments) + "<p>x</p></body></html>"
    return Response(200, b"OK", ((b"Content-Type", b"text/html"),), body.encode())


COMMENTS = {
    "as old's": (lambda: commented(f" served by {token()} "), 0),
    "an error": (lambda: commented(f" no such table users; password=hunter{CHANCE.randrange(97)} "), COUNT),
    "none": (lambda: commented(), COUNT),
    "one more": (lambda: commented(f" served by {token()} ", "x"), COUNT),
    "always the same": (lambda: commented(" served by 0123456789abcdef "), COUNT),
}


@pytest.mark.parametrize(("make", "count"), COMMENTS.values(), ids=COMMENTS.keys())
def test_what_a_varying_comment_says_is_looked_at(made, make, count):
    """That old's comment varies does not hide what may become of it, though all of it is spelling."""
    old = lambda: [commented(f" served by {token()} ") for _ in range(COUNT)]  # noqa: E731
    noise = [made.run(old(), old()) for _ in range(2)]
    assert len(decided(made, [make() for _ in range(COUNT)], old(), noise)[0]) >= count
    assert (decided(made, [make() for _ in range(COUNT)], old(), noise)[0] == []) == (count == 0)


def test_comments_that_nothing_tells_apart_are_paired(made):
    """Two of them, of which all is random, are no comments that came and went."""
    old = lambda: [commented(token(), token()) for _ in range(COUNT)]  # noqa: E731
    assert decided(made, old(), old(), [made.run(old(), old()) for _ in range(2)])[0] == []
