"""What is said before a sheet is imported and its tasks are assigned at once."""

from collections.abc import Callable, Sequence
from datetime import date

from dash import html
from dash.development.base_component import Component

from components.directives.task_numbers import counted
from components.ui.i18n import t
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.task_numbers import TaskNumbers, add_numbers, number_of_tasks


def assignment_question(waiting: Sequence[Document], today: date, lang: str) -> list[Component]:
    """How many tasks go to how many agencies, and what is to be looked at first. `waiting`: what is assigned."""
    if not waiting:
        return [html.P(t("sheet_import.ask_nothing", lang))]
    agencies = {task.lead for document in waiting for task in document.tasks if not task.is_order}
    tasks = counted("directives.tasks", _numbers(waiting, lambda _: True), lang)
    inferred = _numbers(waiting, lambda task: task.is_due_inferred)
    passed = _numbers(waiting, lambda task: task.due is not None and task.due < today)
    lines = [t("sheet_import.ask_what", lang, tasks=tasks, n=len(agencies))]
    if any(inferred):
        lines.append(t("documents.assign_inferred", lang, dues=counted("documents.dues_n", inferred, lang)))
    if any(passed):
        lines.append(t("sheet_import.ask_passed", lang, dues=counted("sheet_import.passed_n", passed, lang)))
    return [html.P(line) for line in lines]


def _numbers(waiting: Sequence[Document], is_counted: Callable[[Task], bool]) -> TaskNumbers:
    return add_numbers(number_of_tasks(task for task in each.tasks if is_counted(task)) for each in waiting)
