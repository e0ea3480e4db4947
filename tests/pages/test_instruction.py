"""Instructions (ý kiến chỉ đạo): given from a figure or task, issued by the Office; callbacks by HTTP."""

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from components.directives.instruction import attached_figure
from components.events.attention_list import attached_item, attention_list, item_page
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.document_queries import document_links
from ioc.directives.queries import draft_instructions, find_document, find_task
from ioc.domain.access.principal import Role
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields
from ioc.domain.directives.directive import Document, InstructionOrigin
from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.directives.task_status import DeadlineState, TaskStatus, WorkState
from ioc.domain.snapshot import AttentionKind
from tests.city import full_city
from tests.pages.conftest import working
from tests.pages.directive_site import (
    OFFICIALS,
    enter,
    fill_positions,
    is_form_hidden,
    make_directive,
    official,
    page_layout,
    principal_of,
)
from tests.web.views.conftest import Centre

PATH = "/y-kien-chi-dao"
FIGURE = "/chi-so/water-level"


@pytest.fixture
def staffed(centre: Centre) -> Centre:
    fill_positions(centre)
    centre.reads.city = replace(full_city(), at=centre.clock())
    return centre


def form(staffed: Centre, page: str = FIGURE, **fields: str) -> dict[str, object]:
    """What the form holds."""
    values = {"position": "ct|ct", "text": "Kiểm tra cống", "agency": "mp-a", "wished": ""} | fields
    attached = {"page": page, "at": staffed.clock().isoformat()}
    return {
        **{f"instruction-{name}.value": value for name, value in values.items()},
        "instruction-attached.data": attached,
    }


def drafts(staffed: Centre) -> tuple[Document, ...]:
    return draft_instructions(staffed.directives, principal_of("vp"))


def test_instruction_carries_page_moment_and_value_and_becomes_a_numbered_document(staffed: Centre) -> None:
    leader, office = official(staffed, "ct"), official(staffed, "vp")
    page = page_layout(leader, f"{PATH}?tu={FIGURE}&gia-tri=9,99")
    assert "1,86 m" in page and "9,99" not in page
    day = f"{staffed.directives.today():%d/%m/%Y}"
    answer = leader.result("instruction.give", form(staffed, wished=day))
    (draft,) = drafts(staffed)
    assert answer["instruction-form.data-saved"] == draft.key and answer["instruction-text.value"] == ""
    assert f"/van-ban/{draft.key}" in str(answer["instruction-sent.children"])
    values = {"my-work-position.value": "vp"}
    figure = staffed.reads.city.figures["water-level"].kpi.name.vi
    assert figure in str(office.result("my_work.list_work", values)["my-work-list.children"])
    origin = draft.origin
    assert origin is not None and (origin.page, origin.subject, origin.given_by) == (FIGURE, "water-level", "ct")
    assert origin.value.startswith("1,86 m") and origin.at == staffed.clock() and draft.tasks[0].lead == "mp-a"
    opened = {"stored-document-opened.data": draft.key}
    shown = office.result("stored_document.show", opened)
    assert shown["stored-document-issue.style"] is None and "1,86 m" in shown["stored-document-origin.markup"]
    assert f"{figure}: 1,86 m" in shown["stored-document-origin.markup"]
    assert f"Mở “{figure}” lúc " in shown["stored-document-origin.markup"]
    then = urlencode({"luc": staffed.clock().isoformat()})
    assert f'href="{FIGURE}?{then}"' in shown["stored-document-origin.markup"] and f"{FIGURE}?{then}" in page
    assert leader.result("stored_document.show", opened)["stored-document-issue.style"]
    typed = {"stored-document-number.value": "12/UBND-VP", "stored-document-issued.value": day}
    assert leader.run("stored_document.issue", opened | typed).status_code in (403, 409, 422)
    assert office.result("stored_document.issue", opened | typed)["stored-document-issuing.is_open"] is False
    view = find_document(staffed.directives, draft.key, principal_of("ct"))
    assert view.document.number == "12/UBND-VP" and len(view.tasks) == 1 and not drafts(staffed)
    again = office.result("stored_document.issue", opened | typed)
    assert "12/UBND-VP (Chức danh vp)" in str(again["stored-document-issuing-about.children"])


@pytest.mark.parametrize("kind", [AttentionKind.KPI, AttentionKind.SOURCE])
def test_instruction_from_an_attention_item_carries_what_the_list_said(staffed: Centre, kind: AttentionKind) -> None:
    city = staffed.reads.city
    item = next(one for one in city.attention if one.kind is kind)
    said = attached_item(item_page(item), city, "vi")
    assert said is not None
    leader = official(staffed, "ct")
    assert said.name in unescape(page_layout(leader, f"{PATH}?{urlencode({'tu': item_page(item)})}"))
    leader.result("instruction.give", form(staffed, page=item_page(item)))
    (draft,) = drafts(staffed)
    assert draft.origin is not None
    assert (draft.origin.page, draft.origin.subject, draft.origin.value) == (item.link, item.key, said.value)
    assert draft.origin.name == said.name


def test_instruction_link_stands_beside_each_item_of_the_attention_list(staffed: Centre) -> None:
    city = staffed.reads.city
    links = re.findall(r'give-instruction[^>]*href="([^"]+)"', str(attention_list(city, "vi")))
    pages = [parse_qs(urlsplit(unescape(link)).query)["tu"][0] for link in links]
    assert pages == [item_page(item) for item in sorted(city.attention, key=lambda item: item.is_drill)]
    assert len({*pages}) == len(pages)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"text": " "}, "text"),
        ({"agency": "-"}, "agency"),
        ({"wished": "mai"}, "wished"),
        ({"wished": "27/11/2025"}, "wished"),
        ({"agency": "no-such"}, "agency"),
    ],
)
def test_refused_field_says_why_and_keeps_what_was_typed(staffed: Centre, changed: dict[str, str], field: str) -> None:
    answer = official(staffed, "ct").result("instruction.give", form(staffed, **changed))
    assert answer[f"instruction-{field}-error.children"] and not drafts(staffed)
    assert "instruction-text.value" not in answer


@pytest.mark.parametrize("typed", [{"number": " ", "issued": "01/01/2026"}, {"number": "1/UB", "issued": "x"}])
def test_issue_without_number_or_day_says_so(staffed: Centre, typed: dict[str, str]) -> None:
    official(staffed, "ct").result("instruction.give", form(staffed))
    (draft,) = drafts(staffed)
    values = {f"stored-document-{name}.value": value for name, value in typed.items()}
    office = official(staffed, "vp")
    answer = office.result("stored_document.issue", values | {"stored-document-opened.data": draft.key})
    assert answer["stored-document-issuing.is_open"] is True and len(drafts(staffed)) == 1


def test_number_of_another_document_is_said_at_its_field(staffed: Centre) -> None:
    enter(staffed, replace(make_directive(staffed), number="12/UBND-VP"))
    official(staffed, "ct").result("instruction.give", form(staffed))
    (draft,) = drafts(staffed)
    issued = f"{staffed.directives.today():%d/%m/%Y}"
    values = {"stored-document-number.value": "12/UBND-VP", "stored-document-issued.value": issued}
    values["stored-document-opened.data"] = draft.key
    answer = official(staffed, "vp").result("stored_document.issue", values)
    assert "12/UBND-VP" in answer["stored-document-number-error.children"]
    assert answer["stored-document-issuing.is_open"] is True and len(drafts(staffed)) == 1


def test_instruction_from_a_task_and_from_nothing(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed))
    leader = official(staffed, "ct")
    assert "Đào mương 1" in page_layout(leader, f"{PATH}?tu=/nhiem-vu/d/nv-1")
    leader.result("instruction.give", form(staffed, "/nhiem-vu/d/nv-1"))
    leader.result("instruction.give", form(staffed, "//evil.example/x"))
    origins = [draft.origin for draft in drafts(staffed)]
    assert [(each.page, each.subject, each.name) for each in origins if each] == [
        ("/nhiem-vu/d/nv-1", "d/nv-1", "Đào mương 1"), ("", "", ""),
    ]  # fmt: skip


def proposed_agency(layout: str) -> str:
    """The value of the field of the agency."""
    found: list[str] = []

    def note(component: dict[str, Any]) -> dict[str, Any]:
        if component.get("id") == "instruction-agency":
            found.append(component["value"])
        return component

    json.loads(layout, object_hook=note)
    (value,) = found
    return value


def test_agency_that_answers_for_what_is_looked_at_is_proposed(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed))
    leader, city = official(staffed, "ct"), staffed.reads.city
    items = [item for item in city.attention if item.kind in (AttentionKind.KPI, AttentionKind.SOURCE)]
    figures = [attached_figure(FIGURE, city, "vi"), *(attached_item(item_page(item), city, "vi") for item in items)]
    owners = [
        city.figures["water-level"].kpi.owner,
        *(
            city.figures[item.key].kpi.owner
            if item.kind is AttentionKind.KPI
            else city.sources_by_key[item.key].source.owner
            for item in items
        ),
    ]
    assert [figure and figure.agency for figure in figures] == owners
    proposed = {
        page: proposed_agency(page_layout(leader, f"{PATH}?tu={page}"))
        for page in ("/nhiem-vu/d/nv-2", "/nhiem-vu/d/no-such", "")
    }
    assert proposed == {"/nhiem-vu/d/nv-2": "mp-b", "/nhiem-vu/d/no-such": "-", "": "-"}
    assert "luc=" not in page_layout(leader, f"{PATH}?tu=/nhiem-vu/d/nv-2")


def test_value_of_a_task_is_that_of_the_moment_when_the_form_was_opened(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed))
    leader, page = official(staffed, "ct"), "/nhiem-vu/d/nv-1"
    shown, opened = page_layout(leader, f"{PATH}?tu={page}"), form(staffed, page)
    staffed.later(minutes=1)
    for act in (Act.RECEIVE, Act.SUBMIT_COMPLETION):
        command = ActCommand("d/nv-1", act, ActFields(text="Xong"), "gd-a")
        perform_act(staffed.directives, command, principal_of("gd-a"))
    staffed.later(minutes=1)
    for values in (opened, form(staffed, page)):
        leader.result("instruction.give", values)
    first, second = (draft.origin.value for draft in drafts(staffed) if draft.origin)
    assert first in shown and second not in shown and second in page_layout(leader, f"{PATH}?tu={page}")


def test_form_of_the_day_before_is_to_be_loaded_again(staffed: Centre) -> None:
    enter(staffed, make_directive(staffed))
    opened = form(staffed, "/nhiem-vu/d/nv-1")
    staffed.later(days=1, seconds=1)
    answer = official(staffed, "ct").run("instruction.give", opened)
    assert answer.status_code in (409, 422) and ActCode.FORM_EXPIRED in answer.text and not drafts(staffed)


def test_instruction_that_is_sent_twice_is_one(staffed: Centre) -> None:
    leader = official(staffed, "ct")
    values = form(staffed) | {"instruction-form-key.data": "k" * 300}
    answers = [leader.result("instruction.give", values) for _ in range(2)]
    assert {answer["instruction-form.data-saved"] for answer in answers} == {drafts(staffed)[0].key}
    assert len(drafts(staffed)) == 1 and all(answer["instruction-form-key.data"] for answer in answers)
    leader.result("instruction.give", values | {"instruction-form-key.data": "another"})
    assert len(drafts(staffed)) == 2


def test_draft_is_seen_by_the_office_and_who_gave_it_alone(staffed: Centre) -> None:
    browsers = {name: official(staffed, name) for name in OFFICIALS}
    browsers["ct"].result("instruction.give", form(staffed, text="Bản nháp"))
    (draft,) = drafts(staffed)
    opened = {"stored-document-opened.data": draft.key}
    seen = [name for name in OFFICIALS if "Bản nháp" in str(browsers[name].result("stored_document.show", opened))]
    assert seen == ["ct", "vp", "cv", "vt"]
    child = make_directive(staffed, "child", parents=(draft.key,))
    enter(staffed, child)
    for name, count in (("gd-a", 0), ("pct", 0), ("ct", 1)):
        assert len(document_links(staffed.directives, child, principal_of(name)).parents) == count
        task = f"{draft.key}/nv-1"
        if not count:
            with pytest.raises(ActError) as error:
                find_task(staffed.directives, task, name, principal_of(name))
            assert error.value.failure.code == ActCode.UNKNOWN_TASK


@pytest.mark.parametrize("attached", [{"page": FIGURE, "at": "2100-01-01T00:00Z"}, {"page": FIGURE, "at": "x"}])
def test_moment_that_was_not_is_refused(staffed: Centre, attached: dict[str, str]) -> None:
    values = form(staffed) | {"instruction-attached.data": attached}
    assert official(staffed, "ct").run("instruction.give", values).status_code == 400 and not drafts(staffed)


def test_only_leaders_give_instructions(staffed: Centre) -> None:
    office = official(staffed, "vp")
    page = page_layout(office, f"{PATH}?tu={FIGURE}")
    assert "Chủ tịch" in page and is_form_hidden(page, "instruction-form")
    assert office.run("instruction.give", form(staffed)).status_code == 400
    assert official(staffed, "pct").run("instruction.give", form(staffed)).status_code == 400 and not drafts(staffed)
    viewer = working(staffed.signed_in("xem", Role.VIEWER))
    assert viewer.get(PATH).status_code == 403 and viewer.run("instruction.give").status_code == 403


@pytest.mark.parametrize("page", ["/chi-so/water-level", "/don-vi/31135"])
def test_pages_of_figures_lead_leaders_to_the_form(staffed: Centre, page: str) -> None:
    text = working(staffed.signed_in("xem", Role.VIEWER)).get(page).text
    assert "needs-flag" in text and f"tu={page.replace('/', '%2F')}" in text


def issued_on(page: str, subject: str, number: str = "12/UBND-VP") -> IssuedInstruction:
    city = full_city()
    origin = InstructionOrigin(page, city.at, subject, "1,86 m", "mp-a", None, "Kiểm tra <cống>", "ct", city.at)
    status = TaskStatus(WorkState.ACTIVE, DeadlineState.NO_DEADLINE, None, None, 0, city.at.date(), None, None)
    return IssuedInstruction("yk-1", "yk-1/nv-1", number, origin, "mp-a", status, is_simulated=False)


def live(staffed: Centre, page: str) -> str:
    browser = official(staffed, "ct")
    return browser.client.get(f"/live/{page}", base_url=browser.base).text


@pytest.mark.parametrize(("name", "key", "path"), [("kpi", "water-level", "/chi-so/"), ("unit", "", "/don-vi/")])
def test_page_shows_the_issued_instructions_that_were_given_on_it(
    staffed: Centre, name: str, key: str, path: str
) -> None:
    key = key or next(iter(staffed.reads.city.units))
    staffed.reads.issued = (issued_on(path + key, key), issued_on("/chi-so/other", "other", "13/UBND-VP"))
    page = live(staffed, f"{name}?key={key}")
    assert "12/UBND-VP" in page and "Kiểm tra &lt;cống&gt;" in page and "13/UBND-VP" not in page
    assert "/nhiem-vu/yk-1/nv-1" in page


def test_attention_item_shows_the_instructions_about_it(staffed: Centre) -> None:
    item = staffed.reads.city.attention[0]
    staffed.reads.issued = (issued_on(item.link, item.key), issued_on(item.link, "other", "13/UBND-VP"))
    page = live(staffed, "attention")
    assert page.count("12/UBND-VP") == 1 and "13/UBND-VP" not in page
