"""A KPI on the map: by unit, at stations, or for the whole city."""

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


def test_selector_groups_kpis_by_map_coverage() -> None:
    city = full_city()
    row = str(switch_row(city, "vi", {"chi-so": "incidents"}))
    assert all(f'value="{key}"' in row for key in city.figures)
    assert "Theo xã, phường" in row and '<option value="incidents" selected' in row
    assert {map_coverage(figure, series_on_map(city)) for figure in city.figures.values()} == {
        MapCoverage.UNITS,
        MapCoverage.STATIONS,
    }
    bare = with_kpi(city, Formula(FormulaOp.LAST, ("elsewhere",)))
    assert map_coverage(bare.figures["water-level"], series_on_map(bare)) is MapCoverage.CITY


def test_stations_are_judged_by_the_limits_of_the_kpi() -> None:
    city = crowded(12)
    keys = tuple(point.series[0].series.key for point in city.map_points[:6])
    city = with_kpi(city, Formula(FormulaOp.MEAN, keys))
    points = kpi_points(city, "water-level")
    assert points is not None and set(points) == set(range(6))
    for point in points.values():
        value = point.series[0].value
        high = (
            Severity.CRITICAL if (value or 0) >= 2 else Severity.ATTENTION if (value or 0) >= 1.8 else Severity.NORMAL
        )
        assert point.severity is high
    panels = frame(city, "water-level")
    assert sum(len(trace["lon"]) for trace in panels["map"]["figure"]["data"] if trace["type"] == "scattermap") == 6
    sent = json.loads(re.sub(r"</?data[^>]*>", "", panels["map-station-values"]["markup"]))["values"]
    assert len(sent) == 6 and any(" m" in entry[2] for entry in sent)
    assert "giá trị tại từng điểm đo" in panels["map-legend"]["markup"]
    assert "Trạm" in str(kpi_detail(city, "vi", "water-level"))


def test_limits_of_a_sum_do_not_apply_to_its_inputs() -> None:
    city = crowded(6)
    city = with_kpi(city, Formula(FormulaOp.SUM, tuple(point.series[0].series.key for point in city.map_points)))
    points = kpi_points(city, "water-level")
    assert points and {point.severity for point in points.values()} == {Severity.NORMAL}


def test_city_wide_kpi_is_named_and_has_no_station_values() -> None:
    city = with_kpi(full_city(), Formula(FormulaOp.LAST, ("elsewhere",)))
    panels = frame(city, "water-level")
    assert panels["map-station-values"]["markup"] == "" == station_values_json(city, "vi", None)
    assert "chỉ số này chỉ có giá trị toàn thành phố" in panels["map-legend"]["markup"]
    assert "chỉ số này chỉ có giá trị toàn thành phố" in str(kpi_detail(city, "vi", "water-level"))
    assert "1,86 m" in str(kpi_detail(city, "vi", "water-level"))
