"""The principals of one side in one scenario: which login a request still needs, and what it carries afterwards.

Exchanges come in, those to be sent go out. Logins are carried out by `player`, which has the side to ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

from harness.bind.bindings import Bindings
from harness.bind.learn import Pair, cookies_set
from harness.bind.login import Credentials
from harness.bind.logins import Login, Logins
from harness.bind.principal import cookies
from harness.bind.token import strength
from harness.exchange import Exchange, Headers, Response, all_headers

Session = tuple[Login, str]
"""A login, and what tells this session of its principal from another."""


class Identity:
    """Who is logged in at one side. What its logins hand out is given to `bindings`."""

    def __init__(self, logins: Logins, bindings: Bindings) -> None:
        self._logins, self._bindings = logins, bindings
        self._sessions: dict[Session, Credentials] = {}
        self._recorded: set[tuple[bytes, bytes]] = set()

    def clear(self) -> None:
        """A new scenario begins: nobody is logged in."""
        self._sessions.clear()
        self._recorded.clear()

    def session(self, exchange: Exchange) -> Session | None:
        """Return the session that a recorded request belongs to, where its login is not in the recording."""
        for login in self._logins.entries:
            identity = login.principal.identity(exchange, self._is_unknown)
            if identity is not None:
                return login, identity
        return None

    def is_open(self, session: Session) -> bool:
        """Tell whether this login was carried out."""
        return session in self._sessions

    def open(self, session: Session, credentials: Credentials) -> None:
        """A login was carried out."""
        self._sessions[session] = credentials

    def prepare(self, session: Session, exchange: Exchange) -> None:
        """Bind what a recorded request carries from before the recording to what the login handed out."""
        self._bindings.give(self._handed(self._sessions[session], exchange))

    def _handed(self, credentials: Credentials, exchange: Exchange) -> Iterator[Pair]:
        for name, value in cookies(exchange):
            if name in credentials.cookies and self._is_unknown(name, value):
                yield Pair("cookie", name, value, credentials.cookies[name], handed=True)
        kind = exchange.request.header(b"content-type") or b""
        if credentials.fields and b"urlencoded" in kind.lower():
            for field, content in parse_qsl((exchange.request.body or b"").decode("latin-1"), encoding="latin-1"):
                key, held = field.encode("latin-1"), content.encode("latin-1")
                fresh = self._bindings.get(("token", b"", held)) is None and strength(held) == "strong"
                if key in credentials.fields and fresh:
                    yield Pair("token", b"", held, credentials.fields[key], handed=True)

    def dressed(self, session: Session, recorded: Exchange, sent: Exchange) -> Exchange:
        """Return the exchange to be sent with the credentials that are no cookie of the recording's."""
        login, _ = session
        credentials = self._sessions[session]
        headers = sent.request.headers
        kind, _, who = login.principal.text.partition(":")
        if kind != "cookie" and recorded.request.header(b"authorization") is not None:
            headers = tuple(pair for pair in headers if pair[0].lower() != b"authorization")
        if credentials.authorization:
            headers = (*headers, (b"Authorization", credentials.authorization))
        held = {name for name, _ in cookies(recorded)}
        replaced = who.partition("=")[0].encode("latin-1") if kind == "cookie" else b""
        if credentials.cookies and replaced not in credentials.cookies:
            lacking = {name: value for name, value in credentials.cookies.items() if name not in held}
            headers = _with_cookies(headers, lacking, replaced)
        user = credentials.remote_user
        if headers == sent.request.headers and not user:
            return sent
        made = replace(sent, request=replace(sent.request, headers=headers, raw_head=None))
        return replace(made, user=user, user_by="remote") if user else made

    def note(self, exchange: Exchange, answer: Response | None) -> None:
        """Remember the cookies that the recorded answer set, and those that this side renewed."""
        recorded = exchange.response
        set_then = set()
        if recorded is not None:
            for name, value, gone in cookies_set(recorded.headers):
                set_then.add(name)
                if not gone:
                    self._recorded.add((name, value))
        if answer is None or not self._sessions:
            return
        renewed = {
            name: value for name, value, gone in cookies_set(answer.headers) if not gone and name not in set_then
        }
        session = self.session(exchange) if renewed else None
        if session in self._sessions and session is not None:
            credentials = self._sessions[session]
            self._sessions[session] = replace(credentials, cookies={**credentials.cookies, **renewed})

    def _is_unknown(self, name: bytes, value: bytes) -> bool:
        return (name, value) not in self._recorded


def _with_cookies(headers: Headers, added: dict[bytes, bytes], dropped: bytes) -> Headers:
    """Return headers with one Cookie line that has these cookies too, and not the one that was dropped."""
    pairs = [pair.strip() for line in all_headers(headers, b"cookie") for pair in line.split(b";") if pair.strip()]
    kept = [pair for pair in pairs if not dropped or pair.partition(b"=")[0].strip() != dropped]
    line = b"; ".join([*kept, *(name + b"=" + value for name, value in added.items())])
    others = tuple(pair for pair in headers if pair[0].lower() != b"cookie")
    return (*others, (b"Cookie", line)) if line else others
