"""Figures of directives over years of a city: work list, register, an act, statistics at a moment, import."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks import register_browsing
from benchmarks.database import new_database, run_postgres, temporary_folder
from benchmarks.directive_load import EVENTS, TASKS, YEARS, fill
from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.installation import AGENCIES
from benchmarks.process import cpu_seconds_with_children
from benchmarks.task_sheet import import_figures
from ioc.auth import audit_log
from ioc.directives import queries, work_list
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.context import DirectiveContext
from ioc.directives.visits import changes_since
from ioc.directives.waiting import waiting_pairs
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.directives.acts import Act, ActFields, PositionKind, ReminderChannel
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.positions import Position
from ioc.domain.directives.sheet_documents import MAX_SHEET_DOCUMENTS, MAX_SHEET_TASKS
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_status import DeadlineState
from ioc.storage.db.store import Store
from ioc.storage.directives import positions
from ioc.storage.directives.register import RegisterQuery
from ioc.storage.directives.visits import last_event
from ioc.storage.directives.waiting import Parties, WaitFilter
from simulator import postgres

_TIMES, _ACTS = 15, 50
_ROLES = frozenset({Role.LEADER, Role.EDITOR, Role.REPORTER})
_POSITIONS = {
    "ct": (PositionKind.CHAIRMAN, ""), "vp": (PositionKind.OFFICE_LEADER, ""),
    "gd": (PositionKind.AGENCY_LEADER, AGENCIES[5]),
}  # fmt: skip


def figures(share: float = 1.0) -> list[BenchmarkFigure]:
    """Figures over a new store of each database. `share` < 1 fills fewer tasks and acts, for a trial."""
    with temporary_folder("directives") as folder:
        found = _measure_new(folder, f"sqlite:///{folder / 'ioc.db'}", share, "directives")
    if postgres.find_programs() is None:
        note = "PostgreSQL is not installed"
        return [*found, BenchmarkFigure("directives on PostgreSQL", None, None, "", note)]
    with temporary_folder("directives") as folder, run_postgres(folder) as (port, pid):
        return found + _measure_new(folder, new_database(port), share, "directives on PostgreSQL", pid)


def _measure_new(folder: Path, url: str, share: float, name: str, server: int = 0) -> list[BenchmarkFigure]:
    now = utc_now()
    store = fill(url, now, round(TASKS * share), round(EVENTS * share))
    with closing(store):
        found = measure(store, now, name, server, max(round(MAX_SHEET_TASKS * share), MAX_SHEET_DOCUMENTS))
    return found + register_browsing.figures(folder, url, name)


def measure(store: Store, now: datetime, name: str, server: int, sheet_tasks: int) -> list[BenchmarkFigure]:
    """The figures of a filled store at `now`: medians, with the time of processors.

    `server`: pid of its database's, 0 for none. `sheet_tasks`: of a sheet that is imported.
    """
    agencies = {key: Agency(key, LocalizedText(key), LocalizedText(key)) for key in AGENCIES}
    context = DirectiveContext(store, agencies, lambda: now, audit_log.write_acts)
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

    def figure(what: str, goal: float, run: Callable[[], object], times: int = _TIMES) -> BenchmarkFigure:
        return _figure(f"{name}: {what}", goal, run, times, server)

    return [
        *(
            figure(f"work list of {who}", 150, partial(work_list.my_work, context, key, users[key]))
            for key, who in (("ct", "the chairman"), ("vp", "the Office"), ("gd", "an agency"))
        ),
        *(
            figure(f"a month's changes for {who}", 150, changes(key))
            for key, who in (("ct", "the chairman"), ("vp", "the Office"), ("gd", "an agency"))
        ),
        figure("a task's page", 150, _task_page(context, users["vp"])),
        figure("register, first rows", 300, rows(RegisterQuery())),
        figure("register, words searched", 300, rows(RegisterQuery(search="ket noi camera"))),
        figure("register, overdue", 300, rows(RegisterQuery(deadline_states=(DeadlineState.OVERDUE,)))),
        figure("register, an agency, by title", 300, rows(RegisterQuery(agencies=AGENCIES[:1], sort="title"))),
        figure("register, the pair that waits for most tasks", 300, rows(_waiting(context, users["vp"]))),
        figure("an act", 50, _reminders(context, users["vp"]), _ACTS),
        *(figure(f"statistics, {years} years back", 150, partial(statistics_of, years)) for years in range(YEARS + 1)),
        *import_figures(context, users["vp"], name, sheet_tasks),
    ]


def _task_page(context: DirectiveContext, user: Principal) -> Callable[[], object]:
    """A task with its history, as its own page asks for it."""
    (row,) = queries.register(context, RegisterQuery(limit=1), user).rows
    return partial(queries.find_task, context, row.key, "vp", user)


def _waiting(context: DirectiveContext, user: Principal) -> RegisterQuery:
    """The tasks of the pair that waits for most of them; of no pair where nobody waits."""
    pairs = waiting_pairs(context, user)
    pair = max(pairs, key=lambda each: each.count, default=None)
    return RegisterQuery(waits=WaitFilter(Parties(), pair.waiting if pair else "", pair.waited_for if pair else ""))


def _figure(name: str, goal: float, run: Callable[[], object], times: int, server: int) -> BenchmarkFigure:
    durations, processor = [], []
    run()
    served = cpu_seconds_with_children(server) if server else 0.0
    for _ in range(times):
        started, used = time.perf_counter(), time.process_time()
        run()
        durations.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() - used) * 1000)
    note = f"p95 {percentile(durations, 0.95):.0f}, of the processor {percentile(processor, 0.5):.0f}"
    if server:
        note += f" and of its server {(cpu_seconds_with_children(server) - served) / times * 1000:.0f}"
    return BenchmarkFigure(name, percentile(durations, 0.5), goal, "ms", note)


def _reminders(context: DirectiveContext, user: Principal) -> Callable[[], object]:
    """A reminder of another open task at each call."""
    page = queries.register(context, RegisterQuery(deadline_states=(DeadlineState.OVERDUE,), limit=_ACTS + 1), user)
    keys = iter([row.key for row in page.rows] * _ACTS)
    stated = ActFields(channel=ReminderChannel.SYSTEM, text="Đôn đốc")
    return lambda: perform_act(context, ActCommand(next(keys), Act.REMIND, stated, "vp"), user)
