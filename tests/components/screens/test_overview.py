"""The overview: what its paper has beside the screen."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from components.map.detail import notable_station_table
from components.screens.overview import overview_frame
from ioc.domain.kpis.kpi import FigureState, Severity
from ioc.domain.snapshot import MapPoint, Snapshot
from tests.city import empty_city
from tests.components.map.cells import crowded


def stations_panel(city: Snapshot, **params: str) -> str:
    view: Any = SimpleNamespace(snapshot=city, lang="vi", params=params)
    return str(overview_frame(view, "overview")["overview-stations"]["markup"])


def is_calm(point: MapPoint) -> bool:
    return all((one.state, one.severity) == (FigureState.OK, Severity.NORMAL) for one in point.series)


def test_the_printed_overview_lists_the_stations_that_its_map_marks() -> None:
    city = crowded(60)
    marked = [point for point in city.map_points if not is_calm(point)]
    table = stations_panel(city, giay="1")
    assert 0 < len(marked) < len(city.map_points) and table.count("<tr") == len(marked) + 1
    assert "mark-normal" not in table
    assert stations_panel(city) == ""


def test_the_printed_overview_says_when_no_station_is_marked() -> None:
    city = crowded(60)
    calm = replace(city, map_points=tuple(filter(is_calm, city.map_points)))
    assert "Mọi điểm đo đều bình thường." in str(notable_station_table(calm, "vi"))
    assert "Chưa có điểm đo nào." in str(notable_station_table(empty_city(), "vi"))
