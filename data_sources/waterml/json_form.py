"""WaterML 1.1 as JSON, as USGS writes it. Other programs write a list of one as its only item."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from data_sources._mapping import find
from data_sources.waterml.errors import WaterMlCode
from data_sources.waterml.series import (
    UNIT_NAMES,
    TimedValue,
    TimeSeries,
    censor_of,
    codes_of,
    site_zone,
    statistic_of,
    time_and_zone,
)
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import RejectedItem

_ZONE = "sourceInfo.timeZoneInfo"
_PATHS = {
    "site": "sourceInfo.siteCode[0].value", "site_name": "sourceInfo.siteName", "id": "name",
    "variable": "variable.variableCode[0].value", "variable_name": "variable.variableName",
}  # fmt: skip


def time_series(document: Any) -> Iterator[TimeSeries | RejectedItem]:
    """The time series of a document; a rejected item for one without values. Raises SourceError when all have none."""
    items = find(document, "value.timeSeries")
    if not isinstance(items, list | dict):
        raise SourceError(WaterMlCode.JSON_WITHOUT_SERIES)
    if items and all(find(item, "values") is None for item in _as_list(items)):
        raise SourceError(WaterMlCode.SERIES_MISSING, element="value.timeSeries[].values")
    for item in _as_list(items):
        if find(item, "values") is None:
            yield RejectedItem("", Failure(WaterMlCode.NOT_A_MEASUREMENT, {"element": "values"}), _text(item, "name"))
        else:
            yield from _series(item)


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _series(item: Any) -> Iterator[TimeSeries]:
    names = {name: _text(item, path) for name, path in _PATHS.items()} | {
        "statistic": statistic_of(
            (_text(option, "optionCode"), _text(option, "name"))
            for option in _as_list(find(item, "variable.options.option"))
        )
    }
    unit = find(item, "variable.unit")
    units = tuple(unit.get(name) for name in UNIT_NAMES) if isinstance(unit, dict) else (unit,)
    no_data = tuple(_as_list(find(item, "variable.noDataValue")))
    zone = site_zone(
        _text(item, f"{_ZONE}.defaultTimeZone.zoneOffset"), _text(item, f"{_ZONE}.daylightSavingsTimeZone.zoneOffset"),
        str(find(item, f"{_ZONE}.siteUsesDaylightSavingsTime")),
    )  # fmt: skip
    for block in _as_list(find(item, "values")):
        points = [_point(value, zone) for value in _as_list(find(block, "value"))]
        yield TimeSeries({**names, "method": _text(block, "method[0].methodID")}, units, no_data, points)


def _point(value: Any, zone: str) -> TimedValue:
    time, own_zone = time_and_zone(partial(_text, value), zone)
    codes = codes_of(*(code for code in _as_list(find(value, "qualifiers")) if isinstance(code, str)))
    return TimedValue(time, find(value, "value"), codes, own_zone, censor=censor_of(_text(value, "censorCode"), codes))


def _text(item: Any, path: str) -> str:
    value = find(item, path)
    return "" if value is None or isinstance(value, dict | list | bool) else str(value)[:200]
