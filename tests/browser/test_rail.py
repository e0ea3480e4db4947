"""What a role may not do is not offered and refused; what it may do is found from the rail, at every width."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from components.ui.i18n import t
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from tests.browser.test_access import READY
from tests.browser.test_working_pages import UPRIGHT_SIZES, WIDE_SIZES
from tests.browser.whole_centre import WholeCentre, sign_in_with

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Entries of the rail that need a permission: any of these.
NEEDS = {
    "/nhap-so-lieu": (Action.SUBMIT,), "/duyet-so-lieu": (Action.APPROVE_SUBMISSION,),
    "/bao-qua-dien-thoai": (Action.ENTER_PHONE_REPORT,), "/viec-cua-toi": (Action.ACT_ON_DIRECTIVES,),
    "/so-nhiem-vu": (Action.ACT_ON_DIRECTIVES,), "/giao-ban": (Action.EDIT, Action.FLAG),
    "/quan-tri": (Action.ADMINISTER, Action.MANAGE_DISPLAYS, Action.READ_AUDIT_LOG),
}  # fmt: skip
# Pages that open to more people than the rail offers them to: a deputy of another agency finds them by their links.
WIDER = {"/giao-ban": (Action.ACT_ON_DIRECTIVES,)}
# Pages of a section, reached by the tabs of the page that the rail leads to.
TABS = {
    "/quan-tri/tai-khoan": Action.ADMINISTER, "/quan-tri/chuc-danh": Action.ADMINISTER,
    "/quan-tri/uy-quyen": Action.ADMINISTER, "/quan-tri/man-hinh": Action.MANAGE_DISPLAYS,
    "/quan-tri/chuong-trinh": Action.ADMINISTER, "/quan-tri/nhat-ky": Action.READ_AUDIT_LOG,
}  # fmt: skip
SHOWN = """selector => [...document.querySelectorAll(`#react-entry-point ${selector}`)]
  .filter((one) => one.checkVisibility({ visibilityProperty: true })).map((one) => one.getAttribute('href'))"""
RAIL, TAB = ".rail a", ".nav-tabs a"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path_factory.mktemp("centre"))
    yield running
    running.close()


def offered(page: Page) -> set[str]:
    """What the rail offers, with what is behind its entry "Thêm" on a narrow screen."""
    more = page.locator("#react-entry-point .rail-more-button")
    if more.is_visible():
        more.click()
    return set(page.evaluate(SHOWN, RAIL))


@pytest.mark.parametrize("role", list(Role))
def test_rail_offers_what_the_role_may_do_and_no_address_opens_more(
    page: Page, centre: WholeCentre, role: Role
) -> None:
    person = Principal(PrincipalKind.USER, role, roles=frozenset({role}), agency="a")
    allowed = {path for path, actions in NEEDS.items() if any(is_allowed(person, action) for action in actions)}
    sign_in_with(page, centre, role, path="/chi-so", agency="a")
    for width, height in (*WIDE_SIZES, *UPRIGHT_SIZES):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(centre.address("/chi-so"))
        page.wait_for_selector(READY, state="attached")
        page.wait_for_selector("html[data-can]", state="attached")
        found = offered(page)
        assert found & set(NEEDS) == allowed, (width, height)
        assert "/nguon" in found and (
            "/tai-khoan" in found or page.locator("#react-entry-point [data-me]").is_visible()
        )
    for path in sorted(allowed):
        page.goto(centre.address(path))
        page.wait_for_selector(READY, state="attached")
        expect(page.locator("#react-entry-point .rail [aria-current]")).to_have_count(1)
    if "/quan-tri" in allowed:
        tabs = {path for path, action in TABS.items() if is_allowed(person, action)}
        page.goto(centre.address("/quan-tri"))
        page.locator(TAB).first.wait_for()
        assert set(page.evaluate(SHOWN, TAB)) == tabs
    for path, actions in {**NEEDS, **{path: (action,) for path, action in TABS.items()}, **WIDER}.items():
        answer = page.goto(centre.address(path), wait_until="commit")
        is_refused = not any(is_allowed(person, action) for action in actions)
        assert answer is not None and (answer.status == 403) is is_refused, path


def test_every_place_of_the_rail_is_in_reach_however_low_the_screen(page: Page, centre: WholeCentre) -> None:
    """Everybody's places at once: more than any one role has."""
    sign_in_with(page, centre, *Role, path="/cham-so-lieu", agency="a")
    page.wait_for_selector("html[data-can]", state="attached")
    for width, height in ((1180, 820), (960, 540)):  # a tablet; a desk at twice its size
        page.set_viewport_size({"width": width, "height": height})
        place = page.locator("#react-entry-point .rail a[href]").filter(visible=True).last
        place.evaluate("one => { one.blur(); one.focus(); }")
        expect(place).to_be_in_viewport(ratio=0.99)


def test_rail_shows_that_there_is_more_below_its_edge_and_gives_each_entry_an_icon_of_its_own(
    page: Page, centre: WholeCentre
) -> None:
    """What covers the shades scrolls with the entries."""
    page.set_viewport_size({"width": 1180, "height": 820})
    sign_in_with(page, centre, *reversed(Role), path="/chi-so", agency="a")
    rail = page.locator("#react-entry-point .rail")
    look = "one => [one.scrollHeight > one.clientHeight, getComputedStyle(one).backgroundAttachment]"
    assert rail.evaluate(look) == [True, "local, local, scroll, scroll, scroll"]
    icons = rail.locator(".icon path").evaluate_all("all => all.map((one) => one.getAttribute('d'))")
    assert len(icons) == len(set(icons)) > len(NEEDS)


def test_every_place_of_the_rail_is_in_sight_on_a_desk(page: Page, centre: WholeCentre) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    first, *others = Role
    sign_in_with(page, centre, *others, first, path="/chi-so", agency="a")
    for lang in ("vi", "en"):
        page.goto(centre.address(f"/chi-so?lang={lang}"))
        page.wait_for_selector(READY, state="attached")
        page.wait_for_selector("html[data-can]", state="attached")
        rail = page.locator("#react-entry-point .rail")
        assert rail.evaluate("one => one.scrollHeight - one.clientHeight") == 0, lang
        expect(rail.locator("a[href]").filter(visible=True).last).to_have_attribute("href", "/cong-khai")


def test_page_without_what_its_address_names_says_so_once(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.VIEWER, Role.LEADER, Role.EDITOR, path="/chi-so")
    for path, key in (("/chi-so/none", "kpi"), ("/don-vi/none", "admin_units"), ("/chi-dao/none", "directives")):
        page.goto(centre.address(path))
        expect(page.get_by_role("heading", level=1)).to_contain_text(t("shell.not_found", "vi"))
        expect(page.get_by_text(t(f"{key}.no_such", "vi"))).to_have_count(1)
    page.goto(centre.address("/khong-co"))  # an address that no page has
    expect(page.get_by_role("heading", level=1)).to_contain_text("Không có trang này")


def test_act_of_a_leader_is_not_printed(page: Page, centre: WholeCentre) -> None:
    sign_in_with(page, centre, Role.LEADER, Role.VIEWER, path="/chi-so/water-level")
    link = page.locator("#react-entry-point .give-instruction")
    expect(link).to_be_visible()
    page.emulate_media(media="print")
    expect(link).to_be_hidden()


def test_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page, centre: WholeCentre) -> None:
    """On a page drawn by Dash, and on a plain one."""
    sign_in_with(page, centre, Role.EDITOR, Role.VIEWER, path="/chi-so")
    for path, ready in (("/chi-so", READY), ("/quan-tri", "main")):  # refused on a plain page
        page.goto(centre.address(path))
        page.wait_for_selector(ready, state="attached")
        skip = page.locator(".skip-link").filter(visible=True).last
        page.keyboard.press("Tab")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport(ratio=0.99)
        page.keyboard.press("Enter")
        expect(page.locator("main").last).to_be_focused()
        assert page.url.endswith(f"{path}#main")
