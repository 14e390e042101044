"""Names of endpoints from paths: the application's words stay, names of things do not."""

from __future__ import annotations

import pytest

from harness.start.patterns import patterns_of

ITEMS = [f"/item/{name}" for name in ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay")]

CASES = {
    "no paths": ({}, []),
    "one segment": ({"/about": 50}, []),
    "names of things": (dict.fromkeys(ITEMS, 5), []),
    "a verb after names": (
        dict.fromkeys(ITEMS, 5) | {f"{path}/edit": 2 for path in ITEMS},
        ["/item/{}/edit"],
    ),
    "a few words": ({"/shop/cart": 30, "/shop/search": 10}, ["/shop/cart", "/shop/search"]),
    "a word of one thing": ({f"{path}/{number}": 3 for number, path in enumerate(ITEMS)} | {"/item/ant/new": 9}, []),
    "too little is known": ({"/shop/cart": 3, "/shop/search": 3}, []),
    "rare words": ({"/shop/cart": 30, "/shop/typo": 1}, ["/shop/cart"]),
    "a final slash": ({f"{path}/": 5 for path in ITEMS} | {f"{path}/edit/": 2 for path in ITEMS}, ["/item/{}/edit/"]),
    "numbers": ({f"/{number}/view/{number}": 1 for number in range(30)}, ["/{}/view/{}"]),
}


@pytest.mark.parametrize(("paths", "patterns"), CASES.values(), ids=CASES)
def test_patterns(paths: dict[str, int], patterns: list[str]) -> None:
    """Words that are few, frequent and stand after different names make a pattern."""
    assert patterns_of(paths) == patterns


def test_words_come_before_any_segment() -> None:
    """The first pattern that fits counts: those with more words stand first."""
    paths = {f"/a/{number}/b/{number}": 2 for number in range(20)} | {"/a/all/b/list": 30}
    assert patterns_of(paths)[0].count("{}") <= patterns_of(paths)[-1].count("{}")
