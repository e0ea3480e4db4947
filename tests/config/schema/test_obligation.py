"""obligations.yaml: each obligation is a source and a form; faults have their line and a text in both languages."""

import json
from datetime import time, timedelta
from pathlib import Path

import pytest

from ioc.config.configuration import Configuration, configuration_from_body
from ioc.config.errors import ConfigCode
from ioc.config.row_codes import RowCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.ingest.source import KEPT_CLASS
from ioc.domain.submissions.obligation import ReportingCadence
from ioc.domain.submissions.submission import ComplianceRules
from tests.config.folders import CITY, KPIS, SOURCES, assert_worded, find, load_faults, load_folder, write

OBLIGATIONS = """\
obligations:
  - key: waste-{each}
    name: {vi: "Rác thải {name}", en: "Waste {name}"}
    each: [mp-a, mp-b]
    agency: "{each}"
    cadence: monthly
    due: {day: 5, at: "17:00", workday: true}
    closing_day: 14
    since: 2026-01-01
    age_limit: 60d
    approval: true
    simulated: true
    licence: mô phỏng
    transfers: [{to: mp-b, on: 2026-07-01, basis: Quyết định mô phỏng}]
    series:
      - {key: "waste-{each}-tonnes", name: "Khối lượng {name}", unit: tấn, range: [0, 1000], place: 31135}
      - {key: "waste-{each}-homes", name: Số hộ, unit: hồ sơ, range: [0, 9], row: Hộ, column: Số lượng, integer: true}
"""
AGENCIES = """\
- {key: ubnd, name: Ủy ban, short: UBND}
- {key: so-y-te, name: Sở Y tế, short: Sở Y tế}
- {key: so-cu, name: Sở cũ, short: Sở cũ, simulated: true}
- {key: mp-a, name: Cơ quan A (mô phỏng), short: Cơ quan A, simulated: true}
- {key: mp-b, name: Cơ quan B (mô phỏng), short: Cơ quan B, simulated: true}
"""
LIMITS = """\
compliance:
  counts: late
  holidays: [2026-09-02, 2026-01-01]
  limits:
    - {key: review, name: Xem xét, at: 3, severity: attention}
    - {key: discipline, name: Kỷ luật, at: 6, severity: critical}
"""


def write_duties(folder: Path, obligations: str = OBLIGATIONS, city: str = CITY + LIMITS, **more: str) -> Path:
    return write(folder, obligations=obligations, agencies=AGENCIES, city=city, **more)


def load_duties(folder: Path, obligations: str = OBLIGATIONS, city: str = CITY + LIMITS, **more: str) -> Configuration:
    return load_folder(write_duties(folder, obligations, city, **more))


def test_an_obligation_is_a_form_and_a_source(tmp_path: Path) -> None:
    configuration = load_duties(tmp_path)
    first, second = configuration.obligations
    assert (first.key, first.name.vi, first.agency) == ("waste-mp-a", "Rác thải Cơ quan A", "mp-a")
    assert first.cadence is ReportingCadence.MONTHLY
    assert (first.due_day, first.due_time, first.is_due_on_workday) == (5, time(17), True)
    assert (first.closing_day, first.requires_approval) == (14, True)
    assert [(cell.series.key, cell.row.vi, cell.column.vi, cell.is_integer) for cell in first.cells] == [
        ("waste-mp-a-tonnes", "Khối lượng Cơ quan A", "Giá trị", False), ("waste-mp-a-homes", "Hộ", "Số lượng", True),
    ]  # fmt: skip
    assert second.agency == "mp-b" and second.transfers[0].to_agency == "mp-b"
    source = next(source for source in configuration.sources if source.key == "waste-mp-a")
    assert (source.protocol, source.owner, source.is_simulated) == ("submissions", "mp-a", True)
    assert source.age_limit == timedelta(days=60) and source.series == tuple(cell.series for cell in first.cells)
    assert configuration.compliance.metric == "late"
    assert [threshold.count for threshold in configuration.compliance.thresholds] == [3, 6]


def test_the_body_restores_duties_and_compliance(tmp_path: Path) -> None:
    configuration = load_duties(tmp_path)
    restored = configuration_from_body(configuration.body)
    assert restored.obligations == configuration.obligations
    assert (restored.compliance, restored.fingerprint) == (configuration.compliance, configuration.fingerprint)
    assert load_duties(tmp_path, OBLIGATIONS + "\n").body == configuration.body


def test_a_body_without_duties_is_restored(tmp_path: Path) -> None:
    body = json.loads(load_duties(tmp_path).body)
    del body["obligations"], body["compliance"]
    restored = configuration_from_body(json.dumps(body))
    assert (restored.obligations, restored.compliance) == ((), ComplianceRules())


def test_a_kpi_may_rest_on_submitted_figures(tmp_path: Path) -> None:
    kpis = KPIS.replace("inputs: [level-can-tho]", 'inputs: ["waste-*-tonnes"]').replace("op: last", "op: sum", 1)
    configuration = load_duties(tmp_path, kpis=kpis.replace("unit: m\n", "unit: tấn\n", 1))
    assert configuration.kpis[0].formula.inputs == ("waste-mp-a-tonnes", "waste-mp-b-tonnes")


# What is replaced by what; code and line of the fault, and a parameter or the field that it names.
WRONG: dict[str, tuple[str, str, ErrorCode, int, str]] = {
    "an agency that does not exist": ("each: [mp-a, mp-b]", "each: [mp-a, mp-x]", RowCode.UNKNOWN_AGENCY, 4, "mp-x"),
    "a real agency": ("each: [mp-a, mp-b]", "each: [mp-a, so-y-te]", RowCode.REAL_OWNER_OF_SIMULATED, 4, "so-y-te"),
    "a cadence": ("cadence: monthly", "cadence: yearly", ConfigCode.NOT_ONE_OF, 6, "cadence"),
    "the thirtieth": ("closing_day: 14", "closing_day: 30", ConfigCode.ABOVE_MAXIMUM, 8, "closing_day"),
    "closes of a week": ("cadence: monthly", "cadence: weekly", RowCode.CLOSING_DAY_OF_SHORT_PERIOD, 8, ""),
    "an age limit": ("age_limit: 60d", "age_limit: 20d", RowCode.AGE_LIMIT_BELOW_PERIOD, 10, ""),
    "a unit": ("unit: tấn", "unit: tân", RowCode.UNKNOWN_UNIT, 16, "tân"),
    "no range": (", range: [0, 1000]", "", ConfigCode.KEY_MISSING, 16, "range"),
    "two in one cell": ("row: Hộ, column: Số lượng", 'row: "Khối lượng {name}"', RowCode.CELL_TAKEN, 17, "Giá trị"),
    "a place": ("place: 31135", "place: 99999", RowCode.UNKNOWN_PLACE, 16, "99999"),
    "each without a use": ("    each: [mp-a, mp-b]\n", "", RowCode.EACH_MISMATCH, 2, ""),
    "a transfer": ("to: mp-b", "to: mp-x", RowCode.UNKNOWN_AGENCY, 14, "mp-x"),
    "an unknown key": ("approval: true", "aproval: true", ConfigCode.KEY_UNKNOWN, 11, "aproval"),
    "an end before the start": ("since: 2026-01-01", "since: 2026-01-01\n    until: 2025-01-01",
                                RowCode.UNTIL_BEFORE_SINCE, 10, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_has_its_line_and_code(tmp_path: Path, name: str) -> None:
    old, new, code, line, detail = WRONG[name]
    faults = load_faults(write_duties(tmp_path, OBLIGATIONS.replace(old, new)))
    matching = [fault for fault in faults if fault.failure.code == code]
    assert matching and matching[0].file.endswith("obligations.yaml")
    assert matching[0].line == line and detail in f"{matching[0].field} {dict(matching[0].failure.params)}"
    for fault in faults:
        assert_worded(fault.failure, fault.suggestion)


def test_a_series_belongs_to_one_source(tmp_path: Path) -> None:
    obligations = OBLIGATIONS.replace("waste-{each}-homes", "due-total").replace("[mp-a, mp-b]", "[mp-a]")
    assert find(load_faults(write_duties(tmp_path, obligations)), RowCode.SERIES_TAKEN, series="due-total")


def test_thresholds_that_do_not_rise_are_a_fault(tmp_path: Path) -> None:
    faults = load_faults(write_duties(tmp_path, city=CITY + LIMITS.replace("at: 6", "at: 2")))
    assert find(faults, RowCode.THRESHOLDS_NOT_RISING).field == "compliance"


def test_figures_are_kept_whole_and_no_row_can_delete_what_is_kept(tmp_path: Path) -> None:
    configuration = load_duties(tmp_path)
    assert {cell.series.retention_class for row in configuration.obligations for cell in row.cells} == {KEPT_CLASS}
    assert KEPT_CLASS not in configuration.retention
    city = CITY.replace("retention: {normal:", "retention: {kept: {raw_days: 5}, normal:")
    (fault,) = load_faults(write_duties(tmp_path, city=city + LIMITS))
    assert fault.failure.code == RowCode.RESERVED_RETENTION_CLASS


def test_series_of_any_source_can_be_kept_but_no_events(tmp_path: Path) -> None:
    sources = SOURCES.replace("unit: m, range: [-3, 4],", "unit: m, range: [-3, 4], retention: kept,")
    configuration = load_duties(tmp_path, sources=sources)
    assert KEPT_CLASS in {series.retention_class for source in configuration.sources for series in source.series}
    events = "  events: [{kind: report, name: {vi: a, en: a}, retention: kept}]\n  series:\n    - {"
    folder = write_duties(tmp_path, sources=SOURCES.replace("  series:\n    - {", events, 1))
    assert find(load_faults(folder), RowCode.UNKNOWN_RETENTION_CLASS, name=KEPT_CLASS)
