"""Tasks to judge: short ways to write what happened to one."""

from datetime import date, datetime, time, timedelta

from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import CITY
from ioc.domain.directives.directive import Document, Register, Report, Submission, Task

BASIS = Text("Văn bản mô phỏng")
GIVEN = date(2026, 1, 1)


def at(day: date, hour: int = 12) -> datetime:
    """Noon (or `hour`) of `day` in the city."""
    return datetime.combine(day, time(hour), CITY)


def task(due: date | None = None, **more: object) -> Task:
    """A task given on the first day of 2026."""
    given = {"key": "t", "title": Text("Nhiệm vụ"), "lead": "a", "assigned": GIVEN, "due": due} | more
    return Task(**given)  # type: ignore[arg-type]


def said(day: date, percent: float) -> Report:
    """A report at noon of `day`."""
    return Report(at(day), percent)


def handed(day: date, decided: date | None = None, accepted: bool = False) -> Submission:
    """A request for acceptance at noon of `day`."""
    return Submission(at(day), at(decided) if decided else None, accepted)


def finished(due: date | None, day: date, **more: object) -> Task:
    """A task whose request of `day` was accepted three days later."""
    return task(due, submissions=(handed(day, day + timedelta(days=3), True),), **more)


def document(*tasks: Task, **more: object) -> Document:
    """A document with `tasks`."""
    given = {
        "key": "mp-1-2026",
        "number": "1/MP-UBND",
        "title": Text("Văn bản"),
        "kind": "công văn",
        "issuer": "a",
        "issued": GIVEN,
        "published": GIVEN,
        "tasks": tasks,
    } | more
    return Document(**given)  # type: ignore[arg-type]


def register(*tasks: Task, **more: object) -> Register:
    """A register of one document with `tasks`."""
    return Register((document(*tasks),), **more)  # type: ignore[arg-type]
