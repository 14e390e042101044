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
