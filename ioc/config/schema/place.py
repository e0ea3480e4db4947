"""units.yaml and stations.yaml checked and turned into places."""

from ioc.config import cross_checks
from ioc.config.errors import Fault
from ioc.config.located_rows import Names, Rows
from ioc.config.row_templates import NAMELESS, Places
from ioc.config.schema.base import StationRow, UnitRow
from ioc.config.unreadable import READABLE, otherwise
from ioc.domain.geo.place import Station, Unit


def places(units: Rows[UnitRow], stations: Rows[StationRow], faults: list[Fault]) -> Places:
    """All places whose code or key, and kind, can be read. `faults` grows by what is wrong."""
    faults += [*cross_checks.unique(units, "code"), *cross_checks.unique(stations)]
    codes = units.names("code")
    for at in stations:
        with READABLE:
            faults += cross_checks.named(at, "place", at.row.place, codes, "place") if at.row.place else []
    known = {}
    for at in stations:
        with READABLE:
            known[at.row.key] = _station(at.row)
    names = stations.names()
    there = Names(names.known, names.complete and len(known) == len(names.known))
    return Places(known, {code: _unit(code, at.row) for code, at in units.named("code")}, there, codes)


def _station(row: StationRow) -> Station:
    name = otherwise(lambda: row.name.text(), NAMELESS)
    lon, lat = otherwise(lambda: row.lon, 0.0), otherwise(lambda: row.lat, 0.0)
    return Station(row.key, name, row.kind, lon, lat, otherwise(lambda: row.place, ""))


def _unit(code: str, row: UnitRow) -> Unit:
    return Unit(
        code, otherwise(lambda: row.name, ""), otherwise(lambda: row.kind, ""), otherwise(lambda: row.area_km2, 0.0),
        otherwise(lambda: row.lon, 0.0), otherwise(lambda: row.lat, 0.0), otherwise(lambda: row.former, ""),
    )  # fmt: skip
