"""Rows that stand for many: `each` over stations, units or words; ${NAME} from the environment in addresses."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.faults import Fault, instead
from config.folder import At
from config.rows import SeriesRow, SourceRow
from domain.place import Station, Unit
from domain.source import Series
from domain.text import Text

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Places:
    """What a row may be repeated over."""

    stations: Mapping[str, Station]
    units: Mapping[str, Unit]


@dataclass(frozen=True, slots=True)
class _One:
    word: str
    name: Text
    place: str = ""
    station: str = ""


def address(at: At[SourceRow], environment: Mapping[str, str], faults: list[Fault]) -> str:
    """The row's address with its ${NAME} filled in; an unset one, anywhere, is a fault of a row that is on.

    Secrets stay as they are written, for the fetch to fill in: addresses are shown on screens.
    """
    row = at.row
    if row.enabled:
        for where, name in _named(at):
            if not environment.get(name):
                right = instead(name, environment, "set it in the environment; known are: ")
                faults.append(at.fault(f"{where}: ${{{name}}} is not set", right, where))
        if not row.address:
            faults.append(at.fault("address is empty", "give one, or set enabled: false", "address"))
    if any(not environment.get(name) for name in _NAME.findall(row.address)):
        return ""
    return _NAME.sub(lambda match: match[0] if _SECRET.search(match[1]) else environment[match[1]], row.address)


def secrets(at: At[SourceRow], environment: Mapping[str, str]) -> list[str]:
    """What the ${NAME} of the row stand for: part of its fingerprint, so that a new secret is tried at once."""
    return [environment.get(name, "") for _, name in _named(at)]


def _named(at: At[SourceRow]) -> list[tuple[str, str]]:
    options = _NAME.findall(" ".join(_texts(at.row.options)))
    return [("address", name) for name in _NAME.findall(at.row.address)] + [("options", name) for name in options]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def series(at: At[SourceRow], places: Places, faults: list[Fault]) -> list[tuple[Series, int]]:
    """The series of a source, each with the number of the row that it came from."""
    made: list[tuple[Series, int]] = []
    for n, row in enumerate(at.row.series):
        ones = [_One("", Text(""))] if row.each is None else list(_over(at, n, row, places, faults))
        made += [(_series(row, one), n) for one in ones]
    return made


def _series(row: SeriesRow, one: _One) -> Series:
    name = row.name.text()
    filled = Text(_filled(name.vi, one.word, one.name.vi), _filled(name.en, one.word, one.name.said("en")))
    return Series(
        _filled(row.key, one.word, ""), filled, row.unit, row.range[0], row.range[1],
        row.place or one.place, row.station or one.station, row.keep, row.tally.tally() if row.tally else None,
        _filled(row.same_as or "", one.word, ""), row.tolerance,
    )  # fmt: skip


def _filled(text: str, word: str, name: str) -> str:
    return text.replace("{each}", word).replace("{name}", name)


def _over(at: At[SourceRow], n: int, row: SeriesRow, places: Places, faults: list[Fault]) -> Iterator[_One]:
    if isinstance(row.each, list):
        yield from (_One(word, Text(word)) for word in row.each)
    elif row.each == "units":
        yield from (_One(one.code, Text(one.name), one.code) for one in places.units.values())
    else:
        yield from _stations(at, n, str(row.each)[len("stations(") : -1], list(places.stations.values()), faults)


def _stations(at: At[SourceRow], n: int, kind: str, stations: Sequence[Station], faults: list[Fault]) -> Iterator[_One]:
    if kind not in {one.kind for one in stations}:
        right = instead(kind, (one.kind for one in stations))
        faults.append(at.fault(f"each: there is no station of kind {kind!r}", right, "series", n, "each"))
    yield from (_One(one.key, one.name, one.place, one.key) for one in stations if one.kind == kind)
