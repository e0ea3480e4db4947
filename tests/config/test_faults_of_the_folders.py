"""Each kind of fault in the folders of the repository: told once, with its place, the wrong value and what is right."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from shutil import copytree, rmtree

import pytest

from components.ui.error_messages import describe
from data_sources import protocols
from ioc.config.errors import ConfigCode, ConfigError, ConfigFault
from ioc.config.loading import load
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.yaml_errors import YamlCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.option_errors import OptionCode
from simulator.directives import make_directives
from tests.config.folders import TODAY, assert_worded

CONFIG = Path(__file__).parents[2] / "config"
ENVIRONMENT = {
    "SIMULATOR": "http://127.0.0.1:9", "DATA": "/nowhere", "SIM_PUSH_TOKEN": "-",
    "SIMULATOR_MQTT": "mqtt://127.0.0.1:9", "SIMULATOR_SQL": "sqlite:////nowhere/x.db",
}  # fmt: skip
ANY_FIELD = "*"


@dataclass(frozen=True)
class Case:
    """The first `old` after `after` in a file becomes `new`. `detail`: what the fault says of the value; `correction`:
    what would be right, in the text of the fault or of its suggestion. `place`: row and field, as they are shown.
    """

    file: str
    old: str
    new: str
    code: ErrorCode
    detail: str
    correction: str
    place: str = ""
    after: str = ""
    profile: str = ""

    @property
    def folder(self) -> str:
        return self.profile or self.file.split("/", 1)[0]

    def position(self) -> int:
        body = _body(self.file)
        return body.index(self.old, body.index(self.after))

    @property
    def line(self) -> int:
        """Of the changed text, without the lines that stand in `old` to find it."""
        shared = self.old[: next((n for n, (a, b) in enumerate(zip(self.old, self.new, strict=False)) if a != b), 0)]
        return _body(self.file)[: self.position()].count("\n") + shared.count("\n") + 1


@cache
def _body(file: str) -> str:
    return (CONFIG / file).read_text("utf-8")


AGENCIES, CITY, KPIS = "demo/agencies.yaml", "demo/city.yaml", "demo/kpis.yaml"
OBLIGATIONS, SOURCES, STATIONS = "demo/obligations.yaml", "demo/sources.yaml", "demo/stations.yaml"
MORE_SOURCES = "protocols/sources.yaml"
C, R, Y = ConfigCode, RowCode, YamlCode
# Faults of a file: nothing else of it is read.
OF_FILES = [
    Case(KPIS, "kpis:\n", "kpis: [\n", Y.OPEN_BRACKET, "", "closing bracket"),
    Case(KPIS, "inputs: [dengue-cases]", "inputs: [dengue-cases", Y.OPEN_BRACKET, "", "closing bracket"),
    Case(AGENCIES, "basis: *act", "basis: *akt", Y.UNKNOWN_ALIAS, "*akt", "", after="key: mp-k"),
    Case(CITY, "extends: ../cantho", "extends: 5", C.EXTENDS_NOT_A_PATH, "5", "../cantho", "extends"),
    Case(CITY, "extends: ../cantho", "extends: [a]", C.EXTENDS_NOT_A_PATH, "[…]", "../cantho", "extends"),
    Case(CITY, "extends: ../cantho", "extends:", C.EXTENDS_NOT_A_PATH, "null", "../cantho", "extends"),
    Case(CITY, "extends: ../cantho", "extends: ../canto", C.EXTENDED_FOLDER_MISSING, "canto", "“cantho”"),
    Case("protocols/city.yaml", "../demo", "5", C.EXTENDS_NOT_A_PATH, "5", "../cantho", "extends"),
    Case(STATIONS, "extends: true", "extends: tru", C.NOT_A_BOOLEAN, "tru", "true", "extends"),
    Case(AGENCIES, "agencies:\n", "agences:\n", C.KEY_UNKNOWN, "agences", "“agencies”"),
]
# Faults of rows in themselves: told beside each other.
OF_ROWS = [
    Case(AGENCIES, "{ key: mp-b,", "{ kye: mp-b,", C.KEY_UNKNOWN, "kye", "“key”"),
    Case(AGENCIES, "until: 2025-02-28", "until: 2025-02-30", Y.NO_SUCH_DATE, "2025-02-30", "correct the date"),
    Case(AGENCIES, "share: 0.6", "share: 1.6", C.ABOVE_MAXIMUM, "1.6", "1", "mp-k: successors[mp-d].share"),
    Case(AGENCIES, "until: 2025-06-30", "until: 30.6.2025", C.NOT_A_DATE, "30.6.2025", "2026-11-24", "mp-h: until"),
    Case(CITY, "counts: reminders", "counts: remindrs", C.NOT_ONE_OF, "remindrs", "“reminders”", "compliance.counts"),
    Case(CITY, "at: 3,", "at: three,", C.NOT_AN_INTEGER, "three", "whole", "compliance.limits[agency-head].at"),
    Case(CITY, "metres: 150", "meters: 150", C.KEY_UNKNOWN, "meters", "“metres”", "deduplication[report]"),
    Case(CITY, "raw_days: 1,", "raw_days: 0,", C.BELOW_MINIMUM, "0", "1", "retention.brief.raw_days"),
    Case(SOURCES, "http_json", "http_jsn", R.UNKNOWN_PROTOCOL, "http_jsn", "“http_json”", "sim-beds", "key: sim-beds"),
    Case(SOURCES, "every: 10m", "every: 10 minutes", R.NOT_A_DURATION, "10 minutes", "10m", "sim-pupils: every",
         "key: sim-pupils"),
    Case(SOURCES, "range: [0, 100]", "range: [100, 0]", R.RANGE_NOT_RISING, "[100, 0]", "low < high",
         "sim-weather: series[{each}-humidity].range"),
    Case(SOURCES, "stage: open", "stage: opn", C.NOT_ONE_OF, "opn", "“open”",
         "sim-flood: series[flood-streets].event_count.stage"),
    Case(SOURCES, "simulated: true", "simulated: yess", C.NOT_A_BOOLEAN, "yess", "true", "sim-tourism: simulated",
         "key: sim-tourism"),
    Case(SOURCES, "key: press-items", "key: press_items", C.NOT_AN_ID, "press_items", "small letters",
         "sim-press: series[press_items].key"),
    Case(SOURCES, "glob: bao-cao", "globb: bao-cao", C.KEY_UNKNOWN, "globb", "“glob”", "sim-figures: options"),
    Case(SOURCES, "${SIMULATOR}/rss", "${SIMULATR}/rss", R.VARIABLE_NOT_SET, "SIMULATR", "“SIMULATOR”", "sim-news"),
    Case(STATIONS, "lon: 105.752", "lon: 1057.52", C.ABOVE_MAXIMUM, "1057.52", "180", "hospital-1: lon"),
    Case("demo/directives.yaml", "generated: directives", "generated: all", DirectiveCode.UNKNOWN_GENERATOR, "all",
         "generated: directives"),
    Case(KPIS, "op: ratio", "op: ration", C.NOT_ONE_OF, "ration", "“ratio”", "waste-coverage: formula.op"),
    Case(KPIS, "severity: attention", "severity: bad", C.NOT_ONE_OF, "bad", "normal, attention, critical",
         "dengue-week: limits[many].severity"),
    Case(KPIS, "    cadence: 1d\n", "", C.KEY_MISSING, "cadence", "cadence", "icu-free", "key: icu-free"),
    Case(OBLIGATIONS, "cadence: weekly", "cadence: weakly", C.NOT_ONE_OF, "weakly", "“weekly”",
         "waste-{each}: cadence"),
    Case(OBLIGATIONS, 'at: "16:30"', 'at: "25:00"', C.NOT_A_TIME, "25:00", "17:00", "dengue: due.at"),
    Case(OBLIGATIONS, "age_limit: 110d", "age_limit: 2d", R.AGE_LIMIT_BELOW_PERIOD, "age_limit", "d",
         "heritage-quarter"),
    Case("cantho/units.yaml", "kind: phường", "kind: quận", C.NOT_ONE_OF, "quận", "phường, xã", ANY_FIELD,
         profile="demo"),
    Case("cantho/directives.yaml", "published: ", "published: x", C.NOT_A_DATE, "x20", "2026-11-24", ANY_FIELD,
         profile="demo"),
]  # fmt: skip
OF_PROTOCOLS = [
    Case(MORE_SOURCES, "queries:", "query:", C.KEY_UNKNOWN, "query", "“queries”", "sim-prometheus: options"),
    Case(MORE_SOURCES, "period: PT3H", "period: 3 hours", C.PATTERN_MISMATCH, "3 hours", "P",
         "sim-kiwis: options.period"),
    Case(MORE_SOURCES, "stations: [9201]", "stations: nine", C.NOT_A_LIST, "nine", "[a, b]",
         "sim-openaq: options.stations"),
    Case(MORE_SOURCES, "SELECT", "DELETE", OptionCode.NOT_A_SELECT, "query", "SELECT", "sim-sql: options.query"),
    Case(MORE_SOURCES, "[mo-phong/+/", "[mo-phong/+x/", OptionCode.TOPIC_WILDCARDS, "mo-phong/+x/", "tram/+/so-lieu",
         "sim-mqtt: options.topics[1]"),
    Case(MORE_SOURCES, "protocol: ngsi", "protocol: zebra", R.UNKNOWN_PROTOCOL, "zebra", "waterml", "sim-ngsi"),
    Case(MORE_SOURCES, 'address: "${SIMULATOR}/openaq', 'address: "ftp/openaq', R.ADDRESS_FORM, "openaq", "https://",
         ANY_FIELD),
]  # fmt: skip
# Faults between rows: told when all rows are sound.
BETWEEN_ROWS = [
    Case(AGENCIES, "key: mp-b,", "key: mp-a,", C.KEY_TAKEN, "mp-a", "another", "mp-a"),
    Case(SOURCES, "key: press-negative", "key: press-items", R.SERIES_TAKEN, "press-items", "another key", "sim-press"),
    Case(SOURCES, '"{each}-free"', '"fre"', R.EACH_MISMATCH, "{each}", "each", "sim-beds"),
    Case(AGENCIES, "key: mp-a,", "key: mp-aa,", C.KEY_NOT_NAMED, "mp-aa", "“mp-a”", "mp-aa"),
    Case("cantho/agencies.yaml", "key: so-y-te", "key: so-yte", C.KEY_NOT_NAMED, "so-yte", "“so-y-te”", "so-yte"),
    Case("cantho/kpis.yaml", "key: dossiers-on-time", "key: dossier-on-time", C.KEY_NOT_NAMED, "dossier-on-time",
         "“dossiers-on-time”", "dossier-on-time"),
    Case(CITY, "- pm25", "- pm26", R.UNKNOWN_KPI, "pm26", "“pm25”"),
    Case(CITY, "cong-an: mp-g", "cong-an: mp-zz", R.UNKNOWN_AGENCY, "mp-zz", "known are"),
    Case(SOURCES, "stations(hospital)", "stations(hospitl)", R.UNKNOWN_STATION_KIND, "hospitl", "“hospital”",
         "sim-beds"),
    Case(STATIONS, 'place: "31147"', 'place: "31148"', R.UNKNOWN_PLACE, "31148", "31147", "hospital-1"),
    Case(KPIS, 'to: ["waste-*-all"]', 'to: ["wast*-all"]', R.RATIO_NOT_PAIRED, "waste-", "min_share",
         "waste-coverage"),
    Case(KPIS, "owner: mp-d", "owner: mp-dd", R.UNKNOWN_OWNER, "mp-dd", "“mp-d”", "waste-coverage"),
    Case(KPIS, '["waste-*-homes"]', '["wste-*-homes"]', R.UNKNOWN_SERIES, "wste-*-homes", "“waste-*-homes”",
         "waste-coverage"),
    Case(OBLIGATIONS, "agency: mp-h", "agency: so-khcnn", R.UNKNOWN_AGENCY, "so-khcnn", "“so-khcn”", "jobs-month"),
]  # fmt: skip
CASES = OF_FILES + OF_ROWS + OF_PROTOCOLS + BETWEEN_ROWS


def faults_of(tmp_path: Path, profile: str, cases: list[Case]) -> tuple[ConfigFault, ...]:
    root = tmp_path / "config"
    rmtree(root, ignore_errors=True)
    copytree(CONFIG, root)
    for case in sorted(cases, key=Case.position, reverse=True):
        path = root / case.file
        text = path.read_text("utf-8")
        at = case.position()
        path.write_text(text[:at] + case.new + text[at + len(case.old) :], "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(root / profile, ENVIRONMENT, protocols(), today=TODAY, generate=lambda today: make_directives(1, today))
    return caught.value.faults


def assert_told(fault: ConfigFault, case: Case) -> None:
    failure, suggestion = (describe(part, "en") if part else "" for part in (fault.failure, fault.suggestion))
    assert fault.failure.code == case.code and fault.file.endswith(case.file)
    if case.code != ConfigCode.KEY_MISSING:  # at the first line of its row
        assert fault.line == case.line
    assert case.detail in failure and case.correction in failure + suggestion
    if case.place != ANY_FIELD:
        assert ": ".join(filter(None, (fault.row, fault.field))) in (case.place, f"{fault.row}: {case.place}")
    assert_worded(fault.failure, fault.suggestion)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}-{case.new.strip()}")
def test_a_fault_is_told_once_with_place_value_and_what_is_right(tmp_path: Path, case: Case) -> None:
    faults = faults_of(tmp_path, case.folder, [case])
    assert [fault.failure.code for fault in faults] == [case.code]
    assert_told(faults[0], case)


@pytest.mark.parametrize("seed", range(6))
def test_of_ten_faults_each_is_told_once_and_nothing_else(tmp_path: Path, seed: int) -> None:
    cases = Random(seed).sample(OF_ROWS + OF_PROTOCOLS, 10)
    without_consequence = [*cases, Random(seed).choice(BETWEEN_ROWS[1:])]
    faults = faults_of(tmp_path, "protocols", without_consequence)
    assert len(faults) == 10
    for case in cases:
        same_code = [fault for fault in faults if fault.failure.code == case.code and fault.file.endswith(case.file)]
        assert any(case.detail in describe(fault.failure, "en") for fault in same_code), case
