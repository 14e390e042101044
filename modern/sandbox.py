"""A Test PyPI is a place of its own: its database and its folder are marked, so that no index is ever served as one of
the other kind. Places come in; nothing goes out but a mark, or an error.
"""

from __future__ import annotations

import os
from contextlib import closing

from sqlalchemy import text

from .database import Database

MARK, FILE = "sandbox", ".sandbox"


class WrongPlace(ValueError):
    """A place belongs to an index of the other kind; the message says which and what to do."""


def claim(url: str, files: str, *, sandbox: bool) -> None:
    """Mark database (with its tables) and folder as a sandbox's, if it is to be one. Raises WrongPlace.

    Of a store elsewhere (s3://...) nothing is known: there the database alone must be right.
    """
    with closing(Database(url)) as database, database.engine.begin() as connection:
        asked = "SELECT obj_description('packages'::regclass) = :mark, EXISTS (SELECT 1 FROM packages)"
        marked, used = connection.execute(text(asked), {"mark": MARK}).one()
        check("the database", marked=bool(marked), used=used, sandbox=sandbox)
        if "://" not in files:
            mark = os.path.join(files, FILE)
            used = os.path.isdir(files) and bool(os.listdir(files))
            check(f"the folder {files}", marked=os.path.exists(mark), used=used, sandbox=sandbox)
            if sandbox:
                os.makedirs(files, exist_ok=True)
                with open(mark, "a", encoding="ascii"):
                    pass
        if sandbox:
            connection.execute(text(f"COMMENT ON TABLE packages IS '{MARK}'"))


def check(place: str, *, marked: bool, used: bool, sandbox: bool) -> None:
    """Refuse a sandbox's place for an index, and an index's for a sandbox. Raises WrongPlace."""
    if sandbox and used and not marked:
        raise WrongPlace(f"{place} is in use and no sandbox: give --sandbox a database and a folder of its own")
    if marked and not sandbox:
        raise WrongPlace(f"{place} is a sandbox's: serve it with --sandbox, or name another")
