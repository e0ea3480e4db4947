"""Instructions that wait too long for a number: counted for everybody, at a past moment as they were."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from ioc.directives.instruction_steps import InstructionCommand, return_instruction, withdraw_instruction
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.domain.base.times import CITY_ZONE, city_date
from ioc.domain.directives.directive import Document, Visibility
from ioc.domain.directives.instruction import LateInstructions
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from ioc.storage.directives.instructions import late_instructions
from tests.poller.running import configured, poll_source
from tests.storage.directives.cases import make_document
from tests.storage.directives.harness import DAY, DUE, USERS, Harness

DAYS = 3
Recorded = list[tuple[datetime, list[LateInstructions]]]


def give(city: Harness, text: str = "Kiểm tra trạm bơm") -> Document:
    figure = Instruction("ct", text, "a", "/chi-so/muc-nuoc", city.now, "muc-nuoc", "1,86 m", DUE)
    return give_instruction(city.context, figure, USERS["ct"])


def late(city: Harness, moment: datetime | None = None) -> list[LateInstructions]:
    with city.store.read() as conn:
        return list(late_instructions(conn, moment, city_date(moment or city.now), DAYS))


def counts(city: Harness) -> list[tuple[int, bool]]:
    return [(each.count, each.is_simulated) for each in late(city)]


def put(city: Harness, document: Document) -> None:
    with city.store.write() as conn:
        documents.put_document(conn, document, city.now)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE)


def test_instruction_is_late_from_the_midnight_after_its_days(city: Harness) -> None:
    given_on = city_date(city.now)
    give(city)
    starts = midnight(given_on + (DAYS + 1) * DAY)
    city.now = starts - timedelta(seconds=1)
    assert late(city) == []
    city.now = starts
    give(city, "Báo cáo mực nước")
    assert late(city) == [LateInstructions(1, starts, is_simulated=False)]


@pytest.mark.parametrize(("visibility", "expected"), [
    (Visibility.PUBLIC, [(1, False)]), (Visibility.INTERNAL, [(1, False)]), (Visibility.AGENCIES_CONCERNED, []),
])  # fmt: skip
def test_restricted_instruction_is_not_counted(
    city: Harness, visibility: Visibility, expected: list[tuple[int, bool]]
) -> None:
    put(city, replace(give(city), visibility=visibility))
    city.now += 10 * DAY
    assert counts(city) == expected


def test_simulated_ones_are_apart(city: Harness) -> None:
    give(city)
    put(city, replace(give(city, "Báo cáo mực nước"), is_simulated=True))
    city.now += 10 * DAY
    assert counts(city) == [(1, False), (1, True)]


def issue(city: Harness, draft: Document) -> None:
    issue_document(city.context, draft.key, "12/UBND-VP", city_date(city.now), "vp", USERS["vp"])


def carry(city: Harness, draft: Document) -> None:
    city.enter(make_document("tb", 1, parents=(draft.key,)), "vp")


def carry_and_assign(city: Harness, draft: Document) -> None:
    city.enter(make_document("tb", 1, parents=(draft.key,)), "vp", assign=True)
    city.now += DAY
    with city.store.write() as conn:
        stored = documents.find_document(conn, "tb")
        assert stored is not None
        documents.put_document(conn, stored, city.now)  # a later correction


def withdraw(city: Harness, draft: Document) -> None:
    withdraw_instruction(city.context, InstructionCommand(draft.key, 0, "ct"), USERS["ct"])


@pytest.mark.parametrize("end", [issue, carry, carry_and_assign, withdraw])
def test_past_moment_has_those_that_waited_then(city: Harness, end: Callable[[Harness, Document], None]) -> None:
    draft, other = give(city), give(city, "Báo cáo mực nước")
    recorded: Recorded = []

    def record() -> None:
        recorded.append((city.now, late(city)))
        city.now += timedelta(hours=1)

    record()
    city.now += 10 * DAY
    record()
    return_instruction(city.context, InstructionCommand(other.key, 0, "vp"), "Chưa rõ cơ quan", USERS["vp"])
    record()
    end(city, draft)
    record()
    city.now += 10 * DAY
    assert [[each.count for each in found] for _, found in recorded] == [[], [2], [2], [1]]
    assert [late(city, moment) for moment, _ in recorded] == [found for _, found in recorded]


def test_attention_list_has_them_from_midnight_on_without_any_act(
    city: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr("ioc.snapshot.cache.monotonic", lambda: seconds[0])
    reads = SnapshotCache(city.store, configured(poll_source("a")), lambda: city.now)
    give(city)

    def listed() -> list[tuple[str, str, datetime]]:
        seconds[0] += 60
        found = [item for item in reads.snapshot().attention if item.kind == "instruction"]
        return [(item.key, item.severity.value, item.since) for item in found]

    assert listed() == []
    starts = midnight(city_date(city.now) + (DAYS + 1) * DAY)
    city.now = starts + timedelta(hours=1)
    assert listed() == [("official", "attention", starts)]


def test_store_without_instructions_has_none(store: Store) -> None:
    city = Harness(store)
    assert late(city) == [] and late(city, city.now) == []
