"""The filter of the register as the parameters of its page's address: read, and applied for who asks."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ioc.directives.context import DirectiveContext
from ioc.directives.queries import own_positions, register, register_rows, visible_query
from ioc.directives.visibility import OFFICE_KINDS
from ioc.directives.waiting import parse_pair
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.access.principal import Principal
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import parse_day
from ioc.domain.directives.counts import OVERDUE_BUCKETS
from ioc.domain.directives.directive import OrderSource
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_numbers import NO_TASKS, TaskNumbers
from ioc.domain.directives.task_status import DeadlineState, WorkState
from ioc.storage.directives.register import (
    SORT_COLUMNS,
    RegisterPage,
    RegisterQuery,
    RegisterRow,
    count_tasks,
)
from ioc.storage.directives.register_states import StateSize, state_sizes
from ioc.storage.directives.waiting import Parties, WaitFilter

# Parameters of the address, each once: words, agency, as held or as assigned, source, state, document, due window,
# inferred due dates, star, own portfolio, commune or ward, horizon, handling, who waits for whom, documents that the
# page of directives counts.
FILTER_PARAMS = (
    "tim", "co-quan", "theo", "nguon", "trang-thai", "van-ban", "tu", "den", "han-suy-ra", "sao", "phu-trach",
    "dia-ban", "ky-han", "xu-ly", "cho", "pham-vi",
)  # fmt: skip
AS_ASSIGNED, OPEN, COUNTED, WAITING, YES = "duoc-giao", "dang-mo", "trong-tong", "cho-giao", "co"
_DEADLINE: Mapping[str, DeadlineState] = {
    "qua-han": DeadlineState.OVERDUE, "sap-den-han": DeadlineState.DUE_SOON, "trong-han": DeadlineState.ON_TRACK,
    "khong-thoi-han": DeadlineState.NO_DEADLINE, "dung-han": DeadlineState.DONE_ON_TIME,
    "tre-han": DeadlineState.DONE_LATE,
}  # fmt: skip
_WORK: Mapping[str, WorkState] = {
    "chua-tiep-nhan": WorkState.NOT_STARTED, "dang-thuc-hien": WorkState.ACTIVE,
    "cho-xac-nhan": WorkState.AWAITING_ACCEPTANCE, "hoan-thanh": WorkState.DONE, "tam-dung": WorkState.PAUSED,
    "thu-hoi": WorkState.WITHDRAWN,
}  # fmt: skip
HORIZONS: Mapping[str, str] = {"ngan-han": "short", "trung-han": "medium", "dai-han": "long"}
# By what happened to a task: returned, with an open petition, days overdue.
RECEIVED, RETURNED, PETITION = "da-tiep-nhan", "tra-lai", "kien-nghi"
_AGES = {f"qua-han-{low}": (low, high) for low, high in OVERDUE_BUCKETS}
HANDLINGS = (RECEIVED, RETURNED, PETITION, *_AGES)
SCOPES: Mapping[str, bool] = {"chinh-thuc": False, "mo-phong": True}
OFFERED = (tuple(HORIZONS), HANDLINGS, tuple(SCOPES))  # what an address may have
# What counts: neither paused nor withdrawn.
_COUNTED = tuple(work for work in WorkState if work not in (WorkState.PAUSED, WorkState.WITHDRAWN))
STATES = (OPEN, *_DEADLINE, COUNTED, *_WORK, WAITING)
_EXPORT_BLOCK = 500
_MAX_WORDS = 200


def offered_states(context: DirectiveContext, principal: Principal) -> tuple[str, ...]:
    """The states that the principal may filter by: what waits for assignment is seen by the Office and the leaders."""
    may_act = is_allowed(principal, Action.ACT_ON_DIRECTIVES)
    own = own_positions(context, principal) if may_act else ()
    is_office = any(position.kind in OFFICE_KINDS for position in own)
    return STATES if is_office else tuple(state for state in STATES if state != WAITING)


def filter_values(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the filter, "" for what is not asked for."""
    return {name: clean_text(params.get(name, ""), _MAX_WORDS).strip() for name in FILTER_PARAMS}


def _parse_filter(
    params: Mapping[str, str], portfolio: tuple[tuple[str, ...], tuple[str, ...]]
) -> RegisterQuery:  # fmt: skip
    """The query of the parameters; what is unknown in them asks for nothing. `portfolio`: of who asks."""
    values = filter_values(params)
    state, source, day, pair = values["trang-thai"], values["nguon"], parse_day, parse_pair(values["cho"])
    return RegisterQuery(
        search=values["tim"],
        agencies=(values["co-quan"],) if values["co-quan"] else (),
        view=AgencyView.ASSIGNED if values["theo"] == AS_ASSIGNED else AgencyView.HELD,
        sources=(source,) if source in set(OrderSource) else (),
        work_states=_COUNTED if state == COUNTED else (_WORK[state],) if state in _WORK else (),
        deadline_states=(_DEADLINE[state],) if state in _DEADLINE else (),
        is_open=state == OPEN,
        is_waiting=state == WAITING,
        document=values["van-ban"],
        due_from=day(values["tu"]),
        due_to=day(values["den"]),
        is_due_inferred=values["han-suy-ra"] == YES,
        is_starred=True if values["sao"] == YES else None,
        portfolio=portfolio if values["phu-trach"] == YES else None,
        place=values["dia-ban"],
        horizon=HORIZONS.get(values["ky-han"], ""),
        days_overdue=_AGES.get(values["xu-ly"]),
        is_received=values["xu-ly"] == RECEIVED,
        is_returned=values["xu-ly"] == RETURNED,
        has_petition=values["xu-ly"] == PETITION,
        is_simulated=SCOPES.get(values["pham-vi"]),
        waits=WaitFilter(Parties(), *pair) if pair else None,
    )


def rows_of(
    context: DirectiveContext, params: Mapping[str, str], principal: Principal, *, start: int = 0, limit: int = 100,
    sort: str = "due", is_descending: bool = False,
) -> RegisterPage:  # fmt: skip
    """Some rows that the parameters leave, and how many there are; an unknown sort column is that of the due date.

    PermissionDeniedError.
    """
    query, column = _known_query(context, params, principal), sort if sort in SORT_COLUMNS else "due"
    if query is None:
        return RegisterPage((), 0)
    page = replace(query, offset=start, limit=limit, sort=column, is_descending=is_descending)
    return register(context, page, principal)


@dataclass(frozen=True, slots=True)
class RegisterCounts:
    """How many rows each state has, by its name in an address; `numbers`: of the tasks that count.

    `orders`: rows of orders, which are in the states of their parts.
    """

    by_state: Mapping[str, int] = field(default_factory=dict)
    numbers: TaskNumbers = NO_TASKS
    orders: int = 0


def count_states(context: DirectiveContext, params: Mapping[str, str], principal: Principal) -> RegisterCounts:
    """The rows that the parameters leave without their state: a state has as many as filtering by it too shows.

    Those of COUNTED are those not received, in progress, awaiting confirmation and finished. PermissionDeniedError.
    """
    states = offered_states(context, principal)
    query = _known_query(context, {**params, "trang-thai": ""}, principal)
    if query is None:
        return RegisterCounts(dict.fromkeys(states, 0))
    with context.store.read() as conn:
        visible = visible_query(conn, context, query, principal)
        sizes = state_sizes(conn, visible, context.today(), context.due_soon_days)
        counting = replace(visible, work_states=_COUNTED)
        numbers = count_tasks(conn, counting, context.today(), context.due_soon_days)
    found = Counter[str](dict.fromkeys(states, 0))
    for each in sizes:
        for state in () if each.is_order else _states_of(each):
            found[state] += each.size
    if WAITING in states:
        found[WAITING] = register(context, replace(query, is_waiting=True, limit=0), principal).total
    return RegisterCounts(found, numbers, sum(each.size for each in sizes if each.is_order))


def _states_of(size: StateSize) -> Iterator[str]:
    """The states by which the tasks are found."""
    yield _WORK_NAMES[size.work_state]
    if size.deadline_state is not None:
        yield _DEADLINE_NAMES[size.deadline_state]
    if size.work_state in _COUNTED:
        yield COUNTED
    if size.work_state in _COUNTED and size.work_state is not WorkState.DONE:
        yield OPEN


_WORK_NAMES = {work: name for name, work in _WORK.items()}
_DEADLINE_NAMES = {deadline: name for name, deadline in _DEADLINE.items()}


def all_rows(context: DirectiveContext, params: Mapping[str, str], principal: Principal) -> Iterator[RegisterRow]:
    """Every row that the parameters leave, as they were at one moment, for an export. PermissionDeniedError."""
    query = _known_query(context, params, principal)
    return register_rows(context, replace(query, limit=_EXPORT_BLOCK), principal) if query else iter(())


def _known_query(context: DirectiveContext, params: Mapping[str, str], principal: Principal) -> RegisterQuery | None:
    """The query of the parameters; None for an agency that there is not."""
    query = _parse_filter(params, context.portfolio(own_positions(context, principal)))
    if not all(key in context.agencies for key in query.agencies):
        return None
    committees = (each.key for each in context.agencies.values() if each.place == query.place)
    return replace(query, place_agencies=tuple(committees)) if query.place else query
