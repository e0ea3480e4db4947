"""The configurations that are shipped are good, and keep simulated and real apart."""

import re
from datetime import date
from pathlib import Path

import pytest

from components.kpi.measurement_units import unit_label
from components.kpi.tile import unit_text
from components.ui.i18n import catalogue
from data_sources import protocols
from data_sources.open_meteo import Options as OpenMeteo
from ioc.config.configuration import configuration_from_body
from ioc.config.loading import load

ROOT = Path(__file__).parents[2]
# Letters that no unit of the SI has: đ, ơ, ư, and vowels with a mark.
VIETNAMESE = re.compile("[đơưăâêôàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵầấẩẫậằắẳẵặềếểễệồốổỗộờớởỡợừứửữự]", re.IGNORECASE)
ENVIRONMENT = {"SIMULATOR": "http://127.0.0.1:8051", "DATA": "/nowhere", "SIM_PUSH_TOKEN": "-"}


@pytest.mark.parametrize("profile", ["demo", "cantho"])
def test_a_shipped_profile_is_good(profile: str) -> None:
    made = load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))
    assert made.is_simulated is (profile == "demo")
    assert len(made.units) == 103 and made.overview and {"ubnd-2322-2023"} <= {o.key for o in made.register.documents}
    assert (
        configuration_from_body(made.body).kpis == made.kpis
        and configuration_from_body(made.body).register == made.register
    )
    real = [one.key for one in made.sources if one.is_enabled and not one.is_simulated]
    assert not real if profile == "demo" else real


@pytest.mark.parametrize("profile", ["demo", "cantho"])
def test_every_field_of_the_indicators_has_words(profile: str) -> None:
    made = load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))
    assert not {one.domain for one in made.kpis if f"kpi.domain_{one.domain}" not in catalogue()}


@pytest.mark.parametrize("profile", ["demo", "cantho"])
def test_rain_that_is_summed_is_asked_by_the_hour_and_called_so(profile: str) -> None:
    """What the block `current` tells of precipitation is that of a quarter of an hour."""
    made = load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))
    weather = next(one for one in made.sources if one.key.endswith("weather"))
    options = OpenMeteo.model_validate(dict(weather.options))
    assert "precipitation" in options.hourly and "precipitation" not in options.blocks()["current"]
    assert all("1 giờ" in one.name.vi for one in weather.series if one.key.endswith("precipitation"))


@pytest.mark.parametrize("profile", ["demo", "cantho"])
def test_every_unit_that_a_screen_shows_is_said_in_english(profile: str) -> None:
    made = load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))
    shown = {unit_text(one, "en") for one in made.kpis}
    shown |= {unit_label(one.unit, "en") for source in made.sources for one in source.series}
    assert not {one for one in shown if VIETNAMESE.search(one)}
    assert {unit_text(one, "vi") for one in made.kpis if one.unit == "h"} == {"giờ"}
    assert next(unit_text(one, "vi") for one in made.kpis if one.key == "visitors-today") == "lượt"
