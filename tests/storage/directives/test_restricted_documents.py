"""A restricted document is seen by the same people in every place, before a merger of agencies and after it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.directives import document_queries, queries, register_filter, reminders, visits, work_list
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.corrections import find_correctable
from ioc.directives.document_register import list_documents
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, Role, Scope
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields, PositionKind, ReminderChannel
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.directive import Task, Visibility
from ioc.domain.directives.positions import Position
from ioc.domain.directives.statistics import AgencyView
from ioc.storage.db.store import Store
from ioc.storage.directives import positions
from ioc.storage.directives.register import RegisterQuery
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import AGENCIES, DAY, READER, SYSTEM, USERS, Harness

FIRST, SECOND = "g/nv-0", "g/nv-1"  # the tasks of the document, the second one of a alone
OTHER = Principal(PrincipalKind.USER, "nguoi-gd-d", roles=frozenset({Role.REPORTER}))
READERS = USERS | {"gd-d": OTHER}
Place = Callable[[Harness, str, str], bool]  # whether a reader sees a task there


def acts(city: Harness, who: str, task: str) -> bool:
    try:
        perform_act(city.context, ActCommand(task, Act.STAR, ActFields(), who), READERS[who])
    except ActError as error:
        assert error.failure.code in (ActCode.UNKNOWN_TASK, ActCode.NOT_PERMITTED)
        return error.failure.code == ActCode.NOT_PERMITTED
    return True


def opens(read: Callable[[], object]) -> bool:
    with suppress(ActError):
        return bool(read())
    return False


def counted(city: Harness, who: str) -> set[int]:
    totals = [queries.statistics(city.context, None, view, READERS[who]).counts.total for view in AgencyView]
    return {*totals, len(queries.register(city.context, RegisterQuery(), READERS[who]).rows)}


PLACES: dict[str, Place] = {
    "register": lambda city, who, task: (
        task in {row.key for row in queries.register(city.context, RegisterQuery(), READERS[who]).rows}
    ),
    "export": lambda city, who, task: (
        task in {row.key for row in register_filter.all_rows(city.context, {}, READERS[who])}
    ),
    "page": lambda city, who, task: opens(lambda: queries.find_task(city.context, task, who, READERS[who])),
    "act": acts,
    "state at a moment": lambda city, who, task: opens(
        lambda: document_queries.task_at(city.context, task, city.now, READERS[who])
    ),
    "reminders": lambda city, who, task: (
        task in {row.event.task for row in reminders.list_reminders(city.context, {}, READERS[who]).rows}
    ),
}
OF_DOCUMENT: dict[str, Callable[[Harness, str], bool]] = {
    "page of the document": lambda city, who: opens(lambda: queries.find_document(city.context, "g", READERS[who])),
    "register of documents": lambda city, who: bool(list_documents(city.context, {}, READERS[who]).rows),
    "correction": lambda city, who: opens(lambda: find_correctable(city.context, "g", READERS[who])),
}


@pytest.fixture
def centre(store: Store) -> Harness:
    """Without documents, with an agency that has nothing to do with others."""
    city = Harness(store)
    city.context = replace(city.context, agencies=AGENCIES | {"d": Agency("d", LocalizedText("d"), LocalizedText("d"))})
    with store.write() as conn:
        other = Position("gd-d", PositionKind.AGENCY_LEADER, "gd-d", OTHER.name, START, agency="d")
        positions.put_position(conn, other)
    return city


def lead(city: Harness) -> None:
    enter(city, lead="c")


def coordinate(city: Harness) -> None:
    enter(city, coordinating=("c",))


def hold(city: Harness) -> None:
    enter(city)
    city.act("vp", Act.TRANSFER, FIRST, agency="c", basis="1/QĐ")


def ask(city: Harness) -> None:
    enter(city)
    city.act("gd-a", Act.REQUEST_COORDINATION, FIRST, agency="c", text="x", due=START + 80 * DAY)


def petition(city: Harness) -> None:
    enter(city)
    city.act("gd-a", Act.REPORT, FIRST, text="x", petition="Kinh phí", petition_to="c")


def enter(city: Harness, lead: str = "a", coordinating: tuple[str, ...] = ()) -> None:
    days = START, START + timedelta(days=90)
    tasks = (
        Task("nv-0", LocalizedText("x"), lead, *days, coordinating=coordinating),
        Task("nv-1", LocalizedText("c"), "a", *days),
    )
    city.enter(make_document("g", tasks=tasks, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    city.act(f"gd-{lead}", Act.RECEIVE, FIRST)
    for task in (FIRST, SECOND):
        city.act("vp", Act.REMIND, task, channel=ReminderChannel.SYSTEM, text="x")


MOMENTS = {"before": {"c"}, "after the merger": {"b"}, "ended without a successor": set[str]()}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("concern", [lead, coordinate, hold, ask, petition])
def test_every_place_shows_a_restricted_task_to_the_same_people(
    centre: Harness, concern: Callable[[Harness], None], moment: str
) -> None:
    city = centre
    concern(city)
    if moment != "before":
        city.now = at(START + 65 * DAY)
    if moment == "ended without a successor":
        ended = replace(city.context.agencies["c"], successors=())
        city.context = replace(city.context, agencies={**city.context.agencies, "c": ended})
    sees_document = {"a"} | (MOMENTS[moment] if concern not in (ask, petition) else set())
    for agency in "abcd":
        who = f"gd-{agency}"
        expected = {FIRST: agency in sees_document | MOMENTS[moment], SECOND: agency in sees_document}
        for task, is_seen in expected.items():
            found = {name: read(city, who, task) for name, read in PLACES.items()}
            assert found == dict.fromkeys(PLACES, is_seen), (who, task)
        found = {name: read(city, who) for name, read in OF_DOCUMENT.items()}
        assert found == dict.fromkeys(OF_DOCUMENT, expected[SECOND]), who
        assert counted(city, who) == {sum(expected.values())}, who
    assert counted(city, "vp") == {2}


def test_who_is_left_in_an_ended_agency_is_listed_nothing_of_it(centre: Harness) -> None:
    lead(centre)
    centre.now = at(START + 65 * DAY)
    for who, is_seen in (("gd-b", True), ("gd-c", False)):
        listed = work_list.my_work(centre.context, who, READERS[who]).work.entries
        changes = visits.changes_since(centre.context, 0, who, READERS[who]).changes
        assert (bool(listed), bool(changes)) == (is_seen, is_seen)


def test_lead_agency_sees_the_restricted_document_before_it_is_assigned(centre: Harness) -> None:
    task = Task("nv-0", LocalizedText("x"), "c", START, coordinating=("d",))
    centre.enter(make_document("g", tasks=(task,), visibility=Visibility.AGENCIES_CONCERNED))
    for who, is_seen in (("gd-b", False), ("gd-c", True), ("gd-d", True)):
        assert {read(centre, who) for read in OF_DOCUMENT.values()} == {is_seen}


def test_document_names_none_that_its_reader_may_not_see(centre: Harness) -> None:
    """The API named restricted documents among those that a document carries out."""
    enter(centre)
    centre.enter(make_document("p", parents=("g", "none"), tasks=()))
    for who, parents in (("gd-a", ("g",)), ("vp", ("g",)), ("gd-d", ())):
        assert queries.find_document(centre.context, "p", READERS[who]).document.parents == parents
    assert queries.find_document(centre.context, "p", READER, Action.READ_API).document.parents == ()
    task = Task("", LocalizedText("x"), "c", START, external_id="1")
    sent = make_document("", tasks=(task,), external_id="P", parents=("g", "none"))
    centre.enter(sent, "qlvb", assign=True)
    for reader, named in ((SYSTEM, ["g", "none"]), (READERS["gd-d"], []), (READERS["vp"], ["g"])):
        found = queries.find_document(centre.context, "qlvb-p", reader, Action.ACT_ON_DIRECTIVES)
        assert list(found.document.parents) == named


def test_number_of_a_restricted_document_that_carries_out_another_one_is_not_told(centre: Harness) -> None:
    centre.enter(make_document("plan", number="", issued_on=None, tasks=()))
    task = Task("nv-0", LocalizedText("x"), "a", START)
    restricted = make_document("g", tasks=(task,), parents=("plan",), visibility=Visibility.AGENCIES_CONCERNED)
    centre.enter(restricted, assign=True)
    plan = queries.find_document(centre.context, "plan", READERS["vp"]).document
    for who, carrying in (("gd-a", "g/MP-UBND"), ("vp", "g/MP-UBND"), ("gd-d", "")):
        assert document_queries.document_links(centre.context, plan, READERS[who]).carrying == carrying


def test_who_is_asked_on_an_order_alone_sees_none_of_its_parts(centre: Harness) -> None:
    days = START, START + timedelta(days=90)
    order = Task("nv-0", LocalizedText("x"), "a", *days, is_order=True)
    parts = (Task(f"nv-0-{lead}", LocalizedText("x"), lead, *days, part_of="nv-0") for lead in "ab")
    centre.enter(make_document("g", tasks=(order, *parts), visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    centre.act("gd-a", Act.RECEIVE, FIRST)
    centre.act("gd-a", Act.REQUEST_COORDINATION, FIRST, agency="d", text="x", due=START + 80 * DAY)
    for who, count in (("gd-a", 2), ("gd-d", 0)):
        assert len(queries.find_task(centre.context, FIRST, who, READERS[who]).parts) == count


def test_system_is_counted_its_own_restricted_tasks(centre: Harness) -> None:
    task = Task("", LocalizedText("x"), "c", START, external_id="1")
    own = make_document("", tasks=(task,), external_id="P", visibility=Visibility.AGENCIES_CONCERNED)
    centre.enter(own, "qlvb", assign=True)
    key = replace(SYSTEM, scopes=frozenset(Scope))
    assert queries.statistics(centre.context, None, AgencyView.HELD, key).counts.total == 1


def test_agency_is_not_found_in_other_words_of_a_task(centre: Harness) -> None:
    """Only its fields name whom it concerns: here the title is the key of an agency, and a wildcard is a key."""
    enter(centre)
    agencies = {"c": centre.context.agencies["c"], "_": Agency("_", LocalizedText("x"), LocalizedText("x"))}
    centre.context = replace(centre.context, agencies={**centre.context.agencies, **agencies})
    with centre.store.write() as conn:
        positions.put_position(conn, Position("gd-d", PositionKind.AGENCY_LEADER, "x", OTHER.name, START, agency="_"))
    assert counted(centre, "gd-c") == counted(centre, "gd-d") == {0}
