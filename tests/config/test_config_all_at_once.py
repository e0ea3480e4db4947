"""However many places of a configuration are wrong, in whatever layer: one run names each of them, and nothing else."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from data_sources import protocols
from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.yaml_reader import YamlCode
from ioc.domain.base.failure import ErrorCode
from tests.config.folders import FILES, codes, load_faults, write

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Spoil:
    """One wrong place: `code` of its fault, and `detail`, which its field or its parameters hold.

    `hides`: what can no longer be read; `needs`: what must be readable for its fault to be found.
    """

    stem: str
    old: str
    new: str
    code: ErrorCode
    detail: str = ""
    hides: str = ""
    needs: str = ""

    @property
    def line(self) -> tuple[str, int]:
        body = FILES[self.stem]
        assert body.count(self.old) == 1, self.old
        return self.stem, body[: body.index(self.old)].count("\n")

    def is_apart_from(self, other: "Spoil") -> bool:
        """Whether neither is in the other's way."""
        own, others = set(self.hides.split()), set(other.hides.split())
        return self.line != other.line and not own & set(other.needs.split()) and not others & set(self.needs.split())


# Layers: text that is not yaml, yaml of the wrong shape, rows that do not fit each other.
SPOILS = [
    # sources.yaml: row tide, row real
    Spoil("sources", "licence: nội bộ", "licence: {nội", YamlCode.OPEN_BRACKET, "", "real series", "real"),
    Spoil("sources", "licence: mô phỏng", "licence: mô: phỏng", YamlCode.MISPLACED_COLON, "", "tide series", "tide"),
    Spoil("sources", "age_limit: 1h", "age_limit: 2026-13-45", YamlCode.UNREADABLE_VALUE, "2026-13-45", "real-age",
          "real"),
    Spoil("sources", "every: 60s", "every: !!set {a}", YamlCode.TAG, "set", "tide-every", "tide"),
    Spoil("sources", "  name: Trạm thật", "  name: Trạm thật\n  name: Trạm giả", YamlCode.KEY_TWICE, "name", "",
          "real lines"),
    Spoil("sources", "deadline: 5s", "deadline: 5", RowCode.NOT_A_DURATION, "5", "tide-deadline", "tide"),
    Spoil("sources", "age_limit: 10m", "age_limit: 10s", RowCode.AGE_LIMIT_BELOW_INTERVAL, "", "", "tide tide-every"),
    Spoil("sources", "simulated: true", "simulatd: true", ConfigCode.KEY_UNKNOWN, "simulatd", "tide-simulated", "tide"),
    Spoil("sources", "unit: m, range: [-3, 4]", "unit: thước, range: [-3, 4]", RowCode.UNKNOWN_UNIT, "thước",
          "level-unit", "tide"),
    Spoil("sources", "range: [0, 9000]", "range: [9, 0]", RowCode.RANGE_NOT_RISING, "series.1.range", "", "tide"),
    Spoil("sources", "range: [0, 9000]", "range: [9000]", ConfigCode.TOO_SHORT, "series.1.range", "", "tide"),
    Spoil("sources", "each: [due, done]", "each: some", RowCode.NOT_REPEATABLE, "some", "series", "tide"),
    Spoil("sources", "{items: data}", "{itens: data}", ConfigCode.KEY_UNKNOWN, "itens", "", "tide tide-protocol"),
    Spoil("sources", "${SIMULATOR}/tide", "${SIMULATR}/tide", RowCode.VARIABLE_NOT_SET, "SIMULATR", "", "tide"),
    Spoil("sources", "place: 31135, station: can-tho", "place: 31139, station: can-tho", RowCode.UNKNOWN_PLACE, "31139",
          "", "real units"),
    # kpis.yaml: rows level, ratio, sum
    Spoil("kpis", "cadence: 1m", "cadence: [1m", YamlCode.OPEN_BRACKET, "", "level kpi", "level"),
    Spoil("kpis", "decimals: 2", "decimals: two", ConfigCode.NOT_AN_INTEGER, "decimals", "", "level"),
    Spoil("kpis", "[level-can-tho]", "[level-can-to]", RowCode.UNKNOWN_SERIES, "level-can-to", "level-inputs",
          "level series"),
    Spoil("kpis", "domain: environment", "domain: envirnment", RowCode.UNKNOWN_DOMAIN, "envirnment", "", "level"),
    Spoil("kpis", "at: 2.0", "at: 1.7", RowCode.LIMIT_OUT_OF_ORDER, "bd3", "", "level bd1"),
    Spoil("kpis", "at: 1.8", "at: high", ConfigCode.NOT_A_NUMBER, "limits.0.at", "bd1", "level"),
    Spoil("kpis", 'target: ">= 95"', 'target: "95 or so"', RowCode.NOT_A_TARGET, "95 or so"),
    Spoil("kpis", "scale: 100, ", "scale: big, ", ConfigCode.NOT_A_NUMBER, "formula.scale"),
    Spoil("kpis", "min_share: 0.5", "min_share: 2", ConfigCode.ABOVE_MAXIMUM, "formula.min_share"),
    Spoil("kpis", "definition: Tổng", "definitoin: Tổng", ConfigCode.KEY_UNKNOWN, "definitoin"),
    # the others
    Spoil("agencies", "short: Sở cũ", "short: [Sở", YamlCode.OPEN_BRACKET, "", "cu agency", "cu"),
    Spoil("agencies", "until: 2025-06-30", "until: soon", ConfigCode.NOT_A_DATE, "until", "", "cu"),
    Spoil("agencies", "agency: ubnd", "agency: ubnb", RowCode.UNKNOWN_AGENCY, "ubnb", "", "cu agency"),
    Spoil("agencies", "short: UBND", "shrt: UBND", ConfigCode.KEY_UNKNOWN, "shrt"),
    Spoil("stations", "lon: 105.79", "lon: east", ConfigCode.NOT_A_NUMBER, "lon"),
    Spoil("units", "area_km2: 40.0", "area_km2: big", ConfigCode.NOT_A_NUMBER, "area_km2"),
    Spoil("units", "kind: phường, area_km2: 9.0", "kind: quận, area_km2: 9.0", ConfigCode.NOT_ONE_OF, "kind"),
    Spoil("city", "[water-level]", "[water-levl]", RowCode.UNKNOWN_KPI, "water-levl", "", "kpi"),
    Spoil("city", "soon_days: 5", "soon_days: five", ConfigCode.NOT_AN_INTEGER, "soon_days"),
    Spoil("city", "raw_days: 30", "raw_dys: 30", ConfigCode.KEY_UNKNOWN, "raw_dys"),
    Spoil("directives", "issuer: ubnd", "issuer: ubdn", RowCode.UNKNOWN_AGENCY, "ubdn", "", "agency"),
    Spoil("directives", "published: 2023-06-30", "published: 2023", ConfigCode.NOT_A_DATE, "published"),
    Spoil("directives", "kpis: [on-time]", "kpis: [on-tme]", RowCode.UNKNOWN_KPI, "on-tme", "", "kpi"),
    Spoil("directives", "generated: directives", "generated: all", DirectiveCode.UNKNOWN_GENERATOR, "all"),
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
        if all(spoil.is_apart_from(other) for other in spoils):
            spoils.append(spoil)
    assume(len(spoils) > 1)
    expected = {moved(fault, spoils) for spoil in spoils for fault in faults_of_one(tmp_path, spoil)}
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
    environment = {"SIMULATOR": "http://127.0.0.1:9", "DATA": "/nowhere"}
    faults = load_faults(tmp_path / "cantho", environment, protocols=protocols())
    assert {fault.failure.code for fault in faults} == {ConfigCode.KEY_UNKNOWN}
    reported = [(Path(fault.file).stem, fault.failure.params["key"]) for fault in faults]
    assert reported == sorted((stem, new[:-1]) for stem, (_, new) in changes.items())


def test_each_row_is_read_for_itself_where_a_file_is_not_yaml(tmp_path: Path) -> None:
    body = FILES["kpis"].replace(
        "legal_basis: Quyết định mô phỏng\n    version: 1.0", "legal_basis: [\n    version: 1.0"
    )
    body = body.replace("unit: m\n", "unit: thước\n").replace("min_share: 0.5", "min_share: 2")
    faults = load_faults(write(tmp_path, kpis=body))
    assert codes(faults) == [RowCode.UNKNOWN_UNIT, YamlCode.OPEN_BRACKET, ConfigCode.ABOVE_MAXIMUM]


def test_a_secret_document_is_reported_without_a_word_of_it(tmp_path: Path) -> None:
    body = (
        FILES["directives"]
        .replace("    kind: công văn", "    secrecy: Mật\n    kind: 7.5e-")
        .replace("ubnd\n", "ubx\n")
    )
    faults = load_faults(write(tmp_path, directives=body))
    assert codes(faults) == [DirectiveCode.SECRET_DOCUMENT]
    assert "2322" not in str(faults[0].failure)
