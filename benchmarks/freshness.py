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
    """Notes when each value of the quick source came into sight first, in epoch ms."""

    def __init__(self) -> None:
        self.first_seen: dict[int, float] = {}

    def __call__(self, _headers: dict[str, str], panels: dict[str, Any]) -> None:
        found = _TIME.search(str(panels.get(_TILE, "")))
        if found:
            self.first_seen.setdefault(to_ms(parse_time(found[1])), time.time() * 1000)


def figures(installation: Installation, seconds: float) -> list[BenchmarkFigure]:
    """Screens at 1 s for the whole way; one that asks all the time for the program's own share."""
    eyes = [_FreshnessProbe() for _ in range(SCREENS)]
    quick = _FreshnessProbe()
    screens = [ScreenClient(installation.port, on_frame=eye) for eye in eyes] + [
        ScreenClient(installation.port, interval=0.04, on_frame=quick)
    ]
    asyncio.run(watch_all(screens, seconds))
    received = _received(installation.store_url)
    whole = [at - moment for eye in eyes for moment, at in _after_first(eye.first_seen).items()]
    own = [at - received[moment] for moment, at in _after_first(quick.first_seen).items() if moment in received]
    p95, half = (percentile(whole, share) / 1000 for share in (0.95, 0.5))
    ready, ready_half = (percentile(own, share) / 1000 for share in (0.95, 0.5))
    what, asked = f"1 s source within W, {len(whole)} arrivals", f"{len(own)} values, asked each 40 ms"
    return [
        BenchmarkFigure("source to screen p95", p95, 2.5, "s", f"{what}, median {half:.2f} s"),
        BenchmarkFigure("of it beyond the two intervals", max(0.0, p95 - INTERVALS), 0.5, "s", "p95 − 1 s − 1 s"),
        BenchmarkFigure("received to ready for screens p95", ready, 0.5, "s", f"{asked}, median {ready_half:.2f} s"),
    ]


def _after_first(seen: dict[int, float]) -> dict[int, float]:
    """Without the value that stood there when the screen was switched on."""
    return dict(list(seen.items())[1:])


def _received(url: str) -> dict[int, int]:
    """observed -> received, in epoch ms, of the quick source."""
    store = Store(url)
    asked = text(
        "SELECT reading.observed_ms, reading.received_ms FROM reading JOIN series ON series.id = reading.series_id"
        " WHERE series.key = :key ORDER BY reading.observed_ms DESC LIMIT 600"
    )
    with store.read() as conn:
        found = {int(observed): int(received) for observed, received in conn.execute(asked, {"key": f"{QUICK}-0"})}
    store.close()
    return found
