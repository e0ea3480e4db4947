"""A store as an older program left it: what later migrations brought is taken away again."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from ioc.storage.db.store import _MIGRATIONS

Tables = dict[str, set[str]]


def back_to(path: Path, revision: str) -> None:
    """The SQLite store at `path` with the tables and columns of `revision` only."""
    then = _tables_of(revision)
    with closing(sqlite3.connect(path)) as store, store:
        for table, columns in _tables(store).items():
            if table not in then:
                store.execute(f"DROP TABLE {table}")
                continue
            for column in columns - then[table]:
                store.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        store.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def _tables(store: sqlite3.Connection) -> Tables:
    names = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: {row[1] for row in store.execute(f"PRAGMA table_info({name})")} for name in names if name[:7] != "sqlite_"
    }


def _tables_of(revision: str) -> Tables:
    engine, config = create_engine("sqlite://"), Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, revision)
        found = inspect(conn)
        made = {name: {one["name"] for one in found.get_columns(name)} for name in found.get_table_names()}
    engine.dispose()
    return made
