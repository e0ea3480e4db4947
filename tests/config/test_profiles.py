"""The shipped configurations have no faults, and keep simulated and real apart."""

import re
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from components.kpi.measurement_units import unit_label
from components.kpi.tile import unit_text
from components.ui.i18n import catalogue
from data_sources import protocols
from data_sources.open_meteo import Options as OpenMeteo
from ioc.config.configuration import Configuration, configuration_from_body
from ioc.config.loading import load
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode

ROOT = Path(__file__).parents[2]
# Letters that no unit of the SI has: đ, ơ, ư, and vowels with a mark.
VIETNAMESE = re.compile("[đơưăâêôàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵầấẩẫậằắẳẵặềếểễệồốổỗộờớởỡợừứửữự]", re.IGNORECASE)
ENVIRONMENT = {
    "SIMULATOR": "http://127.0.0.1:8051", "DATA": "/nowhere", "SIM_PUSH_TOKEN": "-",
    "SIMULATOR_MQTT": "mqtt://127.0.0.1:8052", "SIMULATOR_SQL": "sqlite:////nowhere/simulated.db",
}  # fmt: skip
PROFILES = ["demo", "cantho", "protocols"]
FINGERPRINTS = "[load_profile(profile).fingerprint for profile in PROFILES]"


@cache
def load_profile(profile: str) -> Configuration:
    return load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_shipped_profile_is_loaded(profile: str) -> None:
    configuration = load_profile(profile)
    assert configuration.is_simulated is (profile != "cantho")
    assert len(configuration.units) == 103 and configuration.overview
    assert "ubnd-2322-2023" in {document.key for document in configuration.register.documents}
    restored = configuration_from_body(configuration.body)
    assert (restored.kpis, restored.register) == (configuration.kpis, configuration.register)
    real = [source.key for source in configuration.sources if source.is_enabled and not source.is_simulated]
    assert real if profile == "cantho" else not real


def test_each_process_finds_the_same_fingerprints() -> None:
    """The order of a set differs between processes: screens would reload after each start."""
    program = f"from tests.config.test_profiles import *; print({FINGERPRINTS})"
    expected = "[" + ", ".join(repr(load_profile(profile).fingerprint) for profile in PROFILES) + "]"
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert found.stdout.strip() == expected


@pytest.mark.parametrize("profile", PROFILES)
def test_every_field_of_the_indicators_has_words(profile: str) -> None:
    configuration = load(ROOT / "config" / profile, ENVIRONMENT, protocols(), today=date(2026, 11, 24))
    assert not {kpi.domain for kpi in configuration.kpis if f"kpi.domain_{kpi.domain}" not in catalogue()}


@pytest.mark.parametrize("profile", PROFILES)
def test_summed_rain_is_fetched_by_the_hour_and_named_so(profile: str) -> None:
    """Precipitation in the block `current` is that of a quarter of an hour."""
    weather = next(source for source in load_profile(profile).sources if source.key.endswith("weather"))
    options = OpenMeteo.model_validate(dict(weather.options))
    assert "precipitation" in options.hourly and "precipitation" not in options.blocks()["current"]
    assert all("1 giờ" in series.name.vi for series in weather.series if series.key.endswith("precipitation"))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_unit_that_a_screen_shows_has_an_english_text(profile: str) -> None:
    configuration = load_profile(profile)
    texts = {unit_text(kpi, "en") for kpi in configuration.kpis}
    texts |= {unit_label(series.unit, "en") for source in configuration.sources for series in source.series}
    assert not {text for text in texts if VIETNAMESE.search(text)}
    assert {unit_text(kpi, "vi") for kpi in configuration.kpis if kpi.unit == "h"} == {"giờ"}
    assert next(unit_text(kpi, "vi") for kpi in configuration.kpis if kpi.key == "visitors-today") == "lượt"


def test_the_profile_protocols_has_an_enabled_source_of_every_protocol() -> None:
    enabled = {source.protocol for source in load_profile("protocols").sources if source.is_enabled}
    assert enabled == protocols().keys()


def test_a_source_whose_server_is_not_installed_is_off_with_that_reason() -> None:
    reason = Failure(IngestCode.PROGRAM_MISSING, {"program": "Mosquitto", "package": "mosquitto"})
    folder, today = ROOT / "config" / "protocols", date(2026, 11, 24)
    configuration = load(folder, ENVIRONMENT, protocols(), today=today, unavailable={"SIMULATOR_MQTT": reason})
    off = {source.key: source.off_reason for source in configuration.sources if not source.is_enabled}
    assert off == {"sim-mqtt": reason}
