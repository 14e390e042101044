"""A Test PyPI is a place of its own: its database and its folder are marked, so that no index is ever served as one of
the other kind. Places come in; nothing goes out but a mark, or an error.
"""

from __future__ import annotations

import os

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from .database import with_patience

MARK, FILE = "sandbox", ".sandbox"
_EXISTS = text("SELECT to_regclass('packages') IS NOT NULL")
_ASKED = text("SELECT coalesce(obj_description('packages'::regclass), '') = :mark, EXISTS (SELECT 1 FROM packages)")


class WrongPlace(ValueError):
    """A place belongs to an index of the other kind; the message says which and what to do."""


def refuse_others(url: str, files: str, *, sandbox: bool) -> None:
    """Raise WrongPlace where database or folder belong to an index of the other kind. Nothing is changed."""
    with _engine(url).connect() as connection:
        _refuse(connection, files, sandbox=sandbox)


def claim(url: str, files: str, *, sandbox: bool) -> None:
    """Mark database (with its tables) and folder as a sandbox's, if it is to be one. Raises WrongPlace.

    Of a store elsewhere (s3://...) nothing is known: there the database alone must be right.
    """
    with _engine(url).begin() as connection:
        marked = _refuse(connection, files, sandbox=sandbox)
        if not sandbox:
            return
        if not marked:
            connection.execute(text(f"COMMENT ON TABLE packages IS '{MARK}'"))
        if files and "://" not in files:
            os.makedirs(files, exist_ok=True)
            with open(os.path.join(files, FILE), "a", encoding="ascii"):
                pass


def _engine(url: str) -> Engine:
    """What connects once, to a database of which nothing is expected."""
    return create_engine(with_patience(url), poolclass=NullPool)


def _refuse(connection: Connection, files: str, *, sandbox: bool) -> bool:
    """Whether the database is marked, after both places were checked; one without tables is nobody's yet."""
    marked, used = False, False
    if connection.scalar(_EXISTS):
        marked, used = connection.execute(_ASKED, {"mark": MARK}).one()
    check("the database", marked=marked, used=used, sandbox=sandbox)
    if files and "://" not in files:
        in_use = os.path.isdir(files) and bool(os.listdir(files))
        check(f"the folder {files}", marked=os.path.exists(os.path.join(files, FILE)), used=in_use, sandbox=sandbox)
    return marked


def check(place: str, *, marked: bool, used: bool, sandbox: bool) -> None:
    """Refuse a sandbox's place for an index, and an index's for a sandbox. Raises WrongPlace."""
    if sandbox and used and not marked:
        raise WrongPlace(f"{place} is in use and no sandbox: give --sandbox a database and a folder of its own")
    if marked and not sandbox:
        raise WrongPlace(f"{place} is a sandbox's: serve it with --sandbox, or name another")
