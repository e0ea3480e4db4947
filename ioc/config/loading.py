"""From a folder of yaml to a Configuration, or to all of its faults."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ioc.config import cross_checks
from ioc.config.configuration import Configuration, PublicPage, RetentionPolicy, with_fingerprint
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.folder import ConfigFolder, open_folder, validate_row
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.schema import access, agency, directive, kpi, obligation, place, source
from ioc.config.schema.agency import AgencyRow, Owners
from ioc.config.schema.base import KpiRow, SourceRow, StationRow, UnitRow
from ioc.config.schema.city import CityRow, RetentionRow
from ioc.config.schema.directive import DocumentGenerator
from ioc.config.schema.kpi import KpiReferences
from ioc.config.schema.obligation import ObligationRow
from ioc.config.unreadable import SKIP_UNREADABLE, UnreadableFieldError
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.directives.directive import Register
from ioc.domain.snapshot import CentreIdentity

Protocols = Mapping[str, Any]  # name -> module of data_sources, which has Options


def load(
    folder: Path,
    environment: Mapping[str, str],
    protocols: Protocols,
    *,
    today: date,
    generate: DocumentGenerator | None = None,
) -> Configuration:
    """The configuration in `folder`. Faults, all at once, when anything is wrong.

    `environment` fills ${NAME} in addresses. `generate(today)` makes the rows of the simulated documents, where
    directives.yaml says `generated: directives`.
    """
    opened = open_folder(folder)
    read = _Loader(opened, environment, protocols, today, generate)
    if read.faults:
        raise ConfigError(read.faults)
    return read.configuration()


class _Loader:
    """First all rows are judged, as much of each as can be read; only sound ones become what the house uses."""

    def __init__(
        self,
        folder: ConfigFolder,
        environment: Mapping[str, str],
        protocols: Protocols,
        today: date,
        generate: DocumentGenerator | None,
    ) -> None:
        faults = folder.faults
        self.faults = faults
        self.city = LocatedRow(validate_row(faults, folder.city, (), folder.city.value, CityRow), folder.city, ())
        self.agencies = folder.rows("agencies", AgencyRow)
        self.documents = directive.read_documents(folder, today, generate)
        names = agency.short_names(self.agencies)
        self.duties = obligation.expand_rows(folder.rows("duties", ObligationRow), names)
        self.sources = folder.rows("sources", SourceRow) + obligation.to_source_rows(self.duties)
        self.kpis = folder.rows("kpis", KpiRow)
        units, stations = folder.rows("units", UnitRow), folder.rows("stations", StationRow)
        faults += agency.check(self.agencies)
        self.owners = Owners(
            agency.readable_agencies(self.agencies), self.agencies.names(), _owner_aliases(self.city.row)
        )
        self.places = place.build_place_index(units, stations, faults)
        self.source_references = source.SourceReferences(
            environment, protocols, self.places, self.owners, _retention_classes(self.city.row)
        )
        self.kpi_references = KpiReferences(source.check(self.sources, self.source_references, faults), self.owners)
        faults += obligation.check(self.duties, self.owners.names)
        kpi.check(self.kpis, self.kpi_references, faults)
        keys = self.kpis.names()
        faults += directive.check_documents(
            self.documents,
            self.owners.agencies,
            self.owners.names,
            keys,
            has_real_sources=_has_real_source(self.sources),
        )
        self.access = access.read_access_row(folder)
        faults += access.check(self.access, self.owners.names)
        faults += _check_city(self.city, self.owners.names, keys)

    def configuration(self) -> Configuration:
        """Of rows without faults."""
        city, held = self.city.row, {at.row.key: at.row.to_domain() for at in self.agencies}
        limits, retention = city.limits, {"normal": RetentionRow()} | city.retention
        written = tuple(at.row.to_domain() for at in self.documents)
        made_sources = source.to_sources(self.sources, self.source_references)
        made = Configuration(
            CentreIdentity(city.identity.centre.text(), city.identity.city.text()),
            tuple(city.overview),
            made_sources,
            kpi.to_kpis(self.kpis, self.kpi_references),
            Register(written, held, limits.soon_days, limits.behind, limits.far_behind),
            held,
            self.places.stations,
            self.places.units,
            {key: RetentionPolicy(one.raw_days, one.minute_days) for key, one in retention.items()},
            tuple(one.to_domain() for one in city.twins),
            obligation.to_obligations(self.duties, {one.key: one for one in made_sources}),
            city.lateness.to_domain(),
            PublicPage(tuple(city.public.kpis), city.public.directives),
            backup_every=city.backup_every,
            access=self.access.row.to_domain() if self.access else AccessPolicy(),
        )
        return with_fingerprint(made, {at.row.key: at.row.address for at in self.sources})


def _owner_aliases(city: CityRow) -> Mapping[str, str] | None:
    try:
        return city.owners
    except UnreadableFieldError:
        return None


def _retention_classes(city: CityRow) -> KnownNames:
    """The retention classes."""
    try:
        return KnownNames.of({"normal", *city.retention})
    except UnreadableFieldError:
        return KnownNames(frozenset(), is_complete=False)


def _has_real_source(rows: RowList[SourceRow]) -> bool:
    """Whether a source that is on is real."""
    for at in rows:
        with SKIP_UNREADABLE:
            if at.row.enabled and not at.row.simulated:
                return True
    return False


def _check_city(at: LocatedRow[CityRow], agency_names: KnownNames, kpis: KnownNames) -> list[ConfigFault]:
    """What city.yaml names exists."""
    faults: list[ConfigFault] = []
    with SKIP_UNREADABLE:
        for n, key in enumerate(at.row.overview):
            faults += cross_checks.check_exists(at, "KPI", key, kpis, "overview", n)
    with SKIP_UNREADABLE:
        for n, key in enumerate(at.row.public.kpis):
            faults += cross_checks.check_exists(at, "KPI", key, kpis, "public", "kpis", n)
    with SKIP_UNREADABLE:
        for key, owner in at.row.owners.items():
            faults += cross_checks.check_exists(at, "agency", owner, agency_names, "owners", key)
    return faults
