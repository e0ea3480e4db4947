"""The demonstration has a year of history for every KPI after its first start."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from tests.system.program import Program, until

pytestmark = pytest.mark.slow

RANGES = (timedelta(hours=24), timedelta(days=7), timedelta(days=30), timedelta(days=365))  # of the page of a KPI
PARTS = 12


@pytest.fixture(scope="module")
def filled(centre: Program) -> Program:
    """The demonstration once its history is there: two minutes where it has two cores to itself."""
    until(lambda: "the simulated history is filled" in centre.log, 400, "the history is filled")
    return centre


def _empty_parts(program: Program, key: str, end: datetime, span: timedelta, cadence: timedelta) -> list[str]:
    """The parts of a range, each of two cadences or more, in which a KPI has no value."""
    count = min(PARTS, int(span / (2 * cadence)))
    start = end - span
    query = urlencode({"series": f"kpi-{key}", "from": start.isoformat(), "to": end.isoformat(), "points": 600})
    points = program.json(f"/api/v1/readings?{query}")["points"]
    times = [datetime.fromisoformat(at) for at, value in points if value is not None]
    filled = {int((at - start) / span * count) for at in times}
    return [f"{key}: part {n + 1} of {count} of {span}" for n in range(count) if n not in filled]


def test_every_range_of_every_kpi_is_full(filled: Program) -> None:
    answer = filled.json("/api/v1/kpis")
    end = datetime.fromisoformat(answer["at"])
    keys = [row["key"] for row in answer["kpis"]]
    cadences = {key: timedelta(seconds=filled.json(f"/api/v1/kpis/{key}")["cadence_seconds"]) for key in keys}
    empty = [part for key in keys for span in RANGES for part in _empty_parts(filled, key, end, span, cadences[key])]
    assert not empty and len(keys) > 30


def test_every_kpi_of_the_past_is_marked_simulated(filled: Program) -> None:
    then = datetime.fromisoformat(filled.json("/api/v1/kpis")["at"]) - timedelta(days=200)
    rows = filled.kpis(luc=then.replace(tzinfo=None).isoformat()).values()
    assert all(row["is_simulated"] for row in rows) and len(rows) > 30
