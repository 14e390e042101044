"""Downloads as Parquet: rows come in, each once; answers to SQL and counts go out. DuckDB does the work (the extra
`statistics`).

One file, `manifest.json`, says which files count, and is replaced in one step: whoever is killed leaves files that
nobody reads, and the next import removes them. Times are UTC.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .spans import Span, joined
from .spool import Gap

if TYPE_CHECKING:
    import duckdb

FORMAT, VERSION = "modern-downloads", 1
MANIFEST, LOCK = "manifest.json", "lock"
COLUMNS = {
    "id": "VARCHAR", "time": "TIMESTAMP", "project": "VARCHAR", "version": "VARCHAR", "file": "VARCHAR",
    "size": "BIGINT", "kind": "VARCHAR", "installer": "VARCHAR", "installer_version": "VARCHAR", "python": "VARCHAR",
    "implementation": "VARCHAR", "system": "VARCHAR", "system_version": "VARCHAR", "distribution": "VARCHAR",
    "cpu": "VARCHAR", "country": "VARCHAR", "source": "VARCHAR", "counted": "BOOLEAN",
}  # fmt: skip
TOTALS = {"file": "VARCHAR", "downloads": "BIGINT"}
PARTS = 16  # files of a day; with more they are joined
WINDOW_DAYS = 30
MEMORY = "512MB"


class ArchiveError(ValueError):
    """The folder cannot be used, or the question cannot be answered; the message says why."""


class NothingRead(ArchiveError):
    """There is nothing to count yet."""


class Day(NamedTuple):
    """The files of a day (UTC): rows, and how many of them each file has."""

    parts: tuple[str, ...]
    totals: str
    rows: int


class Manifest(NamedTuple):
    """What counts."""

    name: str  # of the archive, so that two are told apart
    days: Mapping[str, Day] = {}
    until: float | None = None  # everything before was read
    lost: Mapping[str, Sequence[Gap]] = {}  # by process
    read: Sequence[Span] = ()  # in order

    @property
    def since(self) -> float | None:
        """Since when everything until `until` was read; None where nothing was."""
        until = self.until
        return next((span.first for span in self.read if until and span.first <= until <= span.last), None)

    def parts(self, since: str = "") -> list[str]:
        """Names of the files with rows, of days from `since` on."""
        return [part for name, day in sorted(self.days.items()) if name >= since for part in day.parts]

    def gaps(self) -> list[Gap]:
        """All times in which downloads were lost, by their beginning."""
        return sorted(gap for gaps in self.lost.values() for gap in gaps)


class Added(NamedTuple):
    """What became of rows."""

    new: int
    known: int

    def __add__(self, other: tuple[Any, ...]) -> Added:
        return Added(self.new + other[0], self.known + other[1])


class Count(NamedTuple):
    """Downloads of a file: of all times (those that the index counts), and of the last days."""

    file: str
    total: int
    day: int
    week: int
    month: int


class Archive:
    """A folder of Parquet files. Writers wait for each other; readers for nobody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def manifest(self) -> Manifest:
        """What counts now. Raises ArchiveError where that is of another program or a newer version."""
        path = self._folder / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Manifest(secrets.token_hex(16))
        return read_manifest(path, text)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> Added:
        """Add the rows whose ids are new; all of them or, where this is killed, none."""
        with self._writing() as manifest, connection() as db:
            batch = self._path(secrets.token_hex(8) + ".json")
            try:
                given = write_rows(batch, rows)
                db.execute(
                    "CREATE TABLE batch AS SELECT *, strftime(time, '%Y-%m-%d') AS day FROM read_ndjson(?, columns = ?)"
                    " QUALIFY row_number() OVER (PARTITION BY id) = 1", [str(batch), COLUMNS],
                )  # fmt: skip
            finally:
                batch.unlink(missing_ok=True)
            days = [day for (day,) in db.execute("SELECT DISTINCT day FROM batch ORDER BY 1").fetchall()]
            if known := self._names(manifest.days[day] for day in days if day in manifest.days):
                db.execute("DELETE FROM batch WHERE id IN (SELECT id FROM read_parquet(?))", [known])
            counts = dict(db.execute("SELECT day, count(*) FROM batch GROUP BY 1").fetchall())
            changed = {day: self._add_to_day(db, day, manifest.days.get(day), counts[day]) for day in sorted(counts)}
            if changed:
                self._replace(manifest._replace(days={**manifest.days, **changed}))
            new = sum(counts.values())
            return Added(new, given - new)

    def note(
        self, until: float | None, lost: Mapping[str, Sequence[Gap]], read: Iterable[Span] = (), silence: float = 0
    ) -> Manifest:
        """Note up to when everything was read, and what each process lost; return what counts now.

        A later time stays where an earlier one is noted: old logs are read at any time. What was `read` is joined with
        what was before, where no more than `silence` seconds are between.
        """
        with self._writing() as manifest:
            latest = max((when for when in (until, manifest.until) if when is not None), default=None)
            whole = joined([*manifest.read, *read], silence)
            noted = manifest._replace(until=latest, lost={**manifest.lost, **lost}, read=whole)
            self._replace(noted)
            return noted

    def counts(self, until: float) -> list[Count]:
        """Count all files as of a time."""
        manifest = self.manifest()
        when = datetime.fromtimestamp(until, UTC).replace(tzinfo=None)
        first = datetime.fromtimestamp(until - WINDOW_DAYS * 86400, UTC).strftime("%Y-%m-%d")
        with connection() as db:
            rows = db.execute(
                f"""
                WITH totals AS (SELECT file, sum(downloads) AS total FROM {source(self._totals(manifest), TOTALS)}
                                GROUP BY file),
                     recent AS (SELECT file, count(*) FILTER (time > $1 - INTERVAL 1 DAY) AS day,
                                       count(*) FILTER (time > $1 - INTERVAL 7 DAY) AS week, count(*) AS month
                                FROM {source([str(self._path(part)) for part in manifest.parts(first)], COLUMNS)}
                                WHERE time > $1 - INTERVAL {WINDOW_DAYS} DAY AND time <= $1 GROUP BY file)
                SELECT file, coalesce(total, 0), coalesce(day, 0), coalesce(week, 0), coalesce(month, 0)
                FROM totals FULL JOIN recent USING (file) ORDER BY file
                """,  # noqa: S608  # the names of our own files, quoted
                [when],
            ).fetchall()
        return [Count(*row) for row in rows]

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Answer SQL about the table `downloads`: names of columns, rows. It can read nothing else, and writes nothing.

        Raises ArchiveError with DuckDB's words.
        """
        import duckdb

        with connection() as db:
            files = [str(self._path(part)) for part in self.manifest().parts()]
            db.execute(f"CREATE VIEW downloads AS SELECT * FROM {source(files, COLUMNS)}")  # noqa: S608  # as above
            db.execute(f"SET allowed_paths = {quoted(files)}")
            db.execute("SET enable_external_access = false")
            db.execute("SET lock_configuration = true")
            try:
                answer = db.execute(sql)
                if not answer:  # no statement was in it
                    raise ArchiveError("the SQL is empty")
                return [column[0] for column in answer.description or ()], answer.fetchall()
            except duckdb.Error as error:
                raise ArchiveError(str(error)) from None

    def _add_to_day(self, db: duckdb.DuckDBPyConnection, day: str, before: Day | None, new: int) -> Day:
        """Write the new rows of a day, with all that it had where that was in too many files."""
        old = before or Day((), "", 0)
        columns = ", ".join(COLUMNS)
        joined = len(old.parts) >= PARTS
        rows = f"SELECT {columns} FROM batch WHERE day = {literal(day)}"  # noqa: S608  # of our own making
        if joined:
            rows += f" UNION ALL SELECT {columns} FROM {source(self._names([old]), COLUMNS)}"  # noqa: S608
        part = self._write(db, day, f"SELECT * FROM ({rows}) ORDER BY file, time")  # noqa: S608
        parts = (part,) if joined else (*old.parts, part)
        whole = Day(parts, "", old.rows + new)
        table = source(self._names([whole]), COLUMNS)
        totals = f"SELECT file, count(*) AS downloads FROM {table} WHERE counted GROUP BY file"  # noqa: S608
        return whole._replace(totals=self._write(db, day + "-totals", totals))

    def _write(self, db: duckdb.DuckDBPyConnection, prefix: str, rows: str) -> str:
        name = f"{prefix}-{secrets.token_hex(6)}.parquet"
        path = self._path(name)
        db.execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
        _sync(path)
        return name

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _names(self, days: Iterable[Day]) -> list[str]:
        return [str(self._path(part)) for day in days for part in day.parts]

    def _totals(self, manifest: Manifest) -> list[str]:
        return [str(self._path(day.totals)) for day in manifest.days.values()]

    @contextmanager
    def _writing(self) -> Iterator[Manifest]:
        """Alone: gives what counts, after the files that do not are gone."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with open(self._folder / LOCK, "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            manifest = self.manifest()
            named = {MANIFEST, LOCK, *manifest.parts(), *(day.totals for day in manifest.days.values())}
            for path in self._folder.iterdir():
                if path.name not in named and path.is_file():
                    path.unlink()
            yield manifest

    def _replace(self, manifest: Manifest) -> None:
        """The one step in which what was written begins to count."""
        told = {"format": FORMAT, "version": VERSION, **manifest._asdict()}
        told["days"] = {name: day._asdict() for name, day in manifest.days.items()}
        fresh = self._folder / (MANIFEST + ".new")
        fresh.write_text(json.dumps(told, indent=1), encoding="utf-8")
        _sync(fresh)
        os.replace(fresh, self._folder / MANIFEST)
        _sync(self._folder)


def read_manifest(path: Path, text: str) -> Manifest:
    """A manifest from its text. Raises ArchiveError."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT or told["version"] != VERSION:
            raise ArchiveError(f"{path}: {told['format']} version {told['version']} is not read, {VERSION} is")
        days = {name: Day(tuple(day["parts"]), day["totals"], day["rows"]) for name, day in told["days"].items()}
        lost = {process: [Gap(*gap) for gap in gaps] for process, gaps in told["lost"].items()}
        until = told["until"]
        read = told.get("read", [[until, until]] if until else [])  # an earlier version did not note it
        return Manifest(told["name"], days, until, lost, [Span(*span) for span in read])
    except (KeyError, TypeError, json.JSONDecodeError):
        raise ArchiveError(f"{path}: no manifest of downloads") from None


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as lines of JSON; return how many."""
    with path.open("w", encoding="utf-8") as output:
        return sum(bool(output.write(json.dumps(row) + "\n")) for row in rows)


@contextmanager
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory. Raises ArchiveError where DuckDB is not installed."""
    try:
        import duckdb
    except ImportError:
        raise ArchiveError("statistics need DuckDB: pip install 'screamtest[statistics]'") from None
    db = duckdb.connect(config={"memory_limit": MEMORY, "autoinstall_known_extensions": False})
    with closing(db):
        yield db


def source(files: Sequence[str], columns: Mapping[str, str]) -> str:
    """SQL of a table: the rows of files; without any, one of these columns and no rows."""
    if files:
        return f"read_parquet({quoted(files)})"
    nothing = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
    return f"(SELECT {nothing} WHERE false)"


def quoted(texts: Sequence[str]) -> str:
    """A list of texts in SQL."""
    return "[" + ", ".join(map(literal, texts)) + "]"


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
