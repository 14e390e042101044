"""`RewriteRule` with its `RewriteCond`s as nginx statements, where nginx can say exactly the same.

Comes in: the rewrite directives of one scope, and the URL of the folder they stand in (None outside of one). Goes out:
lines for the beginning of a `server`; every directive is settled in the ledger. A rule that has a flag, a variable or a
test that nginx has not is refused as a whole, together with its conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .conditions import FLAG_NAMES, SPARES_FILES, Condition, Scope, condition, flags_of, split_rule
from .forbidden import asks_for_file, closing, forbids
from .guarded import guarded, in_folder, of_path, that_count
from .model import Directive, Ledger, Refusal
from .parse import unknown_variable
from .redirect import captures, check_pattern, pattern, quoted

NAMES = frozenset({"rewriteengine", "rewritebase", "rewriteoptions", "rewritecond", "rewriterule"})
UNABLE_FLAGS = {
    "p": "it is a proxy rule: write it as proxy_pass",
    "s": "nginx cannot skip rules",
    "skip": "nginx cannot skip rules",
    "c": "nginx cannot chain rules",
    "chain": "nginx cannot chain rules",
    "n": "nginx cannot begin again",
    "next": "nginx cannot begin again",
    "e": "nginx cannot hand a variable by request to a program",
    "co": "nginx sets no cookie in a rewrite",
    "cookie": "nginx sets no cookie in a rewrite",
    "h": "nginx sets no handler in a rewrite",
    "handler": "nginx sets no handler in a rewrite",
    "t": "nginx sets no type in a rewrite",
    "type": "nginx sets no type in a rewrite",
    "b": "nginx escapes no part of a rewrite by itself",
}
DOUBTED = "an earlier rule that is not carried over decides whether it is asked"
CLOSED_INSTEAD = "403 in more cases instead: "
UNDERSTOOD = frozenset({"l", "end", "nc", "r", "f", "g", "pt", "qsa", "qsd", "ne", "ns", "dpi"})
CODES = {"": 302, "temp": 302, "permanent": 301, "seeother": 303}
PATH, WHOLE = "%{REQUEST_URI}", "(?s)^(.*)$"
"""The path is written as the group of a pattern for all of it: nginx escapes a group in a URL, but never its `$uri`,
where a line break in a path would begin a header (RFC 9112, section 11.1).
"""
ALWAYS = frozenset({"^", "^/", ".*", "(.*)", "^.*$", "^(.*)$", "^/.*", "^/(.*)", "^/.*$", "^/(.*)$"})
"""Patterns that any path matches."""
AUTHORIZATION = re.compile(r"(?:E|env)=HTTP_AUTHORIZATION:%\{HTTP:Authorization\}\Z", re.IGNORECASE)


def passes_authorization(directive: Directive) -> bool:
    """Tell whether a rule does nothing but show the Authorization header to programs."""
    words = split_rule(directive.raw)
    return (
        directive.name == "rewriterule"
        and len(words) == 3
        and words[1] == "-"
        and all(AUTHORIZATION.match(flag) or flag.lower() in {"l", "last"} for flag in flags_of(words[2]))
        and "=" in words[2]
    )


def rewrites(
    directives: Sequence[Directive],
    scope: Scope,
    ledger: Ledger,
    *,
    running: bool = False,
    unable: str = "",
    again: bool = False,
) -> tuple[str, ...]:
    """Translate the rules of one scope. `running`: the RewriteEngine is on around it. `unable` says why none can be
    carried over. `again`: all but what refuses is said at another URL already.
    """
    lines: list[str] = []
    conditions: list[Directive] = []
    doubted = 0
    running = is_on(directives, running)
    rules = [split_rule(d.raw) for d in directives if d.name == "rewriterule"]
    scope = replace(scope, base=scope.folder, patterns=tuple(words[0] for words in rules if words))
    for directive in directives:
        word = directive.arguments[0] if directive.arguments else ""
        if directive.name == "rewriteengine":
            how = unable or ("the rules are translated" if running else "its rules are left out")
            ledger.settle(directive, "not carried" if unable else "carried", how)
        elif directive.name == "rewriteoptions":
            ledger.settle(directive, "not carried", "rules are inherited or ignored by no option in nginx")
        elif directive.name == "rewritebase":
            scope = replace(scope, base=word.rstrip("/"))
            ledger.settle(directive, "not carried" if unable else "carried", unable or "filled into the rules")
        elif not running:
            ledger.settle(directive, "not needed", "RewriteEngine is not On here")
        elif directive.name == "rewritecond":
            conditions.append(directive)
        else:
            if forbids(directive) or not again:
                lines += _rule(directive, conditions, scope, ledger, unable or DOUBTED * (doubted > 0))
            doubted = max(doubted - 1, _followers(directive) if ledger.is_refused(directive) else 0)
            conditions = []
    for directive in conditions:
        ledger.settle(directive, "not needed", "no rule follows it")
    return tuple(lines)


def is_on(directives: Sequence[Directive], before: bool = False) -> bool:
    """Tell whether the last RewriteEngine says On. What stands within inherits that, virtual hosts and folders too."""
    said = [[word.lower() for word in d.arguments] == ["on"] for d in directives if d.name == "rewriteengine"]
    return said[-1] if said else before


def _followers(directive: Directive) -> int:
    """Return how many of the next rules a rule decides about, by a chain or by skipping them."""
    flags = [flag.lower().partition("=") for flag in flags_of((*split_rule(directive.raw), "", "", "")[2])]
    skipped = [int(value) for name, _, value in flags if name in {"s", "skip"} and re.fullmatch("[0-9]{1,6}", value)]
    return max([*skipped, int(any(name in {"c", "chain"} for name, _, _ in flags))])


def _rule(
    directive: Directive, conditions: Sequence[Directive], scope: Scope, ledger: Ledger, unable: str
) -> tuple[str, ...]:
    if passes_authorization(directive):
        for one in (*conditions, directive):
            ledger.settle(one, "carried", "--pass-authorization")
        return ()
    try:
        _check(unable, (*conditions, directive))
        tests = [condition(one, scope) for one in conditions]
        lines = tuple(_statement(directive, tests, scope))
    except Refusal as refusal:
        closed = forbids(directive)
        for one in (*conditions, directive):
            ledger.settle(one, "not carried", f"{CLOSED_INSTEAD * closed}{refusal}")
        return closing(directive, conditions, scope) if closed else ()
    for one in (*conditions, directive):
        ledger.settle(one, "carried", "rewrite of the server" + _remark(directive))
    return lines


def _check(unable: str, directives: Sequence[Directive]) -> None:
    """Raise Refusal for what cannot be said as it is written."""
    if unable:
        raise Refusal(unable)
    for directive in directives:
        if name := unknown_variable(directive.raw):
            raise Refusal(f"${{{name}}} has no value here: give --define {name}=VALUE")


def _remark(directive: Directive) -> str:
    words = (*split_rule(directive.raw), "", "")
    flags = {flag.partition("=")[0].lower() for flag in flags_of(words[2])}
    inside = words[1].startswith("/") or not re.match(r"-|\w+:", words[1])
    return "; a program sees the new path in REQUEST_URI" if inside and not flags & {"r", "redirect", "f", "g"} else ""


def _statement(directive: Directive, conditions: Sequence[Condition], scope: Scope) -> Iterator[str]:
    """Yield the lines of one rule. Raises Refusal."""
    words = split_rule(directive.raw)
    if len(words) not in {2, 3}:
        raise Refusal("it must have a pattern, a target and at most one list of flags")
    flags = __known_flags(words[2] if len(words) == 3 else "")
    negated, own = words[0].startswith("!"), words[0].removeprefix("!")
    expression = ("(?i)" if "nc" in flags else "") + in_folder(own, scope.folder)
    command = _command(words[1], flags, scope, _Rule(words[0], conditions))
    if forbids(directive) and scope.extensions and any(map(asks_for_file, conditions)):
        raise Refusal("nginx takes a program with a path behind its name for no file")
    tests = [*that_count(conditions), *_beside_files(conditions, scope)]
    whole = PATH in words[1]
    if negated or whole or not command.startswith("rewrite "):
        if negated or not whole or expression not in ALWAYS:
            tests += of_path(expression, negated, scope)
        command = command.replace("rewrite ", f"rewrite {WHOLE if whole else '^'} ", 1)
    else:
        command = command.replace("rewrite ", f"rewrite {pattern(expression)} ", 1)
    uses_groups = re.search(r"%[1-9]", words[1]) is not None
    yield from guarded(command, tests, f"$rule_{directive.number}" if uses_groups else "", directive)


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    tests: Sequence[Condition]

    @property
    def spares_files(self) -> bool:
        """Tell whether the rule leaves files alone that are there."""
        return any(test.test == SPARES_FILES and not test.joined for test in self.tests)


def _beside_files(tests: Sequence[Condition], scope: Scope) -> Iterator[Condition]:
    """Yield what `!-f` means for a program with a path behind its name: nginx takes all of that for a file's name."""
    if scope.extensions and any(test.test == SPARES_FILES for test in tests):
        names = "|".join(re.escape(extension[1:]) for extension in scope.extensions)
        yield Condition(f"$uri !~ {pattern(rf'[.](?:{names})/')}", False, None)


def __known_flags(text: str) -> dict[str, str]:
    flags: dict[str, str] = {}
    for flag in flags_of(text):
        name, _, value = flag.partition("=")
        short = FLAG_NAMES.get(name.lower(), name.lower())
        if short not in UNDERSTOOD:
            raise Refusal(UNABLE_FLAGS.get(short, f"nginx has nothing like the flag {name}"))
        flags[short] = value
    return flags


def _command(target: str, flags: dict[str, str], scope: Scope, rule: _Rule) -> str:
    """Return what nginx does where the rule holds: `return`, `break`, or `rewrite` without its pattern."""
    code = _code(flags)
    if "f" in flags or "g" in flags or code >= 400:
        return f"return {code if code >= 400 else 403 if 'f' in flags else 410};"
    if target == "-":
        if not flags.keys() & {"l", "end"} or not scope.alone or "r" in flags:
            raise Refusal("nginx can only do nothing here by stopping all that follows in the server")
        return "break;"
    if "%{" in target.replace("%{HTTP_HOST}", "").replace(PATH, ""):
        raise Refusal("nginx cannot fill this variable into a target")
    if PATH in target and re.search(r"\$\d", target):
        raise Refusal("nginx cannot fill in the whole path beside groups of the pattern")
    if code not in {0, 301, 302}:
        raise Refusal(f"nginx cannot rewrite with the status {code}")
    if re.match(r"[a-z][a-z0-9+.-]*:", target) and not re.match(r"https?://", target):
        raise Refusal("nginx rewrites to a path or to http:// and https://")
    return f"rewrite {_replacement(target, flags, scope, code, rule)};"


def _code(flags: dict[str, str]) -> int:
    word = flags.get("r", "0").lower()
    if word not in CODES and not re.fullmatch("0|[1-9][0-9]{2}", word):
        raise Refusal(f"{word} is no status")
    return CODES[word] if word in CODES else int(word)


def _replacement(target: str, flags: dict[str, str], scope: Scope, code: int, rule: _Rule) -> str:
    outside = re.match(r"https?://", target) is not None
    if not outside and not target.startswith("/"):
        if scope.base is None:
            raise Refusal(f"the target {target!r} is no path beginning with /")
        target = f"{scope.base}/{target}"
    if not outside and not code and "end" not in flags and scope.folder is not None:
        _check_again(target, scope, rule)
    text = captures(target.replace("%{HTTP_HOST}", "\0").replace(PATH, "$1")).replace("\0", "$http_host")
    if "#" in text and "ne" not in flags:
        text = text.replace("#", "%23")
    if ("?" in text and "qsa" not in flags) or "qsd" in flags:
        text += "" if text.endswith("?") else "?"
    if not code and not outside:
        return quoted(text) + (" last" if flags.keys() & {"l", "end"} else "")
    own = "" if outside else "$scheme://$http_host"
    return f"{quoted(own + text)} {'permanent' if code == 301 else 'redirect'}"


def _check_again(target: str, scope: Scope, rule: _Rule) -> None:
    """In a folder, Apache runs all rules again on what a rule made, if it is in the folder still; nginx does not."""
    path = re.sub(r"[$%][1-9]", "x", target.partition("?")[0])
    if not path.startswith(f"{scope.folder}/"):
        return
    rest = path[len(scope.folder or "") + 1 :]
    for one in scope.patterns:
        check_pattern(one.removeprefix("!"))
        itself = one == rule.pattern and ("$" not in target or rule.spares_files)
        if (
            not itself
            and not rule.spares_files
            and (re.search(one.removeprefix("!"), rest) is None) == (one[:1] == "!")
        ):
            raise Refusal("Apache runs the folder's rules again on the result, nginx does not; the flag END says: once")
