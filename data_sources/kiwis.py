"""KiWIS (KISTERS Web Interoperability Solution): getTimeseriesValues of river gauges and rain stations."""

from datetime import datetime
from functools import cached_property, partial
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import orjson
from pydantic import BeforeValidator, Field, model_validator

from data_sources._mapping import (
    MAX_ITEMS,
    NameOptions,
    NumberOptions,
    RequestOptions,
    Template,
    UnitName,
    Zone,
    find,
    options_of,
    sample,
)
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import parse_number, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_UNKNOWN_ZERO = (9999.0, -9999.0, -999999.0)
_METADATA = "ts_id,ts_name,station_no,station_name,stationparameter_name,parametertype_name,ts_unitsymbol"
_HEIGHT_METADATA = "ts_unitsymbol_abs,ca_sta"


def _as_text(given: object) -> object:
    """yaml and servers write codes and ids as numbers or as text."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Code = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[^,\s]{1,60}$")]


class Options(NumberOptions, NameOptions, RequestOptions):
    """`ts`: ids of time series, or `group`: that of a group of them; without both the address is asked as it stands.
    `period` (PT3H): what is asked; "": the newest value.

    `series`: template over what the service says of a time series. `suspect`: quality codes of doubtful values, whose
    meaning each operator sets. `height`: the values above the datum instead of those above the gauge's zero; `zero` is
    the operator's own attribute with the height of that zero, which is no value of the service itself.
    """

    ts: tuple[Code, ...] = ()
    group: Annotated[str, BeforeValidator(_as_text), Field(max_length=60)] = ""
    period: Annotated[str, Field(pattern=r"^(P[0-9A-Z]{2,20})?$")] = ""
    series: Template = "{ts_id}"
    missing: tuple[float | str, ...] = (-999999.0,)
    suspect: tuple[Code, ...] = ()
    height: bool = False
    zero: Code = "station_gauge_datum"
    unit: UnitName = ""
    units: dict[str, UnitName] = {}
    zone: Zone = "Asia/Ho_Chi_Minh"

    @model_validator(mode="after")
    def _validate_ids(self) -> Self:
        if self.ts and self.group:
            raise ConfigValueError(OptionCode.TS_OR_GROUP)
        return self

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.zone)

    def query(self) -> dict[str, str]:
        """What the service is asked with; the row's params rule over it."""
        if not (self.ts or self.group):
            return {}
        chosen = {"ts_id": ",".join(self.ts)} if self.ts else {"timeseriesgroup_id": self.group}
        if self.period:
            chosen["period"] = self.period
        if self.height:
            chosen["ca_sta_returnfields"] = self.zero
        return {
            "service": "kisters", "type": "queryServices", "request": "getTimeseriesValues", "datasource": "0",
            "format": "json", "metadata": "true",
            "md_returnfields": f"{_METADATA},{_HEIGHT_METADATA}" if self.height else _METADATA,
            "returnfields": f"Timestamp,{'Absolute ' if self.height else ''}Value,Quality Code", **chosen,
        }  # fmt: skip


async def fetch(source: Source, world: FetchContext) -> Payload:
    """One GET of the values of all time series of the row."""
    options = options_of(source, Options)
    return await options.get(source, world, params=options.query())


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of each time series, read by the names of its columns. One that cannot be read is refused."""
    options = options_of(source, Options)
    readings, refused = list[Reading](), list[RejectedItem]()
    for page in payload.pages:
        for n, one in enumerate(_series_list(decode_json(page, orjson.loads))):
            try:
                _read_series(one, f"[{n}]", options, now, readings, refused)
            except ValueError as error:
                refused.append(RejectedItem(f"[{n}]", untyped(str(error)), sample(one)))
            if len(readings) + len(refused) >= MAX_ITEMS:
                refused.append(RejectedItem(f"[{n}]", untyped(f"more than {MAX_ITEMS} values: the rest was left out")))
                break
    return Batch(tuple(readings), tuple(refused))


def _series_list(document: Any) -> list[Any]:
    if isinstance(document, dict) and "data" not in document:
        raise SourceError(untyped(_service_message(document)))
    found = [document] if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise SourceError(untyped("the answer is no list of time series"))
    if found and isinstance(found[0], str):
        raise SourceError(untyped(f"the service says: {found[0][:120]}"))
    return found


def _service_message(error: dict[str, Any]) -> str:
    words = error.get("message") or error.get("code") or error.get("type")
    return f"the service says: {str(words)[:120]}"


def _read_series(
    one: Any, where: str, options: Options, now: datetime, readings: list[Reading], refused: list[RejectedItem]
) -> None:
    column = "absolute value" if options.height else "value"
    names, rows = _columns_and_rows(one, column)
    series = options.series_key(options.series, partial(find, one))
    unit = _unit(one, options)
    if options.height and parse_number(one.get(options.zero)) in _UNKNOWN_ZERO:
        raise ValueError("the height of the gauge's zero is not known")
    for k, row in enumerate(rows[:MAX_ITEMS]):
        try:
            told = _reading(names, row, column, series, unit, options)
            if told.value is not None or told.observed <= now:  # aggregates hold an empty place for the step to come
                readings.append(told)
        except ValueError as error:
            refused.append(RejectedItem(f"{where}.data[{k}]", untyped(str(error)), sample(row)))


def _reading(names: list[str], row: Any, column: str, series: str, unit: str, options: Options) -> Reading:
    if not isinstance(row, list) or len(row) != len(names):
        raise ValueError("the row does not fit the columns")
    cells = dict(zip(names, row, strict=True))
    quality = "suspect" if str(cells.get("quality code")) in options.suspect else "good"
    observed = parse_timestamp(cells["timestamp"], "iso", options.zone_info)
    return Reading(series, observed, options.number(cells[column]), unit, quality)


def _columns_and_rows(one: Any, column: str) -> tuple[list[str], list[Any]]:
    """The names of the columns, in small letters, and the rows."""
    columns = one.get("columns") if isinstance(one, dict) else None
    if isinstance(one, dict) and one.get("type") == "error":
        raise ValueError(_service_message(one))
    if not isinstance(columns, str):
        raise ValueError("the time series does not name its columns")
    names = [part.strip().casefold() for part in columns.split(",")]
    if any(names.count(name) != 1 for name in ("timestamp", column)):
        raise ValueError(f"the columns timestamp and {column} do not stand there once each")
    rows = one.get("data")
    if not isinstance(rows, list):
        raise ValueError("the time series has no list of rows")
    return names, rows


def _unit(one: dict[str, Any], options: Options) -> str:
    given = one.get("ts_unitsymbol_abs" if options.height else "ts_unitsymbol")
    return options.unit or (options.units.get(given, given)[:40] if isinstance(given, str) else "")
