"""The register in a browser beside the directives of a city: opened, filtered by state and by words, and unfiltered."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.chromium import find_chromium, run_chromium
from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.installation import ROOT, answers, configure, terminate_all, wait_until
from benchmarks.process import process_environment
from benchmarks.working import sign_in
from ioc.storage.db.store import Store
from simulator.free_ports import free_port

REGISTER, COUNTER = "/so-nhiem-vu", "#register-count-qua-han"
TIMES, LOADS = 10, 5
_TIMEOUT_MS = 60_000
_WORDS = ("ket noi", "nao vet", "so hoa", "chuan hoa", "sua duong")
_FIRST_ROW = '#register-table .ag-center-cols-container .ag-row[row-index="0"] .ag-cell'
_PAUSE_MS = 400  # after the last key, in which the field waits for another one
# Does `act` and returns the ms until other rows than before are drawn in the table.
_TIMED_JS = """([act, selector]) => new Promise((resolve, reject) => {
  const shownRows = () => {
    const rows = [...document.querySelectorAll('#register-table .ag-center-cols-container .ag-row')];
    return rows.some((row) => row.querySelector('.ag-loading')) ? '' : rows.map((row) => row.innerText.trim()).join();
  };
  const before = shownRows(), started = performance.now();
  setTimeout(() => reject(new Error('the rows stay as they were')), 30000);
  const look = () => {
    const now = shownRows();
    if (now && now !== before) return requestAnimationFrame(() => resolve(performance.now() - started));
    requestAnimationFrame(look);
  };
  const element = document.querySelector(selector);
  if (act === 'press') element.click();
  else {
    const value = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
    value.set.call(element, act);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }
  look();
})"""


def figures(folder: Path, url: str, name: str) -> list[BenchmarkFigure]:
    """Figures of the web process alone, over the filled store at `url`; without a Chromium one without a value.

    `folder`: for its configuration and its data.
    """
    path = find_chromium()
    if path is None:
        return [BenchmarkFigure(f"{name} in the browser", None, None, "", "no Chromium is installed")]
    port = free_port()
    configure(folder / "config", free_port())
    environment = process_environment(folder, PORT=str(port), HOST="127.0.0.1", DATABASE_URL=url)
    with (folder / "web.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), "web"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: answers(port, "/dang-nhap"), 120, "the web process answers", [(child, folder / "web.log")])
        return _measure(path, f"http://127.0.0.1:{port}", url, name)
    finally:
        terminate_all([child])


def _measure(chromium: str, base: str, url: str, name: str) -> list[BenchmarkFigure]:
    store = Store(url)
    cookie = sign_in(store, base)
    store.close()
    with run_chromium(chromium) as browser, browser.screen() as (page, _cdp):
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        page.set_default_timeout(_TIMEOUT_MS)
        loads = [_load(page, base + REGISTER) for _ in range(LOADS + 1)][1:]
        by_state, all_rows = zip(*((_press(page), _press(page)) for _ in range(TIMES)), strict=True)
        by_words = [_type(page, _WORDS[n % len(_WORDS)]) for n in range(TIMES)]
    return [
        _figure(f"{name}, browser: register opened", loads, 1500, "from its address to the first row, warm cache"),
        _figure(f"{name}, browser: register, first rows", all_rows, 300, "the filter taken away, until they are drawn"),
        _figure(f"{name}, browser: register filtered by state", by_state, 300, "from the press to the new rows"),
        _figure(f"{name}, browser: register filtered by words", by_words, 300, f"after {_PAUSE_MS} ms without a key"),
    ]


def _load(page: Page, address: str) -> float:
    started = time.monotonic()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(_FIRST_ROW)
    seconds = time.monotonic() - started
    page.wait_for_timeout(1_000)
    return seconds * 1000


def _press(page: Page) -> float:
    """ms from a press of the counter, which filters by its state, or takes that away again."""
    page.wait_for_timeout(500)
    return float(page.evaluate(_TIMED_JS, ["press", COUNTER]))


def _type(page: Page, words: str) -> float:
    page.wait_for_timeout(500)
    return float(page.evaluate(_TIMED_JS, [words, "#register-words"])) - _PAUSE_MS


def _figure(name: str, found: Sequence[float], goal: float, what: str) -> BenchmarkFigure:
    note = f"{what}; p95 {percentile(list(found), 0.95):.0f} of {len(found)}"
    return BenchmarkFigure(name, percentile(list(found), 0.5), goal, "ms", note)
