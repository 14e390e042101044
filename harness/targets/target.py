"""TARGET strings as users type them, parsed to what they mean. Nothing is started here before `open` is called."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from harness.config import Config
from harness.errors import UsageError
from harness.targets.application import ApplicationSide
from harness.targets.recorded import RecordedSide
from harness.targets.side import Side
from harness.targets.url import UrlSide

APPLICATION = re.compile(r"[A-Za-z_][\w.]*(:.+)?\Z", re.DOTALL)
EXAMPLES = (
    "http://127.0.0.1:8000, package.module:application, module:factory('argument'), "
    "the NAME of a [target.NAME] in harness.toml, recorded"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed TARGET: its text as typed, whether the harness may give it a starting state, and how to open it.

    `served`: its answers come through a server, which adds headers of its own. `replayed`: it answers now, and does
    not repeat what was recorded.
    """

    text: str
    stateful: bool
    served: bool
    replayed: bool
    opener: Callable[[int], Side] = field(repr=False)

    def open(self, variation: int = 0) -> Side:
        """Make a Side of it. Processes start with its `start`.

        Any `variation` but 0 is the same target in other surroundings (clock, hash seed, random numbers), for finding
        out what of its answers is noise.
        """
        return self.opener(variation)


def parse_target(
    text: str, config: Config, allow_writes: frozenset[str] = frozenset(), timeout: float = 60.0
) -> Target:
    """Parse a TARGET.

    `allow_writes` are hosts (`host` or `host:port`) that may be sent unsafe methods; `timeout` is in seconds.
    Raises UsageError for text that is no target.
    """
    if text.startswith(("http://", "https://")):
        return _url_target(text, allow_writes, timeout)
    if text == "recorded":
        return Target(text, stateful=False, served=True, replayed=False, opener=lambda variation: RecordedSide())
    if text in config.targets:
        entry = config.targets[text]
        cwd = config.root / (entry.cwd or ".")
        return _application(text, entry.app, entry.python or sys.executable, cwd, entry.env, timeout)
    if APPLICATION.match(text):
        return _application(text, text, sys.executable, Path.cwd(), {}, timeout)
    raise UsageError(f"{text!r} is not a target; examples: {EXAMPLES}")


def _application(text: str, app: str, python: str, cwd: Path, env: Mapping[str, str], timeout: float) -> Target:
    if not APPLICATION.match(app):
        raise UsageError(f"target {text!r}: {app!r} is not MODULE:NAME")

    def opener(variation: int) -> Side:
        return ApplicationSide(app, python=python, cwd=cwd, env=env, timeout=timeout)

    return Target(text, stateful=True, served=False, replayed=True, opener=opener)


def _url_target(text: str, allow_writes: frozenset[str], timeout: float) -> Target:
    parts = urlsplit(text)
    try:
        number = parts.port or 80
    except ValueError:
        number = 0
    plain = parts.scheme == "http" and parts.path in ("", "/") and not parts.query
    if not plain or not parts.hostname or not number:
        raise UsageError(f"{text!r}: a URL target is http://host:port, without TLS and without a path")
    host = parts.hostname
    writes = bool({host, f"{host}:{number}"} & allow_writes)
    return Target(
        text,
        stateful=False,
        served=True,
        replayed=True,
        opener=lambda variation: UrlSide(host, number, allow_writes=writes, timeout=timeout),
    )
