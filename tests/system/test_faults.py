"""Faults of sources, each set for one source and all at once: state, texts on screens, and recovery."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ioc.domain.ingest.errors import IngestCode
from tests.system.program import Program, none_left, until

pytestmark = pytest.mark.slow

# Fault -> (source that gets it, the state that follows, how the code of the failure begins).
DOWN = {
    "down": ("sim-traffic", "down", "http.connection_closed"),
    "slow": ("sim-incidents", "down", "ingest.deadline_exceeded"),
    "429": ("sim-security", "down", "http.too_many_requests"),
    "401": ("sim-beds", "refused", "http.access_refused"),
    "half": ("sim-dossiers", "down", ""),
    "garbage": ("sim-reports", "down", ""),
    "html": ("sim-press", "down", "decoding.html"),
    "wrong-clock": ("sim-water", "down", "ingest.clock_ahead"),
}
# The label of each fault on the source page.
WORDS = {
    "down": "mất kết nối", "slow": "không trả lời kịp", "429": "máy chủ báo lỗi", "401": "bị từ chối truy cập",
    "half": "trả lời không hợp lệ", "garbage": "trả lời không hợp lệ", "html": "trả lời không hợp lệ",
    "wrong-clock": "đồng hồ nguồn sai giờ",
}  # fmt: skip
FINE = {"duplicates": "sim-air", "flood": "sim-tourism"}
WITNESS = "bridge-flow"  # of sim-bridge, which is polled every second whatever the others do


def now(program: Program) -> datetime:
    """The time of the centre's current snapshot."""
    return datetime.fromisoformat(program.json("/api/v1/sources")["at"])


def wait_for_state(program: Program, key: str, state: str, code: str | None, seconds: float) -> dict[str, Any]:
    """The source in the API, as soon as it is in `state` for an error whose code begins with `code`; None: for none.

    Waited for together: on a busy machine a source may be in a state for another reason before, such as its deadline.
    """

    def row() -> dict[str, Any] | None:
        found = program.sources()[key]
        error = found["last_error"]
        is_reason = error is None if code is None else error and error["code"].startswith(code)
        return found if found["state"] == state and is_reason else None

    found: dict[str, Any] = until(row, seconds, f"{key} is {state} for {code}")
    return found


@pytest.fixture(scope="module")
def faulted(quick: Program) -> Iterator[datetime]:
    """The time at which all faults were set, after every source had been live."""
    none_left(
        lambda: [key for key, source in quick.sources().items() if source["state"] != "live"], 120, "sources not live"
    )
    began = now(quick)
    for kind, key in [*((kind, source) for kind, (source, _, _) in DOWN.items()), *FINE.items()]:
        quick.fault(key, kind)
    yield began


@pytest.fixture(scope="module")
def cleared(quick: Program, faulted: datetime) -> datetime:
    """The time at which the faults were cleared."""
    for key in [*(source for source, _, _ in DOWN.values()), *FINE.values()]:
        quick.fault(key, "ok")
    return now(quick)


@pytest.mark.parametrize("kind", DOWN)
def test_faulty_source_has_its_state_and_error_code(quick: Program, faulted: datetime, kind: str) -> None:
    key, state, code = DOWN[kind]
    # One interval, one deadline, and a margin for the transaction.
    source = wait_for_state(quick, key, state, code, 10)
    assert datetime.fromisoformat(source["state_since"]) >= faulted
    assert source["is_simulated"] is True


@pytest.mark.parametrize("kind", FINE)
def test_repeated_items_change_nothing(quick: Program, faulted: datetime, kind: str) -> None:
    key = FINE[kind]
    previous = quick.sources()[key]["last_success"]
    until(lambda: quick.sources()[key]["last_success"] > previous, 10, f"{key} answers")
    assert quick.sources()[key]["state"] == "live"
    series = quick.sources()[key]["series"][0]
    points = quick.json(f"/api/v1/readings?series={series}")["points"]
    assert len({at for at, _ in points}) == len(points)


def test_figure_is_ok_until_its_age_limit_and_an_error_after_it(quick: Program, faulted: datetime) -> None:
    assert quick.kpis()["beds-free"]["state"] == "ok", "its source is refused, its value is good for five minutes"
    until(lambda: quick.kpis()["traffic-speed"]["state"] == "error", 25, "the speed is past its limit of 9 s")
    kpi = quick.kpis()["traffic-speed"]
    assert kpi["value"] is None and kpi["last_value"] is not None and kpi["reason"] == "sim-traffic"


def source_row(page: Page, program: Program, key: str) -> Locator:
    page.goto(f"{program.base}/nguon?tim={key}")
    return page.locator(f'#react-entry-point [row-id="source-{key}"]')


@pytest.mark.browser
def test_source_page_shows_every_fault(quick: Program, faulted: datetime, page: Page) -> None:
    for kind, (key, _, _) in DOWN.items():
        row = source_row(page, quick, key)
        expect(row.locator("[col-id=state]")).to_contain_text(WORDS[kind])
        expect(row).to_contain_text("Lỗi gần nhất")
    for key in (*FINE.values(), "sim-bridge"):
        expect(source_row(page, quick, key).locator("[col-id=state]")).to_contain_text("đang cập nhật")


@pytest.mark.browser
def test_overview_shows_the_faults(quick: Program, faulted: datetime, page: Page) -> None:
    page.goto(quick.base)
    tile = page.locator("#react-entry-point .tile", has_text="Tốc độ giao thông")
    expect(tile).to_have_class(of_class("is-error"))
    expect(tile).to_contain_text("mất kết nối")
    expect(tile).to_contain_text("gần nhất")
    expect(page.locator("#react-entry-point .strip")).to_contain_text("nguồn không lấy được số liệu")
    page.goto(f"{quick.base}/can-chu-y")
    for key in ("Sự cố giao thông", "Giường bệnh", "Mực nước sông"):
        expect(page.locator("#react-entry-point #attention-list")).to_contain_text(key)


def test_faulty_sources_do_not_delay_others(quick: Program, faulted: datetime) -> None:
    """A sound source is polled every second beside ten faulty ones, one of which hangs."""
    span = timedelta(seconds=12)
    until(lambda: now(quick) - faulted > span, 20, "twelve seconds of faults")
    query = f"series={WITNESS}&from={_text(faulted)}&to={_text(faulted + span)}&points=500"
    points = [at for at, value in quick.json(f"/api/v1/readings?{query}")["points"] if value is not None]
    # A source that waited for the hanging one would have three points; a busy machine loses one or two of twelve.
    assert len(points) >= 7, points


def test_source_is_live_again_after_its_fault(quick: Program, cleared: datetime) -> None:
    for kind, (key, _, _) in DOWN.items():
        if kind == "401":
            continue
        wait = 40 if kind == "429" else 30  # its Retry-After is 30 s
        assert wait_for_state(quick, key, "live", None, wait)["consecutive_failures"] == 0
    until(lambda: quick.kpis()["traffic-speed"]["state"] == "ok", 10, "the speed is back")


@pytest.mark.browser
def test_overview_shows_the_recovery(quick: Program, cleared: datetime, page: Page) -> None:
    page.goto(quick.base)
    tile = page.locator("#react-entry-point .tile", has_text="Tốc độ giao thông")
    expect(tile).to_have_class(of_class("is-ok"))
    expect(tile).not_to_contain_text("mất kết nối")


def test_refused_source_is_not_polled_again(quick: Program, cleared: datetime) -> None:
    source = quick.sources()["sim-beds"]
    until(lambda: now(quick) > cleared + timedelta(seconds=5), 20, "five more seconds")
    assert quick.sources()["sim-beds"] == source, "it was polled again"
    assert source["state"] == "refused"


def losses(log: str, key: str) -> list[str]:
    """The lines of the losses of a source; a busy machine may have been late to poll it beside its fault."""
    return [line for line in log.splitlines() if f"{key} is lost" in line]


def caused(lost: list[str]) -> list[str]:
    """Without those of a busy machine, on which a poll takes too long or comes too late."""
    return [line for line in lost if IngestCode.DEADLINE_EXCEEDED not in line and "(stale)" not in line]


def test_loss_and_recovery_of_a_source_are_logged_once_each(quick: Program, cleared: datetime) -> None:
    for key in ("sim-traffic", "sim-dossiers"):
        wait_for_state(quick, key, "live", None, 20)
        lost = losses(quick.log, key)
        assert len(caused(lost)) == 1, lost
        # Lost again before it is back, as its data became too old first, it is back once.
        assert 1 <= quick.log.count(f"{key} is back") <= len(lost)
    assert len(caused(losses(quick.log, "sim-beds"))) == 1
    assert "Traceback" not in quick.log


def _text(at: datetime) -> str:
    return at.isoformat().replace("+", "%2B")


def of_class(name: str) -> re.Pattern[str]:
    """For an element that has this class among others."""
    return re.compile(rf"(^|\s){name}(\s|$)")
