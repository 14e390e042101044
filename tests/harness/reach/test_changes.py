"""Which changed lines were judged, and which recorded exchange comes nearest to the others."""

from __future__ import annotations

from pathlib import Path

from harness.exchange import Exchange, Request
from harness.reach.changes import judged_changes, read_codes
from harness.reach.side import Reached
from harness.reach.watch import Watch


def test_the_nearest_exchange_is_of_the_same_function(tmp_path: Path) -> None:
    """Not the line next to it in another function, and not what runs at import."""
    source = "A = 1\n\n\ndef f(x):\n    if x:\n        return 1\n    y = 2\n    return y\n\n\ndef g():\n    return 3\n"
    (tmp_path / "shop.py").write_text(source)
    watch = Watch()
    for name, lines in (("x#1", {5, 6}), ("x#2", {12})):
        watch.hear(Exchange(name, Request(b"GET / HTTP/1.1")), Reached(frozenset(("shop.py", each) for each in lines)))
    codes = read_codes(tmp_path, ["shop.py"])
    changed = judged_changes("HEAD", {"shop.py": frozenset({6, 8, 9})}, codes, watch, ["x#1", "x#2"])
    assert (changed.lines, changed.judged) == (2, 1)
    assert [(each.line, each.source, each.nearest, each.at) for each in changed.unreached] == [
        (8, "return y", "x#1", 6)
    ]


def test_an_exchange_that_was_not_judged_reaches_nothing(tmp_path: Path) -> None:
    """A line that ran while nobody could compare is not judged, nor is what ran at import."""
    (tmp_path / "shop.py").write_text("A = 1\n\n\ndef f():\n    return 1\n")
    watch = Watch()
    watch.hear(None, Reached(frozenset({("shop.py", 1), ("shop.py", 4)})))
    watch.hear(Exchange("x#1", Request(b"GET / HTTP/1.1")), Reached(frozenset({("shop.py", 5)})))
    lines = {"shop.py": frozenset({1, 5})}
    codes = read_codes(tmp_path, ["shop.py"])
    assert judged_changes("HEAD", lines, codes, watch, ["x#1"]).judged == 2
    assert judged_changes("HEAD", lines, codes, watch, []).judged == 0
