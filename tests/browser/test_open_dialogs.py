"""No violation of WCAG 2.2 AA in what acts of the administration and of the own account open, in both themes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ioc.auth.displays import DisplaySettings
from ioc.domain.access.principal import Role
from tests.auth.site import PASSWORD
from tests.browser.axe import violations_by_theme
from tests.browser.test_access import BY, READY, Centre, open_signed_in
from tests.conftest import new_context

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIRST_ROW = "[row-index='0'] .btn"
# Path, and steps: what is filled in, what is pressed, and what is shown then; after a dialog has closed, which gives
# the focus back, without it.
STEPS: dict[str, tuple[tuple[dict[str, str], str, str], ...]] = {
    "/quan-tri/tai-khoan": (
        ({}, f"#users-table {FIRST_ROW}", "#users-facts dl"),
        ({}, "#users-save", "#toast"),
        ({}, f"#users-table {FIRST_ROW}", "#users-facts dl"),
        ({}, "#users-disable", "#users-ask-go"),
        ({}, "#users-ask-close", "body:not(:has(#users-ask-close)) #users-facts dl"),
        ({}, "#users-reset", "#users-ask-reset-go"),
        ({}, "#users-ask-reset-go", "#users-secret .secret"),
    ),
    "/quan-tri/man-hinh": (
        ({}, "#displays-add", "#displays-waiting table"),
        ({}, "#displays-enrol", "#displays-name-error:not(:empty)"),
        ({"#displays-name": "Phòng họp"}, "#displays-enrol", "#displays-code-error:not(:empty)"),
        ({}, "#displays-new-close", "body:not(:has(.modal)) #displays-add"),
        ({}, f"#displays-table {FIRST_ROW}", "#displays-facts dl"),
        ({"#displays-edit-networks": "xa"}, "#displays-save", "#displays-edit-networks-error:not(:empty)"),
        ({}, "#displays-revoke", "#displays-ask-go"),
    ),
    "/quan-tri/chuong-trinh": (
        ({}, "#api-keys-add", "#api-keys-new"),
        ({}, "#api-keys-create", "#api-keys-name-error:not(:empty)"),
        ({"#api-keys-name": "Báo cáo"}, "#api-keys-create", "#api-keys-scopes-error:not(:empty)"),
        ({}, "#api-keys-scopes input", "#api-keys-scopes input:checked"),
        ({}, "#api-keys-create", "#api-keys-secret .secret"),
        ({}, "#api-keys-secret-close", f"body:not(:has(.modal)) #api-keys-table {FIRST_ROW}"),
        ({}, f"#api-keys-table {FIRST_ROW}", "#api-keys-facts dl"),
        ({}, "#api-keys-revoke", "#api-keys-ask-go"),
    ),
    "/tai-khoan": (
        ({}, "#account-set-up", "#account-factor-password"),
        ({"#account-factor-password": PASSWORD}, "#account-factor-go", "#account-scan-image img"),
        ({}, "#account-scan-go", "#account-code-error:not(:empty)"),
        ({}, "#account-scan-close", "body:not(:has(.modal)) #account-renew-codes"),
        ({}, "#account-renew-codes", "#account-renew-password"),
        ({"#account-renew-password": PASSWORD}, "#account-renew-go", "#account-codes-body .codes"),
    ),
}  # fmt: skip


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """With an account, a display and a screen that waits."""
    running = Centre(tmp_path, pages="pages")
    running.add_user("an", Role.VIEWER)
    displays = running.auth.displays
    shown = displays.request_code("127.0.0.1")
    displays.enrol(shown.code, DisplaySettings("Tường", "/tuong", ""), BY)
    displays.request_code("127.0.0.1")
    yield running
    running.close()


@pytest.fixture
def admin(browser: Browser, centre: Centre) -> Iterator[Page]:
    """A page of an administrator in which nothing fades: a dialog that still fades in has no contrast."""
    context = new_context(browser, reduced_motion="reduce", viewport={"width": 1180, "height": 820}, bypass_csp=True)
    page = context.new_page()
    open_signed_in(page, centre, "truong", Role.ADMINISTRATOR, path="/tai-khoan")
    yield page
    context.close()


@pytest.mark.parametrize("path", list(STEPS))
def test_what_an_act_opens_has_no_violation(admin: Page, centre: Centre, path: str) -> None:
    admin.goto(centre.address(path))
    admin.wait_for_selector(READY, state="attached")
    for typed, pressed, appears in STEPS[path]:
        for field, text in typed.items():
            admin.fill(field, text)
        centre.moved()
        admin.locator(pressed).first.press("Space" if "input" in pressed else "Enter")
        expect(admin.locator(appears).first).to_be_visible()
        assert violations_by_theme(admin) == [], (pressed, appears)


@pytest.mark.parametrize(
    ("path", "opening", "fields"),
    [
        ("/quan-tri/tai-khoan", "#users-add", ("#users-name", "#users-shown")),
        ("/quan-tri/man-hinh", "#displays-add", ("#displays-code", "#displays-name", "#displays-networks")),
        ("/quan-tri/chuong-trinh", "#api-keys-add", ("#api-keys-name", "#api-keys-networks")),
    ],
)
def test_enter_in_a_field_of_a_dialog_sends_it(
    admin: Page, centre: Centre, path: str, opening: str, fields: tuple[str, ...]
) -> None:
    for field in fields:
        admin.goto(centre.address(path))
        admin.wait_for_selector(READY, state="attached")
        admin.click(opening)
        admin.locator(field).press("Enter")
        expect(admin.locator(".modal .field-error:not(:empty)").first).to_be_visible()


@pytest.mark.parametrize(
    ("path", "opening", "first"),
    [
        ("/quan-tri/tai-khoan", "#users-add", "#users-name"),
        ("/quan-tri/man-hinh", "#displays-add", "#displays-code"),
        ("/tai-khoan", "#account-change", "#account-old"),
    ],
)
def test_opened_dialog_gives_the_focus_to_its_first_field(
    admin: Page, centre: Centre, path: str, opening: str, first: str
) -> None:
    admin.goto(centre.address(path))
    admin.wait_for_selector(READY, state="attached")
    admin.locator(opening).press("Enter")
    expect(admin.locator(first)).to_be_focused()
    admin.locator(".modal-title").click()  # a press on no field leaves the focus to the dialog
    expect(admin.locator(".modal")).to_be_focused()


def test_toast_of_the_last_act_covers_no_button_of_what_opens_next(admin: Page, centre: Centre) -> None:
    admin.set_viewport_size({"width": 1366, "height": 768})
    admin.goto(centre.address("/quan-tri/tai-khoan"))
    admin.locator(f"#users-table {FIRST_ROW}").click(timeout=60_000)
    admin.locator("#users-save").click(timeout=60_000)
    toast = admin.locator("#toast")
    for opener, button in (
        ("#users-add", "#users-create"),
        ("#users-new-close", ""),
        (FIRST_ROW, "#users-end-sessions"),
    ):
        admin.locator(opener).first.click(timeout=60_000)
        if button:
            admin.locator(button).scroll_into_view_if_needed(timeout=60_000)
            box, act = toast.bounding_box(), admin.locator(button).bounding_box()
            assert box and act
            is_beside = box["x"] + box["width"] <= act["x"] or act["x"] + act["width"] <= box["x"]
            assert is_beside or box["y"] + box["height"] <= act["y"] or act["y"] + act["height"] <= box["y"], button
