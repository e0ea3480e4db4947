"""Who waits for whom: pairs from open items and completion reports; each figure is that of the register's filter."""

import pytest

from ioc.directives.register_filter import rows_of
from ioc.directives.waiting import waiting_pairs
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.base.times import city_date
from ioc.domain.directives.acts import Act, Cause
from ioc.domain.directives.directive import Visibility
from ioc.storage.directives.waiting import LEADERS, OFFICE
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, READER, USERS, Harness

PART = "d/nv-1"


def pairs(city: Harness, who: str = "vp") -> dict[tuple[str, str], int]:
    """The pairs with their counts, each of which the register's filter has too."""
    found = waiting_pairs(city.context, USERS[who])
    for each in found:
        page = rows_of(city.context, {"cho": f"{each.waiting}.{each.waited_for}"}, USERS[who])
        assert page.total == len(page.rows) == each.count
    return {(each.waiting, each.waited_for): each.count for each in found}


def test_nobody_waits_where_nothing_was_asked(city: Harness) -> None:
    assert pairs(city) == {}


def test_each_open_item_has_who_waits_and_for_whom(city: Harness) -> None:
    city.act("gd-b", Act.REQUEST_ADJUSTMENT, PART, text="Không thuộc chức năng")
    assert pairs(city) == {("b", OFFICE): 1}
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="Đã làm", petition="Kinh phí", petition_to="chairman")
    city.act("gd-c", Act.REQUEST_EXTENSION, due=DUE + 10 * DAY, text="Mưa", cause=Cause.OBJECTIVE)
    asked = city.act("ct", Act.REQUEST_EXPLANATION, text="Vì sao chậm")
    city.act("gd-c", Act.REQUEST_COORDINATION, agency="a", text="Số liệu", due=START + 9 * DAY)
    assert pairs(city) == {("b", OFFICE): 1, ("c", LEADERS): 1, (LEADERS, "c"): 1, ("c", "a"): 1}
    city.act("gd-c", Act.ANSWER_EXPLANATION, text="Mưa", refers_to=asked.event.id)
    assert (LEADERS, "c") not in pairs(city)
    city.act("cv", Act.PROPOSE, proposed=Act.REMIND)
    assert sum(pairs(city).values()) == 3  # a proposal is advice


def test_completion_waits_for_the_office_the_leaders_or_who_leads_the_order(city: Harness) -> None:
    for who, task in (("gd-c", "d/nv-2"), ("gd-b", PART)):
        city.act(who, Act.RECEIVE, task)
    city.now += 2 * DAY
    for who, task in (("gd-c", "d/nv-2"), ("gd-b", PART)):
        city.act(who, Act.SUBMIT_COMPLETION, task, text="Xong")
    assert pairs(city) == {("c", OFFICE): 1, ("b", "a"): 1}
    assert {city_date(each.since) for each in waiting_pairs(city.context, USERS["vp"])} == {START + 2 * DAY}
    city.act("ct", Act.STAR, "d/nv-2")
    assert pairs(city) == {("c", LEADERS): 1, ("b", "a"): 1}
    city.act("ct", Act.CONFIRM_COMPLETION, "d/nv-2")
    assert pairs(city) == {("b", "a"): 1}


def test_longest_wait_comes_first_and_is_counted_once_for_a_task(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REQUEST_COORDINATION, agency="b", text="Số liệu", due=START + 9 * DAY)
    city.now += 3 * DAY
    city.act("gd-c", Act.REQUEST_COORDINATION, agency="b", text="Bản đồ", due=START + 9 * DAY)
    city.act("gd-b", Act.REQUEST_ADJUSTMENT, PART, text="Không thuộc chức năng")
    found = waiting_pairs(city.context, USERS["vp"])
    assert [(each.waiting, each.waited_for, each.count) for each in found] == [("c", "b", 1), ("b", OFFICE, 1)]
    assert [city_date(each.since) for each in found] == [START, START + 3 * DAY] and found[0].is_simulated is False


def test_successor_waits_and_is_waited_for_in_place_of_the_agency_that_ended(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REQUEST_COORDINATION, agency="a", text="Số liệu", due=START + 9 * DAY)
    city.act("gd-b", Act.RECEIVE, PART)
    city.act("gd-b", Act.REQUEST_COORDINATION, PART, agency="c", text="Số liệu", due=START + 9 * DAY)
    assert pairs(city) == {("c", "a"): 1, ("b", "c"): 1}
    city.now = at(START + 70 * DAY)
    assert pairs(city) == {("b", "a"): 1}  # the other one would wait for itself


def test_restricted_tasks_count_for_who_sees_them(city: Harness) -> None:
    tasks = make_document().tasks[2:]  # of c
    city.enter(make_document("g", tasks=tasks, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    city.act("gd-c", Act.REQUEST_ADJUSTMENT, "g/nv-2", text="Không thuộc chức năng")
    assert pairs(city) == pairs(city, "gd-c") == {("c", OFFICE): 1} and pairs(city, "gd-a") == {}


@pytest.mark.parametrize("value", ["a", ".", "a.", ".b", "no.such", "' OR 1=1.--"])
def test_filter_of_no_pair_asks_for_nothing_or_finds_nothing(city: Harness, value: str) -> None:
    total = rows_of(city.context, {"cho": value}, USERS["vp"]).total
    assert total == (3 if value in ("a", ".", "a.", ".b") else 0)


def test_who_may_not_act_is_refused(city: Harness) -> None:
    with pytest.raises(PermissionDeniedError):
        waiting_pairs(city.context, READER)
