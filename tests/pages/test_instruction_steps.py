"""Instructions without a number by HTTP: given back in the Office's queue, sent again, withdrawn, found again."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from typing import Any

import pytest

from components.directives.instruction_steps import ISSUED, NUMBER, edit_path
from ioc.directives.document_queries import waiting_drafts
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.instruction_steps import (
    InstructionCommand,
    SentInstruction,
    return_instruction,
    send_instruction,
    withdraw_instruction,
)
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.directives.work_list import count_work
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.directive import Document
from tests.pages.conftest import WorkingBrowser
from tests.pages.directive_site import is_form_hidden, official, page_layout, principal_of
from tests.pages.test_instruction import PATH, drafts, form
from tests.pages.test_instruction import staffed as staffed
from tests.web.views.conftest import Centre

People = Callable[[str], WorkingBrowser]


@pytest.fixture
def people(staffed: Centre) -> People:
    """The browser of who holds a position, signed in once."""
    return cache(partial(official, staffed))


def make_draft(staffed: Centre) -> Document:
    figure = Instruction("ct", "Kiểm tra cống", "mp-a", "/chi-so/water-level", staffed.clock(), "water-level", "1,86 m")
    return give_instruction(staffed.directives, figure, principal_of("ct"))


def given_back(staffed: Centre, draft: Document, reason: str = "Chưa rõ cơ quan") -> None:
    command = InstructionCommand(draft.key, len(draft.steps), "vp")
    return_instruction(staffed.directives, command, reason, principal_of("vp"))


def sent_again(staffed: Centre, draft: Document, version: int) -> None:
    command = InstructionCommand(draft.key, version, "ct")
    send_instruction(staffed.directives, command, SentInstruction("Kiểm tra cống số 2", "mp-b"), principal_of("ct"))


def returned(staffed: Centre) -> tuple[Document, ...]:
    return waiting_drafts(staffed.directives, "ct", principal_of("ct")).returned


def opened(browser: WorkingBrowser, page: str, act: str, draft: Document) -> dict[str, object]:
    """What the dialog of a button holds."""
    values = {f"{page.replace('_', '-')}-step-pressed.data": {"key": f"{act} {draft.key}", "at": 1}}
    shown = browser.result(f"{page}.open_step", values)
    name = page.replace("_", "-")
    keys = (f"{name}-step-opened.data", f"{name}-step-form.data-version", f"{name}-step-form-key.data")
    assert shown[f"{name}-step.is_open"] is True and draft.title.vi in str(shown[f"{name}-step-fields.children"])
    return {key: shown[key] for key in keys}


def pressed(browser: WorkingBrowser, page: str, sent: dict[str, object], reason: str | None = None) -> dict[str, Any]:
    texts = {} if reason is None else {f"{page.replace('_', '-')}-step-field.value": {"reason": reason}}
    return browser.result(f"{page}.do_step", sent | texts)


def listed(people: People, name: str) -> str:
    values = {"my-work-position.value": name}
    return str(people(name).result("my_work.list_work", values)["my-work-list.children"])


@pytest.mark.parametrize("page", ["my_work", "stored_document"])
def test_office_gives_an_instruction_back_in_its_queue_and_on_its_page(
    staffed: Centre, people: People, page: str
) -> None:
    draft, office = make_draft(staffed), people("vp")
    assert f"return {draft.key}" in listed(people, "vp") and f"return {draft.key}" not in listed(people, "cv")
    before = [count_work(staffed.directives, principal_of(name)) for name in ("ct", "vp")]
    sent, name = opened(office, page, "return", draft), page.replace("_", "-")
    empty = pressed(office, page, sent, " ")
    assert empty[f"{name}-step.is_open"] is True and not returned(staffed)
    assert pressed(office, page, sent, "Chưa rõ cơ quan")[f"{name}-step.is_open"] is False
    assert pressed(office, page, sent, "Chưa rõ cơ quan")[f"{name}-step.is_open"] is False  # a second press
    assert not drafts(staffed) and len(returned(staffed)[0].steps) == 1
    after = [count_work(staffed.directives, principal_of(name)) for name in ("ct", "vp")]
    assert after == [before[0] + 1, before[1] - 1] and draft.key not in listed(people, "vp")
    own = listed(people, "ct")
    assert "“Chưa rõ cơ quan”" in own and "Chức danh vp" in own and edit_path(draft.key) in own
    assert "group-returned" in own and f"withdraw {draft.key}" in own


def test_page_says_what_was_done_and_offers_what_is_possible(staffed: Centre, people: People) -> None:
    draft = make_draft(staffed)
    show: dict[str, object] = {"stored-document-opened.data": draft.key}
    given_back(staffed, draft)
    leader, office = (people(name).result("stored_document.show", show) for name in ("ct", "vp"))
    assert edit_path(draft.key) in str(leader["stored-document-steps.children"])
    assert not office["stored-document-steps.children"] and office["stored-document-issue.style"]
    for shown in (leader, office):
        assert "Chưa rõ cơ quan" in str(shown["stored-document-notice.children"])
        assert "Văn phòng trả lại" in shown["stored-document-corrections.markup"]
    sent_again(staffed, draft, 1)
    shown = people("vp").result("stored_document.show", show)
    assert not shown["stored-document-notice.children"] and shown["stored-document-issue.style"] is None
    assert "Kiểm tra cống số 2" in shown["stored-document-origin.markup"]
    assert "Kiểm tra cống" in shown["stored-document-corrections.markup"]


def test_leader_corrects_in_the_form_and_what_is_attached_stays(staffed: Centre, people: People) -> None:
    draft, leader = make_draft(staffed), people("ct")
    given_back(staffed, draft)
    page = page_layout(leader, edit_path(draft.key))
    assert "Chưa rõ cơ quan" in page and "Kiểm tra cống" in page and "1,86 m" in page
    assert not is_form_hidden(page, "instruction-form")
    values = form(staffed, text="Kiểm tra cống số 2", agency="mp-b") | {"instruction-form.data-version": "1"}
    values["instruction-attached.data"] = {"page": "/x", "at": "2026-01-01T00:00Z", "document": draft.key}
    assert leader.result("instruction.give", values | {"instruction-text.value": " "})[
        "instruction-text-error.children"
    ]
    answer = leader.result("instruction.give", values)
    assert answer["instruction-form.data-version"] == "2" and draft.key in str(answer["instruction-sent.children"])
    assert (answer["instruction-text.value"], answer["instruction-wished.value"]) == ("", "")
    (sent,) = drafts(staffed)
    assert (sent.title.vi, sent.tasks[0].lead) == ("Kiểm tra cống số 2", "mp-b") and sent.origin and draft.origin
    assert (sent.origin.page, sent.origin.value) == (draft.origin.page, draft.origin.value)
    again = leader.result("instruction.give", values | {"instruction-form.data-version": "2"})
    assert "Không có thông tin nào khác" in str(again["instruction-sent.children"])


def test_form_of_what_was_given_back_meanwhile_tells_and_keeps(staffed: Centre, people: People) -> None:
    draft, leader = make_draft(staffed), people("ct")
    given_back(staffed, draft)
    values = form(staffed, text="Kiểm tra cống số 2") | {"instruction-form.data-version": "0"}
    values["instruction-attached.data"] = {"page": "", "at": "", "document": draft.key}
    told = leader.result("instruction.give", values)
    assert "Chưa rõ cơ quan" in str(told["instruction-sent.children"]) and "instruction-text.value" not in told
    leader.result("instruction.give", values | {"instruction-form.data-version": told["instruction-form.data-version"]})
    assert drafts(staffed)[0].title.vi == "Kiểm tra cống số 2"


def test_who_issues_what_was_corrected_meanwhile_is_told_and_may_go_on(staffed: Centre, people: People) -> None:
    draft, office = make_draft(staffed), people("vp")
    show: dict[str, object] = {"stored-document-opened.data": draft.key}
    version = office.result("stored_document.open_issue", show)["stored-document-issuing-version.data"]
    sent_again(staffed, draft, 0)
    typed: dict[str, object] = {
        "stored-document-number.value": "12/UBND-VP",
        "stored-document-issued.value": f"{staffed.directives.today():%d/%m/%Y}",
    }
    told = office.result("stored_document.issue", show | typed | {"stored-document-issuing-version.data": version})
    assert told["stored-document-issuing.is_open"] is True
    assert "Kiểm tra cống số 2" in str(told["stored-document-issuing-about.children"])
    seen = {"stored-document-issuing-version.data": told["stored-document-issuing-version.data"]}
    assert office.result("stored_document.issue", show | typed | seen)["stored-document-issuing.is_open"] is False


def test_number_that_another_document_may_have_is_asked_about_once(staffed: Centre, people: People) -> None:
    draft, office, today = make_draft(staffed), people("vp"), staffed.directives.today()
    before = today - timedelta(days=3)
    entered = Document("mp-12", "12/TB", LocalizedText("Khác"), "thông báo", "mp-a", before, None, ())
    enter_document(staffed.directives, DocumentEntry(entered, "vp"), principal_of("vp"))
    typed: dict[str, object] = {
        "stored-document-opened.data": draft.key, "stored-document-number.value": "12/TB",
        "stored-document-issued.value": f"{today:%d/%m/%Y}",
    }  # fmt: skip
    told = office.result("stored_document.issue", typed)
    assert told["stored-document-issuing.is_open"] is True
    assert f"{before:%d/%m/%Y}" in str(told)
    asked = {"stored-document-issuing-asked.data": told["stored-document-issuing-asked.data"]}
    assert office.result("stored_document.issue", typed | asked)["stored-document-issuing.is_open"] is False


def test_who_returns_what_was_corrected_meanwhile_is_told_and_keeps_the_reason(staffed: Centre, people: People) -> None:
    draft, office = make_draft(staffed), people("vp")
    sent = opened(office, "my_work", "return", draft)
    sent_again(staffed, draft, 0)
    told = pressed(office, "my_work", sent, "Chưa rõ")
    assert told["my-work-step.is_open"] is True and "Kiểm tra cống số 2" in str(told["my-work-step-alert.children"])
    sent["my-work-step-form.data-version"] = told["my-work-step-form.data-version"]
    assert pressed(office, "my_work", sent, "Chưa rõ")["my-work-step.is_open"] is False


def test_withdrawn_instruction_is_found_and_waits_nowhere(staffed: Centre, people: People) -> None:
    draft, leader = make_draft(staffed), people("ct")
    sent = opened(leader, "my_work", "withdraw", draft)
    assert pressed(leader, "my_work", sent)["my-work-step.is_open"] is False
    assert draft.key not in listed(people, "ct") + listed(people, "vp") and not drafts(staffed)
    for name, is_found in (("ct", True), ("vp", True), ("gd-a", False)):
        shown = str(people(name).result("instruction.list_unissued")["instruction-unissued.children"])
        assert (f"/van-ban/{draft.key}" in shown and "đã rút lại" in shown) is is_found
        assert "'children': '0, và 1 đã rút lại'" in shown or not is_found, "none waits"
    page = people("vp").result("stored_document.show", {"stored-document-opened.data": draft.key})
    assert "Ý kiến đã được rút lại (Chức danh ct · " in str(page["stored-document-notice.children"])
    assert page["stored-document-issue.style"] and not page["stored-document-steps.children"]
    refused = page_layout(leader, edit_path(draft.key))
    assert "đã được rút lại" in refused and is_form_hidden(refused, "instruction-form")
    again = {"my-work-step-pressed.data": {"key": f"withdraw {draft.key}", "at": 2}}
    assert ActCode.INSTRUCTION_WITHDRAWN in leader.run("my_work.open_step", again).text


@pytest.mark.parametrize("key", ["", "return", "issue d", "send d", "return no-such"])
def test_button_that_is_none_is_refused(staffed: Centre, people: People, key: str) -> None:
    values = {"my-work-step-pressed.data": {"key": key, "at": 1}}
    assert people("vp").run("my_work.open_step", values).status_code in (400, 403, 404, 409, 422)


def test_register_of_documents_leads_the_office_to_them(staffed: Centre, people: People) -> None:
    found = {name: f'"{PATH}"' in page_layout(people(name), "/so-van-ban") for name in ("vp", "ct", "gd-a")}
    assert found == {"vp": True, "ct": True, "gd-a": False}


def test_office_reads_in_the_dialog_who_ended_the_instruction_meanwhile(staffed: Centre, people: People) -> None:
    def told(draft: Document) -> str:
        values = {
            "stored-document-opened.data": draft.key, f"{NUMBER}.value": "9/TB",
            f"{ISSUED}.value": f"{staffed.directives.today():%d/%m/%Y}", "stored-document-issuing-version.data": 0,
        }  # fmt: skip
        return str(people("vp").result("stored_document.issue", values)["stored-document-issuing-about.children"])

    draft = make_draft(staffed)
    withdraw_instruction(staffed.directives, InstructionCommand(draft.key, 0, "ct"), principal_of("ct"))
    assert "đã được rút lại lúc" in told(draft) and "(Chức danh ct)" in told(draft)
    issued = make_draft(staffed)
    issue_document(staffed.directives, issued.key, "7/TB", staffed.directives.today(), "vp", principal_of("vp"))
    assert "văn bản số 7/TB (Chức danh vp)" in told(issued)
