"""A sheet that is imported again finds the documents and tasks of the first time, and leaves what was corrected."""

from dataclasses import replace
from datetime import date

import pytest

from ioc.directives.corrections import DocumentCorrection, correct_document
from ioc.directives.sheet_import import SheetImport, check_sheet, import_sheet
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.correction import DocumentFacts, TaskFacts, facts_version
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable, document_key
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import USERS, Harness

FIELDS = dict(enumerate((SheetField.NUMBER, SheetField.TITLE, SheetField.LEAD, SheetField.DUE, SheetField.EXTERNAL_ID)))
CELL, WITH_WORD = f"62/KH-UBND ngày {START:%d/%m/%Y}", "Số 62/KH-UBND"


@pytest.fixture
def harness(store: Store) -> Harness:
    return Harness(store)


def sheet(*rows: tuple[str, ...], assign: bool = True) -> SheetImport:
    table = TaskTable("", ("",) * 5, rows, 1)
    return SheetImport("so.xlsx", table, FIELDS, SheetDefaults("", START, "Kế hoạch", "a"), "vp", assign=assign)


def quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


def stored(harness: Harness, key: str) -> Document:
    with harness.store.read() as conn:
        document = documents.find_document(conn, key)
    assert document is not None
    return document


def count(harness: Harness) -> int:
    with harness.store.read() as conn:
        return documents.count_documents(conn)


@pytest.mark.parametrize("cell", [CELL, WITH_WORD])
def test_document_whose_number_was_the_whole_cell_is_found(harness: Harness, cell: str) -> None:
    """So sheets were imported before the number was told from the day of issue, or a word, beside it."""
    key = document_key("a", cell, START)
    task = Task("nv-1", LocalizedText("Việc"), "b", START, external_id="N1")
    harness.enter(replace(make_document(), key=key, number=cell, issued_on=START, tasks=(task,)), assign=True)
    result = import_sheet(harness.context, sheet((cell, "Việc", "b", "", "N1")), USERS["vp"], quiet)
    assert (result.new, result.unchanged, result.assigned, count(harness)) == (0, 1, (0, 0), 1)
    more = sheet((cell, "Việc", "b", "", "N1"), (cell, "Việc hai", "b", "", "N2"))
    assert import_sheet(harness.context, more, USERS["vp"], quiet).new == 1
    assert [each.external_id for each in stored(harness, key).tasks] == ["N1", "N2"]


def test_new_document_of_such_a_cell_has_the_number_alone(harness: Harness) -> None:
    for new, cell in ((1, CELL), (0, CELL), (0, WITH_WORD)):
        result = import_sheet(harness.context, sheet((cell, "Việc", "b", "", "N1")), USERS["vp"], quiet)
        assert (result.new, result.documents) == (new, (("a-62-kh-ubnd-2025", "62/KH-UBND"),))
    assert count(harness) == 1


def corrected(harness: Harness, key: str, facts: DocumentFacts | TaskFacts) -> None:
    given = DocumentCorrection(key, facts, "gõ nhầm", facts_version(stored(harness, key)), "vp")
    correct_document(harness.context, given, USERS["vp"])


def test_sheet_adds_no_tasks_to_the_document_of_another_year_that_had_its_number(harness: Harness) -> None:
    first = sheet(("12/KH", "Việc", "b", "", "N1"))
    ((key, _),) = import_sheet(harness.context, first, USERS["vp"], quiet).documents
    corrected(harness, key, DocumentFacts("12/KH", date(START.year - 1, 12, 31), "Kế hoạch"))
    result = import_sheet(harness.context, sheet(("12/KH", "Việc khác", "b", "", "N2")), USERS["vp"], quiet)
    assert (result.new, count(harness)) == (1, 2) and result.documents[0][0] != key
    assert [each.external_id for each in stored(harness, key).tasks] == ["N1"]


def test_sheet_goes_on_with_the_document_of_a_masked_number_that_was_corrected(harness: Harness) -> None:
    rows = ("0912345678/CV", "Việc", "b", "", "N1"), ("0912345678/CV", "Việc hai", "b", "", "N2")
    ((key, _),) = import_sheet(harness.context, sheet(rows[0]), USERS["vp"], quiet).documents
    corrected(harness, key, DocumentFacts(stored(harness, key).number, START, "Kế hoạch mới"))
    result = import_sheet(harness.context, sheet(*rows), USERS["vp"], quiet)
    assert (result.new, result.unchanged, count(harness)) == (1, 1, 1)


@pytest.mark.parametrize("lead", ["b", "a; b"])
@pytest.mark.parametrize("assign", [True, False])
def test_sheet_that_still_has_what_was_corrected_leaves_the_correction(
    harness: Harness, lead: str, assign: bool
) -> None:
    row = ("7/KH", "Viec go sai 0912345678", lead, "31/12/2025", "N1")
    ((key, _),) = import_sheet(harness.context, sheet(row, assign=assign), USERS["vp"], quiet).documents
    due = date(2025, 12, 31) if assign else date(2025, 11, 30)
    for title in ("Việc gõ lại", "Việc gõ đúng"):
        corrected(harness, key, TaskFacts("nv-1", title, due=due))
    before = stored(harness, key)
    more = ("7/KH", "Việc khác", "b", "", "N2")
    for rows in ((row, more), (row,)):
        import_sheet(harness.context, sheet(*rows, assign=assign), USERS["vp"], quiet)
        tasks = stored(harness, key).tasks
        assert tasks[: len(before.tasks)] == before.tasks and len(tasks) == len(before.tasks) + 1


def test_sheet_with_another_text_than_stood_before_a_correction_changes_the_task(harness: Harness) -> None:
    """Also back to what once stood, after it has changed what was corrected."""
    ((key, _),) = import_sheet(harness.context, sheet(("7/KH", "Một", "b", "", "N1")), USERS["vp"], quiet).documents
    corrected(harness, key, TaskFacts("nv-1", "Hai"))
    for title in ("Ba", "Một"):
        result = import_sheet(harness.context, sheet(("7/KH", title, "b", "", "N1")), USERS["vp"], quiet)
        assert result.changed == 1 and stored(harness, key).tasks[0].title.vi == title


def test_part_that_was_corrected_alone_stays_so(harness: Harness) -> None:
    row = ("7/KH", "Việc", "a; b", "31/12/2025", "N1")
    ((key, _),) = import_sheet(harness.context, sheet(row), USERS["vp"], quiet).documents
    part = stored(harness, key).tasks[1]
    corrected(harness, key, TaskFacts(part.key, "Việc riêng", due=part.due))
    result = import_sheet(harness.context, sheet(row), USERS["vp"], quiet)
    assert result.unchanged == 1 and stored(harness, key).tasks[1].title.vi == "Việc riêng"


def test_part_whose_agency_was_corrected_keeps_it(harness: Harness) -> None:
    row = ("7/KH", "Việc", "a; b", "31/12/2025", "N1")
    ((key, _),) = import_sheet(harness.context, sheet(row, assign=False), USERS["vp"], quiet).documents
    part = stored(harness, key).tasks[2]
    corrected(harness, key, TaskFacts(part.key, "Việc", due=part.due, lead="c"))
    before = stored(harness, key).tasks
    for lead in ("a; b", "a; c"):
        again = sheet(("7/KH", "Việc", lead, "31/12/2025", "N1"), assign=False)
        assert import_sheet(harness.context, again, USERS["vp"], quiet).unchanged == 1
        assert stored(harness, key).tasks == before
    both = sheet(("7/KH", "Việc", "a; b; c", "31/12/2025", "N1"), assign=False)
    assert import_sheet(harness.context, both, USERS["vp"], quiet).changed == 1
    assert {each.lead for each in stored(harness, key).tasks if each.part_of} == {"a", "b", "c"}
    (fault,) = check_sheet(harness.context, sheet(row, assign=False), USERS["vp"]).faults
    assert (fault.column, fault.failure.params) == (2, {"agency": "c"})


@pytest.mark.parametrize("leads", [("c", "c"), ("a", "a"), ("c", "a"), ("b", "c"), ("b", "a")])
def test_parts_keep_their_agencies_whatever_they_were_corrected_to(harness: Harness, leads: tuple[str, str]) -> None:
    """Also to one agency, and to those of each other: the sheet that has what stood before changes nothing."""
    row = ("7/KH", "Việc", "a; b", "31/12/2025", "N1")
    ((key, _),) = import_sheet(harness.context, sheet(row, assign=False), USERS["vp"], quiet).documents
    for part, lead in zip(stored(harness, key).tasks[1:], leads, strict=True):
        if part.lead != lead:
            corrected(harness, key, TaskFacts(part.key, "Việc", due=part.due, lead=lead))
    before = stored(harness, key).tasks
    assert tuple(each.lead for each in before[1:]) == leads
    assert import_sheet(harness.context, sheet(row, assign=False), USERS["vp"], quiet).unchanged == 1
    assert stored(harness, key).tasks == before


def test_result_names_documents_with_due_dates_to_confirm(harness: Harness) -> None:
    rows = ("7/KH", "Việc", "a; b", "Quý I/2026", "N1"), ("8/KH", "Việc", "b", "31/12/2026", "N1")
    once = replace(sheet(*rows), key="bang")
    result = import_sheet(harness.context, once, USERS["vp"], quiet)
    key = next(key for key, number in result.documents if number == "7/KH")
    assert result.inferred == ((key, "7/KH", 1, 2),)
    assert import_sheet(harness.context, once, USERS["vp"], quiet) == result  # as it was kept


@pytest.mark.parametrize(("day", "unknown"), [("05/03/2025", 0), ("01/06/2025", 1)])
def test_choice_of_an_agency_that_had_ended_counts_as_none(harness: Harness, day: str, unknown: int) -> None:
    """c ended on 07/03/2025: a name that stands for it is still to be chosen for in a later document."""
    row = (f"7/KH ngày {day}", "Việc", "Phòng X", "31/12/2025", "N1")
    once = replace(sheet(row, assign=False), chosen={"phong x": "c"})
    result = check_sheet(harness.context, once, USERS["vp"])
    assert (result.number_of_unknown, len(result.faults)) == (unknown, unknown)
