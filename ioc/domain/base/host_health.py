"""How the machine under the centre is: its disk, its clock, its certificates, its backups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.dropped import QUIET_PERIOD, DropCounter
from ioc.domain.kpis.kpi import Severity


class HostComponent(StrEnum):
    """What of the machine is looked at."""

    DISK = "disk"
    CLOCK = "clock"
    CERTIFICATE = "certificate"  # of the proxy before us
    TLS = "tls"  # of a source
    BACKUP = "backup"
    WRITING = "write_queue"  # of what was polled


COMPONENT_NAMES = {
    HostComponent.DISK: LocalizedText("Ổ đĩa của trung tâm", "Disk of the centre"),
    HostComponent.CLOCK: LocalizedText("Đồng hồ của máy chủ", "Clock of the server"),
    HostComponent.CERTIFICATE: LocalizedText("Chứng thư của cổng truy cập", "Certificate of the way in"),
    HostComponent.TLS: LocalizedText("Chứng thư của nguồn", "Certificate of a source"),
    HostComponent.BACKUP: LocalizedText("Bản sao lưu", "Backup"),
    HostComponent.WRITING: LocalizedText("Ghi số liệu vào kho", "Writing of data"),
}
BYTES_PER_GB = 1_000_000_000
_RETIRED = "gone"
_CLOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class HostCondition:
    """One part as it was found. `since`: when it entered this severity, for this reason.

    `value`: GB free (with `share`, percent of the disk); seconds the clock is ahead; days that a certificate has; hours
    since the newest backup; readings and events lost. Coarse, so that what is logged is what is shown. `about`: the
    source of a TLS certificate.
    `why`: what a sentence is chosen by; "" when all is well.
    """

    component: HostComponent
    severity: Severity
    since: datetime
    value: float | None = None
    free_percent: float | None = None
    subject: str = ""
    reason: str = ""

    @property
    def key(self) -> str:
        """Its name among the machine's conditions."""
        return f"{self.component}-{self.subject}" if self.subject else self.component.value

    @property
    def is_retired(self) -> bool:
        """Whether it is no longer looked at."""
        return self.reason == _RETIRED

    def is_same_state(self, other: "HostCondition") -> bool:
        """Whether `other` is in the same state: then it is in it since the same moment."""
        return (self.severity, self.reason) == (other.severity, other.reason)


def retire(condition: HostCondition, now: datetime) -> HostCondition:
    """`one`, which is looked at no more."""
    return HostCondition(condition.component, Severity.NORMAL, now, subject=condition.subject, reason=_RETIRED)


def disk_condition(free: float, total: float, now: datetime) -> HostCondition:
    """`free` of `total` bytes: below a tenth or 1 GB attention, below a fiftieth critical."""
    share, giga = 100 * free / max(total, 1), free / BYTES_PER_GB
    low = share < 10 or giga < 1
    severity = Severity.CRITICAL if share < 2 else Severity.ATTENTION if low else Severity.NORMAL
    shown = round(giga, 1) if giga < 10 else float(round(giga))
    return HostCondition(HostComponent.DISK, severity, now, shown, float(int(share)), reason="low" if low else "")


def clock_condition(offsets: Mapping[str, float], jumped: float, behind: float, now: datetime) -> HostCondition:
    """`offsets`: by host, by how many seconds its clock says that ours is ahead. `jumped`: of late, by a leap.

    `behind`: by how much ours lies before what this store has known already. One host's clock may be wrong itself: what
    most of them say, two at least, is believed.
    """
    if behind > _CLOCK_SECONDS:
        return HostCondition(HostComponent.CLOCK, Severity.ATTENTION, now, -float(round(behind)), reason="behind")
    off = median(offsets.values()) if offsets else 0.0
    agree = [one for one in offsets.values() if abs(one) > _CLOCK_SECONDS and one * off > 0]
    if len(agree) >= 2 and 2 * len(agree) > len(offsets):
        return HostCondition(HostComponent.CLOCK, Severity.ATTENTION, now, float(round(off, -1)), reason="off")
    if abs(jumped) > _CLOCK_SECONDS:
        return HostCondition(HostComponent.CLOCK, Severity.ATTENTION, now, float(round(jumped)), reason="jumped")
    compared = len(offsets) >= 2
    return HostCondition(HostComponent.CLOCK, Severity.NORMAL, now, float(round(off, -1)) if compared else None)


def certificate_condition(ends: datetime | None, now: datetime) -> HostCondition:
    """Of the way in: below 30 days attention, below 7 critical. `ends` None: the file cannot be read."""
    if ends is None:
        return HostCondition(HostComponent.CERTIFICATE, Severity.ATTENTION, now, reason="unreadable")
    return _expiry_condition(HostComponent.CERTIFICATE, ends, now, 30, 7)


def tls_condition(source: str, ends: datetime, now: datetime) -> HostCondition:
    """Of a source, as it was seen when it was asked: below 14 days attention."""
    return _expiry_condition(HostComponent.TLS, ends, now, 14, None, source)


def _expiry_condition(
    part: HostComponent, ends: datetime, now: datetime, soon: int, near: int | None, about: str = ""
) -> HostCondition:
    days = (ends - now) / timedelta(days=1)
    critical = near is not None and days < near
    severity = Severity.CRITICAL if critical else Severity.ATTENTION if days < soon else Severity.NORMAL
    why = "" if severity is Severity.NORMAL else "ends" if days >= 0 else "ended"
    return HostCondition(part, severity, now, float(int(days)), subject=about, reason=why)


def writing_condition(shed: Iterable[DropCounter], now: datetime) -> HostCondition:
    """Attention for a day after anything was lost because the store could not be written; how much, since when."""
    some = [one for one in shed if now - one.last_at <= QUIET_PERIOD]
    if not some:
        return HostCondition(HostComponent.WRITING, Severity.NORMAL, now)
    count = float(sum(one.recent for one in some))
    return HostCondition(
        HostComponent.WRITING, Severity.ATTENTION, min(one.began_at for one in some), count, reason="shed"
    )


def backup_condition(newest: datetime | None, born: datetime | None, every: timedelta, now: datetime) -> HostCondition:
    """`newest`: of the last good one; `born`: when the store was begun. Attention when none came in twice `every`."""
    begun = newest or born or now
    late = now - begun > 2 * every
    hours = None if newest is None else float(max(0, int((now - newest) / timedelta(hours=1))))
    why = "" if not late else "old" if newest else "never"
    return HostCondition(HostComponent.BACKUP, Severity.ATTENTION if late else Severity.NORMAL, now, hours, reason=why)
