"""Working pages in a real browser: worked with the keyboard alone, readable by everybody, at every size."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, ViewportSize, expect

from ioc.domain.access.principal import Role
from tests.browser.axe import violations_by_theme
from tests.browser.keyboard import press, tab_to
from tests.browser.rest import lasting, wait_until_still
from tests.browser.test_access import BY, READY, Centre, open_signed_in
from tests.browser.test_layout import FAULTS
from tests.browser.test_overlaps import CUT_MARKS, OVERLAPS
from tests.browser.whole_centre import BRIEFING, CALL, PERSONAL, REMIND, WholeCentre, sign_in_with
from tests.conftest import PageLog, new_context
from tests.pages.directive_city import TASK

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDE_SIZES, UPRIGHT_SIZES = ((1920, 1080), (1180, 820)), ((820, 1180), (390, 844))
USERS, OVERDUE = "/quan-tri/tai-khoan", "/nhap-so-lieu/d?ky=2026-09"
# What a dialog or side panel lies over: the page, unless none is open.
BEHIND = "body:has(.modal.show, .offcanvas.show) #react-entry-point"
# Texts that do not fit into their buttons, labels, tabs and heads.
CUT = """() => {
  const labels = '.btn, .form-label, legend, .nav-link, .modal-title, .offcanvas-title, .ag-header-cell-text, .rail-item span';
  const isCut = (one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1;
  const isShown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.matches('.visually-hidden');
  return [...document.querySelectorAll(labels)].filter((one) => isShown(one) && isCut(one))
    .map((one) => `cut: ${one.className} ${one.textContent.trim().slice(0, 40)}`);
}"""  # noqa: E501


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path, pages="pages")
    yield running
    running.close()


@pytest.fixture
def admin(page: Page, centre: Centre) -> Page:
    """The page of accounts, open for an administrator."""
    open_signed_in(page, centre, "truong", Role.ADMINISTRATOR, Role.OPERATOR, path=USERS)
    expect(page.get_by_role("gridcell", name="truong")).to_be_visible()
    return page


def faults(page_log: PageLog) -> list[str]:
    """Errors of the console, without what the browser says of plain HTTP."""
    return [fault for fault in page_log.faults if "Cross-Origin-Opener-Policy" not in fault]


def test_script_of_bootstrap_brings_what_others_took_from_the_polyfill(admin: Page) -> None:
    assert admin.evaluate("() => typeof regeneratorRuntime.mark") == "function"


def test_account_is_added_with_the_keyboard_alone(admin: Page, centre: Centre, page_log: PageLog) -> None:
    tab_to(admin, "#users-add")
    press(admin, "Enter")
    expect(admin.get_by_role("dialog")).to_be_visible()
    tab_to(admin, "#users-name")
    admin.keyboard.type("Sai Tên")
    tab_to(admin, "input[type=checkbox][value=viewer]")
    press(admin, "Space")
    tab_to(admin, "#users-create")
    press(admin, "Enter")
    expect(admin.locator("#users-name-error")).not_to_be_empty()
    expect(admin.locator("#users-name")).to_be_focused()
    press(admin, "Control+a")
    admin.keyboard.type("nguoi-xem-1")
    tab_to(admin, "#users-create")
    press(admin, "Enter")
    expect(admin.locator(".secret")).to_be_visible()
    tab_to(admin, "#users-secret-close")
    press(admin, "Enter")
    expect(admin.locator(".secret")).to_have_count(0)
    centre.moved()
    expect(admin.get_by_role("gridcell", name="nguoi-xem-1")).to_be_visible()
    assert [each.name for each in centre.auth.users.list_accounts(BY)] == ["nguoi-xem-1", "truong"]
    assert faults(page_log) == []


def test_list_changes_by_itself_when_somebody_else_adds_an_account(admin: Page, centre: Centre) -> None:
    centre.add_user("nguoi-moi", Role.VIEWER)
    centre.moved()
    expect(admin.get_by_role("gridcell", name="nguoi-moi")).to_be_visible()


def test_search_finds_without_tone_marks_and_stays_in_the_address(admin: Page, centre: Centre) -> None:
    admin.locator("#users-search").fill("quan tri vien")  # Quản trị viên
    expect(admin.get_by_role("gridcell", name="truong")).to_be_visible()
    admin.locator("#users-search").fill("khong co ai")
    expect(admin.get_by_role("gridcell", name="truong")).to_have_count(0)
    assert admin.url.endswith("?tim=khong+co+ai")
    admin.reload()
    expect(admin.locator("#users-search")).to_have_value("khong co ai")
    expect(admin.get_by_role("gridcell", name="truong")).to_have_count(0)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_head_is_one_row_on_a_tablet(admin: Page, centre: Centre, lang: str) -> None:
    admin.set_viewport_size({"width": 1180, "height": 820})
    admin.goto(centre.address(f"{USERS}?lang={lang}"))
    admin.wait_for_selector(READY, state="attached")
    head = admin.locator("#react-entry-point .head")
    expect(head.locator(".head-status")).not_to_be_empty()
    boxes = [head.locator(f".head-{part}").bounding_box() for part in ("title", "status", "clock", "tools")]
    ends = [(box["x"], box["x"] + box["width"], box["y"], box["y"] + box["height"]) for box in boxes if box]
    assert len(ends) == 4 and max(each[2] for each in ends) < min(each[3] for each in ends), ends
    assert all(left[1] <= right[0] for left, right in pairwise(ends)) and ends[-1][1] <= 1180, ends


@pytest.mark.parametrize(("lang", "label"), [("vi", "Đóng"), ("en", "Close")])
def test_crosses_of_panel_and_toast_are_named_in_the_language_of_the_page(
    admin: Page, centre: Centre, lang: str, label: str
) -> None:
    centre.add_user("an", Role.VIEWER)
    admin.goto(centre.address(f"{USERS}?lang={lang}"))
    admin.locator("#users-table [row-index='0'] .btn").click()
    expect(admin.locator("#users-one .btn-close")).to_have_accessible_name(label)
    admin.locator("#users-save").click()
    expect(admin.locator("#toast .btn-close")).to_have_accessible_name(label)


def test_watching_and_working_pages_lead_to_each_other(admin: Page, page_log: PageLog) -> None:
    for link, back in (("/chi-so", USERS), ("/", USERS)):
        admin.locator(f'#react-entry-point .rail a[href="{link}"]').click()
        admin.wait_for_selector(READY, state="attached")
        expect(admin.locator("#users-table")).to_have_count(0)
        admin.go_back()
        admin.wait_for_selector(READY, state="attached")
        assert admin.url.endswith(back)
        expect(admin.get_by_role("gridcell", name="truong")).to_be_visible()
    assert faults(page_log) == []


# Path, what is shown once it is read, and steps: what is pressed, and what appears then; after a dialog has closed,
# which gives the focus back, without it.
EVERY_PAGE: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    USERS: (
        "#users-table .btn",
        (
            ("#users-add", "#users-new"),
            ("#users-create", "#users-roles-error:not(:empty)"),
            ("#users-new-close", "body:not(:has(.modal)) #users-add"),
            ("#users-table .btn", "#users-facts dl"),
        ),
    ),
    "/quan-tri/chuc-danh": (
        "#positions-table .btn",
        (("#positions-add", "#positions-one"), ("#positions-save", "#positions-title-error:not(:empty)")),
    ),
    "/quan-tri/uy-quyen": (
        "#mandates-table .btn",
        (
            ("#mandates-add", "#mandates-new"),
            ("#mandates-give", "#mandates-deputy-error:not(:empty)"),
            ("#mandates-new-close", "body:not(:has(.modal)) #mandates-add"),
            ("#mandates-table .btn", "#mandates-ask-go"),
        ),
    ),
    "/quan-tri/man-hinh": ("#displays-table", (("#displays-add", "#displays-new"),)),
    "/quan-tri/chuong-trinh": (
        "#api-keys-table",
        (("#api-keys-add", "#api-keys-new"), ("#api-keys-create", "#api-keys-name-error:not(:empty)")),
    ),
    "/quan-tri/nhat-ky": (
        "#audit-table .btn",
        (("#audit-verify", "#audit-verified .alert"), ("#audit-table .btn", "#audit-facts dl")),
    ),
    "/tai-khoan": (
        "#account-facts dl",
        (("#account-change", "#account-password"), ("#account-password-go", "#account-old-error:not(:empty)")),
    ),
    "/nhap-so-lieu": ("#submit-table .ag-row", ()),
    OVERDUE: (
        "#figures-period .facts-row",
        (("#figures-send", ".field-error:not(:empty)"), ("#figures-send-file", "#toast")),
    ),
    "/duyet-so-lieu": (
        "#release-table .btn",
        (("#release-table .btn", "#release-figures *"), ("#release-return", "#release-reason-error:not(:empty)")),
    ),
    "/bao-qua-dien-thoai": ("#phone-table .ag-row", ()),
    CALL: ("#call-period *", (("#call-send", "#call-alert .alert"),)),
    REMIND: (
        "#remind-period *",
        (("#remind-send", "#remind-ask-go"), ("#remind-ask-go", "#remind-text-error:not(:empty)")),
    ),
    "/viec-cua-toi": (
        "#my-work-list .btn",
        (("#my-work-list .btn", "#my-work-fields .field:visible"), ("#my-work-go", ".field-error:not(:empty)")),
    ),
    f"/nhiem-vu/{TASK}": (
        "#task-facts .facts",
        (("#task-do-request-explanation", "#task-fields .field:visible"), ("#task-go", ".field-error:not(:empty)")),
    ),
    "/nhap-van-ban": (
        "#document-entry-number",
        (("#document-entry-save", "#document-entry-number-error:not(:empty)"),),
    ),
    "/nhap-bang": (
        "#sheet-import-position",
        (("#sheet-import-read", "#sheet-import-file-error:not(:empty)"),),
    ),
    "/dinh-chinh/mp-1-2026": ("#correction-number", (("#correction-save", "#correction-reason-error:not(:empty)"),)),
    "/van-ban/mp-1-2026": ("#stored-document-tasks .tree a", ()),
    "/so-nhiem-vu": (
        "#register-table .ag-row",
        (
            ("#register-select-all", "#register-do-remind:enabled"),
            ("#register-do-remind", "#register-bulk"),
            ("#register-preview", "#register-results table"),
        ),
    ),
    "/so-don-doc": ("#reminders-total:not(:empty)", ()),
    "/so-van-ban": ("#documents-table .ag-row", ()),
    "/ai-cho-ai": ("#waiting-table .ag-row", ()),
    "/y-kien-chi-dao": ("#instruction-text", (("#instruction-send", "#instruction-text-error:not(:empty)"),)),
    "/giao-ban": ("#briefings-list .work-title", (("#briefings-open", "#briefings-day-error:not(:empty)"),)),
    BRIEFING: (
        "#briefing-items .briefing-item .btn-primary",
        (
            ("#briefing-items .btn-primary", "#briefing-text"),
            ("#briefing-save", ".field-error:not(:empty)"),
            ("#briefing-concluding-close", "body:not(:has(.modal)) #briefing-groups .btn"),
            ("#briefing-end", "#briefing-ending-go"),
        ),
    ),
    PERSONAL: ("#personal-head h2", (("#personal-open", "#personal-purpose-error:not(:empty)"),)),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCentre]:
    """A centre that no test changes."""
    running = WholeCentre(tmp_path_factory.mktemp("whole"))
    running.submit(x=10, y=20.5)
    yield running
    running.close()


@pytest.fixture(scope="module")
def everybody(browser: Browser, whole: WholeCentre) -> Iterator[Page]:
    """A page of somebody who may open every page; each test opens its own in it."""
    context = new_context(browser, reduced_motion="reduce")  # a dialog that still fades in has no contrast
    page = context.new_page()
    sign_in_with(page, whole, *Role, path="/chi-so", agency="a")
    yield page
    context.close()


def show(page: Page, whole: WholeCentre, path: str) -> None:
    """Opens a page and waits until it has read what it shows."""
    page.goto(whole.address(path))
    page.wait_for_selector(READY, state="attached")
    expect(page.locator(EVERY_PAGE[path][0]).first).to_be_visible()


def states(page: Page, whole: WholeCentre, path: str) -> Iterator[tuple[str, str]]:
    """Opens a page and takes its steps; after each, what was pressed, and what is to be pressed next."""
    steps = EVERY_PAGE[path][1]
    show(page, whole, path)
    yield path, steps[0][0] if steps else "body"
    for n, (pressed, appears) in enumerate(steps, 1):
        open_by_enter(page, pressed, appears)
        yield pressed, steps[n][0] if n < len(steps) else "body"


def open_by_enter(page: Page, pressed: str, appears: str) -> None:
    """Presses Enter, on a phone behind its fold; once more where it passed.

    An element that is drawn anew between focus and key takes none, nor one that loses the focus to what a closed dialog
    gives it back to.
    """
    shown, button = page.locator(appears).first, page.locator(pressed).first
    if button.is_hidden() and (fold := page.locator(".bar-more > .btn").first).is_visible():
        fold.press("Enter")
        expect(button).to_be_visible()
    for _ in range(2):
        button.press("Enter")
        with suppress(TimeoutError):
            return shown.wait_for(timeout=20_000)
    expect(shown).to_be_visible()


def test_every_working_page_is_among_those_tested(whole: WholeCentre) -> None:
    tested = {whole.pages.match(path.partition("?")[0])[0].name for path in EVERY_PAGE}
    assert tested == {route.name for route in whole.pages.routes if route.is_working}


@pytest.mark.parametrize("path", list(EVERY_PAGE))
def test_every_page_is_accessible_and_fits_wide_screens_with_its_dialog_and_errors_open(
    everybody: Page, whole: WholeCentre, path: str
) -> None:
    found = []
    for size, state in sized_states(WIDE_SIZES, everybody, whole, path):
        found += [f"{size} {state}: {fault}" for fault in lasting_faults(everybody)]
        if size == WIDE_SIZES[-1]:
            found += [f"{state}: {violation}" for violation in violations_by_theme(everybody)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", list(EVERY_PAGE))
def test_every_page_fits_upright_screens_with_its_dialog_open(everybody: Page, whole: WholeCentre, path: str) -> None:
    all_states = sized_states(UPRIGHT_SIZES, everybody, whole, path)
    found = [f"{size} {state}: {fault}" for size, state in all_states for fault in lasting_faults(everybody)]
    assert not found, "\n".join(found)


def sized_states(
    sizes: Sequence[tuple[int, int]], page: Page, whole: WholeCentre, path: str
) -> Iterator[tuple[tuple[int, int], str]]:
    """`states`, each at all sizes; its steps are taken at the last one, and could be at each.

    Resized in each state: no script of a working page asks for its width when it is loaded.
    """
    page.set_viewport_size(size_of(sizes[-1]))
    for state, following in states(page, whole, path):
        for size in sizes:
            page.set_viewport_size(size_of(size))
            wait_until_still(page)
            yield size, state
            within_reach = page.locator(f"{following}, .bar-more > .btn").filter(visible=True)
            expect(within_reach.first).to_be_visible()


def size_of(size: tuple[int, int]) -> ViewportSize:
    return {"width": size[0], "height": size[1]}


def lasting_faults(page: Page) -> list[str]:
    """What is wrong once the page has come to rest."""

    def find() -> list[str]:
        overlaps = page.evaluate(OVERLAPS, [BEHIND])
        return [*overlaps, *(one for check in (FAULTS, CUT, CUT_MARKS) for one in page.evaluate(check))]

    return lasting(page, find)


def test_menu_of_a_phone_is_accessible_and_shows_the_current_tab(everybody: Page, whole: WholeCentre) -> None:
    everybody.set_viewport_size(size_of(UPRIGHT_SIZES[-1]))
    show(everybody, whole, "/quan-tri/nhat-ky")
    expect(everybody.locator(".nav-tabs .active")).to_be_in_viewport(ratio=0.9)
    everybody.locator("#react-entry-point .rail-more-button").press("Enter")
    expect(everybody.locator("#react-entry-point #rail-more")).to_be_visible()
    assert violations_by_theme(everybody) == []
    assert everybody.evaluate(FAULTS) == []
