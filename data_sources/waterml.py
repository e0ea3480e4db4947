"""WaterML: values of gauges in the forms 1.0, 1.1 (XML or JSON, as USGS writes it) and 2.0."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import orjson
from pydantic import Field

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
from data_sources._mapping.xml import attribute, child_text, children, descendants, local_name, parse_xml
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.parsing import parse_number, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_ZONED = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.ASCII)


class Options(NumberOptions, NameOptions, RequestOptions):
    """`series`: template over site, site_name, variable, variable_name, method, id.

    `suspect`: qualifiers and words of quality that mark a doubtful value; provisional ones are not doubtful.
    """

    series: Template = "{site}-{variable}"
    missing: tuple[float | str, ...] = (-999999.0,)
    suspect: tuple[str, ...] = Field(("e", "estimate", "suspect", "poor"), max_length=50)
    unit: UnitName = ""
    units: dict[str, UnitName] = {}
    zone: Zone = "Asia/Ho_Chi_Minh"

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.zone)

    @cached_property
    def suspect_codes(self) -> frozenset[str]:
        """`suspect` as it is compared."""
        return frozenset(one.casefold() for one in self.suspect)


class TimedValue(NamedTuple):
    """One value as it is written: its time, itself, the codes that qualify it."""

    time: str
    value: Any
    codes: frozenset[str]


class TimeSeries(NamedTuple):
    """One time series as it is written, whatever the version. `none`: the number that means no value, "" for none."""

    names: Mapping[str, str]
    unit: str
    no_data_value: str
    points: list[TimedValue]


async def fetch(source: Source, world: FetchContext) -> Payload:
    """One GET with the row's params."""
    return await options_of(source, Options).get(source, world)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all time series. One that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    readings, refused = list[Reading](), list[RejectedItem]()
    for page in payload.pages:
        for n, line in enumerate(_time_series(page)):
            _read_series(line, f"series[{n}]", options, readings, refused)
            if len(readings) + len(refused) >= MAX_ITEMS:
                refused.append(
                    RejectedItem(f"series[{n}]", untyped(f"more than {MAX_ITEMS} values: the rest was left out"))
                )
                break
    return Batch(tuple(readings), tuple(refused))


def _read_series(
    line: TimeSeries, where: str, options: Options, readings: list[Reading], refused: list[RejectedItem]
) -> None:
    try:
        series = options.series_key(options.series, lambda hole: find(line.names, hole))
        none = parse_number(line.no_data_value)
    except ValueError as error:
        refused.append(RejectedItem(where, untyped(str(error)), sample(dict(line.names))))
        return
    unit = options.unit or options.units.get(line.unit, line.unit)[:40]
    for k, point in enumerate(line.points[:MAX_ITEMS]):
        try:
            value = options.number(point.value)
            quality = "suspect" if options.suspect_codes & point.codes else "good"
            observed = parse_timestamp(point.time, "iso", options.zone_info)
            readings.append(Reading(series, observed, None if value == none else value, unit, quality))
        except ValueError as error:
            refused.append(
                RejectedItem(f"{where}.value[{k}]", untyped(str(error)), f"{point.time} {point.value}"[:120])
            )


def _time_series(page: ResponsePage) -> Iterator[TimeSeries]:
    """The time series of an answer of any version."""
    if page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return iter(_from_json(decode_json(page, orjson.loads)))
    root = parse_xml(page)
    if next(descendants(root, "timeSeriesResponse", "timeSeries"), None) is not None:
        return (line for one in descendants(root, "timeSeries") for line in _series_v1(one))
    if next(descendants(root, "OM_Observation", "Collection"), None) is not None:
        return (line for one in descendants(root, "OM_Observation") for line in _series_v2(one))
    raise SourceError(untyped(f"the answer is {local_name(root)[:40]!r}, not WaterML 1 or 2"))


def _codes(*texts: str) -> frozenset[str]:
    """Codes between spaces or commas; of an address its last part."""
    words = (word for text in texts for word in text.replace(",", " ").split())
    return frozenset(word.rpartition("/")[2].casefold() for word in words)


def _series_v1(series: Element) -> Iterator[TimeSeries]:
    """A timeSeries of WaterML 1.0 or 1.1."""
    site, variable = _child(series, "sourceInfo"), _child(series, "variable")
    names = {
        "site": child_text(site, "siteCode"),
        "site_name": child_text(site, "siteName"),
        "id": attribute(series, "name"),
        "variable": child_text(variable, "variableCode"),
        "variable_name": child_text(variable, "variableName"),
    }
    units = [*children(variable, "unit"), *children(variable, "units")]
    unit = _first_nonempty(
        *(child_text(one, name) for one in units for name in ("unitCode", "unitAbbreviation"))
    ) or _first_nonempty(*(attribute(one, "unitsAbbreviation") for one in units))
    none = child_text(variable, "noDataValue") or child_text(variable, "NoDataValue")
    for block in children(series, "values"):
        method = _first_nonempty(*(attribute(one, "methodID") for one in children(block, "method")))
        points = [
            TimedValue(_time_v1(one), one.text, _codes(attribute(one, "qualifiers")))
            for one in children(block, "value")
        ]
        yield TimeSeries({**names, "method": method}, unit, none, points)


def _child(element: Element, name: str) -> Element:
    return next(children(element, name), Element(name))


def _first_nonempty(*texts: str) -> str:
    return next(filter(None, texts), "")


def _time_v1(value: Element) -> str:
    """The time of a value of WaterML 1, with the offset that stands beside it."""
    if utc := attribute(value, "dateTimeUTC"):
        return utc if utc.endswith("Z") else f"{utc}Z"
    time, offset = attribute(value, "dateTime"), attribute(value, "timeOffset")
    return time if not offset or _ZONED.search(time) else f"{time}{offset}"


def _series_v2(observation: Element) -> Iterator[TimeSeries]:
    """An observation of WaterML 2.0."""
    site, prop = _child(observation, "featureOfInterest"), _child(observation, "observedProperty")
    point = next(descendants(site, "MonitoringPoint"), Element("none"))
    title, link = attribute(site, "title"), attribute(site, "href").rpartition("/")[2]
    variable = _first_nonempty(attribute(prop, "title"), attribute(prop, "href").rpartition("/")[2])
    names = {
        "site": _first_nonempty(child_text(point, "identifier"), link, child_text(point, "name"), title),
        "id": attribute(observation, "id"),
        "site_name": _first_nonempty(title, child_text(point, "name")),
        "variable": variable,
        "variable_name": variable,
        "method": "",
    }
    for series in descendants(observation, "MeasurementTimeseries"):
        default = _child(series, "defaultPointMetadata")
        units = (
            _first_nonempty(*(attribute(one, name) for name in ("code", "title", "href")))
            for one in descendants(default, "uom")
        )
        common = _quality_codes(default)
        yield TimeSeries(
            names, _first_nonempty(*units), "", [one for one in _points(series, common) if one.time or one.value]
        )


def _points(series: Element, common: frozenset[str]) -> Iterator[TimedValue]:
    for one in descendants(series, "MeasurementTVP"):
        yield TimedValue(child_text(one, "time"), child_text(one, "value"), _quality_codes(one) or common)


def _quality_codes(element: Element) -> frozenset[str]:
    """Words of quality and of qualifiers."""
    quality = (attribute(one, name) for one in descendants(element, "quality") for name in ("href", "title"))
    qualifiers = (
        child_text(one, "value") for mark in descendants(element, "qualifier") for one in descendants(mark, "Category")
    )
    return _codes(*quality, *qualifiers)


def _from_json(document: Any) -> list[TimeSeries]:
    """WaterML 1.1 as JSON."""
    found = find(document, "value.timeSeries") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise SourceError(untyped("the answer is JSON, but has no value.timeSeries"))
    return [line for one in found for line in _json_series(one)]


def _json_series(one: Any) -> Iterator[TimeSeries]:
    paths = {
        "site": "sourceInfo.siteCode[0].value", "site_name": "sourceInfo.siteName", "id": "name",
        "variable": "variable.variableCode[0].value", "variable_name": "variable.variableName",
    }  # fmt: skip
    names = {name: _text(one, path) for name, path in paths.items()}
    unit, none = _text(one, "variable.unit.unitCode"), _text(one, "variable.noDataValue")
    blocks = find(one, "values")
    for block in blocks if isinstance(blocks, list) else []:
        values = find(block, "value")
        points = [_json_point(value) for value in values] if isinstance(values, list) else []
        yield TimeSeries({**names, "method": _text(block, "method[0].methodID")}, unit, none, points)


def _json_point(value: Any) -> TimedValue:
    codes = find(value, "qualifiers")
    texts = [one for one in codes if isinstance(one, str)] if isinstance(codes, list) else []
    return TimedValue(_text(value, "dateTime"), find(value, "value"), _codes(*texts))


def _text(item: Any, path: str) -> str:
    found = find(item, path)
    return "" if found is None or isinstance(found, (dict, list, bool)) else str(found)[:200]
