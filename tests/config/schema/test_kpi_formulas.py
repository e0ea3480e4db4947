"""Formulas that no number follows from are refused: units with another zero, the last of several series."""

from pathlib import Path

import pytest

from ioc.config.row_codes import RowCode
from tests.config.folders import KPIS, SOURCES, codes, find, load_faults, load_folder, write

CELSIUS = KPIS.replace("unit: m\n", "unit: °C\n", 1)
CHANGE = CELSIUS.replace("op: last", "op: change", 1)


@pytest.mark.parametrize("scale", ["", ", scale: 1.01"])
def test_scale_does_not_make_celsius_of_kelvin(tmp_path: Path, scale: str) -> None:
    in_kelvin = SOURCES.replace("unit: m, range: [-3, 4]", "unit: K")
    kpis = CELSIUS.replace("inputs: [level-can-tho]", f"inputs: [level-can-tho]{scale}", 1)
    fault = find(load_faults(write(tmp_path, sources=in_kelvin, kpis=kpis)), RowCode.UNIT_MISMATCH, series_unit="K")
    assert fault.suggestion is not None and fault.suggestion.code == RowCode.CONVERT_SERIES


def test_change_in_kelvin_is_one_in_celsius(tmp_path: Path) -> None:
    in_kelvin = SOURCES.replace("unit: m, range: [-3, 4]", "unit: K")
    assert load_folder(write(tmp_path, sources=in_kelvin, kpis=CHANGE)).kpis[0].unit == "°C"


@pytest.mark.parametrize("by_place", ["", "\n    by_place: true"])
def test_last_of_several_series_is_refused(tmp_path: Path, by_place: str) -> None:
    kpis = KPIS.replace("unit: m\n", "unit: hồ sơ\n", 1).replace("[level-can-tho]}", f'["dossiers-*"]}}{by_place}', 1)
    assert codes(load_faults(write(tmp_path, kpis=kpis))) == [RowCode.LAST_OF_SEVERAL]
