"""The configuration as the house uses it, and its canonical text for the log of what was configured when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

from pydantic import BaseModel, ConfigDict

from ioc.domain.base.access_policy import Access
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Register
from ioc.domain.events.deduplication import Twins
from ioc.domain.geo.place import Station, Unit
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import Kpi
from ioc.domain.snapshot import Identity
from ioc.domain.submissions.obligation import Duty
from ioc.domain.submissions.submission import Lateness


@dataclass(frozen=True, slots=True)
class Keep:
    """Days for which a class of series is kept raw and by minute; by hour and day it is kept for ever."""

    raw_days: int
    minute_days: int


@dataclass(frozen=True, slots=True)
class Public:
    """What the public page shows: KPIs by key, and whether directives."""

    kpis: tuple[str, ...] = ()
    directives: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is configured, checked. `fingerprint` changes whenever `body` does."""

    identity: Identity
    overview: tuple[str, ...]
    sources: tuple[Source, ...]
    kpis: tuple[Kpi, ...]
    register: Register
    agencies: Mapping[str, Agency]
    stations: Mapping[str, Station]
    units: Mapping[str, Unit]
    retention: Mapping[str, Keep]
    twins: tuple[Twins, ...] = ()
    duties: tuple[Duty, ...] = ()
    lateness: Lateness = field(default_factory=Lateness)
    public: Public = Public()
    body: str = field(default="", repr=False)
    fingerprint: str = ""
    access: Access = field(default_factory=Access)
    backup_every: timedelta = timedelta(days=1)

    @property
    def simulated(self) -> bool:
        """Whether its store is one of simulated readings."""
        return any(one.simulated for one in self.sources if one.enabled)


class _Body(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="strings", arbitrary_types_allowed=True)

    identity: Identity
    overview: tuple[str, ...]
    sources: tuple[Source, ...]
    kpis: tuple[Kpi, ...]
    register_: Register
    stations: dict[str, Station]
    units: dict[str, Unit]
    retention: dict[str, Keep]
    twins: tuple[Twins, ...] = ()
    duties: tuple[Duty, ...] = ()
    lateness: Lateness = Lateness()
    public: Public = Public()


def sealed(made: Configuration, addresses: Mapping[str, str]) -> Configuration:
    """`made` with its body; there, sources stand with `addresses` as written, so that no secret of the environment
    gets into the log and a port that changes at each start makes no new entry.
    """
    sources = tuple(replace(one, address=addresses.get(one.key, one.address), fingerprint="") for one in made.sources)
    body = _Body(
        identity=made.identity, overview=made.overview, sources=sources, kpis=made.kpis, register_=made.register,
        stations=dict(made.stations), units=dict(made.units), retention=dict(made.retention), twins=made.twins,
        duties=made.duties, lateness=made.lateness,
        public=made.public,
    )  # fmt: skip
    text = json.dumps(json.loads(body.model_dump_json()), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return replace(made, body=text, fingerprint=sha256(text.encode()).hexdigest()[:16])


def restore(body: str) -> Configuration:
    """The configuration that `body` was made from, for a look at the past: addresses stand as they were written."""
    known = _Body.model_validate_json(body)
    return Configuration(
        known.identity, known.overview, known.sources, known.kpis, known.register_, known.register_.agencies,
        known.stations, known.units, known.retention, known.twins, known.duties, known.lateness, known.public,
        body, sha256(body.encode()).hexdigest()[:16],
    )  # fmt: skip
