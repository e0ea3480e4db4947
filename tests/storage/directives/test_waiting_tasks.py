"""Tasks that wait for assignment, on both databases: listed, counted, and assigned many at once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from ioc.directives import queries, register_filter, work_list
from ioc.directives.acts import ActResult
from ioc.directives.assignment import assign_all
from ioc.directives.document_queries import documents_to_assign
from ioc.directives.document_register import list_documents
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Visibility
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from ioc.storage.directives.document_index import TaskTotals
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, USERS, Harness

WAITING = {"trang-thai": "cho-giao"}


@pytest.fixture
def waiting(store: Store) -> Harness:
    """Not assigned: d with nv-0, an order to a, nv-1, its part to b, and nv-2 to c; e with nv-0 to a, never due."""
    harness = Harness(store)
    harness.enter()
    task = replace(make_document().tasks[0], is_order=False, due=None, place="31117", horizon="long")
    harness.enter(make_document("e", tasks=(task,), source="vice_chairman", visibility=Visibility.AGENCIES_CONCERNED))
    return harness


def listed(city: Harness, position: str = "vp", **params: str) -> list[str]:
    asked = {name.replace("_", "-"): value for name, value in params.items()}
    return sorted(row.key for row in register_filter.rows_of(city.context, WAITING | asked, USERS[position]).rows)


ALL = ["d/nv-0", "d/nv-1", "d/nv-2", "e/nv-0"]
LISTED = ALL[1:]  # without the order, which is assigned with its part


FILTERS: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({}, LISTED),
    ({"tim": "dam doi 2"}, ["d/nv-2"]),
    ({"co_quan": "a"}, ["e/nv-0"]),
    ({"nguon": "vice_chairman"}, ["e/nv-0"]),
    ({"van_ban": "e/MP-UBND"}, ["e/nv-0"]),
    ({"den": f"{DUE:%d/%m/%Y}"}, LISTED[:2]),
    ({"tu": f"{DUE + DAY:%d/%m/%Y}"}, []),
    ({"dia_ban": "31117"}, ["e/nv-0"]),
    ({"ky_han": "dai-han"}, ["e/nv-0"]),
    ({"ky_han": "ngan-han"}, []),
    ({"sao": "co"}, []),
)


def test_filter_leaves_its_waiting_tasks(waiting: Harness) -> None:
    for params, keys in FILTERS:
        assert listed(waiting, **params) == keys, params
        asked = WAITING | {name.replace("_", "-"): value for name, value in params.items()}
        assert sorted(row.key for row in register_filter.all_rows(waiting.context, asked, USERS["vp"])) == keys, params


def test_every_order_shows_each_waiting_task_once(waiting: Harness) -> None:
    for sort, is_descending in product(("title", "document", "agency", "due", "state", "percent"), (False, True)):
        pages = [
            register_filter.rows_of(
                waiting.context, WAITING, USERS["vp"], start=n, limit=1, sort=sort, is_descending=is_descending
            )
            for n in range(3)
        ]  # fmt: skip
        assert {page.rows[0].key for page in pages} == set(LISTED) and pages[0].total == 3, (sort, is_descending)


def test_waiting_tasks_are_seen_by_the_office_and_leaders_alone(waiting: Harness) -> None:
    assert {name: len(listed(waiting, name)) for name in ("vp", "cv", "ct", "gd-a", "gd-c")} == {
        "vp": 3, "cv": 3, "ct": 3, "gd-a": 0, "gd-c": 0,
    }  # fmt: skip
    states = {name: register_filter.offered_states(waiting.context, USERS[name]) for name in ("cv", "gd-a")}
    assert [register_filter.WAITING in each for each in states.values()] == [True, False]


def test_inferred_due_dates_are_counted_until_they_are_confirmed(waiting: Harness) -> None:
    def inferred() -> dict[str, int]:
        found = documents_to_assign(waiting.context, "vp", USERS["vp"])
        return {each.key: each.inferred.tasks for each in found.documents}

    task = replace(make_document().tasks[0], is_order=False, due_words="Quý IV/2026")
    for is_confirmed, count in ((False, 1), (True, 0)):
        with waiting.store.write() as conn:
            stated = replace(task, is_due_confirmed=is_confirmed)
            documents.put_document(conn, make_document("h", tasks=(stated,)), at(START))
        assert inferred() == {"d": 0, "e": 0, "h": count}
        assert listed(waiting, han_suy_ra="co") == ["h/nv-0"] * count


def test_register_of_documents_counts_what_waits(waiting: Harness) -> None:
    def totals() -> dict[str, TaskTotals]:
        return {row.document.key: row.totals for row in list_documents(waiting.context, {}, USERS["vp"]).rows}

    before = totals()["d"]
    assert (before.assigned, before.waiting) == ((0, 0), (2, 1))
    assign_all(waiting.context, ALL, "vp", "", USERS["vp"])
    after = totals()["d"]
    assert (after.assigned, after.waiting) == ((2, 1), (0, 0))


def test_drafts_and_documents_of_other_systems_do_not_wait_here(waiting: Harness) -> None:
    with waiting.store.write() as conn:
        documents.put_document(conn, make_document("f", number="", issued_on=None), at(START))
        documents.put_document(conn, make_document("g", master="qlvb", external_id="g"), at(START))
    assert listed(waiting) == LISTED
    assert documents_to_assign(waiting.context, "vp", USERS["vp"]).total == 2


def test_who_assigns_has_the_documents_in_the_work_list_and_its_count(waiting: Harness) -> None:
    found = documents_to_assign(waiting.context, "vp", USERS["vp"], limit=1)
    assert [(each.key, each.tasks) for each in found.documents] == [("d", (2, 1))] and found.total == 2
    assert [work_list.count_work(waiting.context, USERS[name]) for name in ("vp", "cv", "gd-a")] == [2, 0, 0]
    assert [each.count for each in work_list.all_work(waiting.context, USERS["vp"])] == [2]
    assert [documents_to_assign(waiting.context, name, USERS[name]).total for name in ("cv", "ct", "gd-a")] == [0, 0, 0]
    assign_all(waiting.context, ALL, "vp", "", USERS["vp"])
    assert work_list.count_work(waiting.context, USERS["vp"]) == 0


def outcome(results: dict[str, ActResult | ActError]) -> dict[str, str]:
    """The code of the error of each task, "" for one that is done."""
    return {key: each.failure.code if isinstance(each, ActError) else "" for key, each in results.items()}


def history(city: Harness, *keys: str) -> list[list[Act]]:
    found = (queries.find_task(city.context, key, "vp", USERS["vp"]) for key in keys)
    return [[event.act for event in each.history] for each in found]


def assign(city: Harness, keys: Sequence[str], position: str = "vp", **more: object) -> dict[str, str]:
    return outcome(assign_all(city.context, keys, position, "", USERS[position], **more))  # type: ignore[arg-type]


def test_chosen_tasks_are_assigned_as_they_were_entered_and_a_preview_stores_nothing(waiting: Harness) -> None:
    audited = list(waiting.audited)
    assert assign(waiting, ["d/nv-2", "e/nv-0"], preview=True) == {"d/nv-2": "", "e/nv-0": ""}
    assert listed(waiting) == LISTED and waiting.audited == audited
    assert assign(waiting, ["d/nv-2", "e/nv-0"]) == {"d/nv-2": "", "e/nv-0": ""}
    assert history(waiting, "d/nv-2", "e/nv-0", "d/nv-0") == [[Act.ASSIGN], [Act.ASSIGN], []]
    assert waiting.audited[-2:] == [("directive-assign", "d"), ("directive-assign", "e")]
    state = queries.find_task(waiting.context, "d/nv-2", "vp", USERS["vp"]).state
    assert state is not None and (state.holder, state.due, state.assigned_on) == ("c", DUE, START)


def test_an_order_that_waits_is_assigned_with_its_part(waiting: Harness) -> None:
    assert assign(waiting, ["d/nv-1"]) == {"d/nv-1": ""}
    assert history(waiting, "d/nv-0", "d/nv-1", "d/nv-2") == [[Act.ASSIGN], [Act.ASSIGN], []]


def test_a_task_that_cannot_be_assigned_keeps_no_other_one(waiting: Harness) -> None:
    late = replace(make_document().tasks[2], key="nv-9", assigned_on=START + DAY)  # after today
    ended = replace(make_document().tasks[2], key="nv-8", lead="z", due=None)
    with waiting.store.write() as conn:
        documents.put_document(conn, make_document("f", tasks=(make_document().tasks[2], late, ended)), at(START))
    keys = ["f/nv-2", "f/nv-8", "f/nv-9"]
    expected = {"f/nv-2": "", "f/nv-8": ActCode.AGENCY_UNKNOWN, "f/nv-9": ActCode.ASSIGNED_LATER}
    assert assign(waiting, keys, preview=True) == assign(waiting, keys) == expected
    assert history(waiting, *keys) == [[Act.ASSIGN], [], []]


def test_a_part_of_an_order_that_cannot_be_assigned_is_refused_with_it(waiting: Harness) -> None:
    order, part, _ = make_document().tasks
    with waiting.store.write() as conn:
        documents.put_document(conn, make_document("f", tasks=(replace(order, lead="z"), part)), at(START))
    assert assign(waiting, ["f/nv-1"]) == {"f/nv-1": ActCode.AGENCY_UNKNOWN}
    assert history(waiting, "f/nv-0", "f/nv-1") == [[], []]


def test_what_somebody_else_assigned_meanwhile_is_told(waiting: Harness) -> None:
    assign(waiting, ["d/nv-2"])
    waiting.act("gd-c", Act.RECEIVE)
    (told,) = assign_all(waiting.context, ["d/nv-2"], "vp", "", USERS["vp"]).values()
    assert isinstance(told, ActError) and told.failure.code == ActCode.ACT_NOT_POSSIBLE
    assert told.failure.params["state"] == "active"


def test_a_form_that_is_sent_twice_assigns_once_with_the_same_answer(waiting: Harness) -> None:
    with waiting.store.write() as conn:
        late = replace(make_document().tasks[2], key="nv-9", assigned_on=START + DAY)
        documents.put_document(conn, make_document("f", tasks=(make_document().tasks[2], late)), at(START))
    keys = ["f/nv-2", "f/nv-9", "d/nv-2"]
    first, second = (assign(waiting, keys, form_key="k1") for _ in range(2))
    assert first == second == {"f/nv-2": "", "f/nv-9": ActCode.ASSIGNED_LATER, "d/nv-2": ""}
    assert history(waiting, "f/nv-2", "d/nv-2") == [[Act.ASSIGN], [Act.ASSIGN]]


@pytest.mark.parametrize("position", ["cv", "ct", "gd-c"])
def test_who_does_not_assign_is_refused(waiting: Harness, position: str) -> None:
    assert assign(waiting, ["d/nv-2"], position) == {"d/nv-2": ActCode.NOT_PERMITTED}
    assert listed(waiting) == LISTED


def test_unknown_tasks_and_documents_are_told(waiting: Harness) -> None:
    assert assign(waiting, ["d/nv-77", "x/nv-1", "x"]) == {
        "d/nv-77": ActCode.UNKNOWN_TASK, "x/nv-1": ActCode.UNKNOWN_DOCUMENT, "x": ActCode.UNKNOWN_DOCUMENT,
    }  # fmt: skip
