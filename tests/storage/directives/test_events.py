"""Acts in the store, on both databases: what follows from them equals the fold at every moment."""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Table, func, select

from ioc.domain.base.working_days import WorkCalendar
from ioc.domain.directives.acts import Act, ItemKind
from ioc.domain.directives.counts import OVERDUE_BUCKETS, count_statuses, overdue_buckets
from ioc.domain.directives.directive import InstructionOrigin
from ioc.domain.directives.handling import HandlingFigures, add_up
from ioc.domain.directives.intervals import fold_intervals
from ioc.domain.directives.statistics import AgencyView, collect_statistics
from ioc.domain.directives.task_fold import fold
from ioc.domain.directives.task_numbers import number_of_tasks
from ioc.domain.directives.task_state import TaskState
from ioc.storage.db.dialect import reserve_ids
from ioc.storage.db.errors import StoreError
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import documents, events
from ioc.storage.directives.instructions import draft_instructions
from ioc.storage.directives.schema import (
    TaskKind,
    directive_event,
    directive_interval,
    directive_open_item,
    directive_task,
)
from ioc.storage.directives.statistics import task_groups
from tests.conftest import empty_store
from tests.domain.directives.act_cases import AGENCIES
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, append, fill, make_document

DAY = timedelta(days=1)


class PartOf(NamedTuple):
    """A task by its key, and the order that it is a part of."""

    key: str
    part_of: str


def rows(conn: Conn, table: Table) -> list[tuple[object, ...]]:
    return sorted(map(tuple, conn.execute(select(table))), key=repr)


def test_what_is_written_with_each_act_equals_a_rebuild_and_the_fold(store: Store) -> None:
    keys = fill(store)
    tables = (directive_interval, directive_open_item, directive_task)
    with store.write() as conn:
        before = [rows(conn, table) for table in tables]
        events.rebuild(conn)
        assert [rows(conn, table) for table in tables] == before
        for key in keys:
            task = events.find_task(conn, key)
            assert task is not None
            history = events.task_events(conn, task.id)
            query = select(directive_interval).where(directive_interval.c.task_id == task.id)
            assert len(conn.execute(query).all()) == len(fold_intervals(history)[1])
            assert task.version == history[-1].id
    assert len(before[0]) > len(keys) and before[1]


def handling(states: Sequence[TaskState]) -> HandlingFigures:
    """What these tasks add up to."""
    times = [state.received_after for state in states if state.received_after is not None]
    returns = [state.returns for state in states if state.returns]
    petitions = [sum(item.kind is ItemKind.PETITION for item in state.items) for state in states]
    return HandlingFigures(
        len(times), round(sum(times, timedelta()).total_seconds()), sum(returns), len(returns),
        sum(state.office_days for state in states), sum(petitions), sum(map(bool, petitions)),
    )  # fmt: skip


def return_late_report(store: Store) -> str:
    """Key of a task whose late completion report was returned, and which then has a petition."""
    with store.write() as conn:
        documents.put_document(conn, make_document(), at(START))
        for days, act in ((0, Act.ASSIGN), (1, Act.RECEIVE), (35, Act.SUBMIT_COMPLETION), (40, Act.RETURN_COMPLETION)):
            due = START + 30 * DAY if act is Act.ASSIGN else None
            append(conn, "d/nv-2", act, at(START + days * DAY), agency="c", due=due)
        append(conn, "d/nv-2", Act.REPORT, at(START + 41 * DAY), petition="x", petition_to="ct")
    return "d/nv-2"


@pytest.mark.parametrize("view", AgencyView)
def test_statistics_in_sql_equal_the_fold_at_any_moment(store: Store, view: AgencyView) -> None:
    keys = [*fill(store), return_late_report(store)]
    with store.read() as conn:
        tasks = [task for key in keys if (task := events.find_task(conn, key))]
        histories = {task.key: (task.kind, events.task_events(conn, task.id)) for task in tasks}
        for days in (-1, 0, 3, 20, 45, 70, 100, 400):
            moment = at(START + days * DAY, 23)
            day = START + days * DAY
            found = collect_statistics(task_groups(conn, moment, day, view), moment, day, view, AGENCIES)
            states = [state for kind, history in histories.values() if kind != 1 and (state := fold(history, moment))]
            statuses = [state.status(moment) for state in states]
            assert found.counts == count_statuses(statuses), days
            counted = [
                PartOf(key, key.partition("/")[0] if kind is TaskKind.PART else "")
                for key, (kind, history) in histories.items()
                if kind is not TaskKind.ORDER and (state := fold(history, moment)) and state.status(moment).is_counted
            ]
            assert found.numbers == number_of_tasks(counted), days
            assert found.ageing == overdue_buckets(statuses) and len(found.ageing) == len(OVERDUE_BUCKETS)
            assert sum(found.by_state.values()) == len(states)
            assert found.handling == handling(states) == add_up(found.handling_by_agency.values())
            for agency, counts in found.by_agency.items():
                own = [
                    state for state in states
                    if agency == (state.assigned_agency if view is AgencyView.ASSIGNED else state.holder)
                ]  # fmt: skip
                assert counts == count_statuses(state.status(moment) for state in own)
                assert found.handling_by_agency[agency] == handling(own)
    assert all(found.handling), "each has happened by the last moment"


def test_an_order_is_one_task_and_its_parts_are_counted(store: Store) -> None:
    with store.write() as conn:
        documents.put_document(conn, make_document(), at(START))
        for n in range(3):
            append(conn, f"d/nv-{n}", Act.ASSIGN, at(START), agency="a", due=START)
    with store.read() as conn:
        moment = at(START + 5 * DAY)
        groups = task_groups(conn, moment, START + 5 * DAY, AgencyView.HELD, WorkCalendar())
        found = collect_statistics(groups, moment, START + 5 * DAY, AgencyView.HELD, AGENCIES)
    assert (found.numbers.tasks, found.counts.total, found.counts.overdue, found.ageing) == (2, 2, 2, (2, 0, 0, 0))


def test_a_report_that_waits_for_more_than_five_working_days_is_late_at_the_office(store: Store) -> None:
    with store.write() as conn:
        documents.put_document(conn, make_document(), at(START))
        for act in (Act.ASSIGN, Act.RECEIVE, Act.SUBMIT_COMPLETION):
            append(conn, "d/nv-2", act, at(START), agency="c", due=START + 90 * DAY)
    with store.read() as conn:
        late = {
            days: sum(
                group.size
                for group in task_groups(conn, at(START + days * DAY), START + days * DAY, AgencyView.HELD).groups
                if group.is_late_at_office
            )
            for days in (1, 7, 8)
        }
    assert late == {1: 0, 7: 0, 8: 1}


def test_documents_keep_everything_that_was_entered(store: Store) -> None:
    origin = InstructionOrigin("/ban-do", at(START), "muc-nuoc", "1,86 m", "a", START, "Kiểm tra", "pct", at(START))
    document = make_document(parents=("x", "y"), published_on=START, origin=origin, external_id="7", master="qlvb")
    with store.write() as conn:
        documents.put_document(conn, document, at(START))
        documents.put_document(conn, document, at(START))
    with store.read() as conn:
        assert documents.find_document(conn, "d") == document == documents.find_external(conn, "qlvb", "7")
        assert documents.ancestors_of(conn, ["d", "x"]) == {"d": ["x", "y"]}
        assert documents.find_document(conn, "e") is None is documents.find_external(conn, "qlvb", "")


def test_instructions_without_a_number_are_the_offices_queue(store: Store) -> None:
    origin = InstructionOrigin("/", at(START), "k", "1", "a", None, "Kiểm tra", "pct", at(START))
    with store.write() as conn:
        documents.put_document(conn, make_document("n", number="", origin=origin), at(START))
        documents.put_document(conn, make_document("m", origin=origin), at(START))
    with store.read() as conn:
        assert [document.key for document in draft_instructions(conn, {"pct"})] == ["n"]


def test_events_are_read_on_from_a_number_and_by_external_id(store: Store) -> None:
    with store.write() as conn:
        documents.put_document(conn, make_document(), at(START))
        first = append(conn, "d/nv-2", Act.ASSIGN, at(START), agency="c", text="1 = 1")
        task = events.find_task(conn, "d/nv-2")
        assert task is not None
        second = events.append(conn, task, [first], first.__class__(0, "d/nv-2", Act.RECEIVE, at(START), "x"), "ext-1")
    with store.read() as conn:
        assert [item.event for item in events.events_after(conn, 0, 10).events] == [first, second]
        assert [item.external_id for item in events.events_after(conn, first.id, 10).events] == ["ext-1"]
        assert events.events_after(conn, 0, 1).events[0].event == first
        assert events.find_external(conn, task.id, "ext-1") == second == events.find_event(conn, second.id)
        assert events.find_external(conn, task.id, "") is None


def test_an_external_id_of_a_task_is_stored_once(store: Store) -> None:
    with store.write() as conn:
        documents.put_document(conn, make_document(), at(START))
        task = events.find_task(conn, "d/nv-2")
        assert task is not None
        first = append(conn, "d/nv-2", Act.ASSIGN, at(START), agency="c")
        events.append(conn, task, [first], first.__class__(0, "d/nv-2", Act.RECEIVE, at(START)), "ext-1")
    with pytest.raises(StoreError), store.write() as conn:
        events.append(conn, task, [first], first.__class__(0, "d/nv-2", Act.RECEIVE, at(START)), "ext-1")


@pytest.mark.parametrize("statement", ["DELETE FROM sqlite_sequence", "UPDATE sqlite_sequence SET seq = 1"])
def test_numbers_of_acts_go_on_where_the_count_of_the_store_is_behind(tmp_path: Path, statement: str) -> None:
    """A copied store may have such a count; SQLite itself begins behind the rows."""
    with closing(empty_store(tmp_path)) as store:
        fill(store)
        with store.write() as conn:
            conn.exec_driver_sql(statement)
            newest = conn.execute(select(func.max(directive_event.c.id))).scalar_one()
            assert reserve_ids(conn, directive_event, 2) == [newest + 1, newest + 2]
