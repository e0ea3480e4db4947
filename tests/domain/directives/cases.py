"""Tasks, documents and registers for tests, with what happened to them."""

from datetime import date, datetime, time, timedelta

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.directive import CompletionRequest, Document, ProgressReport, Register, Task

BASIS = LocalizedText("Văn bản mô phỏng")
ASSIGNED = date(2026, 1, 1)


def at(day: date, hour: int = 12) -> datetime:
    """Noon (or `hour`) of `day` in the city."""
    return datetime.combine(day, time(hour), CITY_ZONE)


def task(due: date | None = None, **more: object) -> Task:
    """A task assigned on the first day of 2026."""
    fields = {"key": "t", "title": LocalizedText("Nhiệm vụ"), "lead": "a", "assigned_on": ASSIGNED, "due": due} | more
    return Task(**fields)  # type: ignore[arg-type]


def progress_report(day: date, percent: float) -> ProgressReport:
    """A report at noon of `day`."""
    return ProgressReport(at(day), percent)


def completion_request(day: date, decided: date | None = None, accepted: bool = False) -> CompletionRequest:
    """A completion request at noon of `day`."""
    return CompletionRequest(at(day), at(decided) if decided else None, accepted)


def finished(due: date | None, day: date, **more: object) -> Task:
    """A task whose completion request of `day` was accepted three days later."""
    return task(due, completion_requests=(completion_request(day, day + timedelta(days=3), True),), **more)


def document(*tasks: Task, **more: object) -> Document:
    """A document with `tasks`."""
    fields = {
        "key": "mp-1-2026",
        "number": "1/MP-UBND",
        "title": LocalizedText("Văn bản"),
        "kind": "công văn",
        "issuer": "a",
        "issued_on": ASSIGNED,
        "published_on": ASSIGNED,
        "tasks": tasks,
    } | more
    return Document(**fields)  # type: ignore[arg-type]


def register(*tasks: Task, **more: object) -> Register:
    """A register of one document with `tasks`."""
    return Register((document(*tasks),), **more)  # type: ignore[arg-type]
