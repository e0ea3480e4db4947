"""The register in which people work: filter, paging, acts on many tasks, files; callbacks by HTTP."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from components.directives.act_buttons import button_id
from components.directives.register_counters import COUNTERS
from components.ui.i18n import t
from ioc.directives import register_filter
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.positions import add_mandate
from ioc.directives.queries import find_task
from ioc.domain.access.principal import Role
from ioc.domain.directives.acts import Act, ActFields
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.positions import Mandate, MandateKind
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

PATH = "/so-nhiem-vu"
WANTED = {"startRow": 0, "endRow": 100, "sortModel": []}
EMPTY = {
    "register-due.value": "", "register-to-agency.value": "-", "register-basis.value": "", "register-text.value": "",
}  # fmt: skip
PREVIEW, GO = "register-preview.n_clicks", "register-go.n_clicks"


@pytest.fixture
def staffed(centre: Centre) -> Centre:
    """Two documents, each with a task of mp-a and one of mp-b; the first one is of the chairman and due soon."""
    fill_positions(centre)
    day = centre.directives.today()
    first = make_directive(centre, "d1", source="chairman", title_of="Đào mương", due=day + timedelta(days=3))
    enter(centre, first)
    enter(centre, make_directive(centre, "d2", source="peoples_council", title_of="Trồng cây", sphere="cây xanh"))
    return centre


def rows(browser: WorkingBrowser, wanted: dict[str, object] | None = None, **query: str) -> list[dict[str, object]]:
    """The rows that a filter leaves; its parameters by their names with "_" for "-"."""
    params = {name.replace("_", "-"): value for name, value in query.items()}
    values = {"register-table.getRowsRequest": wanted or WANTED, "register-query.data": params}
    found = browser.result("register.list_rows", values)["register-table.getRowsResponse"]
    assert found["rowCount"] >= len(found["rowData"])
    return list(found["rowData"])


def keys(browser: WorkingBrowser, **query: str) -> set[str]:
    return {str(row["id"]) for row in rows(browser, None, **query)}


ALL = {"d1/nv-1", "d1/nv-2", "d2/nv-1", "d2/nv-2"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ALL),
        ({"tim": "dao muong"}, {"d1/nv-1", "d1/nv-2"}),
        ({"tim": "D2/MP"}, {"d2/nv-1", "d2/nv-2"}),
        ({"co_quan": "mp-a"}, {"d1/nv-1", "d2/nv-1"}),
        ({"co_quan": "khong-co"}, set()),
        ({"nguon": "chairman"}, {"d1/nv-1", "d1/nv-2"}),
        ({"trang_thai": "sap-den-han"}, {"d1/nv-1", "d1/nv-2"}),
        ({"trang_thai": "khong-thoi-han", "co_quan": "mp-b"}, {"d2/nv-2"}),
        ({"trang_thai": "hoan-thanh"}, set()),
        ({"trang_thai": "bia-dat"}, ALL),
        ({"van_ban": "d2/MP-UBND"}, {"d2/nv-1", "d2/nv-2"}),
        ({"van_ban": "d2"}, {"d2/nv-1", "d2/nv-2"}),
        ({"sao": "co"}, set()),
        ({"han_suy_ra": "co"}, set()),
        ({"xu_ly": "tra-lai"}, set()),
        ({"xu_ly": "bia-dat"}, ALL),
        ({"pham_vi": "mo-phong"}, set()),
        ({"pham_vi": "chinh-thuc", "co_quan": "mp-b"}, {"d1/nv-2", "d2/nv-2"}),
        ({"tu": "01/01/2000"}, {"d1/nv-1", "d1/nv-2"}),
        ({"den": "01/01/2000"}, set()),
    ],
)
def test_filter_leaves_its_tasks(staffed: Centre, query: dict[str, str], found: set[str]) -> None:
    assert keys(official(staffed, "vp"), **query) == found


def test_agency_is_counted_as_assigned_or_as_held(staffed: Centre) -> None:
    command = ActCommand("d1/nv-1", Act.TRANSFER, ActFields(agency="mp-b", basis="3/QĐ"), "vp")
    perform_act(staffed.directives, command, principal_of("vp"))
    browser = official(staffed, "vp")
    assert keys(browser, co_quan="mp-a") == {"d2/nv-1"}
    assert keys(browser, co_quan="mp-a", theo="duoc-giao") == {"d1/nv-1", "d2/nv-1"}


def test_own_portfolio_is_a_filter(staffed: Centre) -> None:
    assert keys(official(staffed, "pct"), phu_trach="co") == {"d1/nv-1", "d2/nv-1", "d2/nv-2"}


def test_rows_are_paged_and_sorted(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    sorting = [{"colId": "title", "sort": "desc"}]
    blocks = [rows(browser, {"startRow": n, "endRow": n + 2, "sortModel": sorting}) for n in (0, 2, 4)]
    titles = [row["name"] for block in blocks for row in block]
    assert titles == ["Trồng cây 2", "Trồng cây 1", "Đào mương 2", "Đào mương 1"]


def test_restricted_document_is_listed_to_agencies_concerned_and_the_office(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed, "d3", leads=("mp-a",), visibility=Visibility.AGENCIES_CONCERNED))
    browsers = [official(staffed, name) for name in ("gd-a", "gd-b", "ct")]
    assert [keys(browser, van_ban="d3") for browser in browsers] == [{"d3/nv-1"}, set(), {"d3/nv-1"}]
    files = [browser.get("/xuat/tasks.csv").text for browser in browsers]
    assert ["d3/MP" in text for text in files] == [True, False, True]


def test_filter_with_a_day_that_is_none_leaves_the_list_as_it_was(staffed: Centre) -> None:
    answer = official(staffed, "vp").result("register.narrow", {"register-due-from.value": "mai"})
    assert answer["register-due-from-error.children"] and "register-query.data" not in answer
    answer = official(staffed, "cv").result("register.narrow", {"register-state.value": "qua-han"})
    assert answer["register-query.data"]["trang-thai"] == "qua-han" and answer["register-all.data"] is False


def opened(browser: WorkingBrowser, act: Act, *tasks: str, is_all: bool = False, **query: str) -> dict[str, object]:
    """The dialog of an act on tasks, or on all of the filter."""
    chosen = [row for row in rows(browser) if row["id"] in tasks]
    selected = [{name: row[name] for name in ("id", "version", "name", "holder")} for row in chosen]
    values = {
        "register-table.selectedRows": selected, "register-all.data": is_all, "register-query.data": query,
    }  # fmt: skip
    return browser.result("register.open_act", values, f"register-do-{act.value}.n_clicks")


def form(answer: dict[str, object], **fields: str) -> dict[str, object]:
    """What the dialog holds, with `fields` filled in."""
    typed = {f"register-{name.replace('_', '-')}.value": value for name, value in fields.items()}
    position = answer["register-position.value"]
    return EMPTY | {"register-position.value": position, "register-opened.data": answer["register-opened.data"]} | typed


def history(staffed: Centre, task: str) -> list[Act]:
    return [event.act for event in find_task(staffed.directives, task, "vp", principal_of("vp")).history]


def test_many_tasks_are_reminded_once_and_a_preview_does_nothing(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    values = form(opened(browser, Act.REMIND, "d1/nv-1", "d2/nv-2"), text="Khẩn trương")
    shown = browser.result("register.perform", values, PREVIEW)
    assert shown["register-go.disabled"] is False and str(shown["register-results.children"]).count("✓") == 2
    assert history(staffed, "d1/nv-1") == [Act.ASSIGN]
    assert shown["register-bulk-close.children"] == t("common.cancel", "vi")
    done = browser.result("register.perform", values, GO)
    assert done["register-bulk-close.children"] == t("common.close", "vi")  # nothing is left to cancel
    assert done["register-go.disabled"] is True and done["register-table.selectedRows"] == []
    browser.result("register.perform", values, GO)  # pressed twice
    assert [history(staffed, key) for key in ("d1/nv-1", "d2/nv-2")] == [[Act.ASSIGN, Act.REMIND]] * 2
    assert history(staffed, "d1/nv-2") == [Act.ASSIGN]


def test_each_task_has_its_own_result(staffed: Centre) -> None:
    browser, day = official(staffed, "ct"), staffed.directives.today() + timedelta(days=30)
    values = form(opened(browser, Act.EXTEND, *ALL), due=f"{day:%d/%m/%Y}", basis="5/TB")
    shown = str(browser.result("register.perform", values, PREVIEW)["register-results.children"])
    assert (shown.count("✓"), shown.count("▲")) == (2, 2)  # two have no due date
    browser.result("register.perform", values, GO)
    detail = find_task(staffed.directives, "d1/nv-1", "vp", principal_of("vp"))
    assert detail.state is not None and detail.state.due == day
    assert history(staffed, "d2/nv-1") == [Act.ASSIGN]


def test_all_tasks_of_the_filter_are_selected_by_the_server(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    query = {"co-quan": "mp-a"}
    values = {"register-all.data": True, "register-query.data": query, "register-table.selectedRows": []}
    assert "2" in browser.result("register.count_selected", values)["register-selected.children"]
    none = browser.result("register.count_selected", values | {"register-all.data": False})[
        "register-selected.children"
    ]
    assert "ô đầu dòng" in none[0] and "phím cách" in str(none[1]) and "with-keys" in str(none[1])
    answer = opened(browser, Act.REMIND, is_all=True, **query)
    assert {task["id"] for task in answer["register-opened.data"]["tasks"]} == {"d1/nv-1", "d2/nv-1"}  # type: ignore[index]


def test_more_tasks_than_one_act_takes_are_refused(staffed: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.dash_kit.bulk_acts.MAX_ACTS", 2)
    browser = official(staffed, "vp")
    answer = opened(browser, Act.REMIND, is_all=True)
    assert answer["register-opened.data"] is None and "2" in str(answer["register-results.children"])
    assert "4" in str(answer["register-bulk-title.children"])  # all that are selected


def test_waiting_tasks_are_listed_to_the_office_and_assigned_many_at_once(
    staffed: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.dash_kit.bulk_acts.MAX_ACTS", 1)  # of those that are done one by one
    enter(staffed, make_directive(staffed, "d3", title_of="Nạo vét"), assign=False)
    office, agency = official(staffed, "vp"), official(staffed, "gd-a")
    waiting = {"trang_thai": "cho-giao"}
    assert keys(office, **waiting) == {"d3/nv-1", "d3/nv-2"} and keys(agency, **waiting) == set()
    assert ['"cho-giao"' in page_layout(each, PATH) for each in (office, agency)] == [True, False]
    assert "Nạo vét 1" in office.get("/xuat/tasks.csv?trang-thai=cho-giao").text
    values = form(opened(office, Act.ASSIGN, is_all=True, **{"trang-thai": "cho-giao"}))
    shown = office.result("register.perform", values, PREVIEW)
    assert str(shown["register-results.children"]).count("✓") == 2 and keys(office, **waiting) == {"d3/nv-1", "d3/nv-2"}
    office.result("register.perform", values, GO)
    done = office.result("register.perform", values, GO)  # pressed twice
    assert str(done["register-results.children"]).count("✓") == 2
    assert history(staffed, "d3/nv-1") == history(staffed, "d3/nv-2") == [Act.ASSIGN]


def test_preview_of_assignments_names_agency_document_and_due_date_and_warns(staffed: Centre) -> None:
    day = staffed.directives.today()
    past, issued = day - timedelta(days=2), day - timedelta(days=5)
    document = make_directive(staffed, "d3", due=past, issued_on=issued)
    first, second = (replace(task, assigned_on=issued) for task in document.tasks)
    tasks = (replace(first, due_words="trước cuối tuần"), replace(second, due=None))
    enter(staffed, replace(document, tasks=tasks), assign=False)
    office = official(staffed, "vp")
    values = form(opened(office, Act.ASSIGN, is_all=True, **{"trang-thai": "cho-giao"}))
    shown = json.dumps(office.result("register.perform", values, PREVIEW), ensure_ascii=False)
    assert f"d3/MP-UBND · hạn {past:%d/%m/%Y}" in shown and "d3/MP-UBND · không thời hạn" in shown
    assert shown.count("hạn đã qua; hạn suy ra từ “trước cuối tuần”, chưa xác nhận") == 1


def test_list_of_waiting_tasks_says_who_assigns_to_who_may_not(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed, "d3"), assign=False)
    texts = {}
    for name in ("vp", "cv"):
        values = {"register-table.selectedRows": [], "register-query.data": {"trang-thai": "cho-giao"}}
        shown = official(staffed, name).result("register.count_selected", values)
        texts[name] = str(shown["register-selected.children"])
    assert "Người giao được: " in texts["cv"] and "Người giao được" not in texts["vp"]


def test_waiting_task_takes_no_other_act_and_an_assigned_one_no_assignment(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed, "d3"), assign=False)
    browser = official(staffed, "vp")
    values = form(opened(browser, Act.REMIND, is_all=True, **{"trang-thai": "cho-giao"}), text="x")
    assert "chờ giao" in str(browser.result("register.perform", values, PREVIEW)["register-results.children"])
    values = form(opened(browser, Act.ASSIGN, "d1/nv-1"))
    shown = str(browser.result("register.perform", values, GO)["register-results.children"])
    assert (shown.count("✓"), shown.count("▲")) == (0, 1) and history(staffed, "d1/nv-1") == [Act.ASSIGN]


def test_counters_count_the_filter_and_mark_its_state(staffed: Centre) -> None:
    browser = official(staffed, "vp")

    def counted(**query: str) -> dict[str, tuple[str, str]]:
        params = {name.replace("_", "-"): value for name, value in query.items()}
        answer = browser.result("register.count", {"register-query.data": params})
        found = {}
        for state in COUNTERS:
            number = answer[f"register-count-{state}.children"][0]["props"]["children"]
            found[state] = (number, answer[f"register-count-{state}.aria-pressed"])
        return found

    every, soon = counted(), counted(trang_thai="sap-den-han", nguon="chairman")
    assert every["trong-tong"] == ("4", "false") and every["sap-den-han"] == ("2", "false")
    assert soon["trong-tong"] == ("2", "false") and soon["sap-den-han"] == ("2", "true")


def test_panel_shows_the_task_with_the_acts_of_the_position_alone(staffed: Centre) -> None:
    browsers = {name: official(staffed, name) for name in ("gd-a", "vp")}

    def shown(name: str, task: str = "d1/nv-1") -> Any:
        values = {"register-task-position.value": name, "register-task-shown.data": task}
        return browsers[name].run("register.show_task", values)

    def offered(name: str) -> set[Act]:
        answer = shown(name).get_json()["response"]
        return {act for act in Act if not answer[button_id("register-task", act)]["style"]}

    assert Act.RECEIVE in offered("gd-a") and Act.RECEIVE not in offered("vp") and Act.REMIND in offered("vp")
    assert "Đào mương 1" in str(shown("vp").get_json()) and shown("vp", "d1/nv-77").status_code == 404
    page = page_layout(browsers["vp"], f"{PATH}?mo=d1%2Fnv-1")
    assert '"data": "d1/nv-1"' in page


def test_act_of_the_panel_is_done_by_the_mechanism_of_the_page_of_a_task(staffed: Centre) -> None:
    browser = official(staffed, "gd-a")
    values = {"register-task-position.value": "gd-a", "register-task-shown.data": "d1/nv-1"}
    opening = browser.result("register.open_task_act", values, f"{button_id('register-task', Act.RECEIVE)}.n_clicks")
    state = {
        "register-task-opened-act.data": opening["register-task-opened-act.data"],
        "register-task-form.data-version": opening["register-task-form.data-version"],
    }  # fmt: skip
    done = browser.result("register.do_task_act", state, "register-task-go.n_clicks")
    assert done["register-task-act.is_open"] is False and history(staffed, "d1/nv-1") == [Act.ASSIGN, Act.RECEIVE]


def test_place_is_that_of_the_task_or_of_the_committee_that_holds_it(staffed: Centre) -> None:
    document = make_directive(staffed, "d3", ("mp-b",))
    enter(
        staffed, replace(document, tasks=tuple(replace(each, place="p1", horizon="short") for each in document.tasks))
    )
    committee = replace(staffed.directives.agencies["mp-a"], place="p1")
    agencies = {**staffed.directives.agencies, "mp-a": committee}
    held = register_filter.rows_of(
        replace(staffed.directives, agencies=agencies), {"dia-ban": "p1"}, principal_of("vp")
    ).rows  # fmt: skip
    assert {row.key for row in held} == {"d1/nv-1", "d2/nv-1", "d3/nv-1"}
    browser = official(staffed, "vp")
    assert keys(browser, dia_ban="p1") == keys(browser, ky_han="ngan-han") == {"d3/nv-1"}
    assert keys(browser, ky_han="dai-han") == keys(browser, dia_ban="p2") == set()


@pytest.mark.parametrize(
    ("act", "field"), [(Act.EXTEND, "due"), (Act.EXTEND, "basis"), (Act.TRANSFER, "to-agency"), (Act.TRANSFER, "basis")]
)
def test_required_field_says_so_and_nothing_is_done(staffed: Centre, act: Act, field: str) -> None:
    browser = official(staffed, "ct")
    filled = {"due": "01/01/2100", "to_agency": "mp-b", "basis": "1/QĐ"}
    values = form(opened(browser, act, "d1/nv-1"), **filled) | {f"register-{field}.value": ""}
    answer = browser.result("register.perform", values, GO)
    assert answer[f"register-{field}-error.children"] and history(staffed, "d1/nv-1") == [Act.ASSIGN]


def test_register_offers_entry_and_bulk_acts_to_whom_they_belong(staffed: Centre) -> None:
    browsers = official(staffed, "vp"), official(staffed, "gd-a")
    office, agency = (page_layout(browser, "/so-nhiem-vu") for browser in browsers)
    assert all(path in office and path not in agency for path in ("/nhap-bang", "/nhap-van-ban"))
    assert is_form_hidden(agency, "register-selected") and not is_form_hidden(office, "register-selected")
    assert '"rowSelection"' in office and '"rowSelection"' not in agency  # nothing is ticked where nothing can be done
    office, agency = (page_layout(browser, "/so-van-ban") for browser in browsers)
    assert "/nhap-bang" in office and "/nhap-bang" not in agency


def test_watching_page_leads_who_may_act_to_the_tasks_that_it_does_not_count(staffed: Centre) -> None:
    layout = page_layout(official(staffed, "vp"), "/chi-dao")
    before, link, _ = layout.partition('"href": "/so-nhiem-vu"')
    assert link and "needs-act_on_directives" in layout and "directives-counters" not in before


def test_watching_page_lists_documents_made_in_the_program_to_who_may_see_them(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed, "d3", leads=("mp-b",), visibility=Visibility.AGENCIES_CONCERNED))
    browser = official(staffed, "vp")
    office, agency = (page_layout(each, "/chi-dao") for each in (browser, official(staffed, "gd-a")))
    assert all(f'"/van-ban/{key}"' in office for key in ("d1", "d2", "d3"))
    assert '"/van-ban/d1"' in agency and '"/van-ban/d3"' not in agency and "/so-van-ban?loai=theo-doi" in agency
    viewer = working(staffed.signed_in("xem", Role.VIEWER))
    assert "/van-ban/" not in page_layout(viewer, "/chi-dao")
    assert "/van-ban/" not in page_layout(browser, "/chi-dao?luc=2026-01-01T00:00:00Z")


def test_position_decides_which_act_is_done(staffed: Centre) -> None:
    agency, office = official(staffed, "gd-a"), official(staffed, "vp")
    refused = opened(agency, Act.REMIND, "d1/nv-1")
    assert refused["register-opened.data"] is None and "Chủ tịch" in str(refused["register-results.children"])
    values = form(opened(office, Act.REMIND, "d1/nv-1"))
    assert agency.run("register.perform", values, GO).status_code == 400
    assert opened(office, Act.EXTEND, "d1/nv-1")["register-opened.data"] is None
    day = staffed.directives.today()
    acts = frozenset({Act.EXTEND})
    add_mandate(staffed.directives, Mandate(MandateKind.DELEGATION, "ct", "vp", day, day, acts), ADMIN)
    delegated = opened(office, Act.EXTEND, "d1/nv-1")
    assert delegated["register-position.value"] == "vp|ct"
    due = f"{day + timedelta(days=20):%d/%m/%Y}"
    assert "✓" in str(office.result("register.perform", form(delegated, due=due, basis="6/TB"), GO))
    assert history(staffed, "d1/nv-1") == [Act.ASSIGN, Act.EXTEND]


def test_file_has_the_tasks_of_the_filter(staffed: Centre) -> None:
    browser = official(staffed, "vp")
    text = browser.get("/xuat/tasks.csv?co-quan=mp-a&nguon=chairman").text
    assert "Đào mương 1" in text and "Đào mương 2" not in text and "Trồng cây" not in text


def test_file_has_as_many_tasks_that_nobody_received_as_the_counter(staffed: Centre) -> None:
    browser, unreceived = official(staffed, "vp"), t("directives.not_started", "vi")

    def counts() -> tuple[int, int]:
        counted = len(keys(browser, trang_thai="chua-tiep-nhan"))
        return counted, browser.get("/xuat/tasks.csv").text.count(unreceived)

    assert counts() == (4, 4)
    perform_act(staffed.directives, ActCommand("d1/nv-1", Act.RECEIVE, ActFields(), "gd-a"), principal_of("gd-a"))
    assert counts() == (3, 3)


def test_filter_of_the_address_is_in_the_fields(staffed: Centre) -> None:
    page = page_layout(official(staffed, "vp"), f"{PATH}?trang-thai=qua-han&tim=muong")
    assert '"trang-thai": "qua-han"' in page and '"value": "muong"' in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMINISTRATOR])
def test_who_does_not_act_on_directives_gets_neither_page_nor_file(staffed: Centre, role: Role) -> None:
    browser = working(staffed.signed_in("khac", role))
    assert browser.get(PATH).status_code == browser.get("/xuat/tasks.csv").status_code == 403
    for function in ("register.list_rows", "register.open_act", "register.perform"):
        assert browser.run(function).status_code == 403, function
