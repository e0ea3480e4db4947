"""The dates that acts ask for: where they are asked, refused and shown."""

from collections.abc import Iterator

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import return_draft, save_draft
from ioc.domain.directives.acts import Act, ActFields, Cause
from tests.pages.directive_city import DAY, TASK, DirectiveCity
from tests.pages.test_my_work import listed
from tests.pages.test_sent_drafts import extension
from tests.pages.test_task import browser_of, done, form, opened
from tests.web.views.conftest import Centre


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    made = DirectiveCity(centre.directives)
    made.act("gd-a", Act.RECEIVE)
    yield made


@pytest.mark.parametrize("days", [3, 12])
def test_a_supplementary_due_date_is_asked_for_where_it_is_accepted(
    centre: Centre, city: DirectiveCity, days: int
) -> None:
    city.act("gd-a", Act.SUBMIT_COMPLETION, text="Xong")
    centre.clock.now += days * DAY  # the task is due in 10 days
    leader = browser_of(centre, "vp")
    fields = str(opened(leader, Act.RETURN_COMPLETION, "vp")["task-fields.children"])
    assert ("Hạn bổ sung" in fields) is (days > 10) and "Hạn bổ sung (" not in fields
    sent = form(Act.RETURN_COMPLETION, "vp", text="Thiếu", return_kind="other")
    answer = done(leader, sent)  # of a form without the field
    assert ("task-form.data-saved" in answer) is (days < 10)
    assert ("Cần điền: Thời hạn" in str(answer["task-alert.children"])) is (days > 10)


@pytest.mark.parametrize("number", ["", "12/BC"])
def test_the_day_of_the_product_is_asked_for_where_the_report_has_its_number(
    centre: Centre, city: DirectiveCity, number: str
) -> None:
    signed_on = city.today if number else None
    city.act("gd-a", Act.SUBMIT_COMPLETION, text="Xong", document_number=number, document_date=signed_on)
    fields = str(opened(browser_of(centre, "vp"), Act.CONFIRM_COMPLETION, "vp")["task-fields.children"])
    assert ("completed_on" in fields) is bool(number)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("31/11/2026", "Lịch không có ngày “31/11/2026”"),
        ("20/12/26", "ghi năm đủ 4 chữ số"),
        ("mai", "ví dụ 24/11/2026"),
    ],
)
def test_a_date_that_is_none_is_refused_in_words_that_fit(
    centre: Centre, city: DirectiveCity, text: str, words: str
) -> None:
    leader = browser_of(centre, "gd-a")
    answer = done(leader, extension(leader, city, "gd-a", "Mưa") | {"task-field.value": {"due": text}})
    assert words in str(answer["errors"])


def test_the_row_of_a_draft_has_the_date_and_that_of_the_task_says_what_was_asked(
    centre: Centre, city: DirectiveCity
) -> None:
    officer, leader = browser_of(centre, "cv-a"), browser_of(centre, "gd-a")
    due = city.today + 90 * DAY
    stated = ActFields(text="Mưa", due=due, cause=Cause.OBJECTIVE)
    command = ActCommand(TASK, Act.REQUEST_EXTENSION, stated, "cv-a")
    draft = save_draft(city.context, command, city.principal("cv-a"))
    assert f"Dự thảo: Đề nghị gia hạn đến {due:%d/%m/%Y}: " in listed(leader, "gd-a")
    returning = ActCommand(TASK, Act.REQUEST_EXTENSION, ActFields(text="Sửa"), "gd-a", draft_at=draft.at)
    return_draft(city.context, returning, city.principal("gd-a"))
    assert f"dự thảo Đề nghị gia hạn đến {due:%d/%m/%Y} được trả lại" in listed(officer, "cv-a")
    assert "đã đề nghị gia hạn" not in listed(leader, "gd-a")
    done(leader, extension(leader, city, "gd-a", "Mưa lớn"))
    for who, browser in (("cv-a", officer), ("gd-a", leader)):
        shown = listed(browser, who)
        assert "đã đề nghị gia hạn" in shown and "dự thảo" not in shown
