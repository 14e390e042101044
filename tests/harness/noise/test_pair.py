"""What a place showed, slot by slot."""

from harness.noise.gather import Seen, Sketch
from harness.noise.pair import Pair, by_slot, pairs_of


def sketch(*seen):
    """A run in which these were seen."""
    made = Sketch()
    for digest, one in enumerate(seen):
        made.add(digest, one)
    return made


def test_values_stand_in_the_order_of_the_exchanges():
    """Whatever their hashes are, run after run; the text around them is no value."""
    first, second = Seen(0, 9, (("id=a1 end", "id=b2 end"),)), Seen(0, 3, (("id=c3", "id=d4"),))
    assert pairs_of([sketch(first, second), sketch(first)]) == [
        Pair("id=", "c3", "d4", (0, 0, 3)),
        Pair("id=", "a1", "b2", (0, 0, 9)),
        Pair("id=", "a1", "b2", (1, 0, 9)),
    ]


def test_two_slots_of_a_text_are_apart():
    """By what stands before them."""
    found = by_slot(pairs_of([sketch(Seen(0, 1, (("id=a1 n=1", "id=b2 n=2"),)))]))
    assert {before: [(pair.old, pair.new) for pair in pairs] for before, pairs in found.items()} == {
        "id=": [("a1", "b2")],
        "n=": [("1", "2")],
    }
