"""What the API answers about the machine under the centre."""

from pydantic import Field

from ioc.domain.base.host_health import HostComponent
from ioc.domain.snapshot import Snapshot
from ioc.web.api.schemas import ApiModel, Moment, SnapshotEnvelope
from ioc.web.api.serializers import envelope

_UNITS = {
    HostComponent.DISK: "GB",
    HostComponent.CLOCK: "s",
    HostComponent.CERTIFICATE: "d",
    HostComponent.TLS: "d",
    HostComponent.BACKUP: "h",
    HostComponent.WRITING: "",
}


class HostCondition(ApiModel):
    """One part of it."""

    key: str
    part: str = Field(description="disk, clock, certificate, tls, backup or writing.")
    source: str = Field(description="Of a source's certificate, else empty.")
    severity: str
    since: Moment
    value: float | None = Field(
        description="GB free; seconds that the clock is ahead; days left; hours since; readings and events lost."
    )
    unit: str
    share: float | None = Field(description="Percent of the disk that is free.")
    why: str = Field(description="What ails it, empty when all is well.")


class HostHealth(SnapshotEnvelope):
    """How the machine under the centre is."""

    conditions: list[HostCondition]


def host_health(snapshot: Snapshot) -> HostHealth:
    """All its parts."""
    rows = [
        HostCondition(
            key=one.key,
            part=one.component,
            source=one.subject,
            severity=one.severity,
            since=one.since,
            value=one.value,
            unit=_UNITS[one.component],
            share=one.free_percent,
            why=one.reason,
        )
        for one in snapshot.host_conditions
    ]
    return HostHealth(**envelope(snapshot), conditions=rows)
