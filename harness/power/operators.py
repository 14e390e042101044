"""Small changes to Python source, each of which somebody might make by mistake: source in, edits out. Pure.

An operator is a function of a node and of what stands around it that yields replacements. Edits keep the number of
lines, so that nothing but the change itself differs: no line number in a traceback, no other mutant's place.
"""

from __future__ import annotations

import ast
import warnings
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import CodeType

from harness.reach.code import encoding_of

Node = ast.expr | ast.stmt
UTF_8 = frozenset({"utf-8", "utf-8-sig"})


@dataclass(frozen=True, slots=True)
class Edit:
    """A change: `operator` names its kind, `start` and `end` are offsets into the source, `text` takes that place.

    `line` is the first line of what is changed, `statement` that of the statement around it (from 1).
    """

    operator: str
    line: int
    statement: int
    start: int
    end: int
    text: bytes

    def applied(self, source: bytes) -> bytes:
        """Return the source with the change."""
        return source[: self.start] + self.text + source[self.end :]


COMPARISONS: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def comparison(node: ast.AST) -> Iterator[ast.AST]:
    """`a == b` becomes `a != b`, `a < b` becomes `a <= b`, and so on, one at a time."""
    if isinstance(node, ast.Compare):
        for number, operation in enumerate(node.ops):
            changed = [*node.ops[:number], COMPARISONS[type(operation)](), *node.ops[number + 1 :]]
            yield ast.Compare(node.left, changed, node.comparators)


def boolean(node: ast.AST) -> Iterator[ast.AST]:
    """`a and b` becomes `a or b`, `not a` becomes `a`."""
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def condition(node: ast.AST) -> Iterator[ast.AST]:
    """The condition of `a if b else c` is negated."""
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)


def constant(node: ast.AST) -> Iterator[ast.AST]:
    """Numbers are one more, `True` becomes `False`."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int | float):
            yield ast.Constant(node.value + 1)


def string(node: ast.AST) -> Iterator[ast.AST]:
    """A text gets two letters more at its end; at its beginning, an empty one has only these."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield ast.Constant(f"{node.value}XX")
    elif isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        yield ast.Constant(node.value + b"XX")


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """`a + b` becomes `a - b`, unless one of them is plainly a text; and so on."""
    if not isinstance(node, ast.BinOp) or type(node.op) not in ARITHMETIC:
        return
    if not any(_is_text(side) for side in (node.left, node.right)):
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def keyword(node: ast.AST) -> Iterator[ast.AST]:
    """A keyword argument of a call is left out."""
    if isinstance(node, ast.Call):
        for number, given in enumerate(node.keywords):
            if given.arg is not None:
                yield ast.Call(node.func, node.args, [*node.keywords[:number], *node.keywords[number + 1 :]])


def returned(node: ast.AST) -> Iterator[ast.AST]:
    """`return a` becomes `return None`."""
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))


def removed(node: ast.AST) -> Iterator[ast.AST]:
    """A statement is left out: a call, an assignment to what is there already, `raise`, `del`."""
    calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await | ast.Yield)
    if calls or isinstance(node, ast.AugAssign | ast.Raise | ast.Delete) or _assigns_to_a_part(node):
        yield ast.Pass()


def _assigns_to_a_part(node: ast.AST) -> bool:
    places = ast.Attribute | ast.Subscript
    return isinstance(node, ast.Assign) and all(isinstance(target, places) for target in node.targets)


def loop(node: ast.AST) -> Iterator[ast.AST]:
    """`break` becomes `continue`, and the other way."""
    if isinstance(node, ast.Break | ast.Continue):
        yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


OPERATORS: Mapping[str, Callable[[ast.AST], Iterator[ast.AST]]] = {
    "comparison": comparison,
    "boolean": boolean,
    "condition": condition,
    "constant": constant,
    "string": string,
    "arithmetic": arithmetic,
    "keyword": keyword,
    "return": returned,
    "remove": removed,
    "loop": loop,
}
"""By the names that reports give them."""


def edits(source: bytes) -> list[Edit]:
    """Return all changes to a file, in the order of its text. Raises SyntaxError for what is no Python of today."""
    tree = ast.parse(source)
    text = Text(source)
    found = [
        _edit(operator, node, statement, variant, text)
        for node, statement in _places(tree)
        for operator, variants in OPERATORS.items()
        for variant in variants(node)
    ]
    return sorted(found, key=lambda edit: (edit.start, edit.end, edit.operator, edit.text))


def is_real(source: bytes, edit: Edit) -> bool:
    """Whether the changed source compiles, and to something else than the unchanged one."""
    return _compiled(edit.applied(source)) not in (None, _compiled(source))


def _places(tree: ast.Module) -> Iterator[tuple[Node, int]]:
    """Yield what may be changed, with the first line of the statement around it; no docstring and no type."""
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, line = waiting.pop()
        if isinstance(node, ast.stmt):
            line = node.lineno
        if isinstance(node, ast.expr | ast.stmt):
            yield node, line
        waiting += [(child, line) for child in _changeable(node)]


def _changeable(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):  # before 3.12 what is within has no place of its own
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        yield from (child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST))


class Text:
    """The bytes of a file, whatever they are written in, by the places that `ast` tells: bytes of a line in UTF-8."""

    def __init__(self, source: bytes) -> None:
        self.source, self._encoding = source, encoding_of(source)
        self._mark = len(BOM_UTF8) if source.startswith(BOM_UTF8) else 0
        self._lines = source[self._mark :].splitlines(keepends=True)
        self._starts = list(accumulate(map(len, self._lines), initial=self._mark))

    def offset(self, line: int, column: int) -> int:
        """Return where a place is in the source."""
        start = self._starts[line - 1]
        if self._encoding in UTF_8:
            return start + column
        before = self._lines[line - 1].decode(self._encoding).encode()[:column]
        return start + len(self.encoded(before.decode()))

    def encoded(self, text: str) -> bytes:
        """Return text as it is written here; what cannot be stands in a string, where it can be escaped."""
        return text.encode("utf-8" if self._encoding in UTF_8 else self._encoding, "backslashreplace")


def _edit(operator: str, node: Node, statement: int, variant: ast.AST, source: Text) -> Edit:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start = source.offset(node.lineno, node.col_offset)
    end = source.offset(node.end_lineno, node.end_col_offset)
    text = source.encoded(ast.unparse(ast.fix_missing_locations(variant)))
    lines = b"\n" * (source.source.count(b"\n", start, end) - text.count(b"\n"))
    text = b"(" + text + lines + b")" if isinstance(node, ast.expr) else text + lines
    return Edit(operator, node.lineno, statement, start, end, text)


def _compiled(source: bytes) -> object:
    """Return what a source compiles to, None where it does not: equal code, equal values, wherever it stands."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what only a change makes odd
            return _essence(compile(source, "<text>", "exec", dont_inherit=True, optimize=0))
    except (SyntaxError, ValueError):
        return None


def _essence(code: CodeType) -> object:
    """Return what a code does: all but the columns in which it stands."""
    constants = [_essence(each) if isinstance(each, CodeType) else (type(each), repr(each)) for each in code.co_consts]
    lines = [number for _, _, number in code.co_lines()]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_flags, lines
