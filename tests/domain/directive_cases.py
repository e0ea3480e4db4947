"""Tasks to judge: short ways to write what happened to one."""

from datetime import date, datetime, time, timedelta

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.directive import CompletionRequest, Document, ProgressReport, Register, Task

BASIS = LocalizedText("Văn bản mô phỏng")
GIVEN = date(2026, 1, 1)


def at(day: date, hour: int = 12) -> datetime:
    """Noon (or `hour`) of `day` in the city."""
    return datetime.combine(day, time(hour), CITY_ZONE)


def task(due: date | None = None, **more: object) -> Task:
    """A task given on the first day of 2026."""
    given = {"key": "t", "title": LocalizedText("Nhiệm vụ"), "lead": "a", "assigned_on": GIVEN, "due": due} | more
    return Task(**given)  # type: ignore[arg-type]


def said(day: date, percent: float) -> ProgressReport:
    """A report at noon of `day`."""
    return ProgressReport(at(day), percent)


def handed(day: date, decided: date | None = None, accepted: bool = False) -> CompletionRequest:
    """A request for acceptance at noon of `day`."""
    return CompletionRequest(at(day), at(decided) if decided else None, accepted)


def finished(due: date | None, day: date, **more: object) -> Task:
    """A task whose request of `day` was accepted three days later."""
    return task(due, completion_requests=(handed(day, day + timedelta(days=3), True),), **more)


def document(*tasks: Task, **more: object) -> Document:
    """A document with `tasks`."""
    given = {
        "key": "mp-1-2026",
        "number": "1/MP-UBND",
        "title": LocalizedText("Văn bản"),
        "kind": "công văn",
        "issuer": "a",
        "issued_on": GIVEN,
        "published_on": GIVEN,
        "tasks": tasks,
    } | more
    return Document(**given)  # type: ignore[arg-type]


def register(*tasks: Task, **more: object) -> Register:
    """A register of one document with `tasks`."""
    return Register((document(*tasks),), **more)  # type: ignore[arg-type]
