"""A sheet that is brought in again: which tasks of the documents that are there its rows are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.directives.sheet_check import checked_markup
from components.ui.i18n import t
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Correction, Document, FactChange
from ioc.domain.directives.parsed_sheet import Change, ParsedSheet
from ioc.domain.directives.sheet_errors import SheetCode
from tests.domain.directives.test_task_sheet import AGENCIES, faults, imported, parse, row

Cells = dict[str, str]


def changes(parsed: ParsedSheet) -> list[str]:
    assert parsed.faults == ()
    return [task.change for task in parsed.tasks]


def document_of(*rows: tuple[str, ...]) -> Document:
    (document,) = parse(*rows).documents
    return document


def keys(parsed: ParsedSheet) -> list[str]:
    return [task.task.key for task in parsed.tasks]


def with_id(title: str, external_id: str) -> Cells:
    return {"title": title, "external_id": external_id}


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.sampled_from(["Một", " MỘT", "Hai", "0912 345 678"]),
            "lead": st.sampled_from(["Sở A", "Sở B", "Sở A; Sở B", "UBND các xã"]),
            "due": st.sampled_from(["20/12/2026", "Quý IV/2026", "thường xuyên"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS, st.booleans(), st.booleans())
def test_the_same_sheet_again_changes_nothing(rows: list[Cells], has_ids: bool, gets_ids: bool) -> None:
    """Also where its tasks are assigned meanwhile, or rows get ids that they had not: then these alone are new."""
    ids = [f"N{n}" for n in range(len(rows))]
    first = [row(**each, external_id=key if has_ids else "") for each, key in zip(rows, ids, strict=True)]
    document = document_of(*first)
    again = [row(**each, external_id=key if has_ids or gets_ids else "") for each, key in zip(rows, ids, strict=True)]
    parsed = parse(*again, stored=imported(document, *(task.key for task in document.tasks)))
    changed = Change.CHANGED if gets_ids and not has_ids else Change.UNCHANGED
    assert changes(parsed) == [changed] * len(rows)
    assert keys(parsed) == [task.key for task in document.tasks if not task.part_of] and parsed.absent == ()
    assert [task.task.external_id for task in parsed.tasks] == (ids if has_ids or gets_ids else [""] * len(rows))


def test_rows_that_get_ids_are_the_tasks_with_their_texts() -> None:
    document = document_of(row("Một"), row("Hai"))
    given_ids = row("Hai", external_id="N2", due="21/12/2026"), row("Một", external_id="N1")
    parsed = parse(*given_ids, row("Ba", external_id="N3"), stored=imported(document))
    assert keys(parsed) == ["nv-2", "nv-1", "nv-3"]
    assert changes(parsed) == [Change.CHANGED, Change.CHANGED, Change.NEW]


def test_row_without_an_id_is_new_only_where_the_sheet_has_all_that_is_there() -> None:
    document = document_of(row("Một"), row("Hai"))
    parsed = parse(row("Một"), row("Hai"), row("Ba"), stored=imported(document))
    assert changes(parsed) == [Change.UNCHANGED, Change.UNCHANGED, Change.NEW]
    assert faults(parse(row("Một"), row("Ba"), stored=imported(document))) == [(5, 4, SheetCode.STORED_BEFORE)]


def test_row_with_an_id_is_new_and_what_no_row_names_is_told() -> None:
    document = document_of(row("Một"), row("Hai"))
    parsed = parse(row("Ba", external_id="N3"), stored=imported(document))
    assert changes(parsed) == [Change.NEW] and [task.title.vi for task in parsed.absent] == ["Một", "Hai"]
    assert t("sheet_import.absent", "vi", n=2, names="Một; Hai") in checked_markup(parsed, AGENCIES, {}, "vi")


@pytest.mark.parametrize("external_id", ["", "N9"])
def test_of_two_tasks_with_one_text_a_row_is_that_of_its_agency(external_id: str) -> None:
    document = document_of(row(lead="Sở A"), row(lead="Sở B"), row(lead="Sở A; UBND xã Một"))
    for lead, key in (("Sở B", "nv-2"), ("UBND xã Một, Sở A", "nv-3")):
        rows = [row(lead="Sở A"), row(lead="Sở B"), row(lead="Sở A; UBND xã Một")]
        rows[int(key[-1]) - 1] = row(lead=lead, external_id=external_id)
        assert keys(parse(*rows, stored=imported(document))) == ["nv-1", "nv-2", "nv-3"]


@pytest.mark.parametrize("external_id", ["", "N9"])
def test_row_that_may_be_one_of_two_tasks_is_refused(external_id: str) -> None:
    document = document_of(row(due="20/12/2026"), row(due="21/12/2026"))
    parsed = parse(row(external_id=external_id), stored=imported(document))
    assert faults(parsed) == [(4, 4, SheetCode.STORED_BEFORE)]


def test_task_with_an_id_is_none_of_a_row_with_another_id() -> None:
    document = document_of(row(**with_id("Một", "N1")))
    assert changes(parse(row(**with_id("Một", "N2")), stored=imported(document))) == [Change.NEW]
    assert changes(parse(row("Một"), stored=imported(document))) == [Change.UNCHANGED]


def test_corrected_text_is_known_by_what_stood_before_and_stays() -> None:
    document = document_of(row("Đào muơng"))
    change = FactChange("nv-1", "title", "Đào muơng", "Đào mương")
    correction = Correction(datetime(2026, 11, 20, tzinfo=UTC), "a", "vp", "", "Sai chính tả", (change,))
    task = replace(document.tasks[0], title=LocalizedText("Đào mương"))
    corrected = replace(document, tasks=(task,), corrections=(correction,))
    for text in ("Đào muơng", "Đào mương"):
        parsed = parse(row(text), stored=imported(corrected))
        assert changes(parsed) == [Change.UNCHANGED] and parsed.tasks[0].task.title.vi == "Đào mương"


def test_text_of_a_part_of_an_order_makes_no_row_a_task() -> None:
    document = document_of(row("Một", lead="Sở A; Sở B"), row("Hai"))
    parsed = parse(row("Một", lead="Sở A; Sở B"), row("Hai"), stored=imported(document))
    assert keys(parsed) == ["nv-1", "nv-2"] and changes(parsed) == [Change.UNCHANGED] * 2
