"""A quantity that two sources tell: both are named wherever it stands, and a disagreement with both values."""

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
MAIN = next(view for view in CITY.sources if not {*LEVEL.kpi.formula.inputs}.isdisjoint(view.source.series_keys))
POINT = next(one for one in CITY.map_points if one.station.place == "31135" and one.series[0].value is not None)
APART = Disagreement(0.56, 1.3, "gauge", NOW)
WORDS = "lệch 0,56 m: Trạm thủy văn (mô phỏng) 1,86 m · Thước thứ hai 1,30 m"


def told(**changes: object) -> Snapshot:
    """The city whose river a second gauge tells as well."""
    inputs = LEVEL.kpi.formula.inputs
    twin = replace(MAIN.source.series[0], key="gauge-level", redundant_with=inputs[0])
    gauge = replace(MAIN, source=source("gauge", name=LocalizedText("Thước thứ hai", "Second gauge"), series=(twin,)))
    seen: SeriesView = replace(
        POINT.series[0],
        value=1.86,
        decimals=2,
        source=MAIN.source.key,
        redundant_sources=("gauge",),
        disagreement=APART,
    )
    seen = replace(seen, **changes)  # type: ignore[arg-type]
    value = LEVEL.value if not seen.failover_for else replace(LEVEL.value, reason=seen.source)
    attention = (
        AttentionItem(
            AttentionKind.DISAGREEMENT, seen.series.key, Severity.ATTENTION, NOW, "/ban-do", LocalizedText("Mực nước")
        ),
    )
    return replace(
        CITY,
        sources=(*CITY.sources, gauge),
        map_points=(replace(POINT, series=(seen,)),),
        figures={**CITY.figures, "water-level": replace(LEVEL, value=value, redundant_series=(seen,))},
        attention=attention,
    )


def drawn(snapshot: Snapshot) -> dict[str, str]:
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
def test_a_disagreement_stands_everywhere_with_both_names_and_values(where: str) -> None:
    assert WORDS in drawn(told())[where]


@pytest.mark.parametrize("where", ["tile", "row", "card", "detail", "side", "table", "tip"])
def test_where_all_agree_nothing_is_said_of_it(where: str) -> None:
    assert "lệch" not in drawn(told(disagreement=None))[where]


@pytest.mark.parametrize("where", ["card", "detail", "table", "tip"])
def test_both_sources_are_named_where_they_agree(where: str) -> None:
    markup = drawn(told(disagreement=None))[where]
    assert "Thước thứ hai" in markup and "Trạm thủy văn (mô phỏng)" in markup
    assert kpi_source_names(LEVEL.kpi, told(disagreement=None), "en")[-1] == "Second gauge"


@pytest.mark.parametrize("where", ["tile", "card", "detail", "table", "tip"])
def test_who_stands_in_for_the_main_one_is_said(where: str) -> None:
    snapshot = told(
        disagreement=None, source="gauge", redundant_sources=(MAIN.source.key,), failover_for=MAIN.source.key
    )
    assert "Thước thứ hai thay cho Trạm thủy văn (mô phỏng)" in drawn(snapshot)[where]


def test_a_notice_says_which_quantity_and_in_english_too() -> None:
    markup = drawn(told())["notices"]
    assert "Các nguồn báo khác nhau: Mực nước" in markup and "số liệu lúc 16:18" in markup  # it has no beginning
    assert "0,56 m apart: Gauge (simulated) 1,86 m · Second gauge 1,30 m" in str(attention_list(told(), "en"))


def test_a_tile_whose_stand_in_is_disagreed_with_wears_one_sign_that_tells_both() -> None:
    markup = drawn(told(source="gauge", redundant_sources=(MAIN.source.key,), failover_for=MAIN.source.key))["tile"]
    assert markup.count("badge-apart") == 1 and "≠ thay thế" in markup
    assert "thay cho" in markup and "lệch 0,56 m" in markup
