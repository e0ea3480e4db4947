"""Days and times of the yaml files: within the years that commands take, and never a number for a day."""

import pytest

from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.row_codes import RowCode
from ioc.config.schema.agency import SuccessionRow
from ioc.config.schema.base import MaintenanceRow, Row
from ioc.config.schema.city import ComplianceRow
from ioc.config.schema.directive import DocumentRow
from ioc.config.schema.task import ExtensionRow, MilestoneRow, ReportRow
from ioc.config.validation import validate_row
from ioc.config.yaml_file import parse

ROWS: dict[type[Row], str] = {
    MilestoneRow: "{name: x, due: %s}", ExtensionRow: "{on: %s, old: 2026-01-01, new: 2026-02-01, basis: x}",
    ReportRow: "{at: %s, percent: 1}", SuccessionRow: "{agency: a, on: %s, basis: x}",
    DocumentRow: "{key: d, number: 1/MP, title: x, kind: x, issuer: a, tasks: [], issued: %s}",
    MaintenanceRow: "{from: %s, to: 2200-12-31T23:00:00Z}", ComplianceRow: "{holidays: [%s]}",
}  # fmt: skip
MOMENTS = (ReportRow, MaintenanceRow)


def codes(model: type[Row], text: str) -> list[str]:
    faults, file = list[ConfigFault](), parse("x.yaml", text.encode())
    assert file.root is not None
    validate_row(faults, file.located(file.root), model)
    return [fault.failure.code for fault in faults]


@pytest.mark.parametrize("model", ROWS)
@pytest.mark.parametrize("day", ["1900-01-01", "2026-11-24", "2200-12-31"])
def test_days_that_commands_take_are_taken(model: type[Row], day: str) -> None:
    assert codes(model, ROWS[model] % day) == []


@pytest.mark.parametrize("model", ROWS)
@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_are_faults(model: type[Row], day: str) -> None:
    assert codes(model, ROWS[model] % day) == [RowCode.DAY_OUT_OF_RANGE]


@pytest.mark.parametrize("model", ROWS)
@pytest.mark.parametrize(
    "number", ["20261124", "0", "1.5", "true", '"20261124"', "'202611241730'", "'1764547200'", "'+86400.0'"]
)
def test_a_number_is_no_day(model: type[Row], number: str) -> None:
    code = ConfigCode.NOT_A_MOMENT if model in MOMENTS else ConfigCode.NOT_A_DATE
    assert codes(model, ROWS[model] % number) == [code]


def test_a_window_may_name_a_zone_at_one_end_only() -> None:
    assert codes(MaintenanceRow, "{from: 2026-11-24T00:00:00, to: 2026-11-25T00:00:00Z}") == []
