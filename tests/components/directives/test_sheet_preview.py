"""The tasks of a sheet before it is imported: what changes is seen first, with who coordinates."""

import re
from dataclasses import replace
from datetime import date

from components.directives.sheet_preview import preview
from components.ui.i18n import t
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Task
from ioc.domain.directives.parsed_sheet import Change, SheetTask
from tests.domain.directives.test_task_sheet import AGENCIES

DAY = date(2026, 11, 2)


def sheet_task(row: int, change: Change, coordinating: tuple[str, ...] = ()) -> SheetTask:
    task = Task(f"nv-{row}", LocalizedText(f"Việc {row}."), "a", DAY, coordinating=coordinating)
    return SheetTask(row, "vb", "1/KH-MP", task, 0, change)


def shown_tasks(*tasks: SheetTask) -> tuple[list[str], str]:
    """The numbers of the tasks in the table, and the whole of it."""
    markup = str(preview(tasks, AGENCIES, {}, "vi"))
    return re.findall(r"Việc (\d+)\.", markup), markup


def test_changed_tasks_stand_before_new_ones_and_those_that_stay() -> None:
    same = [sheet_task(row, Change.UNCHANGED) for row in range(150)]
    changed, new = sheet_task(120, Change.CHANGED), sheet_task(3, Change.NEW)
    rows, markup = shown_tasks(*same[:3], new, *same[4:120], changed, *same[121:])
    assert rows[:4] == ["120", "3", "0", "1"] and len(rows) == 100
    assert t("sheet_import.preview_more", "vi", n="50") in markup


def test_table_that_shows_all_names_no_more() -> None:
    rows, markup = shown_tasks(*(sheet_task(row, Change.NEW) for row in range(100)))
    assert len(rows) == 100 and t("sheet_import.preview_more", "vi", n="0") not in markup


def test_coordinating_agencies_are_named_or_of_many_counted() -> None:
    assert ">ubnd; b<" in shown_tasks(sheet_task(1, Change.NEW, ("ubnd", "b")))[1]
    many = t("sheet_import.more_agencies", "vi", names="ubnd; b; x1; x2", n=1)
    assert many in shown_tasks(sheet_task(1, Change.NEW, ("ubnd", "b", "x1", "x2", "p1")))[1]


def test_of_a_changed_task_what_differs_is_named_with_what_stood() -> None:
    stored = sheet_task(1, Change.CHANGED).task
    task = replace(stored, lead="b", due=date(2026, 12, 31), due_words="Quý IV/2026", external_id="N1")
    markup = str(preview([SheetTask(1, "vb", "1/KH-MP", task, 0, Change.CHANGED, stored)], AGENCIES, {}, "vi"))
    for name, old, new in (("lead", "a", "b"), ("external_id", "–", "N1")):
        assert t("sheet_import.differs", "vi", field=t(f"sheet_import.field_{name}", "vi"), old=old, new=new) in markup
    inferred = t("documents.due_inferred", "vi", day="31/12/2026", words="Quý IV/2026")
    assert f"{t('documents.no_due', 'vi')} → {inferred}" in markup
    assert t("sheet_import.field_title", "vi") + ":" not in markup
