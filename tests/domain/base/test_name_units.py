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
        ("apLuc_bar", "bar"),
        ("pressureBar", "bar"),
        ("pressure_mBar", "hPa"),
        ("apLuc_mH2O", "mH₂O"),
        ("pressure_kgf_cm2", "kgf/cm²"),
        ("cumulativeVolumeLitres", "l"),
        ("milliLitres", "ml"),
        ("volume_gal", "gal"),
        ("flow_m3_per_h", "m³/h"),
        ("flow_l_per_s", "l/s"),
        ("flow_l_min", "l/min"),
        ("luu_luong_m3_gio", "m³/h"),
        ("san_luong_m3_ngay", "m³/d"),
        ("level_centimeters", "cm"),
        ("levelMillimetres", "mm"),
        ("muc_nuoc_met", "m"),
        ("muc_nuoc_centimet", "cm"),
        ("weightGrams", "g"),
        ("weightKiloGrams", "kg"),
        ("powerW", "W"),
        ("power_watts", "W"),
        ("currentMilliamps", "mA"),
        ("humidity_percentage", "%"),
        ("do_man_psu", "PSU"),
        ("turbidity_fnu", "FNU"),
        ("do_mg_per_l", "mg/l"),
        ("radiation_kw_m2", "kW/m²"),
        ("area_m2", "m²"),
        ("signal_dbm", "dBm"),
    ],
)
def test_name_that_ends_in_a_unit(name: str, unit: str) -> None:
    assert ending_unit(name) == unit


@pytest.mark.parametrize(
    "name",
    [
        "level", "value_m", "pm", "pm10", "pm2_5", "total_a", "id_m", "level_h", "level_min", "level_in", "check_in",
        "temperature_2m", "wind_speed_10m", "t2m", "rain_1h", "duration_ms", "power_mw", "f", "F", "rate_c", "x_f", "m",
        "BatV", "ga_con", "tram_met", "total_w",
        "Sa Pa", "sa_pa", "Bắc Hà", "bac_ha", "Thanh Hà", "Nhiệt độ phòng F", "Nhiệt kế khu C",
        "Mực nước hầm M", "Hồ M3", "Cầu số 7 Km", "TB", "level (TB)",
        "rain_meter", "water_meter", "level_meter",
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


@pytest.mark.parametrize("unit", ["m³/h", "mg/l", "km/h"])
def test_rate_may_be_written_with_per(unit: str) -> None:
    endings = [ending for ending, of in name_units.known_endings().items() if of == unit and "_" in ending]
    assert endings and all(ending_unit("x_" + ending.replace("_", "_per_")) == unit for ending in endings)
