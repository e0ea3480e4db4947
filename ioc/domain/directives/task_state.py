"""The state of a task after some of its events, and what is open in it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ioc.domain.base.times import city_date
from ioc.domain.directives.acts import Act, CompletionResult, ItemKind, TaskEvent
from ioc.domain.directives.task_status import TaskStatus, WorkState, deadline_state

EXPLAINING = frozenset({ItemKind.EXPLANATION, ItemKind.EXPLANATION_ANSWER})  # an explanation is under way
MANY_EXTENSIONS = 3  # from this grant on: gia hạn nhiều lần


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A request that is not answered. `event`: id of the act that opened it. `agency`: addressee, "" for no agency.

    `is_late`: of an extension that was asked for after the due date. `proposed`: of a proposal. `position`: that of
    whoever opened it, or the one that was substituted.
    """

    kind: ItemKind
    event: int
    since: datetime
    actor: str
    agency: str = ""
    due: date | None = None
    is_late: bool = False
    proposed: Act | None = None
    position: str = ""


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task after some of its events. `assigned_agency`: as assigned; `holder`: after transfers, before successions.

    `stopped_on`: the day on which the clock stands: of the submission, of accepted completion, of the pause or of the
    due date that was decided in it; None while it runs. `office_days`: days past the due date that submissions spent at
    the Office. `received_after`: from the moment at which the task came to its holder to its receipt, None where that
    one has not received it. `returns`: of completion reports. `version`: id of the last event.
    """

    work_state: WorkState
    assigned_agency: str
    holder: str
    assigned_on: date
    assigned_at: datetime
    due: date | None
    first_due: date | None
    version: int = 0
    changed_at: datetime | None = None
    received_at: datetime | None = None
    moved_at: datetime | None = None  # to its holder, after the assignment
    received_after: timedelta | None = None
    returns: int = 0
    extensions: int = 0
    stopped_on: date | None = None
    submission: TaskEvent | None = None  # the pending or accepted one
    office_days: int = 0
    percent: float | None = None
    reported_at: datetime | None = None
    is_submitted: bool = False  # completion was reported, even if it was returned
    result: CompletionResult | None = None
    effect_on: date | None = None
    is_starred: bool = False
    paused_until: date | None = None
    unit: str = ""
    internal_due: date | None = None
    linked_tasks: tuple[str, ...] = ()
    items: tuple[OpenItem, ...] = ()

    @property
    def is_repeatedly_extended(self) -> bool:
        """Gia hạn nhiều lần."""
        return self.extensions >= MANY_EXTENSIONS

    def find_item(self, event: int | None) -> OpenItem | None:
        """The open item that the event of that id opened."""
        return next((item for item in self.items if item.event == event), None)

    def passed_at_office(self, day: date) -> bool:
        """Whether the due date passed before `day` while the Office held the report: a return sets another one."""
        return self.due is not None and self.stopped_on is not None and self.stopped_on <= self.due < day

    def status(self, at: datetime, soon_days: int = 7) -> TaskStatus:
        """The state on both axes at `at` (aware), which lies between the last event and the next."""
        judged_on = self.stopped_on or city_date(at)
        return TaskStatus(
            work_state=self.work_state,
            deadline_state=deadline_state(self.work_state, self.due, judged_on, soon_days),
            due=self.due,
            original_due=self.first_due,
            extensions=self.extensions,
            judged_on=judged_on,
            percent=100.0 if self.work_state is WorkState.DONE else self.percent,
            last_reported=self.reported_at,
            office_days=self.office_days,
            is_submitted=self.is_submitted,
        )
