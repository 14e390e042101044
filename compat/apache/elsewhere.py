"""URLs that Apache gives to something that is not carried over: a proxy, or a program by an alias that cannot be said.

Comes in: a server's directives and its zones. Goes out: lines that refuse these URLs. Without them nginx would send
what lies at that path of the document root: sources of PHP behind a `ProxyPassMatch`, or of the programs themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .conditions import Condition
from .guarded import guarded
from .model import Directive, Ledger, Refusal, Zone
from .parse import unknown_variable
from .redirect import pattern
from .sections import URLS, expression, is_pattern, plain
from .servers import Server

ALIASES = frozenset({"scriptalias", "scriptaliasmatch"})
REASONS = {
    **dict.fromkeys(("proxypass", "proxypassmatch"), "it is no CGI program; write it as a location with proxy_pass"),
    **dict.fromkeys(("wsgiscriptalias", "wsgiscriptaliasmatch"), "it is WSGI: serve the application by gunicorn"),
    **dict.fromkeys(("jkmount",), "it is no CGI program; write it as a location with proxy_pass"),
}
NAMES = ALIASES | set(REASONS)


def elsewhere(server: Server, zones: Sequence[Zone], ledger: Ledger) -> Iterator[str]:
    """Yield what refuses these URLs, but those that an earlier `ProxyPass PATH !` takes out, and those of programs."""
    programs = [f"^{re.escape(zone.url)}(?:/|$)" for zone in zones if zone.prefix.programs and not zone.prefix.pattern]
    spared: list[str] = []
    for directive in server.own + server.inherited:
        if directive.name not in NAMES or (directive.name in ALIASES and not ledger.is_refused(directive)):
            continue
        try:
            place = _place(directive)
            if directive.arguments[-1:] == ("!",):
                spared.append(place)
                ledger.settle(directive, "carried", "these URLs are served as without a proxy")
                continue
            kept = [*spared, *(programs if directive.name in REASONS else ())]
            tests = [Condition(f"$uri ~ {pattern(place)}", False, None)]
            tests += [Condition(f"$uri !~ {pattern(one)}", False, None) for one in kept]
            yield from guarded("return 403;", tests, "", directive)
        except Refusal:
            yield "return 403;"
        ledger.settle(directive, "not carried", f"closed for everybody instead: {REASONS.get(directive.name, '')}")


def _place(directive: Directive) -> str:
    """Return the pattern of the URLs that a directive is for: of its section, or of its first word. Raises Refusal."""
    for section in directive.sections:
        if section.name in URLS:
            return expression(section) if is_pattern(section) else f"^{re.escape(plain(section))}(?:/|$)"
    path = (*directive.arguments, "")[0]
    if unknown_variable(path):
        raise Refusal("it has no value")
    if directive.name.endswith("match"):
        return path
    whole = re.escape(path).replace(r"\*", ".*") if directive.name == "jkmount" else re.escape(path.rstrip("/"))
    return f"^{whole}/" if path.endswith("/") else f"^{whole}(?:/|$)"
