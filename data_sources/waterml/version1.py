"""WaterML 1.0 and 1.1 as XML."""

from collections.abc import Iterator
from functools import partial
from xml.etree.ElementTree import Element

from data_sources._mapping.xml import attribute, child_text, children, descendants, element_text
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


def time_series(series: Element) -> Iterator[TimeSeries]:
    """The time series, one for each method, of an element timeSeries."""
    site, variable = _child(series, "sourceInfo"), _child(series, "variable")
    names = {
        "site": child_text(site, "siteCode"),
        "site_name": child_text(site, "siteName"),
        "id": attribute(series, "name"),
        "variable": child_text(variable, "variableCode"),
        "variable_name": child_text(variable, "variableName"),
        "statistic": statistic_of(
            (attribute(option, "optionCode"), attribute(option, "name")) for option in descendants(variable, "option")
        ),
    }
    no_data = tuple(
        element_text(child) for name in ("noDataValue", "NoDataValue") for child in children(variable, name)
    )
    zone = _site_zone(site)
    for block in children(series, "values"):
        units = (*_units(variable), *_units(block), attribute(block, "unitsAbbreviation"))
        for method, points in _points_by_method(block, zone).items():
            yield TimeSeries({**names, "method": method}, units, no_data, points)


def _child(element: Element, name: str) -> Element:
    return next(children(element, name), Element(name))


def _site_zone(site: Element) -> str:
    zone = _child(site, "timeZoneInfo")
    default, daylight = (
        attribute(_child(zone, name), "zoneOffset") for name in ("defaultTimeZone", "daylightSavingsTimeZone")
    )
    return site_zone(default, daylight, attribute(zone, "siteUsesDaylightSavingsTime"))


def _units(element: Element) -> Iterator[str]:
    """The codes, abbreviations and names of the units in `element`; version 1.0 has them as attribute and text."""
    for unit in (*children(element, "unit"), *children(element, "units")):
        yield from (child_text(unit, name) for name in UNIT_NAMES)
        yield attribute(unit, "unitsAbbreviation") or ("" if len(unit) else element_text(unit))


def _points_by_method(block: Element, zone: str) -> dict[str, list[TimedValue]]:
    default = next(filter(None, (attribute(element, "methodID") for element in children(block, "method"))), "")
    by_method: dict[str, list[TimedValue]] = {}
    for value in children(block, "value"):
        method = attribute(value, "methodCode") or attribute(value, "methodID") or default
        time, own_zone = time_and_zone(partial(attribute, value), zone)
        codes = codes_of(attribute(value, "qualifiers"))
        censor = censor_of(attribute(value, "censorCode"), codes)
        point = TimedValue(time, value.text, codes, own_zone, censor=censor)
        by_method.setdefault(method, []).append(point)
    return by_method
