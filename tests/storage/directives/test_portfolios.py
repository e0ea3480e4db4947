"""Portfolios: a vice chairman has in every list the tasks and petitions on which the position may act, no others."""

from dataclasses import replace

import pytest

from ioc.directives.queries import find_task
from ioc.directives.register_filter import rows_of
from ioc.directives.visits import changes_since
from ioc.directives.work_list import count_work, my_work
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.acts import Act, Cause, PositionKind
from ioc.domain.directives.positions import Position
from ioc.storage.directives import positions
from ioc.storage.directives.work_list import WorkSection
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import AGENCIES, DAY, DUE, USERS, Harness

TASK = "e/nv-2"
PEOPLE = USERS | {
    f"pct-{agency}": Principal(PrincipalKind.USER, f"nguoi-pct-{agency}", roles=frozenset({Role.LEADER}))
    for agency in "abc"
}  # fmt: skip


@pytest.fixture
def chaired(city: Harness) -> Harness:
    """With a vice chairman for each agency."""
    with city.store.write() as conn:
        for agency in "abc":
            key, portfolio = f"pct-{agency}", frozenset({agency})
            vice = Position(key, PositionKind.VICE_CHAIRMAN, key, f"nguoi-{key}", START, agencies=portfolio)
            positions.put_position(conn, vice)
    return city


def enter(city: Harness, lead: str, *, assign: bool = True) -> None:
    task = replace(make_document().tasks[2], lead=lead)
    city.enter(make_document("e", tasks=(task,)), assign=assign)


def request_extension(city: Harness, held: str) -> None:
    city.act(f"gd-{held}", Act.RECEIVE, TASK)
    city.act(f"gd-{held}", Act.REQUEST_EXTENSION, TASK, due=DUE + 200 * DAY, text="Mưa", cause=Cause.OBJECTIVE)


def is_in_charge(city: Harness, position: str) -> dict[str, bool]:
    """Whether a position decides on the task, by each place that says so."""
    context, who = city.context, PEOPLE[position]
    return {
        "may": Act.DECIDE_EXTENSION in find_task(context, TASK, position, who).acts,
        "list": any(entry.row.key == TASK for entry in my_work(context, position, who).work.entries),
        "count": count_work(context, who) == 1,
        "register": any(row.key == TASK for row in rows_of(context, {"phu-trach": "co"}, who).rows),
        "changes": any(each.event.task == TASK for each in changes_since(context, 0, position, who).changes),
    }


@pytest.mark.parametrize(
    ("lead", "held", "days", "in_charge"),
    [
        ("c", "c", 2, "c"), ("c", "a", 2, "a"), ("a", "c", 2, "c"),
        ("c", "c", 62, "bc"), ("c", "a", 62, "a"), ("a", "c", 62, "bc"), ("b", "b", 62, "bc"), ("c", "b", 62, "bc"),
    ],
)  # fmt: skip
def test_portfolio_has_a_task_by_the_agency_that_holds_it_today(
    chaired: Harness, lead: str, held: str, days: int, in_charge: str
) -> None:
    enter(chaired, lead)
    if lead != held:
        chaired.act("vp", Act.TRANSFER, TASK, agency=held, basis="1/QĐ")
    request_extension(chaired, held)
    chaired.now += days * DAY
    for agency in "abc":
        assert set(is_in_charge(chaired, f"pct-{agency}").values()) == {agency in in_charge}, agency


def test_task_that_nobody_holds_stays_in_the_portfolio_of_its_agency(chaired: Harness) -> None:
    enter(chaired, "c")
    request_extension(chaired, "c")
    chaired.context = replace(chaired.context, agencies=AGENCIES | {"c": replace(AGENCIES["c"], successors=())})
    chaired.now += 62 * DAY
    for agency in "abc":
        assert set(is_in_charge(chaired, f"pct-{agency}").values()) == {agency == "c"}, agency


def test_task_that_waits_for_assignment_is_in_the_portfolio_of_who_succeeds(chaired: Harness) -> None:
    enter(chaired, "c", assign=False)
    waiting, found = {"trang-thai": "cho-giao", "phu-trach": "co"}, dict[str, bool]()
    chaired.now += 62 * DAY
    for agency in "abc":
        rows = rows_of(chaired.context, waiting, PEOPLE[f"pct-{agency}"]).rows
        found[agency] = TASK in {row.key for row in rows}
    assert found == {"a": False, "b": True, "c": True}


def with_petition(city: Harness, position: str) -> bool:
    """Whether the petition stands in the list of a position, and in its count."""
    work = my_work(city.context, position, PEOPLE[position]).work
    rows = [entry for entry in work.entries if entry.section is WorkSection.PETITION]
    assert len(rows) == work.counts.get(WorkSection.PETITION, 0)
    has_more = count_work(city.context, PEOPLE[position]) > sum(work.counts.values()) - len(rows)
    assert has_more == bool(rows)
    return bool(rows)


def answering(city: Harness, position: str) -> bool:
    """Whether a position may answer the petition, or at least forward it."""
    acts = find_task(city.context, TASK, position, PEOPLE[position]).acts
    return bool({Act.ANSWER_PETITION, Act.FORWARD_PETITION}.intersection(acts))


@pytest.mark.parametrize(
    ("addressee", "listed"),
    [
        ("chairman", {"ct"}), ("ct", {"ct"}), ("vice_chairman", {"ct", "pct-c"}), ("pct-c", {"ct", "pct-c"}),
        ("pct-a", {"ct"}), ("vp", {"ct", "vp"}), ("office_leader", {"ct", "vp"}), ("cv", {"ct"}), ("gd-b", {"ct"}),
        ("b", {"gd-b"}),
    ],
)  # fmt: skip
def test_petition_is_listed_to_who_may_answer_it_and_always_to_one_who_may(
    chaired: Harness, addressee: str, listed: set[str]
) -> None:
    enter(chaired, "c")
    chaired.act("gd-c", Act.RECEIVE, TASK)
    chaired.act("gd-c", Act.REPORT, TASK, text="Đã làm", petition="Kinh phí", petition_to=addressee)
    assert {position for position in PEOPLE if with_petition(chaired, position)} == listed
    assert all(answering(chaired, position) for position in listed)


def test_petition_of_an_agency_that_nobody_succeeds_waits_for_the_chairman(chaired: Harness) -> None:
    enter(chaired, "a")
    chaired.act("gd-a", Act.RECEIVE, TASK)
    chaired.act("gd-a", Act.REPORT, TASK, text="Đã làm", petition="Số liệu", petition_to="c")
    listed = [{position for position in PEOPLE if with_petition(chaired, position)}]
    chaired.now += 62 * DAY
    listed.append({position for position in PEOPLE if with_petition(chaired, position)})
    chaired.context = replace(chaired.context, agencies=AGENCIES | {"c": replace(AGENCIES["c"], successors=())})
    listed.append({position for position in PEOPLE if with_petition(chaired, position)})
    assert listed == [{"gd-c"}, {"gd-b"}, {"ct"}]
