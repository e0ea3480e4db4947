"""`luc`: any page and any answer as it was at a past moment."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.system.program import Program, none_left, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def then(quick: Program) -> tuple[datetime, dict[str, float]]:
    """A moment, and the values that stood at it; by now all that moves has moved on."""
    none_left(lambda: [key for key, one in quick.kpis().items() if one["state"] != "ok"], 30, "KPIs without a value")
    told = quick.json("/api/v1/kpis")
    held = {one["key"]: one["value"] for one in told["kpis"]}
    at = datetime.fromisoformat(told["at"])
    until(lambda: quick.kpis()["bridge-flow"]["value"] != held["bridge-flow"], 30, "the bridge has moved on")
    until(lambda: datetime.fromisoformat(quick.json("/api/v1/kpis")["at"]) > at + timedelta(seconds=3), 20, "later")
    return at, held


def local(at: datetime) -> str:
    """As a person writes it, without zone: the city's time is meant."""
    return at.replace(tzinfo=None).isoformat()


def test_the_api_tells_the_figures_of_that_moment(quick: Program, then: tuple[datetime, dict[str, float]]) -> None:
    at, held = then
    told = quick.json(f"/api/v1/kpis?luc={local(at)}")
    assert {one["key"]: one["value"] for one in told["kpis"]} == held
    assert told["is_live"] is False and datetime.fromisoformat(told["at"]) <= at
    assert {one["state"] for one in quick.json(f"/api/v1/sources?luc={local(at)}")["sources"]} <= {"live", "late"}
    assert quick.json("/api/v1/kpis")["is_live"] is True


def test_before_there_was_anything_nothing_is_told(quick: Program, then: tuple[datetime, dict[str, float]]) -> None:
    before = local(then[0] - timedelta(days=1200))
    assert {one["state"] for one in quick.json(f"/api/v1/kpis?luc={before}")["kpis"]} <= {"no_data", "off"}


@pytest.mark.browser
def test_the_overview_shows_that_moment_and_stands_still(
    quick: Program, then: tuple[datetime, dict[str, float]], page: Page
) -> None:
    at, held = then
    shown = f"{held['bridge-flow']:,.0f}".replace(",", ".")
    page.goto(f"{quick.base}/?luc={local(at)}")
    tile = page.locator("#react-entry-point .tile[href^='/chi-so/bridge-flow']")
    expect(tile.locator(".tile-value, .tile-number").first).to_contain_text(shown, timeout=10_000)
    was = tile.inner_text()
    seen = quick.kpis()["bridge-flow"]["data_time"]
    until(lambda: quick.kpis()["bridge-flow"]["data_time"] > seen, 10, "the present moves on")
    page.wait_for_timeout(2500)
    assert tile.inner_text() == was
