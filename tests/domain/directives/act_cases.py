"""Acts on one task in tests: a history that is written line by line, with its checks."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_checks import ActContext, check_act
from ioc.domain.directives.acts import Act, ActFields, TaskEvent
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.task_fold import apply_event, fold
from ioc.domain.directives.task_state import TaskState
from tests.domain.directives.cases import at

ASSIGNED = date(2026, 3, 2)  # a Monday
DUE = date(2026, 3, 20)
DAY = timedelta(days=1)
AGENCIES = {
    key: Agency(key, LocalizedText(key), LocalizedText(key), until=until, is_central=key == "ministry")
    for key, until in (("a", None), ("b", None), ("c", None), ("old", date(2025, 6, 30)), ("ministry", None))
}
CONTEXT = ActContext(AGENCIES)
OFFICE, LEADER, AGENCY = "office", "leader", "agency"


class TaskLog:
    """The events of one task; `act` checks the act as a command does and appends it."""

    def __init__(self, due: date | None = DUE, context: ActContext = CONTEXT, **stated: Any) -> None:
        self.events: list[TaskEvent] = []
        self.context = context
        self.act(Act.ASSIGN, ASSIGNED, agency="a", due=due, **stated)

    @property
    def state(self) -> TaskState:
        """After all events."""
        state = fold(self.events)
        assert state is not None
        return state

    def act(self, act: Act, day: date | datetime, actor: str = OFFICE, **stated: Any) -> int:
        """Appends an act at noon of `day`, or at that moment; returns its id."""
        moment = day if isinstance(day, datetime) else at(day)
        event = TaskEvent(len(self.events) + 1, "t", act, moment, actor, actor, stated=ActFields(**stated))
        state = fold(self.events)
        check_act(state, event, self.context)
        apply_event(state, event)
        self.events.append(event)
        return event.id

    def with_context(self, **changes: Any) -> "TaskLog":
        """The same log in another surrounding."""
        self.context = replace(self.context, **changes)
        return self

    def receive(self, day: date = ASSIGNED) -> "TaskLog":
        """The agency receives."""
        self.act(Act.RECEIVE, day, AGENCY)
        return self

    def submit(self, day: date, **stated: Any) -> "TaskLog":
        """The agency reports completion."""
        self.act(Act.SUBMIT_COMPLETION, day, AGENCY, text="Hoàn thành", **stated)
        return self
