"""Instructions on the page that they were given on: issued ones alone, as they stood at any moment."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.directives.task_status import DeadlineState, WorkState
from ioc.storage.db.store import Store
from ioc.storage.directives import documents, instructions
from ioc.storage.directives.instructions import issued_instructions
from tests.domain.directives.cases import at
from tests.storage.directives.cases import DAY, START
from tests.storage.directives.harness import USERS, Harness

PAGE = "/chi-so/x"


@pytest.fixture
def city(store: Store) -> Harness:
    return Harness(store)


def give(city: Harness, page: str = PAGE, text: str = "Kiểm tra cống") -> str:
    given = Instruction("ct", text, "a", page, city.now, page.rpartition("/")[2], "1,86 m", START + 10 * DAY)
    return give_instruction(city.context, given, USERS["ct"]).key


def issue(city: Harness, key: str, number: str = "12/UBND-VP") -> None:
    issue_document(city.context, key, number, city.context.today(), "vp", USERS["vp"])


def shown_on_page(city: Harness, moment: datetime | None = None, *pages: str) -> tuple[IssuedInstruction, ...]:
    with city.store.read() as conn:
        return issued_instructions(conn, pages or (PAGE,), moment, city.now, 7)


def test_instruction_is_shown_from_its_issue_on_as_it_stood_at_each_moment(city: Harness) -> None:
    key = give(city)
    assert shown_on_page(city) == ()
    city.now += timedelta(days=1)
    before = city.now - timedelta(seconds=1)
    issue(city, key)
    issued = city.now
    city.now += timedelta(days=1)
    city.act("gd-a", Act.RECEIVE, f"{key}/nv-1")
    received = city.now
    city.now = at(START + 20 * DAY)
    (now,) = shown_on_page(city)
    assert (now.number, now.task, now.holder) == ("12/UBND-VP", f"{key}/nv-1", "a")
    assert (now.status.work_state, now.status.deadline_state) == (WorkState.ACTIVE, DeadlineState.OVERDUE)
    assert shown_on_page(city, before) == ()
    states = [shown_on_page(city, moment)[0].status for moment in (issued, received)]
    assert [each.work_state for each in states] == [WorkState.NOT_STARTED, WorkState.ACTIVE]
    assert {each.deadline_state for each in states} == {DeadlineState.ON_TRACK}


def test_those_of_other_pages_and_those_that_not_everybody_may_see_are_left_out(city: Harness) -> None:
    own, other, hidden = give(city), give(city, "/don-vi/1", "Khác"), give(city, text="Kín")
    for number, key in enumerate((own, other, hidden)):
        issue(city, key, f"{number}/UBND-VP")
    with city.store.write() as conn:
        document = documents.find_document(conn, hidden)
        assert document is not None
        documents.put_document(conn, replace(document, visibility=Visibility.AGENCIES_CONCERNED), city.now)
    assert [each.document for each in shown_on_page(city)] == [own]
    assert {each.document for each in shown_on_page(city, None, PAGE, "/don-vi/1")} == {own, other}


def test_many_instructions_of_a_page_hide_none_of_another(city: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "MAX_OF_PAGE", 2)
    pages = (PAGE, "/chi-so/y")
    keys = [give(city, page, f"Việc {n}") for n, page in enumerate((PAGE, *[pages[1]] * 3))]
    for number, key in enumerate(keys):
        issue(city, key, f"{number}/UBND-VP")
    assert sorted(each.origin.page for each in shown_on_page(city, None, *pages)) == [PAGE, pages[1], pages[1]]
