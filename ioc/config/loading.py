"""From a folder of yaml to a Configuration, or to all of its faults."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ioc.config import cross_checks
from ioc.config.configuration import Configuration, Keep, Public, sealed
from ioc.config.errors import Fault, Faults
from ioc.config.folder import Folder, open_folder, validated
from ioc.config.located_rows import At, Names, Rows
from ioc.config.schema import access, agency, directive, kpi, obligation, place, source
from ioc.config.schema.agency import AgencyRow, Owners
from ioc.config.schema.base import KpiRow, SourceRow, StationRow, UnitRow
from ioc.config.schema.city import CityRow, RetentionRow
from ioc.config.schema.directive import Generate
from ioc.config.schema.kpi import Known
from ioc.config.schema.obligation import DutyRow
from ioc.config.unreadable import READABLE, Unread
from ioc.domain.base.access_policy import Access
from ioc.domain.directives.directive import Register
from ioc.domain.snapshot import Identity

Protocols = Mapping[str, Any]  # name -> module of data_sources, which has Options


def load(
    folder: Path, environment: Mapping[str, str], protocols: Protocols, *, today: date, generate: Generate | None = None
) -> Configuration:
    """The configuration in `folder`. Faults, all at once, when anything is wrong.

    `environment` fills ${NAME} in addresses. `generate(today)` makes the rows of the simulated documents, where
    directives.yaml says `generated: directives`.
    """
    opened = open_folder(folder)
    read = _Load(opened, environment, protocols, today, generate)
    if read.faults:
        raise Faults(read.faults)
    return read.configuration()


class _Load:
    """First all rows are judged, as much of each as can be read; only sound ones become what the house uses."""

    def __init__(
        self,
        folder: Folder,
        environment: Mapping[str, str],
        protocols: Protocols,
        today: date,
        generate: Generate | None,
    ) -> None:
        faults = folder.faults
        self.faults = faults
        self.city = At(validated(faults, folder.city, (), folder.city.value, CityRow), folder.city, ())
        self.agencies = folder.rows("agencies", AgencyRow)
        self.documents = directive.read(folder, today, generate)
        names = agency.called(self.agencies)
        self.duties = obligation.expanded(folder.rows("duties", DutyRow), names)
        self.sources = folder.rows("sources", SourceRow) + obligation.sources(self.duties)
        self.kpis = folder.rows("kpis", KpiRow)
        units, stations = folder.rows("units", UnitRow), folder.rows("stations", StationRow)
        faults += agency.check(self.agencies)
        self.owners = Owners(agency.readable(self.agencies), self.agencies.names(), _alias(self.city.row))
        self.places = place.places(units, stations, faults)
        self.world = source.World(environment, protocols, self.places, self.owners, _classes(self.city.row))
        self.known = Known(source.check(self.sources, self.world, faults), self.owners)
        faults += obligation.check(self.duties, self.owners.names)
        kpi.check(self.kpis, self.known, faults)
        keys = self.kpis.names()
        faults += directive.check(self.documents, self.owners.known, self.owners.names, keys, real=_real(self.sources))
        self.access = access.read(folder)
        faults += access.check(self.access, self.owners.names)
        faults += _city(self.city, self.owners.names, keys)

    def configuration(self) -> Configuration:
        """Of rows without faults."""
        city, held = self.city.row, {at.row.key: at.row.agency() for at in self.agencies}
        limits, retention = city.limits, {"normal": RetentionRow()} | city.retention
        written = tuple(at.row.to_domain() for at in self.documents)
        made_sources = source.sources(self.sources, self.world)
        made = Configuration(
            Identity(city.identity.centre.text(), city.identity.city.text()),
            tuple(city.overview),
            made_sources,
            kpi.kpis(self.kpis, self.known),
            Register(written, held, limits.soon_days, limits.behind, limits.far_behind),
            held,
            self.places.stations,
            self.places.units,
            {key: Keep(one.raw_days, one.minute_days) for key, one in retention.items()},
            tuple(one.twins() for one in city.twins),
            obligation.duties(self.duties, {one.key: one for one in made_sources}),
            city.lateness.lateness(),
            Public(tuple(city.public.kpis), city.public.directives),
            backup_every=city.backup_every,
            access=self.access.row.to_domain() if self.access else Access(),
        )
        return sealed(made, {at.row.key: at.row.address for at in self.sources})


def _alias(city: CityRow) -> Mapping[str, str] | None:
    try:
        return city.owners
    except Unread:
        return None


def _classes(city: CityRow) -> Names:
    """The retention classes."""
    try:
        return Names.of({"normal", *city.retention})
    except Unread:
        return Names(frozenset(), complete=False)


def _real(rows: Rows[SourceRow]) -> bool:
    """Whether a source that is on is real."""
    for at in rows:
        with READABLE:
            if at.row.enabled and not at.row.simulated:
                return True
    return False


def _city(at: At[CityRow], agency_names: Names, kpis: Names) -> list[Fault]:
    """What city.yaml names exists."""
    faults: list[Fault] = []
    with READABLE:
        for n, key in enumerate(at.row.overview):
            faults += cross_checks.named(at, "KPI", key, kpis, "overview", n)
    with READABLE:
        for n, key in enumerate(at.row.public.kpis):
            faults += cross_checks.named(at, "KPI", key, kpis, "public", "kpis", n)
    with READABLE:
        for key, owner in at.row.owners.items():
            faults += cross_checks.named(at, "agency", owner, agency_names, "owners", key)
    return faults
