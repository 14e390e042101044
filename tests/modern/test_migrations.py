"""modern.migrations: the first revision is the old schema to the letter, later ones only add."""

from pathlib import Path

import psycopg2
import pytest

from modern import migrations

SCHEMA = Path(__file__).parents[2] / "legacy" / "schema.sql"
CATALOGUE = """
    SELECT 'column', table_name || '.' || column_name, data_type || ' ' || is_nullable || ' '
           || coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
              WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def asked(url, *statements):
    """The rows of the last statement."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def catalogue(url):
    """All of a database's schema but Alembic's own table."""
    return {row for row in asked(url, CATALOGUE) if "alembic" not in row[1]}


@pytest.fixture(scope="module")
def old(modern_server):
    """A database as the old code makes it."""
    url = modern_server.create_database("migrations_old")
    asked(url, SCHEMA.read_text())
    return url


def test_the_first_revision_is_the_old_schema(modern_server, old):
    """Columns, indexes, constraints, triggers and functions are equal, and so are the rows it comes with."""
    url = modern_server.create_database("migrations_new")
    before = catalogue(old)
    migrations.upgrade(url, "0001")
    assert catalogue(url) == before
    users = "SELECT id, username, password, is_active, date_joined FROM accounts_user"
    assert asked(url, users) == asked(old, users)


def test_later_revisions_only_add_and_can_go(modern_server, old):
    """A database that the old code made is taken as it is; everything of it stays; going back leaves it as before."""
    before = catalogue(old)
    migrations.upgrade(old)
    assert catalogue(old) > before
    migrations.downgrade(old, "0001")
    assert catalogue(old) == before
    migrations.downgrade(old, "base")
    assert catalogue(old) == before


def test_the_classes_are_the_tables(modern_server):
    """Names, types and nullability of the models are those of the newest revision."""
    from sqlalchemy import create_engine, inspect

    from modern.database import psycopg2_url
    from modern.models import Base

    url = modern_server.create_database("migrations_models")
    migrations.upgrade(url)
    engine = create_engine(psycopg2_url(url))
    found = inspect(engine)
    try:
        for name, table in Base.metadata.tables.items():
            in_database = {column["name"]: column for column in found.get_columns(name)}
            assert set(in_database) == {column.name for column in table.columns}, name
            for column in table.columns:
                theirs = in_database[column.name]["type"]
                assert str(column.type).split("(")[0] in (str(theirs).split("(")[0], "DATETIME"), (name, column.name)
    finally:
        engine.dispose()
