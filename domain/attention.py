"""Tasks that have just become overdue, as the strip of what needs eyes shows them."""

from datetime import datetime, time, timedelta

from domain.assessment import assess, overdue
from domain.directive import Register
from domain.kpi import Severity
from domain.progress import TaskView
from domain.snapshot import Attention
from domain.text import Text
from domain.times import CITY


def overdue_attention(register: Register, at: datetime) -> tuple[Attention, ...]:
    """Tasks overdue for at most `register.new_days` days at `at`, newest first."""
    late = [one for one in overdue(assess(register, at).tasks) if one.status.days_over <= register.new_days]
    return tuple(_attention(one, register) for one in reversed(late))


def _attention(view: TaskView, register: Register) -> Attention:
    due = view.status.due
    assert due is not None  # only a task with a due date is overdue
    held = register.agencies.get(view.holding.holder or "")
    who = held.short if held else Text("chưa xác định cơ quan hiện chủ trì", "no holder yet")
    days, number, until = view.status.days_over, view.document.number, due.strftime("%d/%m/%Y")
    return Attention(
        "task",
        f"{view.document.key}-{view.task.key}",
        Severity.ATTENTION,
        Text(f"Quá hạn: {view.task.title.vi}", f"Overdue: {view.task.title.said('en')}"),
        Text(
            f"{number} · {who.vi} · hạn {until}, quá {days} ngày",
            f"{number} · {who.said('en')} · due {until}, {days} days over",
        ),
        datetime.combine(due + timedelta(days=1), time(), CITY),
        f"/chi-dao/{view.document.key}",
        view.document.simulated,
    )
