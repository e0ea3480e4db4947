"""A wall's frame while others ask for more than the server can do: slow clients, past moments, prints at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from urllib.parse import quote

from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.installation import Installation
from benchmarks.screen_client import ScreenClient
from ioc.domain.base.times import utc_now

SLOW_CLIENTS, PAST_REQUESTS, PRINTS = 200, 16, 20
_MIN_SECONDS = (
    40.0  # a frame a second; of fewer than 20 the 95th percentile is the slowest, which meets them all at once
)
_SLOW_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


def figures(installation: Installation, seconds: float) -> list[BenchmarkFigure]:
    """The 95th percentile of a frame's wait over `seconds` of it, at least 40, and how the others were answered."""
    screen = ScreenClient(installation.port)
    statuses: Counter[str] = Counter()
    asyncio.run(_watch_under_load(installation.port, screen, max(seconds, _MIN_SECONDS), statuses))
    waits = sorted(screen.latencies)
    answered = ", ".join(f"{number} × {what}" for what, number in sorted(statuses.items()))
    frames = f"{len(waits)} frames, median {waits[len(waits) // 2] * 1000:.0f} ms, slowest {waits[-1] * 1000:.0f} ms"
    note = (
        f"{frames}; {SLOW_CLIENTS} slow clients, {PAST_REQUESTS} past moments and {PRINTS} prints at once; {answered}"
    )
    return [BenchmarkFigure("frame p95 under overload", percentile(waits, 0.95) * 1000, 150, "ms", note)]


async def _watch_under_load(port: int, screen: ScreenClient, seconds: float, statuses: Counter[str]) -> None:
    await screen.watch(2.5)
    screen.latencies.clear()
    minutes = count(10)
    load = [
        *(_slow_client(port) for _ in range(SLOW_CLIENTS)),
        *(_past_moments(port, minutes, statuses) for _ in range(PAST_REQUESTS)),
        *(_print(port, number, statuses) for number in range(PRINTS)),
    ]
    tasks = [asyncio.ensure_future(work) for work in load]
    await screen.watch(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _slow_client(port: int) -> None:
    """Sends a byte of a head each second; connects again when it is disconnected."""
    while True:
        with suppress(ConnectionError):
            async with _connection(port) as (_, writer):
                writer.write(_SLOW_HEAD)
                while True:
                    await asyncio.sleep(1)
                    writer.write(b"x")
                    await writer.drain()


async def _past_moments(port: int, minutes: "count[int]", statuses: Counter[str]) -> None:
    """Requests one past moment after the other, each another one."""
    while True:
        moment = utc_now() - timedelta(minutes=next(minutes) % 1400)
        status = await _get(port, f"/live/overview?luc={quote(moment.isoformat())}")
        statuses[f"past moment {status}"] += 1


async def _print(port: int, number: int, statuses: Counter[str]) -> None:
    status = await _get(port, f"/pdf/overview?n={number}")
    statuses[f"print {status}"] += 1


async def _get(port: int, target: str) -> str:
    async with _connection(port) as (reader, writer):
        writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return (await reader.read()).split(b" ", 2)[1].decode()


@asynccontextmanager
async def _connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
