"""Login by its pages: second step, required actions, cookies, return path."""

import re
from html import unescape

import pyotp
import pytest

from ioc.domain.access.principal import Role
from ioc.web.live.ssr import fill_viewer
from tests.auth.site import PASSWORD
from tests.web.views.conftest import Centre

WRONG = {"ten": "an", "mat-khau": "sai bét nhè"}
RIGHT = {"ten": "an", "mat-khau": PASSWORD}


def test_login_leads_to_the_requested_page(centre: Centre) -> None:
    centre.site.add_user()
    browser = centre.browser()
    assert browser.get("/ban-do").headers["Location"] == "/dang-nhap?tiep=%2Fban-do"
    answer = browser.post("/dang-nhap", {**RIGHT, "tiep": "/ban-do"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ban-do")
    assert browser.get("/ban-do").status_code == 200 and browser.get("/live/home").status_code == 200


def test_login_replaces_a_planted_cookie(centre: Centre) -> None:
    centre.site.add_user()
    browser = centre.browser()
    planted = "A" * 43
    browser.client.set_cookie("ioc-session", planted, domain="ioc.test")
    browser.post("/dang-nhap", RIGHT)
    first = browser.cookie("ioc-session")
    assert len(first) == 43 and first != planted
    assert browser.get("/ban-do").status_code == 200


def test_cookies_are_httponly_and_over_tls_host_bound(centre: Centre) -> None:
    centre.site.add_user()
    plain = centre.browser().post("/dang-nhap", RIGHT).headers["Set-Cookie"]
    assert plain.startswith("ioc-session=") and "HttpOnly" in plain and "SameSite=Strict" in plain
    assert "Max-Age" not in plain and "Domain" not in plain
    behind = centre.browser(tls=True).post("/dang-nhap", RIGHT, Origin="https://ioc.test")
    cookie = behind.headers["Set-Cookie"]
    assert cookie.startswith("__Host-ioc-session=") and "Secure" in cookie and "Path=/" in cookie
    assert behind.headers["Strict-Transport-Security"]


LINK = "/dang-nhap?tiep=%2Fban-do&lang=en"


def led_on(page: str) -> str:
    """Where a page leads by itself at once, "" when it stays."""
    match = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', page)
    return unescape(match[1]) if match else ""


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {}, {"Referer": "https://mail.example/"}])
def test_link_of_another_site_leads_who_is_signed_in_to_the_page(centre: Centre, headers: dict[str, str]) -> None:
    """The browser leaves out Strict cookies with a link of another site, and with the redirects that follow."""
    user, stranger = centre.signed_in("an", Role.VIEWER), centre.browser()
    for browser in (user, stranger):
        del browser.client.environ_base["HTTP_SEC_FETCH_SITE"]
    redirect = stranger.get("/ban-do", **headers)
    assert redirect.headers["Location"] == "/dang-nhap?tiep=%2Fban-do"
    bounced = stranger.get(redirect.headers["Location"], **headers)
    assert bounced.status_code == 200 and 'name="mat-khau"' not in bounced.text
    path = led_on(bounced.text)
    assert path == "/dang-nhap?tiep=%2Fban-do&lai=1" and bounced.headers["Cache-Control"] == "no-store"
    assert user.get(path, **{"Sec-Fetch-Site": "same-origin"}).headers["Location"] == "/ban-do"
    assert 'name="mat-khau"' in stranger.get(path, **headers).text  # once, whatever the browser sends


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}, {"Referer": "http://ioc.test/ban-do"}],
)
def test_login_page_of_a_browser_that_sends_its_cookies_stays(centre: Centre, headers: dict[str, str]) -> None:
    browser = centre.browser()
    del browser.client.environ_base["HTTP_SEC_FETCH_SITE"]
    page = browser.get(LINK, **headers).text
    assert led_on(page) == "" and 'name="mat-khau"' in page


@pytest.mark.parametrize("typed", [WRONG, {"ten": "nobody-at-all", "mat-khau": PASSWORD}, {"ten": "", "mat-khau": ""}])
def test_denied_login_shows_the_same_page(centre: Centre, typed: dict[str, str]) -> None:
    centre.site.add_user()
    browser = centre.browser()
    answer = browser.post("/dang-nhap", dict(typed))
    assert answer.status_code == 403 and "Không đăng nhập được" in answer.text
    assert not browser.cookie("ioc-session") and PASSWORD not in answer.text


def test_second_step_takes_a_code(centre: Centre) -> None:
    totp = centre.site.add_user_with_mfa("an", Role.ADMINISTRATOR)
    browser = centre.browser()
    answer = browser.post("/dang-nhap", {**RIGHT, "tiep": "/ban-do"})
    assert answer.headers["Location"] == "/dang-nhap/ma?tiep=%2Fban-do"
    assert browser.get("/tai-khoan").status_code == 303  # not in yet
    wrong = browser.post("/dang-nhap/ma", {"ma": "000000"})
    assert wrong.status_code == 403 and "Mã không đúng" in wrong.text
    centre.later(minutes=2)
    right = browser.post("/dang-nhap/ma", {"ma": centre.code(totp), "tiep": "/ban-do"})
    assert right.headers["Location"] == "/ban-do"
    assert browser.get("/ban-do").status_code == 200
    centre.later(minutes=6)
    assert browser.get("/ban-do").status_code == 303  # an administrator's five minutes


def test_one_time_password_and_missing_mfa_come_first(centre: Centre) -> None:
    once = centre.auth.users.create_first_administrator()
    browser = centre.browser()
    browser.post("/dang-nhap", {"ten": "quan-tri", "mat-khau": once})
    for path in ("/", "/ban-do", "/tai-khoan"):
        assert browser.get(path).headers["Location"] == "/tai-khoan/mat-khau"
    assert browser.post("/_dash-update-component", {"ten": "x"}).status_code == 403
    differs = browser.post("/tai-khoan/mat-khau", {"moi": PASSWORD, "lai": PASSWORD + "x"})
    assert differs.status_code == 400 and "không giống nhau" in differs.text
    assert browser.post("/tai-khoan/mat-khau", {"moi": PASSWORD, "lai": PASSWORD}).status_code == 303
    assert browser.get("/tai-khoan").headers["Location"] == "/tai-khoan/lop-hai"
    drawn = browser.post("/tai-khoan/lop-hai/bat-dau", {"mat-khau": PASSWORD}).text
    secret = drawn.split('name="bi-mat" value="')[1].split('"')[0]
    assert "viewBox" in drawn and "<svg" in drawn
    sent = {"bi-mat": secret, "ma": "123"}
    again = browser.post("/tai-khoan/lop-hai/xac-nhan", dict(sent))
    assert again.status_code == 403 and secret in again.text
    sent["ma"] = centre.code(pyotp.TOTP(secret))
    answer = browser.post("/tai-khoan/lop-hai/xac-nhan", dict(sent))
    assert answer.text.count("<li>") == 10 and answer.headers["Cache-Control"] == "no-store"
    assert "Xác thực hai bước đã bật. Mọi phiên khác đã kết thúc." in answer.text
    assert browser.get("/ban-do").status_code == 200


@pytest.mark.parametrize(
    "return_path",
    ["//evil.example", "/\\evil.example", "https://evil.example/", "/\r\nSet-Cookie: a=b", "javascript:x", "/%0d"],
)
def test_login_never_redirects_to_another_host(centre: Centre, return_path: str) -> None:
    centre.site.add_user()
    answer = centre.browser().post("/dang-nhap", {**RIGHT, "tiep": return_path})
    to = answer.headers["Location"]
    assert to in ("/", "/%0d") and "a" not in {cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}


def test_sign_out_ends_the_session_in_browser_and_store(centre: Centre) -> None:
    browser = centre.signed_in("an", Role.VIEWER)
    stolen = browser.cookie("ioc-session")
    signed_out = browser.post("/dang-xuat", {})
    assert signed_out.headers["Location"] == "/dang-nhap?xong=out"
    assert "Đã đăng xuất" in browser.get("/dang-nhap?xong=out").text
    thief = centre.browser()
    thief.client.set_cookie("ioc-session", stolen, domain="ioc.test")
    assert thief.get("/").status_code == 303


@pytest.mark.parametrize("has_mfa", [False, True])
def test_login_ends_the_session_that_it_replaces(centre: Centre, has_mfa: bool) -> None:
    """From a form that was open before the first sign-in: the browser keeps no cookie to sign the first one out."""
    browser = centre.signed_in("binh", Role.VIEWER)
    copied = centre.browser()
    copied.client.set_cookie("ioc-session", browser.cookie("ioc-session"), domain="ioc.test")
    totp = centre.site.add_user_with_mfa() if has_mfa else centre.site.add_user()
    browser.post("/dang-nhap", WRONG)
    if isinstance(totp, pyotp.TOTP):
        browser.post("/dang-nhap", RIGHT)
    assert copied.get("/ban-do").status_code == 200
    if isinstance(totp, pyotp.TOTP):
        browser.post("/dang-nhap/ma", {"ma": centre.code(totp)})
    else:
        browser.post("/dang-nhap", RIGHT)
    assert copied.get("/ban-do").status_code == 303
    assert browser.get("/toi").get_json()["shown"] == "an"


def test_background_requests_do_not_prolong_a_session(centre: Centre) -> None:
    browser = centre.signed_in("an", Role.VIEWER)
    for _ in range(14):
        centre.later(minutes=1)
        assert browser.get("/live/home").status_code == 200
    centre.later(minutes=1, seconds=1)
    assert browser.get("/live/home").status_code == 401
    other = centre.signed_in("binh", Role.VIEWER)
    for _ in range(30):
        centre.later(minutes=1)
        assert other.get("/live/home", **{"X-Ioc-Active": "1"}).status_code == 200


def test_toi_names_the_user_and_frames_do_not(centre: Centre) -> None:
    browser = centre.signed_in("an-nguyen", Role.VIEWER)
    user = browser.get("/toi").get_json()
    assert user.pop("before")["vi"].startswith("Đây là lần đăng nhập đầu tiên") and user.pop("doubt") is False
    assert user == {
        "kind": "user",
        "shown": "an-nguyen",
        "idle": 900,
        "ended": False,
        "can": ["public", "view", "read", "metrics", "own_account"],
    }
    assert "an-nguyen" not in browser.get("/live/home").text
    assert "an-nguyen" not in centre.signed_in("binh", Role.VIEWER).get("/").text
    assert centre.browser().get("/toi").get_json()["kind"] == "anonymous"


def test_toi_tells_a_browser_whose_session_ended_where_anybody_may_read(centre: Centre) -> None:
    here = centre.browser("127.0.0.1")
    here.base = "http://localhost"
    first = here.get("/toi").get_json()
    here.client.set_cookie("ioc-session", "ended", domain="localhost")
    answer = here.get("/toi").get_json()
    assert [(each["kind"], each["ended"]) for each in (first, answer)] == [("local", False), ("local", True)]


def test_toi_tells_the_previous_login_in_the_first_minutes(centre: Centre) -> None:
    centre.site.add_user()
    first = centre.browser()
    first.post("/dang-nhap", dict(RIGHT))
    centre.browser("203.0.113.66").post("/dang-nhap", {**RIGHT, "mat-khau": "không phải"})
    centre.later(minutes=2)
    second = centre.browser("203.0.113.77")
    second.post("/dang-nhap", dict(RIGHT))
    user = second.get("/toi").get_json()
    assert user["doubt"] is True and "Failed attempts since then: 1." in user["before"]["en"]
    centre.later(minutes=11)
    assert "before" not in second.get("/toi").get_json()
    assert "before" not in centre.browser().get("/toi").get_json()


def test_toi_tells_only_who_may_release_how_much_waits_for_them(centre: Centre) -> None:
    assert centre.signed_in("lanh-dao", Role.LEADER).get("/toi").get_json()["waiting"] == {"release": 8}
    assert "waiting" not in centre.signed_in("xem", Role.VIEWER, Role.OPERATOR).get("/toi").get_json()


def test_index_names_the_user_in_its_first_paint(centre: Centre) -> None:
    """The document is of one request, so that no sign-in is offered to who is signed in until /toi answers."""
    page = centre.signed_in("truc", Role.OPERATOR).get("/")
    link = re.search(r"<a [^>]*data-me[^>]*>.*?</a>", page.text)
    assert link and 'href="/tai-khoan"' in link[0] and "<span>truc</span>" in link[0] and "Đăng nhập" not in link[0]
    can = re.search(r'<html [^>]*data-can="([^"]*)"', page.text)
    assert can and "enter_phone_report" in can[1].split() and "administer" not in can[1].split()
    assert page.headers["Cache-Control"] == "private, no-cache"


def test_name_of_the_user_is_no_markup_in_the_first_paint() -> None:
    link = '<a class="tool" href="/dang-nhap" data-me="" title="Đăng nhập"><svg></svg><span>Đăng nhập</span></a>'
    named = fill_viewer(link, '<b>"\\1')
    safe = "&lt;b&gt;&quot;\\1"
    expected = f'<a class="tool" href="/tai-khoan" data-me="" title="{safe}"><svg></svg><span>{safe}</span></a>'
    assert named == expected
