"""What the API answers about the machine under the centre."""

from pydantic import Field

from ioc.domain.base.host_health import Part
from ioc.domain.snapshot import Snapshot
from ioc.web.api.schemas import Head, Moment, Shape
from ioc.web.api.serializers import head

_UNITS = {Part.DISK: "GB", Part.CLOCK: "s", Part.CERTIFICATE: "d", Part.TLS: "d", Part.BACKUP: "h", Part.WRITING: ""}


class Condition(Shape):
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


class Machine(Head):
    """How the machine under the centre is."""

    conditions: list[Condition]


def machine(snapshot: Snapshot) -> Machine:
    """All its parts."""
    rows = [
        Condition(
            key=one.key, part=one.part, source=one.about, severity=one.severity, since=one.since, value=one.value,
            unit=_UNITS[one.part], share=one.share, why=one.why,
        )
        for one in snapshot.machine
    ]  # fmt: skip
    return Machine(**head(snapshot), conditions=rows)
