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
    MOST_ITEMS,
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
from data_sources._mapping.xml import attribute, children, name_of, said, tree_of, within
from ioc.domain.ingest.decoding import json_of
from ioc.domain.ingest.parsing import moment, number
from ioc.domain.ingest.protocol import Page, Payload, SourceError, World
from ioc.domain.ingest.reading import Batch, Reading, Refused
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
    def clock(self) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.zone)

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """`suspect` as it is compared."""
        return frozenset(one.casefold() for one in self.suspect)


class Point(NamedTuple):
    """One value as it is written: its time, itself, the codes that qualify it."""

    time: str
    value: Any
    codes: frozenset[str]


class Line(NamedTuple):
    """One time series as it is written, whatever the version. `none`: the number that means no value, "" for none."""

    names: Mapping[str, str]
    unit: str
    none: str
    points: list[Point]


async def fetch(source: Source, world: World) -> Payload:
    """One GET with the row's params."""
    return await options_of(source, Options).get(source, world)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all time series. One that cannot be read is refused; the others go on."""
    options = options_of(source, Options)
    readings, refused = list[Reading](), list[Refused]()
    for page in payload.pages:
        for n, line in enumerate(_lines(page)):
            _take(line, f"series[{n}]", options, readings, refused)
            if len(readings) + len(refused) >= MOST_ITEMS:
                refused.append(Refused(f"series[{n}]", f"more than {MOST_ITEMS} values: the rest was left out"))
                break
    return Batch(tuple(readings), tuple(refused))


def _take(line: Line, where: str, options: Options, readings: list[Reading], refused: list[Refused]) -> None:
    try:
        series = options.named(options.series, lambda hole: find(line.names, hole))
        none = number(line.none)
    except ValueError as error:
        refused.append(Refused(where, str(error), sample(dict(line.names))))
        return
    unit = options.unit or options.units.get(line.unit, line.unit)[:40]
    for k, point in enumerate(line.points[:MOST_ITEMS]):
        try:
            value = options.number(point.value)
            quality = "suspect" if options.doubtful & point.codes else "good"
            observed = moment(point.time, "iso", options.clock)
            readings.append(Reading(series, observed, None if value == none else value, unit, quality))
        except ValueError as error:
            refused.append(Refused(f"{where}.value[{k}]", str(error), f"{point.time} {point.value}"[:120]))


def _lines(page: Page) -> Iterator[Line]:
    """The time series of an answer of any version."""
    if page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return iter(_from_json(json_of(page, orjson.loads)))
    root = tree_of(page)
    if next(within(root, "timeSeriesResponse", "timeSeries"), None) is not None:
        return (line for one in within(root, "timeSeries") for line in _first(one))
    if next(within(root, "OM_Observation", "Collection"), None) is not None:
        return (line for one in within(root, "OM_Observation") for line in _second(one))
    raise SourceError(f"the answer is {name_of(root)[:40]!r}, not WaterML 1 or 2")


def _codes(*texts: str) -> frozenset[str]:
    """Codes between spaces or commas; of an address its last part."""
    words = (word for text in texts for word in text.replace(",", " ").split())
    return frozenset(word.rpartition("/")[2].casefold() for word in words)


def _first(series: Element) -> Iterator[Line]:
    """A timeSeries of WaterML 1.0 or 1.1."""
    site, variable = _child(series, "sourceInfo"), _child(series, "variable")
    names = {
        "site": said(site, "siteCode"), "site_name": said(site, "siteName"), "id": attribute(series, "name"),
        "variable": said(variable, "variableCode"), "variable_name": said(variable, "variableName"),
    }  # fmt: skip
    units = [*children(variable, "unit"), *children(variable, "units")]
    unit = _any(*(said(one, name) for one in units for name in ("unitCode", "unitAbbreviation"))) or _any(
        *(attribute(one, "unitsAbbreviation") for one in units)
    )
    none = said(variable, "noDataValue") or said(variable, "NoDataValue")
    for block in children(series, "values"):
        method = _any(*(attribute(one, "methodID") for one in children(block, "method")))
        points = [
            Point(_written(one), one.text, _codes(attribute(one, "qualifiers"))) for one in children(block, "value")
        ]
        yield Line({**names, "method": method}, unit, none, points)


def _child(element: Element, name: str) -> Element:
    return next(children(element, name), Element(name))


def _any(*texts: str) -> str:
    return next(filter(None, texts), "")


def _written(value: Element) -> str:
    """The time of a value of WaterML 1, with the offset that stands beside it."""
    if utc := attribute(value, "dateTimeUTC"):
        return utc if utc.endswith("Z") else f"{utc}Z"
    time, offset = attribute(value, "dateTime"), attribute(value, "timeOffset")
    return time if not offset or _ZONED.search(time) else f"{time}{offset}"


def _second(observation: Element) -> Iterator[Line]:
    """An observation of WaterML 2.0."""
    site, prop = _child(observation, "featureOfInterest"), _child(observation, "observedProperty")
    point = next(within(site, "MonitoringPoint"), Element("none"))
    title, link = attribute(site, "title"), attribute(site, "href").rpartition("/")[2]
    variable = _any(attribute(prop, "title"), attribute(prop, "href").rpartition("/")[2])
    names = {
        "site": _any(said(point, "identifier"), link, said(point, "name"), title), "id": attribute(observation, "id"),
        "site_name": _any(title, said(point, "name")), "variable": variable, "variable_name": variable, "method": "",
    }  # fmt: skip
    for series in within(observation, "MeasurementTimeseries"):
        default = _child(series, "defaultPointMetadata")
        units = (_any(*(attribute(one, name) for name in ("code", "title", "href"))) for one in within(default, "uom"))
        common = _marks(default)
        yield Line(names, _any(*units), "", [one for one in _points(series, common) if one.time or one.value])


def _points(series: Element, common: frozenset[str]) -> Iterator[Point]:
    for one in within(series, "MeasurementTVP"):
        yield Point(said(one, "time"), said(one, "value"), _marks(one) or common)


def _marks(element: Element) -> frozenset[str]:
    """Words of quality and of qualifiers."""
    quality = (attribute(one, name) for one in within(element, "quality") for name in ("href", "title"))
    qualifiers = (said(one, "value") for mark in within(element, "qualifier") for one in within(mark, "Category"))
    return _codes(*quality, *qualifiers)


def _from_json(document: Any) -> list[Line]:
    """WaterML 1.1 as JSON."""
    found = find(document, "value.timeSeries") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise SourceError("the answer is JSON, but has no value.timeSeries")
    return [line for one in found for line in _one_of_json(one)]


def _one_of_json(one: Any) -> Iterator[Line]:
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
        yield Line({**names, "method": _text(block, "method[0].methodID")}, unit, none, points)


def _json_point(value: Any) -> Point:
    codes = find(value, "qualifiers")
    texts = [one for one in codes if isinstance(one, str)] if isinstance(codes, list) else []
    return Point(_text(value, "dateTime"), find(value, "value"), _codes(*texts))


def _text(item: Any, path: str) -> str:
    found = find(item, path)
    return "" if found is None or isinstance(found, (dict, list, bool)) else str(found)[:200]
