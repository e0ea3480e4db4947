"""Sources and the host's health, from a snapshot."""

from ioc.domain.base.host_health import HostComponent
from ioc.domain.ingest.health import states_own_time
from ioc.domain.snapshot import Snapshot, SourceView
from ioc.web.api.schemas import sources as schemas
from ioc.web.api.schemas.base import Failure, TranslatedText
from ioc.web.api.serializers.base import agency_name, envelope

_UNITS = {
    HostComponent.DISK: "GB",
    HostComponent.CLOCK: "s",
    HostComponent.CERTIFICATE: "d",
    HostComponent.TLS: "d",
    HostComponent.BACKUP: "h",
    HostComponent.WRITING: "",
}


def sources(snapshot: Snapshot) -> schemas.Sources:
    """All sources, without their addresses."""
    return schemas.Sources(**envelope(snapshot), sources=[_source(snapshot, view) for view in snapshot.sources])


def _source(snapshot: Snapshot, view: SourceView) -> schemas.Source:
    row, health = view.source, view.health
    return schemas.Source(
        key=row.key,
        name=TranslatedText.from_text(row.name),
        protocol=row.protocol,
        state=health.state,
        state_since=health.since,
        is_simulated=row.is_simulated,
        is_enabled=row.is_enabled,
        last_attempt=health.last_attempt,
        last_success=health.last_success,
        data_time=health.data_time,
        has_own_time=states_own_time(health, row),
        last_error=Failure.from_failure(health.last_error) if health.last_error else None,
        drift=[Failure.from_failure(difference) for difference in health.drift],
        drift_since=health.drift_since,
        last_drift=[Failure.from_failure(difference) for difference in health.last_drift],
        consecutive_failures=health.consecutive_failures,
        accepted_count=health.accepted_count,
        rejected_count=health.rejected_count,
        duplicate_count=health.duplicate_count,
        poll_interval_seconds=row.poll_interval.total_seconds(),
        age_limit_seconds=row.age_limit.total_seconds(),
        owner=row.owner,
        owner_name=agency_name(snapshot, row.owner),
        licence=row.licence.vi,
        series=[series.key for series in row.series],
    )


def host_health(snapshot: Snapshot) -> schemas.HostHealth:
    """The checks of the host."""
    conditions = [
        schemas.HostCondition(
            key=condition.key,
            component=condition.component,
            source=condition.subject,
            severity=condition.severity,
            severity_since=condition.since,
            value=condition.value,
            unit=_UNITS[condition.component],
            free_percent=condition.free_percent,
            reason=condition.reason,
        )
        for condition in snapshot.host_conditions
    ]
    return schemas.HostHealth(**envelope(snapshot), conditions=conditions)
