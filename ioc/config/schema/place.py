"""units.yaml and stations.yaml checked and turned into places."""

from collections.abc import Mapping
from dataclasses import dataclass

from ioc.config.errors import ConfigFault
from ioc.config.row_codes import RowCode
from ioc.config.rows import Rows, check_exists, check_unique
from ioc.config.schema.base import StationRow, UnitRow
from ioc.domain.geo.place import AdminUnit, Station


@dataclass(frozen=True, slots=True)
class PlaceIndex:
    """Stations by key and units by code: what a row may be repeated over."""

    stations: Mapping[str, Station]
    units: Mapping[str, AdminUnit]


def check_references(units: Rows[UnitRow], stations: Rows[StationRow], places: PlaceIndex) -> list[ConfigFault]:
    """Codes and keys are unique, stations lie in units that exist."""
    faults = [*check_unique(units, "code"), *check_unique(stations)]
    for located in stations:
        if place := located.row.place:
            faults += check_exists(located, RowCode.UNKNOWN_PLACE, place, places.units, "place")
    return faults


def to_places(units: Rows[UnitRow], stations: Rows[StationRow]) -> PlaceIndex:
    """The places of the rows."""
    return PlaceIndex(
        {located.row.key: _to_station(located.row) for located in stations},
        {located.row.code: _to_unit(located.row) for located in units},
    )


def _to_station(row: StationRow) -> Station:
    return Station(row.key, row.name.text(), row.kind, row.lon, row.lat, row.place)


def _to_unit(row: UnitRow) -> AdminUnit:
    return AdminUnit(row.code, row.name, row.kind, row.area_km2, row.lon, row.lat, row.former)
