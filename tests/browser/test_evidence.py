"""Evidence files in a real browser: chosen, removed and sent with the keyboard, listed and downloaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from components.ui.i18n import t
from ioc.domain.directives.evidence import MAX_FILES
from tests.browser.axe import violations_by_theme
from tests.browser.keyboard import press, tab_to
from tests.browser.test_directives import LONG, open_as
from tests.browser.whole_centre import WholeCentre
from tests.directives.evidence_samples import PDF, PNG
from tests.pages.directive_city import TASK
from tests.pages.test_evidence import contents, files_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeCentre]:
    running = WholeCentre(tmp_path)
    yield running
    running.close()


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    page.locator("#task-evidence-input").set_input_files(
        [FilePayload(name=name, mimeType="x/y", buffer=body) for name, body in files]
    )


def open_report(page: Page, whole: WholeCentre) -> None:
    open_as(page, whole, "gd-a", f"/nhiem-vu/{TASK}")
    expect(page.locator("#task-do-report")).to_be_visible(timeout=LONG)
    tab_to(page, "#task-do-report")
    press(page, "Enter")
    expect(page.locator("#task-evidence-button")).to_be_visible(timeout=LONG)


def expect_ready(page: Page, count: int) -> None:
    expect(page.locator("#task-evidence .file-status .is-on")).to_have_count(count, timeout=LONG)


def test_files_are_sent_with_the_keyboard_alone_and_downloaded(page: Page, whole: WholeCentre, tmp_path: Path) -> None:
    open_report(page, whole)
    page.locator("[id*='\"text\"']:is(textarea)").fill("Đã làm 6 trên 9 nút.")
    tab_to(page, "#task-evidence-input")
    choose(page, ("Biên bản.pdf", PDF), ("Ảnh.png", PNG))
    expect_ready(page, 2)
    assert violations_by_theme(page) == []
    choose(page, ("bẫy.pdf", b"<html>"), ("đến sau.pdf", PDF + b" " * 4_000_000))
    expect_ready(page, 3)
    expect(page.locator("#task-evidence-error")).to_contain_text("bẫy.pdf", timeout=LONG)
    tab_to(page, "#task-evidence .file-row:nth-child(3) button")
    press(page, "Enter")
    expect_ready(page, 2)
    tab_to(page, "#task-evidence .file-row:nth-child(2) button")
    press(page, "Enter")
    expect_ready(page, 1)
    expect(page.locator("#task-evidence-input")).to_be_focused()
    tab_to(page, "#task-go")
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    page.reload()
    expect(page.get_by_role("link", name="Biên bản.pdf")).to_be_visible(timeout=LONG)
    assert violations_by_theme(page) == []
    tab_to(page, ".evidence-list a")
    with page.expect_download(timeout=LONG) as download:
        press(page, "Enter")
    assert download.value.suggested_filename == "Biên bản.pdf" and Path(download.value.path()).read_bytes() == PDF
    assert [file.file.name for file in files_of(whole.city)] == ["Biên bản.pdf"] and len(contents(tmp_path)) == 1


def test_button_waits_for_files_and_another_dialog_has_none_of_them(page: Page, whole: WholeCentre) -> None:
    open_report(page, whole)
    held: list[Route] = []
    page.route("**/files/evidence", lambda route: held.append(route))
    choose(page, ("a.pdf", PDF))
    expect(page.locator("#task-go")).to_be_disabled(timeout=LONG)
    page.locator("#task-act-close").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    page.unroute("**/files/evidence")
    page.locator("#task-do-report").click()
    expect(page.locator("#task-evidence-button")).to_be_visible(timeout=LONG)
    expect(page.locator("#task-evidence .file-row")).to_have_count(0, timeout=LONG)
    expect(page.locator("#task-go")).to_be_enabled()
    choose(page, *((f"{n}.pdf", PDF) for n in range(MAX_FILES + 2)))
    expect_ready(page, MAX_FILES)
    full = t("common.file_full", "vi", n=MAX_FILES)
    expect(page.locator("#task-evidence-error")).to_have_text(full, timeout=LONG)
    page.locator("#task-act-close").click()
    page.locator("#task-do-assign-inside").click()
    expect(page.locator("#task-act-title")).to_contain_text("Giao trong cơ quan", timeout=LONG)
    expect(page.locator("#task-evidence-button")).to_be_hidden()
