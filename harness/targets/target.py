"""TARGET strings as users type them, parsed to what they mean. Nothing is started here before `open` is called."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from harness.config import Config, TargetConfig
from harness.controls import Controls, read_controls
from harness.errors import RecordingError, UsageError
from harness.recording import open_recordings
from harness.store.cassette import SUFFIXES
from harness.targets.answers import Answers, AnswersSide
from harness.targets.application import ApplicationSide
from harness.targets.checked_out import CheckedOutSide
from harness.targets.recorded import RecordedSide
from harness.targets.revision import PREFIX, Checkout, Revision, split_revision
from harness.targets.safety import Safety, read_safety
from harness.targets.side import Side
from harness.targets.url import UrlSide

APPLICATION = re.compile(r"[A-Za-z_][\w.]*(:.+)?\Z", re.DOTALL)
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")  # RFC 3986 section 3
EXAMPLES = (
    "http://127.0.0.1:8000, package.module:application, module:factory('argument'), "
    "git:REVISION:package.module:application, the NAME of a [target.NAME] in harness.toml, recorded, "
    "the path of an archive, a cassette or a folder of them"
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
    Raises UsageError for text that is no target, a revision that is none, or a recording that cannot be read, and for
    what `[controls]` and `[safety]` of the configuration should not hold.
    """
    controls, safety = read_controls(config.controls, config.network), read_safety(config.safety, allow_writes)
    if text in config.targets:
        return _configured(text, config, controls, safety, timeout)
    return _parsed(text, text, TargetConfig(text), Path.cwd(), controls, safety, timeout)


def _configured(name: str, config: Config, controls: Controls, safety: Safety, timeout: float) -> Target:
    """Parse what a [target.NAME] says its app is; another interpreter and variables are for applications only."""
    entry = config.targets[name]
    target = _parsed(name, entry.app, entry, config.root / (entry.cwd or "."), controls, safety, timeout)
    if not target.stateful and (entry.python or entry.env):
        raise UsageError(f"[target.{name}]: python and env are for applications, and {entry.app!r} is none")
    return replace(target, text=name)


def _parsed(
    text: str,
    app: str,
    entry: TargetConfig,
    cwd: Path,
    controls: Controls,
    safety: Safety,
    timeout: float,
) -> Target:
    if URL.match(app):
        return _url_target(app, safety, timeout)
    if app == "recorded":
        return Target(text, stateful=False, served=True, replayed=False, opener=lambda variation: RecordedSide())
    if app.startswith(PREFIX):
        return _revision_target(text, app, entry, cwd, controls, timeout)
    if _is_path(app, cwd):
        return _answers_target(text, cwd / app)
    if APPLICATION.match(app):
        return _application(text, app, entry, cwd, controls, timeout)
    raise UsageError(f"target {text!r}: {app!r} is not a target; examples: {EXAMPLES}")


def _application(text: str, app: str, entry: TargetConfig, cwd: Path, controls: Controls, timeout: float) -> Target:
    python = _interpreter(entry, cwd)

    def opener(variation: int) -> Side:
        varied = replace(controls, variation=variation)
        return ApplicationSide(app, python=python, cwd=cwd, env=entry.env, timeout=timeout, controls=varied)

    return Target(text, stateful=True, served=False, replayed=True, opener=opener)


def _interpreter(entry: TargetConfig, cwd: Path) -> str:
    """Return the interpreter to run; a path begins at the target's directory, wherever a revision of it is put."""
    python = entry.python or sys.executable
    return os.path.join(cwd, python) if "/" in python else python


def _revision_target(text: str, app: str, entry: TargetConfig, cwd: Path, controls: Controls, timeout: float) -> Target:
    """An application as it is in a revision of the checkout that `cwd` is in."""
    revision, application = split_revision(app)
    if not APPLICATION.match(application):
        raise UsageError(f"target {text!r}: {application!r} is not MODULE:NAME")
    checkout = Checkout(Revision.find(cwd, revision))
    python = _interpreter(entry, cwd)

    def opener(variation: int) -> Side:
        return CheckedOutSide(
            checkout,
            lambda folder, env: _application(
                text, application, replace(entry, python=python, env=env), folder, controls, timeout
            ).open(variation),
            app=application,
            python=python,
            env=entry.env,
        )

    return Target(text, stateful=True, served=False, replayed=True, opener=opener)


def _is_path(text: str, cwd: Path) -> bool:
    """Tell a path from MODULE:NAME: a file that is there, or what has a slash where a module's name has none."""
    return "/" in text.partition(":")[0] or text.endswith((".archive", *SUFFIXES)) or (cwd / text).is_file()


def _answers_target(text: str, path: Path) -> Target:
    try:
        answers = Answers(open_recordings([path]), text)
    except RecordingError as error:
        raise UsageError(f"target {text!r} is the path of a recording by its form: {error}") from None
    return Target(text, stateful=False, served=True, replayed=False, opener=lambda variation: AnswersSide(answers))


def _url_target(text: str, safety: Safety, timeout: float) -> Target:
    parts = urlsplit(text)
    try:
        number = parts.port or 80
    except ValueError:
        number = 0
    plain = parts.scheme == "http" and parts.path in ("", "/") and not parts.query
    if not plain or not parts.hostname or not number:
        raise UsageError(f"{text!r}: a URL target is http://host:port, without TLS and without a path")
    host = parts.hostname
    return Target(
        text,
        stateful=False,
        served=True,
        replayed=True,
        opener=lambda variation: UrlSide(host, number, safety, timeout=timeout),
    )
