"""Who asks: the family of a client by its User-Agent, its version apart, and what sort of client it is.

A `Request` comes in, `pip` or `bot: Google` goes out. Families stand in clients.toml, users add theirs under
`[clients]` of harness.toml; a program that names itself first and then its libraries is called by its own name. Who is
in neither is called by the first product it names that is not merely a library.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.exchange import Request

NOBODY = "(none)"
"""The family of requests without a User-Agent."""
UNNAMED = "(other)"
"""The family of agents that name no product."""
OWN = "own"
"""The audience of families from `[clients]`."""

_PRODUCT = re.compile(r"([^\s/()\[\];,]+)(?:/(\S*))?")
_NAME = re.compile(r"(?=.*[A-Za-z]{2})[\w.+:!-]{2,40}", re.ASCII)
_COMMENT = re.compile(r"\([^()]*\)")
_COMPATIBLE = re.compile(r"\((?:[^()]*;)?\s*compatible;\s*([^/;()\s]{2,40})", re.IGNORECASE)
_IN_NAME = re.compile(r"[\w-]", re.ASCII)
_BENEATH = frozenset({OWN, "library", "browser"})
"""Audiences of what stands first in an agent and is not who asks; own ones are looked for before anything else."""
_VERSION_AFTER = {"Safari": "Version/", "Opera": "Version/", "Internet Explorer": "rv:"}
"""What precedes the version of a family where its name is followed by another: the engine's, or none that grows."""
_VERSION = re.compile(r"[/: _-]?v?(\d[\w.+-]{0,30})")
_BOT = re.compile(r"bot\b|bot[/_-]|crawler|spider|archiver", re.IGNORECASE)
_FEED = re.compile(r"feed|rss|aggregator|syndication", re.IGNORECASE)
_TABLE = Path(__file__).with_name("clients.toml")


@dataclass(frozen=True, slots=True)
class Client:
    """`family` (`pip`), `version` (`20.3`, empty where unknown) and `audience` (`installer`; empty where unknown)."""

    family: str
    version: str = ""
    audience: str = ""


@dataclass(frozen=True, eq=False)  # told apart by identity, so that they can be looked up at once
class Families:
    """The families to look for, in order: (what is looked for, family, audience)."""

    rows: tuple[tuple[str, str, str], ...]

    def client(self, agent: str) -> Client:
        """Return whose User-Agent this is."""
        return _looked_up(self, agent)


def families(own: Mapping[str, Any] | None = None) -> Families:
    """Return the families of the table, preceded by those of `[clients]`: `"my-app" = "MyApp/"`, or a list of texts.

    Raises `UsageError` for an entry that is neither.
    """
    if not own:
        return _known()
    return _extended(tuple((family, _texts(family, wanted)) for family, wanted in own.items()))


def client(request: Request, own: Mapping[str, Any] | None = None) -> str:
    """Return the family of who asks, by the table and by `[clients]`."""
    return families(own).client(agent(request)).family


def agent(request: Request) -> str:
    """Return the User-Agent of a request, or empty."""
    return (request.header(b"user-agent") or b"").decode("latin-1")


@cache
def edition() -> str:
    """Return what tells one edition of the table from another."""
    return hashlib.sha256(_TABLE.read_bytes()).hexdigest()[:12]


def _texts(family: str, wanted: Any) -> tuple[str, ...]:
    texts = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise UsageError(f'[clients] "{family}" must be a text of the User-Agent, or a list of texts: not {wanted!r}')
    return tuple(texts)


@lru_cache(64)
def _extended(own: tuple[tuple[str, tuple[str, ...]], ...]) -> Families:
    return Families((*((text, family, OWN) for family, texts in own for text in texts), *_known().rows))


@cache
def _known() -> Families:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return Families(
        tuple(
            (text, f"bot: {family}" if audience == "bot" else family, audience)
            for audience, entries in table.items()
            for family, texts in entries.items()
            for text in ([family] if texts is True else texts)
        )
    )


@lru_cache(8192)
def _looked_up(known: Families, agent: str) -> Client:
    if not agent.strip(" -"):
        return Client(NOBODY)
    found = next(_places(known, agent), None)
    if found is None:
        return _by_its_own_name(agent)
    at, text, family, audience = found
    if family in _VERSION_AFTER and _VERSION_AFTER[family] in agent:
        text = _VERSION_AFTER[family]
        at = agent.index(text)
    version = _VERSION.match(agent, at + len(text.rstrip("/: ")))
    return Client(family, version[1] if version else "", audience)


def _places(known: Families, agent: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield where a family's text stands in an agent, the families that are preferred first."""
    for text, family, audience in known.rows:
        if audience == OWN and text in agent:
            yield agent.index(text), text, family, audience
    for text, family, audience in known.rows:
        if audience not in _BENEATH and agent.startswith(text):
            yield 0, text, family, audience
    for text, family, audience in known.rows:
        at = agent.find(text)
        while at > 0 and text.endswith("/") and _IN_NAME.match(agent, at - 1):  # `my-pip/1.0` is not `pip/`
            at = agent.find(text, at + 1)
        if at >= 0:
            yield at, text, family, audience


def _by_its_own_name(agent: str) -> Client:
    """Return a client that stands in no table."""
    compatible = _COMPATIBLE.search(agent)
    if compatible and _NAME.fullmatch(compatible[1]):
        return _named(compatible[1], "", agent)
    plain = _COMMENT.sub(" ", agent.partition("{")[0])  # some clients append JSON
    for product in _PRODUCT.finditer(plain):
        name = product[1].rstrip("+:")
        if _NAME.fullmatch(name) and name != "Mozilla":
            return _named(name, product[2] or "", agent)
    return Client(UNNAMED)


def _named(name: str, version: str, agent: str) -> Client:
    if _BOT.search(agent):
        return Client(f"bot: {name}", version, "bot")
    return Client(name, version, "feed reader" if _FEED.search(agent) else "")
