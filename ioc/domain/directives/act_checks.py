"""What an act must fulfil besides its row of the table: dates, agencies, open items, who may not decide what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from ioc.domain.base.times import city_date
from ioc.domain.base.working_days import WorkCalendar
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import (
    ACT_RULES,
    DAY_FIELDS,
    Act,
    ItemKind,
    PositionKind,
    ReminderChannel,
    TaskEvent,
)
from ioc.domain.directives.agency import Agencies, holder
from ioc.domain.directives.document_checks import check_assignable, check_day
from ioc.domain.directives.proposals import proposed_act
from ioc.domain.directives.task_fold import next_state
from ioc.domain.directives.task_state import OpenItem, TaskState

# Shares of the stages of a legal document; other kinds of products have their own in the configuration.
DEFAULT_STAGES: Mapping[str, float] = {
    "draft": 20.0, "consultation": 40.0, "appraisal": 60.0, "submission": 80.0, "issue": 100.0,
}  # fmt: skip
MAX_LINKS = 20  # of one task
_KINDS = frozenset(PositionKind)
_AHEAD = ("due", "until", "effect_on")  # days of what is to come; an assignment alone may be entered late


@dataclass(frozen=True, slots=True)
class ActContext:
    """What surrounds a task. `parent_due`: of the order or task that it is part of; `has_kpis`: KPIs are linked.

    `order_issuer`: who issued the order that the task is, and may lead it though no task goes to it.
    `is_system`: another system acts, whose people ask and decide under its one name.
    """

    agencies: Agencies
    parent_due: date | None = None
    has_kpis: bool = False
    is_system: bool = False
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    adjustment_days: int = 5  # working days within which an adjustment may be asked for
    stages: Mapping[str, float] = field(default_factory=lambda: DEFAULT_STAGES)
    positions: frozenset[str] = frozenset()  # keys of all positions, to which petitions go
    order_issuer: str = ""


_Check = Callable[[TaskState, TaskEvent, ActContext], None]


def check_act(state: TaskState | None, event: TaskEvent, context: ActContext) -> None:
    """Raises ActError unless `event` may follow `state` (None: the task is not assigned yet)."""
    next_state(state, event.act)
    for name in ACT_RULES[event.act].required:
        _require_field(event, name)
    for name in DAY_FIELDS:
        check_day(name, getattr(event.stated, name))
    if event.stated.document_date is not None and event.stated.document_date > event.day:
        raise ActError(ActCode.COMPLETED_AFTER_SUBMISSION)
    if event.stated.agency and not (state is None and event.stated.agency == context.order_issuer):
        check_assignable(event.stated.agency, context.agencies, event.stated.assigned_on or event.day)
    if state is None:
        _check_assignment(event, context)
        return
    _check_item(state, event, context)
    if event.act in _CHECKS:
        _CHECKS[event.act](state, event, context)
    _check_ahead(event)


def _require_field(event: TaskEvent, name: str) -> None:
    if not event.stated.is_stated(name):
        raise ActError(ActCode.FIELD_MISSING, field=name)


def _check_assignment(event: TaskEvent, context: ActContext) -> None:
    day = event.stated.assigned_on or event.day
    if day > event.day:
        raise ActError(ActCode.ASSIGNED_LATER)
    if event.stated.due is not None and event.stated.due < day:
        raise ActError(ActCode.DUE_BEFORE_ASSIGNED)
    _check_parent(event.stated.due, context)


def _check_parent(due: date | None, context: ActContext) -> None:
    if due is not None and context.parent_due is not None and due > context.parent_due:
        raise ActError(ActCode.CHILD_AFTER_PARENT, due=context.parent_due.isoformat())


def _check_later(due: date | None, state: TaskState, context: ActContext) -> None:
    if state.due is None:
        raise ActError(ActCode.NO_DUE_DATE)
    if due is None or due <= state.due:
        raise ActError(ActCode.EXTENSION_NOT_LATER, due=state.due.isoformat())
    _check_parent(due, context)


def _check_ahead(event: TaskEvent) -> None:
    """A day that is set has not passed; a refusal sets none."""
    for name in _AHEAD:
        day: date | None = getattr(event.stated, name)
        if day is not None and day < event.day and event.stated.is_granted is not False:
            raise ActError(ActCode.DAY_PAST, field=name)


def _check_item(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    """What is answered is open; it is not decided by who asked for it, and a refusal has a reason."""
    rule = ACT_RULES[event.act]
    if rule.answers is None:
        if event.stated.refers_to is not None:
            raise ActError(ActCode.ANSWERS_NOTHING)
        return
    item = _answered_item(state, event)
    if "is_granted" in rule.required:
        if item.actor == event.actor and not context.is_system:
            raise ActError(ActCode.OWN_REQUEST)
        if not event.stated.is_granted:
            _require_field(event, "text")


def _answered_item(state: TaskState, event: TaskEvent) -> OpenItem:
    item = state.find_item(event.stated.refers_to)
    if item is None or item.kind is not ACT_RULES[event.act].answers:
        raise ActError(ActCode.NOT_OPEN)
    return item


def _check_request_adjustment(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if any(item.kind is ItemKind.ADJUSTMENT for item in state.items):
        raise ActError(ActCode.ADJUSTMENT_OPEN)
    last_day = context.calendar.add(city_date(state.assigned_at), context.adjustment_days)
    if event.day > last_day:
        raise ActError(ActCode.ADJUSTMENT_TOO_LATE, days=context.adjustment_days)
    _check_adjusted(state, event, context)


def _check_adjusted(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    """What is to be adjusted differs from what stands. One that states neither agency nor date is about the content."""
    agency, due = event.stated.agency, event.stated.due
    if _is_held_by(agency, state, event, context):
        raise ActError(ActCode.AGENCY_UNCHANGED)
    is_same_day = due is not None and due == state.due and state.stopped_on is None  # in a pause it counts from then on
    if is_same_day and not agency:
        raise ActError(ActCode.NOTHING_CHANGED)


def _check_decide_adjustment(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if event.stated.is_granted:
        _check_adjusted(state, event, context)
        _check_parent(event.stated.due, context)


def _present_holder(state: TaskState, event: TaskEvent, context: ActContext) -> str | None:
    """The agency that holds the task today; None for none, see `holder`."""
    agencies = context.agencies
    return holder(agencies, state.holder, event.day) if state.holder in agencies else state.holder


def _is_held_by(agency: str, state: TaskState, event: TaskEvent, context: ActContext) -> bool:
    return agency in (state.holder, _present_holder(state, event, context))


def _check_transfer(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if _is_held_by(event.stated.agency, state, event, context):
        raise ActError(ActCode.HELD_ALREADY)


def _check_report(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    percent, stage = event.stated.percent, event.stated.stage
    if stage and percent != context.stages.get(stage):
        raise ActError(ActCode.PERCENT_OUT_OF_RANGE)
    if percent is not None and not 0 <= percent <= 100:
        raise ActError(ActCode.PERCENT_OUT_OF_RANGE)
    addressee = event.stated.petition_to
    if event.stated.petition and not addressee:
        raise ActError(ActCode.PETITION_WITHOUT_ADDRESSEE)
    if addressee and not (addressee in context.agencies or addressee in context.positions or addressee in _KINDS):
        raise ActError(ActCode.ADDRESSEE_UNKNOWN, addressee=addressee)
    if addressee in context.agencies and context.agencies[addressee].is_central:
        raise ActError(ActCode.AGENCY_CENTRAL, agency=addressee)
    _refuse_holder(addressee, state, event, context)


def _check_request_extension(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if any(item.kind is ItemKind.EXTENSION for item in state.items):
        raise ActError(ActCode.EXTENSION_OPEN)
    _check_later(event.stated.due, state, context)


def _check_decide_extension(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    item = _answered_item(state, event)
    if event.stated.is_granted:
        granted = replace(event, stated=replace(event.stated, due=event.stated.due or item.due))
        _check_later(granted.stated.due, state, context)
        _check_ahead(granted)


def _check_submit(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    stated = event.stated
    if bool(stated.document_number) != (stated.document_date is not None):
        raise ActError(ActCode.FIELD_MISSING, field="document_date" if stated.document_number else "document_number")


def _check_decider(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    is_own = state.submission is not None and state.submission.actor == event.actor
    if is_own and not context.is_system:
        raise ActError(ActCode.OWN_REQUEST)


def _check_confirm(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    _check_decider(state, event, context)
    if context.has_kpis:
        _require_field(event, "result")
    completed, submission = event.stated.completed_on, state.submission
    if completed is None:
        return
    if submission is None or not submission.stated.document_number:
        raise ActError(ActCode.PRODUCT_NUMBER_MISSING)
    if completed > city_date(submission.at):
        raise ActError(ActCode.COMPLETED_AFTER_SUBMISSION)
    if completed < state.assigned_on:
        raise ActError(ActCode.COMPLETED_BEFORE_ASSIGNED)


def _check_return(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    """A supplementary due date (hạn bổ sung) exactly where the due date passed while the Office held the report."""
    _check_decider(state, event, context)
    if state.passed_at_office(event.day):
        _require_field(event, "due")
    elif event.stated.due is not None:
        raise ActError(ActCode.DUE_NOT_ALLOWED)


def _check_remind(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if event.stated.channel is ReminderChannel.WRITTEN:
        _require_field(event, "document_number")
        _require_field(event, "document_date")


def _refuse_holder(addressee: str, state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if _is_held_by(addressee, state, event, context):
        raise ActError(ActCode.PETITION_TO_HOLDER, agency=addressee)


def _check_request_coordination(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if _is_held_by(event.stated.agency, state, event, context):
        raise ActError(ActCode.LEAD_COORDINATES, agency=event.stated.agency)


def _check_link(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if len(state.linked_tasks) >= MAX_LINKS:
        raise ActError(ActCode.TOO_MANY_LINKS, limit=MAX_LINKS)
    if event.stated.linked_task == event.task:
        raise ActError(ActCode.LINKED_TO_ITSELF)
    if event.stated.linked_task in state.linked_tasks:
        raise ActError(ActCode.ALREADY_LINKED)


def _check_propose(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    """A decision is proposed on a request that is open; to grant it must be possible as it is proposed."""
    proposed = proposed_act(event)
    next_state(state, proposed)
    answers = ACT_RULES[proposed].answers
    item = next((item for item in state.items if item.kind is answers), None)
    if answers is not None and item is None:
        raise ActError(ActCode.NOT_OPEN)
    if item is not None and event.stated.is_granted and proposed in _CHECKS:
        stated = replace(event.stated, refers_to=item.event)
        _CHECKS[proposed](state, replace(event, act=proposed, stated=stated), context)


def _check_star(state: TaskState, event: TaskEvent, context: ActContext) -> None:
    if state.is_starred is (event.act is Act.STAR):
        raise ActError(ActCode.ALREADY_STARRED)


_CHECKS: Mapping[Act, _Check] = {
    Act.REQUEST_ADJUSTMENT: _check_request_adjustment,
    Act.DECIDE_ADJUSTMENT: _check_decide_adjustment,
    Act.REPORT: _check_report,
    Act.FORWARD_PETITION: lambda state, event, context: _refuse_holder(event.stated.agency, state, event, context),
    Act.REQUEST_COORDINATION: _check_request_coordination,
    Act.REQUEST_EXTENSION: _check_request_extension,
    Act.DECIDE_EXTENSION: _check_decide_extension,
    Act.EXTEND: lambda state, event, context: _check_later(event.stated.due, state, context),
    Act.SUBMIT_COMPLETION: _check_submit,
    Act.CONFIRM_COMPLETION: _check_confirm,
    Act.RETURN_COMPLETION: _check_return,
    Act.TRANSFER: _check_transfer,
    Act.REMIND: _check_remind,
    Act.LINK: _check_link,
    Act.PROPOSE: _check_propose,
    Act.STAR: _check_star,
    Act.UNSTAR: _check_star,
}
