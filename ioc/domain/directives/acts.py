"""Acts on tasks: what can be done, by whom, in which state.

ACT_RULES is the only source of commands, buttons, the acts that the API allows, and the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from ioc.domain.base.times import city_date
from ioc.domain.directives.task_status import WorkState


class Act(StrEnum):
    """What is done to a task. The Vietnamese terms stand in docs/glossary.md."""

    ASSIGN = "assign"
    RECEIVE = "receive"
    REQUEST_ADJUSTMENT = "request_adjustment"
    DECIDE_ADJUSTMENT = "decide_adjustment"
    ASSIGN_INSIDE = "assign_inside"
    ASSIGN_COORDINATION_INSIDE = "assign_coordination_inside"
    REPORT = "report"
    ANSWER_PETITION = "answer_petition"
    FORWARD_PETITION = "forward_petition"
    REQUEST_COORDINATION = "request_coordination"
    REPLY_COORDINATION = "reply_coordination"
    REQUEST_EXPLANATION = "request_explanation"
    ANSWER_EXPLANATION = "answer_explanation"
    DECIDE_EXPLANATION = "decide_explanation"
    REQUEST_EXTENSION = "request_extension"
    DECIDE_EXTENSION = "decide_extension"
    EXTEND = "extend"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    SUBMIT_COMPLETION = "submit_completion"
    CONFIRM_COMPLETION = "confirm_completion"
    RETURN_COMPLETION = "return_completion"
    CONTINUE = "continue"
    RECORD_EFFECT = "record_effect"
    TRANSFER = "transfer"
    LINK = "link"
    REMIND = "remind"
    PROPOSE = "propose"
    DECLINE_PROPOSAL = "decline_proposal"
    WITHDRAW_PROPOSAL = "withdraw_proposal"
    STAR = "star"
    UNSTAR = "unstar"


class PositionKind(StrEnum):
    """What a position (chức danh) is; its acts follow from it."""

    DOCUMENT_CLERK = "document_clerk"
    FOLLOWER = "follower"
    OFFICE_LEADER = "office_leader"
    CHAIRMAN = "chairman"
    VICE_CHAIRMAN = "vice_chairman"
    AGENCY_OFFICER = "agency_officer"
    AGENCY_LEADER = "agency_leader"
    OPERATOR = "operator"
    SYSTEM = "system"  # another program, by its API key


class TaskRelation(StrEnum):
    """Which tasks a grant covers, as seen from the position."""

    ANY = "any"
    PORTFOLIO = "portfolio"  # the agency or the sphere lies within the position's portfolio
    UNSTARRED = "unstarred"  # no leader has reserved it
    LEAD = "lead"  # the position's agency holds it
    COORDINATOR = "coordinator"  # the position's agency coordinates
    ADDRESSEE = "addressee"  # the open item that the act answers is addressed to the position's agency
    AUTHOR = "author"  # the position did the act that opened the item
    OWN_ORDER = "own_order"  # a part of an order whose lead is the position's agency
    MASTER = "master"  # its document comes from the position's system


class ItemKind(StrEnum):
    """What waits for somebody's act."""

    ADJUSTMENT = "adjustment"
    EXTENSION = "extension"
    PETITION = "petition"  # kiến nghị
    COORDINATION = "coordination"
    EXPLANATION = "explanation"  # asked, not answered
    EXPLANATION_ANSWER = "explanation_answer"  # answered, not decided
    PROPOSAL = "proposal"


class Cause(StrEnum):
    """The cause of a delay, as stated with an extension."""

    OBJECTIVE = "objective"
    SUBJECTIVE = "subjective"


class ReturnKind(StrEnum):
    """Why a completion report is returned."""

    CONTENT = "content"
    MISSING_DOCUMENTS = "missing_documents"
    OTHER = "other"


class CompletionResult(StrEnum):
    """The result of finished work, where KPIs are linked."""

    ACHIEVED = "achieved"
    PARTLY_ACHIEVED = "partly_achieved"
    NOT_ACHIEVED = "not_achieved"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


class ReminderChannel(StrEnum):
    """How somebody was reminded; the two are counted apart."""

    SYSTEM = "system"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class ActFields:
    """What is stated with an act; ACT_RULES names what must be. Empty and None: not stated.

    `refers_to`: id of the event that the act answers. `basis`: the document that the act stands on. `document_number`,
    `document_date`: of the signed document that stands for the act.
    """

    text: str = ""
    basis: str = ""
    agency: str = ""
    unit: str = ""  # the department or officer within the agency
    due: date | None = None
    until: date | None = None
    assigned_on: date | None = None
    percent: float | None = None
    stage: str = ""
    difficulties: str = ""
    petition: str = ""
    petition_to: str = ""
    next_steps: str = ""
    document_number: str = ""
    document_date: date | None = None
    completed_on: date | None = None
    effect_on: date | None = None
    cause: Cause | None = None
    is_granted: bool | None = None
    return_kind: ReturnKind | None = None
    result: CompletionResult | None = None
    channel: ReminderChannel | None = None
    proposed: Act | None = None
    refers_to: int | None = None
    linked_task: str = ""

    def is_stated(self, name: str) -> bool:
        """Whether the field `name` has a value; 0 and False are values."""
        return getattr(self, name) not in ("", None)

    def to_json(self) -> dict[str, Any]:
        """The stated fields as a JSON object."""
        stated = ((name, getattr(self, name)) for name in self.__dataclass_fields__ if self.is_stated(name))
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in stated}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The fields that `to_json` wrote. ValueError, TypeError when it is none."""
        return cls(**{name: _PARSERS[name](value) if name in _PARSERS else value for name, value in body.items()})


TEXT_FIELDS = ("text", "difficulties", "petition", "next_steps")  # the long ones
DAY_FIELDS = ("due", "until", "assigned_on", "document_date", "completed_on", "effect_on")
_PARSERS: Mapping[str, Any] = {
    **dict.fromkeys(DAY_FIELDS, date.fromisoformat),
    "cause": Cause, "return_kind": ReturnKind, "result": CompletionResult, "channel": ReminderChannel, "proposed": Act,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """An act that was done. `at` (aware): when it became known. `on_behalf_of`: the position that is substituted.

    `clock_at`: what the clock showed, where it had been set back behind `at`. By it days are counted.
    """

    id: int
    task: str
    act: Act
    at: datetime
    actor: str = ""
    position: str = ""
    on_behalf_of: str = ""
    stated: ActFields = field(default_factory=ActFields)
    clock_at: datetime | None = None

    @property
    def day(self) -> date:
        """The day in the city on which it was done."""
        return city_date(self.clock_at or self.at)


@dataclass(frozen=True, slots=True)
class ActGrant:
    """Positions of `kind` may do the act to tasks in this `relation`."""

    kind: PositionKind
    relation: TaskRelation


@dataclass(frozen=True, slots=True)
class ActRule:
    """A row of the table. `transitions`: state → next state.

    Key None: the task is not assigned yet. Value None: in hand or not received, as its agency has received it or not.
    `answers`: the kind of open item that the act answers. `takes_files`: whether it may carry evidence.
    """

    act: Act
    transitions: Mapping[WorkState | None, WorkState | None]
    grants: tuple[ActGrant, ...]
    required: tuple[str, ...] = ()
    answers: ItemKind | None = None
    takes_files: bool = False


_N, _A, _W = WorkState.NOT_STARTED, WorkState.ACTIVE, WorkState.AWAITING_ACCEPTANCE
_D, _P, _X = WorkState.DONE, WorkState.PAUSED, WorkState.WITHDRAWN
_OFFICE = ActGrant(PositionKind.OFFICE_LEADER, TaskRelation.ANY)
_FOLLOWER, _AUTHOR = (ActGrant(PositionKind.FOLLOWER, each) for each in (TaskRelation.ANY, TaskRelation.AUTHOR))
_LEADERS = (
    ActGrant(PositionKind.CHAIRMAN, TaskRelation.ANY), ActGrant(PositionKind.VICE_CHAIRMAN, TaskRelation.PORTFOLIO),
)  # fmt: skip
_LEAD = ActGrant(PositionKind.AGENCY_LEADER, TaskRelation.LEAD)
_ADDRESSEE = ActGrant(PositionKind.AGENCY_LEADER, TaskRelation.ADDRESSEE)
_CONFIRMERS = (
    *_LEADERS, ActGrant(PositionKind.OFFICE_LEADER, TaskRelation.UNSTARRED),
    ActGrant(PositionKind.AGENCY_LEADER, TaskRelation.OWN_ORDER),
)  # fmt: skip
_SYSTEM = ActGrant(PositionKind.SYSTEM, TaskRelation.MASTER)


def _unchanged(*states: WorkState) -> dict[WorkState | None, WorkState | None]:
    return {state: state for state in states}


def _rule(
    act: Act, transitions: Mapping[WorkState | None, WorkState | None], grants: tuple[ActGrant, ...],
    required: str = "", answers: ItemKind | None = None, *, takes_files: bool = False,
) -> ActRule:  # fmt: skip
    names = ("refers_to", *required.split()) if answers else required.split()
    return ActRule(act, transitions, (*grants, _SYSTEM), tuple(names), answers, takes_files)


# What a position may do only by delegation (Mandate) is not repeated: extensions by the Office for instance.
_ROWS = (
    _rule(Act.ASSIGN, {None: _N}, (_OFFICE,), "agency"),
    _rule(Act.RECEIVE, {_N: _A}, (_LEAD, ActGrant(PositionKind.AGENCY_OFFICER, TaskRelation.LEAD))),
    _rule(Act.REQUEST_ADJUSTMENT, _unchanged(_N), (_LEAD,), "text"),
    _rule(Act.DECIDE_ADJUSTMENT, {_N: _N, _A: None, _P: _P}, (_OFFICE, *_LEADERS), "is_granted", ItemKind.ADJUSTMENT),
    _rule(Act.ASSIGN_INSIDE, {_N: _A, _A: _A}, (_LEAD,), "unit"),
    _rule(Act.ASSIGN_COORDINATION_INSIDE, _unchanged(_N, _A, _W),
          (ActGrant(PositionKind.AGENCY_LEADER, TaskRelation.COORDINATOR),), "agency unit"),
    _rule(Act.REPORT, _unchanged(_A), (_LEAD,), "text", takes_files=True),
    _rule(Act.ANSWER_PETITION, _unchanged(_N, _A, _W, _P, _D), (*_LEADERS, _ADDRESSEE), "text", ItemKind.PETITION),
    _rule(Act.FORWARD_PETITION, _unchanged(_N, _A, _W, _P, _D), (_OFFICE, *_LEADERS), "agency", ItemKind.PETITION),
    _rule(Act.REQUEST_COORDINATION, _unchanged(_A), (_LEAD,), "agency text due"),
    _rule(Act.REPLY_COORDINATION, _unchanged(_A, _W, _P, _D), (_ADDRESSEE,), "text", ItemKind.COORDINATION),
    _rule(Act.REQUEST_EXPLANATION, _unchanged(_N, _A, _W), _LEADERS, "text"),
    _rule(Act.ANSWER_EXPLANATION, _unchanged(_N, _A, _W, _P, _D), (_ADDRESSEE,), "text", ItemKind.EXPLANATION,
          takes_files=True),
    _rule(Act.DECIDE_EXPLANATION, _unchanged(_N, _A, _W, _P, _D), _LEADERS, "is_granted", ItemKind.EXPLANATION_ANSWER),
    _rule(Act.REQUEST_EXTENSION, _unchanged(_N, _A), (_LEAD,), "due text cause"),
    _rule(Act.DECIDE_EXTENSION, _unchanged(_N, _A, _P), _LEADERS, "is_granted", ItemKind.EXTENSION),
    _rule(Act.EXTEND, _unchanged(_N, _A), _LEADERS, "due basis"),
    _rule(Act.PAUSE, {_N: _P, _A: _P}, (_OFFICE, *_LEADERS), "basis until"),
    _rule(Act.RESUME, {_P: None}, (_OFFICE, *_LEADERS)),
    _rule(Act.WITHDRAW, dict.fromkeys((_N, _A, _W, _P), _X), (_OFFICE, *_LEADERS), "basis"),
    _rule(Act.SUBMIT_COMPLETION, {_A: _W}, (_LEAD,), "text", takes_files=True),
    _rule(Act.CONFIRM_COMPLETION, {_W: _D}, _CONFIRMERS),
    _rule(Act.RETURN_COMPLETION, {_W: _A}, _CONFIRMERS, "return_kind text"),
    _rule(Act.CONTINUE, {_D: _A}, _LEADERS, "text basis"),
    _rule(Act.RECORD_EFFECT, _unchanged(_D), (_OFFICE, *_LEADERS), "text result"),
    _rule(Act.TRANSFER, _unchanged(_N, _A, _W, _P), (_OFFICE, *_LEADERS), "agency basis"),
    _rule(Act.LINK, _unchanged(_N, _A, _W, _P), (_OFFICE, _FOLLOWER), "linked_task"),
    _rule(Act.REMIND, _unchanged(_N, _A, _W), (_OFFICE, _FOLLOWER, *_LEADERS), "channel"),
    _rule(Act.PROPOSE, _unchanged(_N, _A, _W, _P), (_FOLLOWER,), "proposed"),
    _rule(Act.DECLINE_PROPOSAL, _unchanged(_N, _A, _W, _P), (_OFFICE, *_LEADERS), "text", ItemKind.PROPOSAL),
    _rule(Act.WITHDRAW_PROPOSAL, _unchanged(_N, _A, _W, _P), (_AUTHOR,), answers=ItemKind.PROPOSAL),
    _rule(Act.STAR, _unchanged(_N, _A, _W, _P), _LEADERS),
    _rule(Act.UNSTAR, _unchanged(_N, _A, _W, _P), _LEADERS),
)  # fmt: skip
ACT_RULES: Mapping[Act, ActRule] = {row.act: row for row in _ROWS}


def possible_acts(state: WorkState | None) -> tuple[Act, ...]:
    """The acts that the table has for a task in `state`; None: for a task that is not assigned yet."""
    return tuple(act for act, row in ACT_RULES.items() if state in row.transitions)
