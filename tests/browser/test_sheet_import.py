"""In a real browser: an office's own sheet is imported with the keyboard alone; every step is accessible."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ioc.directives.queries import find_document
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from tests.browser.axe import violations_by_theme
from tests.browser.keyboard import act, choose_files, press, tab_to, type_into
from tests.browser.test_working_pages import faults, lasting_faults
from tests.browser.whole_centre import WholeCentre, sign_in_with
from tests.conftest import PageLog
from tests.pages.sheet_site import rows_of, sheet

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000
HEAD = Principal(PrincipalKind.USER, "-".join(Role), roles=frozenset(Role))
SIZES = ((1920, 1080), (1180, 820), (820, 1180), (390, 844))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path)
    yield running
    running.close()


def choose_file(page: Page, path: Path) -> None:
    """Chooses a file with the keyboard; it is sent at once."""
    choose_files(page, "#sheet-import-file-input", path)
    expect(page.locator("#sheet-import-read")).to_be_enabled(timeout=WAIT)
    expect(page.locator("#sheet-import-file")).to_contain_text(path.name, timeout=WAIT)


def look(page: Page) -> list[str]:
    """What is wrong with the page as it is, in every size and both themes."""
    found = [str(violation) for violation in violations_by_theme(page)]
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {fault}" for fault in lasting_faults(page)]
    page.set_viewport_size({"width": 1180, "height": 820})
    return found


def test_sheet_is_imported_with_the_keyboard(
    page: Page, centre: WholeCentre, tmp_path: Path, page_log: PageLog
) -> None:
    day = f"{centre.directives.today():%d/%m/%Y}"
    right, wrong = rows_of(30, day), rows_of(30, day)
    wrong[7][5], wrong[9][6] = "Sở Lạ", "sau Tết"
    sign_in_with(page, centre, *Role, path="/nhap-bang", agency="a")
    page.emulate_media(reduced_motion="reduce")
    for rows in (wrong, right):
        path = tmp_path / "so.csv"
        path.write_bytes(sheet(rows))
        choose_file(page, path)
        act(page, "#sheet-import-read")
        expect(page.locator("#sheet-import-checked")).to_be_hidden(timeout=WAIT)
        expect(page.locator("#sheet-import-columns select").nth(4)).to_have_value("title", timeout=WAIT)
        if rows is wrong:
            tab_to(page, "#sheet-import-issuer")
            press(page, "ArrowDown")
        expect(page.locator("#sheet-import-issuer")).to_have_value("mp-a")
        type_into(page, "#sheet-import-sphere", "do thi")
        act(page, "#sheet-import-check")
        shown = page.locator("#sheet-import-result")
        expect(shown).to_contain_text("G13" if rows is wrong else "30 nhiệm vụ của 2 văn bản", timeout=WAIT)
        expect(page.locator("#sheet-import-names select")).to_have_count(int(rows is wrong), timeout=WAIT)
        expect(page.locator("#sheet-import-checked h2")).to_be_in_viewport(timeout=WAIT)
        assert look(page) == []
        expect(page.locator("#sheet-import-assign")).to_be_enabled(enabled=rows is right)
        if rows is wrong:
            page.locator("#sheet-import-names select").select_option("=")
            act(page, "#sheet-import-recheck")
            expect(shown).to_contain_text("F11", timeout=WAIT)  # left out, the lead is missing
            expect(shown.locator(".alert-warning")).to_have_count(0, timeout=WAIT)
    type_into(page, "#sheet-import-sphere", "moi truong")
    tab_to(page, "#sheet-import-check")
    expect(page.locator("#sheet-import-assign")).to_be_disabled(timeout=WAIT)
    press(page, "Enter")
    expect(page.locator("#sheet-import-assign")).to_be_enabled(timeout=WAIT)
    act(page, "#sheet-import-assign")
    expect(page.locator("#sheet-import-ask-body")).to_contain_text("1 cơ quan", timeout=WAIT)
    assert look(page) == []
    act(page, "#sheet-import-ask-close")
    expect(page.locator("#sheet-import-ask-body")).to_be_hidden(timeout=WAIT)
    act(page, "#sheet-import-assign")
    act(page, "#sheet-import-ask-go")
    expect(page.locator("#sheet-import-ask-body")).to_be_hidden(timeout=WAIT)
    expect(page.locator("#sheet-import-result .alert-success")).to_be_visible(timeout=WAIT)
    assert look(page) == []
    key = f"mp-a-1-kh-{day[-4:]}"
    act(page, f"#sheet-import-result a[href='/van-ban/{key}']")
    expect(page.locator("#stored-document-tasks .tree a").first).to_be_visible(timeout=WAIT)
    assert len(find_document(centre.directives, key, HEAD).tasks) == 20
    assert faults(page_log) == []
