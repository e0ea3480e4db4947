"""Documents are entered with their tasks, and assigned: callbacks of the two pages, by HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest

from components.directives.document_entry import MAX_ROWS, ROW_FIELDS
from ioc.directives.positions import add_mandate
from ioc.directives.queries import find_document, register
from ioc.domain.access.principal import Role
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Document, Visibility
from ioc.domain.directives.document_checks import MAX_PARENTS
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.storage.directives import documents, positions
from ioc.storage.directives.register import RegisterQuery
from tests.pages.conftest import WorkingBrowser, working
from tests.pages.directive_site import (
    enter,
    fill_positions,
    is_form_hidden,
    make_directive,
    official,
    page_layout,
    principal_of,
)
from tests.web.views.conftest import ADMIN, Centre

PATH = "/nhap-van-ban"
SAVE, ASSIGN = "document-entry-save.n_clicks", "document-entry-assign.n_clicks"
KEY = "mp-a-97-kh-ubnd-2026"


@pytest.fixture
def staffed(centre: Centre) -> Centre:
    fill_positions(centre)
    return centre


def form(centre: Centre, *rows: tuple[str, ...], **fields: str) -> dict[str, object]:
    """What the form holds."""
    day = f"{centre.directives.today():%d/%m/%Y}"
    values = {
        "number": "97/KH-UBND", "issued": day, "kind": "kế hoạch", "issuer": "mp-a", "source": "chairman",
        "abstract": "Kế hoạch chống ngập", "sphere": "Đô thị", "visibility": "internal", "secrecy": "-", "parents": "",
        "position": "vp|vp",
    } | fields  # fmt: skip
    filled = rows or (("Đào mương", "mp-a", "mp-b", "", "Báo cáo"),)
    padded = [(*row, *("", "-")[len(row) - 5 :]) for row in filled]
    names = ("title", "lead", "coordinating", "due", "product", "place", "horizon")
    columns = zip(names, zip(*padded, strict=True), strict=True)
    typed = {f"document-entry-{name}.value": dict(zip("0123456789", column, strict=False)) for name, column in columns}
    return {**{f"document-entry-{name}.value": value for name, value in values.items()}, **typed}


def errors(answer: dict[str, object]) -> set[str]:
    """The fields that say what is wrong."""
    return {name.partition("-error")[0] for name, text in answer.items() if name.endswith("error.children") and text}


def row_errors(answer: dict[str, object]) -> list[str]:
    """Fields of rows that say what is wrong, with the number of the row."""
    return [name for name, text in answer.items() if "document-entry" in name and name.startswith("{") and text]


def stored(centre: Centre, key: str = KEY) -> Document | None:
    with centre.store.read() as conn:
        return documents.find_document(conn, key)


def test_lists_that_are_too_long_are_refused_at_their_fields(staffed: Centre) -> None:
    clerk, many = official(staffed, "vt"), "a," * 9_900
    values = form(staffed, ("Đào mương", many, many, "", ""), position="vt|vt", parents="1/KH;" * 10)
    answer = clerk.result("document_entry.save", values, SAVE)
    assert len(row_errors(answer)) == 2 and stored(staffed) is None
    parents = "; ".join(f"{n}/KH" for n in range(MAX_PARENTS + 1))
    answer = clerk.result("document_entry.save", form(staffed, position="vt|vt", parents=parents), SAVE)
    assert errors(answer) == {"document-entry-parents"} and stored(staffed) is None


def test_texts_are_cut_at_what_their_fields_hold_and_no_more_rows_are_read(staffed: Centre) -> None:
    clerk = official(staffed, "vt")
    rows = [("x" * 9_000, "mp-a", "", "", "y" * 9_000)]
    clerk.result("document_entry.save", form(staffed, *rows, position="vt|vt"), SAVE)
    document = stored(staffed)
    assert document is not None
    assert (len(document.tasks[0].title.vi), len(document.tasks[0].product.vi)) == (2000, 400)
    more = {f"document-entry-{field}.value": dict.fromkeys(map(str, range(MAX_ROWS + 1)), "x") for field in ROW_FIELDS}
    assert clerk.run("document_entry.save", form(staffed, number="98/KH") | more, SAVE).status_code == 400


def test_place_and_horizon_of_a_task_are_entered_and_the_register_finds_them(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    rows = [("Đào mương", "mp-a", "", "", "", "P. Ninh Kiều", "long"), ("Khác", "mp-b", "", "", "")]
    browser.result("document_entry.save", form(staffed, *rows), ASSIGN)
    document = stored(staffed)
    assert document is not None
    assert [(task.place, task.horizon) for task in document.tasks] == [("p1", "long"), ("", "")]
    for query in (RegisterQuery(place="p1"), RegisterQuery(horizon="long")):
        page = register(staffed.directives, query, principal_of("vp"))
        assert [row.key for row in page.rows] == [f"{KEY}/nv-1"]
    shown = browser.result(
        "task.show_task", {"task-position.value": "vp", "task-shown.data": f"{KEY}/nv-1"}, "task-position.value"
    )
    assert "phường Ninh Kiều" in shown["task-facts.markup"]


def test_place_that_names_none_is_refused_at_its_field(staffed: Centre) -> None:
    rows = [("Đào mương", "mp-a", "", "", "", "phường Lạ", "-")]
    answer = official(staffed, "vp").result("document_entry.save", form(staffed, *rows), SAVE)
    assert len(row_errors(answer)) == 1 and stored(staffed) is None


def test_document_that_is_sent_twice_is_one_with_the_same_answer(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    values = form(staffed) | {"document-entry-form-key.data": "k1"}
    answers = [browser.result("document_entry.save", values, ASSIGN) for _ in range(2)]
    assert {answer["document-entry-go.href"] for answer in answers} == {f"/van-ban/{KEY}"}
    assert not any(map(errors, answers)) and all(answer["document-entry-form-key.data"] for answer in answers)
    changed = form(staffed, abstract="Khác") | {"document-entry-form-key.data": "k1"}
    assert browser.run("document_entry.save", changed, SAVE).status_code == 409
    assert errors(browser.result("document_entry.save", form(staffed), SAVE)) == {"document-entry-number"}


def test_clerk_enters_a_document_which_assigns_nothing(staffed: Centre) -> None:
    clerk = official(staffed, "vt")
    assert "document-entry-number" in page_layout(clerk, PATH)
    rows = (
        ("Đào mương", "co quan a (mo phong)", "mp-b", "Quý IV/2026", "Báo cáo"),
        ("Thu gom", "mp-a, mp-b", "", "", ""),
    )
    answer = clerk.result("document_entry.save", form(staffed, *rows, position="vt|vt"), SAVE)
    assert answer["document-entry-go.href"] == f"/van-ban/{KEY}" and not errors(answer)
    document = stored(staffed)
    assert document is not None and (document.source, document.sphere) == ("chairman", "đô thị")
    assert [task.key for task in document.tasks] == ["nv-1", "nv-2", "nv-2-1", "nv-2-2"]
    assert document.tasks[0].due_words == "Quý IV/2026" and document.tasks[1].is_order
    assert not find_document(staffed.directives, KEY, principal_of("vt")).tasks


def test_office_enters_and_assigns_at_once(staffed: Centre) -> None:
    answer = official(staffed, "vp").result("document_entry.save", form(staffed), ASSIGN)
    assert answer["document-entry-go.href"]
    (task,) = find_document(staffed.directives, KEY, principal_of("vp")).tasks
    assert task.assignment.holder == "mp-a"


def test_who_may_not_assign_is_told_and_nothing_is_stored(staffed: Centre) -> None:
    clerk = official(staffed, "vt")
    answer = clerk.result("document_entry.save", form(staffed, position="vt|vt"), ASSIGN)
    assert errors(answer) == {"document-entry-position"} and stored(staffed) is None
    answer = clerk.result("document_entry.save", form(staffed, position="vt|vt", visibility="public"))
    assert errors(answer) == {"document-entry-visibility"} and stored(staffed) is None
    assert "Lãnh đạo Văn phòng" in str(answer["document-entry-visibility-error.children"])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": " "}, "number"), ({"issued": "hôm qua"}, "issued"), ({"abstract": ""}, "abstract"),
        ({"issuer": "-"}, "issuer"),
        ({"issued": "01/01/2100"}, "issued"), ({"parents": "1/CT-KHONG"}, "parents"), ({"secrecy": "mat"}, "secrecy"),
    ],
)  # fmt: skip
def test_refused_field_says_why_and_nothing_is_stored(staffed: Centre, changed: dict[str, str], field: str) -> None:
    answer = official(staffed, "vp").result("document_entry.save", form(staffed, **changed), ASSIGN)
    assert errors(answer) == {f"document-entry-{field}"} and answer["document-entry-alert.children"]
    with staffed.store.read() as conn:
        assert documents.count_documents(conn) == 0


def test_nothing_of_a_secret_document_is_kept_not_even_a_draft(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    answers = [browser.result("document_entry.save", form(staffed, secrecy=mark), SAVE) for mark in ("mat", "-")]
    assert answers[0]["document-entry-form.data-saved"] and not answers[0].get("document-entry-go.href")
    wrong = browser.result("document_entry.save", form(staffed, number=" "), SAVE)
    assert "document-entry-form.data-saved" not in wrong


def test_row_says_at_its_field_what_is_wrong(staffed: Centre) -> None:
    rows = (("Đào mương", "mp-a", "", "", ""), ("", "Sở Lạ", "mp-a", "mai", ""))
    answer = official(staffed, "vp").result("document_entry.save", form(staffed, *rows), ASSIGN)
    wrong = row_errors(answer)
    assert len(wrong) == 3 and all('"key":"1"' in name for name in wrong) and stored(staffed) is None


def test_document_that_exists_is_not_overwritten(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    browser.result("document_entry.save", form(staffed), SAVE)
    other = form(staffed, ("Việc khác", "mp-b", "", "", ""))
    assert errors(browser.result("document_entry.save", other, SAVE)) == {"document-entry-number"}
    document = stored(staffed)
    assert document is not None and document.tasks[0].title.vi == "Đào mương"


def test_parent_is_named_by_its_number_and_the_tree_is_walked(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed, "d", number="2322/UBND-MP"))
    browser = official(staffed, "vp")
    browser.result("document_entry.save", form(staffed, parents="2322/UBND-MP"), ASSIGN)
    below = browser.result("stored_document.show", {"stored-document-opened.data": "d"})
    assert f"/van-ban/{KEY}" in below["stored-document-tree.markup"]
    above = browser.result("stored_document.show", {"stored-document-opened.data": KEY})
    assert "/van-ban/d" in above["stored-document-tree.markup"]
    assert f"/nhiem-vu/{KEY}/nv-1" in above["stored-document-tasks.markup"]


def test_substitute_enters_for_another_position(staffed: Centre) -> None:
    day = staffed.directives.today()
    add_mandate(staffed.directives, Mandate(MandateKind.SUBSTITUTION, "vp", "gd-a", day, day), ADMIN)
    browser = official(staffed, "gd-a")
    answer = browser.result("document_entry.save", form(staffed, position="gd-a|vp"), ASSIGN)
    assert answer["document-entry-go.href"] and stored(staffed) is not None


@pytest.mark.parametrize("position", ["vp|vp", "gd-a|gd-a", "gd-a|vp", "x"])
def test_position_of_somebody_else_is_refused(staffed: Centre, position: str) -> None:
    browser = official(staffed, "gd-a")
    assert browser.run("document_entry.save", form(staffed, position=position), ASSIGN).status_code == 400
    assert stored(staffed) is None


def test_position_that_ended_yesterday_enters_nothing(staffed: Centre) -> None:
    browser, yesterday = official(staffed, "vp"), staffed.directives.today() - timedelta(days=1)
    with staffed.store.write() as conn:
        held = positions.load_positions(conn).by_key["vp"]
        positions.put_position(conn, replace(held, valid_from=yesterday, valid_to=yesterday))
    assert browser.run("document_entry.save", form(staffed), ASSIGN).status_code == 400


def test_who_holds_no_such_position_reads_who_may(staffed: Centre) -> None:
    page = page_layout(official(staffed, "gd-a"), PATH)
    assert "Văn thư" in page and is_form_hidden(page, "document-entry-form")
    viewer = working(staffed.signed_in("xem", Role.VIEWER))
    assert [viewer.get(path).status_code for path in (PATH, f"/van-ban/{KEY}")] == [403, 403]


def test_office_assigns_what_was_entered_and_nobody_else(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed), assign=False)
    opened = {"stored-document-opened.data": "d"}
    clerk, leader = official(staffed, "vt"), official(staffed, "vp")
    shown = clerk.result("stored_document.show", opened)
    assert shown["stored-document-assign.style"] and "Lãnh đạo Văn phòng" in shown["stored-document-who.children"]
    assert clerk.run("stored_document.assign", opened).status_code in (403, 409, 422)
    shown = leader.result("stored_document.show", opened)
    assert shown["stored-document-assign.style"] is None and not shown["stored-document-who.children"]
    assert shown["stored-document-ask-body.children"].startswith("2 nhiệm vụ")
    assert leader.result("stored_document.assign", opened)["stored-document-ask.is_open"] is False
    assert len(find_document(staffed.directives, "d", principal_of("vp")).tasks) == 2
    assert leader.result("stored_document.show", opened)["stored-document-assign.style"]


def test_restricted_document_is_shown_to_agencies_concerned_alone(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed, leads=("mp-a",), visibility=Visibility.AGENCIES_CONCERNED))
    shown = [
        official(staffed, name).result("stored_document.show", {"stored-document-opened.data": "d"})
        for name in ("gd-a", "gd-b", "vp")
    ]
    assert [bool(each["stored-document-about.markup"]) for each in shown] == [True, False, True]
    assert shown[1]["stored-document-notice.children"]
    with pytest.raises(ActError) as error:
        find_document(staffed.directives, "d", principal_of("gd-b"))
    assert error.value.failure.code == ActCode.UNKNOWN_DOCUMENT


def test_due_date_in_words_is_shown_as_inferred(staffed: Centre) -> None:
    browser: WorkingBrowser = official(staffed, "vp")
    day = staffed.directives.today() + timedelta(days=400)
    browser.result("document_entry.save", form(staffed, ("Việc", "mp-a", "", f"tháng {day:%m/%Y}", "")), SAVE)
    shown = browser.result("stored_document.show", {"stored-document-opened.data": KEY})
    assert "hạn suy ra" in shown["stored-document-tasks.markup"]
