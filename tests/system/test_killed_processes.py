"""A process is killed at any instant: screens say so, come back by themselves, and nothing is lost or twice."""

import signal
import sqlite3
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import PageLog
from tests.system.program import Program, until

pytestmark = pytest.mark.slow
SERIES = "bridge-flow"
# Seconds within which a screen must say, or take back, that its link is broken, on a machine that others use, too.
TICK = 5.0 + 1.0


def link(page: Page, state: str, seconds: float) -> None:
    """Wait until the screen's link is in `state`."""
    page.wait_for_function(f"() => document.documentElement.dataset.link === '{state}'", timeout=seconds * 1000)


def rows(data: Path) -> list[tuple[int, float]]:
    """Everything that the store holds of the series, straight from the file."""
    conn = sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)
    try:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = conn.execute(
            "SELECT observed_ms, value FROM reading JOIN series ON series.id = series_id WHERE key = ?",
            (SERIES,),
        ).fetchall()
    finally:
        conn.close()
    return [(int(observed), float(value)) for observed, value in found]


@pytest.mark.browser
def test_without_its_poller_a_screen_says_so_and_recovers(quick: Program, page: Page, page_log: PageLog) -> None:
    page.goto(f"{quick.base}/chi-so")
    page.wait_for_function("() => window.iocReady === true", timeout=20_000)
    link(page, "ok", TICK)
    quick.signal("poll", signal.SIGSTOP)
    try:
        link(page, "frozen", TICK)
        assert "không hoạt động" in page.locator("#react-entry-point #link-banner").inner_text()
        until(lambda: quick.ask("/readyz")[0] == 503, TICK, "it is not ready")
    finally:
        quick.signal("poll", signal.SIGCONT)
    link(page, "ok", TICK)
    pid = quick.signal("poll")
    until(lambda: quick.child("poll") not in (0, pid), 20, "the supervisor started another poller")
    until(quick.ready, 30, "it polls")
    link(page, "ok", TICK)
    assert page_log.loads == 1, "the page was not loaded anew"


@pytest.mark.browser
def test_without_its_server_a_screen_says_so_and_recovers(quick: Program, page: Page, page_log: PageLog) -> None:
    page.goto(f"{quick.base}/chi-so")
    page.wait_for_function("() => window.iocReady === true", timeout=20_000)
    link(page, "ok", TICK)
    # Silent first: a server that is killed may be back before any screen has missed it.
    quick.signal("web", signal.SIGSTOP, whole=True)
    link(page, "lost", TICK)
    assert "Mất liên lạc" in page.locator("#react-entry-point #link-banner").inner_text()
    quick.signal("web", whole=True)
    until(quick.ready, 40, "the supervisor started another server")
    link(page, "ok", TICK)
    figure = page.locator("#react-entry-point tr", has_text="Lưu lượng xe").first
    before = figure.inner_html()
    until(lambda: figure.inner_html() != before, 15, "its figures move")
    assert page_log.loads == 1


def test_killed_again_and_again_nothing_is_lost_or_twice(quick: Program) -> None:
    acknowledged: dict[str, float] = {}
    pause = threading.Event()
    for n in range(4):
        until(quick.ready, 40, "it polls")
        acknowledged |= {at: value for at, value in points(quick) if value is not None}
        pause.wait(0.35 * n)
        quick.signal("poll")
    until(quick.ready, 60, "it polls again")
    kept = rows(quick.data)
    assert len({observed for observed, _ in kept}) == len(kept)
    assert acknowledged.items() <= dict(points(quick)).items()


def points(program: Program) -> list[tuple[str, float]]:
    """What the API told of the series' last minutes: committed, or it would not be told."""
    told = program.json(f"/api/v1/readings?series={SERIES}&points=5000")["points"]
    return [(at, value) for at, value in told]


def test_the_worker_for_paper_is_started_again(quick: Program) -> None:
    pid = quick.signal("work")
    until(lambda: quick.child("work") not in (0, pid), 20, "the supervisor started another worker")
    assert quick.ask("/pdf/nguon", seconds=45)[0] == 200
