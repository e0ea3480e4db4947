"""Positions (chức danh), their portfolios, and mandates: delegation (ủy quyền) and substitution (thay) from–to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import ACT_RULES, Act, ItemKind, PositionKind, TaskRelation, possible_acts
from ioc.domain.directives.task_state import EXPLAINING, TaskState


@dataclass(frozen=True, slots=True)
class Position:
    """A position from `valid_from` up to and with `valid_to`, by `basis`. `holder`: an account, of a system an API key.

    `agency`: of positions of an agency. `spheres`, `agencies`: the portfolio. `master`: of a system, the documents that
    come from it.
    """

    key: str
    kind: PositionKind
    title: str
    holder: str
    valid_from: date
    valid_to: date | None = None
    agency: str = ""
    spheres: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()
    master: str = ""
    basis: str = ""

    @property
    def version(self) -> str:
        """Differs when anything of it does."""
        values = (getattr(self, item.name) for item in fields(self))
        return json.dumps([sorted(value) if isinstance(value, frozenset) else str(value) for value in values])

    def is_held_by(self, principal: Principal) -> bool:
        """Whether `principal` holds it. Accounts, API keys and displays may have one name."""
        holder_kind = PrincipalKind.API_KEY if self.kind is PositionKind.SYSTEM else PrincipalKind.USER
        return principal.kind is holder_kind and principal.name == self.holder

    def is_valid(self, day: date) -> bool:
        """Whether it exists on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class MandateKind(StrEnum):
    """Why one position acts for another."""

    DELEGATION = "delegation"
    SUBSTITUTION = "substitution"


@dataclass(frozen=True, slots=True)
class Mandate:
    """`deputy` acts for `principal_position`. `acts`: those that are delegated; empty for all, as of a substitute."""

    kind: MandateKind
    principal_position: str
    deputy: str
    valid_from: date
    valid_to: date | None = None
    acts: frozenset[Act] = frozenset()
    basis: str = ""

    def is_valid(self, day: date) -> bool:
        """Whether it holds on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def covers(self, act: Act | None, day: date) -> bool:
        """Whether it holds on `day` for `act`; None: for acts that are not on tasks, which only all acts include."""
        return self.is_valid(day) and (not self.acts or act in self.acts)


@dataclass(frozen=True, slots=True)
class StandIn:
    """`deputy` acts for `acting`, by one mandate or more. `acts`: those that they cover, empty for all."""

    deputy: Position
    acting: Position
    acts: frozenset[Act] = frozenset()


@dataclass(frozen=True, slots=True)
class TaskSubject:
    """What decides about the relation of a task to a position. `order_lead`: of the order that it is part of."""

    state: TaskState | None
    holder: str = ""  # after successions
    agencies: frozenset[str] = frozenset()  # who has one of them in the portfolio has the task
    coordinating: tuple[str, ...] = ()
    sphere: str = ""
    master: str = ""
    order_lead: str = ""

    @property
    def asked_agencies(self) -> tuple[str, ...]:
        """Who is asked on the task, until that is answered."""
        return tuple(item.agency for item in (self.state.items if self.state else ()))


@dataclass(frozen=True, slots=True)
class Positions:
    """All positions by key, and all mandates."""

    by_key: Mapping[str, Position]
    mandates: tuple[Mandate, ...] = ()

    def of_holder(self, principal: Principal, day: date) -> tuple[Position, ...]:
        """The positions that a user or a system holds on `day`."""
        return tuple(item for item in self.by_key.values() if item.is_held_by(principal) and item.is_valid(day))

    def seeing(self, principal: Principal, day: date) -> tuple[Position, ...]:
        """The positions by which a user or a system sees on `day`: those that it holds, and for which it acts."""
        own = self.of_holder(principal, day)
        return tuple(dict.fromkeys((*own, *(each.acting for each in self.stand_ins(own, day)))))

    def require(self, key: str, principal: Principal, day: date) -> Position:
        """The position `key`, which `principal` holds on `day`. ActError (POSITION_NOT_VALID)."""
        position = self.by_key.get(key)
        if position is None or not position.is_held_by(principal) or not position.is_valid(day):
            raise ActError(ActCode.POSITION_NOT_VALID, position=key)
        return position

    def stand_ins(self, own: Sequence[Position], day: date) -> tuple[StandIn, ...]:
        """For which positions the holder of `own` acts on `day`, each pair of positions once."""
        covered = dict[tuple[str, str], frozenset[Act]]()
        keys = {position.key for position in own}
        for mandate in self.mandates:
            acting, pair = self.by_key.get(mandate.principal_position), (mandate.deputy, mandate.principal_position)
            if mandate.deputy not in keys or not mandate.is_valid(day) or acting is None or not acting.is_valid(day):
                continue
            is_whole = not mandate.acts or not covered.get(pair, mandate.acts)
            covered[pair] = frozenset() if is_whole else mandate.acts | covered.get(pair, frozenset())
        return tuple(StandIn(self.by_key[deputy], self.by_key[key], acts) for (deputy, key), acts in covered.items())

    def stand_in(self, own: Position, key: str, day: date) -> StandIn:
        """`own` itself where `key` is "", else as it acts for the position `key`. Errors: see `acting_for`."""
        if not key:
            return StandIn(own, own)
        found = (each for each in self.stand_ins((own,), day) if each.acting.key == key)
        return next(found, None) or StandIn(own, self.acting_for(own, key, None, day))

    def acting_for(self, deputy: Position, key: str, act: Act | None, day: date) -> Position:
        """The position for which `deputy` acts. ActError without a mandate; a substitute has no substitute."""
        principal_position = self.by_key.get(key)
        if principal_position is None or not principal_position.is_valid(day):
            raise ActError(ActCode.POSITION_NOT_VALID, position=key)
        valid = [mandate for mandate in self.mandates if mandate.covers(act, day)]
        if any(mandate.deputy == deputy.key and mandate.principal_position == key for mandate in valid):
            return principal_position
        between = {mandate.deputy for mandate in valid if mandate.principal_position == key}
        if any(mandate.deputy == deputy.key and mandate.principal_position in between for mandate in valid):
            raise ActError(ActCode.SUBSTITUTE_OF_SUBSTITUTE)
        raise ActError(ActCode.MANDATE_MISSING, position=deputy.key, on_behalf_of=key)


def is_related(position: Position, relation: TaskRelation, subject: TaskSubject, refers_to: int | None = None) -> bool:
    """Whether the task of `subject` stands in `relation` to `position`. `refers_to`: the event that is answered.

    None asks whether any open item is addressed to the position.
    """
    items = [item for item in (subject.state.items if subject.state else ()) if refers_to in (None, item.event)]
    match relation:
        case TaskRelation.ANY:
            return True
        case TaskRelation.PORTFOLIO:
            return bool(position.agencies & subject.agencies) or subject.sphere in position.spheres - {""}
        case TaskRelation.UNSTARRED:
            return subject.state is None or not subject.state.is_starred
        case TaskRelation.LEAD:
            return bool(position.agency) and position.agency == subject.holder
        case TaskRelation.COORDINATOR:
            return bool(position.agency) and position.agency in subject.coordinating
        case TaskRelation.OWN_ORDER:
            return bool(position.agency) and position.agency == subject.order_lead
        case TaskRelation.MASTER:
            return bool(position.master) and position.master == subject.master
        case TaskRelation.ADDRESSEE:
            return bool(position.agency) and any(item.agency == position.agency for item in items)
        case TaskRelation.AUTHOR:
            return any(item.position == position.key for item in items)


def is_permitted(position: Position, act: Act, subject: TaskSubject, refers_to: int | None = None) -> bool:
    """Whether the table lets `position` do `act` to the task of `subject`."""
    return any(
        grant.kind is position.kind and is_related(position, grant.relation, subject, refers_to)
        for grant in ACT_RULES[act].grants
    )


def acts_of_kind(kind: PositionKind) -> tuple[Act, ...]:
    """The acts that positions of `kind` may do to some tasks, or draft: what they may delegate."""
    drafted = DRAFTED_ACTS if kind is PositionKind.AGENCY_OFFICER else frozenset[Act]()
    return tuple(
        act for act, rule in ACT_RULES.items() if act in drafted or any(grant.kind is kind for grant in rule.grants)
    )


def permitted_kinds(act: Act) -> tuple[PositionKind, ...]:
    """The kinds of positions that may do `act` to some tasks, for whoever may not."""
    kinds = (grant.kind for grant in ACT_RULES[act].grants if grant.kind is not PositionKind.SYSTEM)
    return tuple(dict.fromkeys(kinds))


def offered_acts(position: Position, subject: TaskSubject) -> tuple[Act, ...]:
    """The acts that are possible in the task's state and permitted to `position`: what a page or the API offers."""
    state = subject.state
    kinds = {item.kind for item in state.items} if state else set()
    done = {Act.STAR if state and state.is_starred else Act.UNSTAR}
    one_at_a_time = {ItemKind.EXTENSION: Act.REQUEST_EXTENSION, ItemKind.ADJUSTMENT: Act.REQUEST_ADJUSTMENT}
    done |= {act for kind, act in one_at_a_time.items() if kind in kinds}
    done |= {Act.REQUEST_EXPLANATION} if kinds & EXPLAINING else set()
    return tuple(
        act
        for act in possible_acts(state.work_state if state else None)
        if act not in done and _has_object(position, act, subject)
    )


def _has_object(position: Position, act: Act, subject: TaskSubject) -> bool:
    """Whether `position` may do `act` to the task; an answer, to one of the open items that the act answers."""
    answered = ACT_RULES[act].answers
    if answered is None:
        return is_permitted(position, act, subject)
    items = subject.state.items if subject.state else ()
    return any(is_permitted(position, act, subject, item.event) for item in items if item.kind is answered)


# What an agency's officer drafts and its leader sends.
DRAFTED_ACTS = frozenset({
    Act.REQUEST_ADJUSTMENT, Act.REPORT, Act.SUBMIT_COMPLETION, Act.REQUEST_EXTENSION, Act.REPLY_COORDINATION,
    Act.ANSWER_EXPLANATION, Act.ANSWER_PETITION,
})  # fmt: skip


def drafted_acts(position: Position, subject: TaskSubject) -> tuple[Act, ...]:
    """The acts that an officer may draft now: those that the leader of the agency could do."""
    if position.kind is not PositionKind.AGENCY_OFFICER:
        return ()
    return tuple(act for act in offered_acts(_leader(position), subject) if act in DRAFTED_ACTS)


def may_draft(position: Position, act: Act, subject: TaskSubject, refers_to: int | None) -> bool:
    """Whether an officer may draft `act` now, for the request `refers_to` where it answers one."""
    return act in drafted_acts(position, subject) and is_permitted(_leader(position), act, subject, refers_to)


def _leader(officer: Position) -> Position:
    return replace(officer, kind=PositionKind.AGENCY_LEADER)


@dataclass(frozen=True, slots=True)
class MandatedAct:
    """An act that the position may do for another one."""

    act: Act
    on_behalf_of: str


def mandated_acts(
    stored: Positions, own: Position, subject: TaskSubject, acts: tuple[Act, ...], day: date
) -> tuple[MandatedAct, ...]:
    """What `own` may do for others by its mandates of `day`, besides its own `acts`."""
    found = []
    for mandate in stored.mandates:
        principal_position = stored.by_key.get(mandate.principal_position)
        if mandate.deputy != own.key or principal_position is None or not principal_position.is_valid(day):
            continue
        offered = offered_acts(principal_position, subject)
        found += [MandatedAct(act, principal_position.key) for act in offered if mandate.covers(act, day)]
    return tuple(dict.fromkeys(each for each in found if each.act not in acts))


class DocumentAct(StrEnum):
    """What is done to a document."""

    ENTER = "enter"  # enter or change it with its tasks
    ISSUE = "issue"  # give a draft its number and date and assign its tasks, or give an instruction back
    PUBLISH = "publish"  # make it visible to everybody
    INSTRUCT = "instruct"  # give an instruction (ý kiến chỉ đạo)
    BRIEF = "brief"  # open a briefing (giao ban), collect for it, write its conclusions, end it


DOCUMENT_GRANTS: Mapping[DocumentAct, frozenset[PositionKind]] = {
    DocumentAct.ENTER: frozenset({
        PositionKind.DOCUMENT_CLERK, PositionKind.FOLLOWER, PositionKind.OFFICE_LEADER, PositionKind.SYSTEM,
    }),
    DocumentAct.ISSUE: frozenset({PositionKind.OFFICE_LEADER}),
    DocumentAct.PUBLISH: frozenset({PositionKind.OFFICE_LEADER}),
    DocumentAct.INSTRUCT: frozenset({PositionKind.CHAIRMAN, PositionKind.VICE_CHAIRMAN}),
    DocumentAct.BRIEF: frozenset({PositionKind.FOLLOWER, PositionKind.OFFICE_LEADER}),
}  # fmt: skip
