"""Each fault of a source, given to one source each and all at once: its state, its words on screens, and its return."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

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
# What the page says of each.
WORDS = {
    "down": "mất kết nối", "slow": "không trả lời kịp", "429": "máy chủ báo lỗi", "401": "bị từ chối truy cập",
    "half": "trả lời không hợp lệ", "garbage": "trả lời không hợp lệ", "html": "trả lời không hợp lệ",
    "wrong-clock": "đồng hồ nguồn sai giờ",
}  # fmt: skip
FINE = {"duplicates": "sim-air", "flood": "sim-tourism"}
WITNESS = "bridge-flow"  # of sim-bridge, which keeps its second whatever the others do


def now(program: Program) -> datetime:
    """The moment that the centre shows."""
    return datetime.fromisoformat(program.json("/api/v1/sources")["at"])


def turned(program: Program, key: str, state: str, seconds: float) -> dict[str, Any]:
    """The source as it is told once it is in `state`."""
    until(lambda: program.sources()[key]["state"] == state, seconds, f"{key} is {state}: {program.sources()[key]}")
    return program.sources()[key]


@pytest.fixture(scope="module")
def faulted(quick: Program) -> Iterator[datetime]:
    """When all faults were set, after every source had been live."""
    none_left(lambda: [key for key, one in quick.sources().items() if one["state"] != "live"], 20, "sources not live")
    began = now(quick)
    for kind, key in [*((kind, one[0]) for kind, one in DOWN.items()), *FINE.items()]:
        quick.fault(key, kind)
    yield began


@pytest.fixture(scope="module")
def cleared(quick: Program, faulted: datetime) -> datetime:
    """When they were taken away again."""
    for key in [*(one[0] for one in DOWN.values()), *FINE.values()]:
        quick.fault(key, "ok")
    return now(quick)


@pytest.mark.parametrize("kind", DOWN)
def test_a_source_turns_to_its_state_and_says_why(quick: Program, faulted: datetime, kind: str) -> None:
    key, state, code = DOWN[kind]
    # Once asked, once waited for, and a little for the transaction.
    told = turned(quick, key, state, 10)
    assert told["last_error"] and told["last_error"]["code"].startswith(code), told
    assert datetime.fromisoformat(told["state_since"]) >= faulted
    assert told["is_simulated"] is True


@pytest.mark.parametrize("kind", FINE)
def test_saying_it_again_and_again_changes_nothing(quick: Program, faulted: datetime, kind: str) -> None:
    key = FINE[kind]
    asked = quick.sources()[key]["last_success"]
    until(lambda: quick.sources()[key]["last_success"] > asked, 10, f"{key} answers")
    assert quick.sources()[key]["state"] == "live"
    series = quick.sources()[key]["series"][0]
    points = quick.json(f"/api/v1/readings?series={series}")["points"]
    assert len({at for at, _ in points}) == len(points)


def test_a_figure_stands_until_its_limit_and_is_an_error_after_it(quick: Program, faulted: datetime) -> None:
    assert quick.kpis()["beds-free"]["state"] == "ok", "its source is refused, its value is good for five minutes"
    until(lambda: quick.kpis()["traffic-speed"]["state"] == "error", 25, "the speed is past its limit of 9 s")
    told = quick.kpis()["traffic-speed"]
    assert told["value"] is None and told["last_value"] is not None and told["reason"] == "sim-traffic"


@pytest.mark.browser
def test_the_page_of_sources_says_it(quick: Program, faulted: datetime, page: Page) -> None:
    page.goto(f"{quick.base}/nguon")
    for kind, (key, _, _) in DOWN.items():
        row = page.locator(f"#react-entry-point tbody:has(#source-{key})")
        expect(row.locator(".group")).to_contain_text(WORDS[kind], timeout=10_000)
        expect(page.locator(f"#react-entry-point #source-{key}")).to_contain_text("Lỗi gần nhất")
    for key in (*FINE.values(), "sim-bridge"):
        expect(page.locator(f"#react-entry-point tbody:has(#source-{key}) .group")).to_contain_text("đang cập nhật")


@pytest.mark.browser
def test_the_overview_says_it(quick: Program, faulted: datetime, page: Page) -> None:
    page.goto(quick.base)
    tile = page.locator("#react-entry-point .tile", has_text="Tốc độ giao thông")
    expect(tile).to_have_class(of_class("is-error"), timeout=25_000)
    expect(tile).to_contain_text("mất kết nối")
    expect(tile).to_contain_text("gần nhất")
    heads = re.compile("|".join(one[:1].upper() + one[1:] for one in WORDS.values()))
    expect(page.locator("#react-entry-point .strip")).to_contain_text(heads)
    page.goto(f"{quick.base}/can-chu-y")
    for key in ("Sự cố giao thông", "Giường bệnh", "Mực nước sông"):
        expect(page.locator("#react-entry-point #attention-list")).to_contain_text(key, timeout=10_000)


def test_nobody_else_is_disturbed(quick: Program, faulted: datetime) -> None:
    """The neighbour of ten faulty sources was asked every second, the hanging one beside it."""
    span = timedelta(seconds=12)
    until(lambda: now(quick) - faulted > span, 20, "twelve seconds of faults")
    asked = f"series={WITNESS}&from={_text(faulted)}&to={_text(faulted + span)}&points=500"
    points = [at for at, value in quick.json(f"/api/v1/readings?{asked}")["points"] if value is not None]
    # One that waited for the hanging ones would have three; a busy machine takes one or two of the twelve.
    assert len(points) >= 7, points


def test_what_is_sound_again_comes_back(quick: Program, cleared: datetime) -> None:
    for kind, (key, _, _) in DOWN.items():
        if kind == "401":
            continue
        wait = 40 if kind == "429" else 30  # it asked for 30 s
        told = turned(quick, key, "live", wait)
        assert told["last_error"] is None and told["consecutive_failures"] == 0
    until(lambda: quick.kpis()["traffic-speed"]["state"] == "ok", 10, "the speed is back")


@pytest.mark.browser
def test_the_screens_say_that_it_is_back(quick: Program, cleared: datetime, page: Page) -> None:
    page.goto(quick.base)
    tile = page.locator("#react-entry-point .tile", has_text="Tốc độ giao thông")
    expect(tile).to_have_class(of_class("is-ok"), timeout=15_000)
    expect(tile).not_to_contain_text("mất kết nối")


def test_who_was_refused_stays_so(quick: Program, cleared: datetime) -> None:
    told = quick.sources()["sim-beds"]
    until(lambda: now(quick) > cleared + timedelta(seconds=5), 20, "five more seconds")
    assert quick.sources()["sim-beds"] == told, "nobody asked it again"
    assert told["state"] == "refused"


def test_one_line_is_logged_when_a_source_is_lost_and_one_when_it_is_back(quick: Program, cleared: datetime) -> None:
    for key in ("sim-traffic", "sim-dossiers"):
        turned(quick, key, "live", 20)
        assert quick.log.count(f"{key} is lost") == quick.log.count(f"{key} is back") == 1
    assert quick.log.count("sim-beds is lost") == 1
    assert "Traceback" not in quick.log


def _text(at: datetime) -> str:
    return at.isoformat().replace("+", "%2B")


def of_class(name: str) -> re.Pattern[str]:
    """For an element that has this class among others."""
    return re.compile(rf"(^|\s){name}(\s|$)")
