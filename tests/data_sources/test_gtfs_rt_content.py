"""A feed without any value or event: what it holds, and what the row would have to read; a broken timetable."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from components.ui.i18n import t
from data_sources.gtfs_rt import fetch, parse
from data_sources.gtfs_rt.content import describe_entities
from data_sources.gtfs_rt.errors import GtfsCode
from ioc.cli.batch_report import BatchReport
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.protocol import Payload, ResponsePage
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW, client_factory, serving
from tests.data_sources.test_gtfs_rt import LINES, parsed, source
from tests.data_sources.transit import feed, trip, vehicle

DELAY = {"delay": "delay-{route}"}
RUN = trip("1", "r1")
CANCELLED = {"id": "c", "tripUpdate": {"trip": {"tripId": "2", "routeId": "r1", "scheduleRelationship": "CANCELED"}}}
ALERT = {"id": "a", "alert": {"headerText": {"translation": [{"text": "Tạm dừng"}]}}}


@pytest.mark.parametrize(
    ("entities", "options", "expected"),
    [
        ([CANCELLED], DELAY, [Failure(GtfsCode.TRIPS_WITHOUT_DELAY, {"n": 1, "cancelled": 1, "others": 0})]),
        ([RUN, CANCELLED], DELAY, [Failure(GtfsCode.TRIPS_WITHOUT_DELAY, {"n": 2, "cancelled": 1, "others": 1})]),
        ([RUN, CANCELLED], {}, [Failure(GtfsCode.TRIPS_UNREAD, {"n": 2})]),
        ([{**vehicle(), "isDeleted": True}], {}, [Failure(GtfsCode.ENTITIES_DELETED, {"n": 1})]),
        ([vehicle()], {"vehicles": "xe"}, [Failure(GtfsCode.VEHICLES_UNREAD, {"n": 1, "kind": "xe"})]),
        ([ALERT], {"alerts": "tin"}, [Failure(GtfsCode.ALERTS_UNREAD, {"n": 1, "kind": "tin"})]),
        ([], {}, []),
    ],
)
def test_a_feed_without_values_is_described(
    entities: list[dict[str, Any]], options: dict[str, Any], expected: list[Failure]
) -> None:
    body = feed(*entities)
    batch = parsed(body, **options)
    assert not (batch.readings or batch.events or batch.rejected_items)
    content = [*describe_entities(source(**options), Payload((ResponsePage(body),)))]
    assert content == expected
    text = BatchReport(replace(source(), option_names=None), batch, NOW, "en", content=content).text()
    assert (t("commands.no_value_in_answer", "en") in text) == (not expected)


async def test_a_broken_timetable_is_told_until_it_is_mended() -> None:
    """Its server answered "unchanged" to the next poll: the names were missing for a day, and nothing said so.

    It is not transferred at each poll of the feed.
    """
    body, now, asked = LINES[:100], NOW, list[datetime]()

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/gtfs.zip":
            return web.Response(body=feed(vehicle(trip={"routeId": "r1"})))
        asked.append(now)
        tag = f'"{len(body)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(body=body, headers={"ETag": tag})

    async with serving(answer) as base, client_factory(clock=lambda: now) as clients:
        bus = source(f"{base}/rt", static=f"{base}/gtfs.zip")
        for _ in range(13):
            batch = parse(bus, await fetch(bus, clients.context_for(bus)), NOW)
            assert codes(batch) == [GtfsCode.NAMES_MISSING]
            now += timedelta(minutes=1)
        assert asked == [NOW, NOW + timedelta(minutes=5), NOW + timedelta(minutes=10)]
        body, now = LINES, NOW + timedelta(minutes=15)
        assert parse(bus, await fetch(bus, clients.context_for(bus)), NOW).events[0].title == "44 · 1"


async def test_a_timetable_is_transferred_again_only_when_it_has_changed() -> None:
    """It is asked for once in hours, and the feed at each poll between."""
    body, now, statuses = LINES, NOW, list[int]()

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/gtfs.zip":
            return web.Response(body=feed(vehicle(trip={"routeId": "r1"})))
        tag = f'"{len(body)}"'
        is_known = request.headers.get("If-None-Match") == tag
        statuses.append(304 if is_known else 200)
        return web.Response(status=304) if is_known else web.Response(body=body, headers={"ETag": tag})

    async with serving(answer) as base, client_factory(clock=lambda: now) as clients:
        bus = source(f"{base}/rt", static=f"{base}/gtfs.zip", static_hours=1)
        for minutes in (0, 20, 40, 61, 80, 122):
            now = NOW + timedelta(minutes=minutes)
            batch = parse(bus, await fetch(bus, clients.context_for(bus)), NOW)
            assert batch.events[0].title == "44 · 1"
        clients.context_for(bus).memory.clear()  # as after a failure: the names are gone, too
        await fetch(bus, clients.context_for(bus))
    assert statuses == [200, 304, 304, 200]


async def test_a_timetable_that_hangs_keeps_back_no_vehicle() -> None:
    end = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/gtfs.zip":
            await end.wait()
        return web.Response(body=feed(vehicle(trip={"routeId": "r1"})))

    async with serving(answer) as base, client_factory() as clients:
        bus = replace(source(f"{base}/rt", static=f"{base}/gtfs.zip"), deadline=timedelta(seconds=1))
        batch = parse(bus, await fetch(bus, clients.context_for(bus)), NOW)
        end.set()
    assert batch.events[0].title == "r1 · 1" and codes(batch) == [GtfsCode.NAMES_MISSING]
