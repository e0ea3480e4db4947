"""The register as a grid: each task once, marks of simulated documents, nothing that was not reported as a number."""

from components.directives.task_grid import TASK_COLUMNS, task_columns, task_rows
from components.ui.live_table import LiveRow, drawn_rows, sorted_rows
from ioc.domain.directives.filters import RegisterFilter, apply_filter
from ioc.domain.directives.progress import RegisterAssessment, assess_register
from ioc.domain.directives.task_status import DeadlineState
from tests.city import full_city

KEYS = [column.key for column in task_columns("vi")]


def assessed() -> RegisterAssessment:
    city = full_city()
    return assess_register(city.register, city.at)


def tasks(rows: list[LiveRow]) -> list[LiveRow]:
    return [row for row in rows if not row.is_group]


def test_each_document_is_a_group_and_each_task_a_row() -> None:
    register, rows = assessed(), task_rows(assessed(), "vi")
    assert {row.id for row in rows if row.is_group} == {f"document-{view.document.key}" for view in register.documents}
    assert {row.id for row in tasks(rows)} == {f"task-{task.document.key}-{task.task.key}" for task in register.tasks}
    assert len({row.id for row in rows}) == len(rows) and {len(row.cells) for row in rows} == {len(TASK_COLUMNS)}
    assert sum(column.from_width == 0 for column in task_columns("vi")) == 2  # a phone


def test_row_has_state_progress_due_and_link_and_the_mark_of_a_simulated_document() -> None:
    rows = {row.id: row for row in task_rows(assessed(), "vi")}
    for task in assessed().tasks:
        row = rows[f"task-{task.document.key}-{task.task.key}"]
        cells = dict(zip(KEYS, row.cells, strict=True))
        assert f'href="/chi-dao/{task.document.key}"' in str(cells["task"].content)
        assert ("badge-simulated" in str(cells["task"].content)) is task.document.is_simulated
        assert cells["percent"].order == task.status.percent and "task-state" in str(cells["state"].content)
        assert (cells["due"].order is None) is (task.status.due is None)
        if task.status.percent is None:
            assert "%" not in str(cells["percent"].content)


def test_state_sorts_the_longest_overdue_first_and_withdrawn_last() -> None:
    register = assessed()
    by_id = {f"task-{task.document.key}-{task.task.key}": task.status for task in register.tasks}
    states = [by_id[row.id] for row in tasks(sorted_rows(task_columns("vi"), task_rows(register, "vi"), "state"))]
    overdue = [state.days_overdue for state in states if state.deadline_state is DeadlineState.OVERDUE]
    assert overdue and overdue == sorted(overdue, reverse=True)
    assert all(state.deadline_state is DeadlineState.OVERDUE for state in states[: len(overdue)])
    told = [state.deadline_state is not None for state in states]
    assert told == sorted(told, reverse=True)


def test_filter_leaves_its_tasks_and_the_drawn_table_has_the_same() -> None:
    late = apply_filter(assessed(), RegisterFilter(state="qua-han"))
    rows = task_rows(late, "vi")
    assert 0 < len(tasks(rows)) == len(late.tasks) < len(assessed().tasks)
    markup = str(drawn_rows(task_columns("vi"), rows, late.tasks[0].task.key, "-due", "vi"))
    assert 1 <= markup.count("<tr>") - 1 <= len(tasks(rows))


def test_bar_of_a_document_says_how_many_of_its_tasks_report() -> None:
    register, rows = assessed(), {row.id: row for row in task_rows(assessed(), "vi")}
    partial = {view.document.key: view.rollup for view in register.documents if view.rollup.is_partial}
    for view in register.documents:
        bar = str(rows[f"document-{view.document.key}"].cells[KEYS.index("percent")].content)
        assert ("báo cáo</small>" in bar) is (view.document.key in partial)
    assert partial
