"""The values of PostgreSQL by their types, so that none is taken for something else.

The driver's own loaders raise for values that Python has none for (times after 9999, infinity), which would end the
whole query; and they drop what a type says: the text of a bit string is that of a decimal number, an interval becomes a
number of seconds, a month 30 days. Source: PostgreSQL 15 manual, 8.5 (times, intervals), 53.64 (pg_type).
"""

import re
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types import TypeInfo
from psycopg.types.string import TextLoader

from data_sources.sql_view.errors import SqlViewCode
from data_sources.sql_view.rows import Interval, UnreadValue
from ioc.domain.ingest.decoding import parse_json
from ioc.domain.ingest.numbers import NumberNotation, NumberReader
from ioc.domain.ingest.parsing import ParseCode, ParseError
from ioc.domain.ingest.protocol import SourceError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

# What the loaders below read: times in ISO 8601, intervals with days and hours, every digit of a binary number. The
# order of day and month in texts of the query stays as the role has it.
OUTPUT_SETTINGS = {"DateStyle": "ISO", "IntervalStyle": "postgres", "extra_float_digits": "3"}
_NUMBERS = frozenset({"bool", "int2", "int4", "int8", "oid", "float4", "float8", "numeric"})  # the driver's are right
_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "char", "uuid"})
_TIMES = frozenset({"date", "time", "timetz", "timestamp", "timestamptz"})
_ANY_TYPE = 0  # the loader of types without one of their own
# Enumerations and texts of extensions (citext). A server with more of them has them read as other types.
_TEXT_TYPES = """
SELECT typname, oid, typarray FROM pg_catalog.pg_type
WHERE (typtype = 'e' OR (typtype = 'b' AND typcategory = 'S')) AND oid >= 16384 ORDER BY oid LIMIT 2000
"""
_MAX_TYPES = 2_000  # a server may send more than it was asked for
_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)?(?: ?(?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<decimals>\d{1,6}))?(?P<zone>[+-]\d\d[:\d]*)?)?",
    re.ASCII,
)
_INTERVAL = re.compile(
    r"(?:([+-]?\d+) days?)? ?(?:(?P<sign>[+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?", re.ASCII
)  # one with months or years has their names before


async def register_loaders(connection: "AsyncConnection[Any]") -> None:
    """Have `connection`, in whose transaction OUTPUT_SETTINGS hold, load values as RowBuffer takes them.

    Raises psycopg.Error.
    """
    adapters = connection.adapters
    adapters.register_loader(_ANY_TYPE, _OtherLoader)
    for info in psycopg.postgres.types:
        if info.name.strip('"') not in _NUMBERS:
            adapters.register_loader(info.oid, _loader(info.name.strip('"')))
    cursor = await connection.execute(_TEXT_TYPES)
    for name, oid, array_oid in await cursor.fetchmany(_MAX_TYPES):
        adapters.register_loader(oid, TextLoader)
        TypeInfo(name, oid, array_oid).register(connection)


def _loader(name: str) -> type[Loader]:
    if name in _TEXTS:
        return TextLoader
    return _TimeLoader if name in _TIMES else _LOADERS.get(name, _OtherLoader)


class _TimeLoader(Loader):
    """Days, times and times of day as texts in ISO 8601."""

    def load(self, data: Buffer) -> str | UnreadValue:
        text = bytes(data).decode()
        match = _TIME.fullmatch(text)
        if match is None:  # infinity, a year before 1 or after 9999
            return UnreadValue(SqlViewCode.TIME_OUT_OF_RANGE, text)
        decimals, zone = match["decimals"], match["zone"] or ""
        clock = (match["clock"] or "") + (f".{decimals:0<6}" if decimals else "") + zone
        return "T".join(filter(None, (match["day"], clock + ":00" * (len(zone) == 3))))


class _IntervalLoader(Loader):
    """Intervals of days and hours: a month or a year has no fixed length. A day has 24 hours."""

    def load(self, data: Buffer) -> Interval | UnreadValue:
        text = bytes(data).decode()
        match = _INTERVAL.fullmatch(text)
        if match is None:
            return UnreadValue(SqlViewCode.INTERVAL_NOT_FIXED, text)
        days, sign, hours, minutes, seconds, decimals = match.groups()
        clock = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
        microseconds = clock * 1_000_000 + int(f"{decimals or '':0<6}")
        return Interval(int(days or 0) * 86_400_000_000 + (-microseconds if sign == "-" else microseconds))


class _JsonLoader(Loader):
    """JSON as other protocols read it, and that can be written again: not too deep, no number beyond all bounds."""

    def load(self, data: Buffer) -> Any:
        try:
            document = parse_json(bytes(data), orjson.loads)
            orjson.dumps(document)
        except (ValueError, SourceError, orjson.JSONEncodeError):
            return UnreadValue(SqlViewCode.JSON_UNREADABLE)
        return document


class _BinaryLoader(Loader):
    """Bytes, which stand for no value."""

    def load(self, data: Buffer) -> UnreadValue:
        return UnreadValue(SqlViewCode.BINARY_VALUE)


class _MoneyLoader(Loader):
    """Amounts of money, which the server writes in the language of its setting lc_monetary."""

    def load(self, data: Buffer) -> UnreadValue:
        return UnreadValue(SqlViewCode.TYPE_UNCLEAR)


class _OtherLoader(Loader):
    """Values of any other type, such as ranges, addresses and records: the text, unless it looks like a number."""

    def load(self, data: Buffer) -> str | UnreadValue:
        text = bytes(data).decode("utf-8", "replace")
        return UnreadValue(SqlViewCode.TYPE_UNCLEAR) if _looks_like_number(text) else text


_LOADERS: dict[str, type[Loader]] = {
    "interval": _IntervalLoader, "json": _JsonLoader, "jsonb": _JsonLoader, "bytea": _BinaryLoader,
    "money": _MoneyLoader,
}  # fmt: skip


def _looks_like_number(text: str) -> bool:
    """Whether a reader of numbers would take `text` for one, perhaps with another decimal sign."""
    try:
        return NumberReader(NumberNotation()).amount(text).number is not None
    except ParseError as error:
        return error.failure.code == ParseCode.DECIMAL_AMBIGUOUS
