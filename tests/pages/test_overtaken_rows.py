"""The result of an act on many tasks names each task with its agency, and who was quicker, and when."""

import re

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.domain.directives.acts import Act, ActFields
from tests.pages.directive_site import enter, fill_positions, make_directive, official, principal_of
from tests.pages.test_register import GO, form, history, opened
from tests.web.views.conftest import Centre


@pytest.fixture
def site(centre: Centre) -> Centre:
    fill_positions(centre)
    for key in ("d1", "d2"):
        enter(centre, make_directive(centre, key))
    return centre


def test_task_that_somebody_else_changed_is_told_and_left(site: Centre) -> None:
    browser = official(site, "vp")
    values = form(opened(browser, Act.TRANSFER, "d1/nv-1", "d2/nv-1"), to_agency="mp-b", basis="3/QĐ")
    perform_act(site.directives, ActCommand("d1/nv-1", Act.RECEIVE, ActFields(), "gd-a"), principal_of("gd-a"))
    shown = str(browser.result("register.perform", values, GO)["register-results.children"])
    assert (shown.count("✓"), shown.count("▲")) == (1, 1)
    assert re.search(r"\d\d:\d\d[^']* · Chức danh gd-a: Tiếp nhận", shown) and "Giao nhiệm vụ" not in shown
    name = site.directives.agencies["mp-a"].short_name.get("vi")
    assert shown.count(f"'children': '{name}'") == 2, "each row names the agency"
    assert history(site, "d1/nv-1") == [Act.ASSIGN, Act.RECEIVE]


def test_who_assigned_before_is_named_in_the_row_of_the_task(site: Centre) -> None:
    enter(site, make_directive(site, "d3"), assign=False)
    browser = official(site, "vp")
    values = form(opened(browser, Act.ASSIGN, is_all=True, **{"trang-thai": "cho-giao"}))
    perform_act(site.directives, ActCommand("d3/nv-1", Act.ASSIGN, ActFields(agency="mp-a"), "vp"), principal_of("vp"))
    shown = str(browser.result("register.perform", values, GO)["register-results.children"])
    assert (shown.count("✓"), shown.count("▲")) == (1, 1)
    assert re.search(r"\d\d:\d\d[^']* · Chức danh vp: Giao nhiệm vụ", shown)
