"""The filter of the register as the parameters of its page's address: read, and applied for who asks."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ioc.directives.context import DirectiveContext
from ioc.directives.queries import own_positions, register, register_rows
from ioc.directives.waiting import parse_pair
from ioc.domain.access.principal import Principal
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import parse_day
from ioc.domain.directives.directive import OrderSource
from ioc.domain.directives.positions import Position
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_status import DeadlineState, WorkState
from ioc.storage.directives.register import SORT_COLUMNS, RegisterPage, RegisterQuery, RegisterRow
from ioc.storage.directives.waiting import Parties, WaitFilter

# Parameters of the address, each once: words, agency, as held or as assigned, source, state, document, due window,
# star, own portfolio, who waits for whom.
FILTER_PARAMS = ("tim", "co-quan", "theo", "nguon", "trang-thai", "van-ban", "tu", "den", "sao", "phu-trach", "cho")
AS_ASSIGNED, OPEN, YES = "duoc-giao", "dang-mo", "co"
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
STATES = (OPEN, *_DEADLINE, *_WORK)
MAX_SELECTED = 200  # tasks of one bulk act
_EXPORT_BLOCK = 500
_MAX_WORDS = 200


def filter_values(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the filter, "" for what is not asked for."""
    return {name: clean_text(params.get(name, ""), _MAX_WORDS).strip() for name in FILTER_PARAMS}


def parse_filter(params: Mapping[str, str], positions: tuple[Position, ...] = ()) -> RegisterQuery:
    """The query of the parameters; what is unknown in them asks for nothing. `positions`: of who asks."""
    values = filter_values(params)
    state, source, day, pair = values["trang-thai"], values["nguon"], parse_day, parse_pair(values["cho"])
    portfolio = (
        tuple(sorted({key for position in positions for key in position.agencies})),
        tuple(sorted({key for position in positions for key in position.spheres})),
    )
    return RegisterQuery(
        search=values["tim"],
        agencies=(values["co-quan"],) if values["co-quan"] else (),
        view=AgencyView.ASSIGNED if values["theo"] == AS_ASSIGNED else AgencyView.HELD,
        sources=(source,) if source in set(OrderSource) else (),
        work_states=(_WORK[state],) if state in _WORK else (),
        deadline_states=(_DEADLINE[state],) if state in _DEADLINE else (),
        is_open=state == OPEN,
        document=values["van-ban"],
        due_from=day(values["tu"]),
        due_to=day(values["den"]),
        is_starred=True if values["sao"] == YES else None,
        portfolio=portfolio if values["phu-trach"] == YES else None,
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


def all_rows(context: DirectiveContext, params: Mapping[str, str], principal: Principal) -> Iterator[RegisterRow]:
    """Every row that the parameters leave, as they were at one moment, for an export. PermissionDeniedError."""
    query = _known_query(context, params, principal)
    return register_rows(context, replace(query, limit=_EXPORT_BLOCK), principal) if query else iter(())


def _known_query(context: DirectiveContext, params: Mapping[str, str], principal: Principal) -> RegisterQuery | None:
    """The query of the parameters; None for an agency that there is not."""
    query = parse_filter(params, own_positions(context, principal))
    return query if all(key in context.agencies for key in query.agencies) else None
