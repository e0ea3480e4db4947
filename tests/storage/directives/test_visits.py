"""What changed since the last visit: each act is shown on a visit, to whom its task belongs, and once."""

from datetime import timedelta

import pytest

from ioc.directives.visits import MAX_CHANGES, VISIT_LENGTH, begin_visit, changes_since
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, PositionKind, ReminderChannel
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.directives import positions
from tests.storage.directives.cases import START, append
from tests.storage.directives.harness import DAY, USERS, Harness, refused

LATER = VISIT_LENGTH + timedelta(minutes=1)


def changes(city: Harness, who: str, since: int) -> list[tuple[Act, str]]:
    found = changes_since(city.context, since, who, USERS[who])
    return [(each.event.act, each.event.task) for each in found.changes]


def on_visit(city: Harness, who: str) -> list[tuple[Act, str]]:
    return changes(city, who, begin_visit(city.context, USERS[who]))


def test_first_visit_has_nothing_new_and_the_next_what_came_since(city: Harness) -> None:
    assert on_visit(city, "vp") == []
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="Đã làm", percent=40)
    city.now += LATER
    assert on_visit(city, "vp") == [(Act.REPORT, "d/nv-2"), (Act.RECEIVE, "d/nv-2")]
    city.now += LATER
    assert on_visit(city, "vp") == []


def test_second_tab_and_a_lost_answer_lose_nothing(city: Harness) -> None:
    begin_visit(city.context, USERS["vp"])
    city.act("gd-c", Act.RECEIVE)
    city.now += LATER
    first = begin_visit(city.context, USERS["vp"])
    city.act("gd-c", Act.REPORT, text="Đã làm")  # while both tabs are open
    second = begin_visit(city.context, USERS["vp"])
    assert first == second and len(changes(city, "vp", second)) == 2
    city.now += LATER
    assert on_visit(city, "vp") == [(Act.REPORT, "d/nv-2")]  # it came after the visit had begun
    assert len(changes(city, "vp", first)) == 2  # a tab that stays open keeps its own list


def test_clock_set_back_shows_again_rather_than_loses(city: Harness) -> None:
    city.now += 5 * DAY
    begin_visit(city.context, USERS["vp"])
    city.act("gd-c", Act.RECEIVE)
    city.now -= 3 * DAY
    assert on_visit(city, "vp") == [(Act.RECEIVE, "d/nv-2")]


def test_each_position_has_the_changes_of_its_tasks(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-b", Act.RECEIVE, "d/nv-1")
    city.act("ct", Act.STAR, "d/nv-1")
    since = 3  # the assignments
    assert changes(city, "gd-c", since) == []  # its own act is no news to it
    assert changes(city, "gd-b", since) == [(Act.STAR, "d/nv-1")]
    assert changes(city, "gd-a", since) == [(Act.STAR, "d/nv-1"), (Act.RECEIVE, "d/nv-1")]  # leads the order
    assert changes(city, "ct", since) == [(Act.RECEIVE, "d/nv-1")]  # starred ones alone
    assert len(changes(city, "vp", since)) == len(changes(city, "cv", since)) == 3


def test_agency_is_told_of_a_task_that_was_taken_from_it_and_of_one_that_asks_it(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REQUEST_COORDINATION, agency="b", text="Số liệu", due=START + 9 * DAY)
    assert (Act.REQUEST_COORDINATION, "d/nv-2") in changes(city, "gd-b", 3)
    city.act("vp", Act.TRANSFER, agency="a", basis="1/QĐ")
    assert (Act.TRANSFER, "d/nv-2") in changes(city, "gd-c", 3)


def test_what_a_system_does_is_news_for_an_account_of_its_name(city: Harness) -> None:
    with city.store.write() as conn:
        event = append(conn, "d/nv-2", Act.RECEIVE, city.now, actor=USERS["vp"].name, position="qlvb")
    assert changes(city, "vp", event.id - 1) == [(Act.RECEIVE, "d/nv-2")]
    assert changes(city, "cv", event.id - 1) == [(Act.RECEIVE, "d/nv-2")]


def test_reminders_by_the_program_are_news_for_the_agency_alone(city: Harness) -> None:
    with city.store.write() as conn:
        event = append(conn, "d/nv-2", Act.REMIND, city.now, channel=ReminderChannel.SYSTEM)
        conn.exec_driver_sql(f"UPDATE directive_event SET position = '', actor = '' WHERE id = {event.id}")
    assert changes(city, "gd-c", 3) == [(Act.REMIND, "d/nv-2")] and changes(city, "vp", 3) == []


def test_why_a_proposal_was_declined_is_news_for_the_office_alone(city: Harness) -> None:
    proposal = city.act("cv", Act.PROPOSE, proposed=Act.REMIND).event.id
    city.act("vp", Act.DECLINE_PROPOSAL, refers_to=proposal, text="Chưa đến hạn")
    read = {who: changes_since(city.context, 3, who, USERS[who]).changes[0].event for who in ("cv", "gd-c")}
    assert {event.act for event in read.values()} == {Act.DECLINE_PROPOSAL}
    assert [read[who].stated.text for who in ("cv", "gd-c")] == ["Chưa đến hạn", ""]


def test_an_extension_that_is_granted_says_until_when(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    due = city.context.today() + 400 * DAY
    asked = city.act("gd-c", Act.REQUEST_EXTENSION, due=due, text="Mưa", cause="objective").event.id
    city.act("ct", Act.DECIDE_EXTENSION, refers_to=asked, is_granted=True)
    decided = changes_since(city.context, 3, "gd-c", USERS["gd-c"]).changes[0].event
    assert (decided.act, decided.stated.due) == (Act.DECIDE_EXTENSION, due)


def test_list_is_bounded_and_says_that_there_is_more(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    for n in range(MAX_CHANGES):
        city.act("gd-c", Act.REPORT, text=f"Lần {n}")
    found = changes_since(city.context, 3, "vp", USERS["vp"])
    assert len(found.changes) == MAX_CHANGES and found.has_more
    assert not changes_since(city.context, 4, "vp", USERS["vp"]).has_more


def test_vice_chairman_has_the_portfolio_and_a_substitute_that_of_the_other(city: Harness) -> None:
    with city.store.write() as conn:
        vice = Position("pct", PositionKind.VICE_CHAIRMAN, "PCT", "nguoi-vp", START, agencies=frozenset({"b"}))
        positions.put_position(conn, vice)
        positions.add_mandate(conn, Mandate(MandateKind.SUBSTITUTION, "pct", "cv", START, START + DAY))
        positions.add_mandate(conn, Mandate(MandateKind.DELEGATION, "ct", "cv", START, acts=frozenset({Act.EXTEND})))
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-b", Act.RECEIVE, "d/nv-1")
    own = changes_since(city.context, 3, "pct", USERS["vp"])
    assert [each.event.task for each in own.changes] == ["d/nv-1"]
    stood = changes_since(city.context, 3, "cv", USERS["cv"], on_behalf_of="pct")
    assert [each.event.task for each in stood.changes] == ["d/nv-1"]
    assert changes_since(city.context, 3, "cv", USERS["cv"], on_behalf_of="ct").changes == ()
    city.now += 5 * DAY
    with refused(ActCode.MANDATE_MISSING):
        changes_since(city.context, 3, "cv", USERS["cv"], on_behalf_of="pct")


@pytest.mark.parametrize("position", ["ct", "nobody"])
def test_position_of_somebody_else_is_refused(city: Harness, position: str) -> None:
    with refused(ActCode.POSITION_NOT_VALID):
        changes_since(city.context, 0, position, USERS["gd-a"])


def test_visits_of_accounts_are_apart(city: Harness) -> None:
    begin_visit(city.context, USERS["vp"])
    city.act("gd-c", Act.RECEIVE)
    assert changes(city, "cv", begin_visit(city.context, USERS["cv"])) == []
    city.now += LATER
    assert on_visit(city, "vp") == [(Act.RECEIVE, "d/nv-2")]
