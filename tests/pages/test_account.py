"""The own account: callbacks of the page, by HTTP."""

import re

import pyotp
import pytest

from ioc.auth.errors import AuthCode
from ioc.auth.login import Credentials
from ioc.auth.mfa import MfaChallenge
from ioc.domain.access.principal import RevokedReason, Role
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter, StoredAuditEntry
from ioc.web.errors.codes import RequestCode
from tests.auth.site import PASSWORD
from tests.pages.conftest import UPDATE, WorkingBrowser, working
from tests.web.views.conftest import ADMIN, FAR, Browser, Centre

PATH, COOKIE = "/tai-khoan", "ioc-session"
NEW = "đàn cò trắng bay qua cánh đồng"
WRONG = "không phải"
CHANGE = {"account-old.value": PASSWORD, "account-new.value": NEW, "account-again.value": NEW}


@pytest.fixture
def me(centre: Centre) -> WorkingBrowser:
    return working(centre.signed_in("an", Role.VIEWER))


def cookie(browser: WorkingBrowser) -> str:
    stored = browser.client.get_cookie(COOKIE, domain="ioc.test")
    return stored.value if stored else ""


def second_browser(centre: Centre, name: str, address: str = "203.0.113.77") -> Browser:
    browser = centre.browser(address)
    assert browser.post("/dang-nhap", {"ten": name, "mat-khau": PASSWORD}).status_code == 303
    return browser


def password(dialog: str, typed: str = PASSWORD) -> dict[str, object]:
    return {f"account-{dialog}-password.value": typed}


def secret_shown(answer: dict[str, object]) -> str:
    """The secret below the QR code."""
    match = re.search(r"'children': '([A-Z2-7 ]+)', 'className': 'secret'", str(answer["account-scan-image.children"]))
    assert match
    return match[1].replace(" ", "")


def codes_shown(answer: dict[str, object]) -> list[str]:
    return re.findall(
        r"'children': '([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})'", str(answer["account-codes-body.children"])
    )


def entries(centre: Centre, action: str = "", result: str = "") -> list[StoredAuditEntry]:
    with centre.store.read() as conn:
        return list(audit_log.newest(conn, AuditFilter(action=action, result=result), 99))


def test_page_shows_facts_and_sessions_but_the_frame_holds_nothing_personal(centre: Centre, me: WorkingBrowser) -> None:
    shown = me.result("account.show")
    assert "Người xem" in str(shown["account-facts.children"]) and "'an'" in str(shown["account-facts.children"])
    (row,) = shown["account-sessions.rowData"]
    assert row["address"] == FAR and row["end"] == ""
    assert FAR not in me.get(PATH).text + me.get("/live/account").text


def test_password_is_changed_and_the_answer_carries_the_cookie_of_the_next_session(
    centre: Centre, me: WorkingBrowser
) -> None:
    other, before = second_browser(centre, "an"), cookie(me)
    answer = me.run("account.change_password", CHANGE)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    header = answer.headers["Set-Cookie"]
    assert header.startswith(f"{COOKIE}=") and "HttpOnly" in header and "SameSite=Strict" in header
    assert cookie(me) != before and me.get(PATH).status_code == 200
    assert other.get("/live/overview").status_code == 401
    thief = centre.browser()
    thief.client.set_cookie(COOKIE, before, domain="ioc.test")
    assert thief.get(PATH).status_code == 303
    assert centre.site.sign_in("an", NEW, address="203.0.113.78")


def test_cookie_of_the_next_session_is_bound_to_the_host_over_tls(centre: Centre) -> None:
    centre.site.add_user("binh", Role.VIEWER)
    browser = centre.browser(tls=True)
    browser.post("/dang-nhap", {"ten": "binh", "mat-khau": PASSWORD}, Origin="https://ioc.test")
    header = working(browser).run("account.change_password", CHANGE).headers["Set-Cookie"]
    assert header.startswith("__Host-ioc-session=") and "Secure" in header and "Path=/" in header


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"account-old.value": WRONG}, "account-old-error"),
        ({"account-old.value": None}, "account-old-error"),
        ({"account-again.value": NEW + "x"}, "account-again-error"),
        ({"account-new.value": PASSWORD, "account-again.value": PASSWORD}, "account-new-error"),
        ({"account-new.value": "ngắn", "account-again.value": "ngắn"}, "account-new-error"),
    ],
)
def test_refused_password_says_why_at_the_field_and_nothing_changes(
    me: WorkingBrowser, changed: dict[str, object], field: str
) -> None:
    before = cookie(me)
    answer = me.result("account.change_password", {**CHANGE, **changed})
    errors = {key: value for key, value in answer.items() if key.endswith("-error.children") and value}
    assert list(errors) == [f"{field}.children"] and answer["account-password.is_open"] is True
    assert cookie(me) == before and me.get(PATH).status_code == 200


def test_each_field_of_the_password_says_what_is_wrong_with_it_at_once(me: WorkingBrowser) -> None:
    changed = {"account-old.value": WRONG, "account-new.value": "ngắn", "account-again.value": "khác"}
    answer = me.result("account.change_password", {**CHANGE, **changed})
    errors = [key for key, value in answer.items() if key.endswith("-error.children") and value]
    assert sorted(errors) == [f"account-{field}-error.children" for field in ("again", "new", "old")]


def test_wrong_password_is_audited_and_counts_towards_the_lockout(centre: Centre, me: WorkingBrowser) -> None:
    for _ in range(5):
        me.result("account.change_password", {**CHANGE, "account-old.value": WRONG})
    (*_, entry) = entries(centre, result="denied")
    assert (entry.actor, entry.action, entry.target) == ("an", "password", "an")
    assert entry.reason == AuthCode.PASSWORD_WRONG and len(entries(centre, result="denied")) == 5
    locked = me.result("account.change_password", CHANGE)
    assert "Lần thử tiếp theo" in locked["account-old-error.children"] and entries(centre, "password-changed") == []


def test_mistyped_input_is_not_audited(centre: Centre, me: WorkingBrowser) -> None:
    me.result("account.change_password", {**CHANGE, "account-again.value": "b"})
    assert entries(centre, result="denied") == []


def test_button_pressed_twice_changes_once(centre: Centre, me: WorkingBrowser) -> None:
    me.result("account.change_password", CHANGE)
    again = me.result("account.change_password", CHANGE)
    assert again["account-old-error.children"] and len(entries(centre, "password-changed")) == 1


def test_second_factor_is_set_up_with_codes_that_are_shown_once(centre: Centre, me: WorkingBrowser) -> None:
    other = second_browser(centre, "an")
    begun = me.result("account.begin_factor", password("factor"))
    assert begun["account-scan.is_open"] is True and "data:image/svg+xml" in str(begun["account-scan-image.children"])
    wrong = me.result("account.confirm_factor", {"account-code.value": "123"})
    assert wrong["account-code-error.children"] and wrong["account-scan.is_open"] is True
    assert entries(centre, result="denied")[0].reason == AuthCode.MFA_CODE_WRONG
    code = centre.code(pyotp.TOTP(secret_shown(begun)))
    answer = me.run("account.confirm_factor", {"account-code.value": code})
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Set-Cookie"]
    codes = re.findall(r'"children":"([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})"', answer.text)
    assert len(codes) == 10 and "đã bật" in str(me.result("account.show")["account-facts.children"])
    assert codes[0] not in str(me.result("account.show")) + me.get(PATH).text
    assert other.get("/live/overview").status_code == 401
    assert isinstance(centre.auth.login.sign_in(Credentials("an", PASSWORD), "203.0.113.79"), MfaChallenge)


def test_renewed_recovery_codes_are_shown_and_keep_the_user_signed_in(centre: Centre, admin: WorkingBrowser) -> None:
    before = {session.id for session in centre.auth.sessions.list_sessions("truong", ADMIN)}
    answer = admin.result("account.renew_codes", password("renew"))
    assert len(codes_shown(answer)) == 10 and "Đã tạo mã khôi phục mới" in str(answer["account-codes-body.children"])
    assert admin.get(PATH).status_code == 200
    assert not before & {session.id for session in centre.auth.sessions.list_sessions("truong", ADMIN)}


def test_second_factor_is_switched_off_and_offered_again(centre: Centre, me: WorkingBrowser) -> None:
    secret = secret_shown(me.result("account.begin_factor", password("factor")))
    me.result("account.confirm_factor", {"account-code.value": centre.code(pyotp.TOTP(secret))})
    assert me.result("account.show")["account-switch-off.style"] is None
    answer = me.run("account.drop_factor", password("drop"))
    assert answer.headers["Set-Cookie"] and me.get(PATH).status_code == 200
    shown = me.result("account.show")
    assert shown["account-switch-off.style"] and shown["account-renew-codes.style"]
    assert [entry.actor for entry in entries(centre, "mfa-disabled")] == ["an"]


def test_mandatory_second_factor_is_not_offered_to_be_switched_off_and_is_refused(
    centre: Centre, admin: WorkingBrowser
) -> None:
    assert admin.result("account.show")["account-switch-off.style"]
    refused = admin.run("account.drop_factor", password("drop"))
    assert (refused.status_code, refused.get_json()["code"]) == (403, AuthCode.MFA_MANDATORY)
    assert entries(centre, result="denied")[0].reason == AuthCode.MFA_MANDATORY


@pytest.mark.parametrize(
    ("callback", "dialog"), [("begin_factor", "factor"), ("renew_codes", "renew"), ("drop_factor", "drop")]
)
@pytest.mark.parametrize("typed", [WRONG, "", None])
def test_each_change_of_the_second_factor_needs_the_password(
    centre: Centre, me: WorkingBrowser, callback: str, dialog: str, typed: str
) -> None:
    secret = secret_shown(me.result("account.begin_factor", password("factor")))
    me.result("account.confirm_factor", {"account-code.value": centre.code(pyotp.TOTP(secret))})
    answer = me.run(f"account.{callback}", password(dialog, typed))
    shown = answer.get_json()["response"]
    assert shown[f"account-{dialog}-password-error"]["children"] and shown[f"account-{dialog}"]["is_open"] is True
    assert "data:image" not in answer.text and "Set-Cookie" not in answer.headers
    assert entries(centre, result="denied")[0].reason == AuthCode.PASSWORD_WRONG


def test_codes_are_not_renewed_before_there_are_any(me: WorkingBrowser) -> None:
    refused = me.run("account.renew_codes", password("renew"))
    assert (refused.status_code, refused.get_json()["code"]) == (400, AuthCode.MFA_NOT_SET)


def test_user_ends_one_other_session(centre: Centre, me: WorkingBrowser) -> None:
    other = second_browser(centre, "an")
    rows = me.result("account.show")["account-sessions.rowData"]
    (end,) = [row["end"]["act"] for row in rows if row["end"]]
    me.result("account.end_session", {"account-sessions.cellRendererData": {"value": end}})
    assert (me.get(PATH).status_code, other.get("/live/overview").status_code) == (200, 401)


def test_user_ends_all_other_sessions(centre: Centre, me: WorkingBrowser) -> None:
    other = second_browser(centre, "an")
    assert me.result("account.show")["account-end-others.style"] is None
    me.result("account.end_others")
    assert (me.get(PATH).status_code, other.get("/live/overview").status_code) == (200, 401)
    assert me.result("account.show")["account-end-others.style"]


@pytest.mark.parametrize("value", ["x", "-1", "٣", "9" * 40])
def test_session_that_is_none_is_refused(me: WorkingBrowser, value: object) -> None:
    refused = me.run("account.end_session", {"account-sessions.cellRendererData": {"value": value}})
    assert (refused.status_code, refused.get_json()["code"]) == (403, AuthCode.SESSION_NOT_FOUND)


def test_session_of_another_user_is_not_ended(centre: Centre, me: WorkingBrowser) -> None:
    other = centre.signed_in("binh", Role.VIEWER)
    (theirs,) = centre.auth.sessions.list_sessions("binh", ADMIN)
    answer = me.run("account.end_session", {"account-sessions.cellRendererData": {"value": str(theirs.id)}})
    assert (answer.status_code, answer.get_json()["code"]) == (403, AuthCode.SESSION_NOT_FOUND)
    (entry,) = entries(centre, result="denied")
    assert (entry.actor, entry.reason) == ("an", AuthCode.SESSION_NOT_FOUND)
    assert other.get("/live/overview").status_code == 200


def test_callback_of_an_ended_session_is_refused_and_audited(centre: Centre, me: WorkingBrowser) -> None:
    assert me.get(PATH).status_code == 200
    centre.auth.users.disable("an", ADMIN)
    late = me.run("account.end_others")
    assert late.status_code == 401
    assert entries(centre, result="denied")[0].reason == RevokedReason.SESSION_ENDED
    assert me.get(PATH, Accept="text/html").status_code == 303


def test_account_shows_the_previous_login_and_a_new_place(centre: Centre) -> None:
    centre.site.add_user("chi", Role.VIEWER)
    first = working(second_browser(centre, "chi", FAR))
    assert "Đây là lần đăng nhập đầu tiên" in str(first.result("account.show")["account-notice.children"])
    centre.browser("203.0.113.66").post("/dang-nhap", {"ten": "chi", "mat-khau": WRONG})
    centre.later(minutes=2)
    second = working(second_browser(centre, "chi"))
    shown = second.result("account.show")
    notice = str(shown["account-notice.children"])
    assert f"từ {FAR}. Từ đó có 1 lần thử đăng nhập không thành." in notice
    assert "địa chỉ mới" in notice and "đổi mật khẩu và báo người quản trị" in notice
    assert any("địa chỉ mới" in row["browser"]["text"] for row in shown["account-sessions.rowData"])


def test_session_names_browser_and_system_in_the_page_language(centre: Centre) -> None:
    centre.site.add_user("chi", Role.VIEWER)
    browser = centre.browser()
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
    browser.post("/dang-nhap", {"ten": "chi", "mat-khau": PASSWORD}, **{"User-Agent": agent})
    me = working(browser)
    assert "Chrome trên Windows" in str(me.result("account.show")["account-sessions.rowData"])
    me.client.set_cookie("lang", "en", domain="ioc.test")
    assert "Chrome on Windows" in str(me.result("account.show")["account-sessions.rowData"])


CALLBACKS = ("show", "change_password", "begin_factor", "confirm_factor", "renew_codes", "drop_factor", "end_others")


@pytest.mark.parametrize("callback", CALLBACKS)
def test_no_callback_is_reachable_before_the_required_action(centre: Centre, callback: str) -> None:
    once = centre.auth.users.create_first_administrator()
    browser = working(centre.browser())
    browser.client.post("/dang-nhap", base_url=browser.base, data={"ten": "quan-tri", "mat-khau": once})
    for path in (PATH, "/", "/tai-khoan/lop-hai"):
        assert browser.get(path).status_code == 303
    assert browser.get(PATH).headers["Location"] == "/tai-khoan/mat-khau"
    assert browser.get("/live/account").status_code == 403
    refused = browser.run(f"account.{callback}", {**CHANGE, "account-old.value": ""})
    assert (refused.status_code, refused.get_json()["code"]) == (403, RequestCode.PASSWORD_CHANGE_REQUIRED)
    assert entries(centre, "password-changed") == []


@pytest.mark.parametrize("path", ["/tai-khoan/mat-khau", "/tai-khoan/lop-hai"])
def test_forms_of_required_actions_lead_everybody_else_to_the_account(me: WorkingBrowser, path: str) -> None:
    assert me.get(path).headers["Location"] == PATH
    change = {"moi": NEW, "lai": NEW}
    answer = me.client.post("/tai-khoan/mat-khau", base_url=me.base, data=change)
    assert (answer.status_code, answer.headers["Location"]) == (303, PATH)


def test_who_is_no_user_gets_neither_page_nor_callbacks(centre: Centre) -> None:
    browser = working(centre.browser())
    assert browser.get(PATH).status_code == 303
    assert browser.run("account.show").status_code == 401
    assert browser.run("account.change_password", CHANGE).status_code == 401


def test_callback_from_another_site_is_refused(centre: Centre, me: WorkingBrowser) -> None:
    me.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert me.run("account.change_password", CHANGE).status_code == 403
    assert entries(centre, "password-changed") == []


def test_no_password_is_written_to_the_audit_log(centre: Centre, me: WorkingBrowser) -> None:
    me.result("account.change_password", {**CHANGE, "account-old.value": WRONG})
    me.result("account.change_password", CHANGE)
    written = str(entries(centre))
    assert PASSWORD not in written and NEW not in written and WRONG not in written


def test_answer_of_no_callback_is_cached(me: WorkingBrowser) -> None:
    assert me.run("account.show").headers["Cache-Control"] == "no-store"
    assert me.client.post(UPDATE, base_url=me.base, json={"output": "account-none.children"}).status_code == 400
