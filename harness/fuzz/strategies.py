"""Hypothesis strategies of what may stand at a place besides what was recorded there, inferred from its Traits.

Traits come in, texts go out: others of the same kind and alphabet, known ones written otherwise, values at the limits,
and what is no text in any encoding (as surrogates, which a request carries as the raw bytes).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import hypothesis
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from harness.fuzz.traits import Traits

LIMITS = (
    *("", " ", "0", "-1", "1e9", "00", "2147483648", "9223372036854775808", "0.0", "nan", "true", "None"),
    *("null", "[]", "e\u0301", "ß", "\u0130", "\u2028", "\U0001f40d"),
    *("..", ".", "../x", "//", "\\", "%", "%2F", "%00", "+", "a b", "a;b", "a,b", "a&b=c", "?", "#", "*", "'"),
    *('"', "<", "<b>", "&amp;", "--", "a\tb", "a\nb", "a\r\nb", "a\0b", "é"),
)
"""What programs stumble over, whatever the place."""
LONG = ("a" * 64, "a" * 256, "a" * 4096)
"""Longer than what programs have room for."""
STRANGE = "".join(sorted({*"\0\x07\t\n\r ÅéßıİК中ﬁ١\u0301\u2028\u200b\u202e\ufeff\U0001f40d\U0010ffff\"'%&<;\\/=+#"}))
"""Characters of many kinds: other scripts, combining, invisible, beyond 16 bits, and what formats are made of."""
NO_TEXT = (b"\xff", b"\xe9", b"\xc0\xaf", b"\xed\xa0\x80", b"a\x80b")
"""No UTF-8: Latin-1, an overlong slash, half a surrogate pair."""
SUFFIXES = ("", "", "a1", "b2", "rc1", ".dev0", ".post1", "-1", "+local", "-SNAPSHOT", "c")
"""What ends versions."""
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    str.swapcase,
    lambda known: known + " ",
    lambda known: " " + known,
    lambda known: known + "\n",
    lambda known: known + known,
    lambda known: known[:-1],
    lambda known: known[::-1],
    lambda known: known + "0",
    lambda known: known + "/",
    lambda known: known.replace("-", "_"),
    lambda known: known.replace("_", "-").replace(".", "-"),
)
"""A known value, written otherwise: equal to it for some programs, and not for others."""


def strategy_of(seen: Traits) -> SearchStrategy[str]:
    """Return the strategy of values for a place."""
    ways = [
        _of_kind(seen),
        st.text(seen.alphabet or "ab", min_size=seen.shortest, max_size=max(1, 2 * seen.longest)),
        st.sampled_from(LIMITS),
        st.sampled_from(LONG),  # a way of its own: among all limits one would come once in a thousand requests
        st.sampled_from([raw.decode("utf-8", "surrogateescape") for raw in NO_TEXT]),
        st.text(seen.alphabet + STRANGE, max_size=max(8, seen.longest)),
    ]
    if seen.values:
        known = st.sampled_from(seen.values)
        ways.append(st.builds(lambda value, spelled: spelled(value), known, st.sampled_from(SPELLINGS)))
        ways.append(st.builds(lambda value, limit: value + limit, known, st.sampled_from((*LIMITS[:-1], *LONG))))
    return st.one_of(ways)


def _of_kind(seen: Traits) -> SearchStrategy[str]:
    ways: dict[str, Callable[[], SearchStrategy[str]]] = {
        "integer": lambda: st.integers(-(2**70), 2**70).map(str) | st.integers(-3, 120).map(str),
        "date": lambda: st.datetimes().map(lambda when: when.isoformat()[: seen.longest]),
        "version": lambda: st.builds(str.__add__, _numbers(), st.sampled_from(SUFFIXES)),
        "hexadecimal": lambda: st.binary(min_size=seen.shortest // 2, max_size=seen.longest).map(bytes.hex),
    }
    made = ways.get(seen.kind)
    return made() if made else st.text(seen.alphabet or "ab", min_size=1, max_size=max(1, seen.longest))


def _numbers() -> SearchStrategy[str]:
    return st.lists(st.integers(0, 12).map(str) | st.sampled_from(["00", "2026", "*"]), min_size=1, max_size=5).map(
        ".".join
    )


def drawn(strategy: SearchStrategy[str], number: int, seed: int) -> list[str]:
    """Return so many values of a strategy, without repeats: the same for the same seed."""
    values: dict[str, None] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def keep(value: str) -> None:
        values[value] = None

    with _apart():
        keep()
    return list(values)


@contextmanager
def _apart() -> Iterator[None]:
    """Let hypothesis keep its files in a folder that goes, not in the one where the user is."""
    with tempfile.TemporaryDirectory(prefix="harness-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
