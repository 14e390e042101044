"""What can stop the harness, named for whose fault it is. Each ends a command with exit status 2 and one message."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class HarnessError(Exception):
    """The harness could not judge; the message says what was wrong, where, and what to do."""


class UsageError(HarnessError):
    """The command line or `harness.toml` asks for something that cannot be."""


class RecordingError(HarnessError):
    """A recording cannot be read: missing, truncated, of another version, or not a recording."""


class TargetError(HarnessError):
    """A target cannot be started or asked, or dies again and again."""


class StateError(HarnessError):
    """The starting state (database, files) cannot be made, restored or read."""


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """Return the end of a message about an unknown name: the known one that was meant, if any is near."""
    close = get_close_matches(name, list(known), n=1, cutoff=alike)
    return f"; did you mean {close[0]!r}?" if close else ""
