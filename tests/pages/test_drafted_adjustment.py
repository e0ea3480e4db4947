"""An officer drafts a request for an adjustment in the row of a task that is not received; the leader sends it."""

from collections.abc import Iterator

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import save_draft
from ioc.domain.directives.acts import Act, ActFields
from tests.pages.directive_city import TASK, DirectiveCity
from tests.pages.test_my_work import browser_of, listed, offered, pressed
from tests.web.views.conftest import Centre


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    yield DirectiveCity(centre.directives)


def test_row_of_an_officer_opens_the_draft_of_an_adjustment(centre: Centre, city: DirectiveCity) -> None:
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    assert offered(listed(officer, "cv-a")) == {(Act.RECEIVE, TASK), (Act.REQUEST_ADJUSTMENT, TASK)}
    form = pressed(officer, f"request_adjustment - - {TASK}", "cv-a").get_json()["response"]
    assert form["my-work-opened-act"]["data"]["is_draft"] is True
    command = ActCommand(TASK, Act.REQUEST_ADJUSTMENT, ActFields(text="Thuộc ngành khác", agency="mp-b"), "cv-a")
    save_draft(city.context, command, city.principal("cv-a"))
    row = listed(officer, "cv-a")
    assert "dự thảo Đề nghị điều chỉnh" in row and "Thuộc ngành khác" in listed(leader, "gd-a")
    asked = pressed(officer, f"receive - - {TASK}", "cv-a").get_json()["response"]
    assert "không gửi được nữa" in str(asked), "what a receipt ends is said before it"
    city.act("cv-a", Act.RECEIVE)
    for browser, position in ((officer, "cv-a"), (leader, "gd-a")):
        assert "không còn gửi được" in listed(browser, position)
