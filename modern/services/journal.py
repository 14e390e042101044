"""The journal: one entry for whatever changes in a project; its id is the serial that mirrors follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, literal, select
from sqlalchemy.orm import Session

from ..models import JournalEntry, Release, table
from .clock import naive_now

RECENT = 1000  # serials: more than are drawn while one transaction lasts
Event = Row[str | None, str | None, datetime | None, str | None, int]

_ENTRY = insert(table(JournalEntry)).inline()


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where: each entry carries both."""

    username: str | None = None
    address: str = ""


class Journal:
    """Reads and writes entries."""

    def __init__(self, db: Session, actor: Actor, changed: Callable[[str, str], None]) -> None:
        self._db = db
        self._changed = changed
        self.actor = actor

    def write(self, name: str, version: str | None, action: str) -> None:
        """Add an entry."""
        self._db.execute(_ENTRY, self.entry(name, version, action))

    def entry(self, name: str, version: str | None, action: str) -> dict[str, Any]:
        """The values of an entry, for a statement that adds it together with what it tells of."""
        self._changed(name, action)
        return {
            "name": name, "version": version, "action": action, "submitted_date": naive_now().replace(microsecond=0),
            "submitted_by": self.actor.username, "submitted_from": self.actor.address,
        }  # fmt: skip

    def last_serial(self) -> int | None:
        """The newest serial of all."""
        return self._db.scalar(select(func.max(JournalEntry.id)))

    def recent(self, serial: int) -> int:
        """How many of the serials next to this one have an entry. A serial is drawn before its transaction is
        committed: an entry may come to be seen after one of a higher serial, which the newest serial does not tell.
        """
        entries = select(func.count()).select_from(JournalEntry)
        return self._db.scalar(entries.where(JournalEntry.id > serial - RECENT)) or 0

    def after(self, when: datetime) -> Sequence[Event]:
        """(name, version, time, action, serial) of all that happened after a time, the oldest first."""
        return self._db.execute(_events().where(JournalEntry.submitted_date > when)).all()

    def after_serial(self, serial: Any) -> Sequence[Event]:
        """The same of all that has a higher serial."""
        return self._db.execute(_events().where(JournalEntry.id > literal(serial))).all()

    def changed_projects(self, since: datetime) -> list[str | None]:
        """Names in entries after a time, in the order of their first one."""
        wanted = select(JournalEntry.name).where(JournalEntry.submitted_date > since).group_by(JournalEntry.name)
        return list(self._db.scalars(wanted.order_by(func.min(JournalEntry.id))))

    def new_releases(self, since: datetime) -> Sequence[Row[str | None, str | None]]:
        """(name, version) of visible releases made after a time, the newest first."""
        entry = JournalEntry
        return self._db.execute(
            select(entry.name, entry.version)
            .join(Release, (Release.name == entry.name) & (Release.version == entry.version))
            .where(Release.hidden.is_(False), entry.action == "new release", entry.submitted_date > since)
            .group_by(entry.name, entry.version)
            .order_by(func.max(entry.submitted_date).desc(), func.max(entry.id).desc())
        ).all()


def _events() -> Select[str | None, str | None, datetime | None, str | None, int]:
    entry = JournalEntry
    return select(entry.name, entry.version, entry.submitted_date, entry.action, entry.id).order_by(entry.id)
