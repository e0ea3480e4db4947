"""Host health: the conditions of disk, clock, certificates, backups, writing and tasks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within
from ioc.domain.base.disk_space import DiskSpace
from ioc.domain.base.severity import Severity
from ioc.domain.ingest.dropped import QUIET_PERIOD, DropCounter


class HostComponent(StrEnum):
    """A part of the host that is monitored."""

    DISK = "disk"
    CLOCK = "clock"
    CERTIFICATE = "certificate"  # of the proxy in front of the program
    TLS = "tls"  # of a source
    BACKUP = "backup"
    WRITING = "write_queue"  # of polled data
    BACKGROUND_TASK = "background_task"  # beside the polls; listed only while it fails
    WEBHOOK = "webhook"  # to another system; listed only while it fails
    TEMPORARY_DISK = "temporary_disk"  # of large requests and answers; listed only while it is short, and another one


class ConditionReason(StrEnum):
    """Why a component is in its condition. Texts: components/messages/host_health.toml, by component and reason."""

    NONE = ""  # all is well
    RETIRED = "gone"  # no longer monitored
    LOW = "low"
    FEW_INODES = "inodes"
    CLOCK_BEHIND = "behind"  # of the newest time in the store
    CLOCK_OFF = "off"  # against other hosts
    CLOCK_JUMPED = "jumped"
    UNREADABLE = "unreadable"
    EXPIRING = "ends"
    EXPIRED = "ended"
    SHED = "shed"
    OLD = "old"
    NEVER = "never"
    FAILING = "failing"


BYTES_PER_GB = 1_000_000_000
WEBHOOK_GRACE = timedelta(minutes=5)  # a receiver that is restarted is nobody's concern
_MAX_CLOCK_OFFSET = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class HostCondition:
    """The condition of one component. `since`: when it entered this severity, for this reason.

    `value`: free disk in GB (with `free_percent`, of its bytes or its inodes); seconds that the clock is ahead; days
    until a certificate expires; hours since the newest backup; readings and events lost. It is rounded, so that the log
    equals what is shown.
    `subject`: key of the source, for a TLS certificate; name of the task; system of the webhook. `reason`: selects the
    message.
    """

    component: HostComponent
    severity: Severity
    since: datetime
    value: float | None = None
    free_percent: float | None = None
    subject: str = ""
    reason: ConditionReason = ConditionReason.NONE

    @property
    def key(self) -> str:
        """Its identifier among the conditions of the host."""
        return f"{self.component}-{self.subject}" if self.subject else self.component.value

    @property
    def is_retired(self) -> bool:
        """Whether it is no longer monitored."""
        return self.reason == ConditionReason.RETIRED

    def is_same_state(self, other: "HostCondition") -> bool:
        """Whether `other` has the same severity and reason, so that its `since` stays."""
        return (self.severity, self.reason) == (other.severity, other.reason)


def retire(condition: HostCondition, now: datetime) -> HostCondition:
    """The condition that says that `condition` is no longer monitored."""
    return HostCondition(
        condition.component, Severity.NORMAL, now, subject=condition.subject, reason=ConditionReason.RETIRED
    )


def disk_condition(
    disk: DiskSpace, now: datetime, component: HostComponent = HostComponent.DISK, reserve_gb: float = 1.0
) -> HostCondition:
    """Attention below 10 % of the bytes or inodes, or `reserve_gb`, critical below 2 %; by what is scarcer."""
    percent, gigabytes = 100 * disk.free / max(disk.total, 1), disk.free / BYTES_PER_GB
    is_low = percent < 10 or gigabytes < reserve_gb
    reason = ConditionReason.LOW if is_low else ConditionReason.NONE
    of_inodes = 100 * disk.free_inodes / disk.inodes if disk.inodes else 100.0
    if of_inodes < min(percent, 10):
        percent, reason = of_inodes, ConditionReason.FEW_INODES
    severity = Severity.CRITICAL if percent < 2 else Severity.ATTENTION if reason else Severity.NORMAL
    rounded = round(gigabytes, 1) if gigabytes < 10 else float(round(gigabytes))
    return HostCondition(component, severity, now, rounded, float(int(percent)), reason=reason)


def clock_condition(offsets: Mapping[str, float], jumped: float, behind: float, now: datetime) -> HostCondition:
    """The condition of our clock, in seconds.

    `offsets`: by host, how far our clock is ahead of that host's. `jumped`: the size of a recent jump.
    `behind`: how far our clock lies before the newest time in the store. A single host's clock may be wrong itself: the
    majority of at least two decides.
    """
    if behind > _MAX_CLOCK_OFFSET:
        return HostCondition(
            HostComponent.CLOCK, Severity.ATTENTION, now, -float(round(behind)), reason=ConditionReason.CLOCK_BEHIND
        )
    typical = median(offsets.values()) if offsets else 0.0
    agreeing = [offset for offset in offsets.values() if abs(offset) > _MAX_CLOCK_OFFSET and offset * typical > 0]
    if len(agreeing) >= 2 and 2 * len(agreeing) > len(offsets):
        return HostCondition(
            HostComponent.CLOCK, Severity.ATTENTION, now, float(round(typical, -1)), reason=ConditionReason.CLOCK_OFF
        )
    if abs(jumped) > _MAX_CLOCK_OFFSET:
        return HostCondition(
            HostComponent.CLOCK, Severity.ATTENTION, now, float(round(jumped)), reason=ConditionReason.CLOCK_JUMPED
        )
    value = float(round(typical, -1)) if len(offsets) >= 2 else None
    return HostCondition(HostComponent.CLOCK, Severity.NORMAL, now, value)


def certificate_condition(expires_at: datetime | None, now: datetime) -> HostCondition:
    """The certificate of the proxy: attention below 30 days, critical below 7. None: the file cannot be read."""
    if expires_at is None:
        return HostCondition(HostComponent.CERTIFICATE, Severity.ATTENTION, now, reason=ConditionReason.UNREADABLE)
    return _expiry_condition(HostComponent.CERTIFICATE, expires_at, now, attention_days=30, critical_days=7)


def tls_condition(source: str, expires_at: datetime, now: datetime) -> HostCondition:
    """The certificate of a source, as the newest poll saw it: attention below 14 days."""
    return _expiry_condition(HostComponent.TLS, expires_at, now, attention_days=14, subject=source)


def _expiry_condition(
    component: HostComponent, expires_at: datetime, now: datetime, *,
    attention_days: int, critical_days: int | None = None, subject: str = "",
) -> HostCondition:  # fmt: skip
    days = (expires_at - now) / timedelta(days=1)
    is_critical = critical_days is not None and days < critical_days
    severity = Severity.CRITICAL if is_critical else Severity.ATTENTION if days < attention_days else Severity.NORMAL
    expiry = ConditionReason.EXPIRING if days >= 0 else ConditionReason.EXPIRED
    reason = ConditionReason.NONE if severity is Severity.NORMAL else expiry
    return HostCondition(component, severity, now, float(int(days)), subject=subject, reason=reason)


def writing_condition(shed: Iterable[DropCounter], now: datetime) -> HostCondition:
    """Attention for a day after data was shed because the store could not be written: how much, since when."""
    recent = [counter for counter in shed if is_within(QUIET_PERIOD, counter.last_at, now, CLOCK_TOLERANCE)]
    if not recent:
        return HostCondition(HostComponent.WRITING, Severity.NORMAL, now)
    count, since = float(sum(counter.recent for counter in recent)), min(counter.began_at for counter in recent)
    return HostCondition(HostComponent.WRITING, Severity.ATTENTION, since, count, reason=ConditionReason.SHED)


def background_task_condition(name: str, failing_since: datetime) -> HostCondition:
    """The task `name` beside the polls fails and is run again and again."""
    return HostCondition(
        HostComponent.BACKGROUND_TASK, Severity.ATTENTION, failing_since, subject=name, reason=ConditionReason.FAILING
    )


def webhook_condition(system: str, failing_since: datetime) -> HostCondition:
    """Acts do not reach `system`: they wait until it takes them."""
    return HostCondition(
        HostComponent.WEBHOOK, Severity.ATTENTION, failing_since, subject=system, reason=ConditionReason.FAILING
    )


def backup_condition(
    newest: datetime | None, store_created_at: datetime | None, interval: timedelta, now: datetime
) -> HostCondition:
    """`newest`: time of the newest good backup. Attention when none was made within twice the `interval`."""
    is_late = not is_within(2 * interval, newest or store_created_at or now, now, CLOCK_TOLERANCE)
    hours = None if newest is None else float(max(0, int((now - newest) / timedelta(hours=1))))
    lateness = ConditionReason.OLD if newest else ConditionReason.NEVER
    reason = lateness if is_late else ConditionReason.NONE
    severity = Severity.ATTENTION if is_late else Severity.NORMAL
    return HostCondition(HostComponent.BACKUP, severity, now, hours, reason=reason)
