"""The counters of the register, on both databases: each is what filtering by its state shows, and they add up."""

from datetime import timedelta
from itertools import product

import pytest

from ioc.directives import register_filter
from ioc.directives.register_filter import COUNTED, OPEN, STATES, WAITING, count_states
from ioc.domain.directives.acts import Act
from ioc.storage.db.store import Store
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, fill, make_document
from tests.storage.directives.harness import USERS, Harness

FILTERS: tuple[dict[str, str], ...] = (
    {}, {"co-quan": "b"}, {"co-quan": "a", "theo": "duoc-giao"}, {"tim": "dam doi 1"}, {"sao": "co"},
    {"den": "01/03/2025"}, {"van-ban": "khong-co"}, {"co-quan": "khong-co"},
)  # fmt: skip


BOTH = {"d1", "d12"}


@pytest.fixture
def lived(store: Store) -> Harness:
    """Tasks that had random lives, and some that wait for assignment."""
    city = Harness(store)
    fill(store)
    city.enter(make_document("w"))
    city.now = at(START + timedelta(days=40))
    return city


def test_counter_is_what_its_filter_shows(lived: Harness) -> None:
    for position, filtered in product(("vp", "gd-b"), FILTERS):
        principal = USERS[position]
        counts = count_states(lived.context, filtered, principal)
        by = counts.by_state
        for state in STATES:
            total = register_filter.rows_of(lived.context, filtered | {"trang-thai": state}, principal, limit=0).total
            assert by.get(state, 0) == total, (position, filtered, state)
        every = register_filter.rows_of(lived.context, filtered, principal, limit=0).total
        parts = ("chua-tiep-nhan", "dang-thuc-hien", "cho-xac-nhan", "hoan-thanh")
        in_parts = sum(by[state] for state in parts)
        rows = every - counts.orders - by["tam-dung"] - by["thu-hoi"]
        assert by[COUNTED] == in_parts == rows, (position, filtered)
        assert by[OPEN] == by[COUNTED] - by["hoan-thanh"], (position, filtered)
        assert (WAITING in by) == (position == "vp"), filtered


def test_the_state_of_the_filter_does_not_change_the_counters(lived: Harness) -> None:
    every = count_states(lived.context, {}, USERS["vp"])
    assert sum(every.by_state.values()) and every.by_state[WAITING] == 2
    assert all(count_states(lived.context, {"trang-thai": state}, USERS["vp"]) == every for state in STATES)


@pytest.mark.parametrize("state", ["", WAITING])
def test_document_is_found_by_a_part_of_its_number(store: Store, state: str) -> None:
    city = Harness(store)
    for key in ("d1", "d12"):
        city.enter(make_document(key, number=f"{key.upper()}/MP-QĐ"), assign=not state)
    parts = {"d1": {"d1"}, "D1": BOTH, "qd mp": BOTH, "12": {"d12"}, "D1/MP-QĐ": {"d1"}, "x": set()}
    for typed, found in parts.items():
        query = {"van-ban": typed, "trang-thai": state}
        rows = register_filter.rows_of(city.context, query, USERS["vp"]).rows
        assert {row.document for row in rows} == found, typed
        assert sum(count_states(city.context, query, USERS["vp"]).by_state.values()) > 0 or not found, typed


def test_orders_and_their_parts_are_named_beside_the_total(store: Store) -> None:
    city = Harness(store)
    city.enter(assign=True)
    counts = count_states(city.context, {}, USERS["vp"])
    assert (counts.by_state[COUNTED], counts.numbers, counts.orders) == (2, (2, 1), 1)
    city.act("ct", Act.WITHDRAW, "d/nv-1", text="x", basis="1")
    counts = count_states(city.context, {}, USERS["vp"])
    assert (counts.by_state[COUNTED], counts.by_state["thu-hoi"], counts.numbers) == (1, 1, (1, 0))
