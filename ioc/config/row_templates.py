"""Rows that stand for several: `each` over stations, units or words; ${NAME} from the environment in addresses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ioc.config.errors import ConfigCode, ConfigFault, closest_match
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow
from ioc.config.schema.base import SeriesRow, SourceRow
from ioc.config.schema.place import PlaceIndex
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.source import Series

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
_NO_NAME = LocalizedText("")


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


def expand_series(row: SeriesRow, places: PlaceIndex) -> list[Series]:
    """The series that a row stands for."""
    return [_build_series(row, repetition) for repetition in _repetitions(row, places)]


def has_each_mismatch(row: SeriesRow) -> bool:
    """Whether the key has {each} without an each, or the other way round."""
    return (row.each is not None) != ("{each}" in row.key)


def _build_series(row: SeriesRow, repetition: _Repetition) -> Series:
    word, name, own_name = repetition.word, repetition.name, row.name.text()
    low, high = row.range
    return Series(
        _fill_template(row.key, word, ""),
        LocalizedText(_fill_template(own_name.vi, word, name.vi), _fill_template(own_name.en, word, name.get("en"))),
        row.unit, low, high,
        row.place or repetition.place,
        row.station or repetition.station,
        row.retention,
        row.event_count.to_domain() if row.event_count else None,
        _fill_template(row.redundant_with or "", word, ""),
        row.tolerance,
    )  # fmt: skip


def _fill_template(text: str, word: str, name: str) -> str:
    return text.replace("{each}", word).replace("{name}", name)


def _repetitions(row: SeriesRow, places: PlaceIndex) -> list[_Repetition]:
    """What the row is repeated over."""
    if row.each is None:
        return [_Repetition("", _NO_NAME)]
    if isinstance(row.each, list):
        return [_Repetition(word, LocalizedText(word)) for word in row.each]
    if row.each == "units":
        return [_Repetition(unit.code, LocalizedText(unit.name), unit.code) for unit in places.units.values()]
    kind = station_kind(row)
    return [
        _Repetition(station.key, station.name, station.place, station.key)
        for station in places.stations.values()
        if station.kind == kind
    ]


def station_kind(row: SeriesRow) -> str:
    """The kind of stations that the row is repeated over, "" for none."""
    match = re.fullmatch(r"stations\((.*)\)", row.each) if isinstance(row.each, str) else None
    return match[1] if match else ""
