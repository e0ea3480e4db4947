"""Hostile input: cross-origin posts, stolen tokens, markup, long and malformed paths."""

import re

import pytest

from ioc.auth.user_admin import NewUser
from ioc.domain.access.principal import Role
from ioc.web.errors.codes import RequestCode
from tests.auth.site import PASSWORD
from tests.web.views.conftest import ADMIN, Browser, Centre

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
# Every address that a form is sent to, with what it would need.
WRITES = (
    "/dang-nhap", "/dang-nhap/ma", "/dang-xuat", "/tai-khoan/mat-khau",
    "/tai-khoan/lop-hai/bat-dau",
    "/tai-khoan/lop-hai/xac-nhan", "/_dash-update-component", "/files/figures", "/files/tasks", "/files/evidence",
)  # fmt: skip


@pytest.fixture
def admin(centre: Centre) -> Browser:
    return centre.signed_in("truong", Role.ADMINISTRATOR)


def test_every_writing_route_is_listed(centre: Centre) -> None:
    rules = {rule.rule for rule in centre.app.server.url_map.iter_rules() if rule.methods and "POST" in rule.methods}
    for rule in rules:
        pattern = re.compile(re.sub(r"<[^>]+>", "[^/]+", rule))
        assert any(pattern.fullmatch(path) for path in WRITES), rule


@pytest.mark.parametrize("path", WRITES)
def test_cross_origin_post_is_denied(admin: Browser, path: str) -> None:
    for site in ("cross-site", "same-site", ""):
        answer = admin.post(path, {}, **{"Sec-Fetch-Site": site})
        assert answer.status_code == 403 and answer.get_json()["code"] == RequestCode.CROSS_ORIGIN
    del admin.client.environ_base["HTTP_SEC_FETCH_SITE"]
    # The last three differ in scheme, port and host alone.
    evil = ("https://evil.example", "null", "", "https://ioc.test", "http://ioc.test:8050", "http://x.ioc.test")
    for origin in evil:
        answer = admin.post(path, {}, Origin=origin)
        assert answer.status_code == 403 and answer.get_json()["code"] == RequestCode.CROSS_ORIGIN


@pytest.mark.parametrize("path", WRITES)
def test_post_that_does_not_say_its_origin_is_denied(centre: Centre, admin: Browser, path: str) -> None:
    centre.site.add_user("binh")
    del admin.client.environ_base["HTTP_SEC_FETCH_SITE"]
    answer = admin.post(path, {})
    assert answer.status_code == 403 and answer.get_json()["code"] == RequestCode.ORIGIN_MISSING
    assert not [
        account
        for account in centre.auth.users.list_accounts(ADMIN)
        if account.disabled_at or account.has_one_time_password
    ]


@pytest.mark.parametrize("name", ["ioc-session", "ioc-screen"])
def test_tampered_cookie_is_anonymous(centre: Centre, name: str) -> None:
    browser = centre.signed_in("an", Role.VIEWER)
    good = browser.cookie("ioc-session")
    for bad in (good[:-1] + ("A" if good[-1] != "A" else "B"), good + "A", good.lower(), "x" * 3000, "../../etc", ""):
        other = centre.browser()
        other.client.set_cookie(name, bad, domain="ioc.test")
        assert other.get("/live/home").status_code == 401


def test_markup_in_names_is_escaped(centre: Centre, admin: Browser) -> None:
    centre.auth.users.add(NewUser("binh", [Role.VIEWER], MARKUP), ADMIN)
    administrator = centre.auth.sessions.authenticate(admin.cookie("ioc-session"), "", is_active=False)
    assert administrator is not None
    centre.auth.users.reset_password("binh", administrator)
    pages = []
    centre.site.add_user("chi")
    guest = centre.browser()
    guest.client.environ_base["HTTP_USER_AGENT"] = MARKUP
    guest.post("/dang-nhap", {"ten": "chi", "mat-khau": PASSWORD})
    pages += [guest.get("/tai-khoan").text, guest.post("/dang-nhap", {"ten": MARKUP, "mat-khau": "x"}).text]
    assert any("&lt;script&gt;" in page for page in pages)
    assert not any("<script>" in page or "<img src=x" in page for page in pages)


def test_too_large_body_is_denied_with_its_text(admin: Browser) -> None:
    answer = admin.post("/dang-nhap", {"ten": "x" * 300_000})
    assert answer.status_code == 413 and "quá lớn" in answer.text
    many = admin.post("/dang-nhap", {f"f{n}": "x" for n in range(2000)})
    assert many.status_code in (400, 403, 413)


def test_input_never_reaches_a_header(admin: Browser) -> None:
    for path in ("%0d%0aSet-Cookie:%20a=b", "/%0d%0aX-Evil:%201", "%E2%80%A8x"):
        answer = admin.get(f"/dang-nhap?tiep={path}")
        assert answer.status_code == 303 and answer.headers["Location"] == "/" and "X-Evil" not in answer.headers


def test_form_pages_allow_no_script_and_no_cache(admin: Browser) -> None:
    for path in ("/dang-nhap/ma", "/tai-khoan/lop-hai"):
        answer = admin.get(path)
        if answer.status_code == 200:
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'") and "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert "<script" not in answer.text and " style=" not in answer.text
