"""units.yaml and stations.yaml checked and turned into places."""

from ioc.config import cross_checks
from ioc.config.errors import ConfigFault
from ioc.config.located_rows import KnownNames, RowList
from ioc.config.row_codes import RowCode
from ioc.config.row_templates import NO_NAME, PlaceIndex
from ioc.config.schema.base import StationRow, UnitRow
from ioc.config.unreadable import SKIP_UNREADABLE, value_or
from ioc.domain.geo.place import AdminUnit, Station


def build_place_index(units: RowList[UnitRow], stations: RowList[StationRow], faults: list[ConfigFault]) -> PlaceIndex:
    """All places whose code or key, and kind, can be read. `faults` grows by what is wrong."""
    faults += [*cross_checks.check_unique(units, "code"), *cross_checks.check_unique(stations)]
    codes = units.names("code")
    for located in stations:
        with SKIP_UNREADABLE:
            if place := located.row.place:
                faults += cross_checks.check_exists(located, RowCode.UNKNOWN_PLACE, place, codes, "place")
    readable = {}
    for located in stations:
        with SKIP_UNREADABLE:
            readable[located.row.key] = _to_station(located.row)
    names = stations.names()
    station_names = KnownNames(names.names, names.is_complete and len(readable) == len(names.names))
    admin_units = {code: _to_unit(code, located.row) for code, located in units.items("code")}
    return PlaceIndex(readable, admin_units, station_names, codes)


def _to_station(row: StationRow) -> Station:
    name = value_or(lambda: row.name.text(), NO_NAME)
    lon, lat = value_or(lambda: row.lon, 0.0), value_or(lambda: row.lat, 0.0)
    return Station(row.key, name, row.kind, lon, lat, value_or(lambda: row.place, ""))


def _to_unit(code: str, row: UnitRow) -> AdminUnit:
    return AdminUnit(
        code, value_or(lambda: row.name, ""), value_or(lambda: row.kind, ""), value_or(lambda: row.area_km2, 0.0),
        value_or(lambda: row.lon, 0.0), value_or(lambda: row.lat, 0.0), value_or(lambda: row.former, ""),
    )  # fmt: skip
