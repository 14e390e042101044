"""Values of another record in many places are one cause; values that were written otherwise in many places are not."""

import pytest

from harness.difference import Difference
from harness.group import Groups, Observation, group_observations

PEOPLE = [("Alice", "12 Elm", "Rome"), ("Bob", "7 Oak", "Oslo"), ("Carol", "3 Ash", "Bern"), ("Dave", "9 Fir", "Kyiv")]


def seen(number, difference, endpoint="GET /me"):
    """Return one observation in exchange `r#number`."""
    return Observation(f"r#{number}", endpoint, "pip", difference)


def swapped(number, prefix="", quoted=False, endpoint="GET /me"):
    """Return what differs where the next person is shown."""
    pairs = zip(("name", "street", "town"), PEOPLE[number % 4], PEOPLE[(number + 1) % 4], strict=True)
    form = '"{}"' if quoted else "{}"
    return [
        seen(f"{prefix}{number}", Difference("body", path, "changed", form.format(old), form.format(new)), endpoint)
        for path, old, new in pairs
    ]


def test_values_of_another_record_are_one_group():
    """Whatever they are, in whatever places."""
    (group,) = group_observations(one for number in range(4) for one in swapped(number))
    assert (group.count, group.path, group.old, group.new) == (4, "name", "Alice", "Bob")
    assert group.title == 'another record is shown: body name (and 2 other places): "Alice" -> "Bob"'


def test_a_page_and_a_document_of_one_record_are_one_group():
    """They show the same pairs of values."""
    page = [one for number in range(4) for one in swapped(number, "p")]
    page = [seen(one.exchange, Difference("body", f"html/{one.difference.path}", *_rest(one))) for one in page]
    document = [one for number in range(4) for one in swapped(number, "d", True, "GET /me.json")]
    (group,) = group_observations([*page, *document])
    assert group.count == 8


def _rest(observation):
    difference = observation.difference
    return difference.kind, difference.old, difference.new


MISTAKES = {
    "cut": lambda old, new: old[:2],
    "put into something": lambda old, new: f"<{old}>",
    "emptied": lambda old, new: "",
    "one value": lambda old, new: "unknown",
    "upper case": lambda old, new: old.upper(),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_field_beside_another_record_is_a_group_of_its_own(mistake):
    """It changes each value in a way that says what happened to it, though in the same exchanges."""
    wrong = [
        seen(number, Difference("body", "zone", "changed", old, mistake(old, "")))
        for number, old in enumerate(["one1", "two2", "three3", "four4"])
    ]
    found = group_observations([*wrong, *(one for number in range(4) for one in swapped(number))])
    assert len(found) == 2
    assert any("another record" in group.title for group in found)


def test_a_field_that_some_records_have_belongs_to_the_record():
    """A word of the page itself, which all its answers show, does not."""
    others = [one for number in range(4) for one in swapped(number)]
    phone = seen(0, Difference("body", "phone", "changed", "555", "777"))
    word = [seen(number, Difference("body", "label", "changed", "Town", "City")) for number in range(4)]
    assert len(group_observations([*others, phone])) == 1
    assert len(group_observations([*others, phone, *word])) == 2


def test_values_of_two_places_are_two_groups():
    """Two fields may well have come to differ each by itself."""
    two = [one for number in range(4) for one in swapped(number) if one.difference.path != "town"]
    assert len(group_observations(two)) == 2


def test_values_in_other_exchanges_are_another_group():
    """Another record differs in all its places at once."""
    elsewhere = [
        seen(f"e{number}", Difference("body", "other", "changed", *pair))
        for number, pair in enumerate([("Ems", "Po"), ("Inn", "Don"), ("Ob", "Var"), ("Lek", "Tay")])
    ]
    found = group_observations([*elsewhere, *(one for number in range(4) for one in swapped(number))])
    assert sorted(group.path for group in found) == ["name", "other"]


def length(number, endpoint):
    """Return what HEAD says of a page that became longer."""
    return seen(number, Difference("header", "Content-Length", "changed", str(90 + number), str(99 + number)), endpoint)


def test_what_head_says_of_a_changed_page_is_counted_with_it():
    """The page is the cause; where GET of it does not differ, the length is one of its own."""
    hr = [seen(number, Difference("body", "html/hr", "added", "", "<hr>"), "GET /a") for number in range(3)]
    observations = [*hr, length(7, "HEAD /a"), length(8, "HEAD /a")]
    (group,) = group_observations(observations)
    assert (group.count, group.endpoint, group.endpoints) == (5, "GET /a", {"GET /a": 3, "HEAD /a": 2})
    assert group.title.endswith("; 2 more requests follow from it")
    assert len(group_observations([*hr, length(7, "HEAD /b")])) == 2
    assert len(group_observations([*hr, length(7, "GET /a")])) == 2


def test_what_follows_is_assigned_to_its_cause():
    """Each observation is in the one group that counts it."""
    hr = seen(1, Difference("body", "html/hr", "added", "", "<hr>"), "GET /a")
    exchanges = [[hr], [length(7, "HEAD /a")], *(swapped(number) for number in range(4))]
    groups = Groups()
    for exchange in exchanges:
        groups.add(exchange)
    ids = {group.id for group in groups.finish()}
    assigned = [set(groups.assignment()(exchange)) for exchange in exchanges]
    assert assigned[0] == assigned[1]
    assert len(ids) == 2
    assert set().union(*assigned) == ids
    assert all(len(found) == 1 for found in assigned)


def test_an_earlier_answer_that_led_astray_is_the_example():
    """Requests that only follow from it are counted, and are no examples before those that show it."""
    moved = Difference("header", "Location", "changed", "/1", "/2")
    follower = Observation("r#1", "GET /{}", "pip", moved, 1, False, True)
    shows = Observation("r#2", "POST /", "pip", moved, 100)
    (group,) = group_observations([follower, Observation("r#3", "GET /{}", "pip", moved, 1, False, True), shows])
    assert (group.count, group.endpoint, group.examples[0].exchange) == (3, "POST /", "r#2")
