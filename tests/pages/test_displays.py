"""Displays: callbacks of the page, by HTTP."""

import re
from dataclasses import replace

import pytest

from components.access.displays import page_options
from components.ui.format import format_time
from ioc.auth.displays import DisplaySettings
from ioc.auth.errors import AuthCode
from ioc.domain.access.principal import Role
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter
from ioc.storage.access.displays import Display
from ioc.web.live.page_registry import titles_by_path
from tests.pages.conftest import WorkingBrowser, find_callback, working
from tests.web.views.conftest import ADMIN, PAGES, Browser, Centre

PATH, ROW = "/quan-tri/man-hinh", "displays-table.cellRendererData"
OTHER_ADMIN = replace(ADMIN, name="khac")
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def waiting_wall(centre: Centre, address: str = "203.0.113.70") -> tuple[Browser, str]:
    """A screen that shows its enrolment code, and the code."""
    wall = centre.browser(address)
    match = re.search(r"<output[^>]*>([a-z0-9-]{9})</output>", wall.get("/man-hinh?tiep=%2Ftuong").text)
    assert match
    return wall, match[1]


def settings(
    code: object, name: object = "Tường trái", page: object = "/ban-do", networks: object = ""
) -> dict[str, object]:
    """What is typed into the form."""
    return {
        "displays-code.value": code, "displays-name.value": name, "displays-page.value": page,
        "displays-networks.value": networks,
    }  # fmt: skip


def enrolled(centre: Centre, browser: WorkingBrowser, networks: str = "") -> Browser:
    """A display that was enrolled by the page."""
    wall, code = waiting_wall(centre)
    assert browser.result("displays.enrol", settings(code.upper(), networks=networks))["displays-new.is_open"] is False
    assert wall.get("/man-hinh").headers["Location"] == "/ban-do"
    return wall


def opened(browser: WorkingBrowser, key: str = "tuong-trai") -> dict[str, object]:
    """What the panel of a display holds after it was opened."""
    values = browser.result("displays.open_display", {ROW: {"value": key}})
    return {name: value for name, value in values.items() if name.endswith((".value", ".data"))}


def refused_fields(answer: dict[str, object]) -> list[str]:
    """The fields that say why they are refused."""
    return [
        key.removesuffix("-error.children")
        for key, value in answer.items()
        if key.endswith("-error.children") and value
    ]


def displays(centre: Centre) -> list[Display]:
    return centre.auth.displays.list_all(ADMIN)


def entries(centre: Centre, action: str = "", result: str = "") -> list[tuple[str, str, str, str]]:
    """Actor, action, target and reason of audit entries, the newest first."""
    with centre.store.read() as conn:
        found = audit_log.newest(conn, AuditFilter(action=action, result=result), 99)
    return [(entry.actor, entry.action, entry.target, entry.reason) for entry in found]


def test_display_is_enrolled_shows_its_page_and_is_revoked_at_once(centre: Centre, admin: WorkingBrowser) -> None:
    wall = enrolled(centre, admin)
    headers = wall.get("/ban-do").headers.getlist("Set-Cookie")
    (cookie,) = [header for header in headers if header.startswith("ioc-screen=")]  # renewed with each page
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Max-Age=" in cookie
    assert wall.get("/live/overview").status_code == 200
    assert "Set-Cookie" not in wall.get("/live/overview").headers
    assert wall.get("/tai-khoan").status_code == 303  # a display has no account
    assert "Tường trái" in str(admin.result("displays.list_displays"))
    done = admin.result("displays.revoke", {"displays-key.data": "tuong-trai"})
    assert done["displays-ask.is_open"] is done["displays-one.is_open"] is False
    assert wall.get("/live/overview").status_code == 401
    again = wall.get("/man-hinh")
    assert "không còn hiệu lực" in again.text and re.search(r"<output[^>]*>[a-z0-9-]{9}<", again.text)
    assert entries(centre, action="display-enrolled") and entries(centre, action="display-revoked") == [
        ("truong", "display-revoked", "tuong-trai", "")
    ]


def state_of_row(browser: WorkingBrowser) -> str:
    """The state of the only display in the table."""
    ((_, (row,)),) = browser.result("displays.list_displays").items()
    return str(row["state"]["text"])


def test_state_tells_whether_the_display_is_in_contact(centre: Centre, admin: WorkingBrowser) -> None:
    wall, code = waiting_wall(centre)
    admin.result("displays.enrol", settings(code))
    assert state_of_row(admin) == "chưa thấy"
    centre.later(seconds=30)
    assert wall.get("/man-hinh").headers["Location"] == "/ban-do"
    assert wall.get("/live/overview").status_code == 200
    assert state_of_row(admin) == "đang dùng"
    seen = centre.clock()
    for _ in range(5):
        centre.later(minutes=4)
        admin.get(PATH)  # the administrator stays signed in
    assert state_of_row(admin).startswith(f"mất kết nối từ {format_time(seen)}")
    facts = admin.result("displays.open_display", {ROW: {"value": "tuong-trai"}})["displays-facts.children"]
    assert "mất kết nối từ" in str(facts)


def test_revoking_asks_first_and_says_which_display(centre: Centre, admin: WorkingBrowser) -> None:
    enrolled(centre, admin)
    answer = admin.result("displays.open_display", {ROW: {"value": "tuong-trai"}})
    assert "Tường trái" in answer["displays-ask-body.children"] and answer["displays-change.hidden"] is False
    _, revoking = find_callback(centre, "displays.revoke")
    assert [entry["id"] for entry in revoking["inputs"]] == ["displays-ask-go"]


def test_revoked_display_shows_its_facts_only_and_is_revoked_once(centre: Centre, admin: WorkingBrowser) -> None:
    enrolled(centre, admin)
    assert admin.run("displays.revoke", {"displays-key.data": "tuong-trai"}).status_code == 200
    again = admin.run("displays.revoke", {"displays-key.data": "tuong-trai"})
    assert (again.status_code, again.get_json()["code"]) == (400, AuthCode.DISPLAY_NOT_FOUND)
    assert len(entries(centre, action="display-revoked")) == 1 and not entries(centre, result="denied")
    assert admin.result("displays.open_display", {ROW: {"value": "tuong-trai"}})["displays-change.hidden"] is True
    change = opened(admin)
    assert admin.run("displays.save", change).get_json()["code"] == AuthCode.DISPLAY_NOT_FOUND


def test_form_names_the_waiting_screens_and_a_place_while_the_queue_is_full(
    centre: Centre, admin: WorkingBrowser
) -> None:
    _, code = waiting_wall(centre)
    shown = admin.result("displays.open_enrolment")
    assert code in str(shown["displays-waiting.children"]) and "cho=" not in str(shown["displays-steps.children"])
    for n in range(49):
        centre.auth.displays.request_code(f"198.51.{n}.1")
    wall = centre.browser("203.0.113.71")
    assert "<output" not in wall.get("/man-hinh").text and "<output" not in wall.get("/man-hinh?cho=aaaaaaaa").text
    steps = str(admin.result("displays.open_enrolment")["displays-steps.children"])
    address = re.search(r"http://ioc\.test(/man-hinh\?cho=[a-z0-9]{8})\b", steps)
    assert address and "<output" in wall.get(address[1]).text


def test_fifth_waiting_screen_of_an_address_gets_its_code_and_is_enrolled(
    centre: Centre, admin: WorkingBrowser
) -> None:
    walls = [waiting_wall(centre) for _ in range(5)]
    for n, (wall, code) in enumerate(walls):
        admin.result("displays.enrol", settings(code, f"Tường {n}"))
        assert wall.get("/man-hinh").headers["Location"] == "/ban-do"
    assert len(displays(centre)) == 5


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"displays-name.value": " -- "}, "displays-name"),
        ({"displays-name.value": "Tường trái"}, "displays-name"),
        ({"displays-networks.value": "abc"}, "displays-networks"),
        ({"displays-networks.value": " ".join(f"203.0.113.{n}/32" for n in range(60))}, "displays-networks"),
    ],
)
def test_refused_field_says_why_and_nothing_is_enrolled(
    centre: Centre, admin: WorkingBrowser, changed: dict[str, object], field: str
) -> None:
    enrolled(centre, admin)
    _, code = waiting_wall(centre)
    answer = admin.result("displays.enrol", settings(code, "Khác") | changed)
    assert refused_fields(answer) == [field] and answer["displays-new.is_open"] is True
    assert len(displays(centre)) == 1 and not entries(centre, result="denied")
    assert admin.result("displays.enrol", settings(code, "Khác"))["displays-new.is_open"] is False  # the code is valid


def test_empty_form_tells_all_at_once(centre: Centre, admin: WorkingBrowser) -> None:
    answer = admin.result("displays.enrol", settings("", "", networks="abc"))
    assert sorted(refused_fields(answer)) == ["displays-code", "displays-name", "displays-networks"]
    assert answer["displays-code-error.children"] == "Nhập mã đang hiện trên màn hình."
    assert not entries(centre, result="denied")
    enrolled(centre, admin)
    typed = opened(admin) | {"displays-edit-name.value": "", "displays-edit-networks.value": "abc"}
    assert sorted(refused_fields(admin.result("displays.save", typed))) == [
        "displays-edit-name", "displays-edit-networks",
    ]  # fmt: skip


def test_wrong_code_is_refused_at_its_field_and_audited(centre: Centre, admin: WorkingBrowser) -> None:
    answer = admin.result("displays.enrol", settings("abcd-efgh"))
    assert refused_fields(answer) == ["displays-code"] and not displays(centre)
    assert entries(centre, result="denied") == [
        ("truong", "manage_displays", "displays.enrol", AuthCode.DISPLAY_CODE_INVALID)
    ]


def test_button_pressed_twice_enrols_one_display(centre: Centre, admin: WorkingBrowser) -> None:
    _, code = waiting_wall(centre)
    assert not refused_fields(admin.result("displays.enrol", settings(code)))
    assert refused_fields(admin.result("displays.enrol", settings(code))) == ["displays-code"]
    assert len(displays(centre)) == 1


def test_display_is_bound_to_its_networks(centre: Centre, admin: WorkingBrowser) -> None:
    _, code = waiting_wall(centre, "203.0.113.71")
    outside = admin.result("displays.enrol", settings(code, "x", networks="10.0.0.0/8"))
    assert (
        refused_fields(outside) == ["displays-networks"]
        and "203.0.113.71" in outside["displays-networks-error.children"]
    )
    assert [reason for *_, reason in entries(centre, result="denied")] == [AuthCode.DISPLAY_OUTSIDE_NETWORKS]
    wall = enrolled(centre, admin, "203.0.113.64/26")
    moved = centre.browser("198.51.100.9")
    moved.client.set_cookie("ioc-screen", wall.cookie("ioc-screen"), domain="ioc.test")
    assert (wall.get("/live/overview").status_code, moved.get("/live/overview").status_code) == (200, 401)


def test_second_of_two_operators_is_told_and_changes_nothing(centre: Centre, admin: WorkingBrowser) -> None:
    enrolled(centre, admin)
    values = opened(admin) | {"displays-edit-name.value": "Tường"}
    centre.auth.displays.change("tuong-trai", DisplaySettings("Tường trái", "/", "203.0.113.0/24"), OTHER_ADMIN)
    answer = admin.result("displays.save", values)
    assert refused_fields(answer) == ["displays-edit-name"] and answer["displays-one.is_open"] is True
    assert [display.allowed_networks for display in displays(centre)] == ["203.0.113.0/24"]
    assert (
        admin.result("displays.save", opened(admin) | {"displays-edit-name.value": "Tường"})["displays-one.is_open"]
        is False
    )
    assert [(display.display_name, display.page) for display in displays(centre)] == [("Tường", "/")]


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("networks", "1.2.3")])
def test_change_that_is_refused_says_why(centre: Centre, admin: WorkingBrowser, field: str, value: str) -> None:
    enrolled(centre, admin)
    answer = admin.result("displays.save", opened(admin) | {f"displays-edit-{field}.value": value})
    assert refused_fields(answer) == [f"displays-edit-{field}"]
    assert [(display.display_name, display.allowed_networks) for display in displays(centre)] == [("Tường trái", "")]


def test_operator_enrols_displays_and_administers_no_accounts(centre: Centre) -> None:
    operator = working(centre.signed_in("truc", Role.OPERATOR))
    assert operator.get("/quan-tri").headers["Location"] == PATH
    enrolled(centre, operator)
    assert operator.get("/quan-tri/tai-khoan").status_code == operator.get("/quan-tri/nhat-ky").status_code == 403


def test_administration_leads_to_the_first_page_that_one_may_open(centre: Centre, admin: WorkingBrowser) -> None:
    assert admin.get("/quan-tri").headers["Location"] == "/quan-tri/tai-khoan"
    viewer = centre.signed_in("xem", Role.VIEWER)
    assert viewer.get("/quan-tri").status_code == 403


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMINISTRATOR, Role.OPERATOR)])
def test_who_may_not_manage_displays_gets_neither_page_nor_callbacks(centre: Centre, role: Role) -> None:
    browser = working(centre.signed_in("khac", role))
    _, code = waiting_wall(centre)
    assert browser.get(PATH).status_code == 403
    assert browser.run("displays.list_displays").status_code == 403
    assert browser.run("displays.open_enrolment").status_code == 403
    assert browser.run("displays.enrol", settings(code)).status_code == 403 and not displays(centre)


def test_callback_from_another_site_is_refused(centre: Centre, admin: WorkingBrowser) -> None:
    enrolled(centre, admin)
    admin.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert admin.run("displays.revoke", {"displays-key.data": "tuong-trai"}).status_code == 403
    assert [display.revoked_at for display in displays(centre)] == [None]


FORGED = ("\0", "\ud800", 5, ["x"], {"a": 1})
CROOKED = ("../../etc/passwd", "a" * 3000, "é", "'; DROP TABLE display;--", None, *FORGED)


@pytest.mark.parametrize("typed", CROOKED)
def test_malformed_input_is_refused(centre: Centre, admin: WorkingBrowser, typed: object) -> None:
    enrolled(centre, admin)
    if typed in FORGED:
        assert admin.run("displays.enrol", settings(typed, typed, typed, typed)).status_code == 400
    else:
        assert refused_fields(admin.result("displays.enrol", settings(typed, typed, typed, typed)))
    assert admin.run("displays.open_display", {ROW: {"value": typed}}).status_code == 400
    assert admin.run("displays.revoke", {"displays-key.data": typed}).status_code == 400
    assert admin.run("displays.save", {"displays-key.data": typed, "displays-edit-name.value": "x"}).status_code == 400
    assert [display.revoked_at for display in displays(centre)] == [None]


def test_markup_in_names_stays_text(centre: Centre, admin: WorkingBrowser) -> None:
    wall = centre.browser("203.0.113.70")
    wall.client.environ_base["HTTP_USER_AGENT"] = MARKUP
    code = re.search(r"<output[^>]*>([a-z0-9-]{9})</output>", wall.get("/man-hinh").text)
    assert code and MARKUP[:25] in str(admin.result("displays.open_enrolment"))  # as a text of a component, no markup
    admin.result("displays.enrol", settings(code[1], MARKUP, MARKUP))
    assert [(display.display_name, display.page) for display in displays(centre)] == [(MARKUP, "/tuong")]
    assert wall.get("/man-hinh").status_code == 303
    centre.auth.displays.revoke(displays(centre)[0].key, ADMIN)
    assert "<script>alert" not in wall.get("/man-hinh").text


def test_page_options_have_the_names_of_the_rail_and_no_page_that_takes_more_than_viewing(
    centre: Centre,
) -> None:
    english = page_options(PAGES, "en")
    assert english[0] == ("/tuong", "Wall display – /tuong") and ("/ban-do", "Map – /ban-do") in english
    assert ("/ban-do", "Bản đồ – /ban-do") in page_options(PAGES, "vi")
    titles = titles_by_path()
    assert "/ban-do" in titles and not [path for path in titles if path.startswith("/quan-tri")]
