"""The page of who waits for whom: its rows lead to the tasks; callbacks by HTTP."""

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.domain.access.principal import Role
from ioc.domain.directives.acts import Act, ActFields
from tests.pages.conftest import working
from tests.pages.directive_site import enter, fill_positions, make_directive, official, page_layout, principal_of
from tests.web.views.conftest import Centre


@pytest.fixture
def site(centre: Centre) -> Centre:
    """The agency mp-a asks that its task be adjusted."""
    fill_positions(centre)
    enter(centre, make_directive(centre, "d1", is_simulated=True))
    command = ActCommand("d1/nv-1", Act.REQUEST_ADJUSTMENT, ActFields(text="Không thuộc chức năng"), "gd-a")
    perform_act(centre.directives, command, principal_of("gd-a"))
    return centre


def test_row_leads_to_the_tasks_in_the_register(site: Centre) -> None:
    browser = official(site, "vp")
    (row,) = browser.result("waiting.list_pairs")["waiting-table.rowData"]
    assert row["id"] == "mp-a._office" and row["count"]["href"] == "/so-nhiem-vu?cho=mp-a._office"
    values = {
        "register-table.getRowsRequest": {"startRow": 0, "endRow": 100, "sortModel": []},
        "register-query.data": {"cho": "mp-a._office"},
    }
    (task,) = browser.result("register.list_rows", values)["register-table.getRowsResponse"]["rowData"]
    assert task["id"] == "d1/nv-1"
    assert '"value": "mp-a._office"' in page_layout(browser, "/so-nhiem-vu?cho=mp-a._office")


def test_file_has_the_pairs_and_is_for_who_may_act(site: Centre) -> None:
    lines = official(site, "gd-b").get("/xuat/waiting.csv").text.splitlines()
    assert len(lines) == 2
    assert working(site.signed_in("khach", Role.VIEWER)).get("/xuat/waiting.csv").status_code == 403
