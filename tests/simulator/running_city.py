"""The simulated city on a real socket, the demonstration's rows as sources, and a plain fetch context."""

import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from data_sources._http.errors import HttpCode
from ioc.config import row_templates
from ioc.config.folder import RowKind, open_folder
from ioc.config.schema.base import SourceRow, StationRow
from ioc.config.schema.place import PlaceIndex
from ioc.domain.geo.place import AdminUnit, Station
from ioc.domain.ingest.protocol import ResponsePage, SourceError, WebhookMessage
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.source import Source
from simulator import server, webhook_sender
from simulator.city import feeds
from simulator.places import UNITS

ROOT = Path(__file__).parents[2]
SEED = 2322
NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)


@dataclass
class ManualClock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class PlainFetchContext:
    """A protocol's fetch context: GET without checks, and pushed messages."""

    session: aiohttp.ClientSession
    clock: ManualClock
    memory: MutableMapping[str, Any] = field(default_factory=dict)
    messages: list[WebhookMessage] = field(default_factory=list)

    def may_connect(self) -> bool:
        return True

    def poll_soon(self, source: Source) -> None:
        """Nothing listens."""

    def at_end(self, source: Source, close: Callable[[], None]) -> None:
        """Nothing listens."""

    async def pending_messages(self, source: Source) -> list[WebhookMessage]:
        return self.messages

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        return text

    def now(self) -> datetime:
        return self.clock()

    async def get(
        self,
        source: Source,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ResponsePage | None:
        async with self.session.get(address, params=params, headers=headers) as answer:
            if answer.status >= 400:
                raise SourceError(HttpCode.ERROR_STATUS, status=answer.status)
            return ResponsePage(await answer.read(), answer.content_type, answer.charset or "", str(answer.url))


@dataclass
class RunningCity:
    """The city on a real socket."""

    base: str
    clock: ManualClock
    session: aiohttp.ClientSession
    folder: Path

    async def json(self, path: str, **params: str) -> Any:
        async with self.session.get(self.base + path, params=params) as answer:
            return await answer.json()

    async def fault(self, source: str, kind: str, seconds: float = 60) -> int:
        body = {"source": source, "fault": kind, "for": seconds}
        async with self.session.post(self.base + "/faults", json=body) as answer:
            return answer.status


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """`app` on a free port of loopback; its base address."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[RunningCity]:
    """The city on a free port."""
    clock = ManualClock()
    async with served(server.application(SEED, clock, folder)) as base, aiohttp.ClientSession() as session:
        yield RunningCity(base, clock, session, folder)


async def fetch_batch(city: RunningCity, source: Source) -> Batch:
    """The batch that the source's protocol parses from the city's answer; files are old enough to be read."""
    for file in city.folder.rglob("*.*"):
        os.utime(file, (NOW.timestamp() - 60,) * 2)
    address = source.address.replace("${SIMULATOR}", city.base).replace("${DATA}", str(city.folder.parent))
    row, module, now = replace(source, address=address), protocol(source.protocol), city.clock()
    body = orjson.dumps(webhook_sender.flood_message(feeds()["sim-flood"], SEED, now.timestamp()))
    context = PlainFetchContext(
        city.session, city.clock, messages=[WebhookMessage(1, ResponsePage(body, "application/json", received_at=now))]
    )
    batch: Batch = module.parse(row, await module.fetch(row, context), now)
    return batch


def newest_last(readings: Iterable[Reading]) -> list[Reading]:
    """In the order of their times."""
    return sorted(readings, key=lambda reading: reading.observed)


def protocol(name: str) -> Any:
    """A protocol's module; the test is skipped where it is not built."""
    pytest.importorskip(f"data_sources.{name}")
    return import_module(f"data_sources.{name}")


@cache
def rows() -> tuple[Source, ...]:
    """The sources of the profile `protocols`, with ${SIMULATOR} and ${DATA} as they are written."""
    folder = open_folder(ROOT / "config" / "protocols")
    stations = {
        at.row.key: Station(at.row.key, at.row.name.text(), at.row.kind, at.row.lon, at.row.lat, at.row.place)
        for at in folder.rows("stations", RowKind(StationRow))
    }
    units = {code: AdminUnit(code, code, "xã", 1.0, 105.0, 10.0) for code in UNITS}
    places = PlaceIndex(stations, units)
    sources = []
    for at in folder.rows("sources", RowKind(SourceRow)):
        row = at.row
        series = tuple(series for each in row.series for series in row_templates.expand_series(each, places))
        sources.append(
            Source(
                row.key, row.name.text(), row.protocol, row.address, row.every, row.deadline, row.age_limit, row.owner,
                row.licence.text(), row.simulated, row.enabled, "", (), series, row.options,
                tuple(event.to_domain() for event in row.events), row.drill,
            )
        )  # fmt: skip
    assert not folder.faults
    return tuple(sources)
