"""Where SQLite and PostgreSQL differ: opening, transactions, upserts, and many rows at once."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, case, create_engine, event, insert, literal_column, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url

from ioc.storage.db.errors import StoreCode, StoreError, first_line

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "cache_size=-16000",
)
_COPY_MIN_ROWS = 200  # rows from which COPY beats single statements


def open_engine(url: str, busy_seconds: float) -> Engine:
    """An engine whose transactions begin as the store wants them."""
    where = make_url(url)
    if where.get_backend_name() != "sqlite":
        return create_engine(where, pool_pre_ping=True, pool_size=4, max_overflow=60)
    if where.database:
        _restrict_to_owner(Path(where.database))
    engine = create_engine(where, pool_size=4, max_overflow=60, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _restrict_to_owner(path: Path) -> None:
    """The file is there, and no other user of this machine reads it: it holds hashes, sessions and personal data.

    SQLite gives the files beside it the same rights when it makes them.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(0o600)
    for one in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):  # it is another's, who has to see to it, or has gone meanwhile
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def _set_pragmas(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # the driver begins nothing by itself
    for pragma in _PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")


def _begin(conn: Connection) -> None:
    # A writer that begins as a reader fails at its first write when another one committed meanwhile.
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("writes") else "BEGIN")


_POSITIONAL_DIALECTS: dict[str, Callable[[], Any]] = {
    "postgresql": partial(PGDialect_psycopg, paramstyle="format"),
    "sqlite": SQLiteDialect_pysqlite,
}


def is_postgres(conn: Connection | Engine) -> bool:
    """Whether PostgreSQL is below."""
    return conn.dialect.name == "postgresql"


def insert_statement(conn: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_update`."""
    return (postgresql.insert if is_postgres(conn) else sqlite.insert)(table)


def upsert(conn: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows, or replaces those with the same primary key."""
    if rows:
        conn.execute(_upsert_statement(conn.dialect.name, table), list(rows))


@cache
def _upsert_statement(name: str, table: Table) -> Any:
    statement = (postgresql.insert if name == "postgresql" else sqlite.insert)(table)
    keys = [one.name for one in table.primary_key]
    others = {one.name: statement.excluded[one.name] for one in table.c if one.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def _merge_statement(name: str, table: Table) -> Any:
    """Adds a bucket to what stands in a roll-up, by the rules of buckets.merge."""
    statement = (postgresql.insert if name == "postgresql" else sqlite.insert)(table)
    new, old = statement.excluded, table.c
    nothing: Any = literal_column("0")
    some, none = new["count"] > nothing, old["count"] == nothing
    low = and_(some, or_(none, new.low < old.low, and_(new.low == old.low, new.low_ms < old.low_ms)))
    high = and_(some, or_(none, new.high > old.high, and_(new.high == old.high, new.high_ms < old.high_ms)))
    first = and_(some, or_(none, new.first_ms < old.first_ms))
    last = and_(some, or_(none, new.last_ms > old.last_ms))
    chosen = {
        name: case((when, new[name]), else_=old[name])
        for when, names in (
            (low, "low low_ms"),
            (high, "high high_ms"),
            (first, "first first_ms"),
            (last, "last last_ms"),
        )
        for name in names.split()
    }
    received = case((new.received_ms > old.received_ms, new.received_ms), else_=old.received_ms)
    sums = {"total": old.total + new.total, "count": old["count"] + new["count"], "received_ms": received}
    return statement.on_conflict_do_update(index_elements=["series_id", "bucket_ms"], set_=chosen | sums)


@cache
def _driver_sql(name: str, table: Table, mode: str) -> str:
    make: dict[str, Callable[[], Any]] = {
        "new": lambda: insert(table),
        "put": lambda: _upsert_statement(name, table),
        "merge": lambda: _merge_statement(name, table),
    }
    # A driver takes tuples by position; SQLAlchemy would go through a dict for each row.
    dialect: Any = _POSITIONAL_DIALECTS[name]()
    compiled = make[mode]().compile(dialect=dialect)
    assert compiled.positiontup == [one.name for one in table.c]
    return str(compiled)


def bulk_write(conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]], mode: str = "new") -> None:
    """Many rows straight to the driver, as tuples in the table's order. `how`: new, put (replace), merge (buckets).

    No two of them may have the same key.
    """
    if not rows:
        return
    if not is_postgres(conn) or len(rows) < _COPY_MIN_ROWS:
        conn.exec_driver_sql(_driver_sql(conn.dialect.name, table, mode), list(rows))
    elif mode == "new":
        _copy(conn, table.name, table, rows)
    else:
        _copy_and_upsert(conn, table, rows, mode)


def _copy_and_upsert(conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]], mode: str) -> None:
    """By way of a table of this session: one statement over all rows costs a tenth of one for each."""
    name = f"staging_{table.name}"
    conn.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} (LIKE {table.name})")
    _copy(conn, name, table, rows)
    conn.exec_driver_sql(_insert_from_staging(table, mode))
    conn.exec_driver_sql(f"TRUNCATE {name}")


@cache
def _insert_from_staging(table: Table, mode: str) -> str:
    names = ", ".join(one.name for one in table.c)
    into, _, conflict = _driver_sql("postgresql", table, mode).partition(" ON CONFLICT ")
    return f"{into.partition(' VALUES ')[0]} SELECT {names} FROM staging_{table.name} ON CONFLICT {conflict}"


def _copy(conn: Connection, name: str, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    raw: Any = conn.connection.driver_connection
    names = ", ".join(one.name for one in table.c)
    try:
        with raw.cursor() as cursor, cursor.copy(f"COPY {name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except raw.Error as error:
        raise StoreError(StoreCode.WRITE_FAILED, external=first_line(error)) from error
