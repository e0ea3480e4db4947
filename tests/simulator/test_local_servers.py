"""Servers of other programs: what the gateway publishes, what the table has, and what is said where one is missing."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_sources import mqtt, sql_view
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.validation import validate_batch
from simulator import local_servers, postgres, server_addresses
from simulator.city import feeds
from simulator.free_ports import free_port
from simulator.server import CityServer
from tests.simulator.running_city import NOW, SEED, ManualClock, PlainFetchContext, rows, running

ROWS: dict[str, Source] = {source.key: source for source in rows()}


def test_the_message_of_the_gateway_is_read_to_the_values_of_the_city() -> None:
    feed = feeds()[local_servers.MQTT_SOURCE]
    (body,) = local_servers.mqtt_messages(feed, SEED, NOW.timestamp(), "")
    source = ROWS[local_servers.MQTT_SOURCE]
    page = ResponsePage(body, "application/json", address=local_servers.TOPIC, received_at=NOW)
    batch = validate_batch(mqtt.parse(source, Payload((page,)), NOW), source.polled_series(), NOW)
    t = feed.observation_times.last(NOW.timestamp())
    assert not batch.rejected_items
    assert {(one.series, one.observed.timestamp(), one.value) for one in batch.readings} == {
        (key, t, model.value_at(SEED, t)) for key, model in feed.series_models.items()
    }


@pytest.mark.parametrize(("fault", "count"), [("down", 0), ("garbage", 1), ("duplicates", 2)])
def test_a_fault_changes_the_messages_of_the_gateway(fault: str, count: int) -> None:
    feed = feeds()[local_servers.MQTT_SOURCE]
    assert len(local_servers.mqtt_messages(feed, SEED, NOW.timestamp(), fault)) == count


async def test_the_rows_of_the_file_are_read_to_the_values_of_the_city(tmp_path: Path) -> None:
    feed, now = feeds()[local_servers.SQL_SOURCE], NOW.timestamp()
    address = f"sqlite:///{tmp_path}/simulated.db"
    for _ in range(2):  # the second time adds nothing
        local_servers.write_rows(address, list(local_servers.sql_rows(feed, SEED, now)), now)
    source = replace(ROWS[local_servers.SQL_SOURCE], address=address)
    async with running(tmp_path / "inbox") as city:
        context: Any = PlainFetchContext(city.session, city.clock)
        payload = await sql_view.fetch(source, context)
    batch = validate_batch(sql_view.parse(source, payload, NOW), source.polled_series(), NOW)
    assert not batch.rejected_items and len(batch.readings) == 6 * len(feed.series_models)
    for reading in batch.readings:
        assert reading.value == feed.series_models[reading.series].value_at(SEED, reading.observed.timestamp())


def test_old_rows_are_deleted(tmp_path: Path) -> None:
    address, now = f"sqlite:///{tmp_path}/simulated.db", NOW.timestamp()
    local_servers.write_rows(address, [("beds-noi", now - 3 * 86_400, 1.0), ("beds-noi", now, 2.0)], now)
    with closing(sqlite3.connect(f"{tmp_path}/simulated.db")) as file:
        assert file.execute("SELECT value FROM samples").fetchall() == [(2.0,)]


def test_without_postgresql_the_table_is_in_an_sqlite_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "find_programs", lambda: None)
    servers = server_addresses.addresses("http://127.0.0.1:9000", tmp_path)
    assert servers[server_addresses.SQL] == f"sqlite:///{tmp_path}/simulated.db"
    assert servers[server_addresses.MQTT] == "mqtt://127.0.0.1:9001"


def test_a_missing_mosquitto_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_addresses, "find_mosquitto", lambda: None)
    assert {name: failure.code for name, failure in server_addresses.unavailable().items()} == {
        server_addresses.MQTT: IngestCode.PROGRAM_MISSING
    }


@asynccontextmanager
async def supplied(servers: dict[str, str], city: CityServer) -> AsyncIterator[None]:
    """The servers at these addresses, running."""
    task = asyncio.create_task(local_servers.LocalServers(servers, city).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def assert_becomes(condition: Callable[[], bool], wanted: bool) -> None:
    """Asserts that `condition` gives `wanted` within a minute."""
    try:
        async with asyncio.timeout(60):
            while condition() is not wanted:
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"not {wanted} within 60 s")


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


async def assert_down_lasts_until_its_end(
    servers: dict[str, str], source: str, is_up: Callable[[], bool], folder: Path
) -> None:
    clock = ManualClock()
    city = CityServer(SEED, clock, folder)
    async with supplied(servers, city):
        await assert_becomes(is_up, True)
        city.fault_registry.set_fault(source, "down", city.now() + 60, feeds()[source].payload_format)
        await assert_becomes(is_up, False)
        clock.on(seconds=59)
        await asyncio.sleep(0.75)  # three looks at the fault
        assert not is_up()
        clock.on(seconds=2)
        await assert_becomes(is_up, True)


@pytest.mark.skipif(server_addresses.find_mosquitto() is None, reason="Mosquitto is not installed")
async def test_down_stops_the_broker_until_the_fault_ends(tmp_path: Path) -> None:
    port = free_port()
    servers = {server_addresses.MQTT: f"mqtt://127.0.0.1:{port}"}
    await assert_down_lasts_until_its_end(servers, local_servers.MQTT_SOURCE, lambda: is_open(port), tmp_path)


@pytest.mark.skipif(postgres.find_programs() is None, reason="PostgreSQL is not installed")
async def test_down_stops_postgresql_until_the_fault_ends(tmp_path: Path) -> None:
    port = free_port()
    servers = {server_addresses.SQL: postgres.database_url(port)}
    await assert_down_lasts_until_its_end(servers, local_servers.SQL_SOURCE, lambda: is_open(port), tmp_path)


async def test_down_takes_the_sqlite_file_away_until_the_fault_ends(tmp_path: Path) -> None:
    file = tmp_path / "simulated.db"
    servers = {server_addresses.SQL: f"sqlite:///{file}"}
    await assert_down_lasts_until_its_end(servers, local_servers.SQL_SOURCE, file.is_file, tmp_path)
