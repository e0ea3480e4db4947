"""Statistics count the tasks that the asker may see, and tell of no other one."""

from datetime import datetime, timedelta

from ioc.directives.queries import statistics
from ioc.domain.access.principal import Principal
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Visibility
from ioc.domain.directives.positions import Mandate, MandateKind
from ioc.domain.directives.statistics import AgencyView
from ioc.storage.directives import positions
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, READER, USERS, Harness


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
    city.enter(make_document("g", 3, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    city.now += timedelta(hours=1)
    hidden_since = city.now
    city.act("gd-c", Act.RECEIVE, "g/nv-2")
    for at in (None, hidden_since):
        assert figures(city, READER, at) == before == (2, {"b": 1, "c": 1})
        assert figures(city, USERS["vp"], at) == (4, {"b": 2, "c": 2})
        assert figures(city, USERS["gd-c"], at) == (3, {"b": 1, "c": 2})
        assert figures(city, USERS["gd-a"], at) == (2, {"b": 1, "c": 1})
    with city.store.write() as conn:
        positions.add_mandate(conn, Mandate(MandateKind.SUBSTITUTION, "gd-c", "gd-b", START, START + 9 * DAY))
    assert figures(city, USERS["gd-b"]) == (4, {"b": 2, "c": 2})
