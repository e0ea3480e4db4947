"""Lists of work of who stands in for somebody: what the mandate covers, for as long as it holds."""

from dataclasses import replace

import pytest

from ioc.directives.corrections import find_correctable
from ioc.directives.document_queries import document_links, documents_to_assign, task_at
from ioc.directives.document_register import list_documents
from ioc.directives.documents import assign_document
from ioc.directives.queries import find_document, find_task, register
from ioc.directives.reminders import list_reminders
from ioc.directives.waiting import waiting_pairs
from ioc.directives.work_list import PositionWork, all_work, count_work, my_work, stand_ins
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, Cause, ReminderChannel
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.storage.directives import positions
from ioc.storage.directives.register import RegisterQuery
from ioc.storage.directives.work_list import WorkSection
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, USERS, Harness, refused


def give(city: Harness, principal_position: str, deputy: str, *acts: Act, days: int = 10) -> None:
    kind = MandateKind.DELEGATION if acts else MandateKind.SUBSTITUTION
    with city.store.write() as conn:
        mandate = Mandate(kind, principal_position, deputy, START, START + days * DAY, frozenset(acts))
        positions.add_mandate(conn, mandate)


def sections(work: PositionWork) -> set[WorkSection]:
    assert {entry.section for entry in work.work.entries} == set(work.work.counts) - {
        section for section, size in work.work.counts.items() if not size
    }
    return {entry.section for entry in work.work.entries}


@pytest.fixture
def requested(city: Harness) -> Harness:
    """An extension and a petition wait for the chairman, a completion report of another task too."""
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="Đã làm", petition="Kinh phí", petition_to="ct")
    city.act("gd-c", Act.REQUEST_EXTENSION, due=DUE + 10 * DAY, text="Mưa", cause=Cause.OBJECTIVE)
    return city


def test_substitute_has_the_whole_list_and_acts_are_recorded_for_the_other(requested: Harness) -> None:
    give(requested, "ct", "vp")
    work = my_work(requested.context, "vp", USERS["vp"], on_behalf_of="ct")
    assert sections(work) == {WorkSection.PETITION, WorkSection.EXTENSION} and work.on_behalf_of == "ct"
    (petition,) = (entry.item for entry in work.work.entries if entry.section is WorkSection.PETITION)
    assert petition is not None
    done = requested.act("vp", Act.ANSWER_PETITION, on_behalf_of="ct", text="Đồng ý", refers_to=petition.event)
    assert (done.event.position, done.event.on_behalf_of, done.event.actor) == ("vp", "ct", "nguoi-vp")
    assert sections(my_work(requested.context, "vp", USERS["vp"], on_behalf_of="ct")) == {WorkSection.EXTENSION}


def test_delegation_has_what_its_acts_do_alone(requested: Harness) -> None:
    give(requested, "ct", "vp", Act.DECIDE_EXTENSION)
    give(requested, "ct", "vp", Act.EXTEND)
    (pair,) = stand_ins(requested.context, USERS["vp"])
    assert (pair.deputy.key, pair.acting.key) == ("vp", "ct") and pair.acts == {Act.DECIDE_EXTENSION, Act.EXTEND}
    work = my_work(requested.context, "vp", USERS["vp"], on_behalf_of="ct")
    assert sections(work) == {WorkSection.EXTENSION} and sum(work.work.counts.values()) == 1
    give(requested, "ct", "vp")  # a whole mandate beside partial ones is whole
    assert {each.acts for each in stand_ins(requested.context, USERS["vp"])} == {frozenset()}


def test_count_has_what_waits_in_all_lists(requested: Harness) -> None:
    own = count_work(requested.context, USERS["vp"])
    give(requested, "ct", "vp")
    assert [(each.acting.key, each.count) for each in all_work(requested.context, USERS["vp"])] == [
        ("vp", own),
        ("ct", 2),
    ]
    assert count_work(requested.context, USERS["vp"]) == own + 2


def test_what_waits_in_two_lists_of_a_person_is_counted_once(requested: Harness) -> None:
    requested.act("gd-b", Act.REQUEST_ADJUSTMENT, "d/nv-1", text="Đổi hạn", due=DUE + DAY)
    own, other = count_work(requested.context, USERS["vp"]), count_work(requested.context, USERS["cv"])
    give(requested, "cv", "vp")
    lists = all_work(requested.context, USERS["vp"])
    (as_vp, as_cv) = (
        my_work(requested.context, "vp", USERS["vp"], on_behalf_of=key).work.entries for key in ("", "cv")
    )
    distinct = {(entry.section, entry.row.task.key, entry.item and entry.item.event) for entry in (*as_vp, *as_cv)}
    assert [each.count for each in lists] == [own, other] == [len(as_vp), len(as_cv)]
    assert count_work(requested.context, USERS["vp"]) == len(distinct) < own + other
    for shown, size in ((("vp", ""), own), (("vp", "cv"), other)):  # the sum that a person sees beside a list
        beside = all_work(requested.context, USERS["vp"], shown)
        assert size + sum(each.count for each in beside) == len(distinct)
    assert count_work(requested.context, USERS["cv"]) == other
    give(requested, "ct", "cv", Act.DECIDE_EXTENSION)  # the follower's list has it too
    assert count_work(requested.context, USERS["cv"]) == other


@pytest.mark.parametrize(("acts", "size"), [((), 1), ((Act.ASSIGN,), 1), ((Act.REMIND,), 0)])
def test_who_stands_in_for_the_office_has_the_documents_that_the_mandate_lets_assign(
    city: Harness, acts: tuple[Act, ...], size: int
) -> None:
    city.enter(make_document("e"))
    context, deputy = city.context, USERS["cv"]
    assert count_work(context, deputy) == documents_to_assign(context, "cv", deputy).total == 0
    give(city, "vp", "cv", *acts)
    assert documents_to_assign(context, "cv", deputy, on_behalf_of="vp").total == size
    assert count_work(context, deputy) == size and documents_to_assign(context, "cv", deputy).total == 0
    assert [(each.acting.key, each.count) for each in all_work(context, deputy)] == [("cv", 0), ("vp", size)]
    if size:
        assert len(assign_document(context, "e", "cv", deputy, on_behalf_of="vp")) == 3
        assert count_work(context, deputy) == 0


def test_mandate_that_ended_gives_nothing(requested: Harness) -> None:
    give(requested, "ct", "vp", days=3)
    requested.now += 4 * DAY
    assert stand_ins(requested.context, USERS["vp"]) == ()
    with refused(ActCode.MANDATE_MISSING):
        my_work(requested.context, "vp", USERS["vp"], on_behalf_of="ct")


def test_substitute_of_a_substitute_has_no_list(requested: Harness) -> None:
    give(requested, "ct", "vp")
    give(requested, "vp", "cv")
    assert [each.acting.key for each in stand_ins(requested.context, USERS["cv"])] == ["vp"]
    with refused(ActCode.SUBSTITUTE_OF_SUBSTITUTE):
        my_work(requested.context, "cv", USERS["cv"], on_behalf_of="ct")


def test_substitute_sees_the_task_that_is_restricted_to_the_agency(requested: Harness) -> None:
    requested.enter(make_document("g", 1, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    with refused(ActCode.UNKNOWN_TASK):
        find_task(requested.context, "g/nv-0", "gd-b", USERS["gd-b"])
    give(requested, "gd-a", "gd-b")
    detail = find_task(requested.context, "g/nv-0", "gd-b", USERS["gd-b"])
    assert detail.acts == () and {each.on_behalf_of for each in detail.mandated} == {"gd-a"}
    assert requested.act("gd-b", Act.RECEIVE, "g/nv-0", on_behalf_of="gd-a").event.on_behalf_of == "gd-a"


def shown_to(city: Harness, who: str) -> dict[str, bool]:
    """Where a person finds the restricted document g, below d."""
    context, user = city.context, USERS[who]
    try:
        is_open = bool(find_document(context, "g", user))
    except ActError:
        is_open = False
    return {
        "register": any(row.document == "g" for row in register(context, RegisterQuery(), user).rows),
        "page": is_open,
        "documents": any(row.document.key == "g" for row in list_documents(context, {}, user).rows),
        "links": bool(document_links(context, find_document(context, "d", user).document, user).children),
        "reminders": bool(list_reminders(context, {}, user).rows),
        "waiting": bool(waiting_pairs(context, user)),
        "task at a moment": task_at(context, "g/nv-0", city.now, user) is not None,
        "correction": is_correctable(city, who),
    }


def is_correctable(city: Harness, who: str) -> bool:
    try:
        return bool(find_correctable(city.context, "g", USERS[who]))
    except ActError:
        return False


def test_stand_in_sees_what_the_position_sees_for_the_time_of_the_mandate(city: Harness) -> None:
    hidden = make_document("g", 1, visibility=Visibility.AGENCIES_CONCERNED, parents=("d",))
    city.enter(hidden, assign=True)
    city.act("gd-a", Act.RECEIVE, "g/nv-0")
    city.act("cv", Act.REMIND, "g/nv-0", channel=ReminderChannel.SYSTEM)
    city.act("gd-a", Act.REQUEST_COORDINATION, "g/nv-0", agency="c", text="Số liệu", due=START + 9 * DAY)
    assert set(shown_to(city, "gd-a").values()) == {True} and set(shown_to(city, "gd-b").values()) == {False}
    give(city, "gd-a", "gd-b", days=3)
    assert shown_to(city, "gd-b") == shown_to(city, "gd-a")
    city.now += 4 * DAY
    assert set(shown_to(city, "gd-b").values()) == {False}


def test_stand_in_for_the_office_sees_all_and_who_stands_in_for_that_one_does_not(city: Harness) -> None:
    hidden = make_document("g", 1, visibility=Visibility.AGENCIES_CONCERNED, parents=("d",))
    city.enter(replace(hidden, tasks=(replace(hidden.tasks[0], coordinating=()),)), assign=True)
    give(city, "vp", "gd-c")
    give(city, "gd-c", "gd-b")
    assert shown_to(city, "gd-c")["page"] and not shown_to(city, "gd-b")["page"]
