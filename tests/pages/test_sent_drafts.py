"""A leader sends a form whose draft was replaced or taken back; an officer takes back what cannot be sent now."""

from collections.abc import Iterator

import pytest

from ioc.domain.directives.acts import Act
from tests.pages.conftest import WorkingBrowser
from tests.pages.directive_city import DAY, TASK, DirectiveCity
from tests.pages.test_draft_evidence import filled, handed_over
from tests.pages.test_evidence import files_of
from tests.pages.test_task import browser_of, done, form, opened, page_of
from tests.web.views.conftest import Centre

SHOWN: dict[str, object] = {"task-shown.data": TASK, "task-position.value": "cv-a"}


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    made = DirectiveCity(centre.directives)
    made.act("gd-a", Act.RECEIVE)
    yield made


def extension(browser: WorkingBrowser, city: DirectiveCity, who: str, text: str) -> dict[str, object]:
    """The form of an extension as it opens, filled in."""
    shown, due = opened(browser, Act.REQUEST_EXTENSION, who), f"{city.today + 90 * DAY:%d/%m/%Y}"
    values = form(Act.REQUEST_EXTENSION, who, text=text, due=due, cause="objective")
    return values | {key: shown[key] for key in ("task-opened-act.data", "task-form.data-version")}


def test_leader_is_told_that_the_draft_was_replaced_and_no_other_stays_behind(
    centre: Centre, city: DirectiveCity
) -> None:
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    done(officer, extension(officer, city, "cv-a", "Mưa"))
    sending = extension(leader, city, "gd-a", "Mưa lớn")
    done(officer, extension(officer, city, "cv-a", "Mưa và lũ"))
    told = done(leader, sending)
    assert told["task-act.is_open"] and "Mưa và lũ" in str(told["task-alert.children"])
    assert not any(key.startswith("task-field.") for key in told)  # what was typed stays
    sending["task-form.data-version"] = told["task-form.data-version"]
    assert done(leader, sending)["task-form.data-saved"]
    for who, browser in (("cv-a", officer), ("gd-a", leader)):
        assert "Dự thảo trong cơ quan" not in str(page_of(browser, who))


@pytest.mark.parametrize("names", [(), ("Biên bản",)])
def test_leader_is_told_that_the_draft_was_taken_back_and_sends_the_text(
    centre: Centre, city: DirectiveCity, names: tuple[str, ...]
) -> None:
    officer, leader = handed_over(centre, *names), browser_of(centre, "gd-a")
    sending = filled(leader, "gd-a")
    officer.result("task.do_act", filled(officer, "cv-a"), "task-withdraw-ask-go.n_clicks")
    told = done(leader, sending)
    assert told["task-act.is_open"] and "Dự thảo này đã được gửi, đã rút" in str(told["task-alert.children"])
    assert ("Tệp của dự thảo không còn" in str(told["task-alert.children"])) is bool(names)
    assert told["task-kept.value"] == [] and not any(key.startswith("task-field.") for key in told)
    sending |= {key: told[key] for key in ("task-form.data-version", "task-kept.value")}
    assert done(leader, sending)["task-form.data-saved"] and files_of(city) == []


def test_officer_takes_back_what_the_leader_cannot_send_now(centre: Centre, city: DirectiveCity) -> None:
    officer = handed_over(centre)
    city.act("gd-a", Act.SUBMIT_COMPLETION, text="Xong")
    buttons = str(officer.result("task.offer_dismissal", SHOWN)["task-ended.children"])
    key = buttons.split("'key': '")[1].split("'")[0]
    answer = officer.result("task.dismiss", SHOWN | {"task-dismissed.data": {"key": key, "at": 1}})
    assert answer["task-ended.children"] == []
    assert "Dự thảo trong cơ quan" not in str(page_of(officer, "cv-a"))
