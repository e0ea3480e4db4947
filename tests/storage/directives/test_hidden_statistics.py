"""Statistics count the tasks that the asker may see, and tell of no other one."""

from datetime import datetime, timedelta

from ioc.directives.queries import find_document, register, statistics
from ioc.domain.access.principal import Principal
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Task, Visibility
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.domain.directives.statistics import AgencyView
from ioc.storage.directives import positions
from ioc.storage.directives.register import RegisterQuery
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, READER, USERS, Harness, refused


def figures(city: Harness, principal: Principal, at: datetime | None = None) -> tuple[int, dict[str, int]]:
    """The total, and that of each agency."""
    totals = list[tuple[int, dict[str, int]]]()
    for view in AgencyView:
        found = statistics(city.context, at, view, principal)
        assert sum(found.by_state.values()) == found.counts.total + found.counts.paused + found.counts.withdrawn
        totals.append((found.counts.total, {key: each.total for key, each in found.by_agency.items() if each.total}))
    assert totals[0] == totals[1]
    return totals[0]


def test_statistics_count_no_task_that_the_asker_may_not_see(city: Harness) -> None:
    before = figures(city, READER)
    hidden_of(city, "c")
    hidden_of(city, "b", "h")
    city.now += timedelta(hours=1)
    hidden_since = city.now
    city.act("gd-c", Act.RECEIVE, "g/nv-0")
    for moment in (None, hidden_since):
        assert figures(city, READER, moment) == before == (2, {"b": 1, "c": 1})
        assert figures(city, USERS["vp"], moment) == (4, {"b": 2, "c": 2})
        assert figures(city, USERS["gd-c"], moment) == (3, {"b": 1, "c": 2})
        assert figures(city, USERS["gd-a"], moment) == (2, {"b": 1, "c": 1})
    with city.store.write() as conn:
        positions.add_mandate(conn, Mandate(MandateKind.SUBSTITUTION, "gd-c", "gd-b", START, START + 9 * DAY))
    assert figures(city, USERS["gd-b"]) == (4, {"b": 2, "c": 2})


def hidden_of(city: Harness, agency: str, key: str = "g") -> None:
    """A restricted task that concerns that agency alone."""
    task = Task("nv-0", LocalizedText("x"), agency, START, START + 90 * DAY)
    city.enter(make_document(key, tasks=(task,), visibility=Visibility.AGENCIES_CONCERNED), assign=True)


def test_successor_is_shown_and_counted_the_restricted_tasks_of_its_predecessor(city: Harness) -> None:
    before = figures(city, READER)[0]
    hidden_of(city, "c")
    assert figures(city, USERS["gd-b"])[0] == before
    with refused(ActCode.UNKNOWN_DOCUMENT):
        find_document(city.context, "g", USERS["gd-b"])
    city.now = at(START + 65 * DAY)  # b has succeeded c
    for user, is_seen in ((USERS["vp"], True), (USERS["gd-b"], True), (USERS["gd-a"], False)):
        for view in AgencyView:
            assert statistics(city.context, None, view, user).counts.total == before + is_seen
        rows = register(city.context, RegisterQuery(document="g"), user).rows
        assert [row.key for row in rows] == ["g/nv-0"] * is_seen
    assert find_document(city.context, "g", USERS["gd-b"]).document.key == "g"


def test_task_on_which_an_agency_is_asked_is_counted_until_it_has_answered(city: Harness) -> None:
    hidden_of(city, "a")
    city.act("gd-a", Act.RECEIVE, "g/nv-0")
    before = figures(city, USERS["gd-b"])[0]
    asked = city.act("gd-a", Act.REQUEST_COORDINATION, "g/nv-0", agency="b", text="x", due=START + 9 * DAY)
    assert (figures(city, USERS["gd-b"])[0], figures(city, USERS["gd-c"])[0]) == (before + 1, before)
    city.act("gd-b", Act.REPLY_COORDINATION, "g/nv-0", refers_to=asked.event.id, text="Đồng ý")
    assert figures(city, USERS["gd-b"])[0] == before
