"""What a starting state costs for each kind of database: an exchange that writes nothing or one row, and a restore.

    python benchmarks/state.py [--rows 1000] [postgres mysql sqlite sqlite-wal]

Prints medians in milliseconds, one line a database. A table of that many rows of 60 characters is the starting state.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.state import SideState, open_state, read_spec

MAKE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(60), n INTEGER)"
FILL = f"""
import os, sys
rows = int(sys.argv[1])
session = connect()
cursor = session.cursor()
cursor.execute({MAKE!r})
for start in range(0, rows, 5000):
    values = ",".join("(%d, '%s', %d)" % (n, "x" * 60, n) for n in range(start, min(rows, start + 5000)))
    cursor.execute("INSERT INTO t VALUES " + values)
session.commit()
"""
POSTGRES = "import os, psycopg2\ndef connect(): return psycopg2.connect(os.environ['DB'])\n"
MYSQL = """
import os, pymysql
def connect():
    place = dict(unix_socket=os.environ['SOCKET'], user='root', database=os.environ['NAME'])
    return pymysql.connect(**place, ssl_disabled=True)
"""
SQLITE = """
import os, sqlite3
def connect():
    session = sqlite3.connect(os.environ['DB'])
    session.execute('PRAGMA journal_mode = ' + os.environ['MODE'])
    return session
"""
ENV = {"DB": "{database}", "SOCKET": "{database_socket}", "NAME": "{database_name}"}
KINDS = {
    "postgres": ("postgres", POSTGRES, {}),
    "mysql": ("mysql", MYSQL, {}),
    "sqlite": ("sqlite", SQLITE, {"MODE": "DELETE"}),
    "sqlite-wal": ("sqlite", SQLITE, {"MODE": "WAL"}),
}


def connect(kind: str, env: dict[str, str]) -> Any:
    """Open a session as an application does."""
    if kind == "postgres":
        import psycopg2

        session = psycopg2.connect(env["DB"])
        session.autocommit = True
        return session
    if kind == "mysql":
        import pymysql

        return pymysql.connect(
            unix_socket=env["SOCKET"], user="root", database=env["NAME"], autocommit=True, ssl_disabled=True
        )
    return sqlite3.connect(env["DB"], isolation_level=None)


def median(act: Callable[[], object], measured: Callable[[], object], times: int) -> float:
    """Return what `measured` takes after `act`, in milliseconds."""
    taken = []
    for _ in range(times):
        act()
        began = time.perf_counter()
        measured()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def measure(name: str, side: SideState) -> list[float]:
    """Return the figures of one side."""
    kind = KINDS[name][0]
    session = connect(kind, side.env("h"))

    def write() -> None:
        session.cursor().execute("UPDATE t SET n = n + 1 WHERE id = 5")

    def write_and_wait() -> None:
        nonlocal session
        session = connect(kind, side.env("h"))
        write()
        side.changes(unsafe=True)
        session.close()
        time.sleep(1.0)  # what is copied ahead in the background is there when a scenario of usual length ends

    nothing = median(lambda: None, lambda: side.changes(unsafe=False), 100)
    one = median(write, lambda: side.changes(unsafe=True), 30)
    session.close()
    return [nothing, one, median(write_and_wait, side.restore, 5), median(lambda: None, side.restore, 5)]


def main() -> None:
    """Print a line for each kind asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=list(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--rows", type=int, default=1000)
    options = parser.parse_args()
    print(f"{'ms':12}{'nothing':>10}{'one row':>10}{'restore':>10}{'restore, nothing written':>26}")
    for name in options.kinds:
        database, head, env = KINDS[name]
        load = ["{python}", "-c", head + FILL, str(options.rows)]
        table = {"load": load, "database": database, "env": {**ENV, **env}}
        with open_state(read_spec(name, table, Path.cwd())) as state:
            figures = measure(name, state.side(0, "old"))
        print(f"{name:12}{figures[0]:10.3f}{figures[1]:10.2f}{figures[2]:10.1f}{figures[3]:26.2f}", flush=True)


if __name__ == "__main__":
    main()
