"""READ FIRST. Directives in, nginx servers and compat services out; the flow from top to bottom.

    `set_aside` what Apache skips or nobody needs -> the servers (main, virtual hosts) -> `prefixes` -> zones with their
    settings (`layers`) -> redirects and rewrites -> `Import`

No I/O: what is on this machine is told by a function. Each directive ends with exactly one outcome, in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .layers import FILES, FOLDERS, INNER, URLS, expression, file_pattern, is_pattern
from .model import Directive, Import, Ledger, Refusal, Section, Site
from .parse import CONDITIONS, unknown_variable
from .prefixes import KindOf
from .redirect import pattern
from .servers import Server, host_lines, listening, names_of
from .settings import SETTERS
from .statements import statements
from .words import NOT_CARRIED, NOT_NEEDED, look_up
from .zones import zones

KNOWN_SECTIONS = FOLDERS | URLS | FILES | INNER | {"virtualhost", "if"}
SECTION_REASONS = {
    "elseif": "nginx has no else: write it as a `map`",
    "else": "nginx has no else: write it as a `map`",
    "proxy": "it is about a proxy, not a CGI program",
    "proxymatch": "it is about a proxy, not a CGI program",
    "macro": "macros (mod_macro) are not expanded",
}


def translate(directives: tuple[Directive, ...], kind: KindOf, server_root: str) -> Import:
    """Translate a whole configuration. `kind` tells whether a path is a file or a folder here; relative names are
    found under `server_root`.
    """
    ledger = Ledger(directives)
    live = [_absolute(one, server_root) for one in _set_aside(directives, ledger)]
    whole = any(directive.name == "loadmodule" for directive in directives)
    sites = [_site(replace(server, whole=whole), kind, ledger) for server in _servers(live)]
    for directive in live:
        if directive.name in SETTERS or directive.name in {"require", "order", "allow", "deny"}:
            ledger.settle(directive, "not needed", "nothing is served where it stands")
    services = dict.fromkeys(
        body.service for site in sites for zone in site.zones for body in zone.bodies if body.service
    )
    return Import(tuple(sites), tuple(services), ledger.outcomes())


def _set_aside(directives: Iterable[Directive], ledger: Ledger) -> list[Directive]:
    """Settle what has no effect and what stands where we cannot follow; return the others, without conditions."""
    live = []
    for directive in directives:
        sections = tuple(section for section in directive.sections if section.name not in CONDITIONS)
        strange = next((section for section in sections if section.name not in KNOWN_SECTIONS), None)
        variable = unknown_variable(" ".join([directive.raw, *(section.raw for section in sections)]))
        if directive.dead:
            ledger.settle(directive, "not needed", f"Apache skips it: {directive.dead}")
        elif reason := look_up(NOT_NEEDED, directive.name):
            ledger.settle(directive, "not needed", reason)
        elif strange:
            ledger.settle(directive, "not carried", SECTION_REASONS.get(strange.name, f"nginx has no {strange}"))
        elif variable:
            ledger.settle(
                directive, "not carried", f"${{{variable}}} has no value here: give --define {variable}=VALUE"
            )
        elif unwritable := _unwritable(directive, sections):
            ledger.settle(directive, "not carried", unwritable)
        elif directive.name not in SETTERS and (reason := look_up(NOT_CARRIED, directive.name)):
            ledger.settle(directive, "not carried", reason)
        else:
            live.append(replace(directive, sections=sections))
    return live


WRITTEN_AS_TEXT = frozenset(
    {
        *("authname", "authuserfile", "documentroot", "alias", "directoryindex", "header", "errordocument"),
        *("sslcertificatefile", "sslcertificatekeyfile", "servername", "serveralias"),
        *("adddefaultcharset", "addtype", "addhandler", "addoutputfilterbytype"),
    }
)
"""Directives of which a word is written into a place where nginx would see variables."""


def _unwritable(directive: Directive, sections: Iterable[Section]) -> str:
    """Say why nginx cannot write what a directive or its sections say; empty where it can."""
    plain_folders = [one.raw for one in sections if one.name in FOLDERS and not is_pattern(one)]
    if "$" in "".join([directive.raw if directive.name in WRITTEN_AS_TEXT else "", *plain_folders]):
        return "nginx cannot write a dollar sign here"
    try:
        for section in sections:
            if is_pattern(section):
                pattern(expression(section))
            if section.name in FILES:
                pattern(file_pattern(section))
    except Refusal as refusal:
        return str(refusal)
    return ""


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
    hosts = list(dict.fromkeys(host for directive in live if (host := _host(directive))))
    listens = tuple(d for d in main if d.name == "listen")
    result = []
    for host in hosts:
        own = tuple(directive for directive in live if _host(directive) == host)
        result.append(Server(own, main, listening(host.arguments, listens)))
    taken = {address for server in result for address in server.listen}
    left = tuple(address for address in listening(("*",), listens) if address not in taken)
    if not hosts or (listens and left):
        result.append(Server(main, (), left))
    return result


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
        lines=host_lines(server, ledger),
    )


def _settle_error_pages(server: Server, ledger: Ledger) -> None:
    """Say where nginx shows another page than Apache: it passes on all that compat answers."""
    reason = "in part: what compat answers for a program that is not there or may not be run keeps compat's own page"
    for directive in server.directives:
        if directive.name == "errordocument" and directive.raw[:3] in {"403", "404", "413", "500", "503", "504"}:
            ledger.settle(directive, "not carried", reason)
