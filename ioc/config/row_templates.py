"""Rows that stand for several: `each` over stations, units or words; ${NAME} from the environment in addresses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ioc.config.errors import ConfigCode, ConfigFault, closest_match
from ioc.config.located_rows import KnownNames, LocatedRow
from ioc.config.row_codes import RowCode
from ioc.config.schema.base import SeriesRow, SourceRow
from ioc.config.unreadable import UnreadableFieldError, value_or
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.geo.place import AdminUnit, Station
from ioc.domain.ingest.source import Series

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
NO_NAME = LocalizedText("")


@dataclass(frozen=True, slots=True)
class PlaceIndex:
    """Stations and units that a row may be repeated over, and the names of all that there are."""

    stations: Mapping[str, Station]
    units: Mapping[str, AdminUnit]
    station_names: KnownNames
    unit_names: KnownNames


@dataclass(frozen=True, slots=True)
class ExpandedSeries:
    """The series of a row of series. Unless `is_complete`, there may be others.

    `is_resolved`: unit and place could be read.
    """

    series: tuple[Series, ...] = ()
    is_complete: bool = True
    is_resolved: bool = True


@dataclass(frozen=True, slots=True)
class _Repetition:
    word: str
    name: LocalizedText
    place: str = ""
    station: str = ""


def resolve_address(row: SourceRow, environment: Mapping[str, str]) -> str:
    """The row's address with its ${NAME} filled in, "" when one is not set.

    Secrets stay as they are written, for the fetch to fill in: addresses are shown on screens.
    """
    if any(not environment.get(name) for name in _NAME.findall(row.address)):
        return ""
    return _NAME.sub(lambda match: match[0] if _SECRET.search(match[1]) else environment[match[1]], row.address)


def check_environment(located: LocatedRow[SourceRow], part: str, environment: Mapping[str, str]) -> list[ConfigFault]:
    """The ${NAME} in the field `part` of an enabled row are set."""
    if not located.row.enabled:
        return []
    return [
        located.fault(
            Failure(RowCode.VARIABLE_NOT_SET, {"variable": f"${{{name}}}"}),
            _suggest_variable(name, environment),
            part,
        )
        for name in _variable_names(located.row, part)
        if not environment.get(name)
    ]


def _suggest_variable(name: str, environment: Mapping[str, str]) -> Failure:
    """The name of the environment that `name` was meant to be; others are of no use, and not for every reader."""
    close = closest_match(name, environment)
    return Failure(ConfigCode.DID_YOU_MEAN, {"name": close}) if close else Failure(RowCode.SET_VARIABLE, {"name": name})


def check_has_address(located: LocatedRow[SourceRow]) -> list[ConfigFault]:
    """An enabled row has an address."""
    if not located.row.enabled or located.row.address:
        return []
    return [located.fault(Failure(RowCode.ADDRESS_EMPTY), Failure(RowCode.GIVE_ADDRESS), "address")]


def secret_values(row: SourceRow, environment: Mapping[str, str]) -> list[str]:
    """Values of the ${NAME} of the row: part of its fingerprint, so that a new secret is tried at once."""
    return [environment.get(name, "") for part in ("address", "options") for name in _variable_names(row, part)]


def _variable_names(row: SourceRow, part: str) -> list[str]:
    return _NAME.findall(" ".join(_strings(getattr(row, part))))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def expand_series(row: SeriesRow, places: PlaceIndex) -> ExpandedSeries:
    """The series that a row stands for, as far as it can be read."""
    try:
        if has_each_mismatch(row):
            return ExpandedSeries(is_complete=False)
        repetitions, is_complete = _repetitions(row, places)
        series = tuple(_build_series(row, repetition) for repetition in repetitions)
    except UnreadableFieldError:
        return ExpandedSeries(is_complete=False)
    try:
        return ExpandedSeries(series, is_complete, row.unit is not None and row.place is not None)
    except UnreadableFieldError:
        return ExpandedSeries(series, is_complete, is_resolved=False)


def has_each_mismatch(row: SeriesRow) -> bool:
    """Whether the key has {each} without an each, or the other way round."""
    return (row.each is not None) != ("{each}" in row.key)


def _build_series(row: SeriesRow, repetition: _Repetition) -> Series:
    name = value_or(lambda: row.name.text(), NO_NAME)
    series_name = LocalizedText(
        _fill_template(name.vi, repetition.word, repetition.name.vi),
        _fill_template(name.en, repetition.word, repetition.name.get("en")),
    )
    low, high = value_or(lambda: row.range, (float("-inf"), float("inf")))
    return Series(
        _fill_template(row.key, repetition.word, ""),
        series_name,
        value_or(lambda: row.unit, ""),
        low,
        high,
        value_or(lambda: row.place, "") or repetition.place,
        value_or(lambda: row.station, "") or repetition.station,
        value_or(lambda: row.retention, "normal"),
        value_or(lambda: row.event_count.to_domain() if row.event_count else None, None),
        _fill_template(value_or(lambda: row.redundant_with or "", ""), repetition.word, ""),
        value_or(lambda: row.tolerance, 0.0),
    )


def _fill_template(text: str, word: str, name: str) -> str:
    return text.replace("{each}", word).replace("{name}", name)


def _repetitions(row: SeriesRow, places: PlaceIndex) -> tuple[list[_Repetition], bool]:
    """What the row is repeated over, and whether that is all of it."""
    if row.each is None:
        return [_Repetition("", NO_NAME)], True
    if isinstance(row.each, list):
        return [_Repetition(word, LocalizedText(word)) for word in row.each], True
    if row.each == "units":
        over_units = [_Repetition(unit.code, LocalizedText(unit.name), unit.code) for unit in places.units.values()]
        return over_units, places.unit_names.is_complete
    kind = station_kind(row)
    over_stations = [
        _Repetition(station.key, station.name, station.place, station.key)
        for station in places.stations.values()
        if station.kind == kind
    ]
    return over_stations, places.station_names.is_complete and bool(over_stations)


def station_kind(row: SeriesRow) -> str:
    """The kind of stations that the row is repeated over, "" for none."""
    match = re.fullmatch(r"stations\((.*)\)", row.each) if isinstance(row.each, str) else None
    return match[1] if match else ""
