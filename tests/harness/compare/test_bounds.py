"""What repeats is said a few times only, and hides nothing of another form."""

import random

import pytest

from harness.compare import compare
from harness.compare.bounds import ALIKE, SEVERAL, bounded
from harness.difference import Difference
from harness.exchange import Response

TOTALS = {
    "a number": ("5", "6"),
    "a word": ("open", "closed"),
    "text": ("12 of 20 sold", "13 of 20 sold"),
    "no token": ("5", "None"),
}
MAKERS = {
    "hexadecimal": lambda chance: f"{chance.getrandbits(32) | 0xA0000000:08x}",
    "Base64 of URLs": lambda chance: "".join(chance.choices("abcXYZ019-_", k=22)) + "a1",
    "UUIDs": lambda chance: f"{chance.getrandbits(32):08x}-4a1b-{chance.getrandbits(16):04x}",
    "numbers": lambda chance: f"no. {chance.randrange(1_000, 9_999)}",
}
PAGES = {
    "text/plain": lambda cells: "\n".join(f"row {n}\n{cell}" for n, cell in enumerate(cells)),
    "text/html": lambda cells: "".join(f"<tr id=r{n}><td>{cell}</td></tr>" for n, cell in enumerate(cells)),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS.keys())
@pytest.mark.parametrize(("kind", "write"), PAGES.items(), ids=PAGES.keys())
def test_tokens_of_many_rows_do_not_hide_the_last_line(make, total, kind, write):
    """Hundreds of values that vary by themselves are said a few times, and what follows is said too."""

    def page(end, seed):
        chance = random.Random(seed)
        body = write([*(make(chance) for _ in range(300)), f"total: {end}"])
        return Response(200, b"OK", ((b"Content-Type", kind.encode()),), body.encode())

    found = compare(page(total[0], 1), page(total[1], 2))
    assert len(found) < SEVERAL
    assert f"total: {total[1]}" in found[-1].new


def test_as_many_are_kept_of_what_went_as_of_what_came():
    """Where each went for another, their forms do not unpair them; else every form is said."""
    went = [Difference("body", "a", "missing", old=value) for value in [f"a{n}" for n in range(9)] + ["12"]]
    came = [Difference("body", "a", "added", new=f"b{n}") for n in range(10)]
    kinds = [difference.kind for difference in bounded([*went, *came])]
    assert kinds.count("missing") == kinds.count("added") == ALIKE + 1
    kinds = [difference.kind for difference in bounded([*went, *came[1:]])]
    assert (kinds.count("missing"), kinds.count("added")) == (ALIKE + 1, ALIKE)


FORMS = {
    "numbers": [(f"{n}", f"{n}5") for n in range(9)],
    "short tokens": [(f"a{n}", f"b{n}") for n in range(9)],
    "tokens": [(f"a{n:x}f3", f"{n}bb1") for n in range(9)],
    "dates": [(f"2026-11-{n:02}", f"2026-12-{n:02}") for n in range(9)],
    "words": [(word, word.upper()) for word in "abcdefghi"],
}


@pytest.mark.parametrize("values", FORMS.values(), ids=FORMS.keys())
def test_values_of_one_form_are_said_a_few_times(values):
    """Each form by itself, at each place by itself."""
    seen = [Difference("body", path, "changed", *pair) for path in ("a", "b") for pair in values]
    assert len(bounded(seen)) == 2 * ALIKE
    others = [Difference("body", "a", "changed", *pair) for pairs in FORMS.values() for pair in pairs]
    assert len(bounded(others)) == (len(FORMS) - 1) * ALIKE
