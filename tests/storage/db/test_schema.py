"""The schema that the migrations make is the schema that the code declares, on both databases."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, select, text

import ioc.storage
from ioc.storage.access import schema as access_schema
from ioc.storage.db.change_counter import TOPICS
from ioc.storage.db.dialect import is_postgres
from ioc.storage.db.schema import change_counter, metadata, writer
from ioc.storage.db.store import Store
from ioc.storage.directives.schema import directive_event
from ioc.storage.submissions.submissions import submission_event
from tests.storage import server

# A table is declared when its module is imported, in whichever order the tests run.
for _module in pkgutil.walk_packages(ioc.storage.__path__, "ioc.storage."):
    if ".migrations" not in _module.name:  # its files run within Alembic only
        importlib.import_module(_module.name)


@pytest.fixture
def declared(url: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A database with the tables as the code declares them, made without migrations."""
    if url.startswith("sqlite"):
        yield from _created("sqlite://")
    else:
        with server.database(request.getfixturevalue("postgres"), "declared", "template1") as address:
            yield from _created(address)


def _created(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.connect() as conn:
        metadata.create_all(conn)
        yield conn
    engine.dispose()


def test_migrations_make_the_declared_tables(store: Store) -> None:
    assert {access_schema.audit_entry.name, submission_event.name, directive_event.name} <= metadata.tables.keys()
    options = {"compare_type": True, "compare_server_default": True}
    with store.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts=options), metadata) == []


def test_migrations_make_the_declared_columns_keys_indexes_and_options(store: Store, declared: Connection) -> None:
    with store.read() as conn:
        migrated = _structure(conn)
    assert migrated.keys() == metadata.tables.keys()
    expected = _structure(declared)
    for name in metadata.tables:
        assert migrated[name] == expected[name], name


def test_new_store_has_every_topic_and_one_writer(store: Store) -> None:
    with store.read() as conn:
        rows = {row.topic: (row.value, row.known_ms) for row in conn.execute(select(change_counter))}
        assert rows == dict.fromkeys(("", *TOPICS), (0, 0))
        assert conn.execute(select(writer)).all() == [(1, "", 0, 0, 0)]


def _structure(conn: Connection) -> dict[str, Any]:
    """What the database itself says of each table."""
    inspector = inspect(conn)
    tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
    options = _options(conn)
    return {
        name: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns(name)
            },
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "unique": sorted(constraint["column_names"] for constraint in inspector.get_unique_constraints(name)),
            "indexes": sorted(
                (
                    str(index["name"]), index["column_names"], bool(index["unique"]),
                    {key: str(value) for key, value in index.get("dialect_options", {}).items() if "where" in key},
                )
                for index in inspector.get_indexes(name)
            ),
            "options": options[name],
        }
        for name in tables
    }  # fmt: skip


def _options(conn: Connection) -> dict[str, Any]:
    """WITHOUT ROWID and AUTOINCREMENT on SQLite, the fill factor on PostgreSQL, by table."""
    if is_postgres(conn):
        query = "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r'"
        return {name: options for name, options in conn.execute(text(query))}  # noqa: C416
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    return {name: ("WITHOUT ROWID" in sql, "AUTOINCREMENT" in sql) for name, sql in conn.execute(text(query))}
