"""Groups: one for each cause, the same in any order and any partition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.difference import Difference
from harness.group import EXAMPLES, LITERALS, Groups, Observation, group_observations, key_of, title


def seen(number, difference, endpoint="GET /", client="pip", size=10):
    """Return one observation in exchange `r#number`."""
    return Observation(f"r#{number}", endpoint, client, difference, size)


def header(old="", new="", kind="changed", path="X"):
    """Return a difference of a header."""
    return Difference("header", path, kind, old, new)


def test_one_cause_on_many_endpoints_is_one_group():
    """A header added everywhere is one group that counts its endpoints and clients, the most frequent first."""
    added = [header(new=f"value {number}", kind="added") for number in range(10)]
    groups = group_observations(
        seen(number, difference, "GET /b/" if number % 3 else "GET /a/", "pip" if number % 2 else "curl")
        for number, difference in enumerate(added)
    )
    (group,) = groups
    assert (group.count, group.endpoint) == (10, "GET /b/")
    assert list(group.endpoints.items()) == [("GET /b/", 6), ("GET /a/", 4)]
    assert list(group.clients.items()) == [("curl", 5), ("pip", 5)]
    assert group.title == "header X: only in new"


APART = {
    "aspect": (header("a", "b"), Difference("body", "X", "changed", "a", "b")),
    "path": (header("a", "b"), header("a", "b", path="Y")),
    "kind": (header("a", kind="missing"), header(new="a", kind="added")),
    "types": (header("int 1", 'str "1"', "type"), header("int 1", "null null", "type")),
    "number or text": (header("1", "2"), header("1", "x")),
    "status": (
        Difference("status", "", "changed", "200 OK", "404 No"),
        Difference("status", "", "changed", "200 OK", "500 E"),
    ),
    "new name": (header("X", "Y", "renamed"), header("X", "Z", "renamed")),
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART.keys())
def test_two_causes_are_two_groups(one, other):
    """Each row: two differences that need two explanations."""
    assert len(group_observations([seen(1, one), seen(2, other)])) == 2


def test_values_that_return_are_causes():
    """The same pair of values, seen again, is a group of its own; pairs seen once are one group together."""
    html, xml = header("text/html", "text/plain"), header("text/xml", "text/plain")
    observations = [
        seen(1, html),
        seen(2, html),
        seen(3, xml),
        seen(4, xml),
        seen(5, header("a", "b")),
        seen(6, header("c", "d")),
    ]
    assert {(group.old, group.new, group.count) for group in group_observations(observations)} == {
        ("text/html", "text/plain", 2),
        ("text/xml", "text/plain", 2),
        ("a", "b", 2),
    }


def test_another_cause_changes_no_other_group():
    """What one broken line adds is one group: the others stay what they were, identity included."""
    before = [seen(number, header("a", "b")) for number in range(9)] + [seen(9, header("x", "y", path="Y"))]
    broken = [seen(number, header("X-One", "X-Two", "renamed", "X-One")) for number in range(9)]
    old, new = group_observations(before), group_observations([*before, *broken])
    assert [group for group in new if group.kind != "renamed"] == old
    assert len(new) == len(old) + 1


def test_values_that_never_return_are_one_group():
    """A value that is another one each time (an address, a digest) is one change."""
    (group,) = group_observations(seen(number, header(f"a{number}", f"b{number}")) for number in range(9))
    assert (group.count, group.old, group.new) == (9, "a0", "b0")
    assert group.title == "header X: changed"


def test_too_many_values_are_one_group():
    """Beyond a limit, pairs of values are no causes, even if each returns: memory stays flat."""
    (group,) = group_observations(seen(number, header(f"a{number // 2}", "b")) for number in range(2 * LITERALS + 2))
    assert group.count == 2 * LITERALS + 2


def test_an_exchange_counts_once_in_a_group():
    """Fifty links of one page changed alike are one exchange."""
    links = [Difference("body", "html/a/@href", "changed", f"/{number}/", f"/{number}") for number in range(50)]
    (group,) = group_observations(seen(1, link) for link in links)
    assert group.count == 1


def test_examples_are_the_smallest_exchanges():
    """The few examples are those of the fewest bytes, then by recording and number (2 before 10)."""
    sizes = {1: 30, 2: 20, 10: 20, 4: 40, 5: 50, 6: 60, 7: 70}
    (group,) = group_observations(seen(number, header("a", "b"), size=size) for number, size in sizes.items())
    assert [example.exchange for example in group.examples] == ["r#2", "r#10", "r#1", "r#4", "r#5"]
    assert len(group.examples) == EXAMPLES


TITLES = {
    "status": (Difference("status", "", "changed", "200 OK", "404 No"), "status 200 -> 404"),
    "renamed": (header("X", "Y", "renamed"), "header X renamed to Y"),
    "value": (header("a", "b"), "header X: a -> b"),
    "emptied": (header("a", ""), "header X: a -> (empty)"),
    "type": (header("int 1", 'str "1"', "type"), 'header X: int 1 -> str "1"'),
    "missing": (header("a", kind="missing"), "header X: missing in new"),
    "long": (header("a" * 99, "b"), "header X: changed"),
    "spelling": (Difference("body", "body/html", "spelling", "a", "b"), "body body/html: same meaning, other bytes"),
}


@pytest.mark.parametrize(("difference", "expected"), TITLES.values(), ids=TITLES.keys())
def test_groups_have_titles(difference, expected):
    """Each row: a difference seen, and the one line that says what happens."""
    assert [group.title for group in group_observations([seen(1, difference)])] == [expected]


def test_a_type_of_many_values_is_named_by_its_types():
    """Where the values vary, the title says what became of them."""
    assert title(key_of(header("int 1", 'str "1"', "type"))) == "header X: int -> str"


OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        exchange=st.integers(1, 12).map(lambda number: f"r#{number}"),
        endpoint=st.sampled_from(["GET /a", "GET /b"]),
        client=st.sampled_from(["pip", "curl"]),
        difference=st.builds(
            Difference,
            aspect=st.sampled_from(["header", "status"]),
            path=st.just("X"),
            kind=st.sampled_from(["changed", "added", "renamed"]),
            old=st.integers(0, 40).map(str),
            new=st.sampled_from(["1", "x"]),
        ),
        size=st.integers(0, 3),
    ),
    max_size=60,
)


def by_exchange(observations):
    """Return observations exchange by exchange."""
    found = {}
    for observation in observations:
        found.setdefault(observation.exchange, []).append(observation)
    return list(found.values())


@given(OBSERVATIONS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_and_partition_gives_the_same_groups(observations, random, workers):
    """However the exchanges are dealt to workers, and merged in whatever order, the groups are the same."""
    exchanges = by_exchange(observations)
    whole = group_observations([observation for exchange in exchanges for observation in exchange])
    random.shuffle(exchanges)
    parts = [Groups() for _ in range(workers)]
    for exchange in exchanges:
        random.shuffle(exchange)
        random.choice(parts).add(exchange)
    random.shuffle(parts)
    while len(parts) > 1:
        parts[-2].merge(parts.pop())
    assert parts[0].finish() == whole


@given(OBSERVATIONS)
def test_ids_are_unique(observations):
    """No two groups of a report share an id."""
    ids = [group.id for group in group_observations(observations)]
    assert len(ids) == len(set(ids))


def test_memory_does_not_grow_with_observations():
    """A hundred thousand observations of changing values leave a bounded state."""
    groups = Groups()
    for number in range(20_000):
        groups.add(
            [seen(number, header(f"a{number}", f"b{number}")), seen(number, header(new=str(number), kind="added"))]
        )
    assert [(group.count, len(group.examples)) for group in groups.finish()] == [(20_000, EXAMPLES)] * 2
    assert all(cause.literals is None or len(cause.literals) <= LITERALS for cause in groups._causes.values())
