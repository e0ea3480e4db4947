"""The configurations that are shipped are good, and keep simulated and real apart."""

from datetime import date
from pathlib import Path

import pytest

from components.text import catalogue
from config import load, restore
from data_sources import protocols

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"SIMULATOR": "http://127.0.0.1:8051", "DATA": "/nowhere"}


@pytest.mark.parametrize("profile", ["demo", "cantho"])
def test_a_shipped_profile_is_good(profile: str) -> None:
    made = load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))
    assert made.simulated is (profile == "demo")
    assert len(made.units) == 103 and made.overview and {"ubnd-2322-2023"} <= {o.key for o in made.register.documents}
    assert restore(made.body).kpis == made.kpis and restore(made.body).register == made.register
    real = [one.key for one in made.sources if one.enabled and not one.simulated]
    assert not real if profile == "demo" else real


@pytest.mark.parametrize("profile", ["demo", "cantho"])
def test_every_field_of_the_indicators_has_words(profile: str) -> None:
    made = load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))
    assert not {one.domain for one in made.kpis if f"kpi.field_{one.domain}" not in catalogue()}
