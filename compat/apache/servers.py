"""What a virtual host says of itself: addresses, names, certificates, and how long connections are kept.

Comes in: a `Server`'s directives. Goes out: lines of nginx's `server` block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .model import Directive, Ledger, Refusal
from .redirect import quoted

TLS_VERSIONS = {"tlsv1": "TLSv1", "tlsv1.1": "TLSv1.1", "tlsv1.2": "TLSv1.2", "tlsv1.3": "TLSv1.3"}


@dataclass(frozen=True, slots=True)
class Server:
    """One virtual host with what it inherits of the main server, or the main server alone; `listen` are nginx's.

    `whole` tells that Apache's modules are named, so that it can be known what runs files of which kind.
    """

    own: tuple[Directive, ...]
    inherited: tuple[Directive, ...]
    listen: tuple[str, ...]
    whole: bool = True

    @property
    def directives(self) -> tuple[Directive, ...]:
        """All, the inherited ones first."""
        return self.inherited + self.own

    def at_server(self, names: frozenset[str]) -> list[Directive]:
        """Return those by some names that stand in no section but <VirtualHost>, its own first."""
        return [d for d in self.own + self.inherited if d.name in names and is_at_server(d)]


def is_at_server(directive: Directive) -> bool:
    """Tell whether a directive stands in no section but <VirtualHost>."""
    return all(section.name == "virtualhost" for section in directive.sections)


def listening(addresses: Sequence[str], listens: Sequence[Directive]) -> tuple[str, ...]:
    """Return the addresses of a virtual host as nginx writes them: `*:80` is every `Listen` of that port."""
    heard = [_address(directive.arguments[0]) for directive in listens if directive.arguments]
    result: list[str] = []
    for text in addresses:
        host, port = _address(text)
        matching = [one for one in heard if port in {one[1], ""}] if is_any(text) else []
        for address, number in matching or [(host, port or "80")]:
            result += _listen("*" if address in {"*", "_default_"} else address, number)
    return tuple(dict.fromkeys(result)) or ("80", "[::]:80")


def is_any(text: str) -> bool:
    """Tell whether an address of a virtual host is every one."""
    return _address(text)[0] in {"*", "_default_", "0.0.0.0"}  # noqa: S104  (compared, not bound)


def _address(text: str) -> tuple[str, str]:
    if re.fullmatch(r"\d+", text):
        return "*", text
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d+|\*))?", text)
    if found is None:
        return text, ""
    return found[1], "" if found[2] in {None, "*"} else found[2]


def _listen(host: str, port: str) -> list[str]:
    return [port, f"[::]:{port}"] if host == "*" else [f"{host}:{port}"]


def names_of(server: Server, ledger: Ledger) -> tuple[str, ...]:
    """Return the names of a server, without scheme and port."""
    names: list[str] = []
    for directive in server.at_server(frozenset({"servername", "serveralias"})):
        found = [_name(word) for word in directive.arguments]
        if directive in server.inherited:
            ledger.settle(directive, "not needed", "a default")
        elif "" in found or not found:
            ledger.settle(directive, "not carried", "it holds what is no host name")
        else:
            ledger.settle(directive, "carried", "server_name")
            names += found
    return tuple(dict.fromkeys(names))


def _name(word: str) -> str:
    """Return a name as nginx has it, empty for what is none."""
    name = re.sub(r":\d+\Z", "", word.rpartition("://")[2]).lower()
    if not re.fullmatch(r"[\w.*?-]+|\[[0-9a-f:.]+\]", name):
        return ""
    if not re.search(r"[*?]", name) or re.fullmatch(r"\*\.[\w.-]+|[\w.-]+\.\*", name):
        return name
    return "~^" + re.escape(name).replace(r"\*", ".*").replace(r"\?", ".") + "$"


def host_lines(server: Server, ledger: Ledger) -> tuple[str, ...]:
    """Return the lines of certificates and connections."""
    lines: dict[str, str] = {}
    for directive in reversed(server.at_server(frozenset(HOST))):  # its own last: they win
        try:
            line = HOST[directive.name](directive.arguments)
        except (Refusal, IndexError) as refusal:
            ledger.settle(directive, "not carried", str(refusal) or "it has no argument")
            continue
        ledger.settle(directive, "carried", line.partition(" ")[0] or "as nginx does")
        lines[directive.name] = line
    if lines.get("keepalive"):
        lines.pop("keepalivetimeout", None)
    for directive in server.directives:
        if directive.name == "listen" and is_at_server(directive):
            ledger.settle(directive, "carried", "listen")
    return tuple(line for line in lines.values() if line)


def uses_tls(server: Sequence[str]) -> bool:
    """Tell whether lines of a server hold a certificate."""
    return any(line.startswith("ssl_certificate ") for line in server)


def _protocols(words: Sequence[str]) -> str:
    chosen: set[str] = set()
    for word in words:
        name = word.lower().lstrip("+-")
        meant = set(TLS_VERSIONS) if name == "all" else {name} & set(TLS_VERSIONS)
        if not meant and name not in {"sslv2", "sslv3"}:
            raise Refusal(f"{word} is no protocol")
        chosen = chosen - meant if word.startswith("-") else chosen | meant
    if not chosen:
        raise Refusal("no protocol is left")
    return "ssl_protocols " + " ".join(TLS_VERSIONS[name] for name in TLS_VERSIONS if name in chosen) + ";"


def _keep_alive(words: Sequence[str]) -> str:
    return "" if words[0].lower() == "on" else "keepalive_timeout 0;"


def _number(name: str) -> Callable[[Sequence[str]], str]:
    def line(words: Sequence[str]) -> str:
        if not re.fullmatch("[0-9]{1,9}", words[0]):
            raise Refusal(f"{words[0]} is not a number")
        return f"{name} {words[0]};"

    return line


def _engine(words: Sequence[str]) -> str:
    if words[0].lower() == "optional":
        raise Refusal("nginx has no optional TLS")
    return ""


HOST: Mapping[str, Callable[[Sequence[str]], str]] = {
    "sslengine": _engine,
    "sslcertificatefile": lambda words: f"ssl_certificate {quoted(words[0])};",
    "sslcertificatekeyfile": lambda words: f"ssl_certificate_key {quoted(words[0])};",
    "sslprotocol": _protocols,
    "sslciphersuite": lambda words: f"ssl_ciphers {quoted(words[-1])};",
    "sslhonorcipherorder": lambda words: f"ssl_prefer_server_ciphers {'on' if words[0].lower() == 'on' else 'off'};",
    "keepalive": _keep_alive,
    "keepalivetimeout": _number("keepalive_timeout"),
    "maxkeepaliverequests": _number("keepalive_requests"),
}
"""Directives of a server, each as a line of nginx."""
