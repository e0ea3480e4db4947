"""Rows of a list are found by the numbers of their tasks, and what is only counted is not read."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite

from ioc.domain.directives.acts import Act
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from ioc.storage.directives.register import row_query
from ioc.storage.directives.schema import directive_interval
from ioc.storage.directives.statistics import is_current
from ioc.storage.directives.work_list import WorkScope, WorkSection, work_list
from tests.conftest import empty_store
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, append, make_document


def test_rows_of_some_tasks_are_looked_up_by_their_numbers(tmp_path: Path) -> None:
    query = row_query(START, 7).where(directive_interval.c.task_id.in_([1, 2, 3]))
    sql = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with closing(empty_store(tmp_path)) as store, store.read() as conn:
        plan = [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert any("directive_interval USING PRIMARY KEY (task_id=?" in step for step in plan), plan


def test_present_tasks_in_a_state_are_looked_up_by_it(tmp_path: Path) -> None:
    query = select(func.count()).where(is_current(), directive_interval.c.work_state == 2)
    sql = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with closing(empty_store(tmp_path)) as store, store.read() as conn:
        (step,) = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")
    assert "COVERING INDEX directive_interval_end (valid_to_ms=? AND work_state=?)" in step[3]


def test_statements_run_without_compilation_by_the_server(postgres_store: Store) -> None:
    with postgres_store.read() as conn:
        assert conn.exec_driver_sql("SHOW jit").scalar_one() == "off"


def test_the_server_hashes_the_keys_of_a_large_subquery(postgres_store: Store) -> None:
    large = "SELECT n FROM (SELECT g AS n FROM generate_series(1, 400000) g) t"
    with postgres_store.read() as conn:
        plan = [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {large} WHERE n = 1 OR n NOT IN ({large})")]
    assert any("hashed SubPlan" in step for step in plan), plan


def test_a_list_of_no_entries_has_the_same_counts(store: Store) -> None:
    with store.write() as conn:
        documents.put_document(conn, make_document(), at(START))
        append(conn, "d/nv-2", Act.ASSIGN, at(START), agency="a")
        append(conn, "d/nv-2", Act.RECEIVE, at(START))
        append(conn, "d/nv-2", Act.REQUEST_COORDINATION, at(START), agency="a", text="x", due=START)
    scope = WorkScope((WorkSection.OWN_TASKS,), addressees=("a",), agencies=("a",))
    with store.read() as conn:
        full, counted = (work_list(conn, scope, START, limit) for limit in (50, 0))
    assert counted.counts == full.counts == {WorkSection.OWN_TASKS: 1, WorkSection.COORDINATION: 1}
    assert full.entries and not counted.entries
