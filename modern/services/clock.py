"""The program's clock: times written come from here, never from the database, whose clock a harness cannot freeze."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def naive_now() -> datetime:
    """The same without a zone, as most columns hold it."""
    return now().replace(tzinfo=None)


def naive_time(when: float) -> datetime:
    """A time of the system's clock in that form."""
    return datetime.fromtimestamp(when, UTC).replace(tzinfo=None)


def seconds(when: datetime) -> int:
    """Whole seconds since the epoch of a time without a zone."""
    return int(when.replace(tzinfo=UTC).timestamp())
