"""The contract of working pages: ids, callbacks, permissions, and what each page loads."""

import re

import dash
import pytest

from ioc.dash_kit.callbacks import callback_action, callback_name
from ioc.domain.access.permissions import is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.web.errors.codes import RequestCode
from ioc.web.live.bundles import GRID_SCRIPT
from ioc.web.live.page_registry import page_entries
from ioc.web.middleware.authorization import CALLBACK_ACTIONS, PAGE_CALLBACK
from tests.pages.conftest import request_of, working
from tests.web.views.conftest import Centre
from tests.web.views.test_administration import enrol_display

POLYFILL = "/dash/deps/polyfill@"
SHARED = {PAGE_CALLBACK, *CALLBACK_ACTIONS}


def is_preloaded(address: str, page: str) -> bool:
    return f'<link rel="preload" as="script" href="{address}"' in page


def test_every_callback_has_an_action_and_ids_of_its_page(centre: Centre) -> None:
    names = [page["name"] for page in dash.page_registry.values() if page.get("is_working")]
    for output, callback in centre.app.callback_map.items():
        if output in SHARED:
            continue
        ids = [each["id"] for each in (*callback["inputs"], *callback["state"])]
        own = [name for name in names if any(re.search(rf"(?<![\w-]){name}-", one) for one in (output, *ids))]
        assert len(own) == 1, output
        if "callback" in callback:
            file = own[0].replace("-", "_")
            assert callback_action(callback) and callback_name(callback).startswith(f"{file}."), output
            lost = [each["id"] for each in callback["inputs"] if '["ALL"]' in each["id"]]
            assert not lost, "the browser drops its request when a row leaves the list meanwhile"


def test_working_pages_are_not_printed(centre: Centre) -> None:
    """Each would take the print worker twice twenty seconds and fail."""
    pages = {page["name"]: bool(page.get("is_working")) for page in dash.page_registry.values()}
    printed = {entry.name for entry in page_entries()}
    assert set(pages.values()) == {True, False}
    assert printed == {name for name, is_working in pages.items() if not is_working}


@pytest.mark.parametrize("role", list(Role))
def test_each_callback_asks_for_its_action(centre: Centre, role: Role) -> None:
    browser = working(centre.signed_in("ai-do", role))
    principal = Principal(PrincipalKind.USER, "ai-do", roles=frozenset({role}))
    for output, callback in centre.app.callback_map.items():
        action = callback_action(callback)
        if action is None:
            continue
        answer = browser.client.post(
            "/_dash-update-component", base_url=browser.base, json=request_of(output, callback, {})
        )
        is_refused = answer.status_code == 403 and answer.get_json()["code"] == RequestCode.NOT_PERMITTED
        assert is_refused is not is_allowed(principal, action), callback_name(callback)


def test_watching_page_loads_no_package_and_no_callback_of_working_pages(centre: Centre) -> None:
    browser = working(centre.signed_in("xem", Role.VIEWER))
    page = browser.get("/").text
    callbacks = browser.get("/_dash-dependencies", Referer=f"{browser.base}/").get_json()
    assert "suites/dash_ag_grid" not in page and "suites/dash_bootstrap" not in page and "/assets/working" not in page
    assert POLYFILL in page  # dcc's scripts take regeneratorRuntime from it
    assert {callback["output"] for callback in callbacks} <= SHARED


def test_watching_page_with_a_table_loads_the_grid_only_where_it_is_not_drawn(centre: Centre) -> None:
    browser = working(centre.signed_in("xem", Role.VIEWER))
    page = browser.get("/don-vi").text
    assert "suites/dash_ag_grid" in page and "suites/dash_bootstrap" not in page and page.count("/assets/tables") == 2
    assert is_preloaded(GRID_SCRIPT, page) and len(browser.get(GRID_SCRIPT).text) > 100_000
    for drawn in ("/don-vi?giay=1", "/don-vi?ve=1", "/tuong", "/"):
        assert not re.search("suites/dash_ag_grid|/assets/tables", browser.get(drawn).text), drawn


def test_display_draws_the_table(centre: Centre) -> None:
    page = enrol_display(centre).get("/don-vi").text
    assert not re.search("suites/dash_ag_grid|/assets/tables", page)
    assert 'class="units"' in page and "phường Ninh Kiều" in page


def test_working_page_has_its_own_callbacks_only(centre: Centre) -> None:
    admin = working(centre.signed_in("truong", Role.ADMINISTRATOR))
    page = admin.get("/quan-tri/tai-khoan").text
    callbacks = admin.get("/_dash-dependencies", Referer=f"{admin.base}/quan-tri/tai-khoan").get_json()
    assert "suites/dash_ag_grid" in page and "suites/dash_bootstrap" in page and page.count("/assets/working") == 2
    assert is_preloaded(GRID_SCRIPT, page) and POLYFILL not in page
    without_table = working(centre.signed_in("an", Role.LEADER)).get("/viec-cua-toi").text
    assert "suites/dash_bootstrap" in without_table and not is_preloaded(GRID_SCRIPT, without_table)
    others = [callback["output"] for callback in callbacks if "users-" not in callback["output"]]
    assert set(others) <= SHARED and len(callbacks) > 5


@pytest.mark.parametrize("path", ["/_dash-layout", "/_dash-dependencies"])
def test_answers_that_differ_by_page_at_one_address_are_never_stored(centre: Centre, path: str) -> None:
    admin = working(centre.signed_in("truong", Role.ADMINISTRATOR))
    answers = [admin.get(path, Referer=f"{admin.base}{page}") for page in ("/", "/quan-tri/tai-khoan")]
    assert answers[0].data != answers[1].data
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 2
