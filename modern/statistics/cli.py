"""`python -m modern statistics`: bring downloads in, count them, ask."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from ..database import Database, reason
from .archive import Archive, NothingRead
from .counting import owners_in, publish
from .countries import read_countries
from .feed import ARCHIVE, SPOOL, Reading, Report, read_log, read_spool
from .spans import SILENCE
from .spool import Gap, losses

DAILY = 26 * 3600.0  # seconds: a log of each day is read some time on the next
PATIENCE = 3  # updates that may fail to come
PASSING = (OSError, SQLAlchemyError, NothingRead)  # another update may succeed


def add_parser(commands: Any) -> None:
    """Add the commands to those of `python -m modern`."""
    top = commands.add_parser("statistics", help="downloads: bring them in, count them, ask for them")
    parts = top.add_subparsers(required=True, metavar="COMMAND")
    update = parts.add_parser("update", help="bring in what the index recorded, and count")
    _add_reading(update)
    update.add_argument("--every", type=float, metavar="SECONDS", help="again and again, until interrupted")
    update.set_defaults(command=run_update)
    backfill = parts.add_parser("backfill", help="bring in access logs; what is known already stays once")
    backfill.add_argument("logs", nargs="+", metavar="LOG",
                          help="common or combined, packed or not; - is standard input")  # fmt: skip
    _add_reading(backfill)
    backfill.add_argument("--already-counted", action="store_true", help="for queries only: the index counted these")
    backfill.set_defaults(command=run_backfill)
    query = parts.add_parser("query", help="ask in SQL about the table `downloads`")
    query.add_argument("sql", metavar="SQL")
    query.add_argument("--format", choices=sorted(FORMATS), default="table")
    _add_folder(query)
    query.set_defaults(command=run_query)
    status = parts.add_parser("status", help="what was read, until when, and what was lost")
    _add_folder(status)
    status.set_defaults(command=run_status)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=os.environ.get("PYPI_STATISTICS") or None, metavar="DIR",
                        help="the folder of the statistics (default: PYPI_STATISTICS)")  # fmt: skip


def _add_reading(parser: argparse.ArgumentParser) -> None:
    _add_folder(parser)
    parser.add_argument("--database", metavar="URL", help="where the counts are written; without it they are not")
    parser.add_argument("--countries", type=Path, metavar="CSV", help="NETWORK,COUNTRY or FIRST,LAST,COUNTRY")
    parser.add_argument("--late", type=float, metavar="SECONDS",
                        help="pages say `unknown` when nothing newer was read for so long (default: 26 hours, or three"
                             " times --every)")  # fmt: skip
    parser.add_argument("--silence", type=float, default=SILENCE, metavar="SECONDS",
                        help="where nobody asked the index anything for longer, a log is missing, and what was before"
                             " does not count as known (default: an hour)")  # fmt: skip
    parser.add_argument("--adopt", action="store_true", help="go on from the counts of another folder")


def run_update(options: argparse.Namespace) -> int:
    """`update`: once, or until a signal comes, whether the database is there or not."""
    with _counting(options, PATIENCE * options.every if options.every else DAILY) as (reading, count):
        while True:
            try:
                print(told(read_spool(_folder(options), reading)), flush=True)
                count()
            except PASSING as error:
                if not options.every:
                    raise
                print(f"modern: {reason(error)}", file=sys.stderr, flush=True)
            if not options.every:
                return 0
            time.sleep(options.every)


def run_backfill(options: argparse.Namespace) -> int:
    """`backfill`: exit status 1 where the end of a log could not be read."""
    cut = False
    with _counting(options, DAILY) as (reading, count):
        for log in options.logs:
            report = _read(log, _folder(options), reading._replace(counted=not options.already_counted))
            print(f"{log}: {told(report)}", flush=True)
            cut = cut or bool(report.cut)
        count()
    return 1 if cut else 0


def _read(log: str, folder: Path, reading: Reading) -> Report:
    with open(sys.stdin.fileno() if log == "-" else log, "rb", closefd=log != "-") as source:
        return read_log(folder, source, reading)


@contextmanager
def _counting(options: argparse.Namespace, late: float) -> Iterator[tuple[Reading, Callable[[], None]]]:
    """How events are read, and what counts them afterwards: nothing without a database."""
    reading = Reading(silence=options.silence)
    if options.countries:
        reading = reading._replace(country=read_countries(options.countries).of)
    if not options.database:
        yield reading, lambda: None
        return
    with closing(Database(options.database)) as database:

        def count() -> None:
            archive = Archive(_folder(options) / ARCHIVE)
            counted = publish(database.engine, archive, options.late or late, adopt=options.adopt)
            words = f"counts of {counted.changed} files are new; {counted.unknown} files are not of this index"
            print(words, flush=True)

        yield reading._replace(owners=owners_in(database.engine)), count


def told(report: Report) -> str:
    """A report in a line or three."""
    parts = [f"{report.lines} lines: {report.added.new} downloads are new, {report.added.known} were known"]
    if report.torn:
        first = f", the first is line {report.first_torn}" if report.first_torn else ""
        parts.append(f"{report.torn} lines cannot be read{first}")
    if report.cut:
        parts.append(f"the log ends after line {report.lines}: {report.cut}")
    return "; ".join(parts)


def run_query(options: argparse.Namespace) -> int:
    """`query`."""
    FORMATS[options.format](*Archive(_folder(options) / ARCHIVE).query(options.sql))
    return 0


def run_status(options: argparse.Namespace) -> int:
    """`status`: exit status 1 while downloads are being lost."""
    folder = _folder(options)
    manifest = Archive(folder / ARCHIVE).manifest()
    rows = sum(day.rows for day in manifest.days.values())
    print(f"{rows} downloads of {len(manifest.days)} days in {len(manifest.parts())} files")
    print(f"read until: {_time(manifest.until) if manifest.until else 'nothing was read yet'}")
    if manifest.since:
        print(f"without a hole since: {_time(manifest.since)}")
    gaps = sorted({*manifest.gaps(), *(gap for process in losses(folder / SPOOL) for gap in process.gaps)})
    for gap in gaps:
        print(_told_gap(gap))
    return 1 if any(gap.open for gap in gaps) else 0


def _told_gap(gap: Gap) -> str:
    until = "now" if gap.open else _time(gap.last)
    return f"lost: {gap.lost} downloads from {_time(gap.since)} to {until}"


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def _folder(options: argparse.Namespace) -> Path:
    if options.folder is None:
        raise ValueError("--folder is missing, and PYPI_STATISTICS is not set: name the folder of the statistics")
    return Path(options.folder)


def _print_table(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    lines = [list(names), *([("" if value is None else str(value)) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    numbers = [bool(rows) and all(isinstance(row[column], int | float) for row in rows) for column in range(len(names))]
    for line in lines:
        texts = zip(line, widths, numbers, strict=True)
        print("  ".join(text.rjust(width) if right else text.ljust(width) for text, width, right in texts).rstrip())


def _print_csv(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows([names, *rows])


def _print_json(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    for row in rows:
        print(json.dumps(dict(zip(names, row, strict=True)), default=str))


FORMATS = {"table": _print_table, "csv": _print_csv, "json": _print_json}
