"""In a real browser: login with a second factor, enrolment and revocation of a wall, a revoked session."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pyotp
import pytest
from flask import Blueprint
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from ioc.auth.login import Credentials
from ioc.auth.mfa import MfaChallenge
from ioc.auth.passwords import Hasher
from ioc.auth.services import build_services
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.times import utc_now
from ioc.storage.access import accounts
from ioc.web.app_factory import create_app
from ioc.web.middleware.authentication import SESSION_COOKIE, Authenticator
from ioc.web.middleware.gate import GateConfig
from ioc.web.page_services import directive_services, page_services
from ioc.web.views.blueprints import blueprints
from ioc.web.views.services import Services
from tests.auth.site import BOX, PASSWORD, SECRET
from tests.browser.conftest import LiveReads
from tests.conftest import empty_store, new_context
from tests.system.program import SLOWNESS
from tests.web.fake import settings
from tests.web.views.conftest import AGENCIES, PAGES, directive_context

pytestmark = [pytest.mark.browser, pytest.mark.slow]
READY = "html[data-ready]"
BY = Principal(PrincipalKind.USER, "test", roles=frozenset({Role.ADMINISTRATOR}))


class Centre:
    """An application over a real store, served under a host name that is not loopback."""

    def __init__(self, folder: Path, *more: Blueprint, pages: str = "tests.web.site") -> None:
        self.reads = LiveReads()
        self.store, policy = empty_store(folder), AccessPolicy()
        self.auth = build_services(self.store, utc_now, policy, SECRET, agencies=AGENCIES)
        self.services = services = Services(self.store, self.auth, utc_now, policy, lambda: AGENCIES, lambda: PAGES)
        self.gate_config = GateConfig(Authenticator(self.auth.sessions, self.auth.displays), access_policy=policy)
        self.directives = directive_context(self.store, utc_now)
        more_services, more_views = self.further(folder)
        views = [*blueprints(services), *more, *more_views]
        app = create_app(
            self.reads, settings(folder, pages_package=pages), blueprints=views, gate_config=self.gate_config,
            services={
                **page_services(services, self.reads.snapshot, self.reads.snapshot), **more_services,
                **directive_services(self.directives, folder),
            },
        )  # fmt: skip
        self.pages = app.pages
        self.server = make_server("127.0.0.1", 0, app.server, threaded=True)
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def further(self, folder: Path) -> tuple[Mapping[type, object], Iterable[Blueprint]]:
        """Services and views beside those of accounts."""
        return {}, ()

    def address(self, path: str) -> str:
        return f"http://ioc.test:{self.server.server_port}{path}"

    def add_user(self, name: str, *roles: Role, agency: str = "") -> str:
        """Adds a user with a password and an authenticator; the authenticator's secret."""
        secret = pyotp.random_base32()
        with self.store.write() as conn:
            account = accounts.add(
                conn, name, utc_now(), roles=roles, agency=agency, password_hash=Hasher().hash(PASSWORD)
            )
            assert account is not None
            accounts.change(conn, account.id, totp_secret=BOX.encrypt(secret))
        return secret

    def moved(self) -> None:
        """The accounts have changed, and the snapshot with them."""
        versions = {topic: version + 1 for topic, version in self.reads.city.topic_versions.items()} or {
            "access": 1,
            "directives": 1,
        }
        self.reads.city = replace(self.reads.city, topic_versions=versions)
        self.reads.move()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.store.close()


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    running = Centre(tmp_path, pages="pages")
    yield running
    running.close()


def sign_in(page: Page, centre: Centre, name: str, secret: str, path: str) -> None:
    page.goto(centre.address(path))
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_label("Mã xác thực").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Tiếp tục").click()


def open_signed_in(page: Page, centre: Centre, name: str, *roles: Role, path: str, agency: str = "") -> None:
    """Opens a page as a new user who has signed in without the forms of `sign_in`, which are two pages more to load."""
    secret, login = centre.add_user(name, *roles, agency=agency), centre.auth.login
    waiting = login.sign_in(Credentials(name, PASSWORD), "127.0.0.1")
    assert isinstance(waiting, MfaChallenge)
    cookie = login.verify_mfa(waiting.token, pyotp.TOTP(secret).now(), "127.0.0.1").cookie
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": centre.address("/"), "httpOnly": True}])
    page.goto(centre.address(path))
    page.wait_for_selector(READY, state="attached")


def press(page: Page, button: Locator) -> None:
    """Presses a button by the keyboard."""
    button.focus()
    page.keyboard.press("Enter")


def test_login_with_second_factor_opens_the_page_and_shows_the_user(page: Page, centre: Centre) -> None:
    secret = centre.add_user("truc", Role.OPERATOR)
    sign_in(page, centre, "truc", secret, "/chi-so")
    page.wait_for_selector(READY, state="attached")
    assert page.url == centre.address("/chi-so")
    expect(page.locator("#react-entry-point [data-me]")).to_have_attribute("href", "/tai-khoan")
    expect(page.locator("#react-entry-point [data-me] span")).to_have_text("truc")
    expect(page.locator("#react-entry-point .rail-admin")).to_be_visible()


def test_name_of_the_user_is_there_from_the_first_paint(page: Page, centre: Centre) -> None:
    """The answer of /toi never comes: nothing offers a sign-in meanwhile, also not on the next page."""
    secret = centre.add_user("truc", Role.OPERATOR)
    sign_in(page, centre, "truc", secret, "/")
    page.wait_for_selector(READY, state="attached")
    page.route("**/toi", lambda route: None)
    page.reload(wait_until="commit")
    expect(page.locator("[data-me] span").first).to_have_text("truc")
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#react-entry-point .rail-admin")).to_be_visible()
    page.evaluate(
        """() => {
          window.seen = new Set();
          const note = () => window.seen.add(document.querySelector('#react-entry-point [data-me] span').textContent);
          const each = () => { note(); requestAnimationFrame(each); };
          each();
        }"""
    )
    page.locator("#react-entry-point .rail-attention").click()
    page.wait_for_url("**/can-chu-y")
    expect(page.locator("#react-entry-point .rail-attention")).to_have_attribute("aria-current", "page")
    assert page.evaluate("() => [...window.seen]") == ["truc"]


def test_restricted_destinations_are_hidden_without_permission(page: Page, centre: Centre) -> None:
    secret = centre.add_user("xem", Role.VIEWER)
    sign_in(page, centre, "xem", secret, "/")
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#react-entry-point [data-me] span")).to_have_text("xem")
    expect(page.locator("#react-entry-point .rail-admin")).to_be_hidden()


def test_wall_is_enrolled_from_a_desk_and_shows_its_revocation(browser: Browser, page: Page, centre: Centre) -> None:
    secret = centre.add_user("truc", Role.OPERATOR)
    context = new_context(browser, viewport={"width": 1920, "height": 1080})
    wall = context.new_page()
    wall.goto(centre.address("/tuong"))
    code = wall.get_by_label("Mã trên màn hình").inner_text()
    sign_in(page, centre, "truc", secret, "/quan-tri/man-hinh")
    page.wait_for_selector(READY, state="attached")
    press(page, page.get_by_role("button", name="Ghi danh màn hình"))
    enrolling = page.get_by_role("dialog")
    enrolling.get_by_label("Mã trên màn hình").focus()
    page.keyboard.type(code)
    enrolling.get_by_label("Tên màn hình").focus()
    page.keyboard.type("Tường trái")
    press(page, enrolling.get_by_role("button", name="Ghi danh"))
    expect(page.locator("#toast")).to_contain_text("Đã ghi danh")
    wall.wait_for_url(re.compile(r"/tuong$"))  # by itself
    wall.wait_for_selector(READY, state="attached")
    centre.moved()
    press(page, page.get_by_role("button", name="Mở", exact=True))
    press(page, page.get_by_role("button", name="Thu hồi"))
    asked = page.get_by_role("dialog").filter(has_text="Thu hồi màn hình này?")
    press(page, asked.get_by_role("button", name="Hủy"))  # nothing is revoked yet
    expect(asked).to_be_hidden()
    assert [display.revoked_at for display in centre.auth.displays.list_all(BY)] == [None]
    press(page, page.get_by_role("button", name="Thu hồi"))
    press(page, asked.get_by_role("button", name="Thu hồi"))
    began = time.monotonic()
    expect(page.locator("#toast")).to_contain_text("Đã thu hồi")
    expect(wall.locator("#link-banner").last).to_contain_text("đã bị thu hồi")
    assert time.monotonic() - began < SLOWNESS * 5
    wall.wait_for_url(re.compile(r"/man-hinh"))
    expect(wall.get_by_label("Mã trên màn hình")).to_be_visible()
    context.close()


def test_link_of_another_site_opens_the_page_for_who_is_signed_in(page: Page, centre: Centre) -> None:
    secret = centre.add_user("truc", Role.OPERATOR)
    sign_in(page, centre, "truc", secret, "/tai-khoan")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tài khoản của tôi")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["ioc-session"]["sameSite"] == "Strict"
    address = centre.address("/tai-khoan")
    page.route(
        "http://mail.test/", lambda route: route.fulfill(body=f'<a href="{address}">x</a>', content_type="text/html")
    )
    page.goto("http://mail.test/")
    with page.expect_request(address) as first:
        page.get_by_text("x").click()
    page.wait_for_url(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tài khoản của tôi")
    assert "ioc-session" not in first.value.all_headers().get("cookie", "")


def test_session_revoked_elsewhere_leads_to_login_with_return_address(page: Page, centre: Centre) -> None:
    secret = centre.add_user("truc", Role.OPERATOR)
    sign_in(page, centre, "truc", secret, "/chi-so")
    page.wait_for_selector(READY, state="attached")
    centre.auth.sessions.end_all_sessions("truc", BY)
    page.wait_for_url(re.compile(r"/dang-nhap\?tiep=%2Fchi-so$"))
    expect(page.get_by_label("Tên đăng nhập")).to_be_visible()
