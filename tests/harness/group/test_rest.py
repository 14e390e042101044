"""What no edit explains: free text is told by endpoint; a cause seen in few values is known as what many showed."""

import pytest

from harness.accepted import apply, parse_accepted
from harness.difference import Difference
from harness.group import Groups, Observation, group_observations
from harness.group.rest import MANY
from tests.harness.test_accepted import FILE, TODAY

TEXTS = {
    "/robots.txt": ("Disallow: left", "Allow: everything"),
    "/terms": ("You may cancel", "Nothing is taken back"),
    "/status": ("all systems go", "OK"),
}


def seen(number, path, pair, endpoint="GET /", aspect="body"):
    """Return one observation in exchange `r#number`."""
    return Observation(f"r#{number}", endpoint, "pip", Difference(aspect, path, "changed", *pair))


def texts(changed=TEXTS, path="text"):
    """Return what differs where each endpoint has another text."""
    return [seen(n, path, pair, f"GET {where}") for n, (where, pair) in enumerate(changed.items())]


def unexplained(accepted, groups):
    """Return the titles of groups that are not accepted where `accepted` are."""
    text = "\n".join(f"[[accepted]]\nid = '{group.id}'\nreason = 'r'" for group in accepted)
    return [group.title for group in apply(groups, parse_accepted(text, FILE), TODAY).unexplained]


@pytest.mark.parametrize("path", ["text", "html/body/p/text()"])
@pytest.mark.parametrize("length", [1, 20])
def test_texts_of_two_endpoints_are_two_groups(path, length):
    """Of such a place the path says nothing; a named member is the same one wherever it is."""
    changed = {where: (old * length, new * length) for where, (old, new) in TEXTS.items()}
    assert len(group_observations(texts(changed, path))) == len(TEXTS)
    assert len(group_observations(texts(changed, "message"))) == 1


def test_an_accepted_text_accepts_no_other_one():
    """Later, the same page may say something else."""
    before = group_observations(texts())
    later = group_observations(texts(TEXTS | {"/status": ("all systems go", "database down")}))
    assert unexplained(before, before) == []
    assert unexplained(before, later) == ["body text: all systems go -> database down"]


def test_texts_that_vary_at_one_endpoint_are_one_group():
    """A page of each product; another page's text is none of them."""
    words = [("alpha", "ahpla"), ("beta", "ateb"), ("gamma", "ammag")]
    varied = [seen(10 + n, "text", pair, "GET /of/{}") for n, pair in enumerate(words)]
    groups = group_observations([*varied, *texts()])
    assert [(group.count, group.endpoint) for group in groups if group.count > 1] == [(3, "GET /of/{}")]
    assert len(groups) == 1 + len(TEXTS)


def test_one_edit_at_many_endpoints_is_one_group():
    """The same words in the footer of every page."""
    (group,) = group_observations(texts({f"/{n}": ("made by us", "made by them") for n in range(9)}))
    assert group.count == 9


def test_texts_that_vary_at_very_many_endpoints_are_one_group():
    """So many mistakes are not made at once."""
    letters = [chr(97 + n) for n in range(MANY + 1)]
    (group,) = group_observations(texts({f"/{one}": (f"{one} {one}", f"z{one} z{one * 2}") for one in letters}))
    assert group.count == MANY + 1


def test_every_text_is_assigned_to_the_group_that_counts_it():
    """Also where an endpoint shows several, and where several endpoints show one."""
    twice = [seen(20 + n, "text", ("a b", "c d"), f"GET /{n}") for n in range(2)]
    varied = [seen(30 + n, "text", pair, "GET /of/{}") for n, pair in enumerate([("one", "eno"), ("two", "owt")])]
    both = [seen(40, "text", pair, "GET /of/{}") for pair in [("six", "xis"), ("ten", "net")]]
    exchanges = [*([one] for one in [*texts(), *twice, *varied]), both]
    groups = Groups()
    for exchange in exchanges:
        groups.add(exchange)
    assign = groups.assignment()
    for group in groups.finish():
        assert sum(group.id in assign(exchange) for exchange in exchanges) == group.count


VALUES = {
    "numbers": [("441", "695"), ("12", "3"), ("7", "90"), ("30", "28"), ("5", "88")],
    "words": [("alpha", "ahpla"), ("beta", "ateb"), ("gamma", "ammag"), ("delta", "atled"), ("eta", "ate")],
    "one value": [("alpha", "x"), ("beta", "x"), ("12", "x"), ("delta", "x"), ("eta", "x")],
    "from one value": [("0", "695"), ("0", "3"), ("0", "90"), ("0", "28"), ("0", "88")],
    "an edit": [("ab/", "ab"), ("cd/", "cd"), ("ef/", "ef"), ("gh/", "gh"), ("ij/", "ij")],
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("place", [("header", "X"), ("body", "rank"), ("body", "text")])
@pytest.mark.parametrize("few", [1, 2, 3])
def test_what_many_exchanges_were_accepted_as_holds_for_few(values, place, few):
    """A run over a part of the recordings shows a cause in fewer values; it is accepted all the same."""
    aspect, path = place
    observations = [seen(n, path, pair, aspect=aspect) for n, pair in enumerate(values)]
    whole = group_observations(observations)
    for start in range(len(observations) - few + 1):
        assert unexplained(whole, group_observations(observations[start : start + few])) == []


def test_an_edit_of_two_places_is_known_in_one():
    """Of the places that were accepted together, a part of the recordings may show one."""
    both = [seen(n, path, ("a 1", "a! 1")) for n, path in enumerate(["html/p/text()", "html/b/text()"])]
    assert unexplained(group_observations(both), group_observations(both[:1])) == []


def test_a_cause_beside_values_that_vary_is_not_accepted_with_them():
    """Neither an edit of many values, nor one that returns where others still vary."""
    varied = [seen(n, "rank", pair) for n, pair in enumerate(VALUES["words"])]
    edited = [seen(10 + n, "rank", pair) for n, pair in enumerate(VALUES["an edit"])]
    returns = [seen(20 + n, "rank", ("fine", "broken")) for n in range(3)]
    before = group_observations(varied)
    assert unexplained(before, group_observations(edited)) == ['body rank: "/" removed']
    assert unexplained(before, group_observations([*varied, *returns])) == ["body rank: fine -> broken"]


def test_numbers_of_very_many_distances_are_one_group():
    """More of them than are told apart are still numbers that vary."""
    (group,) = group_observations(seen(n, "rank", (str(n), str(n * n))) for n in range(2, 300))
    assert group.count == 298
