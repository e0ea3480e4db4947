"""However many places of a configuration are wrong: one run names each that follows from no other, and nothing else."""

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from pathlib import Path
from shutil import copytree
from textwrap import indent

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from data_sources import protocols
from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.yaml_errors import YamlCode
from ioc.domain.base.failure import ErrorCode
from simulator.directives import make_directives
from tests.config.folders import (
    AGENCIES,
    CITY,
    DIRECTIVES,
    FILES,
    KPIS,
    SOURCES,
    STATIONS,
    UNITS,
    codes,
    load_faults,
    load_folder,
    write,
)  # fmt: skip
from tests.config.schema.test_obligation import OBLIGATIONS

ROOT = Path(__file__).parents[2]
CITY_ENVIRONMENT = {"SIMULATOR": "http://127.0.0.1:9", "DATA": "/nowhere", "SIM_PUSH_TOKEN": "-"}


class Level(IntEnum):
    """How much must be sound before a fault can be found."""

    FILE = 0  # the file is not yaml: nothing of it is read
    VALUE = 1  # a value of the row is not plain yaml: the others are checked against the model
    SCHEMA = 2  # the row does not fit its model
    ROW = 3  # the fields of the row do not fit each other
    REFERENCE = 4  # a row that is named does not exist: told when all rows of all files are sound


@dataclass(frozen=True)
class Spoil:
    """One wrong place: `code` of its fault, and `detail`, which its field or its parameters hold."""

    stem: str
    old: str
    new: str
    code: ErrorCode
    level: Level
    detail: str = ""

    @property
    def line(self) -> tuple[str, int]:
        body = FILES[self.stem]
        assert body.count(self.old) == 1, self.old
        return self.stem, body[: body.index(self.old)].count("\n")

    @property
    def row(self) -> tuple[str, int]:
        """The file and the number of the row in it."""
        body = FILES[self.stem]
        before = body[: body.index(self.old) + 1 + self.old.count("\n")]
        indent = re.search(r"^ *(?=- )", body, re.MULTILINE)
        rows = re.findall(rf"^{indent[0]}- ", before, re.MULTILINE) if indent else []
        return self.stem, len(rows)

    def is_told_beside(self, other: "Spoil") -> bool:
        """Whether its fault is told, too, when that of `other` is there."""
        if self.level is Level.REFERENCE:
            return other.level is Level.REFERENCE
        if self.stem == other.stem and Level.FILE in (self.level, other.level):
            return self.level is Level.FILE
        is_of_options = other.old == "{items: data}"  # a model of their own
        return self.row != other.row or self.level <= max(other.level, Level.SCHEMA) or is_of_options


SPOILS = [
    # sources.yaml: row tide, row real
    Spoil("sources", "licence: nội bộ", "licence: {nội", YamlCode.OPEN_BRACKET, Level.FILE),
    Spoil("sources", "licence: mô phỏng", "licence: mô: phỏng", YamlCode.MISPLACED_COLON, Level.FILE),
    Spoil("sources", "age_limit: 1h", "age_limit: 2026-13-45", YamlCode.NO_SUCH_DATE, Level.VALUE, "2026-13-45"),
    Spoil("sources", "every: 60s", "every: !!set {a}", YamlCode.TAG, Level.VALUE, "set"),
    Spoil("sources", "  name: Trạm thật", "  name: Trạm thật\n  name: Trạm giả", YamlCode.KEY_TWICE, Level.VALUE,
          "name"),
    Spoil("sources", "deadline: 5s", "deadline: 5", RowCode.NOT_A_DURATION, Level.SCHEMA, "5"),
    Spoil("sources", "age_limit: 10m", "age_limit: 10s", RowCode.AGE_LIMIT_BELOW_INTERVAL, Level.ROW),
    Spoil("sources", "simulated: true", "simulatd: true", ConfigCode.KEY_UNKNOWN, Level.SCHEMA, "simulatd"),
    Spoil("sources", "unit: m, range: [-3", "unit: thước, range: [-3", RowCode.UNKNOWN_UNIT, Level.SCHEMA, "thước"),
    Spoil("sources", "range: [0, 9000]", "range: [9, 0]", RowCode.RANGE_NOT_RISING, Level.SCHEMA,
          "series[dossiers-{each}].range"),
    Spoil("sources", "range: [0, 9000]", "range: [9000]", ConfigCode.TOO_SHORT, Level.SCHEMA, "[dossiers-{each}]"),
    Spoil("sources", "each: [due, done]", "each: some", RowCode.NOT_REPEATABLE, Level.SCHEMA, "some"),
    Spoil("sources", "{items: data}", "{itens: data}", ConfigCode.KEY_UNKNOWN, Level.SCHEMA, "itens"),
    Spoil("sources", "${SIMULATOR}/tide", "${SIMULATR}/tide", RowCode.VARIABLE_NOT_SET, Level.ROW, "SIMULATR"),
    Spoil("sources", "place: 31135, station: can-tho", "place: 31139, station: can-tho", RowCode.UNKNOWN_PLACE,
          Level.REFERENCE, "31139"),
    # kpis.yaml: rows level, ratio, sum
    Spoil("kpis", "cadence: 1m", "cadence: [1m", YamlCode.OPEN_BRACKET, Level.FILE),
    Spoil("kpis", "decimals: 2", "decimals: two", ConfigCode.NOT_AN_INTEGER, Level.SCHEMA, "decimals"),
    Spoil("kpis", "[level-can-tho]", "[level-can-to]", RowCode.UNKNOWN_SERIES, Level.REFERENCE, "level-can-to"),
    Spoil("kpis", "domain: environment", "domain: envirnment", RowCode.UNKNOWN_DOMAIN, Level.ROW, "envirnment"),
    Spoil("kpis", "at: 2.0", "at: 1.7", RowCode.LIMIT_OUT_OF_ORDER, Level.ROW, "bd3"),
    Spoil("kpis", "at: 1.8", "at: high", ConfigCode.NOT_A_NUMBER, Level.SCHEMA, "limits[bd1].at"),
    Spoil("kpis", 'target: ">= 95"', 'target: "95 or so"', RowCode.NOT_A_TARGET, Level.SCHEMA, "95 or so"),
    Spoil("kpis", "scale: 100, ", "scale: big, ", ConfigCode.NOT_A_NUMBER, Level.SCHEMA, "formula.scale"),
    Spoil("kpis", "min_share: 0.5", "min_share: 2", ConfigCode.ABOVE_MAXIMUM, Level.SCHEMA, "formula.min_share"),
    Spoil("kpis", "definition: Tổng", "definitoin: Tổng", ConfigCode.KEY_UNKNOWN, Level.SCHEMA, "definitoin"),
    # the others
    Spoil("agencies", "short: Sở cũ", "short: [Sở", YamlCode.OPEN_BRACKET, Level.FILE),
    Spoil("agencies", "until: 2025-06-30", "until: soon", ConfigCode.NOT_A_DATE, Level.SCHEMA, "until"),
    Spoil("agencies", "agency: ubnd", "agency: ubnb", RowCode.UNKNOWN_AGENCY, Level.REFERENCE, "ubnb"),
    Spoil("agencies", "short: UBND", "shrt: UBND", ConfigCode.KEY_UNKNOWN, Level.SCHEMA, "shrt"),
    Spoil("stations", "lon: 105.79", "lon: east", ConfigCode.NOT_A_NUMBER, Level.SCHEMA, "lon"),
    Spoil("units", "area_km2: 40.0", "area_km2: big", ConfigCode.NOT_A_NUMBER, Level.SCHEMA, "area_km2"),
    Spoil("units", "kind: phường, area_km2: 9.0", "kind: quận, area_km2: 9.0", ConfigCode.NOT_ONE_OF, Level.SCHEMA,
          "kind"),
    Spoil("city", "[water-level]", "[water-levl]", RowCode.UNKNOWN_KPI, Level.REFERENCE, "water-levl"),
    Spoil("city", "soon_days: 5", "soon_days: five", ConfigCode.NOT_AN_INTEGER, Level.SCHEMA, "soon_days"),
    Spoil("city", "raw_days: 30", "raw_dys: 30", ConfigCode.KEY_UNKNOWN, Level.SCHEMA, "raw_dys"),
    Spoil("directives", "issuer: ubnd", "issuer: ubdn", RowCode.UNKNOWN_AGENCY, Level.REFERENCE, "ubdn"),
    Spoil("directives", "published: 2023-06-30", "published: 2023", ConfigCode.NOT_A_DATE, Level.SCHEMA, "published"),
    Spoil("directives", "kpis: [on-time]", "kpis: [on-tme]", RowCode.UNKNOWN_KPI, Level.REFERENCE, "on-tme"),
    Spoil("directives", "generated: directives", "generated: all", DirectiveCode.UNKNOWN_GENERATOR, Level.ROW, "all"),
]  # fmt: skip


def spoil_faults(folder: Path, spoils: list[Spoil]) -> tuple[ConfigFault, ...]:
    files = dict(FILES)
    for spoil in spoils:
        files[spoil.stem] = files[spoil.stem].replace(spoil.old, spoil.new)
    return load_faults(write(folder, **files))


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: f"{spoil.stem}-{spoil.code}-{spoil.detail}")
def test_one_wrong_place_is_one_fault_at_its_line(tmp_path: Path, spoil: Spoil) -> None:
    (fault,) = spoil_faults(tmp_path, [spoil])
    line = spoil.line[1] + (2 if "\n" in spoil.new else 1)
    assert fault.failure.code == spoil.code and fault.file.endswith(f"{spoil.stem}.yaml")
    assert spoil.detail in f"{fault.field} {dict(fault.failure.params)}"
    assert fault.line in (line, first_line_of_row(spoil)), fault


def first_line_of_row(spoil: Spoil) -> int:
    """What concerns two fields of a row is reported at its first line."""
    lines = FILES[spoil.stem].split("\n")[: spoil.line[1] + 1]
    return max((n for n, text in enumerate(lines, 1) if text.lstrip().startswith("- ")), default=1)


@cache
def faults_of_one(folder: Path, spoil: Spoil) -> tuple[ConfigFault, ...]:
    return spoil_faults(folder, [spoil])


def moved(fault: ConfigFault, spoils: list[Spoil]) -> ConfigFault:
    """`fault` below the lines that other spoils added."""
    added = sum("\n" in spoil.new and spoil.stem in fault.file and spoil.line[1] + 2 < fault.line for spoil in spoils)
    return replace(fault, line=fault.line + added)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(SPOILS), min_size=2, max_size=14, unique=True))
def test_every_wrong_place_is_named_in_one_run_and_nothing_else(tmp_path: Path, chosen: list[Spoil]) -> None:
    spoils: list[Spoil] = []
    for spoil in chosen:
        is_second = spoil.level is Level.FILE and any(
            other.level is Level.FILE and other.stem == spoil.stem for other in spoils
        )  # reading ends at the first
        if not is_second and all(spoil.line != other.line for other in spoils):
            spoils.append(spoil)
    assume(len(spoils) > 1)
    told = [spoil for spoil in spoils if all(spoil.is_told_beside(other) for other in spoils)]
    expected = {moved(fault, spoils) for spoil in told for fault in faults_of_one(tmp_path, spoil)}
    faults = spoil_faults(tmp_path, spoils)
    assert {str(fault) for fault in faults} == {str(fault) for fault in expected}
    assert list(faults) == sorted(faults, key=lambda fault: (fault.file, fault.line))


def test_faults_of_every_file_of_the_true_configuration_are_reported_together(tmp_path: Path) -> None:
    copytree(ROOT / "config" / "cantho", tmp_path / "cantho")
    changes = {
        "sources": ("licence:", "licnce:"), "kpis": ("decimals:", "decimls:"), "stations": ("kind:", "knd:"),
        "units": ("area_km2:", "area_km:"), "agencies": ("short:", "shrt:"), "city": ("overview:", "overvew:"),
        "directives": ("issuer:", "isuer:"),
    }  # fmt: skip
    for stem, (old, new) in changes.items():
        path = tmp_path / "cantho" / f"{stem}.yaml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
    faults = load_faults(tmp_path / "cantho", CITY_ENVIRONMENT, protocols=protocols())
    assert {fault.failure.code for fault in faults} == {ConfigCode.KEY_UNKNOWN}
    reported = [(Path(fault.file).stem, fault.failure.params["key"]) for fault in faults]
    assert reported == sorted((stem, new[:-1]) for stem, (_, new) in changes.items())


def test_a_file_that_is_not_yaml_is_one_fault_and_hides_no_other_file(tmp_path: Path) -> None:
    """Everything that names an agency would be wrong without it."""
    kpis = KPIS.replace("min_share: 0.5", "min_share: 2")
    faults = load_faults(write(tmp_path, agencies=AGENCIES.replace("short: UBND}", "short: UBND"), kpis=kpis))
    assert codes(faults) == [YamlCode.OPEN_BRACKET, ConfigCode.ABOVE_MAXIMUM]


def test_what_rows_name_is_checked_when_all_rows_are_sound(tmp_path: Path) -> None:
    kpis = KPIS.replace("[level-can-tho]", "[level-can-to]")
    wrong = AGENCIES.replace("key: ubnd", "key: UBND")
    assert codes(load_faults(write(tmp_path, kpis=kpis, agencies=wrong))) == [ConfigCode.NOT_AN_ID]
    assert codes(load_faults(write(tmp_path, kpis=kpis))) == [RowCode.UNKNOWN_SERIES]


# What is replaced in which file, and the only fault that follows.
CAUSES: dict[str, tuple[dict[str, str], ErrorCode]] = {
    "a row copied with its series": ({"sources": SOURCES + SOURCES[: SOURCES.index("- key: real")]},
                                     ConfigCode.KEY_TAKEN),
    "an alias of no agency": ({"city": CITY.replace("ubnd: mp-a", "ubnd: mp-x")}, RowCode.UNKNOWN_AGENCY),
    "a kind of stations that KPIs rest on": ({"sources": SOURCES.replace("stations(water)", "stations(watr)")},
                                             RowCode.UNKNOWN_STATION_KIND),
    "a real source among simulated ones": (
        {"sources": SOURCES.replace("enabled: false", "address: http://x.example"),
         "directives": DIRECTIVES.replace("    title", "    simulated: true\n    title").replace("ubnd\n", "mp-a\n")
         .replace("lead: so-cu", "lead: mp-a")},
        RowCode.SIMULATED_BESIDE_REAL),
    "a simulated source among real ones": (
        {"sources": SOURCES.replace("enabled: false", "address: http://x.example").replace("mp-a", "ubnd"),
         "city": CITY.replace("{ubnd: mp-a}", "{}"), "kpis": KPIS.replace("mp-a", "ubnd")},
        RowCode.SIMULATED_BESIDE_REAL),
    "a series that a formula counts on": ({"kpis": KPIS.replace("to: [due-total]", "to: [due-totl]")},
                                          RowCode.UNKNOWN_SERIES),
    "an obligation without its each": ({"obligations": OBLIGATIONS.replace("    each: [mp-a, mp-b]\n", "")},
                                       RowCode.EACH_MISMATCH),
    "a row whose dash is missing": ({"kpis": KPIS.replace("  - key: on-time", "    key: on-time")}, YamlCode.KEY_TWICE),
    "a misspelt key beside the list": ({"directives": DIRECTIVES.replace("generated:", "generatd:")},
                                       ConfigCode.KEY_UNKNOWN),
    "a second list under a near name": ({"kpis": KPIS + "kpi:\n  - key: other\n"}, ConfigCode.KEY_UNKNOWN),
    "a near name that holds no rows": ({"stations": "stationz: [1]\nstations:\n" + STATIONS}, ConfigCode.KEY_UNKNOWN),
    "an empty list and the rows under another key": (
        {"agencies": "agencies:\ndanh-sach:\n" + AGENCIES}, ConfigCode.KEY_UNKNOWN),
    "a second list under the common name": ({"kpis": KPIS + "rows:\n  - key: other\n"}, ConfigCode.KEY_UNKNOWN),
    "a misspelt list": ({"stations": "station:\n" + STATIONS}, ConfigCode.KEY_UNKNOWN),
    "a list under another name": ({"units": "danh-sach:\n" + UNITS}, ConfigCode.KEY_UNKNOWN),
    "a misspelt extends": ({"agencies": "extend: true\nagencies:\n" + AGENCIES}, ConfigCode.KEY_UNKNOWN),
    "an extends that is no boolean": ({"agencies": "extends: ../base\nagencies:\n" + AGENCIES},
                                      ConfigCode.NOT_A_BOOLEAN),
}  # fmt: skip


def test_keys_that_begin_with_x_hold_anchors(tmp_path: Path) -> None:
    rows = "x-station: [{kind: other}]\nx-defaults: &lat 10.04\nstations:\n" + STATIONS.replace("10.04", "*lat")
    assert load_folder(write(tmp_path, stations=rows)).stations["can-tho"].lat == 10.04


@pytest.mark.parametrize(("name", "near"), [("station.yaml", "stations.yaml"), ("units.yml", "units.yaml")])
def test_a_file_that_nobody_reads_is_the_only_fault_and_names_the_near_one(
    tmp_path: Path, name: str, near: str
) -> None:
    stem = near.removesuffix(".yaml")
    write(tmp_path, **{stem: None})
    (tmp_path / name).write_text(FILES[stem], "utf-8")
    (fault,) = load_faults(tmp_path)
    assert (fault.failure.code, fault.failure.params["file"]) == (ConfigCode.FILE_NOT_READ, name)
    assert fault.suggestion and fault.suggestion.params == {"name": near} and Path(fault.file).name == name


def test_values_that_cannot_be_read_hide_no_other_fault_of_their_row(tmp_path: Path) -> None:
    city = (
        CITY
        + """\
compliance:
  holidays: [2026-13-02, 2026-04-30]
  limits: [{key: many, name: Nhiều, at: 3, severity: critcal}]
deduplication: [{kind: incident, metres: -150, within: 1h}]
backup_every: 1d
backup_every: 2d
"""
    )
    assert sorted(codes(load_faults(write(tmp_path, city=city)))) == sorted(
        [YamlCode.NO_SUCH_DATE, ConfigCode.NOT_ONE_OF, ConfigCode.NOT_ABOVE, YamlCode.KEY_TWICE]
    )


@pytest.mark.parametrize("name", CAUSES)
def test_what_only_follows_from_another_fault_is_not_told(tmp_path: Path, name: str) -> None:
    files, code = CAUSES[name]
    assert codes(load_faults(write(tmp_path, **files))) == [code]


def test_the_row_of_the_readme_in_the_demonstration_is_one_fault(tmp_path: Path) -> None:
    """It is real, all else is simulated, the documents of the demonstration too."""
    copytree(ROOT / "config", tmp_path / "config")
    row = re.findall(r"```yaml\n(- key: .*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
    path = tmp_path / "config" / "demo" / "sources.yaml"
    text = path.read_text("utf-8").rstrip("\n") + "\n"
    path.write_text(text + indent(row, "  "), "utf-8")
    (fault,) = load_faults(
        tmp_path / "config" / "demo", CITY_ENVIRONMENT, protocols=protocols(),
        generate=lambda today: make_directives(1, today),
    )  # fmt: skip
    assert (fault.failure.code, fault.line) == (RowCode.SIMULATED_BESIDE_REAL, text.count("\n") + 1)


def test_a_file_that_hides_the_rows_which_others_name_is_one_fault(tmp_path: Path) -> None:
    write(tmp_path / "base")
    own = tmp_path / "own"
    own.mkdir()
    (own / "city.yaml").write_text("extends: ../base\n", "utf-8")
    (own / "sources.yaml").write_text("# ours\n" + SOURCES.replace("level-{each}", "river-{each}"), "utf-8")
    (fault,) = load_faults(own)
    assert (fault.failure.code, fault.file, fault.line) == (ConfigCode.ROWS_HIDDEN, str(own / "sources.yaml"), 2)
    assert fault.failure.params == {"names": "level-can-tho", "n": 1}
    kpis = KPIS.replace("[level-can-tho]", "[level-can-to]")  # a row of the folder itself is not behind the file
    (own / "kpis.yaml").write_text(kpis, "utf-8")
    assert codes(load_faults(own)) == [RowCode.UNKNOWN_SERIES]


def test_faults_of_an_extended_folder_name_its_files(tmp_path: Path) -> None:
    write(tmp_path / "base", city=CITY.replace("soon_days: 5", "soon_days: five"))
    own = tmp_path / "own"
    own.mkdir()
    (own / "city.yaml").write_text("extends: ../base\nretention: {normal: {raw_days: many}}\n", "utf-8")
    (own / "units.yaml").write_text("extends: true\nrows:\n" + UNITS.replace("area_km2: 9.0", "area_km2: x"), "utf-8")
    places = [(Path(fault.file).parent.name, Path(fault.file).stem, fault.line) for fault in load_faults(own)]
    assert places == [("base", "city", 7), ("own", "city", 2), ("own", "units", 3)]


def test_a_secret_document_is_reported_without_a_word_of_it(tmp_path: Path) -> None:
    body = (
        FILES["directives"]
        .replace("    kind: công văn", "    secrecy: Mật\n    kind: 7.5e-")
        .replace("ubnd\n", "ubx\n")
    )
    faults = load_faults(write(tmp_path, directives=body))
    assert codes(faults) == [DirectiveCode.SECRET_DOCUMENT]
    assert "2322" not in str(faults[0].failure)
