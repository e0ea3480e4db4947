"""duties.yaml: each duty is a source and a form; whatever is wrong is told with its line, in both languages."""

import json
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from components.ui.error_messages import config_error_text
from ioc.config.configuration import Configuration, configuration_from_body
from ioc.config.errors import ConfigError
from ioc.config.loading import load
from ioc.domain.submissions.obligation import ReportingCadence
from ioc.domain.submissions.submission import ComplianceRules
from tests.config.folders import CITY, ENVIRONMENT, KPIS, PROTOCOLS, write

DUTIES = """\
duties:
  - key: waste-{each}
    name: {vi: "Rác thải {name}", en: "Waste {name}"}
    each: [mp-a, mp-b]
    agency: "{each}"
    cadence: monthly
    due: {day: 5, at: "17:00", workday: true}
    closes: 14
    since: 2026-01-01
    age_limit: 60d
    release: true
    simulated: true
    licence: mô phỏng
    transfers: [{to: mp-b, on: 2026-07-01, basis: Quyết định mô phỏng}]
    series:
      - {key: "waste-{each}-tonnes", name: "Khối lượng {name}", unit: tấn, range: [0, 1000], place: 31135}
      - {key: "waste-{each}-homes", name: Số hộ, unit: hồ sơ, range: [0, 9], row: Hộ, column: Số lượng, whole: true}
"""
AGENCIES = """\
- {key: ubnd, name: Ủy ban, short: UBND}
- {key: so-y-te, name: Sở Y tế, short: Sở Y tế}
- {key: so-cu, name: Sở cũ, short: Sở cũ, simulated: true}
- {key: mp-a, name: Cơ quan A (mô phỏng), short: Cơ quan A, simulated: true}
- {key: mp-b, name: Cơ quan B (mô phỏng), short: Cơ quan B, simulated: true}
"""
LIMITS = """\
lateness:
  counts: late
  rest: [2026-09-02, 2026-01-01]
  limits:
    - {key: review, name: Xem xét, at: 3, severity: attention}
    - {key: discipline, name: Kỷ luật, at: 6, severity: critical}
"""


def loaded(folder: Path, duties: str = DUTIES, city: str = CITY + LIMITS, **more: str) -> Configuration:
    written = write(folder, duties=duties, agencies=AGENCIES, city=city, **more)
    return load(written, ENVIRONMENT, PROTOCOLS, today=date(2026, 11, 24))


def test_a_duty_is_a_form_and_a_source(tmp_path: Path) -> None:
    made = loaded(tmp_path)
    one, other = made.obligations
    assert (one.key, one.name.vi, one.agency, one.cadence) == ("waste-mp-a", "Rác thải Cơ quan A", "mp-a",
                                                                ReportingCadence.MONTHLY)  # fmt: skip
    assert (one.due_day, one.due_time, one.is_due_on_workday, one.closing_day, one.requires_approval) == (
        5,
        time(17),
        True,
        14,
        True,
    )
    assert [(cell.series.key, cell.row.vi, cell.column.vi, cell.is_integer) for cell in one.cells] == [
        ("waste-mp-a-tonnes", "Khối lượng Cơ quan A", "Giá trị", False), ("waste-mp-a-homes", "Hộ", "Số lượng", True),
    ]  # fmt: skip
    assert other.agency == "mp-b" and other.transfers[0].to_agency == "mp-b"
    source = next(row for row in made.sources if row.key == "waste-mp-a")
    assert (source.protocol, source.owner, source.is_simulated) == ("submissions", "mp-a", True)
    assert source.age_limit == timedelta(days=60) and source.series == tuple(cell.series for cell in one.cells)
    assert made.compliance.metric == "late" and [limit.count for limit in made.compliance.thresholds] == [3, 6]


def test_what_was_owed_is_part_of_the_past(tmp_path: Path) -> None:
    made = loaded(tmp_path)
    then = configuration_from_body(made.body)
    assert (then.obligations, then.compliance, then.fingerprint) == (
        made.obligations,
        made.compliance,
        made.fingerprint,
    )
    assert loaded(tmp_path, DUTIES + "\n", CITY + LIMITS).body == made.body


def test_a_body_of_before_there_were_duties_is_restored(tmp_path: Path) -> None:
    told = json.loads(loaded(tmp_path).body)
    del told["duties"], told["lateness"]
    older = configuration_from_body(json.dumps(told))
    assert (older.obligations, older.compliance) == ((), ComplianceRules())


def test_an_indicator_may_rest_on_what_is_handed_in(tmp_path: Path) -> None:
    kpis = KPIS.replace("inputs: [level-can-tho]", 'inputs: ["waste-*-tonnes"]').replace("op: last", "op: sum", 1)
    made = loaded(tmp_path, kpis=kpis.replace("unit: m\n", "unit: tấn\n", 1))
    assert made.kpis[0].formula.inputs == ("waste-mp-a-tonnes", "waste-mp-b-tonnes")


WRONG = {
    "an agency that is not there": ("each: [mp-a, mp-b]", "each: [mp-a, mp-x]", "owner 'mp-x' does not exist", 2),
    "a real agency": ("each: [mp-a, mp-b]", "each: [mp-a, so-y-te]", "is a real agency", 2),
    "a cadence": ("cadence: monthly", "cadence: yearly", "", 6),
    "the thirtieth": ("closes: 14", "closes: 30", "", 8),
    "closes of a week": ("cadence: monthly", "cadence: weekly", "closes belongs to months", 8),
    "an age limit": ("age_limit: 60d", "age_limit: 20d", "age_limit is shorter than a period", 10),
    "a unit": ("unit: tấn", "unit: tân", "unit 'tân' is not known", 16),
    "no range": (", range: [0, 1000]", "", "key 'range' is missing", 16),
    "two in one place": ("row: Hộ, column: Số lượng", 'row: "Khối lượng {name}"', "", 17),
    "a place": ("place: 31135", "place: 99999", "place '99999' does not exist", 16),
    "each without a use": ("    each: [mp-a, mp-b]\n", "", "key holds {each}", 2),
    "a transfer": ("to: mp-b", "to: mp-x", "agency 'mp-x' does not exist", 14),
    "an unknown key": ("release: true", "realease: true", "key 'realease' is unknown", 11),
    "an end before the start": ("since: 2026-01-01", "since: 2026-01-01\n    until: 2025-01-01", "until lies", 10),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    old, new, told, line = WRONG[name]
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, DUTIES.replace(old, new))
    found = [one for one in caught.value.faults if told in one.message]
    assert found and found[0].file.endswith("duties.yaml")
    assert found[0].line == line
    for one in caught.value.faults:
        assert config_error_text(one.message, "vi") != one.message


def test_a_series_belongs_to_one_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is brought already by the source at"):
        loaded(tmp_path, DUTIES.replace("waste-{each}-homes", "due-total").replace("[mp-a, mp-b]", "[mp-a]"))


def test_thresholds_rise(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="limits must rise"):
        loaded(tmp_path, city=CITY + LIMITS.replace("at: 6", "at: 2"))
