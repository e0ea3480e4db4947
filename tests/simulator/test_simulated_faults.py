"""Faults set by command, on real sockets: each behaves as in the field and ends by itself."""

import asyncio
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import aiohttp
import orjson
import pytest

from components.ui.i18n import t
from simulator import faults, load
from tests.simulator.running_city import ManualClock, RunningCity, running, served

PATH = "/json/sim-traffic"
PATHS = (
    "/sensorthings/sim-rain/v1.1/Datastreams", "/openmeteo/sim-weather/v1/forecast", "/json/sim-reports-old",
    "/open311/sim-reports/v2/requests.json", "/cap/sim-alerts/index.atom", "/gtfs/sim-bus/realtime.pb",
    "/geojson/sim-roadworks/collections/works/items", "/rss/sim-news/rss.xml", "/cameras/sim-cameras/list.json",
)  # fmt: skip


async def get(city: RunningCity) -> tuple[int, bytes]:
    async with city.session.get(city.base + PATH) as answer:
        return answer.status, await answer.read()


async def test_down_closes_the_connection_until_its_time_is_over(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        await city.fault("sim-traffic", "down", 60)
        with pytest.raises(aiohttp.ClientConnectionError):
            await get(city)
        assert (await city.json("/json/sim-bridge"))["data"]
        city.clock.on(seconds=61)
        assert (await get(city))[0] == 200


async def test_slow_hangs_until_it_is_cleared(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        await city.fault("sim-traffic", "slow")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(get(city), 0.3)
        waiting = asyncio.create_task(get(city))
        await city.fault("sim-traffic", "ok")
        assert (await waiting)[0] == 200


@pytest.mark.parametrize(("kind", "status", "header"), [("429", 429, "Retry-After"), ("401", 401, "WWW-Authenticate")])
async def test_refusals_have_their_status_and_header(kind: str, status: int, header: str, tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        await city.fault("sim-traffic", kind)
        async with city.session.get(city.base + PATH) as answer:
            assert answer.status == status and header in answer.headers


async def test_half_answer_is_shorter_than_its_declared_length(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        await city.fault("sim-traffic", "half")
        with pytest.raises(aiohttp.ClientPayloadError):
            await get(city)


@pytest.mark.parametrize("kind", ["garbage", "html"])
async def test_garbage_and_html_are_no_json(kind: str, tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        await city.fault("sim-traffic", kind)
        status, body = await get(city)
    assert status == 200
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(body)


async def test_wrong_clock_is_ahead(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        right = (await city.json(PATH))["generated"]
        await city.fault("sim-traffic", "wrong-clock")
        assert (right[11:16], (await city.json(PATH))["generated"][11:16]) == ("16:18", "19:18")


async def test_duplicates_and_flood_repeat_the_items(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        count = len((await city.json(PATH))["roads"])
        for kind, copies in faults.COPIES.items():
            await city.fault("sim-traffic", kind)
            assert len((await city.json(PATH))["roads"]) == count * copies


@pytest.mark.parametrize("kind", sorted(faults.KINDS.keys() - {"slow"}))
@pytest.mark.parametrize("path", PATHS)
async def test_every_fault_works_with_every_protocol(path: str, kind: str, tmp_path: Path) -> None:
    source = path.split("/")[2]
    async with running(tmp_path) as city:
        assert await city.fault(source, kind) == 200
        params = {"latitude": "10", "longitude": "105", "current": "temperature_2m"}
        try:
            async with city.session.get(city.base + path, params=params) as answer:
                await answer.read()
        except aiohttp.ClientError:
            assert kind in ("down", "half")
        assert (await city.json("/faults"))["faults"][0]["fault"] == kind


async def test_workbook_is_broken_by_a_fault_and_restored_after_it(tmp_path: Path) -> None:
    async with running(tmp_path / "inbox") as city:
        (file,) = (tmp_path / "inbox").glob("*.xlsx")
        with ZipFile(file) as book:
            assert book.testzip() is None
        await city.fault("sim-figures", "half")
        with pytest.raises(BadZipFile):
            ZipFile(file)
        await city.fault("sim-figures", "ok")
        with ZipFile(file) as book:
            assert "xl/workbook.xml" in book.namelist()
        assert await city.fault("sim-figures", "429") == 400


async def test_fault_is_sent_and_wrong_arguments_are_rejected(tmp_path: Path) -> None:
    async with running(tmp_path) as city:
        await asyncio.to_thread(faults.send_fault, city.base, "sim-traffic", "401", 30)
        async with city.session.get(f"{city.base}/json/sim-traffic") as answer:
            assert answer.status == 401
        for source, kind, wrong in (("sim-traffic", "meteor", "meteor"), ("no-such", "down", "no-such")):
            with pytest.raises(faults.FaultRejectedError, match=wrong):
                await asyncio.to_thread(faults.send_fault, city.base, source, kind, 30)
        for seconds in (0, -5, float("nan"), float("inf"), 1e9):
            with pytest.raises(faults.FaultRejectedError, match="number of seconds"):
                await asyncio.to_thread(faults.send_fault, city.base, "sim-traffic", "401", seconds)
    with pytest.raises(OSError):
        await asyncio.to_thread(faults.send_fault, city.base, "sim-traffic", "ok", 30)


def test_every_fault_has_a_text_in_both_languages() -> None:
    for kind in (*faults.KINDS, faults.NO_FAULT):
        assert t(f"commands.fault_{kind}", "vi", source="s") != t(f"commands.fault_{kind}", "en", source="s")


@pytest.mark.parametrize("text", ["x", "nan", "-1", "0", "inf", "86401", None, [], "1e400"])
def test_duration_of_a_fault_is_a_number_of_seconds(text: object) -> None:
    assert faults.parse_duration(text) is None
    assert (faults.parse_duration("90"), faults.parse_duration(0.5)) == (90, 0.5)


async def test_workload_values_change_and_its_configuration_covers_all_sources(tmp_path: Path) -> None:
    clock = ManualClock()
    async with served(load.application(clock, 20, 4)) as base, aiohttp.ClientSession() as session:

        async def workload_values(n: int) -> dict[str, float]:
            async with session.get(f"{base}/load/{n}") as answer:
                return {item["id"]: item["value"] for item in (await answer.json())["values"]}

        before = await workload_values(3)
        clock.on(seconds=5)
        assert len(before) == 4 and all(value != before[key] for key, value in (await workload_values(3)).items())
        folder = load.write_config(tmp_path / "load", base, 20)
        async with session.get(f"{base}/load/20") as answer:
            assert answer.status == 404
    sources = orjson.loads((folder / "sources.yaml").read_bytes())
    assert len(sources) == 20 and sum(len(source["series"]) for source in sources) == 80
    assert len(orjson.loads((folder / "kpis.yaml").read_bytes())) == load.KPIS
