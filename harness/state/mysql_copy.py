"""Makes in a MySQL database what another one of that server has: tables, rows, routines, views, triggers.

Names of databases come in, copies are made. What there is, is read by `mysql_schema`; what was written, for `mysql`.
"""
# ruff: noqa: S608 - names take no parameters, so statements are put together; every one is quoted

from __future__ import annotations

from collections.abc import Container

from harness.state.mysql_schema import ROUTINES, VIEWS, Loose, Table, read_tables, read_triggers
from harness.state.mysql_server import MysqlError, Session, quoted


def copy_table(session: Session, source: str, target: str, name: str) -> None:
    """Make a table of `source` in `target`, in which it must not exist, with its rows but without triggers."""
    statement = session.run(f"SHOW CREATE TABLE {quoted(source, name)}")[0][1]
    session.use(target)
    session.run(statement)


def fill_table(session: Session, source: str, target: str, table: Table, where: str = "") -> None:
    """Copy the rows of a table to the one of that name."""
    names = table.written
    session.run(
        f"INSERT INTO {quoted(target, table.name)} ({names}) SELECT {names} FROM {quoted(source, table.name)} {where}"
    )


def copy_database(session: Session, source: str, target: str) -> None:
    """Make database `target` as `source` is: tables, rows, routines, views, triggers; no events: a clock runs them."""
    facts = session.run(
        "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
        "WHERE schema_name = %s",
        (source,),
    )
    if not facts:
        raise MysqlError(f"there is no database {source}")
    session.run(f"CREATE DATABASE {quoted(target)} CHARACTER SET {facts[0][0]} COLLATE {facts[0][1]}")
    tables = read_tables(session, source)
    for name, table in tables.items():
        copy_table(session, source, target, name)
        fill_table(session, source, target, table)
    _copy_routines(session, source, target)
    _copy_views(session, source, target)
    session.use(target)
    for statements in read_triggers(session, source).values():
        for statement in statements:
            session.run(statement)


def remake_loose(session: Session, source: str, target: str, wanted: Loose, there: Loose) -> None:
    """Make the views and routines of `target`, which has those `there`, those that `source` has, `wanted`."""
    for (kind, name), text in there.items():
        if wanted.get((kind, name)) != text:
            session.run(f"DROP {kind} IF EXISTS {quoted(target, name)}")
    missing = {name for key, text in wanted.items() if there.get(key) != text for name in key[1:]}
    _copy_routines(session, source, target, missing)
    _copy_views(session, source, target, missing)


def _copy_routines(session: Session, source: str, target: str, names: Container[str] | None = None) -> None:
    """Make the routines of these names; None: all."""
    session.use(target)
    for kind, name in session.run(ROUTINES, (source,)):
        if names is None or name in names:
            session.run(session.run(f"SHOW CREATE {kind} {quoted(source, name)}")[0][2])


def _copy_views(session: Session, source: str, target: str, names: Container[str] | None = None) -> None:
    """Make the views of these names (None: all), those that others need first."""
    waiting = [
        session.run(f"SHOW CREATE VIEW {quoted(source, name)}")[0][1].replace(
            f"{quoted(source)}.", f"{quoted(target)}."
        )
        for name, _ in session.run(VIEWS, (source,))
        if names is None or name in names
    ]
    session.use(target)
    while waiting:
        failed: list[str] = []
        reason: MysqlError | None = None
        for statement in waiting:
            try:
                session.run(statement)
            except MysqlError as error:
                failed.append(statement)
                reason = error
        if reason is not None and len(failed) == len(waiting):
            raise reason
        waiting = failed
