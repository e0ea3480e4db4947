"""Numbers of the yaml files: in each spelling that yaml 1.1 or 1.2 has, and nothing else."""

from typing import Any

import pytest

from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.schema.base import Row, SeriesRow
from ioc.config.schema.task import MilestoneRow
from ioc.config.validation import validate_row
from ioc.config.yaml_file import parse

WEIGHT = "{name: x, due: 2026-11-24, weight: %s}"
RANGE = "{key: x, name: x, unit: m, range: %s}"


def read(model: type[Row], text: str) -> tuple[Any, list[str]]:
    faults, file = list[ConfigFault](), parse("x.yaml", text.encode())
    assert file.root is not None
    row = validate_row(faults, file.located(file.root), model)
    return row, [fault.failure.code for fault in faults]


@pytest.mark.parametrize(
    ("text", "number"),
    [("1e3", 1000), ("1.5e3", 1500), ("1.e3", 1000), (".5e1", 5), ("1E-4", 0.0001), ("+2e+2", 200), ("1.5", 1.5)],
)
def test_number_with_an_exponent_is_a_number(text: str, number: float) -> None:
    milestone, codes = read(MilestoneRow, WEIGHT % text)
    assert codes == [] and milestone.row.weight == number
    series, codes = read(SeriesRow, RANGE % f"[-1e6, {text}]")
    assert codes == [] and series.row.range == (-1e6, number)


@pytest.mark.parametrize("text", ["true", '"1"', '"1,5e3"', "1e", "e3", "1e3x", "1e999", "'١e٣'"])
def test_any_other_text_is_none(text: str) -> None:
    assert read(MilestoneRow, WEIGHT % text)[1] == [ConfigCode.NOT_A_NUMBER]


@pytest.mark.parametrize("text", ["true", '"1"'])
def test_range_has_numbers_at_both_ends(text: str) -> None:
    assert read(SeriesRow, RANGE % f"[0, {text}]")[1] == [ConfigCode.NOT_A_NUMBER]
    assert read(SeriesRow, RANGE % "[0, .inf]")[1] == []
