"""Units are said in the screen's language, wherever a number stands."""

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


def test_every_drawing_says_the_unit_in_english() -> None:
    figure = replace(with_value(3), values_by_place={"31135": INCIDENTS.value})
    city = replace(CITY, attention=(replace(CITY.attention[0], key="incidents"),), figures={"incidents": figure})
    drawn = [
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
    for one in drawn:
        assert "incidents" in one and "sự cố" not in one


def test_one_is_singular_in_english_only() -> None:
    assert "incident<" in str(tile(with_value(1), CITY, "en"))
    assert [unit_label("giường", lang, 1) for lang in LANGS] == ["giường", "bed"]


def test_hours_are_a_word_in_vietnamese() -> None:
    assert [unit_label("h", lang) for lang in LANGS] == ["giờ", "h"]


def test_a_unit_without_a_word_is_written_as_it_is() -> None:
    assert unit_label("µg/m³", "vi") == unit_label("µg/m³", "en") == "µg/m³"


@pytest.mark.parametrize("key", [one for one in catalogue() if one.startswith("units.")])
def test_every_word_is_that_of_a_known_unit(key: str) -> None:
    unit = key.removeprefix("units.")
    assert canonical_unit(unit) == unit


def test_whole_things_are_those_that_the_table_counts() -> None:
    """Each counted thing is a dimension of its own and has a word for one of it."""
    things = [one for one in unit_names() if is_count_unit(one)]
    assert {"", "giường", "tin"} <= set(things) and not {"m", "điểm", "phương tiện/h"} & set(things)
    assert all("one" in catalogue()[f"measurement_units.{one}"] for one in things if one)
