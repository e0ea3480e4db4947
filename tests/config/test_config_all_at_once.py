"""However many places of a configuration are wrong, in whatever layer: one run names each of them, and nothing else."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from data_sources import protocols
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.loading import load
from tests.config.folders import ENVIRONMENT, FILES, PROTOCOLS, write

TODAY = date(2026, 11, 24)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Spoil:
    """One wrong place. `hides`: what can no longer be read; `needs`: what must be readable for its fault to be seen."""

    stem: str
    old: str
    new: str
    said: str
    hides: str = ""
    needs: str = ""

    @property
    def line(self) -> tuple[str, int]:
        body = FILES[self.stem]
        assert body.count(self.old) == 1, self.old
        return self.stem, body[: body.index(self.old)].count("\n")

    def apart_from(self, other: "Spoil") -> bool:
        """Whether neither is in the other's way."""
        one, two = set(self.hides.split()), set(other.hides.split())
        return self.line != other.line and not one & set(other.needs.split()) and not two & set(self.needs.split())


# Layers: what is no yaml, yaml of the wrong shape, rows that do not fit each other.
SPOILS = [
    # sources.yaml: row tide, row real
    Spoil("sources", "licence: nội bộ", "licence: {nội", "not yaml", "real series", "real"),
    Spoil("sources", "licence: mô phỏng", "licence: mô: phỏng", "not yaml", "tide series", "tide"),
    Spoil("sources", "age_limit: 1h", "age_limit: 2026-13-45", "cannot be read", "real-age", "real"),
    Spoil("sources", "every: 60s", "every: !!set {a}", "not allowed", "tide-every", "tide"),
    Spoil("sources", "  name: Trạm thật", "  name: Trạm thật\n  name: Trạm giả", "stands twice", "", "real lines"),
    Spoil("sources", "deadline: 5s", "deadline: 5", "no duration", "tide-deadline", "tide"),
    Spoil("sources", "age_limit: 10m", "age_limit: 10s", "age_limit is shorter", "", "tide tide-every"),
    Spoil("sources", "simulated: true", "simulatd: true", "'simulatd' is unknown", "tide-simulated", "tide"),
    Spoil("sources", "unit: m, range: [-3, 4]", "unit: mét, range: [-3, 4]", "'mét'", "level-unit", "tide"),
    Spoil("sources", "range: [0, 9000]", "range: [9, 0]", "low < high", "", "tide"),
    Spoil("sources", 'each: [due, done]', 'each: some', "nothing to repeat over", "series", "tide"),
    Spoil("sources", "{items: data}", "{itens: data}", "'itens' is unknown", "", "tide tide-protocol"),
    Spoil("sources", "${SIMULATOR}/tide", "${SIMULATR}/tide", "SIMULATR", "", "tide"),
    Spoil("sources", "place: 31135, station: can-tho", "place: 31139, station: can-tho", "31139", "", "real units"),
    # kpis.yaml: rows level, ratio, sum
    Spoil("kpis", "cadence: 1m", "cadence: [1m", "not yaml", "level kpi", "level"),
    Spoil("kpis", "decimals: 2", "decimals: two", "decimals", "", "level"),
    Spoil("kpis", "[level-can-tho]", "[level-can-to]", "level-can-to", "level-inputs", "level series"),
    Spoil("kpis", "domain: environment", "domain: envirnment", "envirnment", "", "level"),
    Spoil("kpis", "at: 2.0", "at: 1.7", "out of order", "", "level bd1"),
    Spoil("kpis", "at: 1.8", "at: high", "at", "bd1", "level"),
    Spoil("kpis", 'target: ">= 95"', 'target: "95 or so"', "no target", "", ""),
    Spoil("kpis", "scale: 100, ", "scale: big, ", "scale", "", ""),
    Spoil("kpis", "need: 0.5", "need: 2", "need", "", ""),
    Spoil("kpis", "definition: Tổng", "definitoin: Tổng", "'definitoin' is unknown", "", ""),
    # the others
    Spoil("agencies", "short: Sở cũ", "short: [Sở", "not yaml", "cu agency", "cu"),
    Spoil("agencies", "until: 2025-06-30", "until: soon", "until", "", "cu"),
    Spoil("agencies", "agency: ubnd", "agency: ubnb", "ubnb", "", "cu agency"),
    Spoil("agencies", "short: UBND", "shrt: UBND", "'shrt' is unknown", "", ""),
    Spoil("stations", "lon: 105.79", "lon: east", "lon", "", ""),
    Spoil("units", "area_km2: 40.0", "area_km2: big", "area_km2", "", ""),
    Spoil("units", "kind: phường, area_km2: 9.0", "kind: quận, area_km2: 9.0", "kind", "", ""),
    Spoil("city", "[water-level]", "[water-levl]", "water-levl", "", "kpi"),
    Spoil("city", "soon_days: 5", "soon_days: five", "soon_days", "", ""),
    Spoil("city", "raw_days: 30", "raw_dys: 30", "'raw_dys' is unknown", "", ""),
    Spoil("directives", "issuer: ubnd", "issuer: ubdn", "ubdn", "", "agency"),
    Spoil("directives", "published: 2023-06-30", "published: 2023", "published", "", ""),
    Spoil("directives", "kpis: [on-time]", "kpis: [on-tme]", "on-tme", "", "kpi"),
    Spoil("directives", "generated: directives", "generated: all", "all", "", ""),
]  # fmt: skip


def spoilt(folder: Path, spoils: list[Spoil]) -> tuple[ConfigFault, ...]:
    files = dict(FILES)
    for one in spoils:
        files[one.stem] = files[one.stem].replace(one.old, one.new)
    with pytest.raises(ConfigError) as caught:
        load(write(folder, **files), ENVIRONMENT, PROTOCOLS, today=TODAY)
    return caught.value.faults


@pytest.mark.parametrize("one", SPOILS, ids=lambda one: f"{one.stem}-{one.said}")
def test_one_wrong_place_is_one_fault_at_its_line(tmp_path: Path, one: Spoil) -> None:
    found = spoilt(tmp_path, [one])
    assert len(found) == 1, "\n".join(map(str, found))
    line = one.line[1] + (2 if "\n" in one.new else 1)
    assert one.said in found[0].message and found[0].file.endswith(f"{one.stem}.yaml")
    assert found[0].line in (line, row_of(one)), found


def row_of(one: Spoil) -> int:
    """The line where the row of a spoil begins: what concerns two of its fields is told there."""
    lines = FILES[one.stem].split("\n")[: one.line[1] + 1]
    return max((n for n, text in enumerate(lines, 1) if text.lstrip().startswith("- ")), default=1)


@cache
def alone(folder: Path, one: Spoil) -> tuple[ConfigFault, ...]:
    return spoilt(folder, [one])


def moved(fault: ConfigFault, spoils: list[Spoil]) -> ConfigFault:
    """`fault` below lines that other spoils added."""
    above = sum("\n" in one.new and one.stem in fault.file and one.line[1] + 2 < fault.line for one in spoils)
    return ConfigFault(fault.file, fault.line + above, fault.message, fault.suggestion)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(SPOILS), min_size=2, max_size=14, unique=True))
def test_every_wrong_place_is_named_in_one_run_and_nothing_else(tmp_path: Path, chosen: list[Spoil]) -> None:
    spoils: list[Spoil] = []
    for one in chosen:
        if all(one.apart_from(other) for other in spoils):
            spoils.append(one)
    assume(len(spoils) > 1)
    wanted = {moved(fault, spoils) for one in spoils for fault in alone(tmp_path, one)}
    found = spoilt(tmp_path, spoils)
    assert {str(one) for one in found} == {str(one) for one in wanted}
    assert list(found) == sorted(found, key=lambda one: (one.file, one.line))


def test_faults_of_every_file_of_the_true_configuration_are_told_together(tmp_path: Path) -> None:
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
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "cantho", environment, protocols(), today=TODAY)
    told = [(Path(one.file).stem, one.message) for one in caught.value.faults]
    assert told == sorted((stem, f"key '{new[:-1]}' is unknown") for stem, (_, new) in changes.items())


def test_rows_are_read_for_themselves_where_a_file_is_no_yaml(tmp_path: Path) -> None:
    body = FILES["kpis"].replace(
        "legal_basis: Quyết định mô phỏng\n    version: 1.0", "legal_basis: [\n    version: 1.0"
    )
    body = body.replace("unit: m\n", "unit: mét\n").replace("need: 0.5", "need: 2")
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, kpis=body), ENVIRONMENT, PROTOCOLS, today=TODAY)
    assert [one.message.split(":")[0] for one in caught.value.faults] == [
        "unit 'mét' is not known", "is not yaml", "formula.need",
    ]  # fmt: skip


def test_a_secret_document_is_told_without_a_word_of_it(tmp_path: Path) -> None:
    body = (
        FILES["directives"]
        .replace("    kind: công văn", "    secrecy: Mật\n    kind: 7.5e-")
        .replace("ubnd\n", "ubx\n")
    )
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, directives=body), ENVIRONMENT, PROTOCOLS, today=TODAY)
    assert ["degree of secrecy" in one.message for one in caught.value.faults] == [True]
    assert "2322" not in str(caught.value)
