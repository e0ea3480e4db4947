"""Files that the city writes and webhook messages that it sends, and their faults."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest
from aiohttp import web

from ioc.domain.ingest.camera_image import detect_media_type
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError, WebhookMessage
from simulator import server, station_files, webhook_sender, workbook
from simulator.cameras import CAMERAS, is_offline
from simulator.city import feeds
from tests.simulator.running_city import (
    NOW,
    SEED,
    ManualClock,
    PlainFetchContext,
    RunningCity,
    fetch_batch,
    newest_last,
    protocol,
    rows,
    running,
    served,
)

ROWS = {source.key: source for source in rows()}
TOKEN = "mo-phong-" * 3


def files(city: RunningCity) -> list[Path]:
    return sorted((city.folder / station_files.FOLDER).glob("*.txt"))


async def test_station_files_beyond_the_limit_are_deleted(tmp_path: Path) -> None:
    feed = feeds()["sim-station"]
    folder = tmp_path / "tram"
    for n in range(100):
        station_files.write_files(folder, feed, SEED, NOW.timestamp() + n * 300)
    names = [path.name for path in sorted(folder.iterdir())]
    assert len(names) == station_files.MAX_FILES and names[-1] == station_files.file_name(
        feed.observation_times.last(NOW.timestamp() + 99 * 300)
    )


def test_report_of_a_month_is_the_same_file_whenever_it_is_written() -> None:
    month = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    body = workbook.workbook(feeds()["sim-figures"], SEED, month)
    assert body == workbook.workbook(feeds()["sim-figures"], SEED, month)
    with ZipFile(BytesIO(body)) as book:
        assert {info.date_time[:3] for info in book.infolist()} == {(1980, 1, 1)}
        assert b"2025-07-01T00:00:00Z" in book.read("docProps/core.xml")
        assert str(datetime.now(UTC).date()).encode() not in b"".join(map(book.read, book.namelist()))


async def test_parameter_under_calibration_has_no_value(tmp_path: Path) -> None:
    async with running(tmp_path / "inbox") as city:
        city.clock.now = datetime(2026, 11, 24, 20, 7, tzinfo=UTC)
        await city.fault("sim-station", "ok")  # writes the file that is due now
        batch = await fetch_batch(city, ROWS["sim-station"])
    newest = {reading.series: reading for reading in newest_last(batch.readings)}
    assert newest["auto-tra-noc-pm10"].value is None and newest["auto-tra-noc-no2"].value is not None


@pytest.mark.parametrize("kind", ["half", "garbage", "html"])
async def test_broken_station_file_is_rejected(kind: str, tmp_path: Path) -> None:
    async with running(tmp_path / "inbox") as city:
        assert await city.fault("sim-station", kind) == 200
        batch = await fetch_batch(city, ROWS["sim-station"])
        assert batch.rejected_items and batch.readings  # the hour before is intact
        assert await city.fault("sim-station", "429") == 400
        await city.fault("sim-station", "ok")
        assert not (await fetch_batch(city, ROWS["sim-station"])).rejected_items


async def test_gauges_push_to_the_centre_with_their_token(tmp_path: Path) -> None:
    received: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        received.put_nowait((request.headers["Authorization"], await request.read()))
        return web.json_response({"accepted": True}, status=202)

    centre = web.Application()
    centre.add_routes([web.post("/vao/sim-flood", take)])
    async with served(centre) as base:
        target = webhook_sender.WebhookTarget(f"{base}/vao", TOKEN)
        async with served(server.application(SEED, ManualClock(), tmp_path, target)):
            authorization, body = await asyncio.wait_for(received.get(), 60)
    assert authorization == f"Bearer {TOKEN}"
    batch = protocol("webhook").parse(ROWS["sim-flood"], await _post(body), NOW)
    assert len(batch.readings) == 4 and not batch.rejected_items and "flood" in batch.complete_kinds


async def _post(*bodies: bytes) -> object:
    messages = [
        WebhookMessage(n, ResponsePage(body, "application/json", received_at=NOW)) for n, body in enumerate(bodies)
    ]
    return await protocol("webhook").fetch(ROWS["sim-flood"], PlainFetchContext(None, ManualClock(), messages=messages))  # type: ignore[arg-type]


@pytest.mark.parametrize(("fault", "count"), [("", 1), ("down", 0), ("duplicates", 2), ("half", 1), ("html", 1)])
async def test_webhook_messages_have_their_fault(fault: str, count: int) -> None:
    sent = webhook_sender.messages(feeds()["sim-flood"], SEED, NOW.timestamp(), fault)
    batch = protocol("webhook").parse(ROWS["sim-flood"], await _post(*sent), NOW)
    assert len(sent) == count
    assert bool(batch.rejected_items) is (fault in ("half", "html"))


async def test_flooded_streets_are_events_at_high_tide(tmp_path: Path) -> None:
    moments = (NOW + timedelta(minutes=10 * n) for n in range(144))
    streets = set()
    for at in moments:
        message = webhook_sender.flood_message(feeds()["sim-flood"], SEED, at.timestamp())
        streets |= {(street["ma"], street["mucDo"]) for street in message["diemNgap"]}
    assert len({key for key, _ in streets}) >= 3 and {word for _, word in streets} == {"vừa", "sâu"}


async def test_offline_camera_does_not_affect_others(tmp_path: Path) -> None:
    at = next(at for n in range(500) if sum(is_offline(key, SEED, (at := NOW + timedelta(hours=n)).timestamp())
                                            for key in CAMERAS) == 1)  # fmt: skip
    async with running(tmp_path) as city:
        city.clock.now = at
        batch = await fetch_batch(city, ROWS["sim-cameras"])
    assert len(batch.camera_images) == 11 and {detect_media_type(image.body) for image in batch.camera_images} == {
        "image/png"
    }
    assert [event.source_status for event in batch.events if event.source_status] == ["mất kết nối"]


@pytest.mark.parametrize("path", ["open311/sim-reports/v2/x.json", "cap/sim-alerts/x.xml", "gtfs/sim-bus/x",
                                  "geojson/sim-roadworks/x", "rss/sim-news/x", "cameras/sim-cameras/x.png",
                                  "cap/sim-bus/index.atom"])  # fmt: skip
async def test_unknown_path_is_not_found(path: str, tmp_path: Path) -> None:
    async with running(tmp_path) as city, city.session.get(f"{city.base}/{path}") as answer:
        assert answer.status == 404


async def test_invalid_start_date_is_rejected_as_open311_does(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        answer = await city.json("/open311/sim-reports/v2/requests.json", start_date="soon")
        assert answer[0]["code"] == 400
        row = ROWS["sim-reports"]
        with pytest.raises(SourceError) as caught:
            protocol("open311").parse(row, _payload(answer), NOW)
        assert caught.value.failure.code == IngestCode.SERVICE_MESSAGE


def _payload(answer: object) -> Payload:
    return Payload((ResponsePage(orjson.dumps(answer), "application/json"),))
