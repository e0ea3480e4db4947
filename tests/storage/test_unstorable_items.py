"""Items that a database does not accept: cleaned or rejected, at admission or by the writer; all others are stored."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_sources import webhook
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event, EventStage
from ioc.domain.ingest.camera_image import CameraImage
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem
from ioc.domain.ingest.source import EventKind, Source
from ioc.poller import isolation, transaction
from ioc.poller.admission import admit_batch
from ioc.poller.kpi_engine import KpiEngine
from ioc.poller.state import LatestValues
from ioc.poller.writer import Writer
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store
from ioc.storage.events import camera_images, events
from ioc.storage.timeseries import readings, rejected_items, source_health
from tests.city import NOW
from tests.poller.running import FakeCode, poll_result, poll_source

POISON = "k\0\ud800x"  # PostgreSQL accepts neither character, SQLite not the second one
ANY_TEXT = st.text(st.characters(), max_size=30)
CONTEXT = cast(Any, SimpleNamespace(mask_secrets=lambda text, **_: text))


def event_source(key: str) -> Source:
    return replace(poll_source(key), events=(EventKind("report", LocalizedText("Phản ánh")),))


def event(key: str, **fields: Any) -> Event:
    return Event("report", key, NOW, fields.pop("title", "Ngập"), **fields)


class WriterOver:
    """A writer over a store with the sources a and b; `write` commits one transaction with a batch of each."""

    def __init__(self, store: Store) -> None:
        self.store, self.sources = store, (event_source("a"), event_source("b"))
        with store.write() as conn:
            readings.declare_series(conn, self.sources)
        healths = {source.key: initial_health(source, NOW) for source in self.sources}
        values = LatestValues(self.sources, {}, healths)
        self.now: datetime = NOW
        self.writer = Writer(store, values, KpiEngine([], values, {}), ClockWatch(lambda: self.now))

    async def write(self, *batches: Batch, message_ids: Sequence[int] = ()) -> None:
        for source, batch in zip(self.sources, batches, strict=False):
            count = len(batch.readings) + len(batch.events)
            health = SourceHealth(source.key, SourceState.LIVE, NOW, last_success=self.now, accepted_count=count)
            ids = tuple(message_ids) if source.key == "a" else ()
            self.writer.enqueue(poll_result(source, batch, self.now, health, ids, is_countable=True))
        await self.writer.commit()
        self.now += timedelta(seconds=1)

    def event_keys(self) -> set[str]:
        with self.store.read() as conn:
            return {record.event.key for record in events.open_events(conn, self.now).records}

    def rejected(self, source: str) -> list[RejectedItem]:
        with self.store.read() as conn:
            return [stored.item for stored in rejected_items.newest(conn, source, 50)]

    def level(self, source: str) -> float | None:
        with self.store.read() as conn:
            latest = readings.latest(conn).get(f"{source}-level")
        return latest.value if latest else None

    def health(self, source: str) -> SourceHealth:
        with self.store.read() as conn:
            return source_health.current(conn)[source]


@pytest.fixture
def over(store: Store) -> Iterator[WriterOver]:
    over = WriterOver(store)
    with closing(over.writer):
        yield over


def reading(source: str, value: float, at: datetime = NOW) -> Reading:
    return Reading(f"{source}-level", at, value, "m")


async def test_an_event_that_cannot_be_stored_is_rejected_and_all_others_are_stored(over: WriterOver) -> None:
    sound = [event(f"k{n}") for n in range(20)]
    batch = Batch((reading("a", 1.0),), events=(*sound[:7], event(POISON), *sound[7:]))
    await over.write(batch, Batch((reading("b", 2.0),)))
    assert over.event_keys() == {one.key for one in sound}
    assert (over.level("a"), over.level("b")) == (1.0, 2.0)
    assert [item.failure.code for item in over.rejected("a")] == [IngestCode.NOT_STORABLE]
    assert over.rejected("a")[0].failure.external and over.rejected("b") == []
    assert (over.health("a").accepted_count, over.health("a").rejected_count) == (21, 1)
    assert over.writer.write_failing_since is None
    await over.write(Batch((reading("a", 1.5, over.now),)), Batch((reading("b", 2.5, over.now),)))
    assert (over.level("a"), over.level("b")) == (1.5, 2.5)


async def test_no_event_ends_by_the_absence_of_one_that_could_not_be_stored(over: WriterOver) -> None:
    await over.write(Batch(events=(event("k1"), event("k2")), complete_kinds=frozenset({"report"})))
    await over.write(Batch(events=(event("k1"), event(POISON)), complete_kinds=frozenset({"report"})))
    assert over.event_keys() == {"k1", "k2"}


async def test_webhook_messages_of_an_answer_with_a_bad_item_are_taken(over: WriterOver) -> None:
    page = ResponsePage(b"{}", "application/json")
    with over.store.write() as conn:
        webhook_queue.enqueue(conn, [webhook_queue.IncomingWebhook("a", page, NOW) for _ in range(3)])
    with over.store.read() as conn:
        first, second, third = (message.id for message in webhook_queue.pending(conn, "a"))
    await over.write(Batch(events=(event("k1"), event(POISON))), message_ids=(first, second))
    with over.store.read() as conn:
        assert [message.id for message in webhook_queue.pending(conn, "a")] == [third]
    assert over.event_keys() == {"k1"} and len(over.rejected("a")) == 1


async def test_the_image_of_an_event_that_cannot_be_stored_holds_up_no_other_one(over: WriterOver) -> None:
    images = tuple(CameraImage(key, NOW, "image/png", b"x") for key in ("k1", POISON))
    await over.write(Batch(events=(event("k1"), event(POISON)), camera_images=images))
    with over.store.read() as conn:
        assert camera_images.taken_times(conn, NOW).keys() == {"a/k1"}
    assert over.event_keys() == {"k1"}


async def test_camera_images_that_cannot_be_stored_cost_no_reading(over: WriterOver) -> None:
    broken = Batch((reading("a", 1.0),), camera_images=(cast(Any, SimpleNamespace()),))
    await over.write(broken, Batch((reading("b", 2.0),)))
    assert (over.level("a"), over.level("b")) == (1.0, 2.0)
    assert [item.failure.code for item in over.rejected("a")] == [IngestCode.NOT_STORABLE]


async def test_nothing_is_counted_over_events_of_before_an_answer_that_cannot_be_stored(
    over: WriterOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_events(*_: Any) -> tuple[Reading, ...]:
        return (reading("a", 0.0, over.now),)

    def record(conn: Any, source: str, reported: Sequence[Event], *_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(transaction, "count_events", count_events)
    monkeypatch.setattr(events, "record", record)
    monkeypatch.setattr("ioc.poller.writer.isolate", lambda result, _: result)
    await over.write(Batch(events=(event("k1"),)))
    assert over.level("a") is None and len(over.rejected("a")) == 1


async def test_a_report_that_cannot_be_stored_costs_no_reading(over: WriterOver) -> None:
    broken = RejectedItem("x", cast(Any, SimpleNamespace(code="x")))
    await over.write(Batch((reading("a", 1.0),), (broken,), events=(event("k"), event(POISON))))
    assert over.level("a") == 1.0 and over.event_keys() == {"k"}
    assert [item.failure.code for item in over.rejected("a")] == [IngestCode.NOT_STORABLE]


async def test_rejected_items_are_stored_whatever_they_quote(over: WriterOver) -> None:
    """The name of a file that is not UTF-8 has lone surrogates."""
    failure = Failure(FakeCode.NO_TIME, {"file": POISON, "cause": Failure(FakeCode.NO_TIME, {"x": POISON})}, POISON)
    await over.write(Batch((reading("a", 1.0),), (RejectedItem(POISON, failure, POISON),)))
    (stored,) = over.rejected("a")
    assert over.level("a") == 1.0 and stored.failure.code == FakeCode.NO_TIME and "k" in stored.location


async def test_many_bad_items_are_found_within_the_limit_of_trials(
    over: WriterOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "MAX_TRIALS", 8)
    await over.write(Batch(events=tuple(event(f"{POISON}{n}") for n in range(40))), Batch((reading("b", 2.0),)))
    assert over.event_keys() == set() and over.level("b") == 2.0
    assert {item.failure.code for item in over.rejected("a")} == {IngestCode.NOT_STORABLE}
    assert over.health("a").rejected_count == 40


TEXT_FIELDS = ("title", "source_status", "text", "place", "link", "shared_id")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
async def test_admitted_items_with_any_text_in_any_field_are_stored(over: WriterOver, data: st.DataObject) -> None:
    fields: dict[str, Any] = {name: data.draw(ANY_TEXT, name) for name in TEXT_FIELDS}
    pairs = st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3)
    keys = data.draw(st.lists(ANY_TEXT, max_size=4), "keys")
    failure = Failure(FakeCode.NO_TIME, external=data.draw(ANY_TEXT, "external"))
    batch = Batch(
        (Reading(data.draw(st.sampled_from(["a-level", POISON])), over.now, 1.0, data.draw(ANY_TEXT, "unit")),),
        (RejectedItem(data.draw(ANY_TEXT, "location"), failure, POISON),),
        tuple(
            event(key, **fields, stage=EventStage.OPEN, facts=data.draw(pairs), personal=data.draw(pairs),
                  places=tuple(data.draw(st.lists(ANY_TEXT, max_size=2))),
                  replaces=tuple(data.draw(st.lists(ANY_TEXT, max_size=2))))
            for key in keys
        ),
    )  # fmt: skip
    admitted = admit_batch(batch, over.sources[0], CONTEXT, over.now, id_key=b"key")
    await over.write(admitted)
    assert not any(item.failure.code == IngestCode.NOT_STORABLE for item in over.rejected("a"))
    with over.store.read() as conn:
        stored = {item.key: events.latest(conn, "a", item.key) for item in admitted.events}
        assert all(found is not None for found in stored.values())
    rejected_count = len(batch.readings) + len(batch.events) + 1 - len(admitted.readings) - len(admitted.events)
    assert len(admitted.rejected_items) + admitted.duplicate_count >= rejected_count


TEXT_WITH_SURROGATES = st.text(st.sampled_from(["\ud83d", "\udc00", "\\", "\0", "a", "ư", "\U0001f600"]), max_size=12)
EVENT_FIELDS = ("id", "title", "text", "place", "link", "word", "same", "fact", "note")  # `note` is read by nothing
EVENTS = {
    "kind": "report", "items": "list", "key": "{id}", "title": "{title}", "text": "text", "place": "place",
    "link": "{link}", "word": "word", "same": "{same}", "facts": {"x": "fact"}, "personal": {"y": "fact"},
}  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(fields=st.fixed_dictionaries(dict.fromkeys(EVENT_FIELDS, TEXT_WITH_SURROGATES)), value=TEXT_WITH_SURROGATES)
async def test_a_message_with_lone_surrogates_is_stored_but_for_what_they_stand_in(
    over: WriterOver, fields: dict[str, str], value: str
) -> None:
    options = {"push_token": "${TOKEN}", "items": "values", "series": "{s}", "value": "v", "events": EVENTS}
    source = replace(over.sources[0], protocol="webhook", options=cast(Any, webhook.Options.model_validate(options)))
    first, last = ({"id": key, "title": "Ngập"} for key in ("first", "last"))
    values = [{"s": value, "v": value}, {"s": "a-level", "v": 1.5}]
    document = {"list": [first, fields, last], "values": values, "other": value}
    page = ResponsePage(json.dumps(document).encode(), "application/json", received_at=over.now)
    batch = webhook.parse(source, Payload((page,)), over.now)
    admitted = admit_batch(batch, source, CONTEXT, over.now, id_key=b"key")
    await over.write(admitted)
    with over.store.read() as conn:
        stored = {key: events.latest(conn, "a", key) for key in ("first", "last", *(e.key for e in admitted.events))}
    assert all(stored.values()) and over.level("a") == 1.5
    assert not any(item.failure.code == IngestCode.NOT_STORABLE for item in over.rejected("a"))
    assert len(admitted.events) + len(admitted.rejected_items) + admitted.duplicate_count >= 3
