"""Redirects where they stand: those of a server, and those within sections and access files, for the URLs of these.

Comes in: a server's directives and its zones. Goes out: lines for a `server`. Apache asks for the section and for the
path, if one is named. One that refuses (4xx) and cannot be said closes its place, so that nothing it kept back is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .conditions import Condition
from .guarded import guarded
from .model import Directive, Ledger, Refusal, Section, Zone
from .prefixes import under
from .redirect import NAMES, check_url, literal, pattern, quoted, redirect, status_of
from .sections import FILES, FOLDERS, URLS, WILD, expression, file_pattern, is_pattern, plain
from .servers import Server


def redirects(server: Server, zones: Sequence[Zone], ledger: Ledger) -> Iterator[str]:
    """Yield the lines of all redirects but those in an <If>: the virtual host's before the inherited, as in Apache."""
    for directive in server.own + server.inherited:
        if directive.name not in NAMES or any(section.name == "if" for section in directive.sections):
            continue
        try:
            tests = _scope(directive, zones)
        except Refusal as refusal:
            ledger.settle(directive, "not carried", str(refusal))
            continue
        if tests is None:
            ledger.settle(directive, "not needed", "nothing is served from this folder")
            continue
        try:
            lines = under_tests(directive, tests)
        except Refusal as refusal:
            closed = refuses(directive)
            ledger.settle(directive, "not carried", f"{'closed for everybody instead: ' * closed}{refusal}")
            yield from guarded("return 403;", tests, "", directive) if closed else ()
            continue
        ledger.settle(directive, "carried", "return" if "return " in lines[-1] else "rewrite")
        yield from lines


def refuses(directive: Directive) -> bool:
    """Tell whether a redirect keeps clients out: one that says 4xx."""
    return directive.name in NAMES and 400 <= status_of(directive)[0] <= 499


def under_tests(directive: Directive, tests: Sequence[Condition]) -> tuple[str, ...]:
    """Translate one redirect under more conditions. Raises Refusal."""
    status, words = status_of(directive)
    away = 300 <= status <= 399
    if len(words) == away and directive.sections:
        return tuple(guarded(_whole(status, words), tests, "", directive))
    lines = redirect(directive)
    if not tests:
        return lines
    found = re.fullmatch(r"if \((.*)\) \{ (return .*;) \}", lines[-1])
    own = [Condition(found[1], False, None)] if found else []
    return (*lines[:-1], *guarded(found[2] if found else lines[-1], [*tests, *own], "", directive))


def _whole(status: int, words: Sequence[str]) -> str:
    """Return what a redirect without a path does: it is for all of its section, and adds nothing to the URL."""
    if not words:
        return f"return {status};"
    check_url(words[0])
    own = "$scheme://$http_host" if words[0].startswith("/") else ""
    query = "" if "?" in words[0] else "$is_args$args"
    return f"return {status} {quoted(own + literal(words[0]) + query)};"


def _scope(directive: Directive, zones: Sequence[Zone]) -> list[Condition] | None:
    """Return what must hold for a directive's sections; None where they hold for nothing. Raises Refusal."""
    tests: list[Condition] = []
    for section in directive.sections:
        if section.name in FOLDERS:
            found = _of_folder(section, directive, zones)
            if found is None:
                return None
            tests += found
        elif section.name in FILES and not refuses(directive):
            raise Refusal(f"within {section} only a refusal has a translation; write it with its path, outside of it")
        elif section.name in FILES:
            tests.append(_is_like("|".join([file_pattern(section), *_of_single(section, zones)])))
        elif section.name in URLS and is_pattern(section):
            tests.append(_is_like(expression(section)))
        elif section.name in URLS and not (_path(directive) and under(_path(directive), plain(section))):
            tests.append(_is_like(_below([plain(section)])))
    return tests


def _of_single(section: Section, zones: Sequence[Zone]) -> Iterator[str]:
    """Yield the URLs that lead to one file, of which the name is in no URL."""
    for zone in zones:
        if zone.prefix.single and re.search(file_pattern(section), f"/{zone.prefix.folder.rpartition('/')[2]}"):
            yield _below([zone.url])


def _path(directive: Directive) -> str:
    """Return the path that a redirect names, empty where it names none or a pattern."""
    status, words = status_of(directive)
    named = len(words) > (300 <= status <= 399) and directive.name != "redirectmatch"
    return words[0].rstrip("/") if named else ""


def _of_folder(section: Section, directive: Directive, zones: Sequence[Zone]) -> list[Condition] | None:
    """Return what tells that a URL leads to a folder: it is below some, and not below others within these."""
    if is_pattern(section) or WILD.search(plain(section)):
        raise Refusal(f"within {section} it has no translation; write it with its path, outside of it")
    path, folder = _path(directive), plain(section)
    inside = [url for zone in zones for url in _urls_in(zone, folder, zones)]
    outside = [zone.url for zone in zones if not zone.prefix.pattern and not [*_urls_in(zone, folder, zones)]]
    patterns = [zone.prefix.pattern for zone in zones if zone.prefix.pattern and _leads_to(zone, folder, directive)]
    if path:
        inside = [""] if any(under(path, url) for url in inside) else [url for url in inside if under(url, path)]
        outside = [url for url in outside if under(path, url) or under(url, path)]
    if not inside and not patterns:
        return None
    within = [url for url in outside if any(under(url, other) for other in inside)]
    texts = [_below(inside)] * bool(inside) + patterns
    tests = [] if "" in inside else [_is_like("|".join(texts))]
    return [*tests, *(Condition(f"$uri !~ {pattern(_below(within))}", False, None) for _ in within[:1])]


def _urls_in(zone: Zone, folder: str, zones: Sequence[Zone]) -> Iterator[str]:
    """Yield the URL by which a zone leads to a folder, or to a part of it."""
    if zone.prefix.pattern:
        return
    own = zone.folder.rpartition("/")[0] if zone.prefix.single else zone.folder
    if under(own, folder):
        yield zone.url
    elif under(folder, own) and not zone.prefix.single:
        url = zone.url + folder.removeprefix(zone.folder.rstrip("/"))
        nearest = max((z.url for z in zones if not z.prefix.pattern and under(url, z.url)), key=len)
        yield from [url] * (nearest == zone.url)


def _leads_to(zone: Zone, folder: str, directive: Directive) -> bool:
    """Tell whether a zone by a pattern leads to files of a folder; where only some may be, a refusal is for all."""
    start = zone.folder.partition("$")[0].rpartition("/")[0]
    return under(start, folder) or (under(folder, start) and refuses(directive))


def _below(urls: Sequence[str]) -> str:
    texts = [re.escape(url) for url in dict.fromkeys(urls)]
    return f"^(?:{'|'.join(texts)})(?:/|$)" if len(texts) > 1 else f"^{texts[0]}(?:/|$)"


def _is_like(expression: str) -> Condition:
    return Condition(f"$uri ~ {pattern(expression)}", False, None)
