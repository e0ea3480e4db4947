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
_TIMEOUT_MS = 150_000  # ms: a busy machine that is made 4× slower still gets there
# Keeps what the page itself can tell: when it was ready, what moved, when the largest part was painted.
_OBSERVER_JS = """(() => {
  const told = window.iocBench = { ready: null, shift: 0, moved: [], largest: null };
  let ready;
  Object.defineProperty(window, 'iocReady', {
    get: () => ready,
    set: (value) => { ready = value; if (told.ready === null) told.ready = performance.now(); },
  });
  const named = ({ node }) => node ? (node.id || node.className || node.parentNode?.className || node.nodeName) : '?';
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
      told.shift += one.value;
      told.moved.push(...(one.sources || []).map(named));
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) told.largest = one.startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
})()"""
_METRICS_JS = """() => ({ ...window.iocBench, tiles: document.querySelectorAll('.tile').length,
  map: document.querySelectorAll('.maplibregl-map').length,
  first: (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime ?? null })"""


@dataclass  # without slots: Playwright hangs a mark of its own on whatever listens
class _NetworkCounter:
    """Bytes that came over the wire, by request, as the browser's network counts them; what its cache gave is 0."""

    bytes: float = 0.0
    cached: int = 0
    paths: dict[str, str] = field(default_factory=dict)

    def listen(self, cdp: CDPSession) -> None:
        """From now on."""
        cdp.on("Network.requestWillBeSent", lambda told: self.paths.update({told["requestId"]: told["request"]["url"]}))
        cdp.on("Network.loadingFinished", self._finished)
        cdp.send("Network.enable")

    def _finished(self, told: dict[str, Any]) -> None:
        if "/live/" not in self.paths.get(told["requestId"], ""):
            self.bytes += told["encodedDataLength"]
            self.cached += told["encodedDataLength"] == 0


def figures(
    installation: Installation, browser: Chromium, minutes: float, print_progress: Callable[[str], None]
) -> list[BenchmarkFigure]:
    """Loads first; then one screen that is watched for `minutes`."""
    print_progress("browser: first loads")
    loads, paints = _load_figures(installation, browser), _paint_figures(installation, browser)
    print_progress(f"browser: one screen for {minutes:g} minutes")
    return [*loads, *paints, *_steady_figures(installation, browser, minutes)]


def _open(page: Page, house: Installation) -> dict[str, Any]:
    """The overview, ready."""
    page.add_init_script(_OBSERVER_JS)
    page.goto(f"http://127.0.0.1:{house.port}/", wait_until="commit", timeout=_TIMEOUT_MS)
    page.wait_for_function("() => window.iocReady === true", timeout=_TIMEOUT_MS)
    page.wait_for_timeout(500)
    told: dict[str, Any] = page.evaluate(_METRICS_JS)
    return told


def _load_figures(house: Installation, browser: Chromium) -> list[BenchmarkFigure]:
    with browser.screen() as (page, cdp):
        first, second = _NetworkCounter(), _NetworkCounter()
        first.listen(cdp)
        told = _open(page, house)
        again, its_cdp = new_page(page.context)
        second.listen(its_cdp)
        _open(again, house)
    what = f"{told['tiles']} tiles, {'with' if told['map'] else 'WITHOUT'} the map"
    return [
        BenchmarkFigure("first load", first.bytes / 1000, 1000, "kB", f"{what}, {len(first.paths)} requests"),
        BenchmarkFigure("second load", second.bytes / 1000, None, "kB", f"{second.cached} answers from the cache"),
    ]


def _paint_figures(house: Installation, browser: Chromium) -> list[BenchmarkFigure]:
    runs = [_slow_load(house, browser) for _ in range(3)]
    middle = sorted(runs, key=lambda told: told["first"])[1]
    ready = sorted(told["ready"] for told in runs)[1]
    with_map = "ready: every graph drawn" if middle["map"] else "no map on this page: ready without one"
    how = f"20 Mbit/s, 5 ms, CPU {CPU_SLOWDOWN}× slower, cold cache; middle of {len(runs)}"
    return [
        BenchmarkFigure("first paint of the tiles", middle["first"] / 1000, 1.5, "s", how),
        BenchmarkFigure(
            "largest part painted", middle["largest"] / 1000, None, "s", "largest contentful paint of the same load"
        ),
        BenchmarkFigure("map ready", ready / 1000, 4, "s", with_map),
    ]


def _slow_load(house: Installation, browser: Chromium) -> dict[str, Any]:
    with browser.screen() as (page, cdp):
        cdp.send("Network.enable")
        cdp.send("Network.emulateNetworkConditions", NETWORK)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        return _open(page, house)


def _steady_figures(house: Installation, browser: Chromium, minutes: float) -> list[BenchmarkFigure]:
    with browser.screen() as (page, cdp):
        _open(page, house)
        begun = monotonic()
        page.wait_for_timeout(SETTLE * 1000)
        before, used, at = page.evaluate(_METRICS_JS), cpu_seconds(browser.pid), monotonic()
        page.wait_for_timeout(max(1.0, MINUTE - (monotonic() - begun)) * 1000)
        seconds = (cpu_seconds(browser.pid) - used) / (monotonic() - at) * 60
        early = _heap(cdp)
        page.wait_for_timeout(max(0.0, minutes * 60 - (monotonic() - begun)) * 1000)
        late, after = _heap(cdp), page.evaluate(_METRICS_JS)
    moved = sorted({str(one) for one in after["moved"][len(before["moved"]) :]})
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
    said = f"over {minutes - SETTLE / 60:.1f} minutes"
    return f"{said}; moved: {', '.join(names[:6])}" if names else said


def _heap(cdp: CDPSession) -> float:
    cdp.send("HeapProfiler.collectGarbage")
    return float(cdp.send("Runtime.getHeapUsage")["usedSize"])
