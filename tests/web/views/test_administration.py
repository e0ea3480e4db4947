"""Administration by its pages: accounts, displays, audit log."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import cast

import pytest

from components.ui.format import format_time
from ioc.auth.displays import DisplaySettings
from ioc.auth.user_admin import UserChange
from ioc.domain.access.principal import Role
from ioc.storage.access import audit_log
from ioc.storage.db.store import Conn, Store
from tests.auth.site import PASSWORD, failed_login
from tests.web.views.conftest import ADMIN, FAR, Browser, Centre

OTHER_ADMIN = replace(ADMIN, name="khac")
ACCOUNTS, DISPLAYS, AUDIT_LOG = "/quan-tri/tai-khoan", "/quan-tri/man-hinh", "/quan-tri/nhat-ky"
REPORTER = {"ten": "bao-cao", "ho-ten": "Người báo cáo A", "co-quan": "mp-a", "vai-tro": "reporter"}


@pytest.fixture
def admin(centre: Centre) -> Browser:
    return centre.signed_in("truong", Role.ADMINISTRATOR)


def shown_secret(page: str) -> str:
    match = re.search(r'<output class="secret">([^<]+)</output>', page)
    assert match
    return match[1]


def test_reporter_is_added_signs_in_and_is_disabled_at_once(centre: Centre, admin: Browser) -> None:
    answer = admin.post(ACCOUNTS, dict(REPORTER))
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    reporter = centre.browser("203.0.113.50")
    reporter.post("/dang-nhap", {"ten": "bao-cao", "mat-khau": shown_secret(answer.text)})
    reporter.post("/tai-khoan/mat-khau", {"moi": PASSWORD, "lai": PASSWORD})
    account_page = reporter.get("/tai-khoan")
    assert "Đầu mối cơ quan" in account_page.text and "Cơ quan A (mô phỏng)" in account_page.text
    assert reporter.get("/live/home").status_code == 200
    assert reporter.get(ACCOUNTS).status_code == 403
    assert admin.post(f"{ACCOUNTS}/bao-cao/khoa", {}).status_code == 303
    assert "đã vô hiệu hóa" in admin.get(ACCOUNTS).text
    assert reporter.get("/live/home").status_code == 401
    assert admin.post(f"{ACCOUNTS}/bao-cao/mo", {}).status_code == 303


def test_double_submit_adds_one_account(centre: Centre, admin: Browser) -> None:
    first = admin.post(ACCOUNTS, dict(REPORTER))
    again = admin.post(ACCOUNTS, dict(REPORTER))
    assert first.status_code == 200 and again.status_code == 400 and "Đã có tài khoản" in again.text
    assert 'value="Người báo cáo A"' in again.text  # the typed values are still in the form
    assert [account.name for account in centre.auth.users.list_accounts(ADMIN)] == ["bao-cao", "truong"]
    for _ in range(2):
        admin.post(f"{ACCOUNTS}/bao-cao/khoa", {})
    with centre.store.read() as conn:
        entries = audit_log.newest(conn, audit_log.AuditFilter(action="account-disabled"), 9)
    assert len(entries) == 1


def shown_version(page: str) -> str:
    match = re.search(r'name="ban" value="([^"]+)"', page)
    assert match
    return unescape(match[1])


def test_own_account_has_no_forms_that_would_be_refused(centre: Centre, admin: Browser) -> None:
    centre.signed_in("binh", Role.VIEWER)
    of_other, of_own = (admin.get(f"{ACCOUNTS}/{name}").text for name in ("binh", "truong"))
    for form in ('name="vai-tro"', "/dat-lai", "/khoa"):
        assert form in of_other and form not in of_own
    assert admin.post(f"{ACCOUNTS}/truong", {"ho-ten": "T", "co-quan": "", "vai-tro": "viewer"}).status_code == 403


def test_a_form_of_an_account_that_another_administrator_has_changed_changes_nothing(
    centre: Centre, admin: Browser
) -> None:
    centre.signed_in("binh", Role.VIEWER, Role.OPERATOR)
    path, taken = f"{ACCOUNTS}/binh", frozenset({Role.VIEWER})
    version = shown_version(admin.get(path).text)
    centre.auth.users.change("binh", UserChange(taken), OTHER_ADMIN)  # a right is taken away
    sent = {"ho-ten": "Bình", "co-quan": "", "vai-tro": ["viewer", "operator"], "ban": version}
    refused = admin.post(path, sent)
    (account,) = [account for account in centre.auth.users.list_accounts(ADMIN) if account.name == "binh"]
    assert (refused.status_code, account.roles, account.display_name) == (400, taken, "")
    # The page shows the account as it is now, and can be saved.
    assert admin.post(path, sent | {"vai-tro": ["viewer"], "ban": shown_version(refused.text)}).status_code == 303
    (account,) = [account for account in centre.auth.users.list_accounts(ADMIN) if account.name == "binh"]
    assert (account.roles, account.display_name) == (taken, "Bình")


def test_a_form_of_a_display_that_another_operator_has_changed_changes_nothing(centre: Centre, admin: Browser) -> None:
    enrol_display(centre, admin)
    path = f"{DISPLAYS}/tuong-trai"
    version = shown_version(admin.get(path).text)
    centre.auth.displays.change("tuong-trai", DisplaySettings("Tường trái", "/", "203.0.113.0/24"), OTHER_ADMIN)
    sent = {"ten": "Tường", "trang": "/ban-do", "dai": "", "ban": version}
    refused = admin.post(path, sent)
    (display,) = centre.auth.displays.list_all(ADMIN)
    assert (refused.status_code, display.allowed_networks) == (400, "203.0.113.0/24")
    assert admin.post(path, sent | {"ban": shown_version(refused.text)}).status_code == 303


def test_rights_are_changed_and_access_is_reset(centre: Centre, admin: Browser) -> None:
    reporter = centre.signed_in("binh", Role.VIEWER)
    sent = {"ho-ten": "Bình", "co-quan": "mp-b", "vai-tro": ["reporter", "viewer"]}
    assert admin.post(f"{ACCOUNTS}/binh", sent).headers["Location"] == f"{ACCOUNTS}/binh?xong=saved"
    (account,) = [account for account in centre.auth.users.list_accounts(ADMIN) if account.name == "binh"]
    assert (account.display_name, account.agency, account.roles) == (
        "Bình",
        "mp-b",
        frozenset({Role.REPORTER, Role.VIEWER}),
    )
    assert reporter.get("/live/home").status_code == 401  # changed rights end the session
    reset = admin.post(f"{ACCOUNTS}/binh/dat-lai", {"lop-hai": "1"})
    assert len(shown_secret(reset.text)) > 12


def test_locked_account_shows_its_end_and_is_unlocked(centre: Centre, admin: Browser) -> None:
    centre.site.add_user("an")
    assert "tạm khóa" not in admin.get("/quan-tri/tai-khoan").text
    assert "Mở khóa" not in admin.get("/quan-tri/tai-khoan/an").text
    for n in range(5):
        failed_login(centre.site, address=f"10.7.0.{n}")
    until = f"tạm khóa đến {format_time(centre.clock() + timedelta(minutes=1))}"
    assert until in admin.get("/quan-tri/tai-khoan").text
    page = admin.get("/quan-tri/tai-khoan/an").text
    assert until in page and "Mở khóa" in page
    done = admin.post("/quan-tri/tai-khoan/an/mo-khoa", {})
    assert done.headers["Location"] == "/quan-tri/tai-khoan/an?xong=unlocked"
    assert "tạm khóa" not in admin.get("/quan-tri/tai-khoan").text and centre.site.sign_in("an", address="10.7.0.9")
    with centre.store.read() as conn:
        (entry,) = audit_log.newest(conn, audit_log.AuditFilter(action="account-unlocked"), 9)
    assert (entry.actor, entry.target) == ("truong", "an")


def test_administrator_ends_sessions_of_a_user(centre: Centre, admin: Browser) -> None:
    other = centre.signed_in("binh", Role.VIEWER)
    (session,) = centre.auth.sessions.list_sessions("binh", ADMIN)
    assert admin.post(f"{ACCOUNTS}/truong/phien", {"phien": session.id}).status_code == 403  # not theirs
    assert other.get("/").status_code == 200
    assert admin.post(f"{ACCOUNTS}/binh/phien", {"phien": session.id}).status_code == 303
    assert other.get("/").status_code == 303


def test_user_ends_own_other_sessions(centre: Centre) -> None:
    browser = centre.signed_in("binh", Role.VIEWER)
    other_browser = centre.browser()
    other_browser.post("/dang-nhap", {"ten": "binh", "mat-khau": PASSWORD})
    assert other_browser.get("/").status_code == 200
    assert browser.post("/tai-khoan/phien", {"phien": "*"}).status_code == 303
    assert (browser.get("/").status_code, other_browser.get("/").status_code) == (200, 303)
    stranger = centre.signed_in("chi", Role.VIEWER)
    (session,) = centre.auth.sessions.list_sessions("binh", ADMIN)
    assert stranger.post("/tai-khoan/phien", {"phien": session.id}).status_code == 403
    assert browser.get("/").status_code == 200


def request_enrolment(centre: Centre, address: str = "203.0.113.70") -> tuple[Browser, str]:
    """A screen that shows its enrolment code, and the code."""
    wall = centre.browser(address)
    match = re.search(r"<output[^>]*>([a-z0-9-]{9})</output>", wall.get("/man-hinh?tiep=%2Ftuong").text)
    assert match
    return wall, match[1]


def test_link_of_another_site_to_a_wall_makes_no_code_and_leads_a_signed_in_person_to_it(centre: Centre) -> None:
    path, linked = "/man-hinh?tiep=%2Ftuong", {"Sec-Fetch-Site": "cross-site"}
    answer = centre.browser().get(path, **linked)  # without the cookies, as a browser sends it
    assert answer.status_code == 200 and f'content="0;url={path}"' in unescape(answer.text)
    assert "<output" not in answer.text and not centre.auth.displays.pending_requests(ADMIN)
    assert centre.signed_in("chi", Role.VIEWER).get(path).headers["Location"] == "/tuong"
    assert "<output" in centre.browser().get(path).text


def enrol_display(centre: Centre, admin: Browser, **more: str) -> Browser:
    wall, code = request_enrolment(centre)
    sent = {"ma": code.upper(), "ten": "Tường trái", "trang": "/ban-do", "dai": "", **more}
    answer = admin.post(DISPLAYS, sent)
    assert answer.status_code == 303, answer.text
    assert wall.get("/man-hinh").headers["Location"] == sent["trang"]
    return wall


def test_the_page_of_displays_names_an_address_with_a_place_while_the_queue_is_full(
    centre: Centre, admin: Browser
) -> None:
    assert "/man-hinh?cho=" not in admin.get(DISPLAYS).text
    for n in range(50):
        centre.auth.displays.request_code(f"198.51.{n}.1")
    wall = centre.browser("203.0.113.70")
    assert "<output" not in wall.get("/man-hinh").text and "<output" not in wall.get("/man-hinh?cho=aaaaaaaa").text
    address = re.search(r"/man-hinh\?cho=[a-z0-9]{8}\b", admin.get(DISPLAYS).text)
    assert address and "<output" in wall.get(address[0]).text


def test_display_is_enrolled_shows_its_page_and_is_revoked_at_once(centre: Centre, admin: Browser) -> None:
    wall = enrol_display(centre, admin)
    headers = wall.get("/ban-do").headers.getlist("Set-Cookie")
    (cookie,) = [header for header in headers if header.startswith("ioc-screen=")]  # renewed with each page
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Max-Age=" in cookie
    assert wall.get("/live/home").status_code == 200
    assert "Set-Cookie" not in wall.get("/live/home").headers
    assert wall.get("/tai-khoan").status_code == 303  # a display has no account
    assert "Tường trái" in admin.get(DISPLAYS).text
    assert admin.post(f"{DISPLAYS}/tuong-trai/thu-hoi", {}).status_code == 303
    assert wall.get("/live/home").status_code == 401
    again = wall.get("/man-hinh")
    assert "không còn hiệu lực" in again.text and re.search(r"<output[^>]*>[a-z0-9-]{9}<", again.text)


def test_display_cookie_is_renewed_in_use_and_expires_unused(centre: Centre, admin: Browser) -> None:
    wall = enrol_display(centre, admin)
    cookies = set()
    for _ in range(30):
        centre.later(days=10)
        assert wall.get("/ban-do").status_code == 200
        cookies.add(wall.cookie("ioc-screen"))
    assert len(cookies) > 20
    centre.later(days=401)
    assert wall.get("/live/home").status_code == 401


def test_display_is_bound_to_its_networks(centre: Centre, admin: Browser) -> None:
    _, code = request_enrolment(centre, "203.0.113.71")
    outside = admin.post(DISPLAYS, {"ma": code, "ten": "x", "trang": "/tuong", "dai": "10.0.0.0/8"})
    assert outside.status_code == 403 and "203.0.113.71" in outside.text
    wall = enrol_display(centre, admin, dai="203.0.113.64/26")
    moved = centre.browser("198.51.100.9")
    moved.client.set_cookie("ioc-screen", wall.cookie("ioc-screen"), domain="ioc.test")
    assert (wall.get("/live/home").status_code, moved.get("/live/home").status_code) == (200, 401)


def test_operator_enrols_displays_and_administers_no_accounts(centre: Centre) -> None:
    operator = centre.signed_in("truc", Role.OPERATOR)
    assert operator.get("/quan-tri").headers["Location"] == DISPLAYS
    enrol_display(centre, operator)
    assert operator.get(ACCOUNTS).status_code == operator.get(AUDIT_LOG).status_code == 403
    viewer = centre.signed_in("xem", Role.VIEWER)
    assert viewer.get("/quan-tri").status_code == viewer.get(DISPLAYS).status_code == 403


def test_denials_are_audited(centre: Centre) -> None:
    viewer = centre.signed_in("xem", Role.VIEWER)
    viewer.get(ACCOUNTS)
    with centre.store.read() as conn:
        (entry,) = audit_log.newest(conn, audit_log.AuditFilter(actor="xem", result="denied"), 9)
    assert (entry.action, entry.actor_kind, entry.address) == ("administer", "user", FAR)


def counting(store: Store, name: str, calls: list[str]) -> Callable[..., AbstractContextManager[Conn]]:
    """The method of `store` of this name, which records its calls."""
    method = getattr(store, name)

    def counted(**options: bool) -> AbstractContextManager[Conn]:
        calls.append(name)
        return cast(AbstractContextManager[Conn], method(**options))

    return counted


def test_display_requests_rarely_read_the_store(
    centre: Centre, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = enrol_display(centre, admin)
    tag = wall.get("/live/home").headers["ETag"]
    calls: list[str] = []
    for name in ("read", "write"):
        monkeypatch.setattr(centre.store, name, counting(centre.store, name, calls))
    wall.get("/live/home", **{"If-None-Match": tag})
    call_count = len(calls)
    answers = {wall.client.get("/live/home", base_url=wall.base, headers={"If-None-Match": tag}).status_code
               for _ in range(100)}  # fmt: skip
    assert answers == {304} and call_count <= 1
    assert len(calls) == call_count
