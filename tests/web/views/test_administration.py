"""Administration by its pages: accounts, displays, audit log."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import cast

import pytest

from components.ui.format import format_time
from ioc.auth.principal import Role
from ioc.storage.access import audit_log
from ioc.storage.db.store import Conn, Store
from tests.auth.site import PASSWORD, failed_login
from tests.web.views.conftest import FAR, Browser, Centre

PEOPLE, SCREENS, TRAIL = "/quan-tri/tai-khoan", "/quan-tri/man-hinh", "/quan-tri/nhat-ky"
REPORTER = {"ten": "bao-cao", "ho-ten": "Người báo cáo A", "co-quan": "mp-a", "vai-tro": "reporter"}


@pytest.fixture
def admin(centre: Centre) -> Browser:
    return centre.signed_in("truong", Role.ADMINISTRATOR)


def given_out(page: str) -> str:
    found = re.search(r'<output class="secret">([^<]+)</output>', page)
    assert found
    return found[1]


def test_reporter_is_added_signs_in_and_is_disabled_at_once(centre: Centre, admin: Browser) -> None:
    made = admin.post(PEOPLE, dict(REPORTER))
    assert made.status_code == 200 and made.headers["Cache-Control"] == "no-store"
    reporter = centre.browser("203.0.113.50")
    reporter.post("/dang-nhap", {"ten": "bao-cao", "mat-khau": given_out(made.text)})
    reporter.post("/tai-khoan/mat-khau", {"moi": PASSWORD, "lai": PASSWORD})
    mine = reporter.get("/tai-khoan")
    assert "Đầu mối cơ quan" in mine.text and "Cơ quan A (mô phỏng)" in mine.text
    assert reporter.get("/live/home").status_code == 200
    assert reporter.get(PEOPLE).status_code == 403
    assert admin.post(f"{PEOPLE}/bao-cao/khoa", {}, page=f"{PEOPLE}/bao-cao").status_code == 303
    assert "đã vô hiệu hóa" in admin.get(PEOPLE).text
    assert reporter.get("/live/home").status_code == 401
    assert admin.post(f"{PEOPLE}/bao-cao/mo", {}, page=f"{PEOPLE}/bao-cao").status_code == 303


def test_double_submit_adds_one_account(centre: Centre, admin: Browser) -> None:
    first = admin.post(PEOPLE, dict(REPORTER))
    again = admin.post(PEOPLE, dict(REPORTER))
    assert first.status_code == 200 and again.status_code == 400 and "Đã có tài khoản" in again.text
    assert 'value="Người báo cáo A"' in again.text  # what was typed is not lost
    assert [one.name for one in centre.accounts.list_accounts()] == ["bao-cao", "truong"]
    for _ in range(2):
        admin.post(f"{PEOPLE}/bao-cao/khoa", {}, page=f"{PEOPLE}/bao-cao")
    with centre.store.read() as conn:
        told = audit_log.newest(conn, audit_log.AuditFilter(action="account-disabled"), 9)
    assert len(told) == 1


def test_rights_are_changed_and_access_is_reset(centre: Centre, admin: Browser) -> None:
    reporter = centre.signed_in("binh", Role.VIEWER)
    sent = {"ho-ten": "Bình", "co-quan": "mp-b", "vai-tro": ["reporter", "viewer"]}
    assert admin.post(f"{PEOPLE}/binh", sent).headers["Location"] == f"{PEOPLE}/binh?xong=saved"
    (one,) = [one for one in centre.accounts.list_accounts() if one.name == "binh"]
    assert (one.display_name, one.agency, one.roles) == ("Bình", "mp-b", frozenset({Role.REPORTER, Role.VIEWER}))
    assert reporter.get("/live/home").status_code == 401  # what one may has changed: signed in anew
    reset = admin.post(f"{PEOPLE}/binh/dat-lai", {"lop-hai": "1"}, page=f"{PEOPLE}/binh")
    assert len(given_out(reset.text)) > 12


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
    done = admin.post("/quan-tri/tai-khoan/an/mo-khoa", {}, page="/quan-tri/tai-khoan/an")
    assert done.headers["Location"] == "/quan-tri/tai-khoan/an?xong=unlocked"
    assert "tạm khóa" not in admin.get("/quan-tri/tai-khoan").text and centre.site.sign_in("an", address="10.7.0.9")
    with centre.store.read() as conn:
        (told,) = audit_log.newest(conn, audit_log.AuditFilter(action="account-unlocked"), 9)
    assert (told.actor, told.target) == ("truong", "an")


def test_administrator_ends_sessions_of_a_user(centre: Centre, admin: Browser) -> None:
    other = centre.signed_in("binh", Role.VIEWER)
    (session,) = centre.accounts.list_sessions("binh")
    assert admin.post(f"{PEOPLE}/truong/phien", {"phien": session.id}, page=PEOPLE).status_code == 403  # not theirs
    assert other.get("/").status_code == 200
    assert admin.post(f"{PEOPLE}/binh/phien", {"phien": session.id}, page=f"{PEOPLE}/binh").status_code == 303
    assert other.get("/").status_code == 303


def test_user_ends_own_other_sessions(centre: Centre) -> None:
    here = centre.signed_in("binh", Role.VIEWER)
    there = centre.browser()
    there.post("/dang-nhap", {"ten": "binh", "mat-khau": PASSWORD})
    assert there.get("/").status_code == 200
    assert here.post("/tai-khoan/phien", {"phien": "*"}, page="/tai-khoan").status_code == 303
    assert (here.get("/").status_code, there.get("/").status_code) == (200, 303)
    stranger = centre.signed_in("chi", Role.VIEWER)
    (session,) = centre.accounts.list_sessions("binh")
    assert stranger.post("/tai-khoan/phien", {"phien": session.id}, page="/tai-khoan").status_code == 403
    assert here.get("/").status_code == 200


def waiting(centre: Centre, address: str = "203.0.113.70") -> tuple[Browser, str]:
    """A wall that shows its code."""
    wall = centre.browser(address)
    found = re.search(r"<output[^>]*>([a-z0-9-]{9})</output>", wall.get("/man-hinh?tiep=%2Ftuong").text)
    assert found
    return wall, found[1]


def enrolled(centre: Centre, admin: Browser, **more: str) -> Browser:
    wall, code = waiting(centre)
    sent = {"ma": code.upper(), "ten": "Tường trái", "trang": "/ban-do", "dai": "", **more}
    answer = admin.post(SCREENS, sent)
    assert answer.status_code == 303, answer.text
    assert wall.get("/man-hinh").headers["Location"] == sent["trang"]
    return wall


def test_display_is_enrolled_shows_its_page_and_is_revoked_at_once(centre: Centre, admin: Browser) -> None:
    wall = enrolled(centre, admin)
    given = wall.get("/ban-do").headers.getlist("Set-Cookie")
    (cookie,) = [one for one in given if one.startswith("ioc-screen=")]  # given anew with each page
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Max-Age=" in cookie
    assert wall.get("/live/home").status_code == 200
    assert "Set-Cookie" not in wall.get("/live/home").headers
    assert wall.get("/tai-khoan").status_code == 303  # it only looks
    assert "Tường trái" in admin.get(SCREENS).text
    assert admin.post(f"{SCREENS}/tuong-trai/thu-hoi", {}, page=SCREENS).status_code == 303
    assert wall.get("/live/home").status_code == 401
    again = wall.get("/man-hinh")
    assert "không còn hiệu lực" in again.text and re.search(r"<output[^>]*>[a-z0-9-]{9}<", again.text)


def test_display_cookie_is_renewed_in_use_and_expires_unused(centre: Centre, admin: Browser) -> None:
    wall = enrolled(centre, admin)
    seen = set()
    for _ in range(30):
        centre.later(days=10)
        assert wall.get("/ban-do").status_code == 200
        seen.add(wall.cookie("ioc-screen"))
    assert len(seen) > 20
    centre.later(days=401)
    assert wall.get("/live/home").status_code == 401


def test_display_is_bound_to_its_networks(centre: Centre, admin: Browser) -> None:
    _, code = waiting(centre, "203.0.113.71")
    outside = admin.post(SCREENS, {"ma": code, "ten": "x", "trang": "/tuong", "dai": "10.0.0.0/8"})
    assert outside.status_code == 403 and "203.0.113.71" in outside.text
    wall = enrolled(centre, admin, dai="203.0.113.64/26")
    moved = centre.browser("198.51.100.9")
    moved.client.set_cookie("ioc-screen", wall.cookie("ioc-screen"), domain="ioc.test")
    assert (wall.get("/live/home").status_code, moved.get("/live/home").status_code) == (200, 401)


def test_operator_enrols_displays_and_administers_no_accounts(centre: Centre) -> None:
    operator = centre.signed_in("truc", Role.OPERATOR)
    assert operator.get("/quan-tri").headers["Location"] == SCREENS
    enrolled(centre, operator)
    assert operator.get(PEOPLE).status_code == operator.get(TRAIL).status_code == 403
    viewer = centre.signed_in("xem", Role.VIEWER)
    assert viewer.get("/quan-tri").status_code == viewer.get(SCREENS).status_code == 403


def test_audit_log_is_filtered_verified_and_exported(centre: Centre, admin: Browser) -> None:
    admin.post(PEOPLE, dict(REPORTER))
    admin.get("/quan-tri/nhat-ky")
    page = admin.get(f"{TRAIL}?viec=account-created").text
    assert (
        "thêm tài khoản" in page
        and "Vai trò: Đầu mối cơ quan" in page
        and "Cơ quan: mp-a" in page
        and "đăng nhập</td>" not in page
    )
    assert "Không có dòng nào" in admin.get(f"{TRAIL}?ai=khong-co-ai").text
    assert "thêm tài khoản" in admin.get(f"{TRAIL}?tu=01/01/2020&den=31/12/2030").text
    assert "Không có dòng nào" in admin.get(f"{TRAIL}?tu=01/01/2031").text
    by_words = admin.get(f"{TRAIL}?viec=Thêm tài khoản&ket-qua=success").text
    assert "Vai trò: Đầu mối cơ quan" in by_words and '<option value="success" selected>' in by_words
    assert "Không có dòng nào" in admin.get(f"{TRAIL}?viec=account-created&ket-qua=denied").text
    assert "“32/13/2026” không phải là ngày" in admin.get(f"{TRAIL}?tu=32/13/2026").text
    assert "Nhật ký còn nguyên" in admin.post(f"{TRAIL}/kiem-tra", {}, page=TRAIL).text
    answer = admin.post(f"{TRAIL}/xuat", {"viec": "account-created"}, page=TRAIL)
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [(one["action"], one["target"], one["address"]) for one in rows] == [("account-created", "bao-cao", FAR)]
    assert "xuất nhật ký" in admin.get(TRAIL).text


def test_tampered_audit_log_names_the_entry(centre: Centre, admin: Browser) -> None:
    admin.post(PEOPLE, dict(REPORTER))
    from sqlalchemy import text

    with centre.store.write() as conn:
        conn.execute(text("UPDATE audit_entry SET target = 'ai-khac' WHERE action = 'account-created'"))
    told = admin.post(f"{TRAIL}/kiem-tra", {}, page=TRAIL).text
    assert "đã bị can thiệp tại dòng №" in told and "nội dung đã bị sửa" in told


def test_denials_are_audited(centre: Centre) -> None:
    viewer = centre.signed_in("xem", Role.VIEWER)
    viewer.get(PEOPLE)
    with centre.store.read() as conn:
        (told,) = audit_log.newest(conn, audit_log.AuditFilter(actor="xem", result="denied"), 9)
    assert (told.action, told.actor_kind, told.address) == ("administer", "user", FAR)


def counted(store: Store, name: str, asked: list[str]) -> Callable[[], AbstractContextManager[Conn]]:
    """The way into `store` of this name, which notes each use."""
    real = getattr(store, name)

    def way() -> AbstractContextManager[Conn]:
        asked.append(name)
        return cast(AbstractContextManager[Conn], real())

    return way


def test_display_requests_rarely_read_the_store(
    centre: Centre, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = enrolled(centre, admin)
    tag = wall.get("/live/home").headers["ETag"]
    asked: list[str] = []
    for name in ("read", "write"):
        monkeypatch.setattr(centre.store, name, counted(centre.store, name, asked))
    wall.get("/live/home", **{"If-None-Match": tag})
    looked = len(asked)
    answers = {wall.client.get("/live/home", base_url=wall.base, headers={"If-None-Match": tag}).status_code
               for _ in range(100)}  # fmt: skip
    assert answers == {304} and looked <= 1
    assert len(asked) == looked
