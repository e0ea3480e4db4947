"""The checked configuration, and its canonical text for the history of configurations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from zlib import compress, decompress

from pydantic import BaseModel, ConfigDict

from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Register
from ioc.domain.directives.webhook import Webhook
from ioc.domain.events.deduplication import DeduplicationRule
from ioc.domain.geo.place import AdminUnit, Station
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Kpi
from ioc.domain.snapshot import CentreIdentity, kpi_source_keys
from ioc.domain.submissions.obligation import Obligation
from ioc.domain.submissions.submission import ComplianceRules


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """Days for which a class of series is stored raw and by minute; by hour and day it is stored without end."""

    raw_days: int
    minute_days: int


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What the public page shows: keys of KPIs, and whether directives."""

    kpis: tuple[str, ...] = ()
    directives: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is configured, checked. `packed`: its canonical JSON, compressed; `fingerprint`: 16 hex digits of
    its hash.
    """

    identity: CentreIdentity
    overview: tuple[str, ...]
    sources: tuple[Source, ...]
    kpis: tuple[Kpi, ...]
    register: Register
    agencies: Mapping[str, Agency]
    stations: Mapping[str, Station]
    units: Mapping[str, AdminUnit]
    retention: Mapping[str, RetentionPolicy]
    deduplication_rules: tuple[DeduplicationRule, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    compliance: ComplianceRules = field(default_factory=ComplianceRules)
    public_page: PublicPage = PublicPage()
    packed: bytes = field(default=b"", repr=False)
    fingerprint: str = ""
    access: AccessPolicy = field(default_factory=AccessPolicy)
    backup_every: timedelta = timedelta(days=1)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)  # by system
    kpi_sources: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)  # see `kpi_source_keys`

    def __post_init__(self) -> None:
        object.__setattr__(self, "kpi_sources", kpi_source_keys(self.kpis, self.sources))

    @property
    def body(self) -> str:
        """Its canonical JSON. It is read once, and not kept: that of 500 sources has 1.7 MB."""
        return decompress(self.packed).decode()

    @property
    def is_simulated(self) -> bool:
        """Whether an enabled source is simulated: its store is one of simulated readings then."""
        return any(source.is_simulated for source in self.sources if source.is_enabled)


class _ConfigurationBody(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="strings", arbitrary_types_allowed=True)

    identity: CentreIdentity
    overview: tuple[str, ...]
    sources: tuple[Source, ...]
    kpis: tuple[Kpi, ...]
    register_: Register
    stations: dict[str, Station]
    units: dict[str, AdminUnit]
    retention: dict[str, RetentionPolicy]
    deduplication_rules: tuple[DeduplicationRule, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    compliance: ComplianceRules = ComplianceRules()
    public: PublicPage = PublicPage()


def with_fingerprint(configuration: Configuration, written_addresses: Mapping[str, str]) -> Configuration:
    """`configuration` with its body and fingerprint.

    In the body sources have the address of `written_addresses` (by key), so that no secret of the environment gets into
    the history and a port that changes at each start makes no new entry. The names of a protocol's options are the
    program's, not the configuration's.
    """
    sources = tuple(
        replace(source, address=written_addresses.get(source.key, source.address), fingerprint="", option_names=None)
        for source in configuration.sources
    )
    body = _ConfigurationBody(
        identity=configuration.identity,
        overview=configuration.overview,
        sources=sources,
        kpis=configuration.kpis,
        register_=configuration.register,
        stations=dict(configuration.stations),
        units=dict(configuration.units),
        retention=dict(configuration.retention),
        deduplication_rules=configuration.deduplication_rules,
        obligations=configuration.obligations,
        compliance=configuration.compliance,
        public=configuration.public_page,
    )
    text = json.dumps(json.loads(body.model_dump_json()), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    encoded = text.encode()
    return replace(configuration, packed=compress(encoded), fingerprint=sha256(encoded).hexdigest()[:16])


def configuration_from_body(body: str) -> Configuration:
    """The configuration that `body` was made from; its addresses are those that were written in the files."""
    parsed = _ConfigurationBody.model_validate_json(body)
    return Configuration(
        parsed.identity, parsed.overview, parsed.sources, parsed.kpis, parsed.register_, parsed.register_.agencies,
        parsed.stations, parsed.units, parsed.retention, parsed.deduplication_rules, parsed.obligations,
        parsed.compliance, parsed.public, compress(body.encode()), sha256(body.encode()).hexdigest()[:16],
    )  # fmt: skip
