"""Habits: what programs do to any text has a name, and one for the way back."""

import pytest

from harness.group.habit import HABIT_SHAPES, habit_of

MORE, LESS = "escaped once more", "escaped once less"
LOST, REGAINED = "letters lost", "letters regained"
APART, COMPOSED = "letters decomposed", "letters composed"
FEWER, MANY = "fewer decimals", "more decimals"
COMMA, POINT = "decimal comma", "decimal point"
OTHERWISE = "rounded otherwise"

HABITS = {
    "markup": ("a & <b>", "a &amp; &lt;b&gt;", MORE, LESS),
    "escaped and cut": ("1\n2 & 3", "…2 &amp; 3", MORE, LESS),
    "a space in an address": ("/a b", "/a%20b", "percent-encoded", "percent-decoded"),
    "question marks": ("Köln é", "K?ln ?", LOST, REGAINED),
    "without accents": ("Köln", "Koln", LOST, REGAINED),
    "another charset": ("é", "\u00c3\u00a9", "UTF-8 read as Latin-1", "UTF-8 no longer read as Latin-1"),
    "without host": ("http://h:1/a", "/a", "made relative", "made absolute"),
    "without anything": ("https://h", "/", "made relative", "made absolute"),
    "without host, and cut": ("https://h/a?b=c&d…", "/a?b=c&de=f…", "made relative", "made absolute"),
    "more space": ("a b", "a  b", "space added", "space removed"),
    "accents apart": ("Zoë café", "Zoe\u0308 cafe\u0301", APART, COMPOSED),
    "accents apart, and cut": (f"Zoë {'x' * 9}…", f"Zoe\u0308 {'x' * 8}…", APART, COMPOSED),
    "syllables apart": ("\ud55c", "\u1112\u1161\u11ab", APART, COMPOSED),
    "cents": ("1.25", "1.3", FEWER, MANY),
    "cents, cut off": ("12.39 EUR", "12.3 EUR", FEWER, MANY),
    "to the next whole": ("0.99", "1", FEWER, MANY),
    "noughts in the place of cents": ("12.35", "12.00", FEWER, MANY),
    "without noughts": ("30.50", "30.5", FEWER, MANY),
    "with commas": ("1,25 EUR", "1,3 EUR", FEWER, MANY),
    "two numbers": ("1.25 and 2.55 of 3", "1.3 and 2.6 of 3", FEWER, MANY),
    "numbers, and cut": ("x\t3.33\ty\t4…", "x\t3.3\ty\t4.1…", FEWER, MANY),
    "a comma": ("only 12.50!", "only 12,50!", COMMA, POINT),
    "thousands": ("1,234.50", "1.234,50", COMMA, POINT),
    "half a cent": ("10.01", "10.02", OTHERWISE, OTHERWISE),
    "to the next": ("1.99 EUR", "2.00 EUR", OTHERWISE, OTHERWISE),
}


@pytest.mark.parametrize(("old", "new", "there", "back"), HABITS.values(), ids=HABITS)
def test_a_habit_has_a_name_for_each_direction(old, new, there, back):
    """Each row: two texts, and what was done to the first, and to the second."""
    assert (habit_of(old, new), habit_of(new, old)) == (there, back)
    assert {there, back} <= HABIT_SHAPES


NONE = {
    "nothing": ("a", "a"),
    "another letter": ("Zoë", "Zoe\u0301"),
    "accents apart, and another word": ("Zoë is", "Zoe\u0308 was"),
    "another number": ("1.25", "2.3"),
    "another number besides": ("1.25 of 3", "1.3 of 4"),
    "another word besides": ("1.25 EUR", "1.3 USD"),
    "a number less": ("1.25 2", "1.3"),
    "a version": ("1.2.3", "1.2"),
    "a version, and another": ("1.4", "1.5"),
    "thousands that are lost": ("1,250", "1"),
    "two cents": ("10.01", "10.03"),
    "another path, cut": ("https://h/a?b=c…", "/a?d=c&de=f…"),
    "a path cut before it says anything": ("https://h/a", "…"),
    "a comma besides": ("1.2, a.b", "1,2, a,b"),
    "whole numbers": ("12", "13"),
}


@pytest.mark.parametrize(("old", "new"), NONE.values(), ids=NONE)
def test_what_a_habit_does_not_explain_wholly_is_none(old, new):
    """A mistake must not hide behind what it only resembles."""
    assert (habit_of(old, new), habit_of(new, old)) == ("", "")
