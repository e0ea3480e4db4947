"""Units are said in the screen's language, wherever a number stands."""

from dataclasses import replace

import pytest

from components.events.alerts import notices
from components.kpi.card import definition, places
from components.kpi.chart import history
from components.kpi.tile import tile
from components.kpi.units import unit_word
from components.map.points import value_text
from components.ui.i18n import LANGS, catalogue
from ioc.domain.base.units import counted, known, names
from ioc.domain.snapshot import Figure
from tests.city import HOUR, NOW, full_city, line

CITY = full_city()
INCIDENTS = CITY.figures["incidents"]


def with_value(value: float) -> Figure:
    return replace(INCIDENTS, value=replace(INCIDENTS.value, value=value))


def test_every_drawing_says_the_unit_in_english() -> None:
    figure = replace(with_value(3), places={"31135": INCIDENTS.value})
    city = replace(CITY, attention=(replace(CITY.attention[0], key="incidents"),), figures={"incidents": figure})
    drawn = [
        str(tile(figure, CITY, "en")), str(definition(figure.kpi, city, "en")), str(places(figure, city, "en")),
        str(notices(city, "en")), str(history(figure.kpi, line(1, 1), NOW - HOUR, NOW, "en", simulated=True)),
        value_text(replace(CITY.points[0].series[0], series=replace(CITY.points[0].series[0].series, unit="sự cố"),
                           value=3.0), "en"),
    ]  # fmt: skip
    for one in drawn:
        assert "incidents" in one and "sự cố" not in one


def test_one_is_singular_in_english_only() -> None:
    assert "incident<" in str(tile(with_value(1), CITY, "en"))
    assert [unit_word("giường", lang, 1) for lang in LANGS] == ["giường", "bed"]


def test_hours_are_a_word_in_vietnamese() -> None:
    assert [unit_word("h", lang) for lang in LANGS] == ["giờ", "h"]


def test_a_unit_without_a_word_is_written_as_it_is() -> None:
    assert unit_word("µg/m³", "vi") == unit_word("µg/m³", "en") == "µg/m³"


@pytest.mark.parametrize("key", [one for one in catalogue() if one.startswith("units.")])
def test_every_word_is_that_of_a_known_unit(key: str) -> None:
    unit = key.removeprefix("units.")
    assert known(unit) == unit


def test_whole_things_are_those_that_the_table_counts() -> None:
    """Each counted thing is a dimension of its own and has a word for one of it."""
    things = [one for one in names() if counted(one)]
    assert {"", "giường", "tin"} <= set(things) and not {"m", "điểm", "phương tiện/h"} & set(things)
    assert all("one" in catalogue()[f"units.{one}"] for one in things if one)
