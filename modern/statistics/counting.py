"""Counts in the database: an archive comes in; the old column, and our tables beside it, say what it counted.

All of it is one transaction, and absolute numbers, so doing it twice changes nothing. Pages read rows; nobody counts
while a request waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from psycopg2.extras import execute_values
from sqlalchemy import Connection, Engine, bindparam, insert, select, text

from ..models import CountedFeed, File, table
from ..models.downloads import MIGRATED
from .archive import Archive, ArchiveError, Count, Manifest, NothingRead

AT_ONCE = 5000  # rows of one statement
_TEMPORARY = text(
    "CREATE TEMPORARY TABLE counts (filename text PRIMARY KEY, total bigint, day bigint, week bigint, month bigint)"
    " ON COMMIT DROP"
)
_COUNTS = "INSERT INTO counts VALUES %s"
_ADOPT = text("UPDATE modern_downloads SET base = base + counted, counted = 0")
_FILES = text(
    "INSERT INTO modern_downloads SELECT f.filename, coalesce(f.downloads, 0), c.total FROM counts c"
    " JOIN release_files f USING (filename)"
    " ON CONFLICT (filename) DO UPDATE SET counted = excluded.counted"
    " WHERE modern_downloads.counted <> excluded.counted"
)
_COLUMN = text(
    "UPDATE release_files f SET downloads = least(d.base + d.counted, 2147483647) FROM modern_downloads d"
    " WHERE d.filename = f.filename AND f.downloads IS DISTINCT FROM least(d.base + d.counted, 2147483647)"
)
_NO_PROJECTS = text("DELETE FROM modern_project_downloads")
_PROJECTS = text(
    "INSERT INTO modern_project_downloads SELECT f.name, sum(c.day), sum(c.week), sum(c.month) FROM counts c"
    " JOIN release_files f USING (filename) WHERE c.month > 0 AND f.name IS NOT NULL GROUP BY f.name"
)
_UNKNOWN = text(
    "SELECT count(*) FROM counts WHERE filename NOT IN (SELECT filename FROM release_files WHERE filename IS NOT NULL)"
)


class Counted(NamedTuple):
    """What is in the database now."""

    changed: int  # files whose count is another one
    unknown: int  # files of the archive that the index does not have


def publish(engine: Engine, archive: Archive, late: float, *, adopt: bool = False) -> Counted:
    """Count everything that was read; the next count is expected `late` seconds after the last time that was read.

    Raises NothingRead where that is so, and ArchiveError where the counts in the database are those of another archive,
    unless that is to be gone on from: `adopt` keeps what it counted.
    """
    manifest = archive.manifest()
    if manifest.until is None:
        raise NothingRead("nothing was read yet: neither a line of a worker nor one of a log")
    counts = archive.counts(manifest.until)
    with engine.begin() as db:
        revision = _check(db, manifest, adopt=adopt)
        db.execute(_TEMPORARY)
        _send(db, counts)
        db.execute(_FILES)
        changed = db.execute(_COLUMN).rowcount
        db.execute(_NO_PROJECTS)
        db.execute(_PROJECTS)
        db.execute(text("DELETE FROM modern_download_feed"))
        db.execute(insert(CountedFeed).values(**feed_row(manifest, manifest.until, late), revision=revision + 1))
        return Counted(changed, db.execute(_UNKNOWN).scalar_one())


def _send(db: Connection, counts: list[Count]) -> None:
    cursor = db.connection.cursor()
    try:
        execute_values(cursor, _COUNTS, counts, page_size=AT_ONCE)
    finally:
        cursor.close()


def feed_row(manifest: Manifest, until: float, late: float) -> dict[str, object]:
    """What the counts of an archive are worth."""
    gaps = manifest.gaps()
    return {
        "archive": manifest.name, "until": naive(until), "due": naive(until) + timedelta(seconds=late),
        "broken_since": min((naive(gap.since) for gap in gaps if gap.open), default=None),
        "last_loss": max((naive(gap.last) for gap in gaps), default=None),
        "counted_since": None if manifest.since is None else naive(manifest.since),
    }  # fmt: skip


def _check(db: Connection, manifest: Manifest, *, adopt: bool) -> int:
    """The revision of the counts that are there, which must be this archive's; nobody else counts until we are done."""
    if not db.scalar(MIGRATED):
        raise ArchiveError("the tables for counts are missing or old: `python -m modern migrate` adds what is new")
    db.execute(text("LOCK TABLE modern_download_feed IN EXCLUSIVE MODE"))
    feed = db.execute(select(table(CountedFeed))).first()
    if feed is None:
        return 0
    if feed.archive != manifest.name:
        if not adopt:
            raise ArchiveError("the counts in the database are of another archive; --adopt goes on from them")
        db.execute(_ADOPT)
    return int(feed.revision)


def owners_in(engine: Engine) -> Callable[[Collection[str]], Mapping[str, tuple[str, str]]]:
    """What finds the projects and versions of file names in the database."""
    files = table(File).c
    wanted = select(files.filename, files.name, files.version).where(
        files.filename.in_(bindparam("names", expanding=True))
    )

    def owners(names: Collection[str]) -> Mapping[str, tuple[str, str]]:
        ordered = sorted(name.replace("\0", "") for name in names)
        with engine.connect() as db:
            return {
                name: (project or "", version or "")
                for start in range(0, len(ordered), AT_ONCE)
                for name, project, version in db.execute(wanted, {"names": ordered[start : start + AT_ONCE]})
            }

    return owners


def naive(seconds: float) -> datetime:
    """A time in UTC, without a zone."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
