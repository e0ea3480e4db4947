"""WaterML: values of gauges in the versions 1.0, 1.1 (XML, or JSON as USGS writes it) and 2.0."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import orjson
from pydantic import Field

from data_sources._mapping import (
    MAX_ITEMS,
    MissingValue,
    NameOptions,
    NumberOptions,
    RequestOptions,
    Template,
    UnitName,
    UnitOptions,
    Zone,
    find,
    options_of,
    sample,
    unit_text,
)
from data_sources._mapping.xml import attribute, child_text, children, descendants, local_name, parse_xml
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.ingest.decoding import decode_json
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseError, parse_number, parse_timestamp
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import Source

_UNIT_NAMES = ("unitCode", "unitAbbreviation", "unitName")
_INSTANTANEOUS = "00000"  # of the statistic codes of USGS
_ZONED = re.compile(r"(Z|[+-]\d\d:?\d\d)$", re.ASCII)


class WaterMlCode(ErrorCode):
    """Why an answer cannot be read. Texts: components/messages/errors/waterml.toml."""

    NOT_WATERML = "waterml.not_waterml"  # element: the root of the answer
    JSON_WITHOUT_SERIES = "waterml.json_without_series"


class Options(NumberOptions, NameOptions, UnitOptions, RequestOptions):
    """`series`: template with {site}, {site_name}, {variable}, {variable_name}, {statistic}, {method}, {id}. "": site
    and variable, with statistic and method where the answer names them: one variable may have several sensors.

    `suspect`: qualifiers and quality codes of doubtful values; provisional values are not doubtful.
    """

    series: Template = ""
    missing: tuple[MissingValue, ...] = (-999999.0,)
    suspect: tuple[str, ...] = Field(("e", "estimate", "suspect", "poor"), max_length=50)
    unit: UnitName = ""
    zone: Zone = "Asia/Ho_Chi_Minh"

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.zone)

    def template(self, names: Mapping[str, str]) -> str:
        """The series template for a time series with these names."""
        optional = (f"-{{{name}}}" for name in ("statistic", "method") if names[name])
        return self.series or "{site}-{variable}" + "".join(optional)

    @cached_property
    def suspect_codes(self) -> frozenset[str]:
        """`suspect` in small letters."""
        return frozenset(code.casefold() for code in self.suspect)


class TimedValue(NamedTuple):
    """A value as written, with its time and the codes that qualify it."""

    time: str
    value: Any
    codes: frozenset[str]


class TimeSeries(NamedTuple):
    """A time series as written. `units`: code, abbreviation and name of its unit; `no_data_value`: "" without one."""

    names: Mapping[str, str]
    units: tuple[Any, ...]
    no_data_value: str
    points: list[TimedValue]


async def fetch(source: Source, context: FetchContext) -> Payload:
    """One GET with the row's params."""
    return await options_of(source, Options).get(source, context)


def parse(source: Source, payload: Payload, now: datetime) -> Batch:
    """The values of all time series; invalid ones are rejected items. Raises SourceError."""
    options = options_of(source, Options)
    readings, rejected = list[Reading](), list[RejectedItem]()
    for page in payload.pages:
        for n, series in enumerate(_time_series(page)):
            _read_series(series, f"series[{n}]", options, readings, rejected)
            if len(readings) + len(rejected) >= MAX_ITEMS:
                left_out = Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": MAX_ITEMS})
                rejected.append(RejectedItem(f"series[{n}]", left_out))
                break
    return Batch(tuple(readings), tuple(rejected))


def _read_series(
    series: TimeSeries, location: str, options: Options, readings: list[Reading], rejected: list[RejectedItem]
) -> None:
    try:
        key = options.series_name(options.template(series.names), lambda path: find(series.names, path))
        no_data_value = parse_number(series.no_data_value)
        units = (unit_text(unit, "unit") for unit in series.units)
        # A code of digits is the number of a row in the server's own table of units.
        unit = options.unit or options.unit_of(*(text for text in units if not text.isdecimal()))
    except ParseError as error:
        rejected.append(RejectedItem(location, error.failure, sample(dict(series.names))))
        return
    for k, point in enumerate(series.points[:MAX_ITEMS]):
        try:
            value = options.number(point.value)
            quality = "suspect" if options.suspect_codes & point.codes else "good"
            observed = parse_timestamp(point.time, "iso", options.zone_info)
            value = None if value == no_data_value else value
            readings.append(Reading(key.key, observed, value, unit, quality, key.name))
        except ParseError as error:
            rejected.append(RejectedItem(f"{location}.value[{k}]", error.failure, f"{point.time} {point.value}"[:120]))


def _time_series(page: ResponsePage) -> Iterator[TimeSeries]:
    """The time series of an answer of any version. Raises SourceError when it is none."""
    if page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return iter(_from_json(decode_json(page, orjson.loads)))
    root = parse_xml(page)
    if next(descendants(root, "timeSeriesResponse", "timeSeries"), None) is not None:
        return (series for element in descendants(root, "timeSeries") for series in _series_v1(element))
    if any(
        "waterml" in element.tag or local_name(element) == "OM_Observation"
        for element in descendants(root, "OM_Observation", "Collection")
    ):
        return (series for element in descendants(root, "OM_Observation") for series in _series_v2(element))
    raise SourceError(WaterMlCode.NOT_WATERML, element=local_name(root)[:40])


def _codes(*texts: str) -> frozenset[str]:
    """The codes in texts, separated by spaces or commas, in small letters; of an address its last part."""
    words = (word for text in texts for word in text.replace(",", " ").split())
    return frozenset(word.rpartition("/")[2].casefold() for word in words)


def _series_v1(series: Element) -> Iterator[TimeSeries]:
    """The time series, one for each method, of an element timeSeries of WaterML 1.0 or 1.1."""
    site, variable = _child(series, "sourceInfo"), _child(series, "variable")
    names = {
        "site": child_text(site, "siteCode"),
        "site_name": child_text(site, "siteName"),
        "id": attribute(series, "name"),
        "variable": child_text(variable, "variableCode"),
        "variable_name": child_text(variable, "variableName"),
        "statistic": _statistic(
            (attribute(option, "optionCode"), attribute(option, "name")) for option in descendants(variable, "option")
        ),
    }
    units = [*children(variable, "unit"), *children(variable, "units")]
    unit_texts = (
        *(child_text(element, name) for element in units for name in _UNIT_NAMES),
        *(attribute(element, "unitsAbbreviation") for element in units),
    )
    no_data_value = child_text(variable, "noDataValue") or child_text(variable, "NoDataValue")
    for block in children(series, "values"):
        default = _first_nonempty(*(attribute(element, "methodID") for element in children(block, "method")))
        by_method: dict[str, list[TimedValue]] = {}
        for value in children(block, "value"):
            method = attribute(value, "methodCode") or attribute(value, "methodID") or default
            point = TimedValue(_time_v1(value), value.text, _codes(attribute(value, "qualifiers")))
            by_method.setdefault(method, []).append(point)
        for method, points in by_method.items():
            yield TimeSeries({**names, "method": method}, unit_texts, no_data_value, points)


def _statistic(options: Iterable[tuple[str, str]]) -> str:
    """The code of the statistic among the options (code, name) of a variable; "" for instantaneous values."""
    code = next((code for code, name in options if name.casefold() == "statistic"), "")
    return "" if code == _INSTANTANEOUS else code


def _child(element: Element, name: str) -> Element:
    return next(children(element, name), Element(name))


def _first_nonempty(*texts: str) -> str:
    return next(filter(None, texts), "")


def _time_v1(value: Element) -> str:
    """The time of a value of WaterML 1, with the offset of its own attribute."""
    if utc := attribute(value, "dateTimeUTC"):
        return utc if utc.endswith("Z") else f"{utc}Z"
    time, offset = attribute(value, "dateTime"), attribute(value, "timeOffset")
    return time if not offset or _ZONED.search(time) else f"{time}{offset}"


def _series_v2(observation: Element) -> Iterator[TimeSeries]:
    """The time series of an observation of WaterML 2.0."""
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
        "statistic": _statistic(  # OGC names it in the NamedValue, USGS in the parameter around it
            (child_text(named, "value"), attribute(element, "title"))
            for parameter in descendants(observation, "parameter")
            for named in children(parameter, "NamedValue")
            for element in (parameter, _child(named, "name"))
        ),
        "method": _procedure(_child(observation, "procedure")),
    }
    for series in descendants(observation, "MeasurementTimeseries"):
        default = _child(series, "defaultPointMetadata")
        units = tuple(
            attribute(element, name) for element in descendants(default, "uom") for name in ("code", "title", "href")
        )
        points = _points(series, _quality_codes(default))
        yield TimeSeries(names, units, "", [value for value in points if value.time or value.value])


def _procedure(procedure: Element) -> str:
    """The sensor or process of an observation of WaterML 2.0: what the element refers to, else what stands in it."""
    process = next(iter(procedure), Element("none"))
    return _first_nonempty(
        attribute(procedure, "title"), attribute(procedure, "href").rstrip("/").rpartition("/")[2],
        child_text(process, "identifier"), attribute(process, "id"),
    )  # fmt: skip


def _points(series: Element, default_codes: frozenset[str]) -> Iterator[TimedValue]:
    for tvp in descendants(series, "MeasurementTVP"):
        yield TimedValue(child_text(tvp, "time"), child_text(tvp, "value"), _quality_codes(tvp) or default_codes)


def _quality_codes(element: Element) -> frozenset[str]:
    """The codes of quality and of qualifiers."""
    quality = (attribute(item, name) for item in descendants(element, "quality") for name in ("href", "title"))
    qualifiers = (
        child_text(category, "value")
        for qualifier in descendants(element, "qualifier")
        for category in descendants(qualifier, "Category")
    )
    return _codes(*quality, *qualifiers)


def _from_json(document: Any) -> list[TimeSeries]:
    """WaterML 1.1 as JSON."""
    items = find(document, "value.timeSeries")
    if not isinstance(items, list):
        raise SourceError(WaterMlCode.JSON_WITHOUT_SERIES)
    return [series for item in items for series in _json_series(item)]


def _json_series(item: Any) -> Iterator[TimeSeries]:
    paths = {
        "site": "sourceInfo.siteCode[0].value", "site_name": "sourceInfo.siteName", "id": "name",
        "variable": "variable.variableCode[0].value", "variable_name": "variable.variableName",
    }  # fmt: skip
    options = find(item, "variable.options.option")
    names = {name: _text(item, path) for name, path in paths.items()} | {
        "statistic": _statistic(
            (_text(option, "optionCode"), _text(option, "name"))
            for option in (options if isinstance(options, list) else [])
        )
    }
    units = tuple(find(item, f"variable.unit.{name}") for name in _UNIT_NAMES)
    no_data_value = _text(item, "variable.noDataValue")
    blocks = find(item, "values")
    for block in blocks if isinstance(blocks, list) else []:
        values = find(block, "value")
        points = [_json_point(value) for value in values] if isinstance(values, list) else []
        yield TimeSeries({**names, "method": _text(block, "method[0].methodID")}, units, no_data_value, points)


def _json_point(value: Any) -> TimedValue:
    qualifiers = find(value, "qualifiers")
    texts = [code for code in qualifiers if isinstance(code, str)] if isinstance(qualifiers, list) else []
    return TimedValue(_text(value, "dateTime"), find(value, "value"), _codes(*texts))


def _text(item: Any, path: str) -> str:
    value = find(item, path)
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value)[:200]
