"""In a real browser: figures are entered with the keyboard alone, sent as a file, and kept as a draft."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Blueprint
from playwright.sync_api import Locator, Page, Route, expect
from werkzeug.serving import make_server

from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, Role
from ioc.web.middleware.authorization import requires
from tests.browser.axe import violations_by_theme
from tests.conftest import PageLog, empty_store
from tests.pages.submission_site import LEADER, SubmissionSite, sign_in_reporter
from tests.pages.test_submission_files import filled_form, stored_values

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORM = "/nhap-so-lieu/d?ky=2026-10"


class ServedSite(SubmissionSite):
    """The site behind a port; the login page is only a text."""

    def serve(self) -> None:
        login = Blueprint("login", __name__)
        login.add_url_rule("/dang-nhap", "login", requires(Action.VIEW_PUBLIC)(lambda: "login"))
        login.add_url_rule("/dang-xuat", "out", requires(Action.VIEW_PUBLIC)(lambda: "out"), methods=["POST"])
        self.app.server._got_first_request = False
        self.app.server.register_blueprint(login)
        self.server = make_server("127.0.0.1", 0, self.app.server, threaded=True)
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ServedSite]:
    store = empty_store(tmp_path)
    served = ServedSite(store, tmp_path)
    served.serve()
    sign_in_reporter(served)
    yield served
    served.server.shutdown()
    served.server.server_close()
    store.close()


def figure(page: Page, key: str) -> Locator:
    field = json.dumps({"key": key, "type": "figures-figure"}, separators=(",", ":"))
    return page.locator(f"[id='{field}']")


def open_form(page: Page, site: ServedSite) -> None:
    page.goto(site.address(FORM))
    expect(page.locator("#figures-period .facts-row")).to_be_visible()
    expect(figure(page, "x")).to_be_visible()


def drafts(page: Page) -> int:
    return int(page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('ioc-draft')).length"))


def press_until(page: Page, key: str, place: Locator) -> None:
    """Presses a key until `place` has the focus."""
    for _ in range(80):
        if place.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError("not reached with the keyboard")


def test_figures_are_entered_with_the_keyboard_alone(page: Page, site: ServedSite, page_log: PageLog) -> None:
    open_form(page, site)
    press_until(page, "Tab", figure(page, "x"))
    page.keyboard.type("mười")
    press_until(page, "Tab", figure(page, "y"))
    page.keyboard.type("20,5")
    press_until(page, "Tab", page.locator("#figures-send"))
    page.keyboard.press("Enter")
    expect(figure(page, "x")).to_be_focused()  # the refused field, with its reason
    expect(figure(page, "x")).to_have_attribute("aria-invalid", "true")
    expect(figure(page, "y")).to_have_value("20,5")
    page.keyboard.press("Control+a")
    page.keyboard.type("10")
    press_until(page, "Tab", page.locator("#figures-send"))
    page.keyboard.press("Enter")
    expect(page.locator("#figures-entry")).to_be_hidden()
    assert stored_values(site) == {"x": 10.0, "y": 20.5} and drafts(page) == 0
    assert page_log.faults == []


@pytest.mark.parametrize("by_script", [False, True])
def test_who_is_back_at_the_button_keeps_the_focus(page: Page, site: ServedSite, by_script: bool) -> None:
    """The field that was refused is corrected before the page has looked whether its refusal is drawn.

    A script that has put the focus there is not the person.
    """
    page.add_init_script(
        "const wait = window.setTimeout; window.held = [];"
        "window.setTimeout = (act, pause, ...more) => (pause === 100 ? held.push(act) : wait(act, pause, ...more));"
    )
    open_form(page, site)
    press_until(page, "Tab", figure(page, "x"))
    page.keyboard.type("mười")
    press_until(page, "Tab", page.locator("#figures-send"))
    page.keyboard.press("Enter")
    expect(figure(page, "x")).to_be_focused()
    page.wait_for_function("() => held.length")
    if by_script:
        page.locator("#figures-send").focus()
    else:
        page.keyboard.type("10")
        press_until(page, "Tab", page.locator("#figures-send"))
    page.evaluate("held.splice(0).forEach((act) => act())")
    expect(figure(page, "x") if by_script else page.locator("#figures-send")).to_be_focused()


def test_sent_figures_are_withdrawn_with_the_keyboard_alone(page: Page, site: ServedSite, page_log: PageLog) -> None:
    site.send()
    page.goto(site.address(FORM))
    expect(page.locator("#figures-withdraw")).to_be_visible()
    press_until(page, "Tab", page.locator("#figures-withdraw"))
    page.keyboard.press("Enter")
    expect(page.locator("#figures-ask-go")).to_be_visible()
    page.wait_for_function("() => getComputedStyle(document.querySelector('.modal.show')).opacity === '1'")
    assert violations_by_theme(page) == []
    press_until(page, "Tab", page.locator("#figures-ask-go"))
    page.keyboard.press("Enter")
    expect(figure(page, "x")).to_be_visible()
    expect(figure(page, "x")).to_have_value("10")
    expect(page.locator("#figures-withdrawal")).to_be_hidden()
    expect(page.locator("#figures-ask")).to_be_hidden()
    assert site.audited_actions() == [("an", "submission-sent"), ("an", "submission-withdrawn")]
    assert page_log.faults == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_sign_has_the_colour_of_its_text_and_no_ground(page: Page, site: ServedSite, theme: str) -> None:
    """Bootstrap highlights what has the class of our signs."""
    page.context.add_cookies([{"name": "theme", "value": theme, "url": site.address("/")}])
    open_form(page, site)
    signs = """(place) => {
      const sign = document.createElement('span'), text = document.querySelector(place);
      sign.className = 'mark';
      text.append(sign);
      const [own, around] = [getComputedStyle(sign), getComputedStyle(text)];
      return [own.backgroundColor, own.paddingLeft, own.color === around.color];
    }"""
    for place in ("#react-entry-point .head", "#figures-period"):
        assert page.evaluate(signs, place) == ["rgba(0, 0, 0, 0)", "0px", True], place


def test_draft_survives_an_ended_session(page: Page, site: ServedSite) -> None:
    open_form(page, site)
    figure(page, "x").fill("10")
    reporter = site.authenticator.principal
    site.authenticator.principal = Principal()
    page.wait_for_url("**/dang-nhap?*")
    site.authenticator.principal = reporter
    open_form(page, site)
    expect(figure(page, "x")).to_have_value("10")


def test_draft_is_of_one_person_and_forgotten_with_sign_out(page: Page, site: ServedSite) -> None:
    open_form(page, site)
    figure(page, "x").fill("10")
    assert drafts(page) == 1
    site.sign_in_as("la", Role.REPORTER, agency="a")
    open_form(page, site)
    expect(figure(page, "x")).to_have_value("")
    assert drafts(page) == 0
    figure(page, "x").fill("11")
    page.evaluate("""() => {
      const warning = document.createElement('p');
      warning.setAttribute('data-drafts', '');
      document.body.append(warning);
    }""")
    expect(page.locator("[data-drafts]")).to_contain_text("chưa gửi: 1")
    page.evaluate("""() => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: '/dang-xuat' });
      document.body.append(form);
      form.requestSubmit();
    }""")
    page.wait_for_url("**/dang-xuat")
    open_form(page, site)
    expect(figure(page, "x")).to_have_value("")


def test_draft_over_older_figures_is_told_what_changed(page: Page, site: ServedSite) -> None:
    open_form(page, site)
    figure(page, "x").fill("12")
    figure(page, "y").fill("20,5")
    site.send()
    site.service.approve(1, LEADER)
    open_form(page, site)
    expect(figure(page, "x")).to_have_value("12")
    page.locator("#figures-reason").fill("rà soát lại")
    page.locator("#figures-send").click()
    expect(page.locator("#figures-alert .alert")).to_be_visible()
    expect(page.get_by_text("khác số hiện có: 10")).to_be_visible()
    expect(figure(page, "x")).to_have_value("12")
    page.locator("#figures-send").click()
    expect(page.locator("#figures-entry")).to_be_hidden()
    assert stored_values(site, 3) == {"x": 12.0, "y": 20.5}


def test_what_was_not_sent_is_marked_and_can_be_dropped(page: Page, site: ServedSite, page_log: PageLog) -> None:
    site.send()
    site.service.approve(1, LEADER)
    open_form(page, site)
    notice = page.locator("#figures-form > .draft-notice")
    figure(page, "x").fill("34")
    expect(notice).to_be_empty()  # who types knows it
    open_form(page, site)
    expect(figure(page, "x")).to_have_value("34")
    expect(notice).to_contain_text(re.compile(r"Đang hiện nội dung chưa gửi, nhập lúc \d\d:\d\d\."))
    assert violations_by_theme(page) == []
    figure(page, "y").fill("99")
    press_until(page, "Shift+Tab", notice.get_by_role("button", name="Bỏ nội dung này"))
    page.keyboard.press("Enter")
    expect(figure(page, "x")).to_have_value("10")
    expect(figure(page, "y")).to_have_value("20,5")
    expect(page.locator("#figures-reason")).to_be_focused()
    expect(notice).to_be_empty()
    assert drafts(page) == 0
    figure(page, "x").fill("34")
    figure(page, "x").fill("10")
    open_form(page, site)
    expect(page.locator("#figures-period .facts-row")).to_be_visible()
    expect(notice).to_be_empty()  # the same as was sent
    assert page_log.faults == []


def test_what_was_not_sent_is_marked_in_a_panel(page: Page, site: ServedSite) -> None:
    """Its form is about nothing until it is opened."""
    site.send()
    site.sign_in_as("lan", Role.LEADER)
    notice, reason = page.locator("#release-form > .draft-notice"), page.locator("#release-reason")
    for text in ("thiếu tệp", ""):
        page.goto(site.address("/duyet-so-lieu"))
        page.locator("#release-table").get_by_role("button").first.click()
        expect(reason).to_be_visible()
        expect(notice).to_have_text("" if text else re.compile("chưa gửi"))
        reason.fill(text or "thiếu")
    notice.get_by_role("button").click()
    expect(reason).to_have_value("")
    expect(reason).to_be_focused()


def first_of(page: Page, held: list[Route]) -> Route:
    """The first request that is held; the button is disabled before it is made."""
    ends = time.monotonic() + 20
    while not held:
        assert time.monotonic() < ends, "no request was made"
        page.evaluate("() => new Promise(requestAnimationFrame)")
    return held[0]


def test_button_waits_while_the_file_is_on_its_way(page: Page, site: ServedSite) -> None:
    open_form(page, site)
    held: list[Route] = []
    page.route("**/files/figures", lambda route: held.append(route))
    expect(page.locator("#figures-send-file")).to_be_enabled()
    page.locator("#figures-file-input").set_input_files(
        {"name": "b.xlsx", "mimeType": "x/y", "buffer": filled_form(site)}
    )
    expect(page.locator("#figures-send-file")).to_be_disabled()
    first_of(page, held).continue_()
    expect(page.locator("#figures-send-file")).to_be_enabled()
    page.locator("#figures-send-file").click()
    expect(page.locator("#figures-entry")).to_be_hidden()


def test_file_is_sent_and_its_faults_are_listed(page: Page, site: ServedSite) -> None:
    open_form(page, site)
    choose, error = page.locator("#figures-file-input"), page.locator("#figures-file-error")
    choose.set_input_files({"name": "b.exe", "mimeType": "x/y", "buffer": b"MZ"})
    expect(error).not_to_be_empty()
    body = filled_form(site, C6="mười")
    choose.set_input_files({"name": "b.xlsx", "mimeType": "x/y", "buffer": body})
    expect(page.locator("#figures-file .file-status")).to_contain_text("b.xlsx")
    expect(error).to_be_empty()
    expect(page.locator("#figures-file progress")).to_have_count(0)
    page.locator("#figures-send-file").click()
    expect(page.locator("#figures-faults .alert")).to_contain_text("Biểu!C6")
    status = page.locator("#figures-file .file-status")
    expect(status).to_have_count(0)  # its handle is used up
    choose.set_input_files({"name": "c.xlsx", "mimeType": "x/y", "buffer": filled_form(site)})
    expect(page.locator("#figures-faults .alert")).to_have_count(0)  # it was about the file before
    expect(page.locator("#figures-file .file-status .is-on")).to_be_visible()
    held: list[Route] = []
    page.route("**/_dash-update-component", lambda route: held.append(route))
    page.locator("#figures-send-file").click()
    expect(status).to_have_text("Đang kiểm tra c.xlsx")
    page.unroute("**/_dash-update-component")
    for route in held:
        route.continue_()
    expect(page.locator("#figures-entry")).to_be_hidden()
    assert stored_values(site) == {"x": 10.0, "y": 20.5}


def test_history_of_a_period_is_no_wider_than_a_phone(page: Page, site: ServedSite) -> None:
    site.send()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site.address(FORM))
    expect(page.locator(".small-table tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
