"""The state of a task as the fold of its events: a pure function, by the table ACT_RULES."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, ItemKind, TaskEvent
from ioc.domain.directives.proposals import matter_of
from ioc.domain.directives.task_state import OpenItem, TaskState
from ioc.domain.directives.task_status import WorkState

Changes = dict[str, Any]


def next_state(state: TaskState | None, act: Act) -> WorkState:
    """The work state after `act`. ActError (ACT_NOT_POSSIBLE) where the table has none."""
    before = state.work_state if state else None
    transitions = ACT_RULES[act].transitions
    if before not in transitions:
        raise ActError(ActCode.ACT_NOT_POSSIBLE, act=act.value, state=before.value if before else "")
    after = transitions[before]
    if after is not None:
        return after
    return WorkState.ACTIVE if state and state.received_at else WorkState.NOT_STARTED


def apply_event(state: TaskState | None, event: TaskEvent) -> TaskState:
    """The state after one more event. ActError where the table has no such act.

    An event that stands counts as receipt where only a received task has its act: a task that was given to another
    agency by an adjustment counted as received in earlier programs. A new act is checked by `next_state`.
    """
    if state and _is_receipt(state, event.act):
        state = replace(state, work_state=WorkState.ACTIVE, **_received(state, event))
    after = next_state(state, event.act)
    if state is None:
        state = _assigned(event)
    changes = _EFFECTS[event.act](state, event) if event.act in _EFFECTS else {}
    if "received_at" in changes:  # it went to an agency that has not received it
        after = next_state(replace(state, received_at=changes["received_at"]), event.act)
    if after is WorkState.ACTIVE and state.received_at is None:
        changes |= _received(state, event)
    changes["items"] = _without_ended(changes.get("items", state.items), event.act, after)
    return replace(state, work_state=after, version=event.id, changed_at=event.at, **changes)


def _received(state: TaskState, event: TaskEvent) -> Changes:
    return {"received_at": event.at, "received_after": event.at - (state.moved_at or state.assigned_at)}


def _is_receipt(state: TaskState, act: Act) -> bool:
    transitions = ACT_RULES[act].transitions
    is_here = state.work_state is WorkState.NOT_STARTED
    return is_here and WorkState.NOT_STARTED not in transitions and WorkState.ACTIVE in transitions


def _without_ended(items: tuple[OpenItem, ...], done: Act, after: WorkState) -> tuple[OpenItem, ...]:
    """What was proposed ends once it is done, or can be done no longer: also where its request has ended."""
    asked = {None, *(item.kind for item in items)}
    ended = {
        act for act, rule in ACT_RULES.items()
        if act is done or after not in rule.transitions or rule.answers not in asked
    }  # fmt: skip
    return tuple(item for item in items if item.proposed not in ended)


def fold(events: Iterable[TaskEvent], at: datetime | None = None) -> TaskState | None:
    """The state of a task at `at` (aware), after all its `events` where None; they stand in their order.

    None before the first. Events after `at` have no influence. ActError where the table has no such act.
    """
    state: TaskState | None = None
    for event in events:
        if at is not None and event.at > at:
            break
        state = apply_event(state, event)
    return state


def _assigned(event: TaskEvent) -> TaskState:
    stated = event.stated
    return TaskState(
        WorkState.NOT_STARTED, stated.agency, stated.agency, stated.assigned_on or event.day, event.at,
        stated.due, stated.due,
    )  # fmt: skip


def _without(state: TaskState, *kinds: ItemKind) -> tuple[OpenItem, ...]:
    return tuple(item for item in state.items if item.kind not in kinds)


def _answered(state: TaskState, event: TaskEvent) -> tuple[OpenItem, ...]:
    return tuple(item for item in state.items if item.event != event.stated.refers_to)


def _item(kind: ItemKind, event: TaskEvent, **more: Any) -> OpenItem:
    return OpenItem(kind, event.id, event.at, event.actor, position=event.on_behalf_of or event.position, **more)


def _decide_adjustment(state: TaskState, event: TaskEvent) -> Changes:
    stated, changes = event.stated, Changes(items=_answered(state, event))
    if not stated.is_granted:
        return changes
    changes["assigned_agency"] = stated.agency or state.holder
    if stated.agency not in ("", state.holder):
        changes |= _transfer(state, event) | {"received_at": None}
    if stated.due:
        changes |= _with_due(state, event, stated.due) | {"first_due": state.first_due or stated.due}
    return changes


def _report(state: TaskState, event: TaskEvent) -> Changes:
    stated, changes = event.stated, Changes(reported_at=event.at)
    if stated.percent is not None:
        changes["percent"] = stated.percent
    if stated.petition:
        agency = stated.petition_to
        changes["items"] = (*state.items, _item(ItemKind.PETITION, event, agency=agency))
    return changes


def fallen_from(report: TaskEvent, history: Iterable[TaskEvent]) -> float | None:
    """The per cent that the report before `report` states, where `report` states less; else None.

    `history`: acts on the task, in their order.
    """
    earlier = [each.stated.percent for each in history if each.id < report.id and each.stated.percent is not None]
    percent = report.stated.percent
    return earlier[-1] if percent is not None and earlier and percent < earlier[-1] else None


def _forward_petition(state: TaskState, event: TaskEvent) -> Changes:
    items = (
        replace(item, agency=event.stated.agency) if item.event == event.stated.refers_to else item
        for item in state.items
    )
    return {"items": tuple(items)}


def _decide_explanation(state: TaskState, event: TaskEvent) -> Changes:
    items = _answered(state, event)
    if not event.stated.is_granted:  # sent back: it is asked for again
        items = (*items, _item(ItemKind.EXPLANATION, event, agency=state.holder))
    return {"items": items}


def _request_extension(state: TaskState, event: TaskEvent) -> Changes:
    is_late = state.due is not None and event.day > state.due
    item = _item(ItemKind.EXTENSION, event, due=event.stated.due, is_late=is_late)
    return {"items": (*state.items, item)}


def _decide_extension(state: TaskState, event: TaskEvent) -> Changes:
    item = state.find_item(event.stated.refers_to)
    changes = Changes(items=_without(replace(state, items=_answered(state, event)), ItemKind.PROPOSAL))
    if event.stated.is_granted and item:
        changes |= _extended(state, event, event.stated.due or item.due)
    return changes


def _extended(state: TaskState, event: TaskEvent, due: date | None) -> Changes:
    return _with_due(state, event, due) | {"extensions": state.extensions + 1, "office_days": 0}


def _with_due(state: TaskState, event: TaskEvent, due: date | None) -> Changes:
    """Who decides a due date during a pause knows the days before it: only those from then on move it."""
    return {"due": due, "stopped_on": state.stopped_on and event.day}


def _days_since(state: TaskState, event: TaskEvent) -> int:
    """Days for which the work has stood; 0 where the clock was set back meanwhile."""
    return max(0, (event.day - state.stopped_on).days) if state.stopped_on else 0


def _resume(state: TaskState, event: TaskEvent) -> Changes:
    """The clock stood: the due date moves by the days of the pause, or by those since it was decided in the pause."""
    days = _days_since(state, event)
    return {"due": state.due and state.due + timedelta(days), "stopped_on": None, "paused_until": None}


def _submit(state: TaskState, event: TaskEvent) -> Changes:
    items = _without(state, ItemKind.ADJUSTMENT, ItemKind.EXTENSION, ItemKind.PROPOSAL)
    return {"submission": event, "stopped_on": event.day, "items": items, "is_submitted": True}


def _confirm(state: TaskState, event: TaskEvent) -> Changes:
    stated = event.stated
    return {
        "stopped_on": stated.completed_on or state.stopped_on, "result": stated.result, "effect_on": stated.effect_on,
        "items": _without(state, ItemKind.PROPOSAL),
    }  # fmt: skip


def _return(state: TaskState, event: TaskEvent) -> Changes:
    """The days at the Office are not the agency's: a new due date, or fewer days overdue."""
    stopped = state.stopped_on or event.day
    kept = _without(state, ItemKind.PROPOSAL)
    changes = Changes(stopped_on=None, submission=None, items=kept, returns=state.returns + 1)
    if event.stated.due is not None:
        return changes | {"due": event.stated.due, "office_days": 0}
    is_late = state.due is not None and stopped > state.due
    return changes | {"office_days": state.office_days + _days_since(state, event) if is_late else state.office_days}


def _continue(state: TaskState, event: TaskEvent) -> Changes:
    return {
        "due": event.stated.due or state.due, "stopped_on": None, "submission": None, "office_days": 0, "result": None,
        "effect_on": None,
    }  # fmt: skip


def _transfer(state: TaskState, event: TaskEvent) -> Changes:
    """What the former agency was asked to explain is asked of the new one; its request for adjustment ends."""
    agency, items = event.stated.agency, _without(state, ItemKind.ADJUSTMENT)
    moved = (replace(item, agency=agency) if item.kind is ItemKind.EXPLANATION else item for item in items)
    return {"holder": agency, "items": tuple(moved), "moved_at": event.at, "received_after": None}


def _opens(kind: ItemKind, agency: Callable[[TaskState, ActFields], str]) -> Callable[[TaskState, TaskEvent], Changes]:
    def effect(state: TaskState, event: TaskEvent) -> Changes:
        stated = event.stated
        item = _item(kind, event, agency=agency(state, stated), due=stated.due)
        return {"items": (*_answered(state, event), item)}

    return effect


def _propose(state: TaskState, event: TaskEvent) -> Changes:
    """What the same position proposed on the same matter before is replaced."""
    new = _item(ItemKind.PROPOSAL, event, due=event.stated.due, proposed=event.stated.proposed)
    kept = (item for item in state.items if _advice(item) is None or _advice(item) != _advice(new))
    return {"items": (*kept, new)}


def _advice(item: OpenItem) -> tuple[str, Act] | None:
    return (item.position, matter_of(item.proposed)) if item.proposed else None


_EFFECTS: Mapping[Act, Callable[[TaskState, TaskEvent], Changes]] = {
    Act.REQUEST_ADJUSTMENT: _opens(ItemKind.ADJUSTMENT, lambda state, stated: ""),
    Act.DECIDE_ADJUSTMENT: _decide_adjustment,
    Act.ASSIGN_INSIDE: lambda state, event: {"unit": event.stated.unit, "internal_due": event.stated.due},
    Act.REPORT: _report,
    Act.ANSWER_PETITION: lambda state, event: {"items": _answered(state, event)},
    Act.FORWARD_PETITION: _forward_petition,
    Act.REQUEST_COORDINATION: _opens(ItemKind.COORDINATION, lambda state, stated: stated.agency),
    Act.REPLY_COORDINATION: lambda state, event: {"items": _answered(state, event)},
    Act.REQUEST_EXPLANATION: _opens(ItemKind.EXPLANATION, lambda state, stated: state.holder),
    Act.ANSWER_EXPLANATION: _opens(ItemKind.EXPLANATION_ANSWER, lambda state, stated: ""),
    Act.DECIDE_EXPLANATION: _decide_explanation,
    Act.REQUEST_EXTENSION: _request_extension,
    Act.DECIDE_EXTENSION: _decide_extension,
    Act.EXTEND: lambda state, event: _extended(state, event, event.stated.due),
    Act.PAUSE: lambda state, event: {"stopped_on": event.day, "paused_until": event.stated.until},
    Act.RESUME: _resume,
    Act.WITHDRAW: lambda state, event: {"items": (), "stopped_on": event.day},
    Act.SUBMIT_COMPLETION: _submit,
    Act.CONFIRM_COMPLETION: _confirm,
    Act.RETURN_COMPLETION: _return,
    Act.CONTINUE: _continue,
    Act.RECORD_EFFECT: lambda state, event: {"effect_on": None, "result": event.stated.result},
    Act.TRANSFER: _transfer,
    Act.LINK: lambda state, event: {"linked_tasks": (*state.linked_tasks, event.stated.linked_task)},
    Act.PROPOSE: _propose,
    Act.DECLINE_PROPOSAL: lambda state, event: {"items": _answered(state, event)},
    Act.WITHDRAW_PROPOSAL: lambda state, event: {"items": _answered(state, event)},
    Act.STAR: lambda state, event: {"is_starred": True},
    Act.UNSTAR: lambda state, event: {"is_starred": False},
}
