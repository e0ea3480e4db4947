"""What is said before a sheet is imported and its tasks are assigned at once."""

from components.directives.task_numbers import counted
from components.ui.i18n import t
from ioc.domain.directives.task_numbers import TaskNumbers
from tests.pages.sheet_site import ASSIGN, IMPORT, PageOf, SheetPage, rows_of, sheet, today


def asked_lines(page: SheetPage) -> list[str]:
    """What is said before the sheet is imported and assigned."""
    return [line["props"]["children"] for line in page.check()["sheet-import-ask-body.children"]]


def test_what_is_assigned_is_told_before_it_is(page_of: PageOf) -> None:
    page, several = page_of("vp"), "Cơ quan A (mô phỏng); Cơ quan B (mô phỏng)"
    issued = "01/10/2026"
    late, plain = rows_of(1, issued, id="N7", due="02/10/2026"), rows_of(2, issued, due="30/12/2100")
    page.send(sheet([*plain, *late, *rows_of(1, issued, lead=several, due="tháng 12/2100", id="N8")]))
    what, inferred, passed = asked_lines(page)
    tasks = counted("directives.tasks", TaskNumbers(4, 2), "vi")
    assert what == t("sheet_import.ask_what", "vi", tasks=tasks, n=2)
    assert inferred == t("documents.assign_inferred", "vi", dues=counted("documents.dues_n", TaskNumbers(1, 2), "vi"))
    assert passed == t("sheet_import.ask_passed", "vi", dues=counted("sheet_import.passed_n", TaskNumbers(1), "vi"))
    assert page.stored() == []


def test_only_what_still_waits_is_told_of_a_sheet_that_was_imported(page_of: PageOf) -> None:
    page = page_of("vp")
    day, far = today(page), "30/12/2100"
    page.send(sheet(rows_of(2, day, due=far)))
    page.run(IMPORT)
    page.send(sheet([*rows_of(2, day, due=far), *rows_of(1, day, id="N9", due=far)]))
    tasks = counted("directives.tasks", TaskNumbers(3), "vi")
    assert asked_lines(page) == [t("sheet_import.ask_what", "vi", tasks=tasks, n=1)]
    page.run(ASSIGN)
    page.send(sheet(rows_of(2, day, due=far)))
    assert asked_lines(page) == [t("sheet_import.ask_nothing", "vi")]
