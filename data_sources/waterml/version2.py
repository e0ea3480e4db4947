"""WaterML 2.0."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from data_sources._mapping.xml import attribute, child_text, children, descendants, element_text, outermost
from data_sources.waterml.series import TimedValue, TimeSeries, codes_of, statistic_of


def time_series(observation: Element) -> Iterator[TimeSeries]:
    """The time series of an element OM_Observation."""
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
        "statistic": statistic_of(  # OGC names it in the NamedValue, USGS in the parameter around it
            (child_text(named, "value"), attribute(element, "title"))
            for parameter in descendants(observation, "parameter")
            for named in children(parameter, "NamedValue")
            for element in (parameter, _child(named, "name"))
        ),
        "method": _procedure(_child(observation, "procedure")),
    }
    # Those of standard time and, where the site has it, of daylight saving time.
    zone = "/".join(dict.fromkeys(element_text(offset) for offset in outermost(point, "zoneOffset")))
    for series in descendants(observation, "MeasurementTimeseries"):
        default = _child(series, "defaultPointMetadata")
        points = _points(series, default, zone)
        yield TimeSeries(names, _units(default), (), [value for value in points if value.time or value.value])


def _child(element: Element, name: str) -> Element:
    return next(children(element, name), Element(name))


def _first_nonempty(*texts: str) -> str:
    return next(filter(None, texts), "")


def _procedure(procedure: Element) -> str:
    """The sensor or process of an observation: what the element refers to, else what stands in it."""
    process = next(iter(procedure), Element("none"))
    return _first_nonempty(
        attribute(procedure, "title"), attribute(procedure, "href").rstrip("/").rpartition("/")[2],
        child_text(process, "identifier"), attribute(process, "id"),
    )  # fmt: skip


def _units(metadata: Element) -> tuple[str, ...]:
    return tuple(
        text
        for element in descendants(metadata, "uom")
        for name in ("code", "title", "href")
        if (text := attribute(element, name))
    )


def _points(series: Element, default: Element, zone: str) -> Iterator[TimedValue]:
    default_codes, default_censor = _quality_codes(default), _censored_reason(default)
    for tvp in descendants(series, "MeasurementTVP"):
        codes, censor = _quality_codes(tvp) or default_codes, _censored_reason(tvp) or default_censor
        yield TimedValue(child_text(tvp, "time"), child_text(tvp, "value"), codes, zone, _units(tvp), censor)


def _censored_reason(element: Element) -> str:
    """Why a value is only the limit of what could be measured, "" when it was measured."""
    reasons = (
        _first_nonempty(attribute(reason, "title"), attribute(reason, "href").rpartition("/")[2], reason.tag)
        for reason in descendants(element, "censoredReason")
    )
    return next(reasons, "")


def _quality_codes(element: Element) -> frozenset[str]:
    """The codes of quality and of qualifiers."""
    quality = (attribute(item, name) for item in descendants(element, "quality") for name in ("href", "title"))
    qualifiers = (
        child_text(category, "value")
        for qualifier in descendants(element, "qualifier")
        for category in descendants(qualifier, "Category")
    )
    return codes_of(*quality, *qualifiers)
