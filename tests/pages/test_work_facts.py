"""What the rows of a work list say, in which order they stand, and what is named beside the list."""

from dataclasses import replace

import pytest

from components.ui.format import format_date, format_moment, format_time
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.acts import Act, Cause, ReminderChannel
from ioc.domain.submissions.submission import SubmissionChannel
from ioc.submissions.service import NewSubmission
from tests.pages.directive_city import DAY, DirectiveCity
from tests.pages.directive_site import make_directive
from tests.pages.submission_site import MONTHLY
from tests.pages.test_my_work import browser_of, listed
from tests.web.views.conftest import Centre


@pytest.fixture
def city(centre: Centre) -> DirectiveCity:
    return DirectiveCity(centre.directives)


def test_words_of_a_task_without_a_day_stand_in_its_row_and_urgent_ones_come_first(
    centre: Centre, city: DirectiveCity
) -> None:
    words = ("", "thường xuyên", "Khẩn trương.")
    made = make_directive(centre, "d", ("mp-a",) * 3)
    tasks = tuple(replace(task, due_words=said) for task, said in zip(made.tasks, words, strict=True))
    enter_document(city.context, DocumentEntry(replace(made, tasks=tasks), "vp", assign=True), city.principal("vp"))
    shown = listed(browser_of(centre, "gd-a"), "gd-a")
    titles = ("Làm bản đồ", "Đào mương 3", "Đào mương 1", "Đào mương 2")
    assert sorted(titles, key=shown.index) == list(titles)
    assert "nhiệm vụ 3 · Khẩn trương. · chưa tiếp nhận" in shown and "nhiệm vụ 2 · thường xuyên · " in shown


def test_stand_in_of_the_office_finds_the_document_to_assign(centre: Centre, city: DirectiveCity) -> None:
    made = make_directive(centre, "kh-99", ("mp-a",))
    enter_document(city.context, DocumentEntry(made, "vp"), city.principal("vp"))
    city.delegate("vp", "cv", Act.ASSIGN)
    browser = browser_of(centre, "cv")
    assert "/van-ban/kh-99" not in listed(browser, "cv")
    assert "thay Chức danh vp · " in (shown := listed(browser, "cv|vp")) and "/van-ban/kh-99" in shown


def test_row_of_a_task_says_when_it_was_reported_last(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    agency = browser_of(centre, "gd-a")
    assert "báo cáo hôm nay" not in listed(agency, "gd-a")
    at = city.act("gd-a", Act.REPORT, text="Đang làm").event.at
    assert f"đã báo cáo hôm nay {format_time(at)}" in listed(agency, "gd-a")
    centre.later(days=2)
    assert f"báo cáo gần nhất {format_moment(at)}" in listed(browser_of(centre, "cv-a"), "cv-a")


def test_row_of_a_task_says_when_it_was_reminded_or_refused_and_why(centre: Centre, city: DirectiveCity) -> None:
    later = city.today + 30 * DAY
    asked = city.act("gd-a", Act.REQUEST_EXTENSION, due=later, text="Mưa", cause=Cause.OBJECTIVE).event.id
    city.act("ct", Act.DECIDE_EXTENSION, refers_to=asked, is_granted=False, text="Chưa đủ căn cứ")
    agency, day = browser_of(centre, "gd-a"), format_date(city.today)
    shown = listed(agency, "gd-a")
    assert f"đề nghị gia hạn không được chấp thuận ngày {day}" in shown and "“Chưa đủ căn cứ”" in shown
    city.act("vp", Act.REMIND, text="Đề nghị khẩn trương", channel=ReminderChannel.SYSTEM)
    shown = listed(agency, "gd-a")
    assert f"được đôn đốc ngày {day}" in shown and "“Đề nghị khẩn trương”" in shown
    assert "không được chấp thuận" not in shown
    city.act("gd-a", Act.RECEIVE)
    assert "đôn đốc" not in listed(agency, "gd-a")


def test_figures_that_wait_for_approval_are_named_beside_the_list(centre: Centre, city: DirectiveCity) -> None:
    follower, release = browser_of(centre, "cv"), "'/duyet-so-lieu'"
    empty = listed(follower, "cv")
    assert "trong danh sách này" in empty and release not in empty
    obligation = replace(MONTHLY, agency="mp-a", since=centre.clock().date() - 100 * DAY)
    centre.submissions.obligations[obligation.key] = obligation
    period = centre.submissions.open_period(obligation, centre.submissions.last_ended_period(obligation))
    sender = Principal(PrincipalKind.USER, "an", roles=frozenset({Role.REPORTER}), agency=obligation.agency)
    sent = NewSubmission(obligation, period, {"x": 1.0, "y": 2.0}, SubmissionChannel.FORM)
    centre.submissions.submit(sent, sender)
    shown = listed(follower, "cv")
    assert release in shown and "Duyệt số liệu: 1 việc" in shown
    assert release not in listed(browser_of(centre, "gd-a"), "gd-a")
