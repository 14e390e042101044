"""Who a recorded request comes from, as the recording shows it: Basic credentials, a user, or a cookie.

A request comes in, whether a `principal` of `[[login]]` is meant comes out, with what tells two sessions of it apart.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.bind.token import strength
from harness.exchange import Exchange, all_headers

Unknown = Callable[[bytes, bytes], bool]
"""Whether no recorded answer has set the cookie of this name to this value."""


@dataclass(frozen=True, slots=True)
class Principal:
    """`basic:alice`, `remote:alice`, `cookie:NAME=VALUE`, `cookie:NAME` (any value), or `*`."""

    text: str

    def identity(self, exchange: Exchange, unknown: Unknown) -> str | None:
        """Return what tells this session of the principal from another, or None where a request is not from it.

        A cookie counts only where no recorded answer has set it: else the login is in the recording.
        """
        kind, _, wanted = self.text.partition(":")
        if kind == "basic":
            return wanted if basic_user(exchange) == wanted else None
        if kind == "remote":
            return wanted if exchange.user == wanted and exchange.user_by == "remote" else None
        if kind == "cookie":
            name, equals, value = wanted.partition("=")
            return next(
                (
                    f"{name}={held}"
                    for key, held in _cookies(exchange, unknown)
                    if key == name and (held == value or not equals)
                ),
                None,
            )
        return self._anyone(exchange, unknown)

    @staticmethod
    def _anyone(exchange: Exchange, unknown: Unknown) -> str | None:
        user = basic_user(exchange) or exchange.user
        if user:
            return user
        session = (
            f"{name}={value}" for name, value in _cookies(exchange, unknown) if strength(value.encode("latin-1"))
        )
        return next(session, None)


def is_principal(text: str) -> bool:
    """Tell whether a text names a principal."""
    return bool(re.fullmatch(r"\*|(?:basic|remote):.+|cookie:[^=;\s]+(?:=[^;\s]*)?", text))


def basic_user(exchange: Exchange) -> str:
    """Return the user of Basic credentials (RFC 7617), or empty."""
    scheme, _, credentials = (exchange.request.header(b"authorization") or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        return b64decode(credentials.strip()).partition(b":")[0].decode("latin-1")
    except ValueError:
        return ""


def cookies(exchange: Exchange) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and value of the cookies that a request carries."""
    for header in all_headers(exchange.request.headers, b"cookie"):
        for pair in header.split(b";"):
            name, equals, value = pair.partition(b"=")
            if equals:
                yield name.strip(), value.strip(b'" \t')


def _cookies(exchange: Exchange, unknown: Unknown) -> Iterator[tuple[str, str]]:
    for name, value in cookies(exchange):
        if unknown(name, value):
            yield name.decode("latin-1"), value.decode("latin-1")
