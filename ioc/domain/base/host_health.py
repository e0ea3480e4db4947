"""How the machine under the centre is: its disk, its clock, its certificates, its backups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from ioc.domain.base.localized_text import Text
from ioc.domain.ingest.dropped import QUIET, GivenUp
from ioc.domain.kpis.kpi import Severity


class Part(StrEnum):
    """What of the machine is looked at."""

    DISK = "disk"
    CLOCK = "clock"
    CERTIFICATE = "certificate"  # of the proxy before us
    TLS = "tls"  # of a source
    BACKUP = "backup"
    WRITING = "writing"  # of what was polled


NAMES = {
    Part.DISK: Text("Ổ đĩa của trung tâm", "Disk of the centre"),
    Part.CLOCK: Text("Đồng hồ của máy chủ", "Clock of the server"),
    Part.CERTIFICATE: Text("Chứng thư của cổng truy cập", "Certificate of the way in"),
    Part.TLS: Text("Chứng thư của nguồn", "Certificate of a source"),
    Part.BACKUP: Text("Bản sao lưu", "Backup"),
    Part.WRITING: Text("Ghi số liệu vào kho", "Writing of data"),
}
GIGA = 1_000_000_000
_GONE = "gone"
_CLOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One part as it was found. `since`: when it entered this severity, for this reason.

    `value`: GB free (with `share`, percent of the disk); seconds the clock is ahead; days that a certificate has; hours
    since the newest backup; readings and events lost. Coarse, so that what is logged is what is shown. `about`: the
    source of a TLS certificate.
    `why`: what a sentence is chosen by; "" when all is well.
    """

    part: Part
    severity: Severity
    since: datetime
    value: float | None = None
    share: float | None = None
    about: str = ""
    why: str = ""

    @property
    def key(self) -> str:
        """Its name among the machine's conditions."""
        return f"{self.part}-{self.about}" if self.about else self.part.value

    @property
    def gone(self) -> bool:
        """Whether it is no longer looked at."""
        return self.why == _GONE

    def same(self, other: "Condition") -> bool:
        """Whether `other` is in the same state: then it is in it since the same moment."""
        return (self.severity, self.why) == (other.severity, other.why)


def gone(one: Condition, now: datetime) -> Condition:
    """`one`, which is looked at no more."""
    return Condition(one.part, Severity.NORMAL, now, about=one.about, why=_GONE)


def disk(free: float, total: float, now: datetime) -> Condition:
    """`free` of `total` bytes: below a tenth or 1 GB attention, below a fiftieth critical."""
    share, giga = 100 * free / max(total, 1), free / GIGA
    low = share < 10 or giga < 1
    severity = Severity.CRITICAL if share < 2 else Severity.ATTENTION if low else Severity.NORMAL
    shown = round(giga, 1) if giga < 10 else float(round(giga))
    return Condition(Part.DISK, severity, now, shown, float(int(share)), why="low" if low else "")


def clock(offsets: Mapping[str, float], jumped: float, behind: float, now: datetime) -> Condition:
    """`offsets`: by host, by how many seconds its clock says that ours is ahead. `jumped`: of late, by a leap.

    `behind`: by how much ours lies before what this store has known already. One host's clock may be wrong itself: what
    most of them say, two at least, is believed.
    """
    if behind > _CLOCK_SECONDS:
        return Condition(Part.CLOCK, Severity.ATTENTION, now, -float(round(behind)), why="behind")
    off = median(offsets.values()) if offsets else 0.0
    agree = [one for one in offsets.values() if abs(one) > _CLOCK_SECONDS and one * off > 0]
    if len(agree) >= 2 and 2 * len(agree) > len(offsets):
        return Condition(Part.CLOCK, Severity.ATTENTION, now, float(round(off, -1)), why="off")
    if abs(jumped) > _CLOCK_SECONDS:
        return Condition(Part.CLOCK, Severity.ATTENTION, now, float(round(jumped)), why="jumped")
    compared = len(offsets) >= 2
    return Condition(Part.CLOCK, Severity.NORMAL, now, float(round(off, -1)) if compared else None)


def certificate(ends: datetime | None, now: datetime) -> Condition:
    """Of the way in: below 30 days attention, below 7 critical. `ends` None: the file cannot be read."""
    if ends is None:
        return Condition(Part.CERTIFICATE, Severity.ATTENTION, now, why="unreadable")
    return _ending(Part.CERTIFICATE, ends, now, 30, 7)


def tls(source: str, ends: datetime, now: datetime) -> Condition:
    """Of a source, as it was seen when it was asked: below 14 days attention."""
    return _ending(Part.TLS, ends, now, 14, None, source)


def _ending(part: Part, ends: datetime, now: datetime, soon: int, near: int | None, about: str = "") -> Condition:
    days = (ends - now) / timedelta(days=1)
    critical = near is not None and days < near
    severity = Severity.CRITICAL if critical else Severity.ATTENTION if days < soon else Severity.NORMAL
    why = "" if severity is Severity.NORMAL else "ends" if days >= 0 else "ended"
    return Condition(part, severity, now, float(int(days)), about=about, why=why)


def writing(shed: Iterable[GivenUp], now: datetime) -> Condition:
    """Attention for a day after anything was lost because the store could not be written; how much, since when."""
    some = [one for one in shed if now - one.last <= QUIET]
    if not some:
        return Condition(Part.WRITING, Severity.NORMAL, now)
    count = float(sum(one.recent for one in some))
    return Condition(Part.WRITING, Severity.ATTENTION, min(one.began for one in some), count, why="shed")


def backup(newest: datetime | None, born: datetime | None, every: timedelta, now: datetime) -> Condition:
    """`newest`: of the last good one; `born`: when the store was begun. Attention when none came in twice `every`."""
    begun = newest or born or now
    late = now - begun > 2 * every
    hours = None if newest is None else float(max(0, int((now - newest) / timedelta(hours=1))))
    why = "" if not late else "old" if newest else "never"
    return Condition(Part.BACKUP, Severity.ATTENTION if late else Severity.NORMAL, now, hours, why=why)
