"""Processes killed at any time: screens report it and recover, and no reading is lost or stored twice."""

import os
import signal
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PageLog
from tests.system.program import Program, until

pytestmark = pytest.mark.slow
SERIES = "bridge-flow"
# Seconds within which a screen must show or hide the banner of a broken link, on a busy machine.
BANNER_SECONDS = 5.0 + 10.0


def wait_for_link(page: Page, state: str, seconds: float) -> None:
    """Waits until the screen's link is in `state`."""
    page.wait_for_function(f"() => document.documentElement.dataset.link === '{state}'", timeout=seconds * 1000)


def rows(data: Path) -> list[tuple[int, float]]:
    """Every reading of the series, read from the store's file."""
    conn = sqlite3.connect(f"file:{data / 'ioc.db'}?mode=ro", uri=True)
    try:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        result = conn.execute(
            "SELECT observed_ms, value FROM reading JOIN series ON series.id = series_id WHERE key = ?",
            (SERIES,),
        ).fetchall()
    finally:
        conn.close()
    return [(int(observed), float(value)) for observed, value in result]


@pytest.mark.browser
def test_screen_reports_a_stopped_poller_and_recovers(quick: Program, page: Page, page_log: PageLog) -> None:
    page.goto(f"{quick.base}/chi-so")
    page.wait_for_function("() => window.iocReady === true")
    wait_for_link(page, "ok", 30)  # the poller of the test before may still be starting
    quick.signal("poll", signal.SIGSTOP)
    try:
        wait_for_link(page, "frozen", BANNER_SECONDS)
        expect(page.locator("#react-entry-point #link-banner")).to_contain_text("không hoạt động")
        until(lambda: quick.ask("/readyz")[0] == 503, BANNER_SECONDS, "it is not ready")
    finally:
        quick.signal("poll", signal.SIGCONT)
    wait_for_link(page, "ok", BANNER_SECONDS)
    pid = quick.signal("poll")
    until(lambda: quick.child("poll") not in (0, pid), 20, "the supervisor started another poller")
    until(quick.ready, 30, "it polls")
    wait_for_link(page, "ok", BANNER_SECONDS)
    assert page_log.loads == 1, "the page was not loaded anew"


@pytest.mark.browser
def test_screen_reports_a_lost_server_and_recovers(quick: Program, page: Page, page_log: PageLog) -> None:
    page.goto(f"{quick.base}/chi-so")
    page.wait_for_function("() => window.iocReady === true")
    wait_for_link(page, "ok", 30)  # the poller of the test before may still be starting
    # Stopped first: a killed server may be back before any screen has noticed.
    quick.signal("web", signal.SIGSTOP, whole=True)
    wait_for_link(page, "lost", BANNER_SECONDS)
    expect(page.locator("#react-entry-point #link-banner")).to_contain_text("Mất kết nối")
    quick.signal("web", whole=True)
    until(quick.ready, 40, "the supervisor started another server")
    wait_for_link(page, "ok", BANNER_SECONDS)
    figure = page.locator("#react-entry-point .ag-row", has_text="Lưu lượng xe").first
    before = figure.inner_html()
    until(lambda: figure.inner_html() != before, 15, "its figures move")
    assert page_log.loads == 1


def test_poller_killed_repeatedly_loses_and_duplicates_no_reading(quick: Program) -> None:
    acknowledged: dict[str, float] = {}
    pause = threading.Event()
    start = datetime.now(UTC) - timedelta(minutes=5)  # one period for all questions: the default one moves on
    for n in range(4):
        until(quick.ready, 40, "it polls")
        acknowledged |= {at: value for at, value in points(quick, start) if value is not None}
        pause.wait(0.35 * n)
        quick.signal("poll")
    until(quick.ready, 60, "it polls again")
    stored = rows(quick.data)
    assert len({observed for observed, _ in stored}) == len(stored)
    assert acknowledged.items() <= dict(points(quick, start)).items()


def test_a_folder_that_is_away_gets_no_store_of_a_restarted_process(quick: Program) -> None:
    until(quick.ready, 40, "it polls")
    before, secret = len(rows(quick.data)), (quick.data / "secret").read_bytes()
    away, ended = quick.data.with_name("away"), quick.log.count("starting it again")
    quick.data.rename(away)
    try:
        for role in ("poll", "web", "work", "simulate"):
            quick.signal(role)
        until(lambda: quick.log.count("starting it again") >= ended + 8, 40, "each was started again, and has ended")
        assert not quick.data.exists()
    finally:
        away.rename(quick.data)
    until(quick.ready, 60, "it polls again")
    until(lambda: len(rows(quick.data)) > before, 20, "it stores again")
    assert (quick.data / "secret").read_bytes() == secret
    assert quick.child("work")


def points(program: Program, start: datetime) -> list[tuple[str, float]]:
    """The series since `start` in the API, which returns only committed readings."""
    answer = program.json(f"/api/v1/readings?series={SERIES}&points=5000&from={start:%Y-%m-%dT%H:%M:%SZ}")["points"]
    return [(at, value) for at, value in answer]


def test_print_worker_yields_to_screens_and_is_restarted_when_killed(quick: Program) -> None:
    assert os.getpriority(os.PRIO_PROCESS, quick.child("work")) > os.getpriority(os.PRIO_PROCESS, quick.child("web"))
    pid = quick.signal("work")
    until(lambda: quick.child("work") not in (0, pid), 20, "the supervisor started another worker")
    assert quick.printed("/pdf/nguon")
