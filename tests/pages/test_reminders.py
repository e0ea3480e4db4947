"""The ledger of reminders: rows, filter, files; callbacks by HTTP."""

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.domain.access.principal import Role
from ioc.domain.directives.acts import Act, ActFields, ReminderChannel
from ioc.domain.directives.directive import Visibility
from tests.pages.conftest import WorkingBrowser, working
from tests.pages.directive_site import enter, fill_positions, make_directive, official, page_layout, principal_of
from tests.web.views.conftest import Centre

PATH = "/so-don-doc"
WANTED = {"startRow": 0, "endRow": 100, "sortModel": []}


@pytest.fixture
def reminded(centre: Centre) -> Centre:
    """A task of mp-a reminded in the program, one of mp-b by a document; the second is restricted to its agency."""
    fill_positions(centre)
    enter(centre, make_directive(centre, "d1", leads=("mp-a",)))
    enter(centre, make_directive(centre, "d2", leads=("mp-b",), visibility=Visibility.AGENCIES_CONCERNED))
    day = centre.directives.today()
    written = ActFields(channel=ReminderChannel.WRITTEN, document_number="7/MP", document_date=day, text="Báo cáo ngay")
    for task, stated in (("d1/nv-1", ActFields(channel=ReminderChannel.SYSTEM)), ("d2/nv-1", written)):
        perform_act(centre.directives, ActCommand(task, Act.REMIND, stated, "vp"), principal_of("vp"))
    return centre


def listed(browser: WorkingBrowser, **query: str) -> list[dict[str, object]]:
    params = {name.replace("_", "-"): value for name, value in query.items()}
    values = {"reminders-table.getRowsRequest": WANTED, "reminders-query.data": params}
    answer = browser.result("reminders.list_rows", values)
    assert answer["reminders-total.children"]
    return list(answer["reminders-table.getRowsResponse"]["rowData"])


def test_office_sees_all_and_an_agency_what_concerns_it(reminded: Centre) -> None:
    agencies = {name: len(listed(official(reminded, name))) for name in ("vp", "gd-a", "gd-b")}
    assert agencies == {"vp": 2, "gd-a": 1, "gd-b": 2}


def test_row_names_task_agency_position_and_document(reminded: Centre) -> None:
    (row,) = listed(official(reminded, "vp"), hinh_thuc="bang-van-ban")
    assert "7/MP" in str(row["text"]) and "Báo cáo ngay" in str(row["text"])
    assert row["by"] == "Chức danh vp" and row["task"]["href"] == "/nhiem-vu/d2/nv-1"  # type: ignore[index]


def test_filter_by_agency_and_a_day_that_is_none(reminded: Centre) -> None:
    browser = official(reminded, "vp")
    assert len(listed(browser, co_quan="mp-a")) == 1 and listed(browser, co_quan="khong-co") == []
    answer = browser.result("reminders.narrow", {"reminders-since.value": "mai"})
    assert answer["reminders-since-error.children"] and "reminders-query.data" not in answer
    answer = browser.result("reminders.narrow", {"reminders-kind.value": "tu-dong"})
    assert answer["reminders-query.data"]["hinh-thuc"] == "tu-dong"


def test_file_has_what_the_page_shows(reminded: Centre) -> None:
    texts = [official(reminded, name).get("/xuat/reminders.csv?hinh-thuc=bang-van-ban").text for name in ("vp", "gd-a")]
    assert ["7/MP" in text for text in texts] == [True, False]


def test_page_is_for_who_may_act_on_directives(reminded: Centre) -> None:
    assert "reminders-table" in page_layout(official(reminded, "vp"), PATH)
    viewer = working(reminded.signed_in("khach", Role.VIEWER))
    assert viewer.get("/xuat/reminders.csv").status_code == 403
