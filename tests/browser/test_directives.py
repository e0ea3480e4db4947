"""Tasks in a real browser: acts are done with the keyboard alone, and what is typed into a dialog is not lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from ioc.directives.queries import find_task
from ioc.domain.directives.acts import Act, ReminderChannel
from ioc.domain.directives.task_state import TaskState
from ioc.domain.directives.task_status import WorkState
from tests.browser.axe import violations_by_theme
from tests.browser.keyboard import press, tab_to
from tests.browser.test_access import READY, open_signed_in
from tests.browser.whole_centre import WholeCentre
from tests.conftest import PageLog
from tests.pages.directive_city import HELD, OTHER, TASK

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = 60_000  # ms: a loaded machine


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path)
    yield running
    running.close()


# What waits is not asked for every 30 s: only what the page itself does makes the count in the rail follow.
WITHOUT_INTERVAL = "const every = setInterval; window.setInterval = (f, ms) => ms === 30000 ? 0 : every(f, ms);"


def open_as(page: Page, whole: WholeCentre, position: str, path: str) -> None:
    """Signs the holder of a position in, and opens a page."""
    _, role, _ = HELD[position]
    open_signed_in(page, whole, f"nguoi-{position}", role, path=path)


def state_of(whole: WholeCentre, task: str) -> TaskState:
    state = find_task(whole.directives, task, "ct", whole.city.principal("ct")).state
    assert state
    return state


def test_agency_receives_a_task_from_its_list_with_the_keyboard_alone(
    page: Page, whole: WholeCentre, page_log: PageLog
) -> None:
    page.add_init_script(WITHOUT_INTERVAL)
    open_as(page, whole, "gd-b", "/viec-cua-toi")
    expect(page.get_by_role("link", name="Số hóa hồ sơ")).to_be_visible(timeout=LONG)
    tab_to(page, "#my-work-list .btn-primary")
    expect(page.get_by_role("dialog")).to_have_count(0)
    press(page, "Enter")
    expect(page.locator("#my-work-act-title")).to_contain_text("Tiếp nhận", timeout=LONG)
    tab_to(page, "#my-work-go")
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    assert state_of(whole, OTHER).work_state is WorkState.ACTIVE
    with page.expect_request("**/toi", timeout=LONG):  # the count in the rail follows the list
        whole.moved()
    assert [fault for fault in page_log.faults if "Cross-Origin-Opener-Policy" not in fault] == []


def test_leader_decides_on_the_page_of_a_task_and_a_refusal_needs_its_reason(page: Page, whole: WholeCentre) -> None:
    open_as(page, whole, "ct", f"/nhiem-vu/{TASK}")
    expect(page.locator("#task-do-decide-extension")).to_be_visible(timeout=LONG)
    tab_to(page, "#task-do-decide-extension")
    press(page, "Enter")
    decision = "[id*='\"is_granted\"']:is(select)"
    expect(page.locator(decision)).to_be_visible(timeout=LONG)
    page.locator(decision).select_option("no")
    tab_to(page, "#task-go")
    press(page, "Enter")
    expect(page.locator(".field-error:not(:empty)")).to_have_count(1, timeout=LONG)
    page.locator("[id*='\"text\"']:is(textarea)").fill("Không đủ căn cứ.")
    tab_to(page, "#task-go")
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    assert not state_of(whole, TASK).items


def test_what_is_typed_into_a_dialog_is_there_again_after_a_reload(page: Page, whole: WholeCentre) -> None:
    open_as(page, whole, "gd-a", f"/nhiem-vu/{TASK}")
    text = page.locator("[id*='\"text\"']:is(textarea)")
    for typed in ("", "Đã làm 6 trên 9 nút."):
        page.locator("#task-do-report").click(timeout=LONG)
        expect(text).to_have_value(typed, timeout=LONG)
        text.fill("Đã làm 6 trên 9 nút.")
        page.reload()
        page.wait_for_selector(READY, state="attached", timeout=LONG)
    page.locator("#task-do-report").click(timeout=LONG)
    expect(text).to_have_value("Đã làm 6 trên 9 nút.", timeout=LONG)
    page.locator("#task-go").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('ioc-draft')).length") == 0


def test_a_draft_is_withdrawn_only_once_that_was_asked(page: Page, whole: WholeCentre) -> None:
    open_as(page, whole, "cv-a", f"/nhiem-vu/{TASK}")
    text, asking = page.locator("[id*='\"text\"']:is(textarea)"), page.locator("#task-withdraw-ask-go")
    page.locator("#task-do-report").click(timeout=LONG)
    text.fill("Nhầm nhiệm vụ", timeout=LONG)
    page.locator("#task-go").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    page.locator("#task-do-report").click(timeout=LONG)
    for answer in ("close", "go"):
        expect(text).to_have_value("Nhầm nhiệm vụ", timeout=LONG)
        page.locator("#task-withdraw").click(timeout=LONG)
        expect(asking).to_be_visible(timeout=LONG)
        assert violations_by_theme(page) == []
        page.locator(f"#task-withdraw-ask-{answer}").click()
        expect(asking).to_have_count(0, timeout=LONG)
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    page.locator("#task-do-report").click(timeout=LONG)
    expect(text).to_have_value("", timeout=LONG)
    expect(page.locator("#task-withdraw")).to_be_hidden()


def reopen(page: Page) -> None:
    """Loads the page again and opens the dialog of a report."""
    page.reload()
    page.wait_for_selector(READY, state="attached", timeout=LONG)
    page.locator("#task-do-report").click(timeout=LONG)
    expect(page.locator("[id*='\"text\"']:is(textarea)")).to_have_value("Đã làm 6 trên 9 nút.", timeout=LONG)


def test_who_was_told_what_others_changed_is_not_told_again_after_a_reload(page: Page, whole: WholeCentre) -> None:
    open_as(page, whole, "gd-a", f"/nhiem-vu/{TASK}")
    page.locator("#task-do-report").click(timeout=LONG)
    page.locator("[id*='\"text\"']:is(textarea)").fill("Đã làm 6 trên 9 nút.", timeout=LONG)
    whole.city.act("ct", Act.REMIND, TASK, channel=ReminderChannel.SYSTEM)
    page.locator("#task-go").click()
    expect(page.locator("#task-alert li")).to_have_count(1, timeout=LONG)
    reopen(page)
    page.locator("#task-go").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)


def test_who_goes_on_with_an_old_text_is_told_what_others_did_since_it_was_begun(
    page: Page, whole: WholeCentre
) -> None:
    open_as(page, whole, "gd-a", f"/nhiem-vu/{TASK}")
    page.locator("#task-do-report").click(timeout=LONG)
    page.locator("[id*='\"text\"']:is(textarea)").fill("Đã làm 6 trên 9 nút.", timeout=LONG)
    whole.city.act("ct", Act.REMIND, TASK, channel=ReminderChannel.SYSTEM)
    reopen(page)
    page.locator("#task-go").click()
    expect(page.locator("#task-alert li")).to_have_count(1, timeout=LONG)
    expect(page.locator("#task-alert")).to_contain_text("sau khi mẫu này được mở hoặc bắt đầu điền")
    page.locator("#task-go").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)


def test_a_press_is_not_lost_when_another_row_leaves_the_list_meanwhile(page: Page, whole: WholeCentre) -> None:
    whole.city.act("gd-b", Act.RECEIVE, OTHER)
    asked = whole.city.act("gd-b", Act.REPORT, OTHER, text="Đang làm", petition="Thêm kinh phí", petition_to="chairman")
    open_as(page, whole, "ct", "/viec-cua-toi")
    other, held = page.locator("#my-work-list").get_by_role("link", name="Số hóa hồ sơ"), list[Route]()
    expect(other).to_be_visible(timeout=LONG)

    def opens(request: Request) -> bool:
        return "my-work-fields.children" in (request.post_data or "")

    page.route(
        "**/_dash-update-component*", lambda route: held.append(route) if opens(route.request) else route.continue_()
    )
    with page.expect_request(opens):
        page.get_by_role("button", name="Đồng ý: Làm bản đồ").last.click()
    whole.city.act("ct", Act.ANSWER_PETITION, OTHER, text="Chấp thuận", refers_to=asked.event.id)
    # The list is read again, as after an act of one's own.
    page.evaluate("window.dash_clientside.set_props('my-work-form', { 'data-saved': 'other' })")
    expect(other).to_have_count(0, timeout=LONG)
    for route in held:
        route.continue_()
    expect(page.locator("#my-work-act-title")).to_be_visible(timeout=LONG)
