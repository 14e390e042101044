"""Statements that each connection has prepared, because planning them takes the database longer than answering, and
because they are asked for with each file that tools send. A session and values in, rows out.
"""

from __future__ import annotations

from typing import Any

from psycopg2 import Error
from sqlalchemy.orm import Session

PREPARE = (
    "PREPARE account (text) AS SELECT id, password, last_login, is_active FROM accounts_user WHERE username = $1",
    # What a file is sent for: name, user, version, file name. Nothing where the user (Admin, Maintainer, Owner) may not
    # change the project, or there is none; else it is this transaction's alone, as `Projects.lock` says. Where that had
    # to wait for another transaction, the row is what that one left, and all else is what was there before: the last
    # column says whether both are of one moment.
    "PREPARE upload_target (text, text, text, text) AS SELECT p.name,"
    " EXISTS (SELECT 1 FROM releases r WHERE r.name = p.name AND r.version = $3),"
    " EXISTS (SELECT 1 FROM release_files f WHERE f.name = p.name AND f.version = $3 AND f.filename = $4),"
    " p.last_serial IS NOT DISTINCT FROM (SELECT s.last_serial FROM packages s WHERE s.name = p.name)"
    " FROM packages p WHERE p.name = (SELECT q.name FROM packages q"
    " WHERE normalize_pep426_name(q.name) = normalize_pep426_name($1)"
    " ORDER BY q.name = $1 DESC, q.created, q.name LIMIT 1)"
    " AND EXISTS (SELECT 1 FROM roles r WHERE r.user_name = $2 AND r.role_name IN ('Admin', 'Maintainer', 'Owner')"
    " AND (r.package_name = p.name OR r.package_name IS NULL)) FOR NO KEY UPDATE OF p",
    # A file, then its name, then the journal's entry: in this order, as each takes its rows from the one before.
    "PREPARE store_file (text, text, text, text, text, text, text, integer, boolean, text, text, text, timestamp,"
    " text, timestamp, text, text) AS"
    " WITH file AS (INSERT INTO release_files (name, version, python_version, packagetype, comment_text, filename,"
    " path, size, has_signature, md5_digest, sha256_digest, blake2_256_digest, downloads, upload_time)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13) RETURNING filename),"
    " registered AS (INSERT INTO file_registry (filename) SELECT filename FROM file RETURNING filename)"
    " INSERT INTO journals (name, version, action, submitted_date, submitted_by, submitted_from)"
    " SELECT $1, $2, $14, $15, $16, $17 FROM registered",
)


def prepare(connection: Any, record: object = None) -> None:
    """Prepare all on a new connection of psycopg2, in no transaction afterwards."""
    cursor = connection.cursor()
    for statement in PREPARE:
        cursor.execute(statement)
    connection.commit()


def execute(db: Session, name: str, *values: Any) -> Any:
    """Execute one of them in the session's transaction; return psycopg2's cursor, which has the rows.

    SQLAlchemy's part of the work would be three times that of the driver. Raises psycopg2.Error.
    """
    connection = db.connection()
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"EXECUTE {name} ({', '.join(['%s'] * len(values))})", values)
    except Error:
        if cursor.connection.closed:
            connection.invalidate()  # else it would go back into the pool
        raise
    return cursor
