"""The file of the register says what is inferred, and can be imported again."""

import csv

import pytest

from components.ui.i18n import t
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.due_dates import confirm_dues, inferred_dues
from ioc.domain.base.times import parse_day
from ioc.domain.directives.acts import Act, ActFields
from tests.pages.directive_site import principal_of
from tests.pages.sheet_site import ASSIGN, HEADINGS, PageOf, SheetPage, rows_of, sheet, today

KEY = "mp-a-1-kh-2026"
NO_DAY, LATE, MOVED = "thường xuyên", "31/12/2100", "15/02/2101"
HEADS = (*HEADINGS, "Phối hợp", "Sản phẩm", "Ghi chú")
pytestmark = pytest.mark.usefixtures("files_written_here")


@pytest.fixture
def page(page_of: PageOf) -> SheetPage:
    """The page that imports sheets; a document of four tasks is imported with it and assigned."""
    page = page_of("vp")
    several = rows_of(1, today(page), lead="Cơ quan A (mô phỏng); Cơ quan B (mô phỏng)", id="N9")
    rows = [[*row, "Cơ quan B (mô phỏng)", "Báo cáo", "Gửi sớm"] for row in rows_of(4, today(page))]
    page.send(sheet([*rows, [*several[0], "", "", ""]], HEADS))
    page.run(ASSIGN)
    return page


def text_of(page: SheetPage, query: str = "") -> str:
    return str(page.browser.get(f"/xuat/tasks.csv{query}").data.decode("utf-8-sig"))


def exported(page: SheetPage) -> dict[str, dict[str, str]]:
    """The rows of the file by the id that they have in the sheet."""
    rows = csv.DictReader(text_of(page).splitlines(), delimiter=";")
    return {row[t("register.task_id", "vi")]: dict(row) for row in rows}


def test_file_says_what_the_document_states_and_what_is_inferred(page: SheetPage) -> None:
    row, plain = exported(page)["N1"], exported(page)["N0"]
    heads = {key: t(f"register.{key}", "vi") for key in ("due", "due_words", "due_is_inferred", "first_due")}
    assert (row[heads["due"]], row[heads["due_words"]]) == (LATE, "tháng 12/2100")
    assert row[heads["due_is_inferred"]] == t("export.yes", "vi")
    assert (plain[heads["due"]], plain[heads["due_words"]]) == ("", NO_DAY)
    assert plain[heads["due_is_inferred"]] == t("export.no", "vi")
    assert row[t("documents.issued", "vi")] == today(page) and row[t("documents.number", "vi")] == "1/KH"
    names = [row[t(f"register.{key}", "vi")] for key in ("coordinating", "product", "note")]
    assert names == ["Cơ quan B (mô phỏng)", "Báo cáo", "Gửi sớm"]


def test_first_due_date_stays_marked_where_an_act_has_moved_the_due_date(page: SheetPage) -> None:
    context, by = page.centre.directives, principal_of("ct")
    moved = ActFields(due=parse_day(MOVED), basis="6/TB-MP")
    perform_act(context, ActCommand(f"{KEY}/nv-2", Act.EXTEND, moved, "ct"), by)
    rows, head = exported(page), t("register.due_is_inferred", "vi")
    assert rows["N1"][t("register.due", "vi")] == MOVED
    assert rows["N1"][head] == t("register.only_first_due", "vi") and rows["N3"][head] == t("export.yes", "vi")
    dues = inferred_dues(page.stored()[0])
    confirm_dues(context, KEY, dues, "vp", principal_of("vp"))
    assert {row[head] for row in exported(page).values()} == {t("export.no", "vi")}


def test_file_that_is_imported_again_changes_what_was_changed_in_it(page: SheetPage) -> None:
    """Rows of orders and their parts apart: an order stands there under the agency that leads it."""
    lines = text_of(page, f"?van-ban={KEY}").splitlines()
    kinds = [t(f"register.kind_{each}", "vi") for each in ("order", "part")]
    kept = [line for line in lines if not any(f";{kind};" in line for kind in kinds)]
    before = page.stored()[0]
    page.values["sheet-import-abstract.value"] = "Sổ nhiệm vụ"
    page.send("\r\n".join(kept).replace("Việc 2", "Việc khác").encode("utf-8-sig"))
    checked = page.check()
    assert t("sheet_import.change_changed", "vi") in checked["sheet-import-result.markup"]
    page.run(ASSIGN)
    (after,) = page.stored()
    changed = {new.key: new.title.vi for new, old in zip(after.tasks, before.tasks, strict=True) if new != old}
    assert changed == {"nv-3": "Việc khác"}
