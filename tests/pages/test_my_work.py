"""The work list by HTTP: what waits for each kind of position, its acts in place, and the refusals of others."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from components.directives.work_offers import asked_act
from components.ui.i18n import t
from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import save_draft
from ioc.directives.context import DirectiveContext
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.instructions import Instruction, give_instruction
from ioc.directives.queries import find_task
from ioc.directives.visits import VISIT_LENGTH
from ioc.directives.work_list import count_work
from ioc.domain.access.principal import Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act, ActFields, Cause, PositionKind, ReturnKind
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.task_status import WorkState
from ioc.storage.directives import visits
from tests.auth.site import PASSWORD
from tests.pages.conftest import UPDATE, WorkingBrowser, find_callback, request_of, working
from tests.pages.directive_city import DAY, HELD, OTHER, TASK, DirectiveCity
from tests.pages.directive_site import page_layout
from tests.pages.test_task import state_of
from tests.web.views.conftest import ADMIN, Centre

PATH = "/viec-cua-toi"


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    yield DirectiveCity(centre.directives)


def browser_of(centre: Centre, position: str) -> WorkingBrowser:
    return working(centre.signed_in(f"nguoi-{position}", HELD[position][1]))


def listed(browser: WorkingBrowser, position: str) -> str:
    """What the list shows, as text of its components."""
    return str(browser.result("my_work.list_work", {"my-work-position.value": position}))


def offered(text: str) -> set[tuple[Act, str]]:
    """The acts of the buttons with their tasks."""
    found = (asked_act({"key": part.split("'")[0]}) for part in text.split("'type': 'my-work-do', 'key': '")[1:])
    return {(asked.act, asked.task) for asked in found if asked}


def pressed(browser: WorkingBrowser, key: str, position: str) -> Any:
    values = {"my-work-pressed.data": {"key": key, "at": 1}, "my-work-position.value": position}
    return browser.run("my_work.open_act", values)


def test_the_list_says_that_it_loads_until_it_is_read(centre: Centre, city: DirectiveCity) -> None:
    browser, loading = browser_of(centre, "gd-a"), t("table.ag_loadingOoo", "vi")
    assert loading in page_layout(browser, PATH)
    assert loading not in listed(browser, "gd-a")
    assert loading not in listed(browser, "unknown")


@pytest.mark.parametrize("function", ["briefing.collect", "my_work.do_act"])
def test_a_callback_without_a_trigger_does_nothing(centre: Centre, function: str) -> None:
    browser = browser_of(centre, "gd-a")
    payload = request_of(*find_callback(centre, function), {}) | {"changedPropIds": []}
    assert browser.client.post(UPDATE, base_url=browser.base, json=payload).status_code == 400


def test_each_position_has_what_waits_for_it_with_its_acts(centre: Centre, city: DirectiveCity) -> None:
    agency = browser_of(centre, "gd-a")
    assert offered(listed(agency, "gd-a")) == {(Act.RECEIVE, TASK), (Act.REQUEST_ADJUSTMENT, TASK)}
    city.act("gd-a", Act.RECEIVE)
    city.act("gd-a", Act.REPORT, text="Đã làm", petition="Kinh phí bổ sung", petition_to="chairman")
    city.act("gd-a", Act.REQUEST_EXTENSION, due=city.today + 40 * DAY, text="Mưa", cause=Cause.OBJECTIVE)
    leader = listed(browser_of(centre, "ct"), "ct")
    assert {act for act, _ in offered(leader)} == {Act.ANSWER_PETITION, Act.FORWARD_PETITION, Act.DECIDE_EXTENSION}
    assert "Kinh phí bổ sung" in leader and "khách quan" in leader and t("tasks.sent_today", "vi") in leader
    assert offered(listed(agency, "gd-a")) == {(Act.REPORT, TASK), (Act.SUBMIT_COMPLETION, TASK)}
    city.act("gd-a", Act.SUBMIT_COMPLETION, text="Xong")
    assert {act for act, _ in offered(listed(browser_of(centre, "vp"), "vp"))} == {
        Act.CONFIRM_COMPLETION, Act.RETURN_COMPLETION,
    }  # fmt: skip
    assert {act for act, _ in offered(listed(browser_of(centre, "cv"), "cv"))} == {Act.PROPOSE}
    officer = listed(browser_of(centre, "cv-a"), "cv-a")
    assert offered(officer) == set() and "Không có việc nào đang chờ" in officer


def test_who_decides_reads_the_report_in_the_row_and_whole_in_the_dialog(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    text = "Đã lập bản đồ 12 khu vực. " + "Chi tiết từng khu vực kèm theo. " * 20 + "Hết báo cáo"
    city.act("gd-a", Act.SUBMIT_COMPLETION, text=text, document_number="12/BC", document_date=city.today)
    for who, key in (("vp", f"confirm_completion - - {TASK}"), ("cv", f"propose - - {TASK}")):
        browser = browser_of(centre, who)
        row = listed(browser, who)
        assert "Đã lập bản đồ 12 khu vực" in row and "Hết báo cáo" not in row
        fields = str(pressed(browser, key, who).get_json()["response"]["my-work-fields"])
        assert "Hết báo cáo" in fields and "12/BC" in fields


def test_who_decides_reads_the_request_in_the_dialog(centre: Centre, city: DirectiveCity) -> None:
    asked = city.act("gd-a", Act.REQUEST_EXTENSION, due=city.today + 40 * DAY, text="Mưa lũ", cause=Cause.OBJECTIVE)
    key = f"decide_extension {asked.event.id} yes {TASK}"
    (about, *_) = pressed(browser_of(centre, "ct"), key, "ct").get_json()["response"]["my-work-fields"]["children"]
    shown = str(about)
    assert "Mưa lũ" in shown and f"{city.today + 40 * DAY:%d/%m/%Y}" in shown


def test_agency_reads_in_the_row_why_its_completion_was_returned_and_that_it_goes_on(
    centre: Centre, city: DirectiveCity
) -> None:
    agency, returned = browser_of(centre, "gd-a"), t("tasks.return_kind_missing_documents", "vi")
    city.act("gd-a", Act.RECEIVE)
    city.act("gd-a", Act.SUBMIT_COMPLETION, text="Xong")
    city.act("vp", Act.RETURN_COMPLETION, return_kind=ReturnKind.MISSING_DOCUMENTS, text="Thiếu phụ lục 2")
    shown = listed(agency, "gd-a")
    assert f"bị trả lại: {returned}" in shown and "“Thiếu phụ lục 2”" in shown
    city.act("gd-a", Act.SUBMIT_COMPLETION, text="Đã bổ sung")
    city.act("vp", Act.CONFIRM_COMPLETION)
    assert "bị trả lại" not in listed(agency, "gd-a")
    city.act("ct", Act.CONTINUE, text="Làm thêm hai thôn", basis="5/TB")
    shown = listed(agency, "gd-a")
    assert "yêu cầu thực hiện tiếp" in shown and "“Làm thêm hai thôn”" in shown and "bị trả lại" not in shown


def test_leader_finds_what_an_officer_drafted(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    assert offered(listed(officer, "cv-a")) == {(Act.REPORT, TASK), (Act.SUBMIT_COMPLETION, TASK)}
    command = ActCommand(TASK, Act.REPORT, ActFields(text="Đã đào 300 m"), "cv-a")
    save_draft(city.context, command, city.principal("cv-a"))
    assert "Đã đào 300 m" in listed(leader, "gd-a") and TASK not in listed(officer, "cv-a")
    opened = pressed(leader, f"report - - {TASK}", "gd-a").get_json()["response"]
    assert "Đã đào 300 m" in str(opened)
    values = {
        "my-work-opened-act.data": opened["my-work-opened-act"]["data"],
        "my-work-form.data-version": opened["my-work-form"]["data-version"],
        "my-work-field.value": {"text": "Đã đào 300 m"},
    }  # fmt: skip
    assert leader.result("my_work.do_act", values)["my-work-act.is_open"] is False
    assert TASK in listed(officer, "cv-a") and "dự thảo" not in listed(officer, "cv-a")
    assert pressed(leader, f"report - draft {TASK}", "gd-a").get_json()["code"] == "directives.draft_gone"


def test_leader_gives_a_draft_back_and_the_officer_reads_why(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    command = ActCommand(TASK, Act.REPORT, ActFields(text="Đã đào 300 m"), "cv-a")
    save_draft(city.context, command, city.principal("cv-a"))
    assert all(listed(leader, "gd-a").count(f"report - {row} {TASK}") == 1 for row in ("draft", "-"))  # ids of two rows
    assert "'Xem dự thảo'" in listed(leader, "gd-a")
    opened = pressed(leader, f"report - draft {TASK}", "gd-a").get_json()["response"]
    assert opened["my-work-return"]["style"] is None and t("tasks.field_remark", "vi") in str(opened["my-work-fields"])
    values = {
        "my-work-opened-act.data": opened["my-work-opened-act"]["data"],
        "my-work-form.data-version": opened["my-work-form"]["data-version"],
        "my-work-field.value": {"text": "Đã đào 300 m", "remark": " "},
    }  # fmt: skip
    empty = leader.result("my_work.do_act", values, triggered="my-work-return.n_clicks")
    assert empty["my-work-act.is_open"] is True and t("tasks.fill_in", "vi") in str(empty)
    values["my-work-field.value"] = {"text": "Đã đào 300 m", "remark": "Thêm biên bản đo"}
    assert t("tasks.remark_not_sent", "vi") in str(leader.result("my_work.do_act", values))
    values["my-work-field.value"] = {"text": "Đã đào 350 m", "remark": "Thêm biên bản đo"}
    edited = leader.result("my_work.do_act", values, triggered="my-work-return.n_clicks")
    assert edited["my-work-act.is_open"] is True and "Nội dung đã sửa không gửi theo khi trả lại" in str(edited)
    values["my-work-field.value"] = {"text": "", "remark": "Thêm biên bản đo, 350 m"}
    done = leader.result("my_work.do_act", values, triggered="my-work-return.n_clicks")
    assert done["my-work-act.is_open"] is False and "Đã đào 300 m" not in listed(leader, "gd-a")
    assert not any(
        event.act is Act.REPORT for event in find_task(city.context, TASK, "vp", city.principal("vp")).history
    )
    row = listed(officer, "cv-a")
    assert "“Thêm biên bản đo, 350 m”" in row and "dự thảo Báo cáo được trả lại" in row
    again = pressed(officer, f"report - - {TASK}", "cv-a").get_json()["response"]
    assert "Đã đào 300 m" in str(again["my-work-fields"]) and "Thêm biên bản đo" in str(again["my-work-alert"])
    assert again["my-work-return"]["style"] == {"display": "none"}


def test_advice_on_what_leaders_decide_goes_to_them(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.REQUEST_EXTENSION, due=city.today + 40 * DAY, text="Mưa", cause=Cause.OBJECTIVE)
    city.act("cv", Act.PROPOSE, proposed=Act.DECIDE_EXTENSION, is_granted=True, text="Có thể gia hạn")
    assert offered(listed(browser_of(centre, "vp"), "vp")) == set()
    chairman = listed(browser_of(centre, "ct"), "ct")
    assert offered(chairman) == {(Act.DECLINE_PROPOSAL, TASK), (Act.DECIDE_EXTENSION, TASK)}
    assert chairman.count("work-words") == 1 and "Chức danh cv đã đề xuất: " in chairman
    follower = listed(browser_of(centre, "cv"), "cv")
    assert offered(follower) == {(Act.WITHDRAW_PROPOSAL, TASK)} and "đã đề xuất" in follower


def test_starred_task_is_asked_once_for_its_explanation(centre: Centre, city: DirectiveCity) -> None:
    city.act("ct", Act.STAR)
    city.act("ct", Act.REQUEST_EXPLANATION, text="Vì sao chậm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DirectiveContext, "today", lambda _: city.today + 400 * DAY)
        text = listed(browser_of(centre, "ct"), "ct")
    assert offered(text) == {(Act.REMIND, TASK)} and "đã yêu cầu giải trình" in text


def test_instruction_without_a_number_is_seen_by_its_leader_and_the_office(centre: Centre, city: DirectiveCity) -> None:
    instruction = Instruction(
        "ct", "Rà soát trạm bơm", "mp-b", "/can-chu-y", city.context.clock(), "k", "1,86 m", name="Ngập đường"
    )
    give_instruction(city.context, instruction, city.principal("ct"))
    for position in ("ct", "vp", "cv"):
        text = listed(browser_of(centre, position), position)
        assert "Rà soát trạm bơm" in text and "từ “Ngập đường”: 1,86 m" in text, position
        assert "chờ Lãnh đạo Văn phòng ban hành" in text and ("Mở để ban hành" in text) == (position == "vp"), position
    assert "Rà soát trạm bơm" not in listed(browser_of(centre, "gd-b"), "gd-b")


def test_document_that_waits_for_assignment_is_listed_to_who_assigns(centre: Centre, city: DirectiveCity) -> None:
    browsers = {position: browser_of(centre, position) for position in ("vp", "cv", "gd-a")}
    before = {position: count_work(city.context, city.principal(position)) for position in browsers}
    task = Task("nv-1", LocalizedText("Nạo vét kênh"), "mp-a", city.today)
    document = Document("kh-99", "99/KH", LocalizedText("Kế hoạch"), "kế hoạch", "mp-a", city.today, None, (task,))
    enter_document(city.context, DocumentEntry(document, "vp"), city.principal("vp"))
    shown = {position: "/van-ban/kh-99" in listed(browser, position) for position, browser in browsers.items()}
    assert shown == {"vp": True, "cv": False, "gd-a": False}
    after = {position: count_work(city.context, city.principal(position)) for position in browsers}
    assert {position: after[position] - before[position] for position in browsers} == {"vp": 1, "cv": 0, "gd-a": 0}


def test_button_opens_the_form_with_what_it_stands_for(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    asked = city.act("gd-a", Act.REQUEST_EXTENSION, due=city.today + 40 * DAY, text="Mưa", cause=Cause.OBJECTIVE)
    leader = browser_of(centre, "ct")
    key = f"decide_extension {asked.event.id} no {TASK}"
    body = pressed(leader, key, "ct").get_json()["response"]
    fields = str(body["my-work-fields"]["children"])
    assert body["my-work-act"]["is_open"] is True and f"'value': '{asked.event.id}'" in fields
    assert "'value': 'no'" in fields
    stored = {"task": TASK, "act": "decide_extension", "position": "ct", "on_behalf_of": ""}
    values = {
        "my-work-opened-act.data": stored, "my-work-form.data-version": body["my-work-form"]["data-version"],
        "my-work-field.value": {"refers_to": str(asked.event.id), "is_granted": "no", "text": "", "due": ""},
    }  # fmt: skip
    refused = leader.result("my_work.do_act", values)
    assert refused["my-work-act.is_open"] is True and len(state_of(city).items) == 1
    values["my-work-field.value"] = {"refers_to": str(asked.event.id), "is_granted": "yes", "text": "", "due": ""}
    assert leader.result("my_work.do_act", values)["my-work-act.is_open"] is False
    assert state_of(city).due == city.today + 40 * DAY


def test_errors_stand_at_their_fields_in_whatever_order_the_browser_names_them(
    centre: Centre, city: DirectiveCity
) -> None:
    """Of a form that follows another one Dash names the fields and their errors in two orders."""
    city.act("gd-a", Act.RECEIVE)
    browser = browser_of(centre, "gd-a")
    stored = {"task": TASK, "act": "report", "position": "gd-a", "on_behalf_of": ""}
    values = {"my-work-opened-act.data": stored, "my-work-field.value": {"text": "Đã làm", "percent": "nhiều"}}
    payload = request_of(*find_callback(centre, "my_work.do_act"), values)
    outputs = payload["outputs"]
    assert isinstance(outputs, list)
    next(each for each in outputs if isinstance(each, list)).reverse()
    answer = browser.client.post(UPDATE, base_url=browser.base, json=payload)
    assert answer.status_code == 200, answer.text
    errors = {name: shown["children"] for name, shown in answer.get_json()["response"].items() if "-error" in name}
    wrong, right = (f'{{"key":"{key}","type":"my-work-field-error"}}' for key in ("percent", "text"))
    assert errors[wrong] == t("tasks.no_number", "vi") and errors[right] == ""


@pytest.mark.parametrize("key", ["", "receive", "no-act 1 - a/b", f"receive {TASK}", f"decide_extension 5 x {TASK}"])
def test_forged_button_is_refused(centre: Centre, city: DirectiveCity, key: str) -> None:
    assert pressed(browser_of(centre, "gd-a"), key, "gd-a").status_code == 400


def test_list_and_acts_of_somebody_else_are_not_given(centre: Centre, city: DirectiveCity) -> None:
    other = browser_of(centre, "gd-b")
    assert offered(listed(other, "gd-a")) == set()
    assert pressed(other, f"receive - - {TASK}", "gd-a").status_code == 403
    stored = {"task": TASK, "act": "receive", "position": "gd-b", "on_behalf_of": ""}
    values = {"my-work-opened-act.data": stored, "my-work-form.data-version": "", "my-work-field.value": {}}
    assert other.result("my_work.do_act", values)["my-work-act.is_open"] is True
    assert state_of(city).work_state is WorkState.NOT_STARTED
    assert offered(listed(other, "gd-b")) == {(Act.RECEIVE, OTHER), (Act.REQUEST_ADJUSTMENT, OTHER)}


def test_who_holds_no_position_has_an_empty_list(centre: Centre, city: DirectiveCity) -> None:
    assert offered(listed(working(centre.signed_in("an", Role.LEADER)), "ct")) == set()


def test_list_is_the_first_page_of_who_holds_a_position(centre: Centre, city: DirectiveCity) -> None:
    for name, asked, first in (
        ("nguoi-gd-a", "", PATH), ("nguoi-gd-a", "/", PATH), ("nguoi-gd-a", "/chi-so", "/chi-so"), ("an", "", "/"),
    ):  # fmt: skip
        browser = centre.browser()
        if not name_is_taken(centre, name):
            centre.site.add_user(name, Role.REPORTER)
        answer = browser.post("/dang-nhap", {"ten": name, "mat-khau": PASSWORD, "tiep": asked})
        assert answer.status_code == 303 and answer.headers["Location"] == first, (name, asked)
    assert count_work(city.context, city.principal("gd-a")) == 1


def test_list_follows_the_change_of_a_one_time_password(centre: Centre, city: DirectiveCity) -> None:
    for name, first in (("nguoi-gd-a", PATH), ("an", "/tai-khoan?xong=password")):
        if not name_is_taken(centre, name):
            centre.site.add_user(name, Role.REPORTER)
        once = centre.auth.users.reset_password(name, ADMIN)
        browser = centre.browser()
        browser.post("/dang-nhap", {"ten": name, "mat-khau": once})
        answer = browser.post("/tai-khoan/mat-khau", {"moi": PASSWORD + " 2", "lai": PASSWORD + " 2"})
        assert answer.status_code == 303 and answer.headers["Location"] == first, name


def changed(browser: WorkingBrowser, position: str, since: object) -> str:
    """What the page says that others did."""
    values = {"my-work-position.value": position, "my-work-visit.data": since}
    return str(browser.result("my_work.list_changes", values))


def test_visit_shows_what_others_did_and_leads_to_the_task(centre: Centre, city: DirectiveCity) -> None:
    browser = browser_of(centre, "vp")

    def later() -> None:
        """The visit began so long ago that the next one is another one."""
        with centre.store.write() as conn:
            visit = visits.find_visit(conn, "nguoi-vp")
            assert visit is not None
            visits.put_visit(conn, "nguoi-vp", replace(visit, began_at=visit.began_at - VISIT_LENGTH))

    def begin() -> object:
        return browser.result("my_work.begin", {})["my-work-visit.data"]

    assert "/nhiem-vu/" not in changed(browser, "vp", begin())
    city.act("gd-a", Act.RECEIVE)
    assert f"/nhiem-vu/{TASK}" in changed(browser, "vp", begin())  # the same visit, and what came meanwhile
    later()
    assert f"/nhiem-vu/{TASK}" in changed(browser, "vp", begin())
    later()
    assert "/nhiem-vu/" not in changed(browser, "vp", begin())
    assert "/nhiem-vu/" not in changed(browser, "ct", 0) + changed(browser, "vp", None)


def test_substitute_finds_the_list_and_acts_for_the_other(centre: Centre, city: DirectiveCity) -> None:
    city.delegate("gd-a", "gd-b")
    browser = browser_of(centre, "gd-b")
    assert "danh-sach=gd-b%7Cgd-a" in listed(browser, "gd-b")
    page = page_layout(browser, f"{PATH}?danh-sach=gd-b%7Cgd-a")
    assert '"value": "gd-b|gd-a"' in page and "thay Chức danh gd-a" in page
    work = listed(browser, "gd-b|gd-a")
    assert offered(work) == {(Act.RECEIVE, TASK), (Act.REQUEST_ADJUSTMENT, TASK)} and "thay Chức danh gd-a" in work
    body = pressed(browser, f"receive - - {TASK}", "gd-b|gd-a").get_json()["response"]
    assert body["my-work-opened-act"]["data"]["on_behalf_of"] == "gd-a"
    values = {
        "my-work-opened-act.data": body["my-work-opened-act"]["data"],
        "my-work-form.data-version": body["my-work-form"]["data-version"], "my-work-field.value": {},
    }  # fmt: skip
    assert browser.result("my_work.do_act", values)["my-work-act.is_open"] is False
    event = find_task(city.context, TASK, "vp", city.principal("vp")).history[-1]
    assert (event.act, event.position, event.on_behalf_of) == (Act.RECEIVE, "gd-b", "gd-a")


def test_delegation_offers_its_acts_alone(centre: Centre, city: DirectiveCity) -> None:
    city.delegate("gd-a", "gd-b", Act.RECEIVE)
    browser = browser_of(centre, "gd-b")
    assert offered(listed(browser, "gd-b|gd-a")) == {(Act.RECEIVE, TASK)}
    assert "/nhiem-vu/" not in changed(browser, "gd-b|gd-a", 0)
    assert pressed(browser, f"receive - - {OTHER}", "gd-b|vp").status_code == 400


def test_stand_in_of_an_officer_drafts_and_is_offered_what_the_officer_is(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    city.delegate("cv-a", "gd-b")
    drafted = {(Act.REPORT, TASK), (Act.SUBMIT_COMPLETION, TASK)}
    assert offered(listed(browser_of(centre, "cv-a"), "cv-a")) == drafted
    deputy = browser_of(centre, "gd-b")
    assert offered(listed(deputy, "gd-b|cv-a")) == drafted
    form = pressed(deputy, f"report - - {TASK}", "gd-b|cv-a").get_json()["response"]
    stored = form["my-work-opened-act"]["data"]
    assert (stored["is_draft"], stored["on_behalf_of"]) == (True, "cv-a")


def test_draft_of_an_answer_opens_for_its_request(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    due = city.today + 9 * DAY
    asked = [
        city.act("gd-a", Act.REQUEST_COORDINATION, agency="mp-b", text=text, due=due).event.id for text in ("1", "2")
    ]
    city.hold("cv-b", PositionKind.AGENCY_OFFICER, "nguoi-cv-b", "mp-b")
    officer = working(centre.signed_in("nguoi-cv-b", Role.REPORTER))
    buttons = [f"reply_coordination {event} - {TASK}" for event in asked]
    assert all(button in listed(officer, "cv-b") for button in buttons)
    for event in asked:
        command = ActCommand(TASK, Act.REPLY_COORDINATION, ActFields(text=f"Trả lời {event}.", refers_to=event), "cv-b")
        save_draft(city.context, command, replace(city.principal("gd-b"), name="nguoi-cv-b"))
    leader = browser_of(centre, "gd-b")
    assert all(listed(leader, "gd-b").count(button) == 1 for button in buttons)  # to send, no more to answer
    for event, button in zip(asked, buttons, strict=True):
        opened = pressed(leader, button, "gd-b").get_json()["response"]
        assert f"Trả lời {event}." in str(opened["my-work-fields"])
        assert opened["my-work-opened-act"]["data"]["refers_to"] == event


def name_is_taken(centre: Centre, name: str) -> bool:
    return any(account.name == name for account in centre.auth.users.list_accounts(ADMIN))
