"""Labels of units of measurement in both languages."""

from dataclasses import replace

import pytest

from components.events.attention_list import attention_list
from components.kpi.card import definition, values_by_unit
from components.kpi.chart import history
from components.kpi.measurement_units import unit_label
from components.kpi.tile import tile
from components.map.points import value_text
from components.ui.i18n import LANGS, catalogue
from ioc.domain.base.units import canonical_unit, is_count_unit, unit_names
from ioc.domain.snapshot import KpiFigure
from tests.city import HOUR, NOW, full_city, line

CITY = full_city()
INCIDENTS = CITY.figures["incidents"]


def with_value(value: float) -> KpiFigure:
    return replace(INCIDENTS, value=replace(INCIDENTS.value, value=value))


def test_unit_is_translated_in_every_component() -> None:
    figure = replace(with_value(3), values_by_place={"31135": INCIDENTS.value})
    city = replace(CITY, attention=(replace(CITY.attention[0], key="incidents"),), figures={"incidents": figure})
    texts = [
        str(tile(figure, CITY, "en")),
        str(definition(figure.kpi, city, "en")),
        str(values_by_unit(figure, city, "en")),
        str(attention_list(city, "en")),
        str(history(figure.kpi, line(1, 1), NOW - HOUR, NOW, "en", simulated=True)),
        value_text(
            replace(
                CITY.map_points[0].series[0],
                series=replace(CITY.map_points[0].series[0].series, unit="sự cố"),
                value=3.0,
            ),
            "en",
        ),
    ]
    for markup in texts:
        assert "incidents" in markup and "sự cố" not in markup


def test_english_unit_is_singular_for_one() -> None:
    assert "incident<" in str(tile(with_value(1), CITY, "en"))
    assert [unit_label("giường", lang, 1) for lang in LANGS] == ["giường", "bed"]


def test_hours_are_spelled_out_in_vietnamese() -> None:
    assert [unit_label("h", lang) for lang in LANGS] == ["giờ", "h"]


def test_unknown_unit_is_unchanged() -> None:
    assert unit_label("µg/m³", "vi") == unit_label("µg/m³", "en") == "µg/m³"


LABELS = [key.removeprefix("measurement_units.") for key in catalogue() if key.startswith("measurement_units.")]


@pytest.mark.parametrize("unit", LABELS)
def test_every_label_belongs_to_a_known_unit(unit: str) -> None:
    assert canonical_unit(unit) == unit


def test_every_unit_of_vietnamese_words_has_a_label() -> None:
    """Letters with marks, other than those of symbols, are words."""
    words = {unit for unit in unit_names() if any(letter.isalpha() and letter > "~" for letter in unit.strip("µkMΩ"))}
    assert {"tấn", "triệu m³", "đồng"} <= words <= set(LABELS)


def test_count_units_have_singular_labels() -> None:
    """Each counted thing is a dimension of its own and has a word for one of it."""
    things = [unit for unit in unit_names() if is_count_unit(unit)]
    assert {"", "giường", "tin"} <= set(things)
    assert not {"m", "điểm", "phương tiện/h", "nghìn người"} & set(things)  # 1,5 nghìn người has a decimal
    assert all("one" in catalogue()[f"measurement_units.{unit}"] for unit in things if unit)
