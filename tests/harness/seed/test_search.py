"""The fewest entries that suffice."""

import pytest

from harness.seed.search import fewest

SHOP = {
    "users": [{"name": "anna"}, {"name": "bert"}],
    "items": [{"name": f"item-{at}", "sizes": [1, 2]} for at in range(9)],
}


def search(needs, asked=b""):
    """Return the smallest document that suffices, and how many were tried."""
    tried = []

    def suffices(document):
        tried.append((document, needs(document)))
        return tried[-1][1]

    fewest(SHOP, asked, suffices)
    return [document for document, does in tried if does][-1], len(tried)


def test_only_what_is_needed_is_left():
    """At any depth."""

    def needs(document):
        return any(item["name"] == "item-3" and 2 in item["sizes"] for item in document["items"])

    assert search(needs)[0] == {"users": [], "items": [{"name": "item-3", "sizes": [2]}]}


def test_what_is_asked_for_is_tried_first():
    """So that few tries are needed."""

    def needs(document):
        return any(item["name"] == "item-3" for item in document["items"])

    assert search(needs, b"GET /item-3 HTTP/1.1")[1] < search(needs)[1]


def test_an_exception_ends_the_search():
    """The caller knows what sufficed so far."""

    def late(document):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        fewest(SHOP, b"", late)


def test_of_nothing_nothing_is_tried():
    """A document without lists has no entries."""
    fewest({"a": 1}, b"", lambda document: pytest.fail("tried"))
