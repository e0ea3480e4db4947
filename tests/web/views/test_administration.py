"""Administration by its pages: accounts, displays, audit log."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from html import unescape
from typing import cast

import pytest

from ioc.auth.displays import DisplaySettings
from ioc.auth.user_admin import NewUser
from ioc.domain.access.principal import Role
from ioc.storage.access import audit_log
from ioc.storage.db.store import Conn, Store
from tests.web.views.conftest import ADMIN, FAR, Browser, Centre

OTHER_ADMIN = replace(ADMIN, name="khac")
AUDIT_LOG = "/quan-tri/nhat-ky"
REPORTER = NewUser("bao-cao", [Role.REPORTER], "Người báo cáo A", "mp-a")


@pytest.fixture
def admin(centre: Centre) -> Browser:
    return centre.signed_in("truong", Role.ADMINISTRATOR)


def request_enrolment(centre: Centre, address: str = "203.0.113.70") -> tuple[Browser, str]:
    """A screen that shows its enrolment code, and the code."""
    wall = centre.browser(address)
    match = re.search(r"<output[^>]*>([a-z0-9-]{9})</output>", wall.get("/man-hinh?tiep=%2Ftuong").text)
    assert match
    return wall, match[1]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_link_of_another_origin_to_a_wall_makes_no_code_and_leads_a_signed_in_person_to_it(
    centre: Centre, site: str
) -> None:
    path, linked = "/man-hinh?tiep=%2Ftuong", {"Sec-Fetch-Site": site}
    answer = centre.browser().get(path, **linked)  # without the cookies, as a browser sends it
    assert answer.status_code == 200 and f'content="0;url={path}"' in unescape(answer.text)
    assert "<output" not in answer.text and not centre.auth.displays.pending_requests(ADMIN)
    assert centre.signed_in("chi", Role.VIEWER).get(path).headers["Location"] == "/tuong"
    assert "<output" in centre.browser().get(path).text


def enrol_display(centre: Centre) -> Browser:
    wall, code = request_enrolment(centre)
    centre.auth.displays.enrol(code, DisplaySettings("Tường trái", "/ban-do"), ADMIN)
    assert wall.get("/man-hinh").headers["Location"] == "/ban-do"
    return wall


def test_display_whose_answer_was_lost_gets_its_cookie_again_until_it_shows_it(centre: Centre) -> None:
    wall, code = request_enrolment(centre)
    centre.auth.displays.enrol(code, DisplaySettings("Tường trái", "/ban-do"), ADMIN)
    asked, cookies = wall.cookie("ioc-ask"), list[str | None]()
    assert asked is not None
    for _ in range(2):
        wall.client.set_cookie("ioc-ask", asked, domain="ioc.test")
        assert wall.get("/man-hinh").headers["Location"] == "/ban-do"
        cookies.append(wall.cookie("ioc-screen"))
        wall.client.delete_cookie("ioc-screen", domain="ioc.test")
    assert cookies[0] == cookies[1] is not None
    wall.client.set_cookie("ioc-screen", str(cookies[0]), domain="ioc.test")
    assert wall.get("/ban-do").status_code == 200
    wall.client.delete_cookie("ioc-screen", domain="ioc.test")
    wall.client.set_cookie("ioc-ask", asked, domain="ioc.test")
    assert "<output" in wall.get("/man-hinh").text  # a new code


def test_display_cookie_is_renewed_in_use_and_expires_unused(centre: Centre) -> None:
    wall = enrol_display(centre)
    cookies = set()
    for _ in range(30):
        centre.later(days=10)
        assert wall.get("/ban-do").status_code == 200
        cookies.add(wall.cookie("ioc-screen"))
    assert len(cookies) > 20
    centre.later(days=401)
    assert wall.get("/live/home").status_code == 401


def test_display_with_two_windows_keeps_the_new_cookie(centre: Centre) -> None:
    """The answer to the second window put the old cookie in the place of the new one, which had made it void."""
    wall = enrol_display(centre)
    old = wall.cookie("ioc-screen")
    centre.later(days=8)
    assert wall.get("/ban-do").status_code == 200
    new = wall.cookie("ioc-screen")
    assert new != old
    window = centre.browser("203.0.113.70")
    window.client.set_cookie("ioc-screen", old, domain="ioc.test")
    answer = window.get("/tuong")
    assert answer.status_code == 200 and "ioc-screen" not in answer.headers.get("Set-Cookie", "")
    assert wall.get("/live/home").status_code == 200


def test_denials_are_audited(centre: Centre) -> None:
    viewer = centre.signed_in("xem", Role.VIEWER)
    viewer.get("/quan-tri")
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
    wall = enrol_display(centre)
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
