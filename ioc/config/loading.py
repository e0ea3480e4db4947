"""Loads a folder of yaml as a Configuration, or reports all of its faults."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ioc.config import cross_checks
from ioc.config.configuration import Configuration, PublicPage, RetentionPolicy, with_fingerprint
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.folder import ConfigFolder, open_folder
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.row_codes import RowCode
from ioc.config.schema import access, agency, directive, kpi, obligation, place, source
from ioc.config.schema.agency import AgencyRow, Owners
from ioc.config.schema.base import KpiRow, SourceRow, StationRow, UnitRow
from ioc.config.schema.city import CityRow, RetentionRow
from ioc.config.schema.directive import DocumentGenerator
from ioc.config.schema.kpi import KpiReferences
from ioc.config.schema.obligation import ObligationRow
from ioc.config.unreadable import SKIP_UNREADABLE, UnreadableFieldError
from ioc.config.validation import validate_row
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import Failure
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
    unavailable: Mapping[str, Failure] = MappingProxyType({}),
) -> Configuration:
    """The configuration in `folder`. ConfigError with all faults when anything is wrong.

    `environment` fills ${NAME} in addresses. `generate(today)` makes the rows of the simulated documents, where
    directives.yaml says `generated: directives`. `unavailable`: names of `environment` whose server is not on this
    machine, with the reason; sources with such an address are off.
    """
    loader = _Loader(open_folder(folder), environment, protocols, today, generate, unavailable)
    if loader.faults:
        raise ConfigError(loader.faults)
    return loader.configuration()


class _Loader:
    """Checks all rows, as much of each as can be read; only rows without faults become a Configuration."""

    def __init__(
        self,
        folder: ConfigFolder,
        environment: Mapping[str, str],
        protocols: Protocols,
        today: date,
        generate: DocumentGenerator | None,
        unavailable: Mapping[str, Failure],
    ) -> None:
        faults = folder.faults
        self.faults = faults
        self.city = LocatedRow(validate_row(faults, folder.city, (), folder.city.value, CityRow), folder.city, ())
        self.agencies = folder.rows("agencies", AgencyRow)
        self.documents = directive.read_documents(folder, today, generate)
        names = agency.short_names(self.agencies)
        self.obligations = obligation.expand_rows(folder.rows("obligations", ObligationRow), names)
        self.sources = folder.rows("sources", SourceRow) + obligation.to_source_rows(self.obligations)
        self.kpis = folder.rows("kpis", KpiRow)
        units, stations = folder.rows("units", UnitRow), folder.rows("stations", StationRow)
        faults += agency.check(self.agencies)
        agencies = agency.readable_agencies(self.agencies)
        self.owners = Owners(agencies, self.agencies.names(), _owner_aliases(self.city.row))
        self.places = place.build_place_index(units, stations, faults)
        self.source_references = source.SourceReferences(
            environment, protocols, self.places, self.owners, _retention_classes(self.city.row), unavailable
        )
        self.kpi_references = KpiReferences(source.check(self.sources, self.source_references, faults), self.owners)
        faults += obligation.check(self.obligations, self.owners.names)
        kpi.check(self.kpis, self.kpi_references, faults)
        kpi_keys = self.kpis.names()
        faults += directive.check_documents(
            self.documents, agencies, self.owners.names, kpi_keys, has_real_sources=_has_real_source(self.sources)
        )
        self.access = access.read_access_row(folder)
        faults += access.check(self.access, self.owners.names)
        faults += _check_city(self.city, self.owners.names, kpi_keys)

    def configuration(self) -> Configuration:
        """The configuration of rows without faults."""
        city = self.city.row
        agencies = {located.row.key: located.row.to_domain() for located in self.agencies}
        documents = tuple(located.row.to_domain() for located in self.documents)
        sources = source.to_sources(self.sources, self.source_references)
        retention = {"normal": RetentionRow()} | city.retention
        limits = city.limits
        configuration = Configuration(
            CentreIdentity(city.identity.centre.text(), city.identity.city.text()),
            tuple(city.overview),
            sources,
            kpi.to_kpis(self.kpis, self.kpi_references),
            Register(documents, agencies, limits.soon_days, limits.behind, limits.far_behind),
            agencies,
            self.places.stations,
            self.places.units,
            {key: RetentionPolicy(row.raw_days, row.minute_days) for key, row in retention.items()},
            tuple(row.to_domain() for row in city.deduplication),
            obligation.to_obligations(self.obligations, {source.key: source for source in sources}),
            city.compliance.to_domain(),
            PublicPage(tuple(city.public.kpis), city.public.directives),
            backup_every=city.backup_every,
            access=self.access.row.to_domain() if self.access else AccessPolicy(),
        )
        written_addresses = {located.row.key: located.row.address for located in self.sources}
        return with_fingerprint(configuration, written_addresses)


def _owner_aliases(city: CityRow) -> Mapping[str, str] | None:
    try:
        return city.owners
    except UnreadableFieldError:
        return None


def _retention_classes(city: CityRow) -> KnownNames:
    try:
        return KnownNames.of({"normal", *city.retention})
    except UnreadableFieldError:
        return KnownNames(frozenset(), is_complete=False)


def _has_real_source(rows: RowList[SourceRow]) -> bool:
    """Whether an enabled source is real."""
    for located in rows:
        with SKIP_UNREADABLE:
            if located.row.enabled and not located.row.simulated:
                return True
    return False


def _check_city(located: LocatedRow[CityRow], agency_names: KnownNames, kpis: KnownNames) -> list[ConfigFault]:
    """What city.yaml names exists."""
    faults: list[ConfigFault] = []
    with SKIP_UNREADABLE:
        for n, key in enumerate(located.row.overview):
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_KPI, key, kpis, "overview", n)
    with SKIP_UNREADABLE:
        for n, key in enumerate(located.row.public.kpis):
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_KPI, key, kpis, "public", "kpis", n)
    with SKIP_UNREADABLE:
        for key, agency_key in located.row.owners.items():
            path = ("owners", key)
            faults += cross_checks.check_exists(located, RowCode.UNKNOWN_AGENCY, agency_key, agency_names, *path)
    return faults
