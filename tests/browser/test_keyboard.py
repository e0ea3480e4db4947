"""The main task of every working page with the keyboard alone; the focus is seen, and returns after a dialog."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from ioc.auth.sessions import start_session
from ioc.domain.access.principal import Role
from ioc.domain.base.times import utc_now
from ioc.storage.access import accounts
from ioc.storage.submissions import submissions
from tests.auth.site import BOX, PASSWORD
from tests.browser.keyboard import act, choose_files, open_row, press, tab_to, type_into
from tests.browser.test_access import BY
from tests.browser.whole_centre import CALL, FORM, PERSONAL, REMIND, WholeCentre, sign_in_with
from tests.conftest import PageLog

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# The field of the note is entered in the moment in which the button is free again; where the focus is 200 ms later.
_FOCUS_AFTER_ANSWER = """() => new Promise((resolve) => {
  const button = document.getElementById('personal-open');
  let wasHeld = false;
  new MutationObserver(() => {
    if (button.disabled) wasHeld = true;
    else if (wasHeld) {
      document.getElementById('personal-note').focus();
      setTimeout(() => resolve(document.activeElement.id), 200);
    }
  }).observe(button, { attributeFilter: ['disabled'] });
  button.click();
})"""
NEW_PASSWORD = "bốn chiếc ghe lưới về bến sáng"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path)
    yield running
    running.close()


@pytest.fixture(autouse=True)
def empty_console(page_log: PageLog) -> Iterator[None]:
    yield
    # Without TLS; and a frame that was asked for before the session was renewed.
    known = ("Cross-Origin-Opener-Policy", "401 (UNAUTHORIZED)")
    assert [fault for fault in page_log.faults if not any(part in fault for part in known)] == []
    assert [warning for warning in page_log.warnings if "AG Grid" in warning] == []


@pytest.fixture(autouse=True)
def no_motion(page: Page) -> None:
    """A dialog that still fades in moves the focus once more."""
    page.emulate_media(reduced_motion="reduce")


def field_of(form: str, key: str) -> str:
    """The field of a figure."""
    return f"""[id='{{"key":"{key}","type":"{form}-figure"}}']"""


def open_dialog(page: Page, opener: str) -> None:
    """Presses the button and waits for its dialog: a key that comes before it moves the focus on the page."""
    act(page, opener)
    expect(page.get_by_role("dialog")).to_be_visible()


def is_closed(page: Page, opener: str) -> None:
    """No dialog is open, and the focus is where it was before."""
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(opener)).to_be_focused()


def test_password_is_changed(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.VIEWER, path="/tai-khoan")
    expect(page.locator("#account-facts dl")).to_be_visible()
    open_dialog(page, "#account-change")
    press(page, "Escape")
    is_closed(page, "#account-change")
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for field, text in (("old", PASSWORD), ("new", NEW_PASSWORD), ("again", "khác")):
        type_into(page, f"#account-{field}", text)
    press(page, "Enter")
    expect(page.locator("#account-again")).to_be_focused()
    expect(page.locator("#account-again-error")).not_to_be_empty()
    type_into(page, "#account-again", NEW_PASSWORD)
    act(page, "#account-password-go")
    expect(page.locator("#toast")).to_be_visible()
    is_closed(page, "#account-change")


def test_second_factor_is_renewed_and_another_session_is_ended(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.VIEWER, path="/tai-khoan")
    expect(page.locator("#account-facts dl")).to_be_visible()
    open_dialog(page, "#account-set-up")
    type_into(page, "#account-factor-password", PASSWORD)
    press(page, "Enter")
    expect(page.locator("#account-scan-image img")).to_be_visible()
    with centre.store.read() as conn:
        account = accounts.get_by_name(conn, "viewer")
    assert account is not None and account.pending_totp_secret is not None
    secret = BOX.decrypt(account.pending_totp_secret)
    assert secret
    type_into(page, "#account-code", pyotp.TOTP(secret).now())
    press(page, "Enter")
    expect(page.locator(".codes")).to_be_visible()
    act(page, "#account-codes-close")
    is_closed(page, "#account-set-up")
    expect(page.locator(".codes")).to_have_count(0)
    (own,) = centre.auth.sessions.list_sessions("viewer", BY)
    with centre.store.write() as conn:
        start_session(conn, account, "10.0.0.7", "", utc_now(), has_mfa=True)
    centre.moved()
    expect(page.locator("#account-sessions .ag-row .btn")).to_have_count(1)
    row = page.locator("#account-sessions .ag-row:has(.btn)").get_attribute("row-id")
    open_row(page, "#account-sessions", str(row))
    expect(page.locator("#account-sessions .ag-row .btn")).to_have_count(0)
    assert [each.id for each in centre.auth.sessions.list_sessions("viewer", BY)] == [own.id]


def test_api_key_is_made_and_revoked(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.ADMINISTRATOR, path="/quan-tri/chuong-trinh")
    open_dialog(page, "#api-keys-add")
    tab_to(page, "#api-keys-create")
    press(page, "Enter")
    expect(page.locator("#api-keys-name")).to_be_focused()
    page.keyboard.type("Bảng số liệu")
    tab_to(page, "input[type=checkbox]")
    press(page, "Space")
    act(page, "#api-keys-create")
    expect(page.locator(".secret")).to_be_visible()
    act(page, "#api-keys-secret-close")
    is_closed(page, "#api-keys-add")
    centre.moved()
    expect(page.locator("#api-keys-table .ag-row .btn")).to_have_count(1)
    open_row(page, "#api-keys-table")
    expect(page.locator("#api-keys-facts dl")).to_be_visible()
    act(page, "#api-keys-revoke")
    expect(page.locator("#api-keys-ask-body")).to_contain_text("Bảng số liệu")
    press(page, "Escape")
    expect(page.locator("#api-keys-ask-body")).to_be_hidden()
    expect(page.locator("#api-keys-revoke")).to_be_focused()
    press(page, "Enter")
    expect(page.locator("#api-keys-ask-go")).to_be_visible()
    act(page, "#api-keys-ask-go")
    expect(page.locator("#toast")).to_be_visible()
    assert [key.revoked_at is None for key in centre.auth.api_keys.list_all(BY)] == [False]
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#api-keys-table .ag-cell-focus")).to_be_focused()
    type_into(page, "#api-keys-search", "khong co")  # new options of the grid, after a row was pressed
    expect(page.locator("#api-keys-table .ag-row")).to_have_count(0)


def test_audit_log_is_filtered_opened_and_exported(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.ADMINISTRATOR, path="/quan-tri/nhat-ky")
    expect(page.locator("#audit-table .ag-row .btn").first).to_be_visible()
    type_into(page, "#audit-since", "31/02/2026")
    press(page, "Enter")
    expect(page.locator("#audit-since-error")).not_to_be_empty()
    tab_to(page, "#audit-since")
    press(page, "Control+a", "Delete", "Enter")
    type_into(page, "#audit-actor", "nobody-at-all")
    press(page, "Enter")
    expect(page.locator("#audit-table .ag-row")).to_have_count(0)
    expect(page).to_have_url(re.compile("nobody-at-all"))
    type_into(page, "#audit-actor", "administrator")
    press(page, "Enter")
    expect(page.locator("#audit-table .ag-row .btn").first).to_be_visible()
    open_row(page, "#audit-table")
    expect(page.locator("#audit-facts dl")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#audit-facts")).to_be_hidden()
    tab_to(page, 'a[href*=".csv"]', "Shift+Tab")
    with page.expect_download() as sent:
        press(page, "Enter")
    assert "administrator" in Path(sent.value.path()).read_text("utf-8")


def test_figures_are_opened_from_the_list_and_sent(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.REPORTER, path="/nhap-so-lieu", agency="a")
    expect(page.locator("#submit-table .ag-row").first).to_be_visible()
    open_row(page, "#submit-table", "d 2026-10")
    page.wait_for_url(centre.address(FORM))
    expect(page.locator("#figures-period .facts-row")).to_be_visible()
    for key, text in (("x", "10"), ("y", "20,5")):
        type_into(page, field_of("figures", key), text)
    choose_files(page, "#figures-file-input")  # in reach too
    tab_to(page, "#figures-send", "Shift+Tab")
    press(page, "Enter")
    expect(page.locator("#figures-entry")).to_be_hidden()


def test_submission_is_returned_with_a_reason_and_the_next_released(page: Page, centre: WholeCentre) -> None:
    centre.submit(x=10, y=20.5)
    sign_in_with(page, centre, Role.LEADER, path="/duyet-so-lieu")
    open_pending(page)
    act(page, "#release-return")
    expect(page.locator("#release-reason")).to_be_focused()
    page.keyboard.type("Chưa đủ các phường")
    act(page, "#release-return")
    expect(page.get_by_role("dialog")).to_have_count(0)
    centre.submit(x=11, y=20.5)
    page.reload()
    open_pending(page)
    act(page, "#release-approve")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#release-table .ag-cell-focus")).to_be_focused()
    with centre.store.read() as conn:
        assert submissions.get_values(conn, [3])[3] == {"x": 11.0, "y": 20.5}


def open_pending(page: Page) -> None:
    """Opens the one submission that waits for release."""
    expect(page.locator("#release-table .ag-row .btn")).to_have_count(1)
    open_row(page, "#release-table")
    expect(page.locator("#release-figures *").first).to_be_visible()


def test_phone_report_is_put_down(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.OPERATOR, path="/bao-qua-dien-thoai")
    expect(page.locator("#phone-table .ag-row").first).to_be_visible()
    open_row(page, "#phone-table", "icu")
    page.wait_for_url(centre.address(CALL))
    type_into(page, field_of("call", "free"), "3")
    type_into(page, "#call-reason", "Bác sĩ trực, gọi lúc 9 giờ")
    act(page, "#call-send")
    expect(page.locator("#toast")).to_be_visible()


def test_reminder_is_put_down(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.OPERATOR, path=REMIND)
    expect(page.locator("#remind-entry")).to_be_visible()
    type_into(page, "#remind-text", "Đề nghị gửi trong ngày")
    open_dialog(page, "#remind-send")
    act(page, "#remind-ask-go")
    expect(page.locator("#toast")).to_be_visible()
    expect(page.locator("#remind-text")).to_have_value("")


def test_personal_detail_is_opened_for_a_purpose(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.OPERATOR, path=PERSONAL)
    expect(page.locator("#personal-ask")).to_be_visible()
    act(page, "#personal-open")
    expect(page.locator("#personal-purpose")).to_be_focused()
    press(page, "ArrowDown")
    type_into(page, "#personal-note", "gọi lại để xác minh địa điểm")
    act(page, "#personal-open")
    expect(page.locator("#personal-data dl")).to_be_visible()


def test_first_refused_field_has_the_focus_also_when_a_later_one_is_refused_after_it(
    page: Page, centre: WholeCentre
) -> None:
    sign_in_with(page, centre, Role.VIEWER, path="/tai-khoan")
    expect(page.locator("#account-facts dl")).to_be_visible()
    open_dialog(page, "#account-change")
    for field in ("old", "again"):
        page.evaluate("id => { document.getElementById(id).textContent = 'sai'; }", f"account-{field}-error")
        expect(page.locator(f"#account-{field}")).to_have_class(re.compile("is-invalid"))
        expect(page.locator("#account-old")).to_be_focused()


def test_refusal_takes_no_focus_from_a_field_that_somebody_has_gone_on_to(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.OPERATOR, path=PERSONAL)
    expect(page.locator("#personal-ask")).to_be_visible()
    act(page, "#personal-open")
    expect(page.locator("#personal-purpose")).to_be_focused()
    left = page.evaluate(_FOCUS_AFTER_ANSWER)
    assert left == "personal-note"


def test_enter_that_opened_a_dialog_does_not_send_it_and_each_refusal_gives_the_focus(
    page: Page, centre: WholeCentre
) -> None:
    sign_in_with(page, centre, Role.ADMINISTRATOR, path="/quan-tri/chuong-trinh")
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if "api-keys-create" in str(request.post_data) else None
    )
    tab_to(page, "#api-keys-add")
    page.keyboard.down("Enter")
    expect(page.locator("#api-keys-name")).to_be_focused()
    page.keyboard.up("Enter")
    for count in (1, 2):  # the second time in the same words
        act(page, "#api-keys-create")
        expect(page.locator("#api-keys-create")).to_be_enabled()
        expect(page.locator("#api-keys-name-error")).not_to_be_empty()
        expect(page.locator("#api-keys-name")).to_be_focused()
        assert len(sent) == count
    type_into(page, "#api-keys-name", "Phần mềm thử")
    act(page, "#api-keys-create")  # the name is good now, the permissions are refused as before
    expect(page.locator("#api-keys-name-error")).to_be_empty()
    expect(page.locator("#api-keys-scopes input").first).to_be_focused()


_ANSWERED = """async ([freed, text]) => {
    const ids = ['account-old-error', 'account-password-go', freed];
    const [note, pressed, button] = ids.map((id) => document.getElementById(id));
    const wait = (ms) => new Promise((done) => setTimeout(done, ms));
    note.textContent = 'sai';
    pressed.addEventListener('click', (event) => event.stopPropagation(), { once: true });
    pressed.click();
    button.disabled = true;
    await wait(50);
    document.activeElement.blur();
    button.disabled = false;
    await wait(0);
    if (text !== null) note.textContent = text;
    await wait(400);
    return document.activeElement.id;
}"""


@pytest.mark.parametrize(
    ("freed", "text", "focused"),
    [
        ("account-password-go", None, "account-old"),  # refused as before
        ("account-password-go", "", ""),  # done
        ("account-password-close", None, ""),  # not the button that was pressed
    ],
)
def test_freed_button_gives_the_focus_to_what_its_answer_refuses(
    page: Page, centre: WholeCentre, freed: str, text: str | None, focused: str
) -> None:
    sign_in_with(page, centre, Role.VIEWER, path="/tai-khoan")
    expect(page.locator("#account-facts dl")).to_be_visible()
    open_dialog(page, "#account-change")
    assert page.evaluate(_ANSWERED, [freed, text]) == focused
