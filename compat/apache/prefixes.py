"""`Alias`, `ScriptAlias`, their `Match` forms and `DocumentRoot`: which URLs lead to which folders.

Comes in: the directives of one server, its own before those of the main one. Goes out: `Prefix`es in nginx's sense,
where the longest wins, while in Apache the first does: what Apache never reaches is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from .guarded import SIGN, has_alternatives
from .model import Directive, Kind, Ledger, Prefix, Refusal
from .parse import unknown_variable
from .redirect import captures, pattern

NAMES = frozenset({"alias", "aliasmatch", "scriptalias", "scriptaliasmatch"})
PROGRAM = re.compile(r"\.(?:f?cgi|pl|py|php\d?|rb|sh|tcl|exe|lua)\Z", re.IGNORECASE)
LITERAL = re.compile(r"\^((?:[\w/.~%-]|\\[.-])*/?)\((.*)\)\$?\Z", re.DOTALL)

KindOf = Callable[[str], Kind]
"""Says what a path is on this machine; empty where it is not there."""


def prefixes(directives: Sequence[Directive], kind: KindOf, ledger: Ledger) -> tuple[Prefix, ...]:
    """Translate all of them, in the order in which Apache asks them."""
    result: list[Prefix] = []
    for directive in directives:
        try:
            prefix = _prefix(directive, kind)
            _check_order(prefix, directives, directive)
        except Refusal as refusal:
            closed = "closed for everybody instead: " * directive.name.startswith("script")
            ledger.settle(directive, "not carried", f"{closed}{refusal}")
            continue
        earlier = [other for other in result if not prefix.pattern and under(prefix.url, other.url) and other.bare]
        if earlier and earlier[0].directive:
            ledger.settle(directive, "not needed", f"{earlier[0].directive.place} answers for these URLs before it")
            continue
        ledger.settle(directive, "carried", "location" + (", and compat serve" if prefix.programs else ""))
        result.append(prefix)
    return tuple(result)


def _prefix(directive: Directive, kind: KindOf) -> Prefix:
    if len(directive.arguments) != 2:
        raise Refusal("it must name a URL and a path")
    url, path = directive.arguments
    if name := unknown_variable(directive.raw):
        raise Refusal(f"${{{name}}} has no value here: give --define {name}=VALUE")
    programs = directive.name.startswith("script")
    if directive.name.endswith("match"):
        return _matched(directive, url, path, kind)
    if not url.startswith("/") or not path.startswith("/"):
        raise Refusal("URL and path must begin with a slash")
    if url.endswith("/") and not path.endswith("/"):
        raise Refusal(f"{url}x would lead to {path}x: give both a slash at the end, or none")
    return Prefix(
        url.rstrip("/"),
        path.rstrip("/") or "/",
        programs,
        is_single(path, kind, programs),
        bare=not url.endswith("/") or url == "/",
        directive=directive,
    )


def is_single(path: str, kind: KindOf, programs: bool) -> bool:
    """Tell whether a path is one file: by what is there, else by its name."""
    found = kind(path.rstrip("/"))
    if found:
        return found == "file"
    name = path.rstrip("/").rpartition("/")[2]
    return (
        PROGRAM.search(name) is not None
        if programs or path.endswith("/")
        else re.search(r"\.\w{1,5}\Z", name) is not None
    )


def _matched(directive: Directive, expression: str, path: str, kind: KindOf) -> Prefix:
    """A pattern is a prefix if one group takes all that follows it, and the path takes that group at its end."""
    pattern(expression)
    programs = directive.name == "scriptaliasmatch"
    found = LITERAL.match(expression.removeprefix("(?x)"))
    whole = found is not None and _is_one_group(f"({found[2]})")
    if found and whole and found[2] == ".*" and path.endswith("/$1") and found[1].endswith("/"):
        url, folder = found[1].replace("\\", "").rstrip("/"), path.removesuffix("/$1")
        return Prefix(url, folder, programs, is_single(folder, kind, programs), bare=False, directive=directive)
    if found and whole and found[2] in {"/.*", "/.*|"} and path.endswith("$1") and "$" not in path[:-2]:
        url, folder = found[1].replace("\\", ""), path.removesuffix("$1")
        return Prefix(url, folder, programs, is_single(folder, kind, programs), directive=directive)
    if not programs:
        if "$0" in path:
            raise Refusal("nginx cannot write the whole match into a path")
        return Prefix(literal_start(expression), captures(path), pattern=expression, directive=directive)
    if found and whole and found[1].endswith("/") and path.endswith("/$1"):
        url, folder = found[1].replace("\\", "").rstrip("/"), path.removesuffix("/$1")
        single = is_single(folder, kind, programs)
        return Prefix(url, folder, programs, single, bare=False, pattern=expression, directive=directive)
    raise Refusal("a program by a pattern needs the form ^/prefix/(...)$ with /path/$1, from which the mount follows")


def _is_one_group(text: str) -> bool:
    """Tell whether the first parenthesis closes at the very end."""
    depth = 0
    for number, letter in enumerate(re.sub(r"\\.", "__", text)):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return number == len(text) - 1
    return False


def literal_start(expression: str) -> str:
    """Return the text with which all that matches begins, without a slash at its end."""
    if not expression.startswith("^") or has_alternatives(SIGN.findall(expression)):
        return ""
    found = re.match(r"(?:[\w/-]|\\[.-])*", expression[1:])
    text = found[0] if found else ""
    if found and expression[1 + len(text) : 2 + len(text)] in {"*", "?", "{"}:
        text = text[:-1]
    return text.replace("\\", "").rpartition("/")[0]


def _check_order(prefix: Prefix, directives: Sequence[Directive], directive: Directive) -> None:
    """In nginx a prefix beats a pattern: refuse a pattern that Apache asks before a prefix that may overlap it."""
    if not prefix.pattern:
        return
    for later in directives[directives.index(directive) + 1 :]:
        url = later.arguments[0].rstrip("/") if later.arguments else ""
        if not later.name.endswith("match") and (under(url, prefix.url) or under(prefix.url, url)):
            raise Refusal(f"in nginx {later.place} would answer before this pattern; move the pattern behind it")


def under(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies below it; neither ends with a slash, and the root is empty or `/`."""
    folder = folder.rstrip("/")
    return path == folder or path.startswith(folder + "/") or not folder


def in_order(found: Sequence[Prefix], root: str, root_directive: Directive | None) -> Iterator[Prefix]:
    """Yield all prefixes, the document root last, if nothing else answers for `/`."""
    yield from found
    if root and not any(prefix.url == "" and not prefix.pattern for prefix in found):
        yield Prefix("", root, directive=root_directive)
