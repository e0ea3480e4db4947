"""Redundant series: both sources are named everywhere, with disagreements and failover."""

from dataclasses import replace

import pytest

from components.events.attention_list import attention_list
from components.kpi.card import definition, kpi_row
from components.kpi.tile import tile
from components.map.detail import station_table, unit_detail
from components.map.points import tip_names
from components.map.side_panel import whole_city
from components.sources.provenance import kpi_source_names
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.kpi import Severity
from ioc.domain.snapshot import AttentionItem, AttentionKind, Disagreement, SeriesView, Snapshot
from tests.city import NOW, full_city, source

CITY = full_city()
LEVEL = CITY.figures["water-level"]
UNIT = {"don-vi": "31135"}
MAIN = next(view for view in CITY.sources if not {*LEVEL.kpi.formula.inputs}.isdisjoint(view.source.series_units))
POINT = next(point for point in CITY.map_points if point.station.place == "31135" and point.series[0].value is not None)
DISAGREEMENT = Disagreement(0.56, 1.3, "gauge", NOW)
DISAGREEMENT_TEXT = "lệch 0,56 m: Trạm thủy văn (mô phỏng) 1,86 m · Thước thứ hai 1,30 m"


def city_with_second_gauge(**changes: object) -> Snapshot:
    """The city whose river a second gauge tells as well."""
    inputs = LEVEL.kpi.formula.inputs
    twin = replace(MAIN.source.series[0], key="gauge-level", redundant_with=inputs[0])
    gauge = replace(MAIN, source=source("gauge", name=LocalizedText("Thước thứ hai", "Second gauge"), series=(twin,)))
    series_view: SeriesView = replace(
        POINT.series[0],
        value=1.86,
        decimals=2,
        source=MAIN.source.key,
        redundant_sources=("gauge",),
        disagreement=DISAGREEMENT,
    )
    series_view = replace(series_view, **changes)  # type: ignore[arg-type]
    value = LEVEL.value if not series_view.failover_for else replace(LEVEL.value, reason=series_view.source)
    attention = (
        AttentionItem(
            AttentionKind.DISAGREEMENT,
            series_view.series.key,
            Severity.ATTENTION,
            NOW,
            "/ban-do",
            LocalizedText("Mực nước"),
        ),
    )
    return replace(
        CITY,
        sources=(*CITY.sources, gauge),
        map_points=(replace(POINT, series=(series_view,)),),
        figures={**CITY.figures, "water-level": replace(LEVEL, value=value, redundant_series=(series_view,))},
        attention=attention,
    )


def markups_by_place(snapshot: Snapshot) -> dict[str, str]:
    figure = snapshot.figures["water-level"]
    return {
        "tile": str(tile(figure, snapshot, "vi")),
        "row": str(kpi_row(figure, snapshot, "vi")),
        "card": str(definition(figure.kpi, snapshot, "vi")),
        "detail": str(unit_detail(snapshot, "vi", UNIT)),
        "side": str(whole_city(snapshot, "vi", {})),
        "table": str(station_table(snapshot, "vi", {})),
        "tip": str(tip_names(snapshot, "vi")),
        "notices": str(attention_list(snapshot, "vi")),
    }


@pytest.mark.parametrize("where", ["tile", "row", "card", "detail", "side", "table", "tip", "notices"])
def test_disagreement_is_shown_everywhere_with_both_sources_and_values(where: str) -> None:
    assert DISAGREEMENT_TEXT in markups_by_place(city_with_second_gauge())[where]


@pytest.mark.parametrize("where", ["tile", "row", "card", "detail", "side", "table", "tip"])
def test_agreement_shows_no_disagreement(where: str) -> None:
    assert "lệch" not in markups_by_place(city_with_second_gauge(disagreement=None))[where]


@pytest.mark.parametrize("where", ["card", "detail", "table", "tip"])
def test_both_sources_are_named_when_they_agree(where: str) -> None:
    markup = markups_by_place(city_with_second_gauge(disagreement=None))[where]
    assert "Thước thứ hai" in markup and "Trạm thủy văn (mô phỏng)" in markup
    assert kpi_source_names(LEVEL.kpi, city_with_second_gauge(disagreement=None), "en")[-1] == "Second gauge"


@pytest.mark.parametrize("where", ["tile", "card", "detail", "table", "tip"])
def test_failover_names_standby_and_primary_source(where: str) -> None:
    snapshot = city_with_second_gauge(
        disagreement=None, source="gauge", redundant_sources=(MAIN.source.key,), failover_for=MAIN.source.key
    )
    assert "Thước thứ hai thay cho Trạm thủy văn (mô phỏng)" in markups_by_place(snapshot)[where]


def test_disagreement_item_names_the_series_in_both_languages() -> None:
    markup = markups_by_place(city_with_second_gauge())["notices"]
    assert "Các nguồn báo khác nhau: Mực nước" in markup and "số liệu lúc 16:18" in markup  # it has no beginning
    assert "0,56 m apart: Gauge (simulated) 1,86 m · Second gauge 1,30 m" in str(
        attention_list(city_with_second_gauge(), "en")
    )


def test_tile_has_one_badge_for_failover_and_disagreement() -> None:
    markup = markups_by_place(
        city_with_second_gauge(source="gauge", redundant_sources=(MAIN.source.key,), failover_for=MAIN.source.key)
    )["tile"]
    assert markup.count("badge-disagreement") == 1 and "≠ thay thế" in markup
    assert "thay cho" in markup and "lệch 0,56 m" in markup


def test_sources_of_a_kpi_are_looked_up_and_not_searched_for_at_each_drawing() -> None:
    drawn = replace(full_city(), kpi_sources={LEVEL.kpi.key: ("sim-beds",)})
    assert kpi_source_names(LEVEL.kpi, drawn, "en") == [drawn.sources_by_key["sim-beds"].source.name.get("en")]
