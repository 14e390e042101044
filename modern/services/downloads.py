"""How often files were downloaded, as people and programs read it: counted rows in, numbers out, or the news that they
are not known, and since when. Never 0 for what nobody counted.

Where there are no statistics everything is as on the old index. Counting itself is `modern.statistics`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ..models import CountedFeed, CountedProject, table
from ..models.downloads import MIGRATED
from ..statistics.spool import Recorder
from .clock import naive_now, naive_time

UNKNOWN = -1
NEVER = "Downloads are unknown."
MINUTE = "%Y-%m-%d %H:%M"
CHECKED = 10.0  # seconds for which the state of the feed is kept
WINDOWS = {"last_day": 1, "last_week": 7, "last_month": 30}


class FeedState(NamedTuple):
    """What the counts are worth: whether downloads go on being counted, and if not, since when."""

    revision: int = 0
    until: datetime | None = None
    unknown: bool = False
    since: datetime | None = None  # None with `unknown`: nothing was ever counted
    last_loss: datetime | None = None
    counted_since: datetime | None = None  # no download from then to `until` is missing but those that were lost

    def __str__(self) -> str:
        if not self.unknown:
            since = f"from {self.counted_since:{MINUTE}} " if self.counted_since else ""
            return f"Downloads were counted {since}until {self.until:{MINUTE}} UTC."
        return f"Downloads are unknown since {self.since:{MINUTE}} UTC." if self.since else NEVER


class Feed:
    """Asks for the state of the feed now and then, however many requests want to know."""

    def __init__(self, engine: Engine, recorder: Recorder | None, now: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._recorder, self._now = engine, recorder, now
        self._row: Any = None
        self._asked: float | None = None

    def state(self) -> FeedState | None:
        """The state; None where there are no statistics."""
        if self._asked is None or self._now() - self._asked > CHECKED:
            self._asked = self._now()
            self._ask()
        broken = self._recorder.broken_since if self._recorder else None
        if self._row is None:
            return FeedState(unknown=True) if self._recorder else None
        return feed_state(self._row, naive_time(broken) if broken else None, naive_now())

    def _ask(self) -> None:
        try:
            with self._engine.connect() as db:
                if db.scalar(MIGRATED):
                    self._row = db.execute(select(table(CountedFeed))).first()
        except SQLAlchemyError:
            pass  # no database: what was known last holds until it is due


def feed_state(row: Any, broken: datetime | None, now: datetime) -> FeedState:
    """The state that a row of the feed tells; `broken`: since when this process loses downloads."""
    since = [when for when in (row.broken_since, broken) if when]
    if now > row.due:
        since.append(row.until)
    return FeedState(
        row.revision, row.until, bool(since), min(since, default=None), row.last_loss, row.counted_since
    )  # fmt: skip


class Downloads:
    """Reads counts."""

    def __init__(self, db: Session, feed: Feed) -> None:
        self._db, self._feed = db, feed

    @property
    def state(self) -> FeedState | None:
        """What the counts are worth."""
        return self._feed.state()

    def of_file(self, counted: int | None) -> int | None:
        """The number to show for a file with this one in its row: a sum is true as far as it goes, 0 is only true while
        downloads are counted.
        """
        state = self.state
        return UNKNOWN if state and state.unknown and not counted else counted

    def of_project(self, name: str) -> dict[str, Any]:
        """Downloads of the last day, week and month; -1 where some of these were not counted."""
        state = self.state
        if state is None:
            return {}
        row = None if state.unknown else self._db.get(CountedProject, name)
        shown: dict[str, Any] = {
            window: UNKNOWN if misses(state, days) else getattr(row, window, 0) for window, days in WINDOWS.items()
        }
        return shown | ({"unknown_since": state.since.isoformat() if state.since else None} if state.unknown else {})


def misses(state: FeedState, days: int) -> bool:
    """Whether downloads of the last days were lost, or nobody counted some of these days."""
    if state.unknown or state.until is None or state.counted_since is None:
        return True
    first = state.until - timedelta(days=days)
    return state.counted_since > first or (state.last_loss is not None and state.last_loss > first)
