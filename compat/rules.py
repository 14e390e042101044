"""The rules of a Strangler: which requests the new application answers.

Comes in: a table (also as TOML) of conditions on method, path, query, host, header, cookie and a share of the clients.
Goes out: a `Rule` that tells whether a request matches. Every mistake in a table is a ConfigurationError when it is
read. That a file of rules changes while they hold is the business of `rulefile`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

from .environ import encode
from .errors import ConfigurationError
from .outage import WORDS, Outage, read_outage
from .proxy import address, network
from .sticky import cookie, sticky_identity
from .types import Environ

Side = Literal["old", "new"]
To = Literal["old", "new", "shadow", "off"]
DESTINATIONS = ("old", "new", "shadow", "off")
STICKY = "sticky"
Condition = Callable[[Environ], bool]
PATHS = ("path", "glob", "regex")
SHARES = 10000
"""Steps in which clients are counted out: a share is good to a hundredth of a percent."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions that must all hold, and who answers then. `name` is how logs call it.

    `shadow`: old answers, and new is asked afterwards. `off`: nobody answers, as its `outage` says. `share` is the part
    of the clients that it is for, None for all; `sticky`: they are told apart by a cookie of ours. `fallback`: old
    answers a safe request that new fails at.
    """

    name: str
    to: To = "new"
    conditions: tuple[Condition, ...] = field(default=(), repr=False)
    share: Condition | None = field(default=None, repr=False)
    sticky: bool = False
    fallback: bool = True
    outage: Outage | None = None

    @property
    def side(self) -> Side:
        """Who answers first."""
        return "new" if self.to == "new" else "old"

    def concerns(self, environ: Environ) -> bool:
        """Whether a request is of those that this rule divides, whoever the client is."""
        return all(condition(environ) for condition in self.conditions)

    def matches(self, environ: Environ) -> bool:
        """Whether this rule decides about a request."""
        return self.concerns(environ) and (self.share is None or self.share(environ))


def read_rules(source: Iterable[Mapping[str, Any]] | str | Path) -> tuple[Rule, ...]:
    """Read rules from tables, or from a TOML file that holds them as `[[rule]]`. Raises ConfigurationError."""
    if isinstance(source, str | Path):
        return tuple(_numbered(_tables(Path(source)), f"{source}: "))
    return tuple(_numbered(source, ""))


def _tables(path: Path) -> list[Mapping[str, Any]]:
    if path.is_fifo():
        raise ConfigurationError(f"{path}: is a pipe: whoever reads it waits for a writer, here a client's request")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if set(table) - {"rule"} or not isinstance(table.get("rule", []), list):
        raise ConfigurationError(f"{path}: holds {', '.join(table)}; rules stand in it as [[rule]], and nothing else")
    return list(table.get("rule", []))


def _numbered(tables: Iterable[Mapping[str, Any]], where: str) -> Iterator[Rule]:
    names = set()
    for number, table in enumerate(tables, 1):
        try:
            rule = read_rule(table, f"rule {number}")
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}rule {number}: {error}") from error
        if rule.name in names:
            raise ConfigurationError(f"{where}rule {number}: the name {rule.name!r} is taken by another rule")
        names.add(rule.name)
        yield rule


def read_rule(table: Mapping[str, Any], name: str) -> Rule:
    """Read one rule; `name` is what it is called if it does not say. Raises ConfigurationError."""
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"{table!r} is not a table")
    words = dict(table)
    name = _text(words.pop("name", name), "name")
    to = words.pop("to", "new")
    if to not in DESTINATIONS:
        raise ConfigurationError(f"to = {to!r} must be old, new, shadow or off")
    fallback = words.pop("fallback", True)
    if not isinstance(fallback, bool):
        raise ConfigurationError(f"fallback = {fallback!r} must be true or false")
    outage = read_outage(to, words)
    by = words.pop("by", None)
    if by is not None and "percent" not in words:
        raise ConfigurationError("by says how clients are told apart: it needs percent")
    if unknown := [word for word in words if word not in READERS and word != "percent"]:
        raise ConfigurationError(f"{unknown[0]} is not known; there are {', '.join([*READERS, *OTHERS])}")
    if len(given := [word for word in PATHS if word in words]) > 1:
        raise ConfigurationError(f"{' and '.join(given)}: one of {', '.join(PATHS)} is enough")
    if not words:
        raise ConfigurationError('it has no condition; path = "/" is every request')
    percent = words.pop("percent", None)
    conditions = tuple(READERS[word](value, word) for word, value in words.items())
    share = None if percent is None else _share(percent, "client" if by is None else by, name)
    return Rule(name, to, conditions, share, by == STICKY, fallback, outage)


def _methods(value: Any, word: str) -> Condition:
    methods = frozenset(_texts(value, word))
    if wrong := [method for method in methods if not re.fullmatch("[A-Z]+", method)]:
        raise ConfigurationError(f"{word}: {wrong[0]!r} is not a method like GET")
    return lambda environ: environ["REQUEST_METHOD"] in methods


def _prefixes(value: Any, word: str) -> Condition:
    """A prefix ends where a segment ends: /simple is /simple and /simple/x, never /simpleton."""
    prefixes = [_slashed(text, word) for text in _texts(value, word)]
    below = tuple(prefix.rstrip("/") + "/" for prefix in prefixes)
    exact = frozenset(prefixes)
    return lambda environ: (path := _path(environ)) in exact or path.startswith(below)


def _globs(value: Any, word: str) -> Condition:
    return _any_of([_glob(_slashed(text, word), across=False) for text in _texts(value, word)], _path)


def _regexes(value: Any, word: str) -> Condition:
    try:
        return _any_of([re.compile(text, re.DOTALL) for text in _texts(value, word)], _path)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigurationError(f"{word}: {value!r}: {error}") from error


def _hosts(value: Any, word: str) -> Condition:
    """The Host without its port, in any case."""
    patterns = [_glob(text.lower(), across=True) for text in _texts(value, word)]
    return _any_of(patterns, lambda environ: re.sub(r":[0-9]*$", "", environ.get("HTTP_HOST", "").lower()))


def _clients(value: Any, word: str) -> Condition:
    """Addresses and networks. A peer without an address (a Unix socket's) is of none of them."""
    networks = [network(text) for text in _texts(value, word)]

    def known(environ: Environ) -> bool:
        peer = address(environ.get("REMOTE_ADDR", ""))
        return peer is not None and any(peer in each for each in networks)

    return known


def _headers(value: Any, word: str) -> Condition:
    return _all_of(value, word, lambda name: lambda environ: _header(environ, name))


def _cookies(value: Any, word: str) -> Condition:
    return _all_of(value, word, lambda name: lambda environ: cookie(environ, name))


def _queries(value: Any, word: str) -> Condition:
    return _all_of(value, word, lambda name: lambda environ: _query(environ, name))


READERS: dict[str, Callable[[Any, str], Condition]] = {
    "method": _methods,
    "path": _prefixes,
    "glob": _globs,
    "regex": _regexes,
    "query": _queries,
    "host": _hosts,
    "client": _clients,
    "header": _headers,
    "cookie": _cookies,
}
OTHERS = ("percent", "by", "to", "fallback", "name", *WORDS)


def _share(value: Any, by: Any, salt: str) -> Condition:
    """The same clients at each request; those of a smaller share are among those of a larger. A request that does not
    tell what they are told apart by does not match.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise ConfigurationError(f"percent = {value!r} must be a number from 0 to 100")
    identity, limit = _identity(_text(by, "by")), round(value * SHARES / 100)

    def chosen(environ: Environ) -> bool:
        known = identity(environ)
        return bool(known) and place(salt, known or "") < limit

    return chosen


def place(salt: str, identity: str) -> int:
    """Return a client's place among the `SHARES`: evenly spread, and another one for each rule."""
    digest = hashlib.sha256(f"{salt}\0{identity}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % SHARES


def _identity(by: str) -> Callable[[Environ], str | None]:
    kind, _, name = by.partition(":")
    if by == "client":
        return lambda environ: environ.get("REMOTE_ADDR")
    if by == "user":
        return lambda environ: environ.get("REMOTE_USER")
    if by == STICKY:
        return sticky_identity
    if kind in ("cookie", "header") and name:
        find = cookie if kind == "cookie" else _header
        return lambda environ: find(environ, name)
    raise ConfigurationError(f"by = {by!r} must be client, user, sticky, cookie:NAME or header:NAME")


def _all_of(value: Any, word: str, finder: Callable[[str], Callable[[Environ], str | None]]) -> Condition:
    """A table from names to patterns, `*` for "is there"; all must hold."""
    if not isinstance(value, Mapping) or not value:
        raise ConfigurationError(f'{word} must be a table like {{ NAME = "value" }}, with * for any text')
    wanted = [(finder(name), _any([_glob(text, across=True) for text in _texts(pattern, f"{word}.{name}")]))
              for name, pattern in value.items()]  # fmt: skip
    return lambda environ: all((text := find(environ)) is not None and fits(text) for find, fits in wanted)


def _any_of(patterns: list[re.Pattern[str]], find: Callable[[Environ], str]) -> Condition:
    fits = _any(patterns)
    return lambda environ: fits(find(environ))


def _any(patterns: list[re.Pattern[str]]) -> Callable[[str], bool]:
    return lambda text: any(pattern.fullmatch(text) for pattern in patterns)


def _glob(text: str, *, across: bool) -> re.Pattern[str]:
    """`*` is any text, in a path within one segment; `**` is any text; `?` one character."""
    star = ".*" if across else "[^/]*"
    wild = {"**": ".*", "*": star, "?": "." if across else "[^/]"}
    parts = re.split(r"(\*\*|\*|\?)", text)
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts), re.DOTALL)


def _path(environ: Environ) -> str:
    """The decoded path from the root, as text."""
    return _decoded(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))


@lru_cache(maxsize=64)
def _decoded(path: str) -> str:
    """Every rule asks for the path of the same request."""
    return encode(path).decode("utf-8", "surrogateescape") or "/"


def _header(environ: Environ, name: str) -> str | None:
    key = name.upper().replace("-", "_")
    return environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}")


def _query(environ: Environ, name: str) -> str | None:
    return next((value for key, value in parse_qsl(environ.get("QUERY_STRING", ""), True) if key == name), None)


def _slashed(text: str, word: str) -> str:
    if not text.startswith("/"):
        raise ConfigurationError(f"{word}: {text!r} must begin with a slash")
    return text


def _texts(value: Any, word: str) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    if not values:
        raise ConfigurationError(f"{word}: the list is empty")
    return [_text(item, word) for item in values]


def _text(value: Any, word: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{word}: {value!r} must be a text")
    return value
