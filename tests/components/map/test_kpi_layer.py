"""A map of any KPI: by unit, by station in the KPI's own limits, or plainly of the city alone."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from components.map.detail import switch_row
from components.map.figure import map_frame
from components.map.kpi_layer import (
    MapCoverage,
    kpi_detail,
    kpi_points,
    map_coverage,
    series_on_map,
    station_values_json,
)
from ioc.domain.kpis.kpi import Formula, FormulaOp, Severity
from ioc.domain.snapshot import KpiFigure, Snapshot
from tests.city import full_city
from tests.components.map.cells import crowded, schematic

LEVEL = full_city().figures["water-level"]


def with_kpi(city: Snapshot, formula: Formula, **changes: Any) -> Snapshot:
    """`city` with one KPI of that formula, without values by unit."""
    kpi = replace(LEVEL.kpi, formula=formula, **changes)
    return replace(city, figures={"water-level": KpiFigure(kpi, LEVEL.value)})


def frame(city: Snapshot, key: str) -> dict[str, Any]:
    view: Any = SimpleNamespace(snapshot=city, lang="vi", params={"chi-so": key}, layers=schematic(), unchanged=())
    return map_frame(view, "map")


def test_every_kpi_is_offered_by_what_a_map_can_show_of_it() -> None:
    city = full_city()
    row = str(switch_row(city, "vi", {"chi-so": "incidents"}))
    assert all(f'value="{key}"' in row for key in city.figures)
    assert "Theo xã, phường" in row and '<option value="incidents" selected' in row
    assert {map_coverage(one, series_on_map(city)) for one in city.figures.values()} == {
        MapCoverage.UNITS,
        MapCoverage.STATIONS,
    }
    bare = with_kpi(city, Formula(FormulaOp.LAST, ("elsewhere",)))
    assert map_coverage(bare.figures["water-level"], series_on_map(bare)) is MapCoverage.CITY


def test_stations_tell_their_values_in_the_limits_of_the_kpi() -> None:
    city = crowded(12)
    keys = tuple(one.series[0].series.key for one in city.map_points[:6])
    city = with_kpi(city, Formula(FormulaOp.MEAN, keys))
    points = kpi_points(city, "water-level")
    assert points is not None and set(points) == set(range(6))
    for one in points.values():
        value = one.series[0].value
        high = (
            Severity.CRITICAL if (value or 0) >= 2 else Severity.ATTENTION if (value or 0) >= 1.8 else Severity.NORMAL
        )
        assert one.severity is high
    drawn = frame(city, "water-level")
    assert sum(len(one["lon"]) for one in drawn["map"]["figure"]["data"] if one["type"] == "scattermap") == 6
    sent = json.loads(re.sub(r"</?data[^>]*>", "", drawn["map-numbers"]["markup"]))["numbers"]
    assert len(sent) == 6 and any(" m" in one[2] for one in sent)
    assert "giá trị tại từng điểm đo" in drawn["map-legend"]["markup"]
    assert "Trạm" in str(kpi_detail(city, "vi", "water-level"))


def test_limits_of_a_sum_are_not_those_of_its_parts() -> None:
    city = crowded(6)
    city = with_kpi(city, Formula(FormulaOp.SUM, tuple(one.series[0].series.key for one in city.map_points)))
    points = kpi_points(city, "water-level")
    assert points and {one.severity for one in points.values()} == {Severity.NORMAL}


def test_a_kpi_of_the_city_alone_says_so_and_draws_no_number() -> None:
    city = with_kpi(full_city(), Formula(FormulaOp.LAST, ("elsewhere",)))
    drawn = frame(city, "water-level")
    assert drawn["map-numbers"]["markup"] == "" == station_values_json(city, "vi", None)
    assert "chỉ số này chỉ có giá trị toàn thành phố" in drawn["map-legend"]["markup"]
    assert "chỉ số này chỉ có giá trị toàn thành phố" in str(kpi_detail(city, "vi", "water-level"))
    assert "1,86 m" in str(kpi_detail(city, "vi", "water-level"))
