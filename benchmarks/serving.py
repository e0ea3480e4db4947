"""Figures of the server: CPU by number of screens, a frame's wait, bytes on the wire, CPU per poll, memory."""

import asyncio
import time
from dataclasses import dataclass
from http.client import HTTPException

from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.installation import EVERY, SOURCES, Installation
from benchmarks.process import cpu_seconds, memory_mb
from benchmarks.screen_client import ScreenClient, watch_all

MANY_SCREENS, CROWD = 100, 400


@dataclass(frozen=True, slots=True)
class ScreenLoad:
    """The cost of a number of screens over `seconds`: CPU seconds of the web process and of the poller."""

    screens: list[ScreenClient]
    seconds: float
    web_cpu_seconds: float
    poller_cpu_seconds: float

    @property
    def per_minute(self) -> float:
        """CPU of the web process, in seconds a minute."""
        return self.web_cpu_seconds / self.seconds * 60


def measure_screens(installation: Installation, count: int, seconds: float) -> ScreenLoad:
    """Measures `count` screens on the overview for `seconds`; the first 2.5 s, in which they load, are not counted."""
    screens = [ScreenClient(installation.port) for _ in range(count)]
    asyncio.run(watch_all(screens, 2.5))
    for screen in screens:
        screen.responses.clear()
        screen.latencies.clear()
    started, web, poll = time.monotonic(), cpu_seconds(installation.pids["web"]), cpu_seconds(installation.pids["poll"])
    if screens:
        asyncio.run(watch_all(screens, seconds))
    else:
        time.sleep(seconds)
    elapsed = time.monotonic() - started
    return ScreenLoad(
        screens, elapsed, cpu_seconds(installation.pids["web"]) - web, cpu_seconds(installation.pids["poll"]) - poll
    )


def figures(installation: Installation, seconds: float) -> list[BenchmarkFigure]:
    """All figures of this file, from four watches of `seconds` each."""
    none, one, many, crowd = (measure_screens(installation, count, seconds) for count in (0, 1, MANY_SCREENS, CROWD))
    return [
        *_cpu_figures(none, one, many, crowd),
        *_latency_figures(one, many),
        *_traffic_figures(one, many),
        _poll_figure(none),
        *memory_figures(installation),
    ]


def _cpu_figures(none: ScreenLoad, one: ScreenLoad, many: ScreenLoad, crowd: ScreenLoad) -> list[BenchmarkFigure]:
    each = (many.per_minute - one.per_minute) / (MANY_SCREENS - 1)
    shares = {len(load.screens): load.per_minute / 60 * 100 for load in (many, crowd)}
    return [
        BenchmarkFigure("server CPU, no screen", none.per_minute, None, "s/min"),
        BenchmarkFigure(
            "server CPU, one screen in all", one.per_minute, None, "s/min", "drawing W once for all is in it"
        ),
        BenchmarkFigure(
            "server CPU per further screen-minute",
            each,
            0.05,
            "s",
            f"({MANY_SCREENS} screens − 1) / {MANY_SCREENS - 1}",
        ),
        BenchmarkFigure(
            f"{MANY_SCREENS} screens at 1 s, of one core", shares[MANY_SCREENS], 12, "%", "drawing included"
        ),
        BenchmarkFigure(f"{CROWD} screens at 1 s, of one core", shares[CROWD], 20, "%", "drawing included"),
    ]


def _latency_figures(one: ScreenLoad, many: ScreenLoad) -> list[BenchmarkFigure]:
    return [
        BenchmarkFigure(f"frame p95, {name}", percentile(_latencies(load), 0.95) * 1000, goal, "ms", _median(load))
        for name, load, goal in (("one screen", one, 50), (f"{MANY_SCREENS} screens", many, 25))
    ]


def _latencies(load: ScreenLoad) -> list[float]:
    return [latency for screen in load.screens for latency in screen.latencies]


def _median(load: ScreenLoad) -> str:
    latencies = _latencies(load)
    return f"median {percentile(latencies, 0.5) * 1000:.1f} ms of {len(latencies)}"


def _traffic_figures(one: ScreenLoad, many: ScreenLoad) -> list[BenchmarkFigure]:
    responses = [response for load in (one, many) for screen in load.screens for response in screen.responses]
    unchanged = [size for status, size in responses if status == 304]
    screen_minutes = (one.seconds + MANY_SCREENS * many.seconds) / 60
    kb = sum(size for _, size in responses) / 1000 / screen_minutes
    share = len(unchanged) / len(responses)
    return [
        BenchmarkFigure("wire down per screen-minute", kb, 50, "kB", f"gzip, headers counted, {share:.0%} unchanged"),
        BenchmarkFigure("an unchanged second", max(unchanged, default=None), 300, "B", "a 304, headers counted"),
    ]


def _poll_figure(none: ScreenLoad) -> BenchmarkFigure:
    polls = none.seconds * (SOURCES / EVERY + 1)
    return BenchmarkFigure(
        "poll CPU per poll, with 12 KPIs", none.poller_cpu_seconds / polls * 1000, None, "ms", "each over 40 sources"
    )


def memory_figures(installation: Installation) -> list[BenchmarkFigure]:
    """Memory of the processes that always run."""
    pids = {role: installation.pids[role] for role in ("poll", "web")}
    parts = ", ".join(f"{role} {memory_mb([pid])[0]:.0f}" for role, pid in pids.items())
    pss, rss = memory_mb(pids.values())
    return [
        BenchmarkFigure("memory, web", memory_mb([pids["web"]])[0], 130, "MB", "PSS"),
        BenchmarkFigure("memory, poller and web", pss, 250, "MB", f"PSS: {parts}"),
        BenchmarkFigure("the same as RSS", rss, None, "MB", "counts twice what they share"),
        BenchmarkFigure(
            "start to first frame",
            installation.startup_seconds,
            10,
            "s",
            "with a cold cache, everything started at once",
        ),
    ]


PRINTS = 3


def pdf_figures(installation: Installation) -> list[BenchmarkFigure]:
    """The first print starts the browser; the middle of the others is the figure."""
    durations, size = [], 0
    for _ in range(PRINTS + 1):
        started = time.monotonic()
        try:
            body = installation.get("/pdf/overview")
        except (OSError, HTTPException) as error:
            return [BenchmarkFigure("a page as PDF, warm browser", None, 4, "s", str(error))]
        durations.append(time.monotonic() - started)
        size = len(body)
    first, *others = durations
    note = f"middle of {PRINTS}, {size / 1000:.0f} kB; the first {first:.1f} s"
    return [BenchmarkFigure("a page as PDF, warm browser", sorted(others)[PRINTS // 2], 4, "s", note)]
