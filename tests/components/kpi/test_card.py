"""The definition card, values by unit, the history table, the KPI list."""

from dataclasses import replace

from components.kpi.card import definition, history_table, values_by_unit
from components.kpi.kpi_list import field_name, kpi_list
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.kpi import FigureState, SuppressionReason
from tests.city import full_city, line

CITY = full_city()
LEVEL = CITY.figures["water-level"]


def test_definition_card_is_complete() -> None:
    markup = str(definition(LEVEL.kpi, CITY, "vi"))
    for part in (
        "Mực nước tức thời",
        "giá trị mới nhất",
        "Cơ quan A",
        "Trạm thủy văn",
        "báo động III 2,00",
        "mỗi 1 phút",
    ):
        assert part in markup


def test_missing_definition_field_is_named() -> None:
    assert "chưa khai báo" in str(definition(replace(LEVEL.kpi, legal_basis=LocalizedText("")), CITY, "vi"))


def test_units_are_sorted_by_value_and_without_value_last() -> None:
    value = LEVEL.values_by_place["31135"]
    figure = replace(
        LEVEL, values_by_place={"31507": replace(value, value=None), "31207": replace(value, value=0.5), "31135": value}
    )
    markup = str(values_by_unit(figure, CITY, "vi"))
    assert markup.index("Ninh Kiều") < markup.index("Thốt Nốt") < markup.index("Phú Lợi")


def test_history_table_shows_extremes_and_empty_spans() -> None:
    markup = str(history_table(LEVEL.kpi, line(1.2, 0.8), 48, "vi", simulated=True))
    assert "2,00" in markup
    assert "0,40" in markup
    assert "chưa có số liệu" in markup
    assert "mô phỏng" in markup


def test_list_is_grouped_by_domain() -> None:
    assert "Môi trường, nước và thời tiết" in str(kpi_list(CITY, "vi"))
    assert field_name("unheard-of", "vi") == "unheard-of"


def test_cells_of_the_list_have_labels() -> None:
    markup = str(kpi_list(CITY, "vi"))
    for word in ("Giá trị", "Mục tiêu", "Trạng thái", "Số liệu"):
        assert f'data-label="{word}' in markup


def test_suppressed_counts_of_units_stand_between_the_published_ones_and_the_zeros() -> None:
    value = LEVEL.values_by_place["31135"]
    suppressed = replace(value, value=None, state=FigureState.NO_DATA, reason=SuppressionReason.SMALL_COUNT)
    by_place = {"31507": replace(value, value=0.0), "31207": suppressed, "31135": value}
    markup = str(values_by_unit(replace(LEVEL, values_by_place=by_place), CITY, "vi"))
    assert markup.index("Ninh Kiều") < markup.index("Thốt Nốt") < markup.index("Phú Lợi")
