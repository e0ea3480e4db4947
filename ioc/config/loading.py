"""Loads a folder of yaml as a Configuration in two phases, or reports all faults of one of them.

1. Every file is read and every row checked in itself. 2. When all rows are sound, what they name of each other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ioc.config.configuration import Configuration, PublicPage, RetentionPolicy, with_fingerprint
from ioc.config.consequences import join_consequences
from ioc.config.errors import ConfigCode, ConfigError, ConfigFault
from ioc.config.folder import ConfigFolder, RowKind, open_folder
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.rows import LocatedRow, Rows, check_exists, keys_of
from ioc.config.schema import access, agency, directive, kpi, obligation, place, source, webhook
from ioc.config.schema.access import AccessRow
from ioc.config.schema.agency import AgencyRow, Owners
from ioc.config.schema.base import KpiRow, SourceRow, StationRow, UnitRow
from ioc.config.schema.city import CityRow, RetentionRow
from ioc.config.schema.directive import GENERATOR, DocumentGenerator, DocumentRow
from ioc.config.schema.kpi import KpiReferences
from ioc.config.schema.obligation import ObligationRow
from ioc.config.schema.source import SourceEnvironment, SourceReferences
from ioc.config.schema.webhook import WebhookRow
from ioc.config.validation import validate_row
from ioc.config.yaml_file import LocatedValue, fault_at
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.failure import Failure
from ioc.domain.directives.directive import Register
from ioc.domain.directives.webhook import Webhook
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
    """The configuration in `folder`. ConfigError with the faults of all rows, or else of all that they name.

    `environment` fills ${NAME} in addresses. `generate(today)` makes the rows of the simulated documents, where
    directives.yaml says `generated: directives`. `unavailable`: names of `environment` whose server is not on this
    machine, with the reason; sources with such an address are off.
    """
    source_environment = SourceEnvironment(environment, protocols, unavailable)
    opened = open_folder(folder)
    linked = _LinkedRows(_read_rows(opened, source_environment, today, generate), protocols)
    if linked.faults:
        raise ConfigError(join_consequences(opened, linked.faults))
    return linked.configuration(source_environment)


def load_webhooks(folder: Path) -> Mapping[str, Webhook]:
    """The webhooks alone, for a process that needs nothing else of the configuration. ConfigError."""
    opened = open_folder(folder)
    rows = _read_webhooks(opened)
    if faults := [*opened.faults, *webhook.check_references(rows)]:
        raise ConfigError(faults)
    return webhook.to_webhooks(rows)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of all files. `sources`: those of obligations too; `obligations`: one for each agency."""

    city: LocatedRow[CityRow]
    access: LocatedRow[AccessRow] | None
    agencies: Rows[AgencyRow]
    units: Rows[UnitRow]
    stations: Rows[StationRow]
    sources: Rows[SourceRow]
    obligations: Rows[ObligationRow]
    kpis: Rows[KpiRow]
    documents: Rows[DocumentRow]
    webhooks: Rows[WebhookRow]


def _read_rows(
    folder: ConfigFolder, environment: SourceEnvironment, today: date, generate: DocumentGenerator | None
) -> _Rows:
    """All rows, each sound in itself. ConfigError with the faults of all files."""
    agencies = folder.rows("agencies", RowKind(AgencyRow, agency.check))
    names = {located.row.key: located.row.short.text() for located in agencies}
    written = folder.rows("obligations", RowKind(ObligationRow, obligation.check))
    obligations = list(obligation.expand_rows(written, names))
    source_kind = RowKind(SourceRow, environment.check, environment.check_options)
    sources = folder.rows("sources", source_kind)
    sources += folder.sound_rows(map(obligation.to_source_value, obligations), source_kind)
    document_kind = RowKind(DocumentRow, directive.check, list_key="documents", other_keys=("generated",))
    documents = folder.rows("directives", document_kind)
    generated = folder.nearest_value("directives", "generated")
    if generated and generated.value != GENERATOR:
        failure = Failure(DirectiveCode.UNKNOWN_GENERATOR, {"name": str(generated.value)[:60]})
        folder.faults.append(fault_at(generated.node, failure, Failure(DirectiveCode.GENERATED_FORM)))
    elif generated and generate:
        values = [LocatedValue(generated.node, value) for value in generate(today)]
        documents += folder.sound_rows(values, document_kind)
    units, stations = folder.rows("units", RowKind(UnitRow)), folder.rows("stations", RowKind(StationRow))
    kpis = folder.rows("kpis", RowKind(KpiRow, kpi.check))
    access_row = folder.nearest_row(access.STEM, AccessRow)
    webhooks = _read_webhooks(folder)
    city = _read_city(folder)
    folder.check_every_file_is_read()
    if city is None or folder.faults:
        raise ConfigError(folder.faults)
    return _Rows(city, access_row, agencies, units, stations, sources, obligations, kpis, documents, webhooks)


def _read_webhooks(folder: ConfigFolder) -> Rows[WebhookRow]:
    return folder.rows(webhook.STEM, RowKind(WebhookRow, webhook.check))


def _read_city(folder: ConfigFolder) -> LocatedRow[CityRow] | None:
    """city.yaml. What it lacks may stand in an extended folder that is missing."""
    faults = list[ConfigFault]()
    city = validate_row(faults, folder.city, CityRow) if folder.city else None
    folder.faults += (fault for fault in faults if folder.is_whole or fault.failure.code != ConfigCode.KEY_MISSING)
    return city


class _LinkedRows:
    """Rows that are sound in themselves, and what they name. `faults`: what does not exist or does not fit."""

    def __init__(self, rows: _Rows, protocols: Protocols) -> None:
        self._rows, city, faults = rows, rows.city.row, list[ConfigFault]()
        mixed = source.check_not_mixed(rows.sources)
        self._agencies = {located.row.key: located.row.to_domain() for located in rows.agencies}
        owners = Owners(self._agencies, city.owners, is_mixed=bool(mixed))
        self._places = place.to_places(rows.units, rows.stations)
        retention = frozenset({"normal", *city.retention})
        self._source_references = SourceReferences(self._places, owners, retention, protocols)
        index = source.check_references(rows.sources, self._source_references, faults)
        self._kpi_references = KpiReferences(index, owners)
        kpi_keys = keys_of(rows.kpis)
        has_real_sources = not mixed and any(at.row.enabled and not at.row.simulated for at in rows.sources)
        self.faults = [
            *faults,
            *mixed,
            *agency.check_references(rows.agencies),
            *place.check_references(rows.units, rows.stations, self._places),
            *obligation.check_references(rows.obligations, self._agencies),
            *kpi.check_references(rows.kpis, self._kpi_references),
            *directive.check_references(rows.documents, self._agencies, kpi_keys, has_real_sources=has_real_sources),
            *access.check_references(rows.access, self._agencies),
            *webhook.check_references(rows.webhooks),
            *_check_city(rows.city, self._agencies, kpi_keys),
        ]

    def configuration(self, environment: SourceEnvironment) -> Configuration:
        """The configuration of rows without faults."""
        rows, city = self._rows, self._rows.city.row
        documents = tuple(located.row.to_domain() for located in rows.documents)
        sources = tuple(source.to_sources(rows.sources, self._source_references, environment))
        retention = {"normal": RetentionRow()} | city.retention
        limits = city.limits
        configuration = Configuration(
            CentreIdentity(city.identity.centre.text(), city.identity.city.text()),
            tuple(city.overview),
            sources,
            kpi.to_kpis(rows.kpis, self._kpi_references),
            Register(
                documents,
                self._agencies,
                limits.soon_days,
                limits.behind,
                limits.far_behind,
                reminder_days=limits.reminders,
                instruction_days=limits.instruction_days,
                evidence_gb=limits.evidence_gb,
            ),
            self._agencies,
            self._places.stations,
            self._places.units,
            {key: RetentionPolicy(row.raw_days, row.minute_days) for key, row in retention.items()},
            tuple(row.to_domain() for row in city.deduplication),
            obligation.to_obligations(rows.obligations, {source.key: source for source in sources}),
            city.compliance.to_domain(),
            PublicPage(tuple(city.public.kpis), city.public.directives),
            backup_every=city.backup_every,
            access=rows.access.row.to_domain() if rows.access else AccessPolicy(),
            webhooks=webhook.to_webhooks(rows.webhooks),
        )
        return with_fingerprint(configuration, {located.row.key: located.row.address for located in rows.sources})


def _check_city(located: LocatedRow[CityRow], agencies: Collection[str], kpis: Collection[str]) -> list[ConfigFault]:
    """What city.yaml names exists."""
    row, faults = located.row, list[ConfigFault]()
    for path, keys in ((("overview",), row.overview), (("public", "kpis"), row.public.kpis)):
        for n, key in enumerate(keys):
            faults += check_exists(located, RowCode.UNKNOWN_KPI, key, kpis, *path, n)
    for key, agency_key in row.owners.items():
        faults += check_exists(located, RowCode.UNKNOWN_AGENCY, agency_key, agencies, "owners", key)
    return faults
