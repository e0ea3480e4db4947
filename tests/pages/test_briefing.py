"""Briefings (giao ban) by HTTP: opened, collected, concluded, ended, and entered as a notice without typing twice."""

from dataclasses import replace
from typing import Any

import pytest

from components.directives.briefing import COLLECT, CONCLUDE, REMOVE
from components.directives.document_entry import ROW_FIELDS
from ioc.directives.briefings import find_briefing, newest_briefings
from ioc.directives.instructions import Instruction, give_instruction
from ioc.directives.queries import draft_instructions, find_document
from ioc.domain.directives.briefing import Briefing, Conclusion
from tests.city import full_city
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

LIST, ENTRY = "/giao-ban", "/nhap-van-ban"


@pytest.fixture
def staffed(centre: Centre) -> Centre:
    """With a task, an instruction and an attention list."""
    fill_positions(centre)
    centre.reads.city = replace(full_city(), at=centre.clock())
    enter(centre, make_directive(centre))
    given = Instruction("ct", "Kiểm tra cống", "mp-a", "/chi-so/x", centre.clock(), "x", "1,86 m")
    give_instruction(centre.directives, given, principal_of("ct"))
    return centre


def today(staffed: Centre) -> str:
    return f"{staffed.directives.today():%d/%m/%Y}"


def opened(staffed: Centre, browser: WorkingBrowser) -> str:
    answer = browser.result("briefings.open_one", {"briefings-day.value": today(staffed)})
    path = answer["briefings-go.href"]
    assert isinstance(path, str) and answer["briefings-day-error.children"] == ""
    return path.rpartition("/")[2]


def page_of(browser: WorkingBrowser, key: str) -> dict[str, Any]:
    return browser.result("briefing.show", {"briefing-key.data": key})


def prepared(browser: WorkingBrowser, key: str, words: str = "") -> str:
    values = {"briefing-key.data": key, "briefing-words.value": words}
    return str(browser.result("briefing.prepare", values)["briefing-groups.children"])


def keys_of(text: str, kind: str) -> list[str]:
    """The keys of the buttons of a kind."""
    return [part.split("'")[0] for part in text.split(f"'type': '{kind}', 'key': '")[1:]]


def press(browser: WorkingBrowser, function: str, kind: str, button: str, key: str, words: str = "") -> Any:
    pressed = {f"{kind}-pressed.data": {"key": button, "at": 1}}
    return browser.run(function, pressed | {"briefing-key.data": key, "briefing-words.value": words})


def collect(browser: WorkingBrowser, key: str, start: str, words: str = "") -> int:
    """Collects the first of what may be that begins with `start`; the number of its item."""
    button = next(each for each in keys_of(prepared(browser, key, words), COLLECT) if each.startswith(start))
    assert press(browser, "briefing.collect", COLLECT, button, key, words).status_code == 200
    assert button not in keys_of(prepared(browser, key, words), COLLECT)
    return int(keys_of(str(page_of(browser, key)["briefing-items.children"]), CONCLUDE)[-1])


def typed(key: str, item: int, version: object, text: str, lead: str, due: str = "") -> dict[str, object]:
    return {
        "briefing-key.data": key, "briefing-item.data": item, "briefing-form.data-version": str(version),
        "briefing-text.value": text, "briefing-lead.value": lead, "briefing-due.value": due,
    }  # fmt: skip


def stored(staffed: Centre, key: str) -> Briefing:
    return find_briefing(staffed.directives, key, principal_of("vp"))


def test_briefing_becomes_a_numbered_notice_with_its_tasks_and_nothing_is_typed_twice(staffed: Centre) -> None:
    office, clerk = official(staffed, "vp"), official(staffed, "cv")
    key = opened(staffed, clerk)
    instruction, task = collect(office, key, "instruction "), collect(office, key, "task d/nv-2", "dao muong")
    collect(office, key, "attention ")
    page = page_of(official(staffed, "ct"), key)
    assert page["briefing-end.style"] and "1,86 m" in str(page) and not keys_of(str(page), CONCLUDE)
    begun = press(office, "briefing.open_conclusion", CONCLUDE, str(instruction), key).get_json()["response"]
    assert (begun["briefing-text"]["value"], begun["briefing-concluding"]["is_open"]) == ("Kiểm tra cống", True)
    proposed = [begun[f"briefing-{name}"]["value"] for name in ("text", "lead", "due")]
    saved = office.result("briefing.conclude", typed(key, instruction, instruction, *proposed))
    assert saved["briefing-concluding.is_open"] is False
    office.result("briefing.conclude", typed(key, task, task, "Đào xong", "mp-b", today(staffed)))
    page = page_of(office, key)
    version = page["briefing-version.data"]
    ended = office.result("briefing.end", {"briefing-key.data": key, "briefing-version.data": version})
    assert ended["briefing-go.href"] == f"{ENTRY}?giao-ban={key}" and stored(staffed, key).awaits_notice
    work = str(clerk.result("my_work.list_work", {"my-work-position.value": "cv"}))
    assert f"{ENTRY}?giao-ban={key}" in work
    form = page_layout(office, f"{ENTRY}?giao-ban={key}")
    (draft,) = draft_instructions(staffed.directives, principal_of("vp"))
    assert all(text in form for text in ("Kiểm tra cống", "Đào xong", "thông báo kết luận", draft.key))
    saved = office.result("document_entry.save", entry(staffed, key, draft.key), "document-entry-assign.n_clicks")
    notice = find_document(staffed.directives, str(saved["document-entry-form.data-saved"]), principal_of("vp"))
    assert {view.task.title.vi for view in notice.tasks} == {"Kiểm tra cống", "Đào xong"}
    assert stored(staffed, key).document == notice.document.key
    assert not draft_instructions(staffed.directives, principal_of("vp"))
    page = office.result("stored_document.show", {"stored-document-opened.data": draft.key})
    assert page["stored-document-issue.style"] and "9/TB-UBND" in page["stored-document-who.children"]
    again = entry(staffed, key, "", number="10/TB-UBND")
    assert office.run("document_entry.save", again, "document-entry-save.n_clicks").status_code == 409


def entry(staffed: Centre, key: str, parents: str, number: str = "9/TB-UBND") -> dict[str, object]:
    """The form of the notice as it was filled in, with number and issuer."""
    concluded = stored(staffed, key).conclusions
    fields = {
        "number": number, "issued": today(staffed), "kind": "thông báo kết luận", "issuer": "mp-a",
        "abstract": "Kết luận", "visibility": "internal", "parents": parents, "position": "vp|vp", "source": "",
        "sphere": "", "secrecy": "",
    }  # fmt: skip
    rows: dict[str, dict[str, str]] = {name: {} for name in ROW_FIELDS}
    for n, item in enumerate(concluded):
        for name, texts in rows.items():
            texts[str(n)] = getattr(item.conclusion.task, name)
    return {
        **{f"document-entry-{name}.value": value for name, value in fields.items()},
        **{f"document-entry-{name}.value": texts for name, texts in rows.items()},
        "document-entry-briefing.data": key,
    }


def test_second_of_two_people_reads_what_the_first_wrote_and_may_replace_it(staffed: Centre) -> None:
    first, second = official(staffed, "vp"), official(staffed, "cv")
    key = opened(staffed, first)
    item = collect(first, key, "instruction ")
    first.result("briefing.conclude", typed(key, item, item, "Làm", "mp-a"))
    told = second.result("briefing.conclude", typed(key, item, item, "Khác", "mp-b"))
    assert told["briefing-concluding.is_open"] is True and "Làm" in str(told["briefing-alert.children"])
    version = told["briefing-form.data-version"]
    second.result("briefing.conclude", typed(key, item, version, "Khác", "mp-b"))
    assert stored(staffed, key).items[0].conclusion == Conclusion("Khác", "mp-b")


@pytest.mark.parametrize(
    ("text", "lead", "due", "field"),
    [("", "mp-a", "", "text"), ("x", "", "", "lead"), ("x", "mp-x", "", "lead"), ("x", "mp-a", "mai", "due")],
)
def test_wrong_field_says_why_and_nothing_is_written(
    staffed: Centre, text: str, lead: str, due: str, field: str
) -> None:
    office = official(staffed, "vp")
    key = opened(staffed, office)
    item = collect(office, key, "instruction ")
    answer = office.result("briefing.conclude", typed(key, item, item, text, lead, due))
    assert answer[f"briefing-{field}-error.children"] and answer["briefing-concluding.is_open"] is True
    assert not stored(staffed, key).conclusions


@pytest.mark.parametrize("position", ["ct", "vt", "gd-a"])
def test_others_are_offered_no_act_and_refused(staffed: Centre, position: str) -> None:
    office, other = official(staffed, "vp"), official(staffed, position)
    key = opened(staffed, office)
    item = collect(office, key, "instruction ")
    page = page_layout(other, LIST)
    assert is_form_hidden(page, "briefings-form") and '"type": "Alert"' in page
    assert other.run("briefings.open_one", {"briefings-day.value": today(staffed)}).status_code == 403
    assert prepared(other, key) == "[]"
    assert press(other, "briefing.collect", COLLECT, "task d/nv-1", key).status_code == 403
    assert press(other, "briefing.remove", REMOVE, str(item), key).status_code == 403
    assert other.run("briefing.conclude", typed(key, item, item, "x", "mp-a")).status_code == 403
    values = {"briefing-key.data": key, "briefing-version.data": stored(staffed, key).version}
    assert other.run("briefing.end", values).status_code == 403
    sees = position != "gd-a"
    assert ("Kiểm tra cống" in str(page_of(other, key))) is sees
    assert (key in str(other.result("briefings.list_briefings"))) is sees
    assert is_form_hidden(page_layout(other, f"{ENTRY}?giao-ban={key}"), "document-entry-form")


def test_item_is_removed_once(staffed: Centre) -> None:
    office = official(staffed, "vp")
    key = opened(staffed, office)
    item = collect(office, key, "instruction ")
    asked = press(office, "briefing.ask_removal", REMOVE, str(item), key)
    assert "kết luận đã ghi" in str(asked.get_json()) and stored(staffed, key).items
    assert press(office, "briefing.remove", REMOVE, str(item), key).status_code in (200, 204)
    assert press(office, "briefing.ask_removal", REMOVE, str(item), key).status_code == 409
    assert not stored(staffed, key).items
    assert press(office, "briefing.remove", REMOVE, str(item), key).status_code == 409
    assert press(office, "briefing.remove", REMOVE, "x", key).status_code == 400
    assert press(office, "briefing.collect", COLLECT, "task no/such", key).status_code == 409


def test_wrong_day_says_why_at_its_field_and_an_unknown_briefing_shows_nothing(staffed: Centre) -> None:
    office = official(staffed, "vp")
    opened(staffed, office)
    for day in ("", "mai", "01/01/2020", today(staffed)):
        answer = office.result("briefings.open_one", {"briefings-day.value": day})
        assert answer["briefings-day-error.children"], day
    assert len(newest_briefings(staffed.directives, principal_of("vp"))) == 1
    page = page_of(office, "gb-9-2026")
    assert page["briefing-notice.children"] and page["briefing-items.children"] == []
    assert prepared(office, "gb-9-2026") == "[]"
    form = page_layout(office, f"{ENTRY}?giao-ban=gb-1-2026")
    assert is_form_hidden(form, "document-entry-form")


def test_briefing_without_a_conclusion_ends_without_a_draft(staffed: Centre) -> None:
    office = official(staffed, "vp")
    key = opened(staffed, office)
    values = {"briefing-key.data": key, "briefing-version.data": stored(staffed, key).version}
    assert office.result("briefing.end", values)["briefing-go.href"] == f"/giao-ban/{key}"
    assert f"giao-ban={key}" not in str(office.result("my_work.list_work", {"my-work-position.value": "vp"}))
    assert page_of(office, key)["briefing-to-notice.children"] is None


def test_task_is_taken_into_the_next_briefing_from_its_page(staffed: Centre) -> None:
    office, leader, task = official(staffed, "vp"), official(staffed, "ct"), {"task-shown.data": "d/nv-2"}
    assert office.result("task.offer_briefing", task)["task-to-briefing.style"]
    key = opened(staffed, office)
    assert leader.result("task.offer_briefing", task)["task-to-briefing.style"]
    assert office.result("task.offer_briefing", task)["task-to-briefing.style"] is None
    for _ in range(2):
        done = office.result("task.take_into_briefing", task | {"task-to-briefing.n_clicks": 1})
        assert done["task-to-briefing.style"]
    (item,) = stored(staffed, key).items
    assert (item.subject.key, item.subject.page) == ("d/nv-2", "/nhiem-vu/d/nv-2") and item.subject.value
    assert office.result("task.offer_briefing", task)["task-to-briefing.style"]
    assert leader.run("task.take_into_briefing", task).status_code == 403
    unknown = {"task-shown.data": "d/nv-9"}
    assert office.run("task.take_into_briefing", unknown).status_code == 404
