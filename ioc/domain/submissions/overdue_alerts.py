"""Agencies that owe figures now and are late with them, as things that need attention: by the city's own thresholds."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from ioc.domain.base.localized_text import Text
from ioc.domain.base.severity import Severity
from ioc.domain.directives.agency import Agency
from ioc.domain.snapshot import Attention
from ioc.domain.submissions.compliance import records
from ioc.domain.submissions.submission import HandedIn, Owed, Status, Threshold, everything

LINK = "/cham-so-lieu"
_NOBODY = Text("chưa xác định cơ quan gửi", "nobody known to owe it")


def behind_attention(handed: HandedIn, agencies: Mapping[str, Agency], at: datetime) -> tuple[Attention, ...]:
    """One for each agency that is late and whose year has reached a threshold, one for all others that are late.

    Worked out anew when something was handed in, and each minute: a year of a daily duty of 103 units takes a second.
    """
    return _behind(_Known(handed, agencies, at), int(at.timestamp()) // 60)


class _Known:
    """What it follows from, as a cache's key: the same objects, at whatever moment."""

    def __init__(self, handed: HandedIn, agencies: Mapping[str, Agency], at: datetime) -> None:
        self.handed, self.agencies, self.at = handed, agencies, at
        self._parts = (handed.duties, handed.acts, handed.reminders, handed.lateness, agencies)

    def __hash__(self) -> int:
        return hash(tuple(map(id, self._parts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and all(a is b for a, b in zip(self._parts, other._parts, strict=True))


@lru_cache(maxsize=4)
def _behind(known: _Known, minute: int) -> tuple[Attention, ...]:
    handed, at = known.handed, known.at
    every = everything(handed, known.agencies, at)
    late: dict[str, list[Owed]] = {}
    for one in every:
        if one.standing.status is Status.LATE:
            late.setdefault(one.agency or "", []).append(one)
    reached = {one.agency: one.reached for one in records(handed, every, at) if one.reached} if late else {}
    named = {key: _name(known.agencies, key) for key in late}
    found = [_reached(key, named[key], late[key], reached[key], at) for key in late if key in reached]
    others = [key for key in late if key not in reached]
    return (*found, *([_others([named[key] for key in others], [late[key] for key in others], at)] if others else []))


def _name(agencies: Mapping[str, Agency], key: str) -> Text:
    agency = agencies.get(key)
    return agency.short if agency else _NOBODY


def _reached(key: str, name: Text, late: Sequence[Owed], limit: Threshold, at: datetime) -> Attention:
    """What the city does about it comes first: a wall has one line."""
    vi, en = _over(late, at)
    if len(late) > 1:
        vi, en = f"{len(late)} kỳ, {vi}", f"{len(late)} periods, {en}"
    detail = Text(f"{limit.name.vi} · {vi}", f"{limit.name.said('en')} · {en}")
    return _attention(key or "nobody", limit.severity, name, detail, late)


def _others(names: Sequence[Text], late: Sequence[Sequence[Owed]], at: datetime) -> Attention:
    """Those that are late for a first or second time: each by itself is no case for the city's leaders yet."""
    every = [one for some in late for one in some]
    n = len(names)
    who = names[0] if n == 1 else Text(f"{n} cơ quan", f"{n} agencies")
    return _attention("others", Severity.ATTENTION, who, _told(every, at), every)


def _told(late: Sequence[Owed], at: datetime) -> Text:
    vi, en = _over(late, at)
    return Text(f"{len(late)} kỳ chưa gửi, {vi}", f"{_many(len(late), 'period')} not sent, {en}")


def _over(late: Sequence[Owed], at: datetime) -> tuple[str, str]:
    """Since when, of the longest overdue."""
    over = at - min(one.standing.due for one in late)
    vi, en = (f"{over.days} ngày", _many(over.days, "day")) if over >= timedelta(days=1) else _hours(over)
    several = len(late) > 1
    return f"quá hạn {'đến ' if several else ''}{vi}", f"{'up to ' if several else ''}{en} overdue"


def _hours(over: timedelta) -> tuple[str, str]:
    hours = over // timedelta(hours=1)
    return (f"{hours} giờ", _many(hours, "hour")) if hours else ("dưới 1 giờ", "less than an hour")


def _many(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _attention(key: str, severity: Severity, who: Text, detail: Text, late: Sequence[Owed]) -> Attention:
    title = Text(f"Chậm cập nhật số liệu: {who.vi}", f"Figures late: {who.said('en')}")
    since, simulated = min(one.standing.due for one in late), any(one.duty.simulated for one in late)
    return Attention("figures", key, severity, title, detail, since, LINK, simulated)
