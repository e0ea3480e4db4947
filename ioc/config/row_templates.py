"""Rows that stand for many: `each` over stations, units or words; ${NAME} from the environment in addresses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ioc.config.errors import Fault, instead
from ioc.config.located_rows import At, Names
from ioc.config.schema.base import SeriesRow, SourceRow
from ioc.config.unreadable import Unread, otherwise
from ioc.domain.base.localized_text import Text
from ioc.domain.geo.place import Station, Unit
from ioc.domain.ingest.source import Series

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
NAMELESS = Text("")


@dataclass(frozen=True, slots=True)
class Places:
    """What a row may be repeated over, and whether that is all of it."""

    stations: Mapping[str, Station]
    units: Mapping[str, Unit]
    station_names: Names
    unit_names: Names


@dataclass(frozen=True, slots=True)
class Brought:
    """The series of a row of series. Not `complete`: there may be others. `sure`: its unit and place could be read."""

    series: tuple[Series, ...] = ()
    complete: bool = True
    sure: bool = True


@dataclass(frozen=True, slots=True)
class _One:
    word: str
    name: Text
    place: str = ""
    station: str = ""


def address(row: SourceRow, environment: Mapping[str, str]) -> str:
    """The row's address with its ${NAME} filled in, "" when one is not set.

    Secrets stay as they are written, for the fetch to fill in: addresses are shown on screens.
    """
    if any(not environment.get(name) for name in _NAME.findall(row.address)):
        return ""
    return _NAME.sub(lambda match: match[0] if _SECRET.search(match[1]) else environment[match[1]], row.address)


def unset(at: At[SourceRow], part: str, environment: Mapping[str, str]) -> list[Fault]:
    """The ${NAME} in `part` of a row that is on must be set."""
    if not at.row.enabled:
        return []
    right = "set it in the environment; known are: "
    return [
        at.fault(f"{part}: ${{{name}}} is not set", instead(name, environment, right), part)
        for name in _named(at.row, part)
        if not environment.get(name)
    ]


def nowhere(at: At[SourceRow]) -> list[Fault]:
    """A row that is on has an address."""
    if not at.row.enabled or at.row.address:
        return []
    return [at.fault("address is empty", "give one, or set enabled: false", "address")]


def secrets(row: SourceRow, environment: Mapping[str, str]) -> list[str]:
    """What the ${NAME} of the row stand for: part of its fingerprint, so that a new secret is tried at once."""
    return [environment.get(name, "") for part in ("address", "options") for name in _named(row, part)]


def _named(row: SourceRow, part: str) -> list[str]:
    return _NAME.findall(" ".join(_texts(getattr(row, part))))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def brought(row: SeriesRow, places: Places) -> Brought:
    """The series that a row stands for, as far as it can be read."""
    try:
        if mismatched(row):
            return Brought(complete=False)
        over, complete = _over(row, places)
        made = tuple(_series(row, one) for one in over)
    except Unread:
        return Brought(complete=False)
    try:
        return Brought(made, complete, row.unit is not None and row.place is not None)
    except Unread:
        return Brought(made, complete, sure=False)


def mismatched(row: SeriesRow) -> bool:
    """Whether the key has {each} without an each, or the other way round."""
    return (row.each is not None) != ("{each}" in row.key)


def _series(row: SeriesRow, one: _One) -> Series:
    name = otherwise(lambda: row.name.text(), NAMELESS)
    filled = Text(_filled(name.vi, one.word, one.name.vi), _filled(name.en, one.word, one.name.said("en")))
    low, high = otherwise(lambda: row.range, (float("-inf"), float("inf")))
    return Series(
        _filled(row.key, one.word, ""), filled, otherwise(lambda: row.unit, ""), low, high,
        otherwise(lambda: row.place, "") or one.place, otherwise(lambda: row.station, "") or one.station,
        otherwise(lambda: row.keep, "normal"), otherwise(lambda: row.tally.tally() if row.tally else None, None),
        _filled(otherwise(lambda: row.same_as or "", ""), one.word, ""), otherwise(lambda: row.tolerance, 0.0),
    )  # fmt: skip


def _filled(text: str, word: str, name: str) -> str:
    return text.replace("{each}", word).replace("{name}", name)


def _over(row: SeriesRow, places: Places) -> tuple[list[_One], bool]:
    """What the row is repeated over, and whether that is all."""
    if row.each is None:
        return [_One("", NAMELESS)], True
    if isinstance(row.each, list):
        return [_One(word, Text(word)) for word in row.each], True
    if row.each == "units":
        return [_One(one.code, Text(one.name), one.code) for one in places.units.values()], places.unit_names.complete
    kind = kind_of(row)
    over = [_One(one.key, one.name, one.place, one.key) for one in places.stations.values() if one.kind == kind]
    return over, places.station_names.complete and bool(over)


def kind_of(row: SeriesRow) -> str:
    """The kind of stations that the row is repeated over, "" for none."""
    found = re.fullmatch(r"stations\((.*)\)", row.each) if isinstance(row.each, str) else None
    return found[1] if found else ""
