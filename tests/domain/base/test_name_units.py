"""Units that the names of fields end in, and names that end in something else."""

import pytest

from ioc.domain.base import name_units
from ioc.domain.base.name_units import ending_unit
from ioc.domain.base.units import is_known_unit


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("level_cm", "cm"),
        ("level-cm", "cm"),
        ("levelCm", "cm"),
        ("levelCM", "cm"),
        ("muc nuoc cm", "cm"),
        ("level_cm_avg", "cm"),
        ("level_cm avg", "cm"),
        ("level_cm (tự động)", "cm"),
        ("O'Brien level_cm", "cm"),
        ("pressure_pa", "Pa"),
        ("dien_tich_ha", "ha"),
        ("rain_mm_1h", "mm"),
        ("rain_mm", "mm"),
        ("cm", "cm"),
        ("speedKMH", "km/h"),
        ("speed_km_h", "km/h"),
        ("windspeedmph", "mph"),
        ("wind_ms", "m/s"),
        ("flow_m3s", "m³/s"),
        ("flowM3s", "m³/s"),
        ("flow_m3_h", "m³/h"),
        ("water_level_m", "m"),
        ("TempC_SHT", "°C"),
        ("TempF", "°F"),
        ("temp_f", "°F"),
        ("T_F", "°F"),
        ("tempinf", "°F"),
        ("precip_in", "in"),
        ("rainin", "in"),
        ("EC_uS_cm", "µS/cm"),
        ("pm25_ug_m3", "µg/m³"),
        ("pressure_mb", "hPa"),
        ("power_MW", "MW"),
        ("humidity_pct", "%"),
        ("doanh_thu_trieu_dong", "triệu đồng"),
    ],
)
def test_name_that_ends_in_a_unit(name: str, unit: str) -> None:
    assert ending_unit(name) == unit


@pytest.mark.parametrize(
    "name",
    [
        "level", "value_m", "pm", "pm10", "pm2_5", "total_a", "id_m", "level_h", "level_min", "level_in", "check_in",
        "temperature_2m", "wind_speed_10m", "t2m", "rain_1h", "duration_ms", "power_mw", "f", "F", "rate_c", "x_f", "m",
        "BatV", "ga_con", "Sa Pa", "sa_pa", "Bắc Hà", "bac_ha", "Thanh Hà", "Nhiệt độ phòng F", "Nhiệt kế khu C",
        "Mực nước hầm M", "Hồ M3", "Cầu số 7 Km", "TB", "level (TB)",
        "so_km2_lo_3", "ma_tram", "toc_do_kt", "H", "", "_", "m" * 200 + "_cm",
    ],
)  # fmt: skip
def test_name_that_may_mean_something_else(name: str) -> None:
    assert ending_unit(name) == ""


def test_each_ending_is_a_known_unit_and_is_found_behind_a_word() -> None:
    for ending, unit in name_units._ENDINGS.items():
        assert is_known_unit(unit)
        for name in (f"x_{ending}", f"x {ending}", f"x_{ending.upper()}", f"a-b-{ending}", f"x_{ending}_max"):
            assert ending_unit(name) == unit, name
    for ending, (starts, unit) in name_units._ENDINGS_OF.items():
        assert is_known_unit(unit) and all(ending_unit(f"{start}_x_{ending}") == unit for start in starts)
        assert ending_unit(f"zq_{ending}") == ""
