"""Figures of freshness: from the moment for which a source of 1 s gives its value to the screen that shows it."""

import asyncio
import re
import time
from typing import Any

from sqlalchemy import text

from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.installation import QUICK, Installation
from benchmarks.screen_client import INTERVAL, ScreenClient, watch_all
from ioc.domain.base.times import parse_time, to_ms
from ioc.storage.db.store import Store

_TILE, _TIME = "overview-tile-1", re.compile(r'data-since="([^"]+)"')
SCREENS = 5  # at other moments of the second each
INTERVALS = 1.0 + INTERVAL


class _FreshnessProbe:
    """`first_seen`: data time of each value of the quick source -> time at which it first appeared, in epoch ms."""

    def __init__(self) -> None:
        self.first_seen: dict[int, float] = {}

    def __call__(self, _headers: dict[str, str], panels: dict[str, Any]) -> None:
        match = _TIME.search(str(panels.get(_TILE, "")))
        if match:
            self.first_seen.setdefault(to_ms(parse_time(match[1])), time.time() * 1000)


def figures(installation: Installation, seconds: float) -> list[BenchmarkFigure]:
    """Delay at screens of 1 s; one screen of 40 ms measures the program's own delay."""
    probes = [_FreshnessProbe() for _ in range(SCREENS)]
    quick = _FreshnessProbe()
    screens = [ScreenClient(installation.port, on_frame=probe) for probe in probes] + [
        ScreenClient(installation.port, interval=0.04, on_frame=quick)
    ]
    asyncio.run(watch_all(screens, seconds))
    received = _received(installation.store_url)
    whole = [at - moment for probe in probes for moment, at in _after_first(probe.first_seen).items()]
    own = [at - received[moment] for moment, at in _after_first(quick.first_seen).items() if moment in received]
    p95, half = (percentile(whole, share) / 1000 for share in (0.95, 0.5))
    ready, ready_half = (percentile(own, share) / 1000 for share in (0.95, 0.5))
    arrivals, values = f"1 s source within W, {len(whole)} arrivals", f"{len(own)} values, requested each 40 ms"
    return [
        BenchmarkFigure("source to screen p95", p95, 2.5, "s", f"{arrivals}, median {half:.2f} s"),
        BenchmarkFigure("of it beyond the two intervals", max(0.0, p95 - INTERVALS), 0.5, "s", "p95 − 1 s − 1 s"),
        BenchmarkFigure("received to ready for screens p95", ready, 0.5, "s", f"{values}, median {ready_half:.2f} s"),
    ]


def _after_first(seen: dict[int, float]) -> dict[int, float]:
    """Without the value that was there when the screen started."""
    return dict(list(seen.items())[1:])


def _received(url: str) -> dict[int, int]:
    """Times of the quick source's readings, observed -> received, in epoch ms."""
    store = Store(url)
    query = text(
        "SELECT reading.observed_ms, reading.received_ms FROM reading JOIN series ON series.id = reading.series_id"
        " WHERE series.key = :key ORDER BY reading.observed_ms DESC LIMIT 600"
    )
    with store.read() as conn:
        times = {int(observed): int(received) for observed, received in conn.execute(query, {"key": f"{QUICK}-0"})}
    store.close()
    return times
