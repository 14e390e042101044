"""READ FIRST. Directives in, nginx servers and compat services out; the flow from top to bottom.

    `set_aside` what Apache skips or nobody needs -> the servers (main, virtual hosts) -> `prefixes` -> zones with their
    settings (`layers`) -> redirects and rewrites -> `Import`

No I/O: what is on this machine is told by a function. Each directive ends with exactly one outcome, in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .elsewhere import NAMES as ELSEWHERE
from .model import Directive, Import, Ledger, Section, Site
from .obstacles import SAYS_WHO, obstacle, protects, sealed
from .overrides import MAIN, counts
from .parse import CONDITIONS
from .prefixes import KindOf
from .remote import remote
from .servers import Server, host_lines, is_any, listening, names_of
from .settings import SETTERS
from .statements import statements
from .words import NOT_CARRIED, NOT_NEEDED, look_up
from .zones import zones


def translate(directives: tuple[Directive, ...], kind: KindOf, server_root: str) -> Import:
    """Translate a whole configuration. `kind` tells whether a path is a file or a folder here; relative names are
    found under `server_root`.
    """
    ledger = Ledger(directives)
    live = [_absolute(one, server_root) for one in _set_aside(directives, ledger)]
    whole = any(directive.name == "loadmodule" for directive in directives)
    servers = _servers(live)
    sites = [_site(replace(server, whole=whole), kind, ledger) for server in servers]
    reached = {_host(directive) for server in servers for directive in server.own[:1]}
    for directive in live:
        if (host := _host(directive)) and host not in reached:
            ledger.settle(directive, "not needed", "Apache asks the virtual hosts that name these addresses")
        if directive.name in SETTERS or directive.name in SAYS_WHO:
            ledger.settle(directive, "not needed", "nothing is served where it stands")
    services = dict.fromkeys(
        body.service for site in sites for zone in site.zones for body in zone.bodies if body.service
    )
    return Import(tuple(sites), tuple(services), ledger.outcomes())


def _set_aside(directives: Sequence[Directive], ledger: Ledger) -> list[Directive]:
    """Settle what has no effect and what stands where we cannot follow; return the others, without conditions.

    What protects, and cannot be said where it stands, closes the nearest place around it that can.
    """
    live = []
    for directive in directives:
        sections = tuple(section for section in directive.sections if section.name not in CONDITIONS)
        one = replace(directive, sections=sections)
        found = obstacle(one)
        if directive.dead:
            ledger.settle(directive, "not needed", f"Apache skips it: {directive.dead}")
        elif found and protects(one, found, directives):
            ledger.settle(directive, "not carried", f"closed for everybody instead: {found.reason}")
            live.append(sealed(one, found))
        elif reason := look_up(NOT_NEEDED, directive.name):
            ledger.settle(directive, "not needed", reason)
        elif found:
            ledger.settle(directive, "not carried", found.reason)
        elif directive.name not in {*SETTERS, *ELSEWHERE} and (reason := look_up(NOT_CARRIED, directive.name)):
            ledger.settle(directive, "not carried", reason)
        else:
            live.append(one)
    return live


OF_FILES = frozenset({"authuserfile", "authgroupfile", "documentroot", "sslcertificatefile", "sslcertificatekeyfile"})
OF_ALIASES = frozenset({"alias", "scriptalias"})


def _absolute(directive: Directive, server_root: str) -> Directive:
    """Return a directive with its file name made absolute, as Apache does by ServerRoot."""
    words = list(directive.arguments)
    position = 1 if directive.name in OF_ALIASES else 0
    if directive.name not in OF_FILES | OF_ALIASES or len(words) <= position or words[position].startswith("/"):
        return directive
    words[position] = f"{server_root.rstrip('/')}/{words[position]}"
    return replace(directive, arguments=tuple(words))


def _servers(live: Sequence[Directive]) -> list[Server]:
    """Return the main server if it answers for anything, and each virtual host with what it inherits."""
    main = tuple(d for d in live if _host(d) is None)
    kept = tuple(d for d in main if counts(d, MAIN))
    hosts = list(dict.fromkeys(host for directive in live if (host := _host(directive))))
    listens = tuple(d for d in main if d.name == "listen")
    result = []
    for host in hosts:
        own = tuple(directive for directive in live if _host(directive) == host)
        inherited = tuple(directive for directive in main if counts(directive, host.place))
        if listen := _reached(host, hosts, listens):
            result.append(Server(own, inherited, listen))
    taken = {address for server in result for address in server.listen}
    left = tuple(address for address in listening(("*",), listens) if address not in taken)
    if not hosts or (listens and left):
        result.append(Server(kept, (), left))
    return result


def _reached(host: Section, hosts: Sequence[Section], listens: Sequence[Directive]) -> tuple[str, ...]:
    """Return the addresses of a virtual host: by `*`, those that none names, for which Apache asks the named only."""
    named = {
        one for other in hosts for word in other.arguments if not is_any(word) for one in listening((word,), listens)
    }
    found = {word: listening((word,), listens) for word in host.arguments or ("*",)}
    return tuple(one for word, all_ in found.items() for one in all_ if one not in named or not is_any(word))


def _host(directive: Directive) -> Section | None:
    return next((section for section in directive.sections if section.name == "virtualhost"), None)


def _site(server: Server, kind: KindOf, ledger: Ledger) -> Site:
    """Translate one server."""
    names = names_of(server, ledger)
    found, settings, root = zones(server, kind, ledger)
    if any(body.service for zone in found for body in zone.bodies):
        _settle_error_pages(server, ledger)
    return Site(
        listen=server.listen,
        names=names,
        zones=found,
        settings=settings,
        root=root,
        statements=statements(server, found, ledger),
        lines=(*host_lines(server, ledger), *remote(server, ledger)),
    )


def _settle_error_pages(server: Server, ledger: Ledger) -> None:
    """Say where nginx shows another page than Apache: it passes on all that compat answers."""
    reason = "in part: what compat answers for a program that is not there or may not be run keeps compat's own page"
    for directive in server.directives:
        if directive.name == "errordocument" and directive.raw[:3] in {"403", "404", "413", "500", "503", "504"}:
            ledger.settle(directive, "not carried", reason)
