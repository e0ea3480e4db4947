"""Rows that this program cannot read: it has written none of them, so a byte of the store was damaged."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import (
    Boolean,
    Connection,
    Float,
    Integer,
    Numeric,
    Row,
    String,
    Table,
    column,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    table,
)

from ioc.storage.db.dialect import is_postgres
from ioc.storage.db.errors import StoreCode, StoreError

log = logging.getLogger("ioc.storage")
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
_LARGE_TABLES = frozenset({
    "reading", "revision", "rollup_minute", "rollup_hour", "rollup_day", "kpi_log", "source_log", "event_log",
    "host_health_log", "directive_event",
})  # fmt: skip
_NUMBER_TYPES = frozenset({int, float, bool, type(None)})
# What reading such a value raises.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)


def readable(table_name: str, make: Callable[[R], T], rows: Iterable[R]) -> Iterator[T]:
    """What `make` gives for each row; one that it cannot read, or that counts as damaged, is left out, with a warning.

    For states and reports, which this program writes again by itself: one of them hides no other one.
    """
    for row in rows:
        try:
            made = make(row)
        except (*UNREADABLE, StoreError) as error:
            log.warning("a row of %s cannot be read: %s", table_name, type(error).__name__)
        else:
            yield made


def sound_rows(source: Table, rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Rows of all columns of `source`; those with a text in place of a number are left out, as `readable` does."""
    numbers = [place for place, each in enumerate(source.c) if not isinstance(each.type, String)]

    def checked(row: Row[Any]) -> Row[Any]:
        check_numbers(row[place] for place in numbers)
        return row

    return list(readable(source.name, checked, rows))


def check_numbers(values: Iterable[object]) -> None:
    """StoreError (DAMAGED) unless all are numbers or None: SQLite gives back whatever type a damaged row has."""
    if not _NUMBER_TYPES.issuperset(map(type, values)):
        raise StoreError(StoreCode.DAMAGED, external="a text in place of a number")


def refuse_damaged_numbers(read: Callable[[], AbstractContextManager[Connection]]) -> None:
    """StoreError (DAMAGED) for a text in place of a number, in any table but those that grow for ever: to read these
    would take minutes.

    Tables and columns are those of the file: which schemas are imported differs from command to command.
    """
    with read() as conn:
        tables = {} if is_postgres(conn) else inspect(conn).get_multi_columns()
        for (_schema, name), columns in tables.items():
            numbers = [
                column(each["name"], each["type"])
                for each in columns
                if isinstance(each["type"], Boolean | Float | Integer | Numeric)
            ]
            is_wrong = or_(false(), *(func.typeof(number).in_(("text", "blob")) for number in numbers))
            found = select(literal(1)).select_from(table(name, *numbers)).where(is_wrong).limit(1)
            if name not in _LARGE_TABLES and conn.execute(found).first():
                raise StoreError(StoreCode.DAMAGED, external=f"{name}: a text in place of a number")


def reads_records(make: Callable[P, T]) -> Callable[P, T]:
    """`make`, which reads what nobody else could tell: where it cannot, StoreError (DAMAGED)."""

    @wraps(make)
    def read(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return make(*args, **kwargs)
        except UNREADABLE as error:
            raise StoreError(StoreCode.DAMAGED, external=f"{make.__module__}: {type(error).__name__}") from error

    return read
