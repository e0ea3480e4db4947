"""Denied acts one by one: the text that is shown, and the audit entry."""

import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from components.ui.error_messages import describe
from components.ui.i18n import catalogue
from ioc.auth.api_keys import NewApiKey
from ioc.auth.displays import DisplaySettings
from ioc.auth.errors import AuthCode
from ioc.domain.access.principal import RevokedReason, Role, Scope
from ioc.domain.base.failure import Failure
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import StoredAuditEntry
from ioc.storage.db.store import StoreError
from ioc.web.errors.codes import RequestCode
from ioc.web.middleware.rate_limit import RateLimiter
from tests.auth.site import PASSWORD, WRONG
from tests.web.views.conftest import ADMIN, FAR, Browser, Centre, add_api_answers, has_reason_text

MFA = "/tai-khoan/lop-hai"
HTML = {"Accept": "text/html"}


@pytest.fixture
def admin(centre: Centre) -> Browser:
    return centre.signed_in("truong", Role.ADMINISTRATOR)


def denial_entries(centre: Centre) -> list[StoredAuditEntry]:
    """The audit entries of denied requests, the newest first; each has a text on the page of the audit log."""
    with centre.store.read() as conn:
        entries = audit_log.newest(conn, audit_log.AuditFilter(result="denied"), 99)
    for entry in entries:
        assert f"audit_log.did_{entry.action}" in catalogue() and has_reason_text(entry.reason), entry
    return entries


def assert_denied(centre: Centre, answer: TestResponse, status: int, message: str, *expected: str) -> None:
    """Expects a status and a text, and exactly one entry: actor, action, target, reason."""
    assert answer.status_code == status and message in answer.text, (answer.status_code, answer.text)
    entries = [(entry.actor, entry.action, entry.target, entry.reason) for entry in denial_entries(centre)]
    assert entries == [expected]


def second_step(centre: Centre, code: str) -> TestResponse:
    browser = centre.browser()
    assert browser.post("/dang-nhap", {"ten": "an", "mat-khau": PASSWORD}).status_code == 303
    return browser.post("/dang-nhap/ma", {"ma": code})


def test_used_code_is_denied(centre: Centre) -> None:
    totp = centre.site.add_user_with_mfa("an", Role.VIEWER)
    recovery = centre.site.recovery_codes(totp)[0]
    code = centre.code(totp)
    for good in (code, recovery):
        assert second_step(centre, good).status_code == 303
        replayed = second_step(centre, good)
        assert replayed.status_code == 403 and "đã dùng rồi" in replayed.text
    assert [(entry.action, entry.target, entry.reason) for entry in denial_entries(centre)] == [
        ("login", "an", AuthCode.MFA_FAILED)
    ] * 2


def test_failed_login_is_audited_once_with_who_is_signed_in(centre: Centre) -> None:
    centre.site.add_user("an", Role.VIEWER)
    viewer = centre.signed_in("xem", Role.VIEWER)
    answer = viewer.post("/dang-nhap", {"ten": "an", "mat-khau": WRONG})
    assert_denied(centre, answer, 403, "không đúng", "xem", "login", "an", AuthCode.PASSWORD_WRONG)


def test_typed_name_is_audited_nowhere(centre: Centre) -> None:
    """It may be a password, typed into the wrong field."""
    browser = centre.browser()
    answer = browser.post("/dang-nhap", {"ten": PASSWORD, "mat-khau": WRONG})
    assert answer.status_code == 403
    with centre.store.read() as conn:
        (entry,) = audit_log.newest(conn, audit_log.AuditFilter(), 9)
        assert (entry.target, entry.reason) == ("/dang-nhap", AuthCode.ACCOUNT_UNKNOWN)
        assert PASSWORD not in str(list(conn.exec_driver_sql("SELECT * FROM audit_entry")))


def test_late_second_step_is_denied(centre: Centre) -> None:
    totp = centre.site.add_user_with_mfa("an", Role.VIEWER)
    browser = centre.browser()
    browser.post("/dang-nhap", {"ten": "an", "mat-khau": PASSWORD})
    centre.later(minutes=6)
    late = browser.post("/dang-nhap/ma", {"ma": centre.code(totp)})
    assert_denied(centre, late, 403, "Đã quá năm phút", "an", "login", "an", AuthCode.LOGIN_STEP_EXPIRED)


def test_mistyped_input_is_not_audited(centre: Centre) -> None:
    once = centre.auth.users.create_first_administrator()
    browser = centre.browser()
    browser.post("/dang-nhap", {"ten": "quan-tri", "mat-khau": once})
    refused = browser.post("/tai-khoan/mat-khau", {"moi": "a", "lai": "b"})
    assert refused.status_code == 400
    texts = [
        describe(Failure(AuthCode.PASSWORD_TOO_SHORT, {"least": 14}), "vi"),
        describe(Failure(AuthCode.PASSWORD_MISMATCH), "vi"),
    ]
    assert all(text in refused.text for text in texts)  # all that is wrong, at once
    assert denial_entries(centre) == []


@pytest.fixture
def wall(centre: Centre) -> Iterator[Browser]:
    browser = centre.browser("203.0.113.70")
    code = re.search(r"<output[^>]*>([a-z0-9-]{9})<", browser.get("/man-hinh").text)
    assert code
    centre.auth.displays.enrol(code[1], DisplaySettings("Tường trái", "/ban-do", "203.0.113.64/26"), ADMIN)
    browser.get("/man-hinh")
    yield browser


def test_full_queue_of_displays_has_the_text_of_its_code(centre: Centre) -> None:
    for _ in range(50):
        assert centre.browser().get("/man-hinh").status_code == 200
    answer = centre.browser().get("/man-hinh")
    text = describe(Failure(AuthCode.DISPLAY_QUEUE_FULL), "vi")
    assert_denied(centre, answer, 429, text, "", "display-enrolment", "/man-hinh", AuthCode.DISPLAY_QUEUE_FULL)
    assert int(answer.headers["Refresh"]) > 0  # the screen tries again by itself


def test_revoked_display_is_denied_by_name(centre: Centre, wall: Browser) -> None:
    assert wall.get("/live/home").status_code == 200
    centre.auth.displays.revoke("tuong-trai", ADMIN)
    answer = wall.get("/live/home")
    assert_denied(
        centre, answer, 401, "đã bị thu hồi", "tuong-trai", "view", "/live/home", RevokedReason.DISPLAY_REVOKED
    )
    waiting = wall.get("/man-hinh").text
    assert "Tường trái" in waiting and "đã bị thu hồi" in waiting
    redirect = wall.get("/ban-do", **HTML)  # restarted at its assigned page
    assert redirect.headers["Location"].startswith("/man-hinh") and denial_entries(centre)[0].target == "/ban-do"


def test_display_cookie_is_denied_on_another_network(centre: Centre, wall: Browser) -> None:
    other_browser = centre.browser("198.51.100.9")
    other_browser.client.set_cookie("ioc-screen", wall.cookie("ioc-screen"), domain="ioc.test")
    answer = other_browser.get("/live/home")
    assert_denied(
        centre,
        answer,
        401,
        "không còn hiệu lực",
        "tuong-trai",
        "view",
        "/live/home",
        RevokedReason.DISPLAY_OUTSIDE_NETWORK,
    )


def test_expired_session_is_denied_with_its_reason(centre: Centre) -> None:
    browser = centre.signed_in("an", Role.VIEWER)
    assert browser.get("/live/home").status_code == 200
    centre.later(minutes=16)
    assert "đã hết hạn hoặc đã bị kết thúc" in browser.get("/live/home").get_json()["detail"]["vi"]
    redirect = browser.get("/", **HTML)
    entry = denial_entries(centre)[0]
    assert (entry.actor, entry.actor_kind, entry.target, entry.reason) == (
        "an",
        "user",
        "/",
        RevokedReason.SESSION_ENDED,
    )
    assert (
        redirect.status_code == 303
        and "đã hết hạn hoặc đã bị kết thúc" in browser.get(redirect.headers["Location"]).text
    )


def test_page_that_goes_on_asking_after_its_session_is_no_denial_of_a_person(centre: Centre) -> None:
    browser = centre.signed_in("an", Role.VIEWER)
    assert browser.get("/live/home").status_code == 200
    centre.later(minutes=16)
    for headers in ({}, {"X-Ioc-Active": "1"}):
        assert browser.get("/live/home", **headers).status_code == 401
        assert browser.get("/toi", **headers).status_code in (200, 401)
    assert denial_entries(centre) == []
    assert browser.post("/_dash-update-component", {}).status_code == 401
    assert [(entry.actor, entry.target) for entry in denial_entries(centre)] == [("an", "/_dash-update-component")]


KEYS = [
    ("/metrics", "GET", 401, "Khóa của chương trình không được nhận", "", "metrics", RevokedReason.KEY_UNKNOWN),
    (
        "/tai-khoan/mat-khau",
        "GET",
        401,
        "chỉ dùng được ở /metrics",
        "",
        "own_account",
        RequestCode.KEY_NOT_ACCEPTED_HERE,
    ),
]


@pytest.mark.parametrize(("path", "method", "status", "message", "actor", "action", "reason"), KEYS)
def test_wrong_key_is_denied(
    centre: Centre, path: str, method: str, status: int, message: str, actor: str, action: str, reason: str
) -> None:
    add_api_answers(centre)
    answer = centre.browser().client.open(path, method=method, headers={"Authorization": "Bearer ioc-" + "a" * 43})
    assert_denied(centre, answer, status, message, actor, action, path, reason)


def test_key_without_permission_is_denied(centre: Centre) -> None:
    add_api_answers(centre)
    key = centre.auth.api_keys.create(NewApiKey("Prometheus", [Scope.METRICS], "203.0.113.0/24"), ADMIN)
    headers = {"Authorization": f"Bearer {key}"}
    client, far = centre.browser(FAR).client, centre.browser("198.51.100.9").client
    for browser, method, path, reason in (
        (client, "GET", "/api/v1/kpis", RequestCode.KEY_NOT_PERMITTED),
        (client, "POST", "/metrics", RequestCode.READ_ONLY),
        (far, "GET", "/api/v1/kpis", RevokedReason.KEY_OUTSIDE_NETWORK),
    ):
        answer = browser.open(path, method=method, headers=headers)
        assert answer.status_code >= 400 and denial_entries(centre)[0].reason == reason
        assert (denial_entries(centre)[0].actor, answer.get_json()["detail"]["vi"][-1]) == ("prometheus", ".")


def test_rate_limit_answers_with_a_page_or_json(centre: Centre) -> None:
    browser = centre.browser()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RateLimiter, "retry_after", lambda *_: 2.5)
        page = browser.client.post("/dang-nhap", base_url=browser.base, data={"ten": "an"}, headers=HTML)
        english = browser.client.get("/dang-nhap?lang=en", base_url=browser.base, headers=HTML)
        program = browser.client.post("/dang-nhap", base_url=browser.base, data={"ten": "an"})
    assert page.mimetype == english.mimetype == "text/html" and 'lang="en"' in english.text
    for answer in (page, english, program):
        assert answer.status_code == 429 and answer.headers["Retry-After"] == "3"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Bạn gửi yêu cầu quá nhanh" in page.text and "quá nhanh" in program.get_json()["detail"]["vi"]
    assert [(entry.action, entry.target, entry.reason) for entry in denial_entries(centre)] == [
        ("rate-limited", "/dang-nhap", RequestCode.RATE_LIMITED)
    ] * 3


def test_many_denials_are_few_entries_and_counted(centre: Centre) -> None:
    client = centre.browser().client
    writes = 0
    write = centre.store.write

    def counted() -> object:
        nonlocal writes
        writes += 1
        return write()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RateLimiter, "retry_after", lambda *_: 0.0)
        patch.setattr(centre.store, "write", counted)
        for n in range(2000):
            assert client.post(f"/dang-xuat?{n}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert (writes, len(denial_entries(centre))) == (5, 5)
    assert {entry.action for entry in denial_entries(centre)} == {"logout"}
    centre.later(minutes=1)
    centre.browser().get("/healthz")
    (rest,) = [entry for entry in denial_entries(centre) if entry.reason == "aggregated"]
    assert (rest.after, rest.target, rest.address) == ("1995", "/dang-xuat", FAR)


def test_unavailable_store_is_answered_503(centre: Centre) -> None:
    browser = centre.signed_in("an", Role.VIEWER)

    def unreachable(**_: object) -> None:
        raise StoreError(Failure("store.unreachable"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(centre.store, "read", unreachable)
        page, program = browser.get("/tai-khoan?lang=vi", **HTML), browser.get("/live/home")
    for answer in (page, program):
        assert answer.status_code == 503 and answer.headers["Retry-After"] and "Kho dữ liệu" in answer.text
    assert page.mimetype == "text/html" and denial_entries(centre) == []
    assert 'href="/tai-khoan?lang=vi"' in page.text  # the same page again


def test_page_that_there_is_not_is_told_in_the_language_of_who_is_known(centre: Centre) -> None:
    browser = centre.signed_in("an", Role.VIEWER)
    paths = ("/khong-co", "/khong-co?lang=en")
    answers = [browser.client.get(path, base_url=browser.base, headers=HTML) for path in paths]
    words = ("Không có gì ở địa chỉ này", "There is nothing at this address")
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [[word in answer.text for word in words] for answer in answers] == [[True, False], [False, True]]
