"""Servers of other programs that the profile `protocols` reads: Mosquitto, and PostgreSQL or an SQLite file.

They run on loopback, on the ports after the simulated city's own, and end with its process.
"""

import asyncio
import logging
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from ioc.domain.base.times import CITY_ZONE
from simulator import postgres, server_guard
from simulator.city import SimulatedFeed, feeds
from simulator.faults import CLOCK_SHIFT, DOWN, GARBAGE
from simulator.payloads import newest_values
from simulator.server import CityServer
from simulator.server_addresses import MQTT, SQL, find_mosquitto

log = logging.getLogger("ioc.simulate")

MQTT_SOURCE, SQL_SOURCE = "sim-mqtt", "sim-sql"
TOPIC = "mo-phong/tram-1/so-lieu"
WRITE_SECONDS = 5.0  # between two messages, and between two writes of rows
_CHECK_SECONDS = 0.25  # between two looks at the fault
_START_SECONDS = 60.0
_KEPT_SECONDS = 2 * 86_400
_TABLE = "CREATE TABLE IF NOT EXISTS samples (code text, observed {time}, value {number}, PRIMARY KEY (code, observed))"


class LocalServers:
    """Starts the servers at `servers`, addresses by variable, and supplies them with data."""

    def __init__(self, servers: Mapping[str, str], city: CityServer) -> None:
        self._addresses = servers
        self._seed, self._now, self._fault_of = city.seed, city.now, city.fault_of
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    async def run(self) -> None:
        """Supplies data until it is cancelled. A server that does not start is logged."""
        tasks = {MQTT: self._run_mqtt, SQL: self._run_sql}
        try:
            async with asyncio.TaskGroup() as group:
                for name in tasks.keys() & self._addresses.keys():
                    group.create_task(self._logged(name, tasks[name]))
        finally:
            await asyncio.to_thread(self._stop)

    async def _logged(self, name: str, task: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await task()
        except (OSError, subprocess.SubprocessError, psycopg.Error, sqlite3.Error) as error:
            log.error("the server of %s does not run: %s", name, error)

    def _stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            _await_end(process)

    async def _start_or_stop(self, name: str, fault: str, start: Callable[[], subprocess.Popen[bytes]]) -> bool:
        """Stops the server while it is down, starts a new one afterwards. Whether one was started."""
        process = self._processes.get(name)
        if fault == DOWN and process is not None:
            process.terminate()
            await asyncio.to_thread(_await_end, process)
            del self._processes[name]
        if fault == DOWN or process is not None:
            return False
        self._processes[name] = await asyncio.to_thread(start)
        return True

    async def _pause(self, source: str, fault: str) -> None:
        """Until the next write, or until `source` has another fault than `fault`."""
        for _ in range(round(WRITE_SECONDS / _CHECK_SECONDS)):
            if self._fault_of(source) != fault:
                return
            await asyncio.sleep(_CHECK_SECONDS)

    async def _run_mqtt(self) -> None:
        port = urlsplit(self._addresses[MQTT]).port or 0
        client = paho.Client(CallbackAPIVersion.VERSION2, "simulated-gateway")
        client.reconnect_delay_set(1, 5)
        client.connect_async("127.0.0.1", port)
        client.loop_start()
        try:
            while True:
                fault = self._fault_of(MQTT_SOURCE)
                await self._start_or_stop(MQTT, fault, lambda: _start_mosquitto(port))
                for body in mqtt_messages(feeds()[MQTT_SOURCE], self._seed, self._now(), fault):
                    client.publish(TOPIC, body, qos=1, retain=True)
                await self._pause(MQTT_SOURCE, fault)
        finally:
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)

    async def _run_sql(self) -> None:
        address = self._addresses[SQL]
        port = urlsplit(address).port or 0
        while True:
            fault = self._fault_of(SQL_SOURCE)
            if address.startswith("postgresql:"):
                if await self._start_or_stop(SQL, fault, lambda: _start_postgres(port)):
                    await _wait_until_ready(port)
            elif fault == DOWN:
                _sqlite_file(address).unlink(missing_ok=True)
            if fault != DOWN:
                rows = list(sql_rows(feeds()[SQL_SOURCE], self._seed, self._now()))
                await asyncio.to_thread(write_rows, address, rows, self._now())
            await self._pause(SQL_SOURCE, fault)


def mqtt_messages(feed: SimulatedFeed, seed: int, now: float, fault: str) -> list[bytes]:
    """The messages that the gateway publishes now: {"t": seconds, "level_cm", "temp"}, changed by the fault."""
    if fault in (DOWN, "garbage"):
        return [GARBAGE] if fault == "garbage" else []
    t, values = newest_values(feed, seed, now)
    shift = CLOCK_SHIFT if fault == "wrong-clock" else 0.0
    body = {"t": round(t + shift), "level_cm": values["mqtt-level"], "temp": values["mqtt-temperature"]}
    return [orjson.dumps(body)] * (2 if fault == "duplicates" else 1)


def sql_rows(feed: SimulatedFeed, seed: int, now: float) -> Iterator[tuple[str, float, float]]:
    """(code, time in seconds since 1970, value) of the last minute."""
    for t in feed.observation_times.between(now - 60, now, 1):
        for key, model in feed.series_models.items():
            yield key.removeprefix("sql-"), t, model.value_at(seed, t)


def write_rows(address: str, rows: Sequence[tuple[str, float, float]], now: float) -> None:
    """Adds rows that the table `samples` does not have, and deletes old ones. psycopg.Error, sqlite3.Error."""
    insert = "INSERT INTO samples VALUES ({0}, {0}, {0}) ON CONFLICT DO NOTHING"
    delete = "DELETE FROM samples WHERE observed < {0}"
    if address.startswith("sqlite:"):
        with closing(sqlite3.connect(_sqlite_file(address))) as file, file:
            file.execute(_TABLE.format(time="text", number="real"))
            file.executemany(insert.format("?"), [(code, _local_text(t), value) for code, t, value in rows])
            file.execute(delete.format("?"), [_local_text(now - _KEPT_SECONDS)])
        return
    with psycopg.connect(address) as conn, conn.cursor() as cursor:
        cursor.execute(_TABLE.format(time="timestamptz", number="double precision").encode())
        moments = [(code, datetime.fromtimestamp(t, UTC), value) for code, t, value in rows]
        cursor.executemany(insert.format("%s").encode(), moments)
        cursor.execute(delete.format("%s").encode(), [datetime.fromtimestamp(now - _KEPT_SECONDS, UTC)])


def _sqlite_file(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


def _local_text(t: float) -> str:
    return datetime.fromtimestamp(t, CITY_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _await_end(process: "subprocess.Popen[bytes]") -> None:
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _start_mosquitto(port: int) -> "subprocess.Popen[bytes]":
    home = Path(tempfile.mkdtemp(prefix="ioc-simulated-mqtt-"))
    user = ["user root"] if os.geteuid() == 0 else []  # else it changes to a user that may not read its folder
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "log_type error", *user, ""]
    (home / "config").write_text("\n".join(lines), "utf-8")
    return server_guard.start(
        [find_mosquitto() or "mosquitto", "-c", str(home / "config")], subprocess.DEVNULL, remove=home
    )


def _start_postgres(port: int) -> "subprocess.Popen[bytes]":
    home = Path(tempfile.mkdtemp(prefix="ioc-simulated-sql-"))
    try:
        postgres.create_cluster(home)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(home, ignore_errors=True)
        raise
    return postgres.start_server(home, port, remove=True)


async def _wait_until_ready(port: int) -> None:
    """Returns once PostgreSQL accepts connections. TimeoutError, an OSError, after a minute."""
    async with asyncio.timeout(_START_SECONDS):
        while not await asyncio.to_thread(postgres.is_ready, port):
            await asyncio.sleep(0.2)
