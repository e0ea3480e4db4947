"""A frozen feed is stale whatever its polls say; a source that never brought a value has no data."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import orjson
import pytest

from data_sources import protocols
from data_sources.gtfs_rt.errors import GtfsCode
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import utc_now
from ioc.domain.events.event import Event
from ioc.domain.events.state import kind_state
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.health import SourceHealth, SourceState, initial_health, is_poll_time, states_own_time
from ioc.domain.ingest.protocol import Connector, Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import EventKind, Source
from ioc.domain.kpis.kpi import FigureState
from ioc.poller.poller import Poller
from ioc.storage.db.store import Store
from tests.data_sources.server import NOW, fixture, row, shared
from tests.data_sources.test_contract import CASES, Case
from tests.data_sources.test_unexpected_responses import source_of
from tests.data_sources.transit import feed, vehicle
from tests.poller.running import RunningService, ScriptedProtocol, source_state
from tests.poller.test_event_flow import event_source

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
YEARS = timedelta(days=3 * 365)


@dataclass
class Replay:
    """The real protocol of a source over payloads that the test gives."""

    source: Source
    payloads: list[Payload] = field(default_factory=list)
    now: datetime = NOW
    memory: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.Options, self.parse = object, protocols()[self.source.protocol].parse
        self.poller = Poller(
            {self.source.protocol: cast(Connector, self)}, lambda source: cast(Any, self), ClockWatch(lambda: self.now),
            {self.source.key: initial_health(self.source, self.now)}, lambda result: None, id_key=b"key",
        )  # fmt: skip

    async def fetch(self, source: Source, context: Any) -> Payload:
        return self.payloads[0]

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        return text

    async def poll(self, payload: Payload | bytes, *, after: timedelta = timedelta(0)) -> SourceState:
        self.now += after
        self.payloads = [payload if isinstance(payload, Payload) else Payload((ResponsePage(payload),))]
        await self.poller.poll(self.source, force=True)
        return self.health.state

    @property
    def health(self) -> SourceHealth:
        return self.poller.healths[self.source.key]


def replay(protocol: str, kinds: Sequence[str] = (), age_limit: timedelta = 10 * MINUTE, **options: Any) -> Replay:
    events = tuple(EventKind(kind, LocalizedText(kind)) for kind in kinds)
    source = row(options=options, protocol=protocol, events=events, age_limit=age_limit)
    return Replay(source)


@pytest.mark.parametrize("case", [case for case in CASES if case.protocol != "cameras"], ids=lambda case: case.fixture)
async def test_answer_that_is_years_old_is_stale_in_every_protocol(case: Case) -> None:
    frozen = Replay(replace(source_of(case), age_limit=2 * timedelta(days=1)), now=NOW + YEARS)
    for _ in range(3):
        assert await frozen.poll(Payload((fixture(case.fixture),)), after=MINUTE) is SourceState.STALE
    assert frozen.health.last_error is None and not is_poll_time(frozen.health)


@pytest.mark.parametrize("name", ["gtfs/1707397157.ace.pb", "gtfs/otp_3b.pb"])
async def test_recorded_transit_feeds_are_stale(name: str) -> None:
    recorded = replay("gtfs_rt", ("vehicle", "alert"))
    assert await recorded.poll(shared(name).read_bytes()) is SourceState.STALE


async def test_transit_feed_without_a_time_in_its_header_is_refused() -> None:
    unknown = replay("gtfs_rt", ("vehicle", "alert"))
    for body in (feed(at=0), feed(vehicle(), at=0)):
        assert await unknown.poll(body) is SourceState.DOWN
        assert unknown.health.last_error == Failure(GtfsCode.FEED_TIME_MISSING)
    assert await unknown.poll(shared("gtfs/vehicle_position.pb").read_bytes()) is SourceState.DOWN


async def test_transit_feed_whose_header_is_ahead_is_down_with_the_lead() -> None:
    ahead = replay("gtfs_rt", ("vehicle", "alert"))
    assert await ahead.poll(feed(at=round((NOW + 7 * HOUR).timestamp()))) is SourceState.DOWN
    assert ahead.health.last_error == Failure(IngestCode.CLOCK_AHEAD_ZONE)


async def test_feed_without_vehicles_is_live_while_its_header_is_new_and_stale_beyond_the_age_limit() -> None:
    night = replay("gtfs_rt", ("vehicle",))
    body = feed(at=round(NOW.timestamp()))
    assert await night.poll(body) is SourceState.LIVE
    assert await night.poll(body, after=9 * MINUTE) is SourceState.LIVE
    assert await night.poll(body, after=2 * MINUTE) is SourceState.STALE
    assert await night.poll(feed(at=round(night.now.timestamp()))) is SourceState.LIVE


WORKS: dict[str, Any] = {"events": {"kind": "works", "key": "{id}", "title": "{id}"}}


async def test_list_of_events_that_states_no_time_is_as_new_as_its_poll_and_unchanged_answers_confirm_it() -> None:
    works = replay("http_json", ("works",), **WORKS)
    assert await works.poll(b"[]") is SourceState.LIVE
    assert is_poll_time(works.health) and not states_own_time(works.health, works.source)
    assert await works.poll(Payload(is_unchanged=True), after=HOUR) is SourceState.LIVE
    assert works.health.data_time == works.now


@pytest.mark.parametrize("stated", [None, "2026-11-24T09:18:00Z"])
async def test_values_of_a_document_without_a_time_are_as_new_as_the_poll(stated: str | None) -> None:
    options = {"series": "{properties.id}", "value": "properties.v"}
    made = row(options=options, protocol="geojson", series_keys=("a",))
    gauges = Replay(replace(made, may_lack_time=True))
    ticks = count()
    gauges.poller._clock = lambda: gauges.now + next(ticks) * timedelta(seconds=1)  # parsing takes time
    feature = {"type": "Feature", "geometry": None, "properties": {"id": "a", "v": 1}}
    body = {"type": "FeatureCollection", "features": [feature], **({"timeStamp": stated} if stated else {})}
    assert await gauges.poll(orjson.dumps(body)) is SourceState.LIVE
    assert states_own_time(gauges.health, gauges.source) is bool(stated)


async def test_unchanged_answer_does_not_make_a_list_newer_that_states_its_time() -> None:
    works = replay("http_json", ("works",), page_time="at", events={**WORKS["events"], "items": "items"})
    assert await works.poll(b'{"at": "2026-11-24T09:18:00Z", "items": []}') is SourceState.LIVE
    assert states_own_time(works.health, works.source)
    assert await works.poll(Payload(is_unchanged=True), after=HOUR) is SourceState.STALE


async def test_list_whose_time_is_ahead_is_as_old_as_its_newest_event() -> None:
    """A file that stood still was as new as each poll for as long as its time was ahead."""
    events = {**WORKS["events"], "items": "items", "time": "at"}
    works = replay("http_json", ("works",), page_time="at", events=events)
    item = {"id": "1", "at": "2026-11-24T09:18:00Z"}
    body = orjson.dumps({"at": "2026-11-24T16:18:00Z", "items": [item]})
    assert await works.poll(body) is SourceState.LIVE
    assert await works.poll(body, after=HOUR) is SourceState.STALE


async def test_part_of_a_list_without_reports_does_not_make_the_source_newer() -> None:
    report = {
        "service_request_id": "1", "status": "open", "service_name": "x", "requested_datetime": "2026-11-24T09:00:00Z",
    }  # fmt: skip
    reports = replay("open311", ("report",), age_limit=HOUR)
    page = ResponsePage(repr([report]).replace("'", '"').encode())
    assert await reports.poll(Payload((page,))) is SourceState.LIVE
    part = Payload((ResponsePage(b"[]"),), is_partial=True)
    assert await reports.poll(part, after=30 * MINUTE) is SourceState.LIVE
    assert await reports.poll(part, after=30 * MINUTE) is SourceState.STALE
    quiet = replay("open311", ("report",), age_limit=HOUR)
    assert await quiet.poll(b"[]") is SourceState.LIVE
    assert await quiet.poll(part, after=2 * HOUR) is SourceState.LIVE


async def test_source_of_readings_that_answers_without_values_has_no_data_until_the_first() -> None:
    levels = replay("sensorthings", series="level")
    assert levels.health.state is SourceState.NO_DATA
    for body in (b'{"value": []}', b'{"value": [{"name": "a", "Observations": []}]}'):
        assert await levels.poll(body, after=HOUR) is SourceState.NO_DATA
    assert await levels.poll(Payload(is_unchanged=True)) is SourceState.NO_DATA
    assert await levels.poll(b"{}") is SourceState.DOWN
    value = b'{"value": [{"phenomenonTime": "2026-11-24T11:18:00Z", "result": 1}]}'
    assert await levels.poll(value) is SourceState.LIVE
    assert await levels.poll(b'{"value": []}') is SourceState.LIVE
    assert await levels.poll(b'{"value": []}', after=HOUR) is SourceState.STALE


async def test_webhook_source_without_a_message_has_no_data() -> None:
    silent = replay("webhook", ("works",), push_token="${TOKEN}", **WORKS)
    assert await silent.poll(Payload(is_unchanged=True, has_data=False)) is SourceState.NO_DATA


def listed(at: datetime, *events: Event) -> Batch:
    return Batch(events=events, complete_kinds=frozenset({"report"}), source_time=at)


async def test_count_over_a_frozen_list_is_never_a_good_value(store: Store) -> None:
    protocol = ScriptedProtocol()
    protocol.behaviours = {"a": listed(utc_now() - timedelta(days=400))}
    async with RunningService(store, protocol, event_source("a")) as service:
        await service.wait_until(lambda reads: source_state(reads, "a") is SourceState.STALE)
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.state is FigureState.STALE)
        frozen = service.reads.snapshot()
        assert frozen.figures["a-kpi"].value.value is None
        assert kind_state(frozen, "report") is FigureState.STALE
        protocol.behaviours["a"] = listed
        await service.wait_until(lambda reads: reads.snapshot().figures["a-kpi"].value.value == 0)


async def test_reading_and_events_of_one_source_are_as_new_as_the_reading_where_the_list_states_no_time() -> None:
    both = replay(
        "http_json", ("works",), items="levels", series="level", value="v", time="t", events={
            **WORKS["events"], "items": "works"},
    )  # fmt: skip
    body = b'{"levels": [{"v": 1, "t": "2025-01-01T00:00:00Z"}], "works": []}'
    assert await both.poll(body) is SourceState.STALE
    assert both.health.data_time == datetime.fromisoformat("2025-01-01T00:00:00Z")
