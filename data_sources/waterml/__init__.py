"""WaterML: values of gauges in the versions 1.0, 1.1 (XML, or JSON as USGS writes it) and 2.0."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import orjson

from data_sources._mapping import MAX_ITEMS, SeriesName, TimeReader, find, options_of, sample, unit_text
from data_sources._mapping.xml import attribute, descendants, element_text, local_name, outermost, parse_xml
from data_sources.waterml import json_form, version1, version2
from data_sources.waterml.errors import WaterMlCode
from data_sources.waterml.options import Options
from data_sources.waterml.series import TimedValue, TimeSeries, observed_time
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError, parse_number
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

__all__ = ["Options", "fetch", "parse"]


_MAX_SAMPLE = 280  # characters: a name that is to be copied, the time and the value
_SENSOR_CODES = ("site", "variable", "statistic", "method")  # names of a time series that tell sensors apart


async def fetch(source: Source, context: FetchContext) -> Payload:
    """One GET with the row's params."""
    return await options_of(source, Options).get(source, context)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all time series; invalid ones are rejected items. Raises SourceError."""
    options = options_of(source, Options)
    return options.read_times(lambda times: _parse(options, payload, times))


def _parse(options: Options, payload: Payload, times: TimeReader) -> Batch:
    readings, rejected = list[Reading](), list[RejectedItem]()
    for page in payload.pages:
        for n, series in enumerate(_time_series(page)):
            if isinstance(series, RejectedItem):
                rejected.append(replace(series, location=f"series[{n}]"))
            else:
                _read_series(series, f"series[{n}]", options, times, readings, rejected)
            if len(readings) + len(rejected) >= MAX_ITEMS:
                left_out = Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})
                rejected.append(RejectedItem(f"series[{n}]", left_out))
                break
    return Batch(tuple(readings), tuple(rejected))


def _time_series(page: ResponsePage) -> Iterator[TimeSeries | RejectedItem]:
    """The time series of an answer of any version; a rejected item for each part that is none beside others.

    Raises SourceError when the answer has none.
    """
    if page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return json_form.time_series(decode_json(page, orjson.loads))
    root = parse_xml(page)
    if next(descendants(root, "timeSeriesResponse", "timeSeries"), None) is not None:
        _require(root, "timeSeriesResponse", "timeSeries", "queryInfo")
        return _series_of_each(root, "timeSeries", "values", version1.time_series)
    if any(
        "waterml" in element.tag or local_name(element) == "OM_Observation"
        for element in descendants(root, "OM_Observation", "Collection")
    ):
        _require(root, "observationMember", "OM_Observation")
        return _series_of_each(root, "OM_Observation", "MeasurementTimeseries", version2.time_series)
    raise SourceError(WaterMlCode.NOT_WATERML, element=shorten(local_name(root), 40))


def _require(root: Element, outer: str, *inner: str) -> None:
    """Raises SourceError when there are elements `outer` and none of them has one of the elements `inner`."""
    outers = list(descendants(root, outer))
    if outers and all(next(descendants(element, *inner), None) is None for element in outers):
        raise SourceError(WaterMlCode.SERIES_MISSING, element=inner[0])


def _series_of_each(
    root: Element, outer: str, inner: str, read: Callable[[Element], Iterable[TimeSeries]]
) -> Iterator[TimeSeries | RejectedItem]:
    """What `read` finds in each element `outer`; a rejected item for one that has no element `inner`."""
    _require(root, outer, inner)
    for element in descendants(root, outer):
        if next(descendants(element, inner), None) is None:
            yield RejectedItem("", Failure(WaterMlCode.NOT_A_MEASUREMENT, {"element": inner}), _label(element))
        else:
            yield from read(element)


def _label(element: Element) -> str:
    """What an element without a time series calls itself."""
    texts = [attribute(element, "id")]
    texts += [attribute(one, "title") or attribute(one, "href") for one in outermost(element, "observedProperty")]
    texts += map(element_text, outermost(element, "siteName", "variableName"))
    return shorten(", ".join(filter(None, texts)), _MAX_SAMPLE)


def _read_series(
    series: TimeSeries, location: str, options: Options, times: TimeReader, readings: list[Reading],
    rejected: list[RejectedItem],
) -> None:  # fmt: skip
    try:
        key = options.series_name(options.template(series.names), lambda path: find(series.names, path))
        sensor = options.sensor((code, series.names[code]) for code in _SENSOR_CODES)
    except ParseError as error:
        rejected.append(RejectedItem(location, error.failure, sample(dict(series.names))))
        return
    try:
        no_data = {parse_number(value) for value in series.no_data}
        unit, is_named = _unit(options, series.units)
    except ParseError as error:
        unread = tuple(_without_values(series, key, sensor, options, times))
        rejected.append(RejectedItem(location, error.failure, sample(dict(series.names)), unread))
        return
    for k, point in enumerate(series.points[:MAX_ITEMS]):
        unread = ()
        try:
            unread = (_without_value(point, key, sensor, options, times),)
            value = options.number(point.value)
            own_unit, own_named = _unit(options, point.units) if point.units else (unit, is_named)
            value = None if value in no_data else value
            if value is not None and point.censor:
                raise ParseError(WaterMlCode.CENSORED, value=value, censor=shorten(point.censor, 40))
            readings.append(unread[0].with_value(value, own_unit, own_named))
        except ParseError as error:
            text = shorten(f"{key.name}: {point.time} {point.value}", _MAX_SAMPLE)
            rejected.append(RejectedItem(f"{location}.value[{k}]", error.failure, text, unread))


def _without_values(
    series: TimeSeries, key: SeriesName, sensor: tuple[tuple[str, str], ...], options: Options, times: TimeReader
) -> Iterator[Reading]:
    """The readings of a series none of whose values can be read."""
    for point in series.points[:MAX_ITEMS]:
        with suppress(ParseError):
            yield _without_value(point, key, sensor, options, times)


def _without_value(
    point: TimedValue, key: SeriesName, sensor: tuple[tuple[str, str], ...], options: Options, times: TimeReader
) -> Reading:
    """The series and the time of a point. Raises ParseError."""
    quality = "suspect" if options.suspect_codes & point.codes else "good"
    is_zone_of_site = "zone" in options.model_fields_set
    observed = observed_time(point, times, options.zone_info, is_zone_of_site=is_zone_of_site)
    return Reading(key.key, observed, None, quality=quality, name=key.name, sensor=sensor)


def _unit(options: Options, written: Iterable[Any]) -> tuple[str, bool | None]:
    """The unit of a series or a value, and whether the answer names it; None: the row says it."""
    texts = (unit_text(unit, "unit") for unit in written)
    # A code of digits is the number of a row in the server's own table of units.
    names = [text for text in texts if not text.isdecimal()]
    return options.unit_or(options.unit, *names)
