"""One command of nginx under all the conditions of a rule, and patterns for whole paths.

Comes in: a command, `Condition`s, a pattern of Apache. Goes out: lines for a `server`, or a `Refusal`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .conditions import Condition, Scope
from .model import Directive, Refusal
from .redirect import pattern

OUTSIDE = (" permanent;", " redirect;")
LETTERS = "abcdefghijklmnop"
SIGN = re.compile(r"\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
"""An escape, a class, or one sign of a pattern."""


def in_folder(expression: str, folder: str | None) -> str:
    """Return a pattern for whole paths: within a folder, Apache leaves the folder's own path out.

    `^` is where that ends, wherever it stands: `(^|/)[.]` is a name with a dot, in the folder itself as well.
    """
    if folder is None:
        return expression
    start = "^" + re.escape(folder) + "/"
    signs = SIGN.findall(expression)
    several = has_alternatives(signs)
    if signs[:1] == ["^"] and "^" not in signs[1:] and not several:
        return start + _grouped(expression[1:])
    inner = "".join(f"(?<={start})" if sign == "^" else sign for sign in signs)
    return start + ("" if expression.startswith((".*", "(.*)")) and not several else ".*?") + _grouped(inner)


def has_alternatives(signs: Sequence[str]) -> bool:
    """Tell whether a pattern is one of several, outside of all brackets: a `^` before the first is of that alone."""
    depth = 0
    for sign in signs:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            return True
    return False


def _grouped(expression: str) -> str:
    return f"(?:{expression})" if "|" in expression else expression


def of_path(expression: str, negated: bool, scope: Scope, path: str = "$uri") -> Iterator[Condition]:
    """Yield what tests the path by a pattern of `in_folder`; one that must not match is for the folder's paths only."""
    if negated and scope.folder:
        yield Condition(f"{path} ~ {pattern(f'^{re.escape(scope.folder)}/')}", False, None)
    yield Condition(f"{path} {'!~' if negated else '~'} {pattern(expression)}", False, None)


def that_count(conditions: Sequence[Condition]) -> list[Condition]:
    """Return the conditions without those at the end that are joined by OR to nothing: Apache takes them as true."""
    kept = list(conditions)
    while kept and kept[-1].joined:
        kept.pop()
    return kept


def guarded(command: str, tests: Sequence[Condition], groups: str, directive: Directive) -> Iterator[str]:
    """Yield a command under all its conditions: nginx has `if` for one, so that several are counted in variables.

    `groups` names the variables for `%1`: the groups of the last condition that is a pattern.
    """
    if not tests and not groups:
        yield command
        return
    grouped = next((test for test in reversed(tests) if test.groups is not None), None) if groups else None
    if groups and (any(test.joined for test in tests) or grouped is None or not grouped.groups):
        raise Refusal("nginx cannot say which condition's groups are meant")
    if grouped and grouped.test.startswith("$uri ") and ("?" in command or command.endswith(OUTSIDE)):
        raise Refusal("nginx would fill a part of the path into a URL as it is, line breaks too")
    if len(tests) == 1 and not groups:
        yield f"if ({tests[0].test}) {{ {command} }}"
        return
    used = sorted(set(re.findall(r"%([1-9])", command))) if groups else []
    kept = "".join(f" set {groups}_{number} ${number};" for number in used)
    name, parts = f"$rule_{directive.number}", parts_of(tests)
    for letter, part in zip(LETTERS, parts, strict=False):
        yield f'set {name}_{letter} "";'
        for test in part:
            more = kept if test is grouped else ""
            yield f"if ({test.test}) {{ set {name}_{letter} 1;{more} }}"
    joined = "".join(f"{name}_{letter}" for letter, _ in zip(LETTERS, parts, strict=False))
    yield f'set {name} "{joined}";'
    filled = re.sub(r"%([1-9])", rf"${{{name[1:]}_\1}}", command) if groups else command
    yield f'if ({name} = "{"1" * len(parts)}") {{ {filled} }}'


def parts_of(tests: Sequence[Condition]) -> list[list[Condition]]:
    """Return the conditions of which all must hold, each a list of which one must."""
    parts: list[list[Condition]] = [[]]
    for test in tests:
        parts[-1].append(test)
        if not test.joined:
            parts.append([])
    if len(parts) > len(LETTERS):
        raise Refusal("it has too many conditions to be read in nginx")
    return [part for part in parts if part]
