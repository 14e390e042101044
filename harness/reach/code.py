"""What of a Python file can run, and in which function each line stands: its text comes in, a Code goes out. Pure."""

from __future__ import annotations

import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import CodeType

MODULE = "<module>"


@dataclass(frozen=True, slots=True)
class Code:
    """The lines of a file that can run, each with the names of the functions around it (`Shop.order`).

    `at_import` are those that run when the file is imported, which every exchange builds on.
    """

    functions: Mapping[int, str]
    at_import: frozenset[int]

    @property
    def lines(self) -> frozenset[int]:
        """All lines that can run."""
        return frozenset(self.functions)


def encoding_of(source: bytes) -> str:
    """Return what a file is written in, by its mark or its declaration (PEP 263); `utf-8` where that is nonsense."""
    try:
        return tokenize.detect_encoding(BytesIO(source).readline)[0]
    except SyntaxError:
        return "utf-8"


def read_code(source: bytes, name: str = "<text>") -> Code | None:
    """Return the code of a file; None where this interpreter cannot compile it (another Python's)."""
    try:
        whole = compile(source, name, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return None
    functions: dict[int, str] = {}
    at_import: set[int] = set()
    for code, names, called in _nested(whole, (), False):
        for _, _, number in code.co_lines():
            if number:
                functions[number] = ".".join(names) or MODULE
                if not called:
                    at_import.add(number)
    return Code(functions, frozenset(at_import))


def _nested(code: CodeType, names: tuple[str, ...], called: bool) -> Iterator[tuple[CodeType, tuple[str, ...], bool]]:
    yield code, names, called
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            own = names if constant.co_name.startswith("<") else (*names, constant.co_name)
            is_function = called or "__module__" not in constant.co_names[:3] or bool(constant.co_flags & 0x2)
            yield from _nested(constant, own, is_function)
