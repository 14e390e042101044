"""Each operator changes what it says, and nothing else: not the number of lines, and never what compiles the same."""

from __future__ import annotations

import ast

import pytest

from harness.power.operators import Edit, edits, is_real

CASES = {
    "comparison": ("x = a == b\n", "comparison", ["x = (a != b)\n"]),
    "a bound": ("x = a < b\n", "comparison", ["x = (a <= b)\n"]),
    "each of a chain": ("x = a < b < c\n", "comparison", ["x = (a < b <= c)\n", "x = (a <= b < c)\n"]),
    "and": ("x = a and b\n", "boolean", ["x = (a or b)\n"]),
    "not": ("x = not a\n", "boolean", ["x = (a)\n"]),
    "a condition": ("x = a if b else c\n", "condition", ["x = (c if b else a)\n"]),
    "a number": ("x = 1\n", "constant", ["x = (2)\n"]),
    "true": ("x = True\n", "constant", ["x = (False)\n"]),
    "a text": ("x = 'a'\n", "string", ["x = ('aXX')\n"]),
    "bytes": ("x = b'a'\n", "string", ["x = (b'aXX')\n"]),
    "a docstring is none": ("def f():\n    'says what'\n", "string", []),
    "nor is a type": ("x: 'int' = y\n", "string", []),
    "arithmetic": ("x = a + b\n", "arithmetic", ["x = (a - b)\n"]),
    "texts are added": ("x = 'a' + b\n", "arithmetic", []),
    "a keyword": ("f(a, b=1)\n", "keyword", ["(f(a))\n"]),
    "return": ("def f():\n    return 1\n", "return", ["def f():\n    return None\n"]),
    "return None": ("def f():\n    return None\n", "return", []),
    "a call": ("f(a)\n", "remove", ["pass\n"]),
    "an attribute": ("a.b = c\n", "remove", ["pass\n"]),
    "a name that later lines need": ("a = c\n", "remove", []),
    "raise": ("raise a\n", "remove", ["pass\n"]),
    "break": ("while a:\n    break\n", "loop", ["while a:\n    continue\n"]),
    "several lines": ("x = f(\n    a,\n    b=1,\n)\n", "keyword", ["x = (f(a)\n\n\n)\n"]),
    "a letter of two bytes before it": ("x = {'ä': 1}\n", "constant", ["x = {'ä': (2)}\n"]),
}


@pytest.mark.parametrize(("source", "operator", "changed"), CASES.values(), ids=CASES)
def test_an_operator(source: str, operator: str, changed: list[str]) -> None:
    """What a line becomes."""
    text = source.encode()
    assert [e.applied(text).decode() for e in edits(text) if e.operator == operator] == changed


ENCODINGS = {
    "a declared one": ("# coding: latin-1\nx = 'ü', 1 + 2\n", "latin-1"),
    "with a mark": ("x = 'ü', 1 + 2\n", "utf-8-sig"),
    "of two bytes a letter": ("# coding: shift_jis\nx = '表示', 1 + 2\n", "shift_jis"),
    "the usual one": ("x = 'ü', 1 + 2\n", "utf-8"),
}


@pytest.mark.parametrize(("source", "encoding"), ENCODINGS.values(), ids=ENCODINGS)
def test_a_source_in_another_encoding(source: str, encoding: str) -> None:
    """The places are those of its own bytes, the new text is written as the old one is, and all is real."""
    text = source.encode(encoding)
    found = edits(text)
    assert all(is_real(text, edit) for edit in found)
    letters = source[source.index("'") + 1 : source.rindex("'")]
    assert {edit.applied(text).decode(encoding) for edit in found} == {
        source.replace("1 + 2", "(1 - 2)"),
        source.replace("1 +", "(2) +"),
        source.replace("2\n", "(3)\n"),
        source.replace(f"'{letters}'", f"('{letters}XX')"),
    }


def test_a_letter_that_the_encoding_does_not_have() -> None:
    """It was escaped, and is again."""
    text = b"# coding: latin-1\nx = '\\u20ac'\n"
    assert [edit.applied(text) for edit in edits(text)] == [b"# coding: latin-1\nx = ('\\u20acXX')\n"]


def test_every_change_to_a_real_file_keeps_its_lines() -> None:
    """Of this test and of the operators' own module: as many lines, and still Python."""
    for path in (__file__, ast.__file__):
        with open(path, "rb") as file:
            source = file.read()
        found = edits(source)
        assert len(found) > 50
        for edit in found[:: len(found) // 40]:
            changed = edit.applied(source)
            assert changed.count(b"\n") == source.count(b"\n")
            ast.parse(changed)


def test_a_change_to_the_same_code_is_not_real() -> None:
    """What compiles to what was there, or does not compile, is no mutant."""
    source = b"x = 1 + 1\n"
    assert is_real(source, Edit("constant", 1, 1, 4, 5, b"(2)"))
    assert not is_real(source, Edit("constant", 1, 1, 4, 9, b"(2)"))
    assert not is_real(source, Edit("constant", 1, 1, 4, 5, b"("))
