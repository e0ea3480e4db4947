"""The page of a task by HTTP: each position is offered its acts; refusals, and what the second of two is told."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.directives.act_answers import ACT_BUTTONS
from components.directives.act_buttons import ORDERED_ACTS, button_id
from components.ui.forms import NONE
from components.ui.i18n import t
from components.ui.working import TOAST
from ioc.directives.queries import find_task
from ioc.domain.access.principal import Role
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.task_status import WorkState
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter
from tests.pages.conftest import WorkingBrowser, working
from tests.pages.directive_city import DAY, HELD, TASK, DirectiveCity
from tests.pages.directive_site import page_layout
from tests.pages.test_instruction import issued_on
from tests.storage.directives.cases import append
from tests.web.views.conftest import Centre


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    yield DirectiveCity(centre.directives)


def browser_of(centre: Centre, position: str) -> WorkingBrowser:
    return working(centre.signed_in(f"nguoi-{position}", HELD[position][1]))


def page_of(browser: WorkingBrowser, position: str) -> dict[str, Any]:
    return browser.result("task.show_task", {"task-shown.data": TASK, "task-position.value": position})


def offered(answer: dict[str, Any]) -> set[Act]:
    """The acts whose buttons are not hidden."""
    return {act for act in ORDERED_ACTS if answer[f"{button_id('task', act)}.style"] is None}


def opened(browser: WorkingBrowser, act: Act, position: str) -> dict[str, Any]:
    values = {"task-shown.data": TASK, "task-position.value": position}
    return browser.result("task.open_act", values, f"{button_id('task', act)}.n_clicks")


def form(act: Act, position: str, version: object = "", on_behalf_of: str = "", **fields: str) -> dict[str, object]:
    """The state of the dialog with `fields` filled in."""
    stored = {"task": TASK, "act": act.value, "position": position, "on_behalf_of": on_behalf_of}
    return {"task-opened-act.data": stored, "task-form.data-version": str(version), "task-field.value": fields}


def done(browser: WorkingBrowser, values: dict[str, object]) -> dict[str, Any]:
    """The answer; errors of fields by key."""
    answer = browser.result("task.do_act", values)
    errors = {key: value for key, value in answer.items() if "task-field-error" in key and value}
    return {**answer, "errors": errors}


def state_of(city: DirectiveCity) -> Any:
    return find_task(city.context, TASK, "ct", city.principal("ct")).state


def test_each_position_is_offered_its_own_acts(centre: Centre, city: DirectiveCity) -> None:
    expected = {
        "gd-a": {Act.RECEIVE, Act.REQUEST_ADJUSTMENT, Act.ASSIGN_INSIDE, Act.REQUEST_EXTENSION},
        "cv-a": {Act.RECEIVE, Act.REQUEST_ADJUSTMENT, Act.REQUEST_EXTENSION}, "gd-b": {Act.ASSIGN_COORDINATION_INSIDE},
        "cv": {Act.LINK, Act.REMIND, Act.PROPOSE},
        "vp": {Act.PAUSE, Act.WITHDRAW, Act.TRANSFER, Act.LINK, Act.REMIND},
        "ct": {
            Act.REQUEST_EXPLANATION, Act.EXTEND, Act.PAUSE, Act.WITHDRAW, Act.TRANSFER, Act.REMIND, Act.STAR,
        },
    }  # fmt: skip
    for position, acts in expected.items():
        answer = page_of(browser_of(centre, position), position)
        assert offered(answer) == acts, position
        assert "Làm bản đồ &lt;ngập&gt;" in answer["task-head.markup"]


def test_who_holds_no_position_is_shown_nothing_and_no_error(centre: Centre, city: DirectiveCity) -> None:
    nobody = working(centre.signed_in("ai", Role.LEADER))
    values = {"task-shown.data": TASK, "task-position.value": NONE}
    assert nobody.run("task.show_task", values).status_code == 204


@pytest.mark.parametrize("path", [f"/nhiem-vu/{TASK}", "/nhap-van-ban", "/y-kien-chi-dao", "/viec-cua-toi"])
def test_page_has_all_ids_of_its_callbacks_for_who_holds_no_position(
    centre: Centre, city: DirectiveCity, path: str
) -> None:
    nobody = working(centre.signed_in("ai", Role.LEADER))
    layout, name = page_layout(nobody, path), centre.app.pages.match(path)[0].name
    asked = {
        entry["id"]
        for callback in centre.app.callback_map.values() if callback.get("callback")
        for entry in (*callback["inputs"], *callback["state"])
        if entry["id"].startswith(f"{name}-")
    }  # fmt: skip
    assert asked and {each for each in asked if f'"id": "{each}"' not in layout} == set()


def test_who_may_not_sees_who_can(centre: Centre, city: DirectiveCity) -> None:
    others = page_of(browser_of(centre, "cv-a"), "cv-a")["task-others.markup"]
    assert "Lãnh đạo cơ quan" in others and "Giao trong cơ quan" in others


def test_officer_drafts_a_report_which_the_leader_changes_and_sends(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    buttons = page_of(officer, "cv-a")
    assert Act.REPORT in offered(buttons) and "Dự thảo" in buttons[f"{button_id('task', Act.REPORT)}.children"]
    form_of_officer = opened(officer, Act.REPORT, "cv-a")
    assert form_of_officer["task-opened-act.data"]["is_draft"] is True
    assert form_of_officer["task-evidence-box.hidden"] is False and form_of_officer["task-kept-box.hidden"] is True
    version = state_of(city).version
    values = form(Act.REPORT, "cv-a", version, text="Đã đào 300 m", percent="42,5", document_date="01/11/2026")
    values["task-opened-act.data"] = form_of_officer["task-opened-act.data"]
    answer = done(officer, values)
    assert answer["errors"] == {} and answer["task-act.is_open"] is False and answer["task-form.data-saved"]
    assert state_of(city).version == version
    prefilled = opened(leader, Act.REPORT, "gd-a")
    fields = str(prefilled["task-fields.children"])
    assert all(f"'value': '{text}'" in fields for text in ("Đã đào 300 m", "42,5", "01/11/2026"))
    assert prefilled["task-opened-act.data"]["is_draft"] is False
    again = {**values, "task-field.value": {"text": "Đã đào 310 m", "percent": "42"}}
    told = done(officer, again)  # by a form that was opened before the first draft
    assert told["task-act.is_open"] and "Đã đào 300 m" in str(told["task-alert.children"])
    again["task-form.data-version"] = told["task-form.data-version"]
    assert not done(officer, again)["task-act.is_open"]
    sending = form(Act.REPORT, "gd-a", version, text="Đã đào 320 m", percent="43")
    sending["task-opened-act.data"] = prefilled["task-opened-act.data"]
    sending["task-form.data-version"] = prefilled["task-form.data-version"]
    told = done(leader, sending)  # by a form that began with the first draft
    assert told["task-act.is_open"] and "Đã đào 310 m" in str(told["task-alert.children"])
    assert state_of(city).percent is None
    sending["task-form.data-version"] = told["task-form.data-version"]
    assert done(leader, sending)["errors"] == {} and state_of(city).percent == 43
    assert "Đã đào" not in str(opened(leader, Act.REPORT, "gd-a")["task-fields.children"])


def test_officer_withdraws_the_draft_with_which_the_form_begins(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    empty = opened(officer, Act.REPORT, "cv-a")
    assert empty["task-withdraw.style"]  # nothing to withdraw
    handing = form(Act.REPORT, "cv-a", state_of(city).version, text="Nhầm nhiệm vụ")
    handing["task-opened-act.data"] = empty["task-opened-act.data"]
    done(officer, handing)
    assert opened(leader, Act.REPORT, "gd-a")["task-withdraw.style"]  # who sends it is not its writer
    again = opened(officer, Act.REPORT, "cv-a")
    assert again["task-withdraw.style"] is None
    values = {**handing, "task-opened-act.data": again["task-opened-act.data"]}
    answer = officer.result("task.do_act", values, "task-withdraw-ask-go.n_clicks")
    assert answer["task-act.is_open"] is False and answer["task-form.data-saved"]
    assert answer["task-withdraw-ask.is_open"] is False
    assert "Nhầm" not in str(opened(leader, Act.REPORT, "gd-a")["task-fields.children"])
    gone = officer.result("task.do_act", values, "task-withdraw-ask-go.n_clicks")
    assert gone["task-act.is_open"] is True and gone["task-alert.children"]


@pytest.mark.parametrize("page", ["task", "my-work", "register-task"])
def test_buttons_of_the_dialog_are_off_while_the_act_is_done(centre: Centre, page: str) -> None:
    (doing,) = (
        each for each in centre.app._callback_list if f"{page}-withdraw-ask-go.n_clicks" in (
            f"{given['id']}.{given['property']}" for given in each["inputs"]
        )
    )  # fmt: skip
    assert set(doing["running"]["running"]) == {f"{page}-{button}.disabled" for button in ACT_BUTTONS}


def test_second_officer_reads_the_draft_of_the_first_and_loses_nothing(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    city.hold("cv-a-2", PositionKind.AGENCY_OFFICER, "nguoi-thu-hai", "mp-a")
    first, second = browser_of(centre, "cv-a"), working(centre.signed_in("nguoi-thu-hai", Role.REPORTER))
    empty = {who: opened(browser, Act.REPORT, who) for who, browser in (("cv-a", first), ("cv-a-2", second))}
    values = {who: form(Act.REPORT, who, state_of(city).version, text=f"Của {who}") for who in empty}
    for who, answer in empty.items():
        values[who]["task-opened-act.data"] = answer["task-opened-act.data"]
    done(first, values["cv-a"])
    told = done(second, values["cv-a-2"])
    assert told["task-act.is_open"] is True and "Của cv-a" in str(told["task-alert.children"])
    assert not any(key.startswith("task-field.") for key in told)
    values["cv-a-2"]["task-form.data-version"] = told["task-form.data-version"]
    assert done(second, values["cv-a-2"])["task-act.is_open"] is False
    assert "Của cv-a-2" in str(opened(browser_of(centre, "gd-a"), Act.REPORT, "gd-a")["task-fields.children"])


@pytest.mark.parametrize(
    ("act", "fields", "words"),
    [
        (Act.REQUEST_EXTENSION, {"due": "DUE", "text": "Mưa", "cause": "objective"}, ["tasks.cause_objective"]),
        (
            Act.REPORT, {"text": "Xong", "petition": "Cấp vốn", "petition_to": "chairman", "stage": "consultation"},
            ["tasks.kind_chairman", "tasks.stage_consultation"],
        ),
    ],
)  # fmt: skip
def test_draft_of_another_is_told_with_its_choices(
    centre: Centre, city: DirectiveCity, act: Act, fields: dict[str, str], words: list[str]
) -> None:
    city.act("gd-a", Act.RECEIVE)
    city.hold("cv-a-2", PositionKind.AGENCY_OFFICER, "nguoi-thu-hai", "mp-a")
    first, second = browser_of(centre, "cv-a"), working(centre.signed_in("nguoi-thu-hai", Role.REPORTER))
    given = fields | ({"due": f"{city.today + 90 * DAY:%d/%m/%Y}"} if "due" in fields else {})
    stored = {
        who: opened(each, act, who)["task-opened-act.data"] for who, each in (("cv-a", first), ("cv-a-2", second))
    }
    assert done(first, form(act, "cv-a", **given) | {"task-opened-act.data": stored["cv-a"]})["errors"] == {}
    other = form(act, "cv-a-2", **(given | {"text": "Khác"})) | {"task-opened-act.data": stored["cv-a-2"]}
    told = str(done(second, other)["task-alert.children"])
    assert all(t(word, "vi") in told for word in words)


@pytest.mark.parametrize("who", ["cv-a-2", "gd-a"])
def test_text_typed_before_a_draft_does_not_pass_for_one_that_knows_it(
    centre: Centre, city: DirectiveCity, who: str
) -> None:
    city.act("gd-a", Act.RECEIVE)
    city.hold("cv-a-2", PositionKind.AGENCY_OFFICER, "nguoi-thu-hai", "mp-a")
    first, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    other = leader if who == "gd-a" else working(centre.signed_in("nguoi-thu-hai", Role.REPORTER))
    typed = opened(other, Act.REPORT, who)["task-form.data-version"]  # kept in the tab with what is typed
    values = form(Act.REPORT, "cv-a", state_of(city).version, text="Của đồng nghiệp")
    values["task-opened-act.data"] = opened(first, Act.REPORT, "cv-a")["task-opened-act.data"]
    done(first, values)
    again = opened(other, Act.REPORT, who)
    assert again["task-form.data-version"] != typed
    sent = form(Act.REPORT, who, typed, text="Gõ từ trước")
    sent["task-opened-act.data"] = again["task-opened-act.data"]
    answer = done(other, sent)
    assert answer["task-act.is_open"] is True and "Của đồng nghiệp" in str(answer["task-alert.children"])
    assert "Của đồng nghiệp" in str(opened(leader, Act.REPORT, "gd-a")["task-fields.children"])


def test_forged_draft_of_an_act_that_is_not_drafted_is_refused(centre: Centre, city: DirectiveCity) -> None:
    values = form(Act.RECEIVE, "cv-a", state_of(city).version)
    values["task-opened-act.data"] = {**values["task-opened-act.data"], "is_draft": True}  # type: ignore[dict-item]
    answer = done(browser_of(centre, "cv-a"), values)
    assert answer["task-act.is_open"] is True and state_of(city).work_state is WorkState.NOT_STARTED


def test_form_has_the_fields_of_the_act_and_the_version_of_the_task(centre: Centre, city: DirectiveCity) -> None:
    answer = opened(browser_of(centre, "gd-a"), Act.REQUEST_EXTENSION, "gd-a")
    fields = str(answer["task-fields.children"])
    assert answer["task-act.is_open"] is True and answer["task-form.data-version"] == str(state_of(city).version)
    assert all(f"'key': '{name}'" in fields for name in ("due", "text", "cause", "basis"))
    assert "'key': 'percent'" not in fields


def test_act_is_done_and_stands_in_the_history(centre: Centre, city: DirectiveCity) -> None:
    browser = browser_of(centre, "gd-a")
    assert done(browser, form(Act.RECEIVE, "gd-a"))["task-act.is_open"] is False
    values = form(
        Act.REPORT, "gd-a", text="Đã làm <một phần>", stage="consultation", petition="Kinh phí", petition_to="chairman"
    )
    assert done(browser, values)["task-form.data-saved"]
    answer, state = page_of(browser, "gd-a"), state_of(city)
    assert "Đã làm &lt;một phần&gt;" in answer["task-timeline.markup"] and "Kinh phí" in answer["task-timeline.markup"]
    assert (state.work_state, state.percent, state.items[0].agency) == (WorkState.ACTIVE, 40.0, "chairman")
    assert Act.ANSWER_PETITION in offered(page_of(browser_of(centre, "ct"), "ct"))


def test_linked_task_that_did_not_take_the_report_is_named(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    with centre.store.write() as conn:
        append(conn, TASK, Act.LINK, city.context.clock(), linked_task="no/such")
    answer = done(browser_of(centre, "gd-a"), form(Act.REPORT, "gd-a", text="Đã làm"))
    assert answer["task-form.data-saved"] and "no/such" in answer[f"{TOAST}.children"]


def test_link_to_no_task_says_so_at_its_field(centre: Centre, city: DirectiveCity) -> None:
    answer = done(browser_of(centre, "cv"), form(Act.LINK, "cv", linked_task="no/such"))
    assert len(answer["errors"]) == 1 and not state_of(city).linked_tasks


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"due", "text", "cause"}),
        ({"due": "31/02/2026", "text": "x", "cause": "objective"}, {"due"}),
        ({"due": "EARLY", "text": "x", "cause": "objective"}, {"due"}),
        ({"due": "LATE", "text": "x", "cause": "bad weather"}, {"cause"}),
    ],
)
def test_wrong_field_says_why_and_nothing_is_stored(
    centre: Centre, city: DirectiveCity, fields: dict[str, str], wrong: set[str]
) -> None:
    days = {"EARLY": city.today, "LATE": city.today + 30 * DAY}
    given = {name: f"{days[value]:%d/%m/%Y}" if value in days else value for name, value in fields.items()}
    empty = dict.fromkeys(("due", "text", "cause", "basis"), "")
    answer = done(browser_of(centre, "gd-a"), form(Act.REQUEST_EXTENSION, "gd-a", **{**empty, **given}))
    assert {name for name in empty if any(f'"{name}"' in key for key in answer["errors"])} == wrong
    assert answer["task-act.is_open"] is True and len(state_of(city).items) == 0


def test_position_may_not_do_the_act_of_another_and_is_told_who_may(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    answer = done(browser_of(centre, "cv-a"), form(Act.REPORT, "cv-a", text="Xong", petition=""))
    assert answer["task-act.is_open"] is True and "Lãnh đạo cơ quan" in str(answer["task-alert.children"])
    with centre.store.read() as conn:
        denials = audit_log.newest(conn, AuditFilter(result="denied"), 9)
    assert [(entry.actor, entry.reason) for entry in denials] == [("nguoi-cv-a", ActCode.NOT_PERMITTED)]
    assert state_of(city).percent is None


@pytest.mark.parametrize("function", ["task.show_task", "task.do_act"])
def test_position_of_somebody_else_is_refused(centre: Centre, city: DirectiveCity, function: str) -> None:
    values = {**form(Act.STAR, "ct"), "task-shown.data": TASK, "task-position.value": "ct"}
    browser = browser_of(centre, "gd-b")
    answer = browser.run(function, values)
    refused_in_dialog = answer.status_code == 200 and browser.result(function, values)["task-act.is_open"] is True
    assert answer.status_code == 403 or refused_in_dialog
    assert not state_of(city).is_starred


def test_second_of_two_is_told_what_changed_and_loses_nothing(centre: Centre, city: DirectiveCity) -> None:
    version = state_of(city).version
    city.act("cv-a", Act.RECEIVE)
    browser, fields = browser_of(centre, "gd-a"), {"unit": "Phòng Kỹ thuật", "due": "", "text": ""}
    answer = done(browser, form(Act.ASSIGN_INSIDE, "gd-a", version, **fields))
    assert answer["task-act.is_open"] is True and "Chức danh cv-a: Tiếp nhận" in str(answer["task-alert.children"])
    assert not any(key.startswith("task-field.") for key in answer)
    newer = answer["task-form.data-version"]
    assert done(browser, form(Act.ASSIGN_INSIDE, "gd-a", newer, **fields))["task-act.is_open"] is False
    assert state_of(city).unit == "Phòng Kỹ thuật"


def test_delegated_act_is_offered_and_done_for_the_other_position(centre: Centre, city: DirectiveCity) -> None:
    city.delegate("ct", "vp", Act.EXTEND)
    browser = browser_of(centre, "vp")
    answer = page_of(browser, "vp")
    assert Act.EXTEND in offered(answer) and "Chức danh ct" in answer[f"{button_id('task', Act.EXTEND)}.children"]
    stored = opened(browser, Act.EXTEND, "vp")["task-opened-act.data"]
    assert stored["on_behalf_of"] == "ct"
    due = city.today + 40 * DAY
    values = form(Act.EXTEND, "vp", on_behalf_of="ct", due=f"{due:%d/%m/%Y}", basis="5/MP-TB", text="")
    assert done(browser, values)["task-act.is_open"] is False
    assert state_of(city).due == due and "thay Chức danh ct" in page_of(browser, "vp")["task-timeline.markup"]


def test_stand_in_chooses_for_whom_the_acts_of_a_task_are_done(centre: Centre, city: DirectiveCity) -> None:
    """The chairman's acts that the stand-in may do in the own position too are done for the chairman."""
    city.delegate("ct", "vp")
    browser, choice = browser_of(centre, "vp"), "vp|ct"
    assert choice in page_layout(browser, f"/nhiem-vu/{TASK}")
    chairman = offered(page_of(browser_of(centre, "ct"), "ct"))
    assert offered(page_of(browser, choice)) == chairman and Act.REMIND in chairman
    stored = opened(browser, Act.REMIND, choice)["task-opened-act.data"]
    assert (stored["position"], stored["on_behalf_of"]) == ("vp", "ct")
    assert opened(browser, Act.REMIND, "vp")["task-opened-act.data"]["on_behalf_of"] == ""
    forged = {"task-shown.data": TASK, "task-position.value": "vp|gd-a"}
    assert browser.run("task.show_task", forged).status_code in (403, 422)


def test_delegated_acts_alone_are_offered_for_the_other_position(centre: Centre, city: DirectiveCity) -> None:
    city.delegate("ct", "vp", Act.EXTEND)
    assert offered(page_of(browser_of(centre, "vp"), "vp|ct")) == {Act.EXTEND}


def test_task_that_is_not_there_is_not_found(centre: Centre, city: DirectiveCity) -> None:
    values = {"task-shown.data": "mp-1-2026/nv-9", "task-position.value": "ct"}
    assert browser_of(centre, "ct").run("task.show_task", values).status_code == 404


def test_officer_dismisses_an_own_draft_that_nobody_can_send_any_more(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    handing = form(Act.REPORT, "cv-a", state_of(city).version, text="Lời đã soạn")
    handing["task-opened-act.data"] = opened(officer, Act.REPORT, "cv-a")["task-opened-act.data"]
    done(officer, handing)
    shown: dict[str, object] = {"task-shown.data": TASK, "task-position.value": "cv-a"}
    assert officer.result("task.offer_dismissal", shown)["task-ended.children"] == []  # it can still be sent
    city.act("vp", Act.WITHDRAW, basis="1/QĐ")
    offered_buttons = str(officer.result("task.offer_dismissal", shown)["task-ended.children"])
    of_leader: dict[str, object] = {"task-shown.data": TASK, "task-position.value": "gd-a"}
    assert leader.result("task.offer_dismissal", of_leader)["task-ended.children"] == []
    assert "Lời đã soạn" in str(page_of(officer, "cv-a"))
    key = offered_buttons.split("'key': '")[1].split("'")[0]
    pressed: dict[str, object] = {"task-dismissed.data": {"key": key, "at": 1}}
    asked = officer.result("task.ask_dismissal", shown | pressed)
    assert asked["task-dismiss-ask.is_open"] is True and "Báo cáo" in asked["task-dismiss-ask-body.children"]
    assert "Lời đã soạn" in str(page_of(officer, "cv-a")), "nothing is thrown away before it was asked"
    refused = leader.run("task.dismiss", of_leader | pressed)
    assert refused.status_code == 422 and "Dự thảo này đã được gửi" in str(refused.get_json())
    assert officer.result("task.dismiss", shown | pressed)["task-ended.children"] == []
    assert "Lời đã soạn" not in str(page_of(officer, "cv-a"))
    assert officer.run("task.dismiss", shown | pressed).status_code == 422


def test_page_lists_the_instructions_that_were_given_on_the_task(centre: Centre, city: DirectiveCity) -> None:
    given = [(f"/nhiem-vu/{TASK}", "12/UBND-VP"), ("/nhiem-vu/khac/nv-1", "13/UBND-VP")]
    centre.reads.issued = tuple(issued_on(page, TASK, number) for page, number in given)
    facts = page_of(browser_of(centre, "cv"), "cv")["task-facts.markup"]
    assert "12/UBND-VP" in facts and "Kiểm tra &lt;cống&gt;" in facts and "13/UBND-VP" not in facts
