"""The register and the work list, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ioc.domain.directives.acts import Act, ItemKind
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_status import DeadlineState, WorkState
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from ioc.storage.directives.register import SORT_COLUMNS, RegisterQuery, register_page, tasks_of_document
from ioc.storage.directives.register_states import state_sizes
from ioc.storage.directives.visibility import ReadAccess
from ioc.storage.directives.work_list import WorkScope, WorkSection, work_list
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, append, fill, make_document

DAY = timedelta(days=1)
TODAY = START + 40 * DAY


@pytest.fixture
def filled(store: Store) -> Store:
    """A document of six tasks: an order, its part, overdue, due soon, finished, starred without a due date."""
    with store.write() as conn:
        documents.put_document(conn, make_document(count=6), at(START))
        for n, days in ((0, 60), (1, 60), (2, 30), (3, 43), (4, 60), (5, None)):
            append(
                conn, f"d/nv-{n}", Act.ASSIGN, at(START), agency="abc"[n % 3],
                due=None if days is None else START + days * DAY,
            )  # fmt: skip
        for act in (Act.RECEIVE, Act.SUBMIT_COMPLETION, Act.CONFIRM_COMPLETION):
            append(conn, "d/nv-4", act, at(START + 30 * DAY), text="x", effect_on=TODAY)
        append(conn, "d/nv-5", Act.STAR, at(START))
        append(conn, "d/nv-3", Act.TRANSFER, at(START + DAY), agency="b", basis="1")
    return store


CASES: dict[str, tuple[RegisterQuery, list[str]]] = {
    "all by due date, none last": (RegisterQuery(), ["nv-2", "nv-3", "nv-0", "nv-4", "nv-1", "nv-5"]),
    "latest first": (RegisterQuery(is_descending=True), ["nv-0", "nv-4", "nv-1", "nv-3", "nv-2", "nv-5"]),
    "second page": (RegisterQuery(offset=2, limit=2), ["nv-0", "nv-4"]),
    "words without accents": (RegisterQuery(search="DAM doi 3"), ["nv-3"]),
    "number of the document": (RegisterQuery(search="d/mp-ubnd 2"), ["nv-2"]),
    "a percent sign is no wildcard": (RegisterQuery(search="%"), []),
    "the first eight words count": (RegisterQuery(search="nhiệm vụ đầm dơi 3 văn bản cần khong-co"), ["nv-3"]),
    "a word many times": (RegisterQuery(search="doi " * 5_000, limit=1), ["nv-2"]),
    "no text that could be stored": (RegisterQuery(search="\ud800 \0"), []),
    "held": (RegisterQuery(agencies=("b",)), ["nv-3", "nv-4", "nv-1"]),
    "assigned": (RegisterQuery(agencies=("a",), view=AgencyView.ASSIGNED), ["nv-3", "nv-0"]),
    "overdue": (RegisterQuery(deadline_states=(DeadlineState.OVERDUE,)), ["nv-2"]),
    "due soon": (RegisterQuery(deadline_states=(DeadlineState.DUE_SOON,)), ["nv-3"]),
    "finished on time": (RegisterQuery(deadline_states=(DeadlineState.DONE_ON_TIME,)), ["nv-4"]),
    "done": (RegisterQuery(work_states=(WorkState.DONE,)), ["nv-4"]),
    "open": (RegisterQuery(is_open=True, limit=2), ["nv-2", "nv-3"]),
    "window": (RegisterQuery(due_from=START + 31 * DAY, due_to=START + 43 * DAY), ["nv-3"]),
    "starred": (RegisterQuery(is_starred=True), ["nv-5"]),
    "without parts": (RegisterQuery(with_parts=False, offset=2, limit=2), ["nv-0", "nv-4"]),
    "document": (RegisterQuery(document="e"), []),
    "source and sphere": (RegisterQuery(sources=("chairman",), spheres=("y-te",)), []),
    "hidden": (RegisterQuery(access=ReadAccess(("public",))), []),
    "visible": (RegisterQuery(access=ReadAccess(("internal",)), limit=1), ["nv-2"]),
}


def test_rows_are_filtered_sorted_and_paged(filled: Store) -> None:
    with filled.read() as conn:
        pages = {name: register_page(conn, query, TODAY) for name, (query, _) in CASES.items()}
    found = {name: [row.key.removeprefix("d/") for row in page.rows] for name, page in pages.items()}
    assert found == {name: keys for name, (_, keys) in CASES.items()}
    assert not [name for name, page in pages.items() if page.total < len(page.rows)]


def test_inferred_due_dates_are_found_until_they_are_confirmed_or_extended(filled: Store) -> None:
    task = make_document(count=3).tasks[2]
    due, words = task.due, "Quý IV/2026"
    stated = (
        replace(task, key="inferred", due_words=words),
        replace(task, key="confirmed", due_words=words, is_due_confirmed=True),
        replace(task, key="extended", due_words=words),
        replace(task, key="open", due=None, due_words="thường xuyên"),
    )
    with filled.write() as conn:
        documents.put_document(conn, make_document("e", tasks=stated), at(START))
        for each in stated:
            append(conn, f"e/{each.key}", Act.ASSIGN, at(START), agency="c", due=each.due)
        append(conn, "e/extended", Act.EXTEND, at(START + DAY), due=due and due + DAY, basis="1")
    query = RegisterQuery(is_due_inferred=True)
    with filled.read() as conn:
        assert [row.key for row in register_page(conn, query, TODAY).rows] == ["e/inferred"]
        assert sum(each.size for each in state_sizes(conn, query, TODAY)) == 1


def test_every_order_shows_each_row_once(filled: Store) -> None:
    for sort in SORT_COLUMNS:
        with filled.read() as conn:
            pages = [register_page(conn, RegisterQuery(sort=sort, offset=n, limit=1), TODAY) for n in range(6)]
        assert len({page.rows[0].key for page in pages}) == 6 == pages[0].total, sort


def test_a_row_has_the_status_of_its_task(filled: Store) -> None:
    with filled.read() as conn:
        rows = {row.task.key: row for row in tasks_of_document(conn, "d", TODAY)}
    assert list(rows) == [f"nv-{n}" for n in range(6)]
    assert (rows["nv-2"].status.days_overdue, rows["nv-3"].status.days_left) == (10, 3)
    assert (rows["nv-4"].status.percent, rows["nv-4"].status.judged_on) == (100, START + 30 * DAY)
    assert (rows["nv-3"].assigned_agency, rows["nv-3"].holder, rows["nv-3"].last_act) == ("a", "b", Act.TRANSFER)


def test_a_returned_completion_is_a_report_in_the_register_too(filled: Store) -> None:
    with filled.write() as conn:
        for act in (Act.RECEIVE, Act.SUBMIT_COMPLETION, Act.RETURN_COMPLETION):
            append(conn, "d/nv-2", act, at(TODAY), text="x")
    with filled.read() as conn:
        rows = {row.task.key: row for row in tasks_of_document(conn, "d", TODAY)}
    assert [rows[key].status.is_submitted for key in ("nv-2", "nv-3")] == [True, False]


def test_an_unknown_order_is_refused(filled: Store) -> None:
    with filled.read() as conn, pytest.raises(ValueError, match="nothing"):
        register_page(conn, RegisterQuery(sort="nothing"), TODAY)


LEADER = WorkScope(
    (WorkSection.COMPLETION, WorkSection.STARRED_OVERDUE), (ItemKind.EXTENSION, ItemKind.EXPLANATION_ANSWER),
    ("chairman",), confirms_starred=True,
)  # fmt: skip
OFFICE = WorkScope(
    (WorkSection.COMPLETION, WorkSection.PAUSE_ENDED, WorkSection.EFFECT),
    (ItemKind.ADJUSTMENT,),
    confirms_starred=False,
)
AGENCY = WorkScope((WorkSection.OWN_TASKS, WorkSection.COMPLETION), (), ("b",), ("b",))


def _entries(store: Store, scope: WorkScope, limit: int = 50) -> list[tuple[str, str]]:
    with store.read() as conn:
        found = work_list(conn, scope, TODAY, limit)
        assert sum(found.counts.values()) >= len(found.entries)
        return [(entry.section.value, entry.row.task.key) for entry in found.entries]


def test_an_agency_sees_what_it_holds_and_what_is_asked_of_it(filled: Store) -> None:
    with filled.write() as conn:
        append(conn, "d/nv-2", Act.RECEIVE, at(START))
        append(conn, "d/nv-2", Act.REQUEST_COORDINATION, at(START), agency="b", text="x", due=TODAY)
    assert _entries(filled, AGENCY) == [("coordination", "nv-2"), ("own_tasks", "nv-3"), ("own_tasks", "nv-1")]
    assert _entries(filled, AGENCY, 1) == [("coordination", "nv-2"), ("own_tasks", "nv-3")]


def test_a_leader_sees_requests_and_starred_tasks(filled: Store) -> None:
    with filled.write() as conn:
        append(conn, "d/nv-2", Act.STAR, at(START))
        append(conn, "d/nv-2", Act.REQUEST_EXTENSION, at(START), due=TODAY, text="x", cause="objective")
        append(conn, "d/nv-2", Act.RECEIVE, at(START))
        append(conn, "d/nv-2", Act.REPORT, at(START + DAY), text="x", petition="y", petition_to="chairman")
        append(conn, "d/nv-5", Act.RECEIVE, at(START))
        append(conn, "d/nv-5", Act.SUBMIT_COMPLETION, at(START), text="x")
    assert _entries(filled, LEADER) == [
        ("extension", "nv-2"), ("petition", "nv-2"), ("completion", "nv-5"), ("starred_overdue", "nv-2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (lambda scope: scope, ["nv-3"]),
        (lambda scope: scope.__class__(**_fields(scope) | {"portfolio": ((), ("do-thi",))}), ["nv-3"]),
        (lambda scope: scope.__class__(**_fields(scope) | {"portfolio": (("b",), ())}), ["nv-3"]),
        (lambda scope: scope.__class__(**_fields(scope) | {"portfolio": (("a",), ("y-te",))}), []),
    ],
)
def test_a_portfolio_limits_what_is_decided(
    filled: Store, scope: Callable[[WorkScope], WorkScope], expected: list[str]
) -> None:
    with filled.write() as conn:
        append(conn, "d/nv-3", Act.REQUEST_EXTENSION, at(START), due=TODAY, text="x", cause="objective")
    assert [key for _, key in _entries(filled, scope(LEADER))] == expected


def _fields(scope: WorkScope) -> dict[str, object]:
    return {name: getattr(scope, name) for name in scope.__slots__}


def test_the_office_sees_completions_pauses_that_ended_and_effects(filled: Store) -> None:
    with filled.write() as conn:
        append(conn, "d/nv-2", Act.PAUSE, at(START), basis="1", until=TODAY - DAY)
        append(conn, "d/nv-3", Act.RECEIVE, at(START + DAY))
        append(conn, "d/nv-3", Act.SUBMIT_COMPLETION, at(START + DAY), text="x")
    assert _entries(filled, OFFICE) == [("completion", "nv-3"), ("pause_ended", "nv-2"), ("effect", "nv-4")]


def test_the_lead_of_an_order_confirms_its_parts(filled: Store) -> None:
    with filled.write() as conn:
        append(conn, "d/nv-1", Act.RECEIVE, at(START))
        append(conn, "d/nv-1", Act.SUBMIT_COMPLETION, at(START), text="x")
    lead = WorkScope((WorkSection.COMPLETION,), agencies=("a",))
    assert _entries(filled, lead) == [("completion", "nv-1")]
    assert _entries(filled, WorkScope((WorkSection.COMPLETION,), agencies=("c",))) == []


def test_random_lives_can_all_be_listed(store: Store) -> None:
    keys = fill(store, 2)
    with store.read() as conn:
        assert register_page(conn, RegisterQuery(), TODAY).total == len(keys)
        everything = WorkScope(tuple(WorkSection), tuple(ItemKind), tuple("abc"), tuple("abc"), confirms_starred=False)
        assert work_list(conn, everything, TODAY).entries
