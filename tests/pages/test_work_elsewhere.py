"""Tasks of a document that another system keeps: the work list says where they are worked on, and offers no act."""

from datetime import timedelta

import pytest

from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.work_list import count_work, my_work
from ioc.domain.access.principal import Principal, PrincipalKind, Scope
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.positions import Position
from ioc.storage.directives import positions
from tests.pages.directive_city import DAY, TASK, DirectiveCity
from tests.pages.test_my_work import browser_of, listed, offered
from tests.web.views.conftest import Centre

SYSTEM, TITLE = Principal(PrincipalKind.API_KEY, "qlvb", scopes=frozenset({Scope.DIRECTIVES})), "Phần mềm văn bản MP"


@pytest.fixture
def city(centre: Centre) -> DirectiveCity:
    """The city with a task of mp-a whose document the system keeps, due before the others."""
    made = DirectiveCity(centre.directives)
    with made.context.store.write() as conn:
        system = Position(
            "he-thong", PositionKind.SYSTEM, TITLE, "qlvb", made.today - timedelta(9), master="ma-he-thong"
        )
        positions.put_position(conn, system)
    task = Task("", LocalizedText("Việc ở nơi khác"), "mp-a", made.today, made.today + DAY, external_id="1")
    document = Document(
        "", "2/MP-UBND", LocalizedText("x"), "công văn", "mp-a", made.today, None, (task,), external_id="2"
    )
    enter_document(made.context, DocumentEntry(document, "he-thong", assign=True), SYSTEM)
    return made


def test_row_names_the_system_and_has_no_button(centre: Centre, city: DirectiveCity) -> None:
    text = listed(browser_of(centre, "gd-a"), "gd-a")
    assert "Việc ở nơi khác" in text and TITLE in text and "“ma-he-thong”" not in text
    assert {task for _, task in offered(text)} == {TASK}


def test_officer_is_not_offered_to_draft_there(centre: Centre, city: DirectiveCity) -> None:
    city.act("gd-a", Act.RECEIVE)
    text = listed(browser_of(centre, "cv-a"), "cv-a")
    assert TITLE in text and {task for _, task in offered(text)} == {TASK}


def test_what_is_done_elsewhere_is_not_counted_and_comes_last(city: DirectiveCity) -> None:
    leader = city.principal("gd-a")
    work = my_work(city.context, "gd-a", leader)
    assert (count_work(city.context, leader), sum(work.work.counts.values())) == (1, 1)
    assert [entry.row.master for entry in work.work.entries] == ["", "ma-he-thong"]


def test_page_of_the_task_names_the_system(centre: Centre, city: DirectiveCity) -> None:
    values = {"task-shown.data": "ma-he-thong-2/1", "task-position.value": "gd-a"}
    text = str(browser_of(centre, "gd-a").result("task.show_task", values)["task-others.markup"])
    assert TITLE in text and "“ma-he-thong”" not in text


def test_page_of_the_document_names_the_system(centre: Centre, city: DirectiveCity) -> None:
    values = {"stored-document-opened.data": "ma-he-thong-2"}
    text = str(browser_of(centre, "gd-a").result("stored_document.show", values)["stored-document-about.markup"])
    assert f"{TITLE} (ở đây chỉ xem)" in text
