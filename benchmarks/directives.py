"""Figures of directives over four years of a city: work list, register, an act, statistics at a moment, on SQLite."""

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.directive_load import AGENCIES, EVENTS, TASKS, YEARS, fill
from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.task_sheet import import_figure
from ioc.directives import queries, work_list
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.context import DirectiveContext
from ioc.directives.visits import changes_since
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.directives.acts import Act, ActFields, PositionKind, ReminderChannel
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.positions import Position
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_status import DeadlineState
from ioc.storage.db.store import Store
from ioc.storage.directives import positions
from ioc.storage.directives.register import RegisterQuery
from ioc.storage.directives.visits import last_event

_TIMES, _ACTS = 15, 50
_ROLES = frozenset({Role.LEADER, Role.EDITOR, Role.REPORTER})
_POSITIONS = {
    "ct": (PositionKind.CHAIRMAN, ""), "vp": (PositionKind.OFFICE_LEADER, ""),
    "gd": (PositionKind.AGENCY_LEADER, AGENCIES[5]),
}  # fmt: skip


def figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """Figures over a new store. `share` < 1 fills fewer tasks and acts, for a trial."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-bench-directives-"))
    store: Store | None = None
    try:
        now = utc_now()
        store = fill(folder / "ioc.db", now, round(TASKS * share), round(EVENTS * share))
        return measure(store, now)
    finally:
        if store is not None:
            store.close()
        shutil.rmtree(folder, ignore_errors=True)


def measure(store: Store, now: datetime) -> list[BenchmarkFigure]:
    """The figures of a filled store at `now`, of its median and the time of its processor."""
    agencies = {key: Agency(key, LocalizedText(key), LocalizedText(key)) for key in AGENCIES}
    context = DirectiveContext(store, agencies, lambda: now, lambda *_entry: None)
    with store.write() as conn:
        for key, (kind, agency) in _POSITIONS.items():
            positions.put_position(conn, Position(key, kind, key, key, (now - timedelta(days=1)).date(), agency=agency))
    users = {key: Principal(PrincipalKind.USER, key, roles=_ROLES) for key in _POSITIONS}

    with store.read() as conn:
        recent = max(0, last_event(conn) - EVENTS // (12 * YEARS))

    def changes(key: str) -> Callable[[], object]:
        return lambda: changes_since(context, recent, key, users[key])

    def statistics_of(years: int) -> object:
        at = now - timedelta(days=365 * years)
        return queries.statistics(context, at, AgencyView.HELD, users["ct"])

    def rows(query: RegisterQuery) -> Callable[[], object]:
        return lambda: queries.register(context, query, users["vp"])

    return [
        *(
            _figure(f"work list of {name}", 150, lambda key=key: work_list.my_work(context, key, users[key]))  # type: ignore[misc]
            for key, name in (("ct", "the chairman"), ("vp", "the Office"), ("gd", "an agency"))
        ),
        *(
            _figure(f"a month's changes for {name}", 150, changes(key))
            for key, name in (("ct", "the chairman"), ("vp", "the Office"), ("gd", "an agency"))
        ),
        _figure("register, first rows", 300, rows(RegisterQuery())),
        _figure("register, words searched", 300, rows(RegisterQuery(search="ket noi camera"))),
        _figure("register, overdue", 300, rows(RegisterQuery(deadline_states=(DeadlineState.OVERDUE,)))),
        _figure("an act", 50, _reminders(context, users["vp"]), _ACTS),
        *(
            _figure(f"statistics, {years} years back", 150, lambda years=years: statistics_of(years))  # type: ignore[misc]
            for years in range(YEARS + 1)
        ),
        import_figure(context, users["vp"]),
    ]


def _figure(name: str, goal: float, run: Callable[[], object], times: int = _TIMES) -> BenchmarkFigure:
    durations, processor = [], []
    run()
    for _ in range(times):
        started, used = time.perf_counter(), time.process_time()
        run()
        durations.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() - used) * 1000)
    note = f"p95 {percentile(durations, 0.95):.0f}, of the processor {percentile(processor, 0.5):.0f}"
    return BenchmarkFigure(f"directives: {name}", percentile(durations, 0.5), goal, "ms", note)


def _reminders(context: DirectiveContext, user: Principal) -> Callable[[], object]:
    """A reminder of another open task at each call."""
    page = queries.register(context, RegisterQuery(deadline_states=(DeadlineState.OVERDUE,), limit=_ACTS + 1), user)
    keys = iter([row.key for row in page.rows] * _ACTS)
    stated = ActFields(channel=ReminderChannel.SYSTEM, text="Đôn đốc")
    return lambda: perform_act(context, ActCommand(next(keys), Act.REMIND, stated, "vp"), user)
