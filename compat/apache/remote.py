"""Whose address a request has: mod_remoteip, by which Apache believes a header of the proxies before it.

Comes in: a server's directives. Goes out: lines of nginx's realip module. What cannot be said closes a server that has
rules for addresses: they would be asked of the proxy, which may be let in where its clients are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from .access import OLD, network
from .model import Directive, Ledger, Refusal
from .servers import Server

PROXIES = frozenset({"remoteipinternalproxy", "remoteiptrustedproxy"})
NAMES = PROXIES | {
    "remoteipheader",
    "remoteipinternalproxylist",
    "remoteiptrustedproxylist",
    "remoteipproxyprotocol",
}
PRIVATE = "nginx would believe addresses of private networks, too: name the proxies as RemoteIPInternalProxy"


def remote(server: Server, ledger: Ledger) -> Iterator[str]:
    """Yield the lines; a virtual host's own proxies replace those of the main server."""
    found = server.at_server(NAMES)
    headers = [one for one in found if one.name == "remoteipheader"]
    given = [one for one in found if one.name != "remoteipheader" and _counts(one, server, found)]
    for directive in found:
        if directive not in given and directive not in headers[:1]:
            ledger.settle(directive, "not needed", "a default")
    try:
        lines = [line for directive in given for line in _believed(directive)]
        if headers and not lines:
            raise Refusal(PRIVATE)
    except Refusal as refusal:
        closed = "closed for everybody instead: " * _asks_for_address(server)
        for directive in (*headers[:1], *given):
            ledger.settle(directive, "not carried", f"{closed}{refusal}")
        yield from ["return 403;"] * bool(closed)
        return
    for directive in given:
        ledger.settle(directive, "carried" if headers else "not needed", "set_real_ip_from" if headers else "no header")
    for directive in headers[:1]:
        ledger.settle(directive, "carried", "real_ip_header")
        yield f"real_ip_header {directive.arguments[0]};"
        yield "real_ip_recursive on;"
        yield from lines


def _counts(directive: Directive, server: Server, found: list[Directive]) -> bool:
    """Tell whether a directive is of the virtual host itself, or of the main server where that has none of its own."""
    return directive in server.own or not any(one in server.own and one.name in PROXIES for one in found)


def _believed(directive: Directive) -> Iterator[str]:
    """Yield the lines for one directive. Raises Refusal."""
    if directive.name == "remoteipproxyprotocol" and [word.lower() for word in directive.arguments] != ["off"]:
        raise Refusal("write it as `listen ... proxy_protocol` and `real_ip_header proxy_protocol`")
    if directive.name.endswith("list"):
        raise Refusal("write the file's networks as RemoteIPInternalProxy")
    if directive.name == "remoteiptrustedproxy":
        raise Refusal(PRIVATE)
    if directive.name == "remoteipinternalproxy":
        yield from (f"set_real_ip_from {network(word)};" for word in directive.arguments)


def _asks_for_address(server: Server) -> bool:
    """Tell whether some rule is for addresses."""
    for directive in server.directives:
        words = [word.lower() for word in directive.arguments]
        if directive.name == "require" and not {"ip", "local", "host", "forward-dns"}.isdisjoint(words[:2]):
            return True
        if directive.name in OLD and directive.name != "order" and words[1:] != ["all"]:
            return True
    return False
