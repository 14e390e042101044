"""What traffic tells of an application: who is asked, what may write, who logged in, what should have been redacted.

Exchanges come in, a `Survey` goes out: names and counts, never a password or a cookie's value.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from harness.bind import NO_LOGINS, Unbound
from harness.bind.secret import name_of
from harness.endpoint import endpoint, fields
from harness.exchange import Exchange, Request
from harness.start.patterns import patterns_of
from harness.start.unsafe import unsafe_read

SAFE = (b"GET", b"HEAD", b"OPTIONS")
ACTIONS = frozenset(
    {"a", "act", "action", "cmd", "command", "do", "event", "func", "function", "method", "mode"}
    | {"op", "operation", "rm", "step", "task", "view"}
)
"""Names of parameters that tell the actions of one program apart."""
FEW_VALUES = 12
MANY_VALUES = 40

_WORD = re.compile(r"[A-Za-z_][A-Za-z_.:-]{0,40}")
_SECRET = re.compile(r"pass|pwd|secret|token|api_?key|credit|card.?n|cvv|iban|(^|_)pin$|^auth(?!or)", re.IGNORECASE)
_USER = re.compile(r"(?:user|login|account)(?:_?(?:name|id))?|uname|uid|e?-?mail", re.IGNORECASE)
_PASSWORD = re.compile(r"pass|pwd", re.IGNORECASE)
_NO_SESSION = re.compile(r"_ga|_gid|__utm|_pk_|_fb|lang|theme|consent", re.IGNORECASE)
_JSON_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class LoginForm:
    """A form that was sent with a password: where to, and the names of its fields."""

    path: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Counts of exchanges, by name; most frequent first.

    `unsafe` are endpoints asked by methods that may write, `doubtful` entries for `[safety] unsafe`: reads that look as
    if they wrote. `parameters` tell actions apart, `candidates` may (with some
    of their values). `users` logged in by HTTP, `cookies` (exchanges, different values) came with requests though no
    recorded answer had set them. `secrets` are names of fields and headers that hold secrets in clear,
    `redacted` those of redacted ones that no recorded answer hands out, each with the user that the request names.
    """

    exchanges: int = 0
    first: float = 0.0
    last: float = 0.0
    hosts: Mapping[str, int] = field(default_factory=dict)
    endpoints: Mapping[str, int] = field(default_factory=dict)
    unsafe: Mapping[str, int] = field(default_factory=dict)
    doubtful: Mapping[str, int] = field(default_factory=dict)
    bodiless: int = 0
    patterns: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    candidates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    users: Mapping[tuple[str, str], int] = field(default_factory=dict)
    cookies: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    secrets: Mapping[str, int] = field(default_factory=dict)
    redacted: Mapping[tuple[str, str], int] = field(default_factory=dict)
    login: LoginForm | None = None
    states: tuple[str, ...] = ()


class _Seen:
    """Running counts of a survey."""

    def __init__(self) -> None:
        self.exchanges = self.bodiless = 0
        self.first = self.last = 0.0
        self.hosts = Counter[str]()
        self.paths = Counter[str]()
        self.values: dict[str, Counter[str]] = {}
        self.users = Counter[tuple[str, str]]()
        self.given: dict[str, set[str]] = {}
        self.brought: dict[str, Counter[str]] = {}
        self.secrets = Counter[str]()
        self.redacted = Counter[tuple[str, str]]()
        self.unbound = Unbound((), NO_LOGINS)
        self.doubtful = Counter[str]()
        self.login: LoginForm | None = None

    def add(self, exchange: Exchange) -> None:
        """Count one exchange."""
        request = exchange.request
        self.exchanges += 1
        self.bodiless += request.body is None
        if exchange.started:
            self.first = min(self.first or exchange.started, exchange.started)
            self.last = max(self.last, exchange.started)
        self.hosts.update(filter(None, [exchange.host]))
        self.paths[request.path.decode("latin-1")] += 1
        pairs = fields(request)
        for name, value in pairs:
            self.values.setdefault(name, Counter())[value[:100]] += 1
        self.doubtful.update(filter(None, [unsafe_read(exchange, ACTIONS)]))
        self._add_identity(exchange)
        self._add_secrets(exchange, pairs)
        self._add_redacted(exchange, pairs)

    def _add_identity(self, exchange: Exchange) -> None:
        if (found := user_of(exchange)) and not was_refused(exchange):
            self.users[found] += 1
        for name, value in cookies_of(exchange.request):
            if value not in self.given.get(name, ()):
                self.brought.setdefault(name, Counter())[value] += 1
        for header, text in exchange.response.headers if exchange.response else ():
            if header.lower() == b"set-cookie":
                name, _, rest = text.decode("latin-1").partition("=")
                self.given.setdefault(name.strip(), set()).add(rest.partition(";")[0].strip())

    def _add_secrets(self, exchange: Exchange, pairs: list[tuple[str, str]]) -> None:
        request, tokens = exchange.request, {each.token for each in exchange.redactions}
        told = [(name, value) for name, value in (*pairs, *_members(request)) if value and _SECRET.search(name)]
        names = {name for name, _ in told}
        self.secrets.update(f"field {name}" for name in {name for name, value in told if value not in tokens})
        headers = {name.lower().decode("latin-1") for name, _ in request.headers}
        headers -= {each.place.split(" ")[1].lower() for each in exchange.redactions if " " in each.place}
        self.secrets.update(f"header {name}" for name in headers & {"authorization", "cookie", "x-api-key"})
        if self.login is None and request.method == b"POST" and any(map(_PASSWORD.search, names)):
            self.login = LoginForm(request.path.decode("latin-1"), tuple(dict.fromkeys(name for name, _ in pairs)))

    def _add_redacted(self, exchange: Exchange, pairs: list[tuple[str, str]]) -> None:
        who = next((value for name, value in pairs if value and _USER.fullmatch(name)), "")
        for each in self.unbound.lacking(exchange):
            by_login = each.kind == "cookie" or (each.place.startswith("request.header Auth") and user_of(exchange))
            if name_of(each) and not by_login:
                self.redacted[name_of(each), who if who != each.token else ""] += 1


def survey(read: Callable[[], Iterable[Exchange]], states: Iterable[str] = ()) -> Survey:
    """Look through what `read` yields, twice; `states` are the starting states that the recordings name."""
    seen = _Seen()
    for exchange in read():
        seen.add(exchange)
    patterns = [pattern for pattern in patterns_of(seen.paths) if not _is_general(pattern)]
    parameters = [name for name, values in seen.values.items() if _tells_actions_apart(name, values)]
    endpoints, unsafe = Counter[str](), Counter[str]()
    for request in (exchange.request for exchange in read()):
        name = endpoint(request, patterns, parameters)
        endpoints[name] += 1
        unsafe[name] += request.method not in SAFE
    return Survey(
        exchanges=seen.exchanges,
        first=seen.first,
        last=seen.last,
        hosts=dict(seen.hosts.most_common()),
        endpoints=dict(endpoints.most_common()),
        unsafe=dict((+unsafe).most_common()),
        doubtful=dict(seen.doubtful.most_common()),
        bodiless=seen.bodiless,
        patterns=tuple(patterns),
        parameters=tuple(parameters),
        candidates=_candidates(seen.values, parameters),
        users=dict(seen.users.most_common()),
        cookies={
            name: (values.total(), len(values)) for name, values in seen.brought.items() if _is_session(name, values)
        },
        secrets=dict(seen.secrets.most_common()),
        redacted=dict(seen.redacted.most_common()),
        login=seen.login,
        states=tuple(dict.fromkeys(states)),
    )


def _is_general(pattern: str) -> bool:
    """Tell whether endpoints are named so without being told."""
    return endpoint(Request(b"GET %s HTTP/1.1" % pattern.encode("latin-1"))) == f"GET {pattern}"


def user_of(exchange: Exchange) -> tuple[str, str] | None:
    """Return how and as whom a request was authenticated by HTTP (RFC 7617) or by the front end, or None."""
    scheme, _, packed = (exchange.request.header(b"authorization") or b"").partition(b" ")
    if scheme.lower() == b"basic":
        try:
            user = b64decode(packed.strip(), validate=True).partition(b":")[0].decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None
        return ("basic", user) if user else None
    return ("remote", exchange.user) if exchange.user and exchange.user_by == "remote" else None


def was_refused(exchange: Exchange) -> bool:
    """Tell whether the answer says that these credentials, or these rights, will not do."""
    return exchange.response is not None and exchange.response.status in (401, 403)


def cookies_of(request: Request) -> list[tuple[str, str]]:
    """Return the cookies that a request carries (RFC 6265 section 4.2)."""
    joined = b";".join(value for name, value in request.headers if name.lower() == b"cookie")
    pairs = [pair.partition("=") for pair in joined.decode("latin-1").split(";")]
    return [(name.strip(), value.strip()) for name, equals, value in pairs if equals]


def _members(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the members of a JSON object as text."""
    kind = (request.header(b"content-type") or b"").lower()
    body = request.body or b""
    if b"json" not in kind or len(body) > _JSON_LIMIT:
        return
    try:
        document = json.loads(body)
    except ValueError:
        return
    if isinstance(document, dict):
        yield from ((name, str(value)) for name, value in document.items())


def _is_session(name: str, values: Counter[str]) -> bool:
    """Tell whether a cookie looks like one that says who asks."""
    return not _NO_SESSION.match(name) and max(map(len, values)) >= 8


def _tells_actions_apart(name: str, values: Counter[str]) -> bool:
    return name.strip(":_-.").lower() in ACTIONS and len(values) <= MANY_VALUES and _are_words(values)


def _are_words(values: Counter[str]) -> bool:
    return sum(count for value, count in values.items() if _WORD.fullmatch(value)) >= 0.9 * values.total()


def _candidates(values: Mapping[str, Counter[str]], chosen: list[str]) -> dict[str, tuple[str, ...]]:
    """Return other parameters with few values, each seen several times, and the most frequent of the values."""
    return {
        name: tuple(value for value, _ in counts.most_common(3))
        for name, counts in values.items()
        if name not in chosen
        and not _SECRET.search(name)
        and 2 <= len(counts) <= FEW_VALUES
        and counts.total() >= 5 * len(counts)
        and _are_words(counts)
    }
