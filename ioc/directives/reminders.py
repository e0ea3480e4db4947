"""Reminders (đôn đốc): the command that gives those of the ladder, and the ledger as its page asks for it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from ioc.directives.context import DirectiveContext, LoadedTask, load_positions, load_task
from ioc.directives.visibility import read_access
from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.domain.base.clock_set_back import behind
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import city_midnight, parse_day
from ioc.domain.directives.act_bounds import check_bounds
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.acts import Act, ActFields, ReminderChannel, TaskEvent, possible_acts
from ioc.domain.directives.agency import predecessors
from ioc.domain.directives.reminder_ladder import is_reminder_due
from ioc.storage.db import change_counter
from ioc.storage.db.store import Conn
from ioc.storage.directives import events, reminders
from ioc.storage.directives.reminders import ReminderKind, ReminderQuery, ReminderRow, remindable_tasks

# Parameters of the address, each once: agency, kind, first and last day.
FILTER_PARAMS = ("co-quan", "hinh-thuc", "tu", "den")
KINDS: Mapping[str, ReminderKind] = {
    "tu-dong": ReminderKind.AUTOMATIC, "tren-he-thong": ReminderKind.SYSTEM, "bang-van-ban": ReminderKind.WRITTEN,
}  # fmt: skip
_MAX_VALUE, _EXPORT_BLOCK = 120, 500
_PROGRAM, _STATED = Principal(PrincipalKind.LOCAL, ""), ActFields(channel=ReminderChannel.SYSTEM)
_WAIT_SECONDS = 1  # for an import: meanwhile the poller, whose thread gives the reminders, writes nothing


@dataclass(frozen=True, slots=True)
class ReminderLedger:
    """Some reminders, the newest first; how many there are in all, by kind. `titles`: of positions, by key."""

    rows: tuple[ReminderRow, ...] = ()
    counts: Mapping[ReminderKind, int] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many there are in all."""
        return sum(self.counts.values())


def tasks_to_remind(context: DirectiveContext) -> list[str]:
    """Keys of the tasks that the ladder reminds today, as far as a list of tasks tells."""
    ladder, day = context.limits.reminder_days, context.today()
    if not ladder:
        return []
    with context.store.read() as conn:
        tasks = remindable_tasks(conn, day - timedelta(days=min(ladder)), day)
    return [task.key for task in tasks if is_reminder_due(ladder, day, task.due, task.reminded_on)]


def remind_by_ladder(context: DirectiveContext, tasks: Sequence[str]) -> int:
    """Reminds those of `tasks` that the ladder reminds today, in one transaction; returns how many. StoreError (BUSY).

    The act has neither a person nor a position: the program gives it. A task that has as many acts as it may is left.
    """
    with context.store.write() as conn:
        began = change_counter.take_turn(conn, context.clock(), _WAIT_SECONDS)
        owed = [pair for key in tasks if (pair := _reminder(conn, context, key, began))]
        if owed:
            now = change_counter.bump(conn, {"directives"}, context.clock())  # from here on everybody waits
            clock = behind(context.clock(), now)
            for loaded, event in owed:
                events.append(conn, loaded.stored, loaded.history, replace(event, at=now, clock_at=clock))
            stated = json.dumps(_STATED.to_json(), sort_keys=True)
            acts = [AuditedAct("directive-remind", event.task, stated) for _, event in owed]
            context.write_entries(conn, _PROGRAM, acts, context.clock())
    return len(owed)


def _reminder(conn: Conn, context: DirectiveContext, key: str, at: datetime) -> tuple[LoadedTask, TaskEvent] | None:
    """The reminder that the ladder gives a task; None for none."""
    loaded = load_task(conn, key)
    event = TaskEvent(0, key, Act.REMIND, at, stated=_STATED, clock_at=behind(context.clock(), at))
    if loaded is None or not _is_owed(context, loaded, event):
        return None
    try:
        check_bounds(loaded.state, event, loaded.history)
    except ActError:
        return None
    return loaded, event


def _is_owed(context: DirectiveContext, loaded: LoadedTask, event: TaskEvent) -> bool:
    state = loaded.state
    if state is None or state.due is None or Act.REMIND not in possible_acts(state.work_state) or state.stopped_on:
        return False
    given = [each.day for each in loaded.history if each.act is Act.REMIND and not each.position]
    ladder = context.limits.reminder_days
    # One of a later day was given while the clock was ahead, and would hold back all until that day.
    last = max((day for day in given if day <= event.day), default=None)
    return is_reminder_due(ladder, event.day, state.due, last, state.assigned_on)


def filter_values(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the ledger's filter, "" for what is not asked for."""
    return {name: clean_text(params.get(name, ""), _MAX_VALUE).strip() for name in FILTER_PARAMS}


def list_reminders(
    context: DirectiveContext,
    params: Mapping[str, str],
    principal: Principal,
    *,
    start: int = 0,
    limit: int = 100,
    before: int | None = None,
) -> ReminderLedger:
    """Some reminders that the parameters leave and the principal may see. PermissionDeniedError.

    `before`: number of an act; reminders before it alone.
    An agency stands for those whose successor it is, too; what is unknown in the parameters asks for nothing.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    values, day = filter_values(params), parse_day
    agency = values["co-quan"]
    if agency and agency not in context.agencies:
        return ReminderLedger()
    with context.store.read() as conn:
        positions = load_positions(conn)
        access = read_access(conn, context, positions, principal)
        query = ReminderQuery(
            predecessors(context.agencies, agency, context.today()), KINDS.get(values["hinh-thuc"]),
            _midnight(day(values["tu"])), _midnight(day(values["den"]), 1), access, before, start, limit,
        )  # fmt: skip
        rows, counts = reminders.list_reminders(conn, query)
    return ReminderLedger(rows, counts, {each.key: each.title for each in positions.by_key.values()})


def all_reminders(
    context: DirectiveContext, params: Mapping[str, str], principal: Principal
) -> Iterator[ReminderLedger]:
    """Every reminder that the parameters leave, in parts, for an export. PermissionDeniedError."""
    before: int | None = None
    while (part := list_reminders(context, params, principal, before=before, limit=_EXPORT_BLOCK)).rows:
        yield part
        before = part.rows[-1].event.id  # nothing that comes meanwhile moves the rest


def _midnight(day: date | None, later: int = 0) -> datetime | None:
    """The beginning of the day in the city that is `later` days after `day`."""
    return city_midnight(day + timedelta(days=later)) if day else None
