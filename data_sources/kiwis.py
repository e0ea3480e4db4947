"""KiWIS (KISTERS Web Interoperability Solution): getTimeseriesValues of river gauges and rain stations."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Self

import orjson
from pydantic import BeforeValidator, Field, model_validator

from data_sources._mapping import (
    MAX_ITEMS,
    MissingValue,
    NumberOptions,
    RequestOptions,
    SensorOptions,
    SeriesName,
    Template,
    TimeReader,
    UnitName,
    UnitOptions,
    ZoneOptions,
    find,
    options_of,
    sample,
    unit_text,
)
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseError, parse_number, placeholders
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_UNKNOWN_ZERO = (9999.0, -9999.0, -999999.0, None)  # what operators write for the height of a zero that is not known
_MAX_QUOTED = 120  # characters of a message of the service or a sample
_METADATA = "ts_id,ts_name,station_no,station_name,stationparameter_name,parametertype_name,ts_unitsymbol"
_HEIGHT_METADATA = "ts_unitsymbol_abs,ca_sta"


class KiwisCode(ErrorCode):
    """Why an answer or a time series cannot be read. Texts: components/messages/errors/kiwis.toml."""

    NOT_A_LIST = "kiwis.not_a_list"
    VALUE_LAYER = "kiwis.value_layer"
    LIST_WITHOUT_VALUES = "kiwis.list_without_values"
    ROW_LENGTH = "kiwis.row_length"
    COLUMNS_MISSING = "kiwis.columns_missing"
    COLUMNS_AMBIGUOUS = "kiwis.columns_ambiguous"  # column: that of the values
    ROWS_MISSING = "kiwis.rows_missing"
    ZERO_UNKNOWN = "kiwis.zero_unknown"


def _as_text(value: object) -> object:
    """yaml and servers write codes and ids as numbers or as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Code = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[^,\s]{1,60}$")]


class Options(NumberOptions, SensorOptions, UnitOptions, ZoneOptions, RequestOptions):
    """`ts`: ids of time series, or `group`: the id of a group; without both the address is requested as it is.
    `period` (PT3H): how far back; "": the newest value only.

    `series`: template over the metadata of a time series. `suspect`: quality codes of doubtful values, which each
    operator defines. `height`: values above the datum instead of above the gauge's zero; `zero`: the attribute with the
    height of that zero, which each operator names.
    """

    ts: tuple[Code, ...] = ()
    group: Annotated[str, BeforeValidator(_as_text), Field(max_length=60)] = ""
    period: Annotated[str, Field(pattern=r"^(P[0-9A-Z]{2,20})?$")] = ""
    series: Template = "{ts_id}"
    missing: tuple[MissingValue, ...] = (-999999.0,)
    suspect: tuple[Code, ...] = ()
    height: bool = False
    zero: Code = "station_gauge_datum"
    unit: UnitName = ""

    @model_validator(mode="after")
    def _validate_ids(self) -> Self:
        if self.ts and self.group:
            raise ConfigValueError(OptionCode.TS_OR_GROUP)
        if len(set(self.ts)) > 1 and not placeholders(self.series):
            raise ConfigValueError(OptionCode.SENSOR_PLACEHOLDER, series=self.series, placeholders="{ts_id}")
        return self

    def query(self) -> dict[str, str]:
        """The parameters of the request; those of the row come after and override them."""
        if not (self.ts or self.group):
            return {}
        selection = {"ts_id": ",".join(self.ts)} if self.ts else {"timeseriesgroup_id": self.group}
        if self.period:
            selection["period"] = self.period
        if self.height:
            selection["ca_sta_returnfields"] = self.zero
        return {
            "service": "kisters", "type": "queryServices", "request": "getTimeseriesValues", "datasource": "0",
            "format": "json", "metadata": "true",
            "md_returnfields": f"{_METADATA},{_HEIGHT_METADATA}" if self.height else _METADATA,
            "returnfields": f"Timestamp,{'Absolute ' if self.height else ''}Value,Quality Code", **selection,
        }  # fmt: skip


async def fetch(source: Source, context: FetchContext) -> Payload:
    """One GET of the values of all time series of the row."""
    options = options_of(source, Options)
    return await options.get(source, context, params=options.query())


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of each time series; those that cannot be read are rejected items. Raises SourceError."""
    options = options_of(source, Options)
    return options.read_times(
        lambda times: options.read_numbers(lambda numbers: _parse(options, payload, now, numbers, times))
    )


def _parse(options: Options, payload: Payload, now: datetime, numbers: NumberReader, times: TimeReader) -> Batch:
    readings, rejected = list[Reading](), list[RejectedItem]()
    for page in payload.pages:
        for n, series in enumerate(_series_list(decode_json(page, orjson.loads))):
            try:
                _read_series(series, f"[{n}]", options, numbers, times, now, readings, rejected)
            except ParseError as error:
                rejected.append(RejectedItem(f"[{n}]", error.failure, sample(series)))
            if len(readings) + len(rejected) >= MAX_ITEMS:
                rejected.append(RejectedItem(f"[{n}]", Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})))
                break
    return Batch(tuple(readings), tuple(rejected))


def _series_list(document: Any) -> list[Any]:
    if isinstance(document, dict) and "data" not in document:
        is_error = document.get("type") == "error" or document.keys() & {"code", "message"}
        raise SourceError(_service_failure(document) if is_error else KiwisCode.NOT_A_LIST)
    series = [document] if isinstance(document, dict) else document
    if not isinstance(series, list):
        raise SourceError(KiwisCode.NOT_A_LIST)
    if series and isinstance(series[0], str):
        raise SourceError(IngestCode.SERVICE_MESSAGE, external=shorten(series[0], _MAX_QUOTED))
    if other := _other_request(series):
        raise SourceError(other)
    return series


def _other_request(items: list[Any]) -> KiwisCode | None:
    """The answer to another request that a list without any time series is; None for an answer to ours."""
    if not items or any(
        not isinstance(one, dict | list) or {"columns", "data", "type"} & set(_keys(one)) for one in items
    ):
        return None
    return KiwisCode.VALUE_LAYER if any("ts_value" in _keys(one) for one in items) else KiwisCode.LIST_WITHOUT_VALUES


def _keys(item: dict[str, Any] | list[Any]) -> list[str]:
    """The members of an item; of a list, as the other form of such answers has them, its texts."""
    return [key for key in item if isinstance(key, str)]


def _service_failure(error: dict[str, Any]) -> Failure:
    message = error.get("message") or error.get("code") or error.get("type")
    return Failure(IngestCode.SERVICE_MESSAGE, external=shorten(str(message), _MAX_QUOTED))


def _read_series(
    series: Any, location: str, options: Options, numbers: NumberReader, times: TimeReader, now: datetime,
    readings: list[Reading], rejected: list[RejectedItem],
) -> None:  # fmt: skip
    column = "absolute value" if options.height else "value"
    names, rows = _columns_and_rows(series, column)
    key = options.series_name(options.series, partial(find, series))
    sensor = options.sensor([("ts_id", series.get("ts_id"))])
    try:
        unit, is_named = _unit(series, options)
        if options.height and options.zero in series and parse_number(series[options.zero]) in _UNKNOWN_ZERO:
            raise ParseError(KiwisCode.ZERO_UNKNOWN)
    except ParseError as error:
        unread = tuple(_without_values(names, rows[:MAX_ITEMS], key, sensor, options, times))
        rejected.append(RejectedItem(location, error.failure, sample(series), unread))
        return
    for k, row in enumerate(rows[:MAX_ITEMS]):
        unread = ()
        try:
            cells = _cells(names, row)
            unread = (_without_value(cells, key, sensor, options, times),)
            amount = numbers.amount(cells[column], column)
            named = amount.unit_beside(unit, is_named, options.units)
            reading = unread[0].with_value(amount.number, *named, text=amount.text)
        except ParseError as error:
            text = shorten(f"{key.name}: {sample(row)}", _MAX_QUOTED)
            rejected.append(RejectedItem(f"{location}.data[{k}]", error.failure, text, unread))
            continue
        if reading.value is not None or reading.observed <= now:  # aggregates have an empty row for the next step
            readings.append(reading)


def _without_values(
    names: list[str],
    rows: list[Any],
    key: SeriesName,
    sensor: tuple[tuple[str, str], ...],
    options: Options,
    times: TimeReader,
) -> Iterator[Reading]:
    """The readings of a time series none of whose values can be read."""
    for row in rows:
        with suppress(ParseError):
            yield _without_value(_cells(names, row), key, sensor, options, times)


def _without_value(
    cells: dict[str, Any], key: SeriesName, sensor: tuple[tuple[str, str], ...], options: Options, times: TimeReader
) -> Reading:
    """The series and the time of a row. Raises ParseError."""
    quality = "suspect" if _code(cells.get("quality code")) in options.suspect else "good"
    return Reading(key.key, times.time(cells["timestamp"]), None, quality=quality, name=key.name, sensor=sensor)


def _cells(names: list[str], row: Any) -> dict[str, Any]:
    """The cells of a row by column. Raises ParseError."""
    if not isinstance(row, list) or len(row) != len(names):
        raise ParseError(KiwisCode.ROW_LENGTH)
    return dict(zip(names, row, strict=True))


def _code(cell: Any) -> str:
    """A quality code as text; servers also write 200 as 200.0."""
    return f"{cell:g}" if isinstance(cell, float) else str(cell).strip()


def _columns_and_rows(series: Any, column: str) -> tuple[list[str], list[Any]]:
    """The names of the columns, in small letters, and the rows."""
    columns = series.get("columns") if isinstance(series, dict) else None
    if isinstance(series, dict) and series.get("type") == "error":
        raise ParseError(_service_failure(series))
    if not isinstance(columns, str):
        raise ParseError(KiwisCode.COLUMNS_MISSING)
    names = [name.strip().casefold() for name in columns.split(",")]
    if any(names.count(name) != 1 for name in ("timestamp", column)):
        raise ParseError(KiwisCode.COLUMNS_AMBIGUOUS, column=column)
    rows = series.get("data")
    if not isinstance(rows, list):
        raise ParseError(KiwisCode.ROWS_MISSING)
    return names, rows


def _unit(series: dict[str, Any], options: Options) -> tuple[str, bool | None]:
    """The unit of a series, and whether the answer names it; None: the row says it."""
    member = "ts_unitsymbol_abs" if options.height else "ts_unitsymbol"
    symbol = unit_text(series.get(member), member)
    return options.unit_or(options.unit, symbol)
