"""The simulated tasks: played once through the command of every act, in every state, on simulated agencies only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ioc.directives import queries, work_list
from ioc.directives.briefings import newest_briefings
from ioc.directives.context import DirectiveContext
from ioc.directives.document_queries import documents_to_assign
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import city_date
from ioc.domain.directives.acts import Act, ItemKind
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.store import Store
from ioc.storage.directives import events
from ioc.storage.directives.instructions import draft_instructions
from ioc.storage.directives.register import RegisterQuery, RegisterRow
from ioc.storage.directives.work_list import WorkSection
from simulator.positions import POSITIONS, position_key
from simulator.tasks import SimulatedTasks, played_documents
from tests.storage.city import configuration

NOW, LATE = datetime(2026, 11, 24, 2, 0, tzinfo=UTC), datetime(2026, 11, 24, 16, 59, tzinfo=UTC)
NAMES = (*"abcdefg", "tp", *(f"xa-{letter}" for letter in "abcdef"))


def agencies() -> Mapping[str, Agency]:
    """The simulated agencies, two of which were merged."""
    name = LocalizedText("Cơ quan")
    found = {f"mp-{each}": Agency(f"mp-{each}", name, name, is_simulated=True) for each in NAMES}
    last, after = date(2025, 6, 30), date(2025, 7, 1)
    for key, heirs in (("mp-h", ("mp-g",)), ("mp-k", ("mp-d", "mp-e"))):
        successors = tuple(Succession(heir, after, name) for heir in heirs)
        found[key] = Agency(key, name, name, until=last, successors=successors, is_simulated=True)
    return found


class PlayedCity:
    """As much of a polling service as the simulated tasks use, and what they have played."""

    def __init__(self, store: Store, now: datetime = NOW) -> None:
        self.store, self.now, self.writes = store, now, 0
        known = agencies()
        bare = configuration()
        self.configuration = replace(bare, agencies=known, register=replace(bare.register, agencies=known))
        self.context = DirectiveContext(store, known, lambda: self.now, lambda *_entry: None)

    async def play(self) -> None:
        async def run_in_writer(work: Any, *args: Any) -> Any:
            self.writes += 1
            return work(*args)

        service: Any = SimpleNamespace(
            store=self.store, configuration=self.configuration, clock=lambda: self.now,
            writer=SimpleNamespace(run_in_writer=run_in_writer),
        )  # fmt: skip
        await SimulatedTasks(service).run()

    def rows(self) -> tuple[RegisterRow, ...]:
        chairman = POSITIONS["chu-tich"].principal
        return queries.register(self.context, RegisterQuery(limit=200), chairman).rows

    def sections(self, name: str) -> set[WorkSection]:
        """What waits for a position."""
        found = work_list.my_work(self.context, position_key(name), POSITIONS[name].principal)
        return {entry.section for entry in found.work.entries}


@pytest.fixture
async def city(store: Store) -> PlayedCity:
    played = PlayedCity(store)
    await played.play()
    return played


async def test_one_briefing_is_open_and_all_of_it_is_simulated(city: PlayedCity) -> None:
    await city.play()
    (briefing,) = newest_briefings(city.context, POSITIONS["lanh-dao-vp"].principal)
    assert briefing.ended_at is None and len(briefing.items) == 2 and len(briefing.conclusions) == 1
    rows = {row.key: row for row in city.rows()}
    assert all(rows[item.subject.key].is_simulated and "mô phỏng" in item.subject.value for item in briefing.items)


async def test_every_state_and_every_open_item_is_there_and_all_is_simulated(city: PlayedCity, store: Store) -> None:
    rows = city.rows()
    assert {row.status.work_state for row in rows} == set(WorkState)
    assert all(row.is_simulated and row.holder.startswith("mp-") for row in rows)
    with store.read() as conn:
        found = [events.find_task(conn, row.key) for row in rows]
        acts = {event.act for task in found if task for event in events.task_events(conn, task.id)}
        drafts = draft_instructions(conn, {"chu-tich"})
    with store.read() as conn:
        kinds = {item.kind for row in rows for item in city_items(conn, row)}
    assert kinds == set(ItemKind)
    assert {Act.CONTINUE, Act.TRANSFER, Act.FORWARD_PETITION, Act.PAUSE, Act.WITHDRAW, Act.RETURN_COMPLETION} <= acts
    assert drafts and all(draft.is_simulated for draft in drafts)


def city_items(conn: Any, row: RegisterRow) -> tuple[Any, ...]:
    from ioc.directives.context import load_task

    loaded = load_task(conn, row.key)
    return loaded.state.items if loaded and loaded.state else ()


async def test_every_account_of_the_demonstration_has_something_to_do(city: PlayedCity) -> None:
    section = WorkSection
    assert {section.PETITION, section.EXTENSION, section.EXPLANATION_ANSWER, section.STARRED_OVERDUE} <= city.sections(
        "chu-tich"
    )
    assert {section.COMPLETION, section.PETITION} <= city.sections("pho-chu-tich")
    assert {section.COMPLETION, section.ADJUSTMENT, section.PROPOSAL, section.PAUSE_ENDED, section.EFFECT} <= (
        city.sections("lanh-dao-vp")
    )
    assert {section.OWN_TASKS, section.COORDINATION, section.EXPLANATION, section.PETITION, section.COMPLETION} <= (
        city.sections("lanh-dao-c")
    )
    assert section.OWN_TASKS in city.sections("lanh-dao-xa-a")


async def test_tasks_of_a_document_wait_for_assignment_and_name_place_and_horizon(city: PlayedCity) -> None:
    office = POSITIONS["lanh-dao-vp"].principal
    assert documents_to_assign(city.context, position_key("lanh-dao-vp"), office).total == 1
    waiting = queries.register(city.context, RegisterQuery(is_waiting=True), office).rows
    assert {row.task.horizon for row in waiting} == {"short", "long"} and any(row.task.place for row in waiting)


async def test_acts_lie_in_the_past_and_rise(city: PlayedCity) -> None:
    for played in played_documents(city.context, city_date(NOW)):
        for acts in played.acts.values():
            times = [at for at, _ in acts]
            assert times == sorted(times) and times[-1] < NOW


async def test_a_second_start_plays_nothing(city: PlayedCity) -> None:
    before, city.writes = len(city.rows()), 0
    await city.play()
    assert city.writes == 1 and len(city.rows()) == before


async def test_the_life_is_valid_on_other_days_too(store: Store) -> None:
    city = PlayedCity(store, datetime(2027, 3, 1, 0, 30, tzinfo=UTC))
    await city.play()
    assert {row.status.work_state for row in city.rows()} == set(WorkState)


class CityAtMidnight(PlayedCity):
    """The day changes once some documents are played."""

    @property
    def now(self) -> datetime:
        return LATE + timedelta(minutes=2 if self.writes > 5 else 0)

    @now.setter
    def now(self, _: datetime) -> None:
        """It follows from what was written."""


async def test_first_start_at_midnight_plays_everything(store: Store) -> None:
    city = CityAtMidnight(store)
    await city.play()
    (briefing,) = newest_briefings(city.context, POSITIONS["lanh-dao-vp"].principal)
    assert briefing.items and briefing.day == city_date(city.now)
