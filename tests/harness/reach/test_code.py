"""What of a Python file can run, and in which function."""

from __future__ import annotations

from harness.reach.code import read_code

SOURCE = b'''"""Says what it is."""
import os

LIMIT = 3


class Shop:
    name = "shop"

    def order(self, count):
        # a comment
        return [each for each in range(count)]


def main():
    print(LIMIT)
'''


def test_lines_and_the_functions_they_stand_in() -> None:
    """Comments and empty lines cannot run; what is within a function or a method has its name."""
    code = read_code(SOURCE)
    assert code is not None
    assert 11 not in code.lines
    assert 3 not in code.lines
    assert code.functions[12] == "Shop.order"
    assert code.functions[16] == "main"
    assert code.functions[4] == "<module>"


def test_what_runs_at_import() -> None:
    """Definitions, class bodies and constants do; what they define does not."""
    code = read_code(SOURCE)
    assert code is not None
    assert {2, 4, 7, 8, 10, 15} <= code.at_import
    assert not {12, 16} & code.at_import


def test_another_language_is_none() -> None:
    """A file that this interpreter cannot compile tells nothing."""
    assert read_code(b"print 'hello'\n") is None
