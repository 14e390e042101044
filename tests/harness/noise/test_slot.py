"""Where two texts differ, and what stands before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.noise.slot import MOST, Slot, slots

CASES = {
    "whole": ("abc123", "zzz999", [Slot("^", "abc123", "zzz999")]),
    "a cookie": ("sid=abc1; Path=/", "sid=zz99; Path=/", [Slot("sid=", "abc1", "zz99")]),
    "in JSON": ('"abc1"', '"zz99"', [Slot('^"', "abc1", "zz99")]),
    "a uuid is one value": (
        "id 0b269350-48cb-4588-aa03-bae03973e004!",
        "id 0b269350-48cb-4588-aa03-bae03973e005!",
        [Slot("id ", "0b269350-48cb-4588-aa03-bae03973e004", "0b269350-48cb-4588-aa03-bae03973e005")],
    ),
    "a time is one value": (
        "at 2016-05-16 10:11:12.",
        "at 2016-05-16 10:11:13.",
        [Slot("at ", "2016-05-16 10:11:12", "2016-05-16 10:11:13")],
    ),
    "a decimal with its unit": ("took 0.012s", "took 1.5s", [Slot("took ", "0.012", "1.5")]),
    "two values": (
        "in 0.5 s on web1",
        "in 0.7 s on web2",
        [Slot("in ", "0.5", "0.7"), Slot("on ", "web1", "web2")],
    ),
    "base64 with its signs": ("t=ab/c+d==", "t=/xyz0w==", [Slot("t=", "ab/c+d==", "/xyz0w==")]),
    "a part of a path": ("/files/ab12/x.txt", "/files/zz99/x.txt", [Slot("files", "/ab12/", "/zz99/")]),
    "both parts of a fraction": ("up 3/147 in", "up 12/148 in", [Slot("up ", "3", "12"), Slot("#/", "147", "148")]),
    "one part of a fraction": ("3/147", "4/147", [Slot("^", "3", "4")]),
    "the other part of a fraction": ("0.5/147", "0.5/148", [Slot("#.#/", "147", "148")]),
    "numbers in a path": ("/a/12/34/x.txt", "/a/56/78/x.txt", [Slot("a", "/12/34/", "/56/78/")]),
    "base64 with numbers": ("t=12/ab/34", "t=56/cd/78", [Slot("t=", "12/ab/34", "56/cd/78")]),
    "numbers in a row": (
        "5 6 7 end",
        "6 7 8 end",
        [Slot("^", "5", "6"), Slot("# ", "6", "7"), Slot("# ", "7", "8")],
    ),
    "a number before is no name": ("page 12: abc1", "page 12: zz99", [Slot("#: ", "abc1", "zz99")]),
    "something inserted": ("a b", "a c b", [Slot("a ", "", "c ")]),
    "cut off": ("a b…", "a c…", []),
}


@pytest.mark.parametrize(("old", "new", "found"), CASES.values(), ids=CASES.keys())
def test_slots_are_whole_values(old, new, found):
    """Never a part of a value, and what stands before is the nearest word."""
    assert list(slots(old, new)) == found


def test_two_other_texts_have_no_slots():
    """Where everything varies there is no place that does."""
    words = [str(number) for number in range(2 * MOST + 2)]
    assert slots(" ".join(words), " ".join(word if n % 2 else f"x{word}" for n, word in enumerate(words))) == ()


@given(st.text(alphabet="ab1 /=.-", max_size=20), st.text(alphabet="ab1 /=.-", max_size=20))
def test_what_stands_in_no_slot_is_equal(old, new):
    """Taking old's values out of old and putting new's in gives new: nothing else differs."""
    found = slots(old, new)
    if old == new:
        return
    assert found
    rest = old
    made = ""
    for slot in found:
        before, _, rest = rest.partition(slot.old) if slot.old else ("", "", rest)
        made += before + slot.new
    if all(slot.old and old.count(slot.old) == 1 for slot in found):
        assert made + rest == new
