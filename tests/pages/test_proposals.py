"""Proposals of the Office by HTTP: stated with the decision, read into the form of who decides, declined."""

import re
from collections.abc import Iterator

import pytest

from components.ui.i18n import t
from ioc.directives.queries import find_task
from ioc.domain.directives.acts import Act
from tests.pages.conftest import WorkingBrowser
from tests.pages.directive_city import DAY, TASK, DirectiveCity
from tests.pages.test_my_work import browser_of, listed, offered, pressed
from tests.pages.test_task import state_of
from tests.web.views.conftest import Centre


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    yield DirectiveCity(centre.directives)


def propose(follower: WorkingBrowser, city: DirectiveCity, **typed: str) -> int:
    """The agency asks for an adjustment, the follower proposes what was typed; the number of the request."""
    asked = city.act("gd-a", Act.REQUEST_ADJUSTMENT, text="Thuộc phường B", agency="mp-b", due=city.today + 40 * DAY)
    key = f"propose - decide_adjustment {TASK}"
    assert key in listed(follower, "cv")
    opened = pressed(follower, key, "cv").get_json()["response"]
    shown = str(opened["my-work-fields"])
    assert "'value': 'decide_adjustment'" in shown and "'value': 'mp-b'" in shown
    values = {
        "my-work-opened-act.data": opened["my-work-opened-act"]["data"],
        "my-work-form.data-version": opened["my-work-form"]["data-version"],
        "my-work-field.value": {"proposed": "decide_adjustment", **typed},
    }
    assert follower.result("my_work.do_act", values)["my-work-act.is_open"] is False
    return asked.event.id


def decision_keys(shown: str) -> list[str]:
    """Of the buttons that grant the request."""
    return re.findall(rf"decide_adjustment [0-9]+ yes {TASK}", shown)


def test_form_of_who_decides_begins_with_what_was_proposed(centre: Centre, city: DirectiveCity) -> None:
    due = f"{city.today + 50 * DAY:%d/%m/%Y}"
    typed = {"is_granted": "yes", "agency": "mp-b", "due": due, "text": "Đúng địa bàn"}
    request = propose(browser_of(centre, "cv"), city, **typed)
    office = browser_of(centre, "vp")
    rows = listed(office, "vp")
    assert rows.count("work-words") == 1 and "Chức danh cv đã đề xuất: " in rows and "“Đúng địa bàn”" in rows
    key = decision_keys(rows)[0]
    opened = pressed(office, key, "vp").get_json()["response"]
    shown = str(opened["my-work-fields"])
    for value in ("yes", "mp-b", due, "Đúng địa bàn", str(request)):
        assert f"'value': '{value}'" in shown
    assert "Theo đề xuất của Chức danh cv" in str(opened["my-work-alert"])
    values = {
        "my-work-opened-act.data": opened["my-work-opened-act"]["data"],
        "my-work-form.data-version": opened["my-work-form"]["data-version"],
        "my-work-field.value": {"refers_to": str(request), **typed},
    }
    assert office.result("my_work.do_act", values)["my-work-act.is_open"] is False
    state = state_of(city)
    assert (state.holder, state.due, state.items) == ("mp-b", city.today + 50 * DAY, ())


def test_button_that_decides_otherwise_takes_nothing_of_the_proposal(centre: Centre, city: DirectiveCity) -> None:
    request = propose(
        browser_of(centre, "cv"), city, is_granted="no", text="Chưa đủ căn cứ", due="01/01/2199", agency="mp-b"
    )
    history = find_task(city.context, TASK, "vp", city.principal("vp")).history
    assert (history[-1].stated.due, history[-1].stated.agency) == (None, "")  # a refusal has none
    office = browser_of(centre, "vp")
    agreed = str(pressed(office, f"decide_adjustment {request} yes {TASK}", "vp").get_json()["response"])
    assert "Chưa đủ căn cứ" not in agreed and f"'value': '{city.today + 40 * DAY:%d/%m/%Y}'" in agreed  # as asked for
    refused = str(pressed(office, f"decide_adjustment {request} no {TASK}", "vp").get_json()["response"])
    assert "Chưa đủ căn cứ" in refused and f"'value': '{city.today + 40 * DAY:%d/%m/%Y}'" not in refused


def test_second_proposal_takes_the_place_of_the_first(centre: Centre, city: DirectiveCity) -> None:
    propose(browser_of(centre, "cv"), city, is_granted="no", text="Chưa đủ căn cứ")
    city.act("cv", Act.PROPOSE, proposed=Act.DECIDE_ADJUSTMENT, is_granted=True, text="Đúng địa bàn")
    office = browser_of(centre, "vp")
    rows = listed(office, "vp")
    ids = [part.split("'")[0] for part in rows.split("'type': 'my-work-do', 'key': '")[1:]]
    assert len(ids) == len(set(ids)) and "Không chấp nhận đề xuất" in rows
    opened = [str(pressed(office, key, "vp").get_json()["response"]) for key in decision_keys(rows)]
    words = [[text in form for text in ("Chưa đủ căn cứ", "Đúng địa bàn")] for form in opened]
    assert words == [[False, True]]


def test_declined_proposal_is_told_to_who_proposed_it(centre: Centre, city: DirectiveCity) -> None:
    office, follower = browser_of(centre, "vp"), browser_of(centre, "cv")
    propose(follower, city, is_granted="yes", agency="mp-b")
    assert (Act.PROPOSE, TASK) not in offered(listed(follower, "cv"))
    proposal = find_task(city.context, TASK, "vp", city.principal("vp")).history[-1].id
    opened = pressed(office, f"decline_proposal {proposal} - {TASK}", "vp").get_json()["response"]
    values = {
        "my-work-opened-act.data": opened["my-work-opened-act"]["data"],
        "my-work-form.data-version": opened["my-work-form"]["data-version"],
        "my-work-field.value": {"refers_to": str(proposal), "text": ""},
    }
    assert office.result("my_work.do_act", values)["my-work-act.is_open"] is True  # not without a reason
    values["my-work-field.value"] = {"refers_to": str(proposal), "text": "Phường B chưa nhận"}
    assert office.result("my_work.do_act", values)["my-work-act.is_open"] is False
    assert "decline_proposal" not in listed(office, "vp")
    row = listed(follower, "cv")
    assert "“Thuộc phường B”" in row  # what the agency asked for still stands there
    assert "“Phường B chưa nhận”" in row and t("tasks.declined", "vi") in row
    assert (Act.PROPOSE, TASK) in offered(row)
    changes = follower.result("my_work.list_changes", {"my-work-position.value": "cv", "my-work-visit.data": 0})
    assert "“Phường B chưa nhận”" in str(changes)


def test_button_that_decides_is_the_decision(centre: Centre, city: DirectiveCity) -> None:
    asked = city.act("gd-a", Act.REQUEST_ADJUSTMENT, text="Thuộc phường B", agency="mp-b").event.id
    office, said = browser_of(centre, "vp"), t("tasks.decided_decide_adjustment_no", "vi")
    opened = pressed(office, f"decide_adjustment {asked} no {TASK}", "vp").get_json()["response"]
    assert opened["my-work-go"]["children"] == said and said in opened["my-work-act-title"]["children"]
    fields = opened["my-work-fields"]["children"]
    shown = str([each for each in fields if not each["props"].get("hidden")])
    assert "is_granted" in str(fields) and "is_granted" not in shown and "mp-b" not in shown
    assert "'Lý do'" in shown
    values = {
        "my-work-opened-act.data": opened["my-work-opened-act"]["data"],
        "my-work-form.data-version": opened["my-work-form"]["data-version"],
        "my-work-field.value": {"refers_to": str(asked), "is_granted": "no", "text": "Chưa đủ căn cứ"},
    }
    answer = str(office.run("my_work.do_act", values).get_json())
    assert t("tasks.done", "vi", act=said) in answer
    assert state_of(city).items == ()


@pytest.mark.parametrize("key", [f"propose - no-act {TASK}"])
def test_forged_proposal_is_refused(centre: Centre, city: DirectiveCity, key: str) -> None:
    assert pressed(browser_of(centre, "cv"), key, "cv").status_code == 400
