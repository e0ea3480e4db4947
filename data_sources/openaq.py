"""OpenAQ v3: the newest value of each sensor of the stations that the row names, or of those in a box."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Self

import orjson
from pydantic import AfterValidator, Field, model_validator

from data_sources._mapping import NameOptions, NumberOptions, RequestOptions, Template, find, options_of
from ioc.domain.base.failure import untyped
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_STATIONS_KEY, _SEARCHED_KEY = "stations", "sought"
_SEARCH_INTERVAL = timedelta(days=1)


def _validate_bbox(text: str) -> str:
    west, south, east, north = (float(one) for one in text.split(",")) if text.count(",") == 3 else (0, 0, 0, 0)
    if text and not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ConfigValueError(OptionCode.BBOX_FORM, value=text[:60])
    return text


class Options(RequestOptions, NumberOptions, NameOptions):
    """`stations`: ids, or `bbox`: all within. Holes of `series`: {station}, {parameter}, {sensor}, {name}.

    `most`: how many stations are asked at most, one request each. `parameters`: only these.
    """

    stations: list[Annotated[int, Field(ge=1)]] = []
    bbox: Annotated[str, AfterValidator(_validate_bbox)] = ""
    parameters: list[str] = []
    series: Template = "{parameter}-{station}"
    most: int = Field(20, ge=1, le=50)

    @model_validator(mode="after")
    def _validate_stations(self) -> Self:
        if bool(self.stations) == bool(self.bbox):
            raise ConfigValueError(OptionCode.STATIONS_OR_BBOX)
        if len(self.stations) > self.most:
            raise ConfigValueError(OptionCode.TOO_MANY_STATIONS)
        return self


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The sensors of each station; one that has not moved brings no page. A page's `address` is its station."""
    options = options_of(source, Options)
    base = source.address.rstrip("/")
    pages: list[ResponsePage] = []
    for station in options.stations or await _stations_in_bbox(source, world, options, base):
        page = await world.get(source, f"{base}/v3/locations/{station}/sensors", headers=options.headers)
        if page is not None:
            pages.append(replace(page, address=str(station)))
    return Payload(tuple(pages)) if pages else Payload(is_unchanged=True)


async def _stations_in_bbox(source: Source, world: FetchContext, options: Options, base: str) -> list[int]:
    """The stations in the box, looked for once a day: they seldom move."""
    now, sought = world.now(), world.memory.get(_SEARCHED_KEY)
    if sought is None or not timedelta(0) <= now - sought < _SEARCH_INTERVAL:
        params = {"bbox": options.bbox, "limit": str(options.most), "page": "1"}
        page = await world.get(source, f"{base}/v3/locations", params=params, headers=options.headers)
        if page is not None:
            world.memory[_STATIONS_KEY] = [one["id"] for one in _results(page) if isinstance(one.get("id"), int)]
        world.memory[_SEARCHED_KEY] = now
    found: list[int] = world.memory.get(_STATIONS_KEY, [])[: options.most]
    if not found:
        raise SourceError(untyped("there is no station in the box"))
    return found


def _results(page: ResponsePage) -> list[dict[str, Any]]:
    document = decode_json(page, orjson.loads)
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list):
        said = document.get("detail") if isinstance(document, dict) else None
        raise SourceError(
            untyped(f"the service says: {str(said)[:120]}" if said else "the answer is not one of OpenAQ")
        )
    return [one if isinstance(one, dict) else {} for one in results]


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The newest value of each sensor. One that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    readings: list[Reading] = []
    refused: list[RejectedItem] = []
    for page in payload.pages:
        for n, sensor in enumerate(_results(page)):
            try:
                readings += _sensor_readings(sensor, page.address, options)
            except ValueError as error:
                refused.append(
                    RejectedItem(f"station {page.address[:40]}, results[{n}]", untyped(str(error)), _name(sensor))
                )
    return Batch(tuple(readings), tuple(refused))


def _sensor_readings(sensor: dict[str, Any], station: str, options: Options) -> Iterator[Reading]:
    parameter = sensor.get("parameter")
    if not isinstance(parameter, dict) or "latest" not in sensor:
        raise ValueError("this is no sensor with a newest value")
    latest, name, unit = sensor["latest"], parameter.get("name"), parameter.get("units")
    if latest is None or (options.parameters and name not in options.parameters):
        return  # it has not measured yet, or is not wanted
    item = {"station": station, "sensor": sensor.get("id"), "parameter": name, "name": sensor.get("name")}
    series = options.series_key(options.series, partial(find, item))
    # What `local` says depends on what a station's operator takes for its zone.
    observed = parse_timestamp(find(latest, "datetime.utc"))
    amount = options.number(find(latest, "value"))
    yield Reading(series, observed, amount, unit[:40] if isinstance(unit, str) else "")


def _name(sensor: dict[str, Any]) -> str:
    return str(sensor.get("name", ""))[:120]
