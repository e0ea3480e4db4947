"""What agencies handed in, and who was urged: two logs, read from a line on, since no line ever changes.

Whoever writes bumps the topic "handed" first: so writers take turns, and numbers rise in the order of commits.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select

from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.submissions.submission import Act, Did, How, Reminder
from ioc.storage.submissions.schema import reminder, submission

Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be added; `act.id` is not looked at. `values`: of what was sent."""

    act: Act
    values: Values


def add(conn: Connection, act: Act, values: Values | None = None) -> Act:
    """Adds a line; the act with its number."""
    made = conn.execute(submission.insert().returning(submission.c.id), _row(act, values or {})).scalar_one()
    return _numbered(act, made)


def add_all(conn: Connection, lines: Sequence[Line]) -> None:
    """The same for many lines whose numbers nobody needs."""
    if lines:
        conn.execute(submission.insert(), [_row(one.act, one.values) for one in lines])


def urge(conn: Connection, one: Reminder) -> None:
    """Adds a reminder; `one.id` is not looked at."""
    conn.execute(
        reminder.insert(),
        {
            "known_ms": to_ms(one.at), "duty": one.duty, "period": one.period, "who": one.who, "agency": one.agency,
            "why": one.why,
        },
    )  # fmt: skip


def acts(
    conn: Connection, after: int = 0, by: datetime | None = None, since: datetime | None = None
) -> list[Act]:  # fmt: skip
    """The lines beyond number `after`, in their order; those known `by` a moment, `since` one."""
    asked = select(*_SHORT).where(submission.c.id > after).order_by(submission.c.id)
    if since is not None:
        asked = asked.where(submission.c.known_ms >= to_ms(since))
    if by is not None:
        asked = asked.where(submission.c.known_ms <= to_ms(by))
    return [_act(row) for row in conn.execute(asked)]


def course(conn: Connection, duty: str, period: str) -> list[Act]:
    """The lines of one period of a duty."""
    asked = select(*_SHORT).where(submission.c.duty == duty, submission.c.period == period)
    return [_act(row) for row in conn.execute(asked.order_by(submission.c.id))]


def values(conn: Connection, number: int) -> dict[str, float | None]:
    """The figures of the submission of that number; none where there is no such one."""
    found = conn.execute(select(submission.c.body).where(submission.c.id == number)).scalar()
    return {} if found is None else dict(json.loads(found))


def get(conn: Connection, number: int) -> Act | None:
    """The line of that number."""
    found = conn.execute(select(*_SHORT).where(submission.c.id == number)).first()
    return None if found is None else _act(found)


def reminders(conn: Connection, after: int = 0, by: datetime | None = None, duty: str = "") -> list[Reminder]:
    """Who was urged, beyond number `after`; those known `by` a moment, those over one `duty`."""
    asked = select(reminder).where(reminder.c.id > after).order_by(reminder.c.id)
    if duty:
        asked = asked.where(reminder.c.duty == duty)
    if by is not None:
        asked = asked.where(reminder.c.known_ms <= to_ms(by))
    return [
        Reminder(row.id, row.duty, row.period, from_ms(row.known_ms), row.who, row.agency, row.why)
        for row in conn.execute(asked)
    ]


_SHORT = [one for one in submission.c if one.name != "body"]


def _row(act: Act, given: Values) -> dict[str, object]:
    return {
        "known_ms": to_ms(act.at), "duty": act.duty, "period": act.period, "did": act.did.value, "who": act.who,
        "agency": act.agency, "how": act.how.value, "of_id": act.of, "open": act.open, "why": act.why,
        "body": json.dumps(dict(given), sort_keys=True),
    }  # fmt: skip


def _act(row: Row[tuple[object, ...]]) -> Act:
    return Act(
        row.id, row.duty, row.period, Did(row.did), from_ms(row.known_ms), row.who, row.agency, How(row.how),
        row.of_id, row.why, bool(row.open),
    )  # fmt: skip


def _numbered(act: Act, number: int) -> Act:
    return Act(number, act.duty, act.period, act.did, act.at, act.who, act.agency, act.how, act.of, act.why, act.open)
