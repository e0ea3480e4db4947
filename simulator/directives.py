"""The simulated documents: rows like those of directives.yaml, functions of a seed and the day of the start."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.directive import Milestone, Task
from ioc.domain.directives.plan import planned_percent
from simulator.directive_plans import (
    DIRECTIVE_PLANS,
    LEAD_AGENCIES,
    OVERDUE_DAYS,
    TASK_SUBJECTS,
    TASK_VERBS,
    DirectivePlan,
)
from simulator.noise import random_for

Row = dict[str, Any]
DAY = timedelta(days=1)
EXTENSION_BASIS = {"vi": "Văn bản gia hạn mô phỏng", "en": "Simulated extension"}
TRANSFER_BASIS = {"vi": "Văn bản chuyển giao mô phỏng", "en": "Simulated transfer"}
# Assignees of the tasks without a due date, before the simulated reorganisation; mp-k has two successors.
FORMER_AGENCIES = ("mp-a-cu", "mp-h", "mp-k", "mp-a-cu", "mp-h", "mp-k")
MILESTONE_STEPS = ((0.4, 30.0), (0.7, 35.0), (1.0, 35.0))


def make_directives(seed: int, day: date) -> list[Row]:
    """Rows of documents, the same for the same `seed` and `day`."""
    ages, numbers = iter(OVERDUE_DAYS), iter(range(len(TASK_SUBJECTS) * len(TASK_VERBS)))
    documents = [(plan, _tasks(plan, _TaskFactory(seed, day, plan, numbers, ages))) for plan in DIRECTIVE_PLANS]
    keys = {plan.number: _document_key(plan, tasks) for plan, tasks in documents}
    return [_document(plan, tasks, keys) for plan, tasks in documents]


def _issue_date(tasks: list[Row]) -> date:
    first: date = min(task["assigned"] for task in tasks)
    return first - 2 * DAY


def _document_key(plan: DirectivePlan, tasks: list[Row]) -> str:
    return f"mp-{plan.number.split('/')[0]}-{_issue_date(tasks).year}"


def _document(plan: DirectivePlan, tasks: list[Row], keys: dict[str, str]) -> Row:
    vi, en = plan.title
    return {
        "key": keys[plan.number],
        "number": plan.number,
        "title": {"vi": vi, "en": en},
        "short": {"vi": vi, "en": en},
        "kind": plan.kind,
        "issuer": "mp-tp",
        "issued": _issue_date(tasks),
        "published": _issue_date(tasks) + DAY,
        "simulated": True,
        "parents": [keys[number] for number in plan.parents],
        "tasks": tasks,
    }


def _tasks(plan: DirectivePlan, factory: "_TaskFactory") -> list[Row]:
    rows = [factory.done_task(0) for _ in range(plan.done_on_time)]
    rows += [factory.done_task(1) for _ in range(plan.done_late)]
    rows += [factory.running_task(n) for n in range(plan.running)]
    rows += [factory.overdue_task() for _ in range(plan.overdue)]
    rows += [factory.undated_task(n) for n in range(plan.without_due_date)]
    rows += [factory.unreported_task(n) for n in range(plan.never_reported)]
    if plan.number == "40/MP-KH":
        rows += _joint_order(rows, factory)
    if plan.number == "21/MP-QĐ":
        rows.append(factory.withdrawn_task())
    return rows


def _joint_order(rows: list[Row], factory: "_TaskFactory") -> list[Row]:
    """One order to five addressees: the first five running tasks carry it out."""
    order = factory.unreported_task(0)
    for child in [row for row in rows if row.get("milestones") and not row.get("submissions")][:5]:
        child["part_of"] = order["key"]
    return [{**order, "assigned": min(row["assigned"] for row in rows)}]


class _TaskFactory:
    """Makes the rows of the tasks of one document."""

    def __init__(self, seed: int, day: date, plan: DirectivePlan, numbers: Iterator[int], ages: Iterator[int]) -> None:
        self.day, self.plan, self.numbers, self.overdue_days = day, plan, numbers, ages
        self.random: Random = random_for(seed, "directives", plan.number)

    def done_task(self, late: int) -> Row:
        """A finished task. Its completion was reported before its due date or, with `late`, after it."""
        due = self.day - self.random.randint(25, 160) * DAY
        reported = due + self.random.randint(2, 14) * DAY if late else due - self.random.randint(0, 18) * DAY
        row = self._row(due - self.random.randint(70, 240) * DAY, due)
        row["reports"] = self._reports(row["assigned"], reported, 100.0)
        row["submissions"] = [self._submission(reported, reported + self.random.randint(2, 6) * DAY, True)]
        if self.random.random() < 0.15:
            row["submissions"].insert(0, self._submission(reported - 12 * DAY, reported - 9 * DAY, False))
        return row

    def running_task(self, n: int) -> Row:
        """A task in time. Every fifth is due within 7 days; every seventh waits for acceptance."""
        due = self.day + (1 + n % 7 if n % 5 == 1 else self.random.randint(12, 260)) * DAY
        row = self._row(self.day - self.random.randint(90, 230) * DAY, due)
        row["milestones"] = self._milestones(row["assigned"], due)
        waits = n % 7 == 4
        row["reports"] = self._reports(row["assigned"], self.day, 96.0 if waits else self._percent(row, self.plan.lag))
        if waits:
            row["submissions"] = [self._submission(self.day - self.random.randint(1, 6) * DAY, None, False)]
        return row

    def overdue_task(self) -> Row:
        """An overdue task; some have extensions, some a completion report that was not accepted."""
        age = next(self.overdue_days)
        due = self.day - age * DAY
        row = self._row(due - self.random.randint(110, 220) * DAY, due)
        last = self.day - (age // 3) * DAY
        row["reports"] = self._reports(row["assigned"], last, self._percent(row, self.plan.overdue_lag))
        if age % 3 == 0:
            self._add_extensions(row, due, 1 + age % 2)
        if age % 4 == 1:
            row["submissions"] = [self._submission(due - 2 * DAY, due - DAY, False)]
        return row

    def undated_task(self, n: int) -> Row:
        """A task without a due date, assigned to an agency that has since been merged."""
        row = self._row(min(date(2025, 1, 10), self.day - 300 * DAY) + n * DAY, None)
        row["lead"] = FORMER_AGENCIES[n % len(FORMER_AGENCIES)]
        row["reports"] = self._reports(row["assigned"], self.day - 6 * n * DAY, self.random.uniform(45, 80))
        if row["lead"] == "mp-k" and n < 5:
            row["transfers"] = [{"on": date(2025, 7, 15), "to": "mp-d", "basis": TRANSFER_BASIS}]
        return row

    def unreported_task(self, n: int) -> Row:
        """A task without any progress report."""
        due = None if n % 3 == 2 else self.day + self.random.randint(20, 150) * DAY
        return self._row(self.day - self.random.randint(15, 45) * DAY, due)

    def withdrawn_task(self) -> Row:
        """A withdrawn task."""
        row = self._row(self.day - 120 * DAY, self.day - 30 * DAY)
        return {**row, "withdrawn": _local_time(self.day - 60 * DAY, 9)}

    def _row(self, assigned: date, due: date | None) -> Row:
        n = next(self.numbers)
        verb, subject = (
            TASK_VERBS[(n + n // len(TASK_SUBJECTS)) % len(TASK_VERBS)],
            TASK_SUBJECTS[n % len(TASK_SUBJECTS)],
        )
        return {
            "key": f"nv-{n + 1}",
            "title": {"vi": f"{verb[0]} {subject[0]}", "en": f"{verb[1]} {subject[1]}"},
            "lead": f"mp-{LEAD_AGENCIES[n % len(LEAD_AGENCIES)]}",
            "coordinating": sorted(
                {f"mp-{LEAD_AGENCIES[(n + 3) % len(LEAD_AGENCIES)]}"} - {f"mp-{LEAD_AGENCIES[n % len(LEAD_AGENCIES)]}"}
            ),
            "assigned": assigned,
            "due": due,
        }

    def _milestones(self, assigned: date, due: date) -> list[Row]:
        span = (due - assigned).days
        return [
            {"name": f"Bước {n}", "due": assigned + round(part * span) * DAY, "weight": weight}
            for n, (part, weight) in enumerate(MILESTONE_STEPS, 1)
        ]

    def _percent(self, row: Row, lag: float) -> float:
        """Progress in percent, `lag` points behind the plan of today, with noise."""
        steps = tuple(Milestone(LocalizedText(""), step["due"], step["weight"]) for step in row.get("milestones", ()))
        task = Task("t", LocalizedText(""), "mp-a", row["assigned"], row["due"], milestones=steps)
        plan = planned_percent(task, row["due"], self.day) or 0.0
        return min(max(plan - lag + self.random.uniform(-3, 3), 2.0), 97.0)

    def _reports(self, start: date, end: date, percent: float) -> list[Row]:
        """Progress reports about every three weeks until a few days before `end`, rising to `percent`."""
        last = end - self.random.randint(1, 9) * DAY
        count = min(max((last - start).days // 24, 1), 12)
        bend = self.random.uniform(0.9, 1.3)
        return [
            {
                "at": _local_time(start + ((last - start) / count) * n, 9 + n % 8),
                "percent": round(percent * (n / count) ** bend, 1),
            }
            for n in range(1, count + 1)
        ]

    def _submission(self, day: date, decided: date | None, accepted: bool) -> Row:
        return {
            "at": _local_time(day, 15),
            "decided": _local_time(decided, 10) if decided else None,
            "accepted": accepted,
        }

    def _add_extensions(self, row: Row, due: date, times: int) -> None:
        """Gives the row `times` extensions of 30 days each, the last of which ends at `due`."""
        dues = [due - 30 * n * DAY for n in range(times, -1, -1)]
        row["due"] = dues[0]
        row["extensions"] = [
            {"on": old - 3 * DAY, "old": old, "new": new, "basis": EXTENSION_BASIS} for old, new in pairwise(dues)
        ]


def _local_time(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), CITY_ZONE)
