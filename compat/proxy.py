"""What a trusted front end says about the client, put back where programs look for it; what anyone else says, removed.

Comes in: a WSGI environ whose peer may be a proxy. Goes out: the same environ with REMOTE_ADDR, the scheme, Host and
(if asked for) REMOTE_USER as at the front end. One family of headers is believed, X-Forwarded-* or Forwarded
(RFC 7239): a proxy that writes one passes the other on from the client.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from .errors import ConfigurationError, RequestError
from .journal import Journal
from .response import error_page
from .types import Application, Environ, Outcome, StartResponse

UNIX = "unix"
"""Stands for every peer on a Unix socket, which has no address."""
Family = Literal["x-forwarded", "forwarded"]
FAMILIES: dict[Family, re.Pattern[str]] = {
    "x-forwarded": re.compile(r"HTTP_X_FORWARDED(_.*)?|HTTP_X_REAL_IP"),
    "forwarded": re.compile(r"HTTP_FORWARDED"),
}
DEFAULT_PORTS = {"http": "80", "https": "443"}
OF_THE_PEER = ("REMOTE_PORT", "REMOTE_HOST", "REMOTE_IDENT")

_host = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?").fullmatch
_node = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?").fullmatch
_parameter = re.compile(r'\s*([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^\s;,"\\]*)\s*(?:;|$)').match
_marks = re.compile(r'(?<!\\)(?:\\\\)*"|,').finditer
is_header_name = re.compile(r"[A-Za-z0-9-]+").fullmatch

MAPPED = 96
"""Bits before the IPv4 address in one that is written as IPv6 (RFC 4291 section 2.5.5.2)."""
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Hop:
    """What one proxy said of who called it: address (None where it cannot be read), and what it was called by."""

    address: Address | None
    port: str = ""
    scheme: str = ""
    host: str = ""


class TrustedProxy:
    """Middleware that believes the peers in `trusted` (addresses, CIDR networks, or "unix").

    The client is the rightmost address of the chain that is not itself trusted. `family` is the one kind of header that
    the proxy writes; it must set, or clear, all of them. `remote_user_header` names a header that becomes REMOTE_USER;
    it never reaches the program. Raises ConfigurationError.
    """

    def __init__(
        self,
        app: Application,
        trusted: Collection[str],
        *,
        family: Family = "x-forwarded",
        remote_user_header: str | None = None,
    ) -> None:
        if isinstance(trusted, str) or not trusted:
            raise ConfigurationError(f"trusted={trusted!r} must be a list of at least one network like 10.0.0.0/8")
        if family not in FAMILIES:
            raise ConfigurationError(f"family={family!r} must be one of {', '.join(FAMILIES)}")
        if remote_user_header is not None and not is_header_name(remote_user_header):
            raise ConfigurationError(f"remote_user_header={remote_user_header!r} is not a header name")
        self._app = app
        self._unix = UNIX in trusted
        self._networks = [network(text) for text in trusted if text != UNIX]
        self._family: Family = family
        self._user = "HTTP_" + remote_user_header.upper().replace("-", "_") if remote_user_header else ""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333). The environ is changed in place: the server's access log shows the client."""
        peer = address(environ.get("REMOTE_ADDR", ""))
        user = environ.pop(self._user, "")
        if self._trusts(peer, environ):
            try:
                hops = HOPS[self._family](environ)
            except RequestError as error:
                method = environ["REQUEST_METHOD"]
                Journal(environ).end(Outcome("", method, error.status, failed=error.status, note=str(error)))
                return error_page(error, start_response, head=method == "HEAD")
            _apply(environ, self._client(hops))
            if user:
                environ["REMOTE_USER"] = user
            _forget(environ, (name for name in FAMILIES if name != self._family))
        else:
            _forget(environ, FAMILIES)
        return self._app(environ, start_response)

    def _trusts(self, peer: Address | None, environ: Environ) -> bool:
        if peer is None:
            return self._unix and not environ.get("REMOTE_ADDR")
        return any(peer in network for network in self._networks)

    def _client(self, hops: list[Hop]) -> Hop | None:
        """Return the rightmost hop that is no trusted proxy, the leftmost where all are, None where nothing was said.

        Nothing left of an address that cannot be read is believed.
        """
        found = None
        for hop in reversed(hops):
            if hop.address is None:
                return found or hop
            found = hop
            if not any(hop.address in network for network in self._networks):
                break
        return found


def _forget(environ: Environ, families: Iterable[Family]) -> None:
    """Take headers away that a client may have written: programs read them, too."""
    patterns = [FAMILIES[family] for family in families]
    for name in [name for name in environ if any(pattern.fullmatch(name) for pattern in patterns)]:
        del environ[name]


def _apply(environ: Environ, hop: Hop | None) -> None:
    """Write what is known of the client into the environ."""
    if hop is None:
        return
    if hop.address is not None:
        for name in OF_THE_PEER:
            environ.pop(name, None)
        environ["REMOTE_ADDR"] = str(hop.address)
        if hop.port:
            environ["REMOTE_PORT"] = hop.port
    scheme = hop.scheme.lower()
    if scheme in DEFAULT_PORTS:
        environ["wsgi.url_scheme"] = scheme
    if host := _host(hop.host):
        environ["HTTP_HOST"] = hop.host
        environ["SERVER_NAME"] = host["name"]
        environ["SERVER_PORT"] = host["port"] or DEFAULT_PORTS.get(environ["wsgi.url_scheme"], environ["SERVER_PORT"])


def x_forwarded(environ: Environ) -> list[Hop]:
    """Read X-Forwarded-For, -Proto, -Host and -Port, nearest proxy last.

    A list that is as long as X-Forwarded-For belongs to it one by one; of any other its last value is taken, which the
    nearest proxy wrote.
    """
    chain = _items(environ, "HTTP_X_FORWARDED_FOR")
    nodes = [node(text) for text in chain] or [(None, "")]
    schemes, hosts, ports = (
        _spread(_items(environ, f"HTTP_X_FORWARDED_{word}"), len(nodes)) for word in ("PROTO", "HOST", "PORT")
    )
    return [
        Hop(found, port, scheme, _with_port(host or (environ.get("HTTP_HOST", "") if outer else ""), outer, scheme))
        for (found, port), scheme, host, outer in zip(nodes, schemes, hosts, ports, strict=True)
    ]


def forwarded(environ: Environ) -> list[Hop]:
    """Read Forwarded (RFC 7239 section 4), nearest proxy last. It is read from its end, where the trusted proxy wrote;
    what is left of an element that cannot be parsed is the client's, and not believed. Raises RequestError (400) where
    the last one cannot.
    """
    text, hops = environ.get("HTTP_FORWARDED", ""), deque[Hop]()
    for element in filter(str.strip, _from_the_end(text)):
        pairs = _parameters(element)
        if pairs is None and not hops:
            raise RequestError(400, f"no element of Forwarded: {element[-100:]!r}")
        if pairs is None:
            break
        hops.appendleft(Hop(*node(pairs.get("for", "")), pairs.get("proto", ""), pairs.get("host", "")))
    return list(hops)


def _from_the_end(text: str) -> Iterator[str]:
    """Yield the elements of a list, last first. A comma between quotes parts nothing; an open quote further left, which
    a client may have sent, changes nothing of what stands right of it.
    """
    end, quoted = len(text), False
    for mark in reversed([*_marks(text)]):
        if mark[0] != ",":
            quoted = not quoted
        elif not quoted:
            yield text[mark.end() : end]
            end = mark.start()
    yield text[:end]


def _parameters(element: str) -> dict[str, str] | None:
    """Return the parameters of one element by their names in lower case, None where it cannot be parsed."""
    pairs, position = {}, 0
    while position < len(element):
        found = _parameter(element, position)
        if found is None:
            return None
        name, value = found[1].lower(), found[2]
        pairs[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        position = found.end()
    return pairs


HOPS = {"x-forwarded": x_forwarded, "forwarded": forwarded}


def _items(environ: Environ, name: str) -> list[str]:
    return [item.strip() for item in environ.get(name, "").split(",") if item.strip()]


def _spread(values: list[str], count: int) -> list[str]:
    return values if len(values) == count else values[-1:] * count or [""] * count


def _with_port(host: str, port: str, scheme: str) -> str:
    found = _host(host)
    told = found is not None and not found["port"] and port.isdigit() and port != DEFAULT_PORTS.get(scheme.lower())
    return f"{host}:{port}" if told else host


def node(text: str) -> tuple[Address | None, str]:
    """Return the address and the port of `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1` or `[2001:db8::1]:80` (RFC 7239 section
    6); None for `unknown`, names and junk.
    """
    if found := _node(text):
        return address(found["v6"] or found["v4"]), found["port"] or ""
    return address(text), ""


def address(text: str) -> Address | None:
    """Return an address, an IPv4 one written as IPv6 in its short form; None for what is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network(text: str) -> IPv4Network | IPv6Network:
    """Return a network in CIDR notation, of IPv4 ones written as IPv6 the short form. Raises ConfigurationError."""
    try:
        found = ip_network(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{text!r} is no network like 10.0.0.0/8, no address, and not {UNIX}: {error}"
        ) from error
    mapped = getattr(found.network_address, "ipv4_mapped", None) if found.prefixlen >= MAPPED else None
    return IPv4Network((mapped, found.prefixlen - MAPPED)) if mapped else found
