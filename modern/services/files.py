"""Stored files: their rows, and the bytes that appear and go with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from psycopg2 import IntegrityError
from sqlalchemy import Row, Select, bindparam, delete, func, literal, literal_column, select
from sqlalchemy.orm import Session
from transaction import TransactionManager

from .. import prepared
from ..forms import Upload, Value
from ..models import File, RegisteredName, Release, table
from .clock import naive_now, seconds
from .journal import Journal
from .targets import Target, target

if TYPE_CHECKING:
    from .storage import FileStore, Placed

Installable = Row[str | None, str | None, str | None, str | None, str | None]
_FILES = table(File).c
_EXISTS: Select[int] = select(literal_column("1")).where(
    _FILES.name == bindparam("name"), _FILES.version == bindparam("version"),
    _FILES.filename == bindparam("filename"),
)  # fmt: skip


class DuplicateFile(Exception):
    """A file of that name or with that content is stored already."""


class UsedFilename(Exception):
    """A file of that name was stored once, and is gone."""


class Files:
    """Reads and writes files."""

    def __init__(self, db: Session, journal: Journal, store: FileStore, manager: TransactionManager) -> None:
        self._db = db
        self._journal = journal
        self._store = store
        self._manager = manager

    def of_release(self, name: Any, version: Any) -> Sequence[File]:
        """Files of a release, by file name."""
        wanted = select(File).where(File.name == name, File.version == version)
        return self._db.scalars(wanted.order_by(File.filename)).all()

    def by_version(self, name: str) -> dict[str | None, list[File]]:
        """{version: files by name} of a project, only the versions that have files."""
        found: dict[str | None, list[File]] = {}
        for file in self._db.scalars(select(File).where(File.name == name).order_by(File.filename)):
            found.setdefault(file.version, []).append(file)
        return found

    def for_installers(self, name: str) -> Sequence[Installable]:
        """(path, filename, MD5, SHA-256, Python versions) of every release of a project, hidden ones too."""
        return self._db.execute(
            select(File.path, File.filename, File.md5_digest, File.sha256_digest, Release.requires_python)
            .join(Release, (Release.name == File.name) & (Release.version == File.version))
            .where(File.name == name)
            .order_by(File.path)
        ).all()

    def most_downloaded(self, number: Any) -> Sequence[Row[str | None, int | None]]:
        """(name, downloads) of the projects whose files were downloaded most; None: of all."""
        total = func.sum(File.downloads)
        rows = select(File.name, total).group_by(File.name).order_by(total.desc(), File.name).limit(literal(number))
        return self._db.execute(rows).all()

    def has_md5(self, digest: Any) -> bool:
        """Whether a stored file has this digest."""
        return self._db.scalar(select(1).where(File.md5_digest == digest)) is not None

    def exists(self, name: str, version: str, filename: str) -> bool:
        """Whether the release has a file of this name."""
        values = {"name": name, "version": version, "filename": filename}
        return self._db.scalar(_EXISTS, values) is not None

    def add(
        self, name: str, version: str, content: Upload, packagetype: Value, python_version: Value,
        comment: Value,
        signature: bytes | None = None,
    ) -> None:  # fmt: skip
        """Add a file with its row; both are there when the transaction is safe, or neither is.

        Raises DuplicateFile where name or content are stored already, UsedFilename where the name was once. The
        database finds that out, so each refused attempt takes an id, as it always did. A repeated value is stored as
        the text of an array, which the database makes of it.
        """
        when = naive_now()
        filename, sha256, blake2 = content.filename, *digests(content.value)
        path = stored_path(blake2, filename)
        entry = self._journal.entry(name, version, f"add {python_version} file {filename}")
        self._insert(
            name, version, python_version, packagetype, comment, filename, path, len(content.value),
            signature is not None, content.md5, sha256, blake2, when,
            entry["action"], entry["submitted_date"], entry["submitted_by"], entry["submitted_from"],
        )  # fmt: skip
        files = {path: content.value} if signature is None else {path: content.value, path + ".asc": signature}
        self._bind(self._store.place(files, seconds(when), self._has_path))

    def _insert(self, *values: Any) -> None:
        try:
            prepared.execute(self._db, "store_file", *values)
        except IntegrityError as error:
            if error.diag.table_name == RegisteredName.__tablename__:
                raise UsedFilename from None
            raise DuplicateFile from None

    def target(self, name: str, version: str, filename: str) -> Target | None:
        """What a file of these names is for, if the project is registered, as the acting user sees it."""
        return target(self._db, self._journal.actor.username, name, version, filename)

    def remove(self, name: str, digest: Any) -> list[str]:
        """Delete a file of a project by its MD5; return its path, nothing where there is none."""
        row = self._db.execute(
            delete(File)
            .where(File.name == name, File.md5_digest == digest)
            .returning(File.version, File.filename, File.path)
            .execution_options(synchronize_session=False)
        ).first()
        if row is None:
            return []
        self._journal.write(name, row.version, f"remove file {row.filename}")
        return [row.path or ""]

    def forget(self, paths: Iterable[str]) -> None:
        """Delete bytes and signatures once it is safe that their rows, removed in this transaction, are gone."""
        gone = [name for path in paths if path for name in (path, path + ".asc")]
        if gone:
            self._bind(self._store.condemn(gone))

    def _bind(self, placed: Placed) -> None:
        transaction = self._manager.get()
        transaction.addAfterCommitHook(lambda success: placed.settle() if success else placed.abandon())
        transaction.addAfterAbortHook(placed.undo)

    def _has_path(self, path: str) -> bool:
        return self._db.scalar(select(1).where(File.path == path)) is not None


def digests(content: bytes) -> tuple[str, str]:
    """(SHA-256, BLAKE2b-256) of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest(), hashlib.blake2b(content, digest_size=32).hexdigest()


def stored_path(blake2: str, filename: str) -> str:
    """Where a file is stored: AA/BB/REST/FILENAME of its BLAKE2b (B276)."""
    return f"{blake2[:2]}/{blake2[2:4]}/{blake2[4:]}/{filename}"
