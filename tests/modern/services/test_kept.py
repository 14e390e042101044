"""modern.services.kept: an answer is given again only while what it depends on is the same."""

from modern.services.kept import Kept, KeptAnswers


def test_an_answer_is_of_one_state():
    """Another state is another answer; the old one is forgotten."""
    kept = KeptAnswers()
    assert kept.get("page", 1) is None
    assert kept.put("page", 1, Kept(b"one")) == Kept(b"one")
    assert kept.get("page", 1) == Kept(b"one")
    assert kept.get("page", 2) is None
    kept.put("page", 2, Kept(b"two"))
    assert kept.get("page", 1) is None


def test_what_was_not_asked_for_goes_first():
    """Bodies share a number of bytes."""
    kept = KeptAnswers(most=10)
    kept.put("a", 1, Kept(b"12345"))
    kept.put("b", 1, Kept(b"12345"))
    assert kept.get("a", 1)
    kept.put("c", 1, Kept(b"12345"))
    assert [name for name in "abc" if kept.get(name, 1)] == ["a", "c"]
    kept.put("d", 1, Kept(b"12345678901"))
    assert [name for name in "abcd" if kept.get(name, 1)] == []
