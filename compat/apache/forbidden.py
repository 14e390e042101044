"""Rules of mod_rewrite that refuse (`[F]`, `[G]`, `[R=404]`), where nginx cannot say when: they refuse more often.

So do those that ask another server (`[P]`): what lies there on disk may be sources.

Comes in: one rule that was refused a translation, and its conditions. Goes out: lines for a `server`. What nginx cannot
ask is left out, so that nothing that Apache forbids is open. A rule that says 5xx is no protection, but maintenance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .conditions import FLAG_NAMES, Condition, Scope, condition, flags_of, split_rule
from .guarded import guarded, in_folder, of_path
from .model import Directive, Refusal
from .parse import unknown_variable
from .redirect import in_quotes, pattern

FILE = re.compile("-[fdx] ")


def forbids(directive: Directive) -> bool:
    """Tell whether a directive is a rule that keeps clients out of what is there: one that asks a proxy does, too."""
    words = split_rule(directive.raw) if directive.name == "rewriterule" else []
    flags = [flag.lower().partition("=") for flag in flags_of(words[2] if len(words) > 2 else "")]
    found = {(FLAG_NAMES.get(name, name), value[:1]) for name, _, value in flags}
    return ("r", "4") in found or bool({"f", "g", "p"} & {name for name, _ in found})


def asks_for_file(test: Condition) -> bool:
    """Tell whether a condition holds for files only: to nginx, a program with a path behind its name is none."""
    return FILE.match(test.test) is not None


def closing(directive: Directive, conditions: Sequence[Directive], scope: Scope) -> tuple[str, ...]:
    """Return what refuses whenever a rule might."""
    place = [*_place(directive, scope)]
    told = _told(directive, scope)
    try:
        return (*told, *guarded("return 403;", [*_certain(conditions, scope), *place], "", directive))
    except Refusal:  # too many
        return (*told, *guarded("return 403;", place, "", directive))


def _told(directive: Directive, scope: Scope) -> tuple[str, ...]:
    """Return what puts the file into a variable, where the URL does not tell which part of the folder it is in."""
    if not scope.where:
        return ()
    name = _path(directive, scope)
    return (f'set {name} "";', f"if ($uri ~ {pattern(scope.where)}) {{ set {name} {in_quotes(scope.file)}; }}")


def _path(directive: Directive, scope: Scope) -> str:
    return f"$path_{directive.number}" if scope.where else "$uri"


def _place(directive: Directive, scope: Scope) -> Iterator[Condition]:
    """Yield what tests the path: by the rule's pattern, or else by its folder alone."""
    words, path = split_rule(directive.raw), _path(directive, scope)
    nocase = "(?i)" * (not {"nc", "nocase"}.isdisjoint(flag.lower() for flag in flags_of(words[2])))
    own = words[0].removeprefix("!")
    try:
        if unknown_variable(own):
            raise Refusal("it has no value")
        yield from [*of_path(nocase + in_folder(own, scope.folder), own != words[0], scope, path)]
    except Refusal:
        start = re.escape(scope.folder or "")
        yield Condition(f"{path} ~ {pattern(f'^{start}(?:/|$)')}", False, None)


def _certain(conditions: Sequence[Directive], scope: Scope) -> Iterator[Condition]:
    """Yield those conditions that nginx can ask, with all that are joined to them by OR."""
    joined: list[Condition | None] = []
    for one in conditions:
        joined.append(_asked(one, scope))
        if not _is_joined(one):
            yield from [test for test in joined if test] if None not in joined else []
            joined = []


def _is_joined(one: Directive) -> bool:
    words = split_rule(one.raw)
    return len(words) > 2 and not {"or", "ornext"}.isdisjoint(flag.lower() for flag in flags_of(words[2]))


def _asked(one: Directive, scope: Scope) -> Condition | None:
    try:
        test = condition(one, scope)
    except Refusal:
        return None
    return None if unknown_variable(one.raw) or asks_for_file(test) else test
