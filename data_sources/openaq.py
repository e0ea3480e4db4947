"""OpenAQ v3: the newest value of each sensor of stations by id, or of all stations in a box."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import orjson
from pydantic import AfterValidator, Field, model_validator

from data_sources._http.answer_threads import read_in_thread
from data_sources._http.concurrent_fetch import fetch_parts, refuse_failed
from data_sources._http.validators import hold
from data_sources._mapping import (
    NumberOptions,
    RequestOptions,
    SensorOptions,
    Template,
    UnitOptions,
    cut_list_notices,
    find,
    options_of,
)
from ioc.domain.base.clock_set_back import is_within
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.numbers import NumberReader
from ioc.domain.ingest.parsing import ParseError, parse_timestamp, placeholders
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_STATIONS_KEY, _SEARCHED_KEY = "stations", "sought"
_UTC = ZoneInfo("UTC")  # of datetime.utc, also where it is written without a zone
_SEARCH_INTERVAL = timedelta(days=1)
_STATIONS_LEFT_OUT = "stations left out"  # media type of a page that stands for stations beyond the limit
_LEFT_OUT_KEY = "left out"
_MAX_QUOTED = 120  # characters of a message of the service


class OpenAqCode(ErrorCode):
    """Why an answer or a sensor of it cannot be read. Texts: components/messages/errors/openaq.toml."""

    NOT_OPENAQ = "openaq.not_openaq"
    NOT_SENSORS = "openaq.not_sensors"
    NO_STATION = "openaq.no_station"
    NOT_A_SENSOR = "openaq.not_a_sensor"
    STATIONS_LEFT_OUT = "openaq.stations_left_out"  # limit: stations that are asked for


def _validate_bbox(text: str) -> str:
    west, south, east, north = (float(part) for part in text.split(",")) if text.count(",") == 3 else (0, 0, 0, 0)
    if text and not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ConfigValueError(OptionCode.BBOX_FORM, value=shorten(text, 60))
    return text


class Options(RequestOptions, NumberOptions, SensorOptions, UnitOptions):
    """`stations`: ids, or `bbox`: west,south,east,north. `parameters`: only these; empty: all.

    `series`: template with {station}, {parameter}, {sensor}, {name}; a station may have several sensors of a
    parameter. `most`: limit of stations, one request each.
    """

    stations: list[Annotated[int, Field(ge=1)]] = []
    bbox: Annotated[str, AfterValidator(_validate_bbox)] = ""
    parameters: list[str] = []
    series: Template = "{parameter}-{station}-{sensor}"
    most: int = Field(20, ge=1, le=50)

    @property
    def unit_codes(self) -> Mapping[str, str]:
        """Temperatures are in c or f."""
        return {"c": "°C", "f": "°F"}

    @model_validator(mode="after")
    def _validate_stations(self) -> Self:
        if bool(self.stations) == bool(self.bbox):
            raise ConfigValueError(OptionCode.STATIONS_OR_BBOX)
        if len(self.stations) > self.most:
            raise ConfigValueError(OptionCode.TOO_MANY_STATIONS)
        has_several = bool(self.bbox) or len(self.stations) > 1
        if has_several and not {"station", "sensor", "name"} & set(placeholders(self.series)):
            raise ConfigValueError(
                OptionCode.SENSOR_PLACEHOLDER, series=self.series, placeholders="{station}, {sensor}"
            )
        return self


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The sensors of each station, a page each, with the station's id as `address`.

    A station that fails or hangs keeps back no other: a page says so. SourceError where all fail, and where the service
    refuses.
    """
    options, begun = options_of(source, Options), asyncio.get_running_loop().time()
    base = source.address.rstrip("/")
    stations = options.stations or await _stations_in_bbox(source, context, options, base)
    names = {f"{base}/v3/locations/{station}/sensors": str(station) for station in stations}
    get = partial(context.get, source, headers=options.headers)
    payload = await fetch_parts(source, context, names, begun, get)
    if payload.is_unchanged or not context.memory.get(_LEFT_OUT_KEY):
        return payload
    return replace(payload, pages=(*payload.pages, ResponsePage(b"", _STATIONS_LEFT_OUT)))


async def _stations_in_bbox(source: Source, context: FetchContext, options: Options, base: str) -> list[int]:
    """The ids of the stations in the box, searched once a day."""
    now, searched = context.now(), context.memory.get(_SEARCHED_KEY)
    if searched is None or not is_within(_SEARCH_INTERVAL, searched, now):
        params = {"bbox": options.bbox, "limit": str(options.most), "page": "1"}
        address = f"{base}/v3/locations"
        page = await context.get(source, address, params=params, headers=options.headers)
        if page is not None:
            context.memory.update(await read_in_thread(source, _found_stations, page))
            hold(context.memory, address, params)
        context.memory[_SEARCHED_KEY] = now
    stations: list[int] = context.memory.get(_STATIONS_KEY, [])[: options.most]
    if not stations:
        raise SourceError(OpenAqCode.NO_STATION)
    return stations


def _found_stations(page: ResponsePage) -> dict[str, Any]:
    """What the memory of the source keeps of a search. Raises SourceError."""
    stations = [station["id"] for station in _results(page) if isinstance(station.get("id"), int)]
    is_cut = bool(cut_list_notices([decode_json(page, orjson.loads)], "results", [page]))
    return {_STATIONS_KEY: stations, _LEFT_OUT_KEY: is_cut}


def _results(page: ResponsePage) -> list[dict[str, Any]]:
    refuse_failed(page)
    document = decode_json(page, orjson.loads)
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list):
        detail = document.get("detail") if isinstance(document, dict) else None
        if detail:
            raise SourceError(IngestCode.SERVICE_MESSAGE, external=shorten(str(detail), _MAX_QUOTED))
        raise SourceError(OpenAqCode.NOT_OPENAQ)
    return [item if isinstance(item, dict) else {} for item in results]


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The newest value of each sensor; invalid ones are rejected items. Raises SourceError."""
    return options_of(source, Options).read_numbers(lambda numbers: _parse(source, payload, numbers))


def _parse(source: Source, payload: Payload, numbers: NumberReader) -> Batch:
    options = options_of(source, Options)
    readings: list[Reading] = []
    rejected: list[RejectedItem] = []
    if any(page.media_type == _STATIONS_LEFT_OUT for page in payload.pages):
        rejected.append(RejectedItem("bbox", Failure(OpenAqCode.STATIONS_LEFT_OUT, {"limit": options.most})))
    pages: list[tuple[str, list[dict[str, Any]]]] = []
    for page in (page for page in payload.pages if page.media_type != _STATIONS_LEFT_OUT):
        try:
            pages.append((page.address, _results(page)))
        except SourceError as error:
            rejected.append(RejectedItem(f"station {shorten(page.address, 40)}", error.failure))
        else:
            rejected += cut_list_notices([decode_json(page, orjson.loads)], "results", [page])
    if not pages and rejected:
        raise SourceError(rejected[-1].failure)
    sensors = [sensor for _, results in pages for sensor in results]
    if sensors and not any(map(_is_sensor, sensors)):
        raise SourceError(OpenAqCode.NOT_SENSORS)
    for station, results in pages:
        for n, sensor in enumerate(results):
            unread: tuple[Reading, ...] = ()
            try:
                unread = tuple(_without_values(sensor, station, options))
                readings += [_with_value(reading, sensor, options, numbers) for reading in unread]
            except ParseError as error:
                location = f"station {shorten(station, 40)}, results[{n}]"
                name = shorten(str(sensor.get("name", "")), 120)
                rejected.append(RejectedItem(location, error.failure, name, unread))
    return Batch(tuple(readings), tuple(rejected))


def _is_sensor(item: dict[str, Any]) -> bool:
    """Whether it has a parameter and a place for the newest value, unlike what other endpoints list."""
    return isinstance(item.get("parameter"), dict) and "latest" in item


def _without_values(sensor: dict[str, Any], station: str, options: Options) -> Iterator[Reading]:
    """The series and the time of a sensor's newest value, nothing where it has none. Raises ParseError."""
    if not _is_sensor(sensor) or (isinstance(sensor["latest"], dict) and "value" not in sensor["latest"]):
        raise ParseError(OpenAqCode.NOT_A_SENSOR)
    parameter, latest = sensor["parameter"], sensor["latest"]
    name = parameter.get("name")
    if latest is None or (options.parameters and name not in options.parameters):
        return  # it has not measured yet, or its parameter is not one of the row
    item = {"station": station, "sensor": sensor.get("id"), "parameter": name, "name": sensor.get("name")}
    series = options.series_name(options.series, partial(find, item))
    # datetime.local depends on the zone that the operator of the station set.
    observed = parse_timestamp(find(latest, "datetime.utc"), zone=_UTC)
    yield Reading(series.key, observed, None, name=series.name, sensor=options.sensor([("sensor", item["sensor"])]))


def _with_value(reading: Reading, sensor: dict[str, Any], options: Options, numbers: NumberReader) -> Reading:
    amount = numbers.amount(find(sensor["latest"], "value"), "value")
    found = sensor["parameter"].get("units")
    unit = options.unit_of(found) if amount.unit else options.unit_at(found, "parameter.units")
    named = amount.unit_beside(unit, options.names_unit(found), options.units)
    return reading.with_value(amount.number, *named, text=amount.text)
