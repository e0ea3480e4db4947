"""`luc`: pages and API answers as of a past moment."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.system.program import Program, none_left, until

pytestmark = pytest.mark.slow


class PastMoment(NamedTuple):
    """A moment, the KPI values that were shown for it, which have changed since, and the states of the sources.

    A KPI has two values where one that was known by the moment was committed, and so shown, a little after it.
    """

    at: datetime
    values: dict[str, set[float]]
    states: dict[str, str]


@pytest.fixture(scope="module")
def past_moment(quick: Program) -> PastMoment:
    none_left(lambda: [key for key, kpi in quick.kpis().items() if kpi["state"] != "ok"], 30, "KPIs without a value")
    answer, states = until(lambda: _steady_answer(quick), 30, "no source changes its state")
    at = datetime.fromisoformat(answer["at"])
    values = {kpi["key"]: {kpi["value"]} for kpi in answer["kpis"]}

    def has_moved_on() -> bool:
        later = quick.json("/api/v1/kpis")
        for kpi in later["kpis"]:
            if kpi["data_time"] and datetime.fromisoformat(kpi["data_time"]) <= at:
                values[kpi["key"]].add(kpi["value"])
        bridge = next(kpi["value"] for kpi in later["kpis"] if kpi["key"] == "bridge-flow")
        return datetime.fromisoformat(later["at"]) > at + timedelta(seconds=3) and bridge not in values["bridge-flow"]

    until(has_moved_on, 30, "the bridge has moved on")
    return PastMoment(at, values, states)


def _steady_answer(quick: Program) -> tuple[dict[str, Any], dict[str, str]] | None:
    """The KPIs and the states of the sources; None when a state changes while both are read, or just after.

    A state may be known before the moment of the answer and committed after it.
    """
    before, answer = _states(quick), quick.json("/api/v1/kpis")
    later = datetime.fromisoformat(answer["at"]) + timedelta(seconds=3)
    until(lambda: datetime.fromisoformat(quick.json("/api/v1/kpis")["at"]) > later, 30, "what was known is committed")
    return (answer, before) if before == _states(quick) else None


def _states(quick: Program, luc: str = "") -> dict[str, str]:
    """The state of each source; late counts as live, since it follows from the second at which it is judged."""
    sources = quick.json(f"/api/v1/sources?luc={luc}" if luc else "/api/v1/sources")["sources"]
    return {source["key"]: source["state"].replace("late", "live") for source in sources}


def local(at: datetime) -> str:
    """Without a zone, as a person types it: the city's time."""
    return at.replace(tzinfo=None).isoformat()


def test_api_returns_the_figures_of_a_past_moment(quick: Program, past_moment: PastMoment) -> None:
    at, values, states = past_moment
    answer = quick.json(f"/api/v1/kpis?luc={local(at)}")
    assert {kpi["key"] for kpi in answer["kpis"]} == values.keys()
    assert not {kpi["key"]: kpi["value"] for kpi in answer["kpis"] if kpi["value"] not in values[kpi["key"]]}
    assert answer["is_live"] is False and datetime.fromisoformat(answer["at"]) <= at
    assert _states(quick, local(at)) == states
    assert quick.json("/api/v1/kpis")["is_live"] is True


def test_moment_before_any_data_has_no_figures(quick: Program, past_moment: PastMoment) -> None:
    before = local(past_moment.at - timedelta(days=1200))
    assert {kpi["state"] for kpi in quick.json(f"/api/v1/kpis?luc={before}")["kpis"]} <= {"no_data", "off"}


@pytest.mark.browser
def test_overview_of_a_past_moment_does_not_change(quick: Program, past_moment: PastMoment, page: Page) -> None:
    at = past_moment.at
    text = f"{quick.kpis(local(at))['bridge-flow']['value']:,.0f}".replace(",", ".")
    page.goto(f"{quick.base}/?luc={local(at)}")
    page.wait_for_function("() => window.iocReady === true")
    tile = page.locator("#react-entry-point .tile[href^='/chi-so/bridge-flow']")
    expect(tile.locator(".tile-value, .tile-number").first).to_contain_text(text)
    before = tile.inner_text()
    data_time = quick.kpis()["bridge-flow"]["data_time"]
    until(lambda: quick.kpis()["bridge-flow"]["data_time"] > data_time, 10, "the present moves on")
    page.wait_for_timeout(2500)
    assert tile.inner_text() == before
