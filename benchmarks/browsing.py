"""Figures of a browser on the overview: first load, first paint, CPU, layout shift, heap."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from playwright.sync_api import CDPSession, Page

from benchmarks.chromium import Chromium, new_page
from benchmarks.figures import BenchmarkFigure
from benchmarks.installation import Installation
from benchmarks.process import cpu_seconds

NETWORK = {"offline": False, "latency": 5, "downloadThroughput": 20e6 / 8, "uploadThroughput": 20e6 / 8}
CPU_SLOWDOWN = 4
SETTLE, MINUTE = 10.0, 60.0
KPI = "load-0"
_TIMEOUT_MS = 150_000  # ms; enough for a busy machine with the CPU slowed down 4 times
# Records in the page: time of readiness, layout shifts and the nodes that moved, time of the largest paint.
_OBSERVER_JS = """(() => {
  const metrics = window.iocBench = { ready: null, shift: 0, moved: [], largest: null };
  let ready;
  Object.defineProperty(window, 'iocReady', {
    get: () => ready,
    set: (value) => { ready = value; if (metrics.ready === null) metrics.ready = performance.now(); },
  });
  const nodeName = ({ node }) =>
    node ? (node.id || node.className || node.parentNode?.className || node.nodeName) : '?';
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      metrics.shift += entry.value;
      metrics.moved.push(...(entry.sources || []).map(nodeName));
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) metrics.largest = entry.startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
})()"""
_METRICS_JS = """() => ({ ...window.iocBench, tiles: document.querySelectorAll('.tile').length,
  map: document.querySelectorAll('.maplibregl-map').length,
  first: (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime ?? null })"""


@dataclass  # without slots: Playwright sets an attribute on the handler's object
class NetworkCounter:
    """Encoded bytes of requests as DevTools counts them, 0 for a cached answer. `paths`: request id -> URL."""

    bytes: float = 0.0
    cached: int = 0
    paths: dict[str, str] = field(default_factory=dict)

    def listen(self, cdp: CDPSession) -> None:
        """Starts to count."""
        cdp.on(
            "Network.requestWillBeSent", lambda event: self.paths.update({event["requestId"]: event["request"]["url"]})
        )
        cdp.on("Network.loadingFinished", self._finished)
        cdp.send("Network.enable")

    @property
    def requests(self) -> int:
        """How many there were, without the frames: of these a busy machine asks for more while it loads."""
        return sum("/live/" not in url for url in self.paths.values())

    def _finished(self, event: dict[str, Any]) -> None:
        if "/live/" not in self.paths.get(event["requestId"], ""):
            self.bytes += event["encodedDataLength"]
            self.cached += event["encodedDataLength"] == 0


def figures(
    installation: Installation, browser: Chromium, minutes: float, print_progress: Callable[[str], None]
) -> list[BenchmarkFigure]:
    """Figures of page loads, then of one screen over `minutes`."""
    print_progress("browser: first loads")
    loads, paints = _load_figures(installation, browser), _paint_figures(installation, browser)
    print_progress(f"browser: one screen for {minutes:g} minutes")
    return [*loads, *paints, *_steady_figures(installation, browser, minutes)]


def _open(page: Page, installation: Installation, path: str = "/") -> dict[str, Any]:
    """Opens the overview, or the page at `path`, waits until it is ready and returns its metrics."""
    page.add_init_script(_OBSERVER_JS)
    page.goto(f"http://127.0.0.1:{installation.port}{path}", wait_until="commit", timeout=_TIMEOUT_MS)
    page.wait_for_function("() => window.iocReady === true", timeout=_TIMEOUT_MS)
    page.wait_for_timeout(500)
    metrics: dict[str, Any] = page.evaluate(_METRICS_JS)
    return metrics


def _load_figures(installation: Installation, browser: Chromium) -> list[BenchmarkFigure]:
    with browser.screen() as (page, cdp):
        first, second = NetworkCounter(), NetworkCounter()
        first.listen(cdp)
        metrics = _open(page, installation)
        again, second_cdp = new_page(page.context)
        second.listen(second_cdp)
        _open(again, installation)
    note = f"{metrics['tiles']} tiles, {'with' if metrics['map'] else 'WITHOUT'} the map"
    return [
        BenchmarkFigure("first load", first.bytes / 1000, 1000, "kB", note),
        BenchmarkFigure("first load: requests", first.requests, 42, "", "the live frames are not counted"),
        BenchmarkFigure("second load", second.bytes / 1000, None, "kB", f"{second.cached} answers from the cache"),
        *_other_load_figures(installation, browser),
    ]


def _other_load_figures(installation: Installation, browser: Chromium) -> list[BenchmarkFigure]:
    """First loads of a wall and of a KPI, whose page has a chart, each in a new browser context."""
    found = []
    pages = (("wall", "/tuong", 1000, 42), ("a KPI with its chart", f"/chi-so/{KPI}", 1550, None))
    for name, path, goal, most_requests in pages:
        counter = NetworkCounter()
        with browser.screen() as (page, cdp):
            counter.listen(cdp)
            _open(page, installation, path)
        found += [
            BenchmarkFigure(f"first load: {name}", counter.bytes / 1000, goal, "kB", path),
            BenchmarkFigure(f"first load: {name}, requests", counter.requests, most_requests, "", "without frames"),
        ]
    return found


def _paint_figures(installation: Installation, browser: Chromium) -> list[BenchmarkFigure]:
    runs = [_slow_load(installation, browser) for _ in range(3)]
    median = sorted(runs, key=lambda run: run["first"])[1]
    ready = sorted(run["ready"] for run in runs)[1]
    with_map = "ready: every graph drawn" if median["map"] else "no map on this page: ready without one"
    conditions = f"20 Mbit/s, 5 ms, CPU {CPU_SLOWDOWN}× slower, cold cache; median of {len(runs)}"
    return [
        BenchmarkFigure("first paint of the tiles", median["first"] / 1000, 1.5, "s", conditions),
        BenchmarkFigure(
            "largest part painted", median["largest"] / 1000, None, "s", "largest contentful paint of the same load"
        ),
        BenchmarkFigure("map ready", ready / 1000, 4, "s", with_map),
    ]


def _slow_load(installation: Installation, browser: Chromium) -> dict[str, Any]:
    with browser.screen() as (page, cdp):
        cdp.send("Network.enable")
        cdp.send("Network.emulateNetworkConditions", NETWORK)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        return _open(page, installation)


def _steady_figures(installation: Installation, browser: Chromium, minutes: float) -> list[BenchmarkFigure]:
    with browser.screen() as (page, cdp):
        _open(page, installation)
        opened = monotonic()
        page.wait_for_timeout(SETTLE * 1000)
        before, cpu_before, started = page.evaluate(_METRICS_JS), cpu_seconds(browser.pid), monotonic()
        page.wait_for_timeout(max(1.0, MINUTE - (monotonic() - opened)) * 1000)
        seconds = (cpu_seconds(browser.pid) - cpu_before) / (monotonic() - started) * 60
        early = _heap(cdp)
        page.wait_for_timeout(max(0.0, minutes * 60 - (monotonic() - opened)) * 1000)
        late, after = _heap(cdp), page.evaluate(_METRICS_JS)
    moved = sorted({str(node) for node in after["moved"][len(before["moved"]) :]})
    hint = "" if minutes >= 10 else "; --long for 10 minutes"
    growth = (late / early - 1) * 100
    return [
        BenchmarkFigure("browser CPU per screen-minute", seconds, 4, "s", "all of Chromium, software GL, 1920 × 1080"),
        BenchmarkFigure(
            "layout shift on update", after["shift"] - before["shift"], 0, "", _layout_shift_note(minutes, moved)
        ),
        BenchmarkFigure("heap after 1 minute", early / 1e6, None, "MB", "after a collection"),
        BenchmarkFigure(f"heap's growth by minute {minutes:g}", growth, 10, "%", f"{late / 1e6:.1f} MB{hint}"),
    ]


def _layout_shift_note(minutes: float, names: list[str]) -> str:
    duration = f"over {minutes - SETTLE / 60:.1f} minutes"
    return f"{duration}; moved: {', '.join(names[:6])}" if names else duration


def _heap(cdp: CDPSession) -> float:
    cdp.send("HeapProfiler.collectGarbage")
    return float(cdp.send("Runtime.getHeapUsage")["usedSize"])
