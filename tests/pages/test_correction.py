"""Facts that were typed wrongly are corrected: the page and what others show of it, by HTTP."""

from dataclasses import replace

import pytest

from ioc.directives.queries import find_document
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Document
from ioc.storage.directives import documents
from tests.pages.conftest import WorkingBrowser
from tests.pages.directive_site import (
    enter,
    fill_positions,
    is_form_hidden,
    make_directive,
    official,
    page_layout,
    principal_of,
)
from tests.web.views.conftest import Centre

SAVE = "correction-save.n_clicks"


@pytest.fixture
def staffed(centre: Centre) -> Centre:
    fill_positions(centre)
    enter(centre, make_directive(centre), assign=True)
    return centre


def stored(centre: Centre) -> Document:
    return find_document(centre.directives, "d", principal_of("vp")).document


def form(browser: WorkingBrowser, task: str = "", **fields: str) -> dict[str, object]:
    """What the form holds as it opens, with `fields` typed over it."""
    path = f"/dinh-chinh/d?nhiem-vu={task}" if task else "/dinh-chinh/d"
    page = page_layout(browser, path)
    assert not is_form_hidden(page, "correction-form")
    version = page.partition('"data-version": "')[2].partition('"')[0]
    values = {
        "number": "d/MP-UBND", "issued": "", "source": "-", "title": "Chống ngập", "place": "", "horizon": "-",
        "weight": "1", "due": "", "issuer": "mp-a", "sphere": "", "lead": "Cơ quan A (mô phỏng)", "coordinating": "",
        "reason": "gõ nhầm", "position": "vp|vp",
    } | fields  # fmt: skip
    return {
        **{f"correction-{name}.value": value for name, value in values.items()},
        "correction-form.data-version": version, "correction-opened.data": {"document": "d", "task": task},
    }  # fmt: skip


def today(centre: Centre) -> str:
    return f"{centre.directives.today():%d/%m/%Y}"


def errors(answer: dict[str, object]) -> set[str]:
    """The fields that say what is wrong."""
    return {name.partition("-error")[0] for name, text in answer.items() if name.endswith("error.children") and text}


def test_number_of_a_document_is_corrected_and_its_page_shows_both(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    values = form(browser, issued=today(staffed), number="12/KH-UBND", source="chairman")
    answer = browser.result("correction.save", values, SAVE)
    assert answer["correction-go.href"] == "/van-ban/d" and not errors(answer)
    assert (stored(staffed).number, stored(staffed).source) == ("12/KH-UBND", "chairman")
    shown = browser.result("stored_document.show", {"stored-document-opened.data": "d"})
    markup = str(shown["stored-document-corrections.markup"])
    assert "d/MP-UBND" in markup and "12/KH-UBND" in markup and "gõ nhầm" in markup
    assert shown["stored-document-correct.style"] is None


def test_task_is_corrected_and_its_history_shows_both(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    values = form(browser, "nv-1", title="Đào kênh", place="ninh kieu", horizon="long", weight="2,5")
    assert browser.result("correction.save", values, SAVE)["correction-go.href"] == "/nhiem-vu/d/nv-1"
    task = stored(staffed).tasks[0]
    assert (task.title.vi, task.place, task.horizon, task.weight) == ("Đào kênh", "p1", "long", 2.5)
    values = {"task-position.value": "vp", "task-shown.data": "d/nv-1"}
    shown = browser.result("task.show_task", values, "task-position.value")
    assert "Đào mương 1" in shown["task-timeline.markup"] and "phường Ninh Kiều" in shown["task-timeline.markup"]
    assert "/dinh-chinh/d?nhiem-vu=nv-1" in shown["task-facts.markup"]


def test_issuer_sphere_and_agencies_are_corrected_with_their_names_in_the_history(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    browser.result("correction.save", form(browser, issued=today(staffed), issuer="mp-b", sphere="Y tế"), SAVE)
    assert (stored(staffed).issuer, stored(staffed).sphere) == ("mp-b", "y tế")
    values = form(browser, "nv-1", title="Đào mương 1", coordinating="cơ quan b (mô phỏng)")
    assert not errors(browser.result("correction.save", values, SAVE))
    assert stored(staffed).tasks[0].coordinating == ("mp-b",)
    shown = browser.result("stored_document.show", {"stored-document-opened.data": "d"})
    markup = str(shown["stored-document-corrections.markup"])
    assert markup.count("Cơ quan B (mô phỏng)") == 2 and "y tế" in markup and "mp-b" not in markup


def test_general_name_of_those_that_coordinate_leaves_out_the_lead(
    staffed: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, name in (("mp-a", "UBND xã Một"), ("x2", "UBND xã Hai")):
        monkeypatch.setitem(staffed.directives.agencies, key, Agency(key, LocalizedText(name), LocalizedText(name)))
    browser = official(staffed, "vp")
    values = form(browser, "nv-1", title="Đào mương 1", lead="UBND xã Một", coordinating="UBND các xã")
    assert not errors(browser.result("correction.save", values, SAVE))
    assert stored(staffed).tasks[0].coordinating == ("x2",)


@pytest.mark.parametrize(
    ("task", "changed", "field"),
    [
        ("", {"number": " "}, "number"), ("", {"issued": "hôm qua"}, "issued"),
        ("", {"issued": "01/01/2100"}, "issued"),
        ("", {"title": ""}, "title"), ("", {"reason": " "}, "reason"), ("nv-1", {"place": "phường Lạ"}, "place"),
        ("", {"issuer": "-"}, "issuer"),
        ("nv-1", {"lead": "Cơ quan A (mô phỏng); Cơ quan B (mô phỏng)"}, "lead"), ("nv-1", {"lead": ""}, "lead"),
        ("nv-1", {"coordinating": "Sở Lạ"}, "coordinating"), ("nv-1", {"lead": "Cơ quan B (mô phỏng)"}, "due"),
        ("nv-1", {"weight": "0"}, "weight"), ("nv-1", {"due": "mai"}, "due"), ("nv-1", {"due": "01/01/2100"}, "due"),
    ],
)  # fmt: skip
def test_refused_field_says_why_and_nothing_is_stored(
    staffed: Centre, task: str, changed: dict[str, str], field: str
) -> None:
    browser, before = official(staffed, "vp"), stored(staffed)
    given = {"issued": today(staffed)} | ({"title": "Đào mương 1"} if task else {}) | changed
    answer = browser.result("correction.save", form(browser, task, **given), SAVE)
    assert errors(answer) == {f"correction-{field}"} and stored(staffed) == before


def test_second_of_two_people_sees_what_stands_and_may_send_again(staffed: Centre) -> None:
    first, second = official(staffed, "vp"), official(staffed, "cv")
    values = form(second, issued=today(staffed), title="Chống úng", position="cv|cv")
    first.result("correction.save", form(first, issued=today(staffed), number="12/KH-UBND"), SAVE)
    told = second.result("correction.save", values, SAVE)
    assert "12/KH-UBND" in str(told["correction-alert.children"]) and stored(staffed).title.vi == "Chống ngập"
    again = values | {"correction-form.data-version": told["correction-form.data-version"]}
    assert second.result("correction.save", again, SAVE)["correction-go.href"]
    assert (stored(staffed).title.vi, len(stored(staffed).corrections)) == ("Chống úng", 2)


def test_who_may_not_correct_and_what_is_kept_elsewhere_have_no_form(staffed: Centre) -> None:
    assert is_form_hidden(page_layout(official(staffed, "gd-a"), "/dinh-chinh/d"), "correction-form")
    with staffed.store.write() as conn:
        external = replace(make_directive(staffed, "e"), master="qlvb", external_id="1")
        documents.put_document(conn, external, staffed.directives.clock())
    office = official(staffed, "vp")
    for path in ("/dinh-chinh/e", "/dinh-chinh/khong", "/dinh-chinh/d?nhiem-vu=nv-9"):
        assert is_form_hidden(page_layout(office, path), "correction-form")
    shown = office.result("stored_document.show", {"stored-document-opened.data": "e"})
    assert shown["stored-document-correct.style"] == {"display": "none"}
