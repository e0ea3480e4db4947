"""Where SQLite and PostgreSQL differ: opening, transactions, errors, upserts, and many rows at once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Table,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ioc.storage.db.circuit_breaker import CircuitBreaker
from ioc.storage.db.errors import StoreCode, StoreError, driver_failure, first_line
from ioc.storage.db.sqlite_connections import open_sqlite

BulkMode = Literal["new", "put", "merge"]
_SEQUENCE = text("SELECT pg_get_serial_sequence(:name, 'id')")
KEYS_PER_QUERY = 500  # keys that one statement names: below the parameter limit of every SQLite
# The server itself ends a read that waits for a lock, below QUICK_SECONDS: one locked table would else count as a
# silence of the server, which ends what everybody does, or hold up all frames.
_READ_LIMITS = "SELECT set_config('lock_timeout', '1000ms', true)"
_COPY_MIN_ROWS = 200  # rows from which COPY beats single statements


def freeze_view(conn: Connection) -> None:
    """The first statement of a transaction fixes what it sees; BEGIN does not."""
    conn.exec_driver_sql(_READ_LIMITS if is_postgres(conn) else "PRAGMA schema_version")


def open_engine(url: str, busy_seconds: float, breaker: CircuitBreaker) -> Engine:
    """An engine for `url`. On SQLite a statement waits up to `busy_seconds` for another process's transaction.

    `breaker`: opened when a PostgreSQL server does not answer.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        from ioc.storage.db.postgres import open_postgres  # the driver: 6 MB that SQLite does without

        return open_postgres(address, breaker)
    return open_sqlite(address, busy_seconds)


@contextmanager
def as_store_errors() -> Iterator[None]:
    """Errors of the database within it become StoreErrors."""
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise StoreError(StoreCode.DATA_REJECTED, external=first_line(error.orig or error)) from error
    except DBAPIError as error:
        raise StoreError(driver_failure(error.orig or error)) from error
    except SQLAlchemyError as error:
        raise StoreError(StoreCode.DATABASE_ERROR, external=type(error).__name__) from error


_POSITIONAL_DIALECTS: dict[str, Callable[[], Any]] = {
    "postgresql": partial(PGDialect_psycopg, paramstyle="format"),
    "sqlite": SQLiteDialect_pysqlite,
}


def is_postgres(conn: Connection | Engine) -> bool:
    """Whether the database is PostgreSQL."""
    return conn.dialect.name == "postgresql"


def insert_statement(conn: Connection, table: Table) -> Any:
    """The dialect's INSERT, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return (postgresql.insert if is_postgres(conn) else sqlite.insert)(table)


def json_text(conn: Connection, column: Any, name: str) -> Any:
    """The text under `name` of a JSON object that `column` holds as a text; NULL for none."""
    return cast(column, postgresql.JSON)[name].astext if is_postgres(conn) else func.json_extract(column, f"$.{name}")


def json_list_has(conn: Connection, column: Any, name: str, values: Collection[str]) -> ColumnElement[bool]:
    """Whether the list of texts under `name` of a JSON object that `column` holds as a text has one of `values`."""
    if is_postgres(conn):
        item: Any = func.json_array_elements_text(cast(column, postgresql.JSON)[name]).column_valued("item")
    else:
        item = func.json_each(column, f"$.{name}").table_valued("value", name="item").c.value
    return select(item).where(item.in_(values)).exists()


def upsert(conn: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows; a row whose primary key exists is replaced. No two of them may have the same key."""
    if rows:
        conn.execute(_upsert_statement(conn.dialect.name, table), list(rows))


@cache
def _upsert_statement(name: str, table: Table) -> Any:
    statement = (postgresql.insert if name == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def _merge_statement(name: str, table: Table) -> Any:
    """Adds a bucket to the stored one of the same start, by the rules of `rollup_math.merge`."""
    statement = (postgresql.insert if name == "postgresql" else sqlite.insert)(table)
    new, old = statement.excluded, table.c
    zero: Any = literal_column("0")
    has_new, has_no_old = new["count"] > zero, old["count"] == zero
    low = and_(has_new, or_(has_no_old, new.low < old.low, and_(new.low == old.low, new.low_ms < old.low_ms)))
    high = and_(has_new, or_(has_no_old, new.high > old.high, and_(new.high == old.high, new.high_ms < old.high_ms)))
    first = and_(has_new, or_(has_no_old, new.first_ms < old.first_ms))
    last = and_(has_new, or_(has_no_old, new.last_ms > old.last_ms))
    chosen = {
        name: case((condition, new[name]), else_=old[name])
        for condition, names in (
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
def _driver_sql(name: str, table: Table, mode: BulkMode) -> str:
    statements: dict[BulkMode, Callable[[], Any]] = {
        "new": lambda: insert(table),
        "put": lambda: _upsert_statement(name, table),
        "merge": lambda: _merge_statement(name, table),
    }
    # A driver takes tuples by position; SQLAlchemy would go through a dict for each row.
    dialect: Any = _POSITIONAL_DIALECTS[name]()
    compiled = statements[mode]().compile(dialect=dialect)
    assert compiled.positiontup == [column.name for column in table.c]
    return str(compiled)


def bulk_write(conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]], mode: BulkMode = "new") -> None:
    """Writes many rows straight through the driver, as tuples in the order of the table's columns.

    `mode`: new (insert), put (replace), merge (add buckets). No two rows may have the same key.
    """
    if not rows:
        return
    if not is_postgres(conn) or len(rows) < _COPY_MIN_ROWS:
        conn.exec_driver_sql(_driver_sql(conn.dialect.name, table, mode), list(rows))
    elif mode == "new":
        _copy(conn, table.name, table.c.keys(), rows)
    else:
        _copy_and_upsert(conn, table, rows, mode)


def _copy_and_upsert(conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]], mode: BulkMode) -> None:
    """Through a temporary table: one statement over all rows costs a tenth of one for each."""
    staging = f"staging_{table.name}"
    conn.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging} (LIKE {table.name})")
    _copy(conn, staging, table.c.keys(), rows)
    conn.exec_driver_sql(_insert_from_staging(table, mode))
    conn.exec_driver_sql(f"TRUNCATE {staging}")


@cache
def _insert_from_staging(table: Table, mode: BulkMode) -> str:
    columns = ", ".join(column.name for column in table.c)
    into, _, conflict = _driver_sql("postgresql", table, mode).partition(" ON CONFLICT ")
    return f"{into.partition(' VALUES ')[0]} SELECT {columns} FROM staging_{table.name} ON CONFLICT {conflict}"


def _copy(conn: Connection, name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    driver_connection: Any = conn.connection.driver_connection
    try:
        with (
            driver_connection.cursor() as cursor,
            cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
    except driver_connection.Error as error:
        raise StoreError(StoreCode.WRITE_FAILED, external=first_line(error)) from error


def bulk_update(conn: Connection, table: Table, key: str, rows: Sequence[dict[str, Any]]) -> None:
    """Changes the rows whose column `key` has the value of a given one. All rows name the same columns."""
    if not rows:
        return
    columns = [name for name in rows[0] if name != key]
    if not is_postgres(conn) or len(rows) < _COPY_MIN_ROWS:
        changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        statement = table.update().where(table.c[key] == bindparam("of_row")).values(changed)
        conn.execute(statement, [{"of_row": row[key]} | {f"new_{name}": row[name] for name in columns} for row in rows])
        return
    staging, named = f"changed_{table.name}", ", ".join([key, *columns])
    conn.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {named} FROM {table.name} WITH NO DATA"
    )
    _copy(conn, staging, [key, *columns], [tuple(row[name] for name in (key, *columns)) for row in rows])
    values = ", ".join(f"{name} = {staging}.{name}" for name in columns)
    conn.exec_driver_sql(f"UPDATE {table.name} SET {values} FROM {staging} WHERE {table.name}.{key} = {staging}.{key}")
    conn.exec_driver_sql(f"DROP TABLE {staging}")


def greater_of(column: ColumnElement[int], value: int) -> ColumnElement[int]:
    """`value`, or what the row has where that is greater: for an update."""
    return case((column > value, column), else_=value)


def reserve_ids(conn: Connection, table: Table, count: int) -> list[int]:
    """Numbers for the next rows of a table whose numbers are never used twice, in a transaction that inserts them."""
    if is_postgres(conn):
        query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return sorted(conn.execute(query, {"name": table.name, "count": count}).scalars())
    counted = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    # As SQLite itself does it: the count of a store that somebody copied may be behind its rows.
    newest = conn.execute(select(func.max(table.c.id))).scalar() or 0
    last = max(conn.execute(counted, {"name": table.name}).scalar() or 0, newest)
    return list(range(last + 1, last + 1 + count))


def advance_sequences(conn: Connection, metadata: MetaData) -> None:
    """Lets the numbers of new rows begin behind those of the rows that are there.

    Logical replication copies rows of PostgreSQL, not its sequences.
    """
    for table in metadata.sorted_tables:
        name = {"name": table.name}
        if "id" in table.c and (sequence := conn.execute(_SEQUENCE, name).scalar()):
            is_behind = "newest.id > now.last_value OR newest.id = now.last_value AND NOT now.is_called"
            rows = f"(SELECT max(id) AS id FROM {table.name}) AS newest, {sequence} AS now"
            conn.exec_driver_sql(f"SELECT setval('{sequence}', newest.id) FROM {rows} WHERE {is_behind}")
