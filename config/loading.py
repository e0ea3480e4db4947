"""From a folder of yaml to a Configuration, or to all of its faults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from config import agencies, checks, documents, kpi_rows, source_rows
from config.agencies import AgencyRow
from config.configuration import Configuration, Keep, sealed
from config.documents import Generate
from config.expand import Places
from config.faults import Faults
from config.folder import At, Folder, open_folder, validated
from config.kpi_rows import Known
from config.rows import CityRow, KpiRow, RetentionRow, SourceRow, StationRow, UnitRow
from domain.agency import Agency
from domain.directive import Register
from domain.place import Station, Unit
from domain.snapshot import Identity

Protocols = Mapping[str, Any]  # name -> module of data_sources, which has Options


def load(
    folder: Path, environment: Mapping[str, str], protocols: Protocols, *, today: date, generate: Generate | None = None
) -> Configuration:
    """The configuration in `folder`. Faults, all at once, when anything is wrong.

    `environment` fills ${NAME} in addresses. `generate(today)` makes the rows of the simulated documents, where
    directives.yaml says `generated: directives`.
    """
    opened = open_folder(folder)
    made = _Load(opened, environment, protocols, today, generate).configuration()
    if made is None:
        raise Faults(opened.faults)
    return made


@dataclass
class _Load:
    folder: Folder
    environment: Mapping[str, str]
    protocols: Protocols
    today: date
    generate: Generate | None

    def configuration(self) -> Configuration | None:
        faults = self.folder.faults
        city = validated(faults, self.folder.city, (), self.folder.city.value, CityRow)
        owners, retention = (city.owners, city.retention) if city else ({}, {})
        sound = len(faults)
        held, places = self._agencies(), self._places()
        rows = self.folder.rows("sources", SourceRow)
        complete = len(faults) == sound
        world = source_rows.World(self.environment, self.protocols, places, held, owners, {"normal", *retention})
        pairs = source_rows.sources(rows, world, faults)
        sources = tuple(source for _, source in pairs)
        kpis = kpi_rows.kpis(self.folder.rows("kpis", KpiRow), Known(sources, held, owners, complete), faults)
        real = any(one.enabled and not one.simulated for one in sources)
        register = documents.read(self.folder, held, {one.key for one in kpis}, self.today, self.generate, real=real)
        if city is None:
            return None
        for n, key in enumerate(city.overview):
            at = At(city, self.folder.city, ())
            faults += checks.named(at, "KPI", key, (one.key for one in kpis), "overview", n)
        for key, owner in owners.items():
            faults += checks.named(At(city, self.folder.city, ()), "agency", owner, held, "owners", key)
        limits = city.limits
        made = Configuration(
            Identity(city.identity.centre.text(), city.identity.city.text()),
            tuple(city.overview),
            sources,
            kpis,
            Register(register, held, limits.soon_days, limits.behind, limits.far_behind),
            held,
            places.stations,
            places.units,
            {key: Keep(one.raw_days, one.minute_days) for key, one in ({"normal": RetentionRow()} | retention).items()},
            tuple(one.twins() for one in city.twins),
        )
        return None if faults else sealed(made, {at.row.key: at.row.address for at in rows})

    def _agencies(self) -> dict[str, Agency]:
        rows = self.folder.rows("agencies", AgencyRow)
        self.folder.faults += agencies.faults(rows)
        return {at.row.key: at.row.agency() for at in rows}

    def _places(self) -> Places:
        units = self.folder.rows("units", UnitRow)
        stations = self.folder.rows("stations", StationRow)
        self.folder.faults += [*checks.unique(units, "code"), *checks.unique(stations)]
        codes = {at.row.code for at in units}
        for at in stations:
            if at.row.place:
                self.folder.faults += checks.named(at, "place", at.row.place, codes, "place")
        return Places(
            {
                at.row.key: Station(at.row.key, at.row.name.text(), at.row.kind, at.row.lon, at.row.lat, at.row.place)
                for at in stations
            },
            {at.row.code: Unit(**dict(at.row)) for at in units},
        )
