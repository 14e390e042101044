"""What an nginx server decides before it chooses a location: denials by pattern, rewrites, redirects, and `<If>`.

Comes in: a server's directives and its zones. Goes out: lines, in Apache's order: rules of the server, redirects, rules
of folders, `<If>`. Denials come first, where no rewrite can lead around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .access import NOBODY, required
from .beyond import beyond
from .conditions import Condition, Scope
from .denials import denials, denied_pattern
from .elsewhere import elsewhere
from .expression import condition
from .forbidden import forbids
from .layers import layers
from .model import Directive, Ledger, Refusal, Zone
from .prefixes import under
from .redirect import NAMES as REDIRECTS
from .redirect import pattern
from .redirects import redirects, under_tests
from .rewrite import NAMES as REWRITES
from .rewrite import is_on, rewrites
from .sections import FOLDERS, is_pattern, plain
from .servers import Server, is_at_server

ACCESS_FILES = r"/\.ht"


def statements(server: Server, zones: Sequence[Zone], ledger: Ledger) -> tuple[str, ...]:
    """Return all lines of a server that stand before its locations."""
    moved = [*redirects(server, zones, ledger)]
    return (
        *_denials(server, ledger),
        *beyond(server.directives, zones, ledger),
        *elsewhere(server, zones, ledger),
        *_server_rewrites(server, bool(moved), ledger),
        *moved,
        *_folder_rewrites(server, zones, ledger),
        *_ifs(server, ledger),
    )


def _denials(server: Server, ledger: Ledger) -> Iterator[str]:
    patterns = [ACCESS_FILES]
    for layer in denials(layers(server.directives)):
        try:
            pattern(denied_pattern(layer))
        except Refusal as refusal:
            _settle(layer.directives, "not carried", str(refusal), ledger)
            continue
        _settle(layer.directives, "carried", "403 for these URLs", ledger)
        patterns.append(denied_pattern(layer))
    for one in dict.fromkeys(patterns):
        if one == ACCESS_FILES or not one.startswith(ACCESS_FILES):
            yield f"if ($uri ~ {pattern(one)}) {{ return 403; }}"


def _settle(directives: Sequence[Directive], verdict: str, reason: str, ledger: Ledger) -> None:
    for directive in directives:
        ledger.settle(directive, "carried" if verdict == "carried" else "not carried", reason)


def _server_rewrites(server: Server, moved: bool, ledger: Ledger) -> tuple[str, ...]:
    mine = server.own or server.inherited
    rules = [d for d in mine if d.name in REWRITES and is_at_server(d)]
    for directive in server.inherited if server.own else ():
        if directive.name in REWRITES and is_at_server(directive):
            ledger.settle(directive, "not needed", "a virtual host does not inherit rules of the main server")
    folders = any(d.name in REWRITES and not is_at_server(d) for d in server.directives)
    scope = Scope(alone=not moved and not folders)
    base = [d for d in server.inherited if d.name in REWRITES and is_at_server(d)] if server.own else []
    lines = rewrites(rules, scope, ledger, running=is_on(base))
    if not _inherits(rules, base):
        return lines
    return (*lines, *rewrites(base, scope, ledger, unable="in Apache, RewriteOptions has virtual hosts inherit it"))


def _inherits(own: Sequence[Directive], base: Sequence[Directive]) -> bool:
    """Tell whether rules of the main server hold in a virtual host, too."""
    words, below = (
        {word.lower() for d in found if d.name == "rewriteoptions" for word in d.arguments} for found in (own, base)
    )
    down = not below.isdisjoint({"inheritdown", "inheritdownbefore"}) and "ignoreinherit" not in words
    return down or not words.isdisjoint({"inherit", "inheritbefore"})


NESTED = "in Apache, rules of a folder in a folder replace the outer ones"
WITHIN = "in nginx, this folder has no URL of its own"


def _folder_rewrites(server: Server, zones: Sequence[Zone], ledger: Ledger) -> Iterator[str]:
    seen: list[str] = []
    engines = [("", is_on([d for d in server.directives if is_at_server(d)]))]
    for layer in layers(server.directives):
        rules = [directive for directive in layer.directives if directive.name in REWRITES]
        if not rules or not layer.sections or layer.sections[-1].name == "if":
            continue
        section = layer.sections[-1]
        if section.name not in FOLDERS or is_pattern(section):
            _settle(rules, "not carried", f"rules within {section} have no translation", ledger)
            continue
        folder = plain(section)
        running = [on for outer, on in engines if under(folder, outer)][-1]
        engines = sorted([*engines, (folder, is_on(rules, running))], key=lambda one: len(one[0]))
        scopes = [*_scopes(zones, folder)]
        if not scopes or (scopes[0].where and not any(map(forbids, rules))):
            for directive in rules:
                ledger.settle(directive, "not needed", "nothing is served from this folder")
            continue
        nested = any(under(folder, one) or under(one, folder) for one in seen)
        seen.append(folder)
        for number, scope in enumerate(scopes):
            unable = WITHIN if scope.where else NESTED if nested else ""
            yield from rewrites(rules, scope, ledger, running=running, unable=unable, again=number > 0)


def _scopes(zones: Sequence[Zone], folder: str) -> Iterator[Scope]:
    """Yield a scope for each URL that leads to a folder, that of the nearest zone first, and for those that lead to a
    part of it.
    """
    urls: list[str] = []
    for zone in sorted(zones, key=lambda one: -len(one.folder)):
        url = zone.url + folder.removeprefix(zone.folder.rstrip("/"))
        if _reaches(zone, folder) and url not in urls:
            urls.append(url)
            yield Scope(url, None, not zone.prefix.url, zone.body.extensions)
    for zone in zones:
        scope = Scope(folder, None, False, zone.body.extensions, where=zone.prefix.pattern, file=zone.prefix.folder)
        start = scope.file.partition("$")[0].rpartition("/")[0]
        part = zone.folder.rstrip("/").removeprefix(folder)
        if scope.where and (under(start, folder) or under(folder, start)):
            yield scope
        elif not scope.where and part and under(zone.folder, folder) and zone.url not in [u + part for u in urls]:
            where = f"(?s)^{re.escape(zone.url)}((?:/.*)?)$"
            yield replace(scope, where=where, file=zone.folder.rstrip("/") + "$1")


def _reaches(zone: Zone, folder: str) -> bool:
    return not zone.prefix.single and not zone.prefix.pattern and under(folder, zone.folder)


def _ifs(server: Server, ledger: Ledger) -> Iterator[str]:
    """Yield `<If>` sections with a plain comparison that redirect or refuse; all else in them is refused."""
    for layer in layers(server.directives):
        if not layer.sections or not any(section.name == "if" for section in layer.sections):
            continue
        for directive in layer.directives:
            try:
                yield from in_if(directive)
            except Refusal as refusal:
                ledger.settle(directive, "not carried", str(refusal))
            else:
                ledger.settle(directive, "carried", "if ... return")


def in_if(directive: Directive) -> tuple[str, ...]:
    """Translate a directive within an `<If>`. Raises Refusal."""
    inner = directive.sections[-1]
    (sections,) = (layer.sections for layer in layers([directive]))
    if inner.name != "if" or len(sections) != 1:
        raise Refusal("nginx has an `if` for a whole server only")
    test = condition(inner.raw)
    if directive.name in {"require", "deny"}:
        if directive.name == "require" and required([directive], len(directive.sections)) != NOBODY:
            raise Refusal("an `if` of nginx can only refuse everybody")
        return (f"if ({test}) {{ return 403; }}",)
    if directive.name not in REDIRECTS:
        raise Refusal("an `if` of nginx can redirect and refuse, nothing else")
    return under_tests(directive, [Condition(test, False, None)])
