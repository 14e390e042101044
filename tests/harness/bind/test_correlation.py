"""Which names of both sides are one: only what is known to be given anew by each."""

from __future__ import annotations

import pytest

from harness.bind import Bindings, Correlation, learned
from harness.effects import Effects
from harness.exchange import Exchange, Request, Response

A, B, C = (bytes([digit]) + b"b1c7f0e2a4d6b8c9b1c7f0e2a4d6b8d" for digit in b"123")
HIDDEN = b'<input type="hidden" name="csrf" value="%s">'
LINK = b'<a href="/packages/%s/x">x</a>'
ITEM = b'<a href="/item/%d">x</a>'


def observe(correlation: Correlation, exchange: Exchange, old: Response, new: Response, *effects: Effects) -> None:
    """Let both sides learn from their answers, then find what is the same at both."""
    changed = [*learned(correlation.old, exchange, old), *learned(correlation.new, exchange, new)]
    correlation.observe(exchange, changed, *effects)


def shared(
    recorded: bytes, old: bytes, new: bytes, *effects: Effects, method: bytes = b"GET"
) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """Return the names shared after one exchange with these bodies."""
    correlation = Correlation(Bindings(), Bindings())
    exchange = Exchange("t#1", Request(method + b" /items HTTP/1.1"), Response(200, body=recorded))
    observe(correlation, exchange, Response(200, body=old), Response(200, body=new), *effects)
    return dict(correlation.names[0]), dict(correlation.names[1])


def test_a_token_that_each_side_gave_is_shared() -> None:
    """Handed out in a form to come back."""
    assert shared(HIDDEN % A, HIDDEN % B, HIDDEN % C) == ({B: A}, {C: A})


def test_a_token_without_a_digit_is_shared() -> None:
    """One in 17,000 of thirty capitals and digits is so by chance."""
    recorded, old, new = (
        b"V7QK0ZMW4TR1XB9LNC3PHD8SGJ5FAY",
        b"K2ZX8WQ1VT6RM0BL7NC4PH9DSG3JFE",
        b"FEBTDQXNBAHFACWUQWOKGSGDHWVITB",
    )
    assert shared(HIDDEN % recorded, HIDDEN % old, HIDDEN % new) == ({old: recorded}, {new: recorded})
    assert shared(HIDDEN % recorded, HIDDEN % old, HIDDEN % b"INTERNATIONALISATIONINORGANISA") == ({}, {})


@pytest.mark.parametrize(
    ("recorded", "old", "new"),
    [
        (HIDDEN % A, HIDDEN % A, HIDDEN % B),
        (HIDDEN % A, HIDDEN % B, HIDDEN % A),
        (HIDDEN % A, HIDDEN % B, HIDDEN % C[:20]),
        (HIDDEN % A, HIDDEN % B, HIDDEN % C.upper()),
        (HIDDEN % A, HIDDEN % B, HIDDEN % b"none"),
        (LINK % A, LINK % B, LINK % C),
        (ITEM % 12, ITEM % 12, ITEM % 13),
    ],
    ids=[
        "old as recorded",
        "new as recorded",
        "shorter",
        "capitals",
        "no token",
        "not handed out",
        "an id that only new gives",
    ],
)
def test_other_differences_stay(recorded: bytes, old: bytes, new: bytes) -> None:
    """A digest that changed, a token of another make, another id: causes to be seen."""
    assert shared(recorded, old, new) == ({}, {})


@pytest.mark.parametrize(
    ("page", "names"),
    [(HIDDEN, ({A: A}, {B: A})), (LINK, ({}, {}))],
    ids=["handed out", "not handed out"],
)
def test_beside_the_recordings_own_answers(page: bytes, names: tuple[dict[bytes, bytes], dict[bytes, bytes]]) -> None:
    """Old can only give what was recorded: what new hands out to come back with is a name, other tokens are not."""
    correlation = Correlation(Bindings(), Bindings(), recorded=True)
    recorded = Response(200, body=page % A)
    exchange = Exchange("t#1", Request(b"GET /items HTTP/1.1"), recorded)
    observe(correlation, exchange, recorded, Response(200, body=page % B))
    assert tuple(map(dict, correlation.names)) == names


def test_what_a_side_calls_by_one_name_are_two_things() -> None:
    """The first keeps the name; the second is a difference."""
    two = [b"".join(HIDDEN % token for token in tokens) for tokens in ((A, B), (C, C), (B, A))]
    assert shared(*two) == ({C: A}, {B: A})


def test_what_came_back_in_a_request_was_a_name() -> None:
    """From then on it is shared, wherever it stood."""
    correlation = Correlation(Bindings(), Bindings())
    first = Exchange("t#1", Request(b"GET / HTTP/1.1"), Response(200, body=LINK % A))
    observe(correlation, first, Response(200, body=LINK % B), Response(200, body=LINK % C))
    assert correlation.names == ({}, {})
    second = Exchange("t#2", Request(b"GET /packages/" + A + b"/x HTTP/1.1"), Response(200))
    assert correlation.old.bind(second).request.target == b"/packages/" + B + b"/x"
    observe(correlation, second, Response(200), Response(200))
    assert correlation.names == ({B: A}, {C: A})


def row(number: int, count: int = 1) -> Effects:
    """What wrote one row."""
    return Effects({"items": {(("id", str(number)), ("name", "x")): count}}, {"items": ("id",)})


@pytest.mark.parametrize(
    ("old", "new", "effects", "expected"),
    [
        (12, 13, (row(12), row(13)), ({b"item\x0012": b"12"}, {b"item\x0013": b"12"})),
        (14, 15, (row(14), row(15)), ({b"item\x0014": b"12"}, {b"item\x0015": b"12"})),
        (12, 13, (row(12), Effects()), ({}, {})),
        (12, 13, (row(12), row(99)), ({}, {})),
        (12, 13, (row(12), row(13, -1)), ({}, {})),
        (14, 15, (Effects(), Effects()), ({}, {})),
        (14, 15, (), ({b"item\x0014": b"12"}, {b"item\x0015": b"12"})),
    ],
    ids=[
        "given by new",
        "given by both",
        "not written",
        "another written",
        "deleted",
        "nothing written",
        "not watched",
    ],
)
def test_an_id_is_shared_where_the_rows_show_that_it_was_given(
    old: int, new: int, effects: tuple[Effects, ...], expected: tuple[dict[bytes, bytes], dict[bytes, bytes]]
) -> None:
    """A link to another thing than before is a difference, an id that was just given is none."""
    assert shared(ITEM % 12, ITEM % old, ITEM % new, *effects, method=b"POST") == expected


def test_an_id_that_nothing_can_have_given_is_not_shared() -> None:
    """Rows are not watched, but nothing was sent that writes: new tells of another item than old."""
    assert shared(ITEM % 12, ITEM % 14, ITEM % 15) == ({}, {})


def test_where_new_goes_on_from_old_s_rows_it_has_old_s_names() -> None:
    """Only for what is in the tables that were made alike."""
    correlation = Correlation(Bindings(), Bindings())
    request = Request(b"GET /items HTTP/1.1")
    bodies = [ITEM % number + HIDDEN % token for number, token in ((12, A), (14, B), (15, C))]
    first = Exchange("t#1", request, Response(200, body=bodies[0]))
    answers = [Response(200, body=body) for body in bodies[1:]]
    observe(correlation, first, *answers, row(14), row(15))
    correlation.rejoined([Effects({"others": {}})])
    asked = Exchange("t#2", Request(b"GET /item/12?csrf=" + A + b" HTTP/1.1"))
    assert correlation.new.bind(asked).request.target == b"/item/15?csrf=" + C
    correlation.rejoined([row(14)])
    assert correlation.new.bind(asked).request.target == b"/item/14?csrf=" + C
    assert correlation.names[1][b"item\x0014"] == b"12"


def test_where_new_goes_on_from_old_s_files_it_has_old_s_names() -> None:
    """A file may be named by a weak name: a time and the number of the process."""
    correlation = Correlation(Bindings(), Bindings())
    links = [b'<a href="/entry/1795387820-%s">x</a>' % end for end in (b"15959", b"4073", b"4099")]
    first = Exchange("t#1", Request(b"POST /sign HTTP/1.1"), Response(200, body=links[0]))
    observe(correlation, first, *(Response(200, body=link) for link in links[1:]))
    asked = Exchange("t#2", Request(b"GET /entry/1795387820-15959 HTTP/1.1"))
    assert correlation.new.bind(asked).request.target == b"/entry/1795387820-4099"
    correlation.rejoined([Effects(files={"entries/1795387820-4073.txt": "0644 sha256:0"})])
    assert correlation.new.bind(asked).request.target == b"/entry/1795387820-4073"


def test_a_new_scenario_begins_with_nothing() -> None:
    """On both sides."""
    correlation = Correlation(Bindings(), Bindings())
    exchange = Exchange("t#1", Request(b"GET / HTTP/1.1"), Response(200, body=HIDDEN % A))
    observe(correlation, exchange, Response(200, body=HIDDEN % B), Response(200, body=HIDDEN % C))
    correlation.clear()
    assert (correlation.names, correlation.old.known) == (({}, {}), 0)


def item(number: int, **columns: str) -> Effects:
    """Return the effects of a new row of a table `items`, or of one that refers to it."""
    row = (("id", str(number)), ("owner", "alice"))
    if columns:
        rows = {"orders": {(("id", "7"), *columns.items()): 1}}
        return Effects(rows=rows, keys={"orders": ("id",), "items": ("id",)})
    return Effects(rows={"items": {row: 1}}, keys={"items": ("id",)})


def names_after(*steps: tuple[bytes, bytes, bytes, Effects, Effects]) -> dict[bytes, bytes]:
    """Return new's names after exchanges: recorded, old and new body, and what both wrote."""
    correlation = Correlation(Bindings(), Bindings())
    for recorded, old, new, *effects in steps:
        exchange = Exchange("t#1", Request(b"GET /items HTTP/1.1"), Response(200, body=recorded))
        observe(correlation, exchange, Response(200, body=old), Response(200, body=new), *effects)
    return dict(correlation.names[1])


NONE = Effects()


def test_a_link_to_another_new_record_is_a_difference() -> None:
    """Both ids were given in this run, but to two records: bob must not be shown what alice made."""
    first, second = (ITEM % 31, ITEM % 31, ITEM % 31), (ITEM % 33, ITEM % 33, ITEM % 33)
    made = [(*first, item(31), item(31)), (*second, item(33), item(33))]
    assert names_after(*made, (ITEM % 33, ITEM % 33, ITEM % 31, NONE, NONE)) == {}
    assert names_after(*made, (ITEM % 31, ITEM % 31, ITEM % 33, NONE, NONE)) == {}


def test_of_several_records_made_at_once_the_first_is_the_first() -> None:
    """Two rows of one exchange each have an id; they may not change places."""
    both = Effects(rows={"items": {(("id", "9"),): 1, (("id", "10"),): 1}}, keys={"items": ("id",)})
    later = Effects(rows={"items": {(("id", "10"),): 1, (("id", "11"),): 1}}, keys={"items": ("id",)})
    assert names_after((ITEM % 9, ITEM % 9, ITEM % 10, both, both)) == {}
    assert names_after((ITEM % 9, ITEM % 9, ITEM % 10, both, later)) == {b"item\x0010": b"9"}


def test_a_reference_to_an_old_record_is_no_id_that_was_given() -> None:
    """An order for another item than it should be for."""
    body = b'<a href="/item/%d">ordered</a>'
    assert names_after((body % 5, body % 5, body % 6, item(0, item_id="5"), item(0, item_id="6"))) == {}
