"""A valid folder becomes a Configuration; a wrong one reports all of its faults at once."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from errno import ENOSPC
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest

from ioc.cli.check import json_schemas
from ioc.config.configuration import configuration_from_body
from ioc.config.errors import ConfigCode, ConfigError
from ioc.config.folder import copy_folder
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.yaml_errors import YamlCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.kpis.kpi import Severity, Target
from tests.config.folders import (
    AGENCIES,
    CITY,
    DIRECTIVES,
    ENVIRONMENT,
    FILES,
    KPIS,
    SOURCES,
    STATIONS,
    TODAY,
    UNITS,
    codes,
    find,
    load_faults,
    load_folder,
    write,
)


def test_a_valid_folder_becomes_a_configuration(tmp_path: Path) -> None:
    configuration = load_folder(write(tmp_path))
    tide, real = configuration.sources
    assert tide.address == "http://127.0.0.1:8051/tide"
    assert [series.key for series in tide.series] == [
        "level-can-tho", "dossiers-31135", "dossiers-31207", "due-total", "done-total",
    ]  # fmt: skip
    level = tide.series[0]
    assert (level.name, level.place, level.station) == (LocalizedText("Mực nước Trạm Cần Thơ"), "31135", "can-tho")
    assert not real.is_enabled and real.address == "" and real.poll_interval == timedelta(minutes=10)
    assert (
        configuration.is_simulated
        and configuration.register.due_soon_days == 5
        and configuration.retention["normal"].raw_days == 30
    )
    assert configuration.kpis[0].owner == "mp-a" and configuration.kpis[1].target == Target(
        ">=", 95, 0.5, Severity.ATTENTION
    )
    assert configuration.kpis[1].version == "1.0"
    assert configuration.kpis[2].formula.inputs == ("dossiers-31135", "dossiers-31207")


def test_the_body_restores_the_configuration_without_the_environment(tmp_path: Path) -> None:
    configuration = load_folder(write(tmp_path))
    assert "8051" not in configuration.body and "${SIMULATOR}" in configuration.body
    restored = configuration_from_body(configuration.body)
    assert (restored.kpis, restored.units) == (configuration.kpis, configuration.units)
    assert (restored.register, restored.fingerprint) == (configuration.register, configuration.fingerprint)
    assert [replace(source, address="", fingerprint="") for source in restored.sources] == [
        replace(source, address="", fingerprint="") for source in configuration.sources
    ]


def test_the_fingerprint_of_a_source_changes_with_its_row_alone(tmp_path: Path) -> None:
    before = load_folder(write(tmp_path))
    after = load_folder(write(tmp_path, sources=SOURCES.replace("every: 60s", "every: 61s")))
    is_same = [
        source.fingerprint == changed.fingerprint for source, changed in zip(before.sources, after.sources, strict=True)
    ]
    assert is_same == [False, True] and before.fingerprint != after.fingerprint
    moved = load_folder(write(tmp_path), {**ENVIRONMENT, "SIMULATOR": "http://127.0.0.1:1"})
    assert moved.sources[0].fingerprint != before.sources[0].fingerprint


def test_row_says_which_of_several_values_wins(tmp_path: Path) -> None:
    assert [source.duplicates for source in load_folder(write(tmp_path)).sources] == [None, None]
    for rule in DuplicateRule:
        body = SOURCES.replace("every: 60s", f"every: 60s\n  duplicates: {rule}")
        configuration = load_folder(write(tmp_path, sources=body))
        assert rule in [source.duplicates for source in configuration.sources]
        assert rule in [source.duplicates for source in configuration_from_body(configuration.body).sources]
    wrong = SOURCES.replace("every: 60s", "every: 60s\n  duplicates: newest")
    assert codes(load_faults(write(tmp_path, sources=wrong))) == [ConfigCode.NOT_ONE_OF]


def test_a_folder_extends_another(tmp_path: Path) -> None:
    write(tmp_path / "base")
    child = tmp_path / "child"
    child.mkdir()
    (child / "city.yaml").write_text("extends: ../base\noverview: [on-time]\n", "utf-8")
    (child / "agencies.yaml").write_text(
        "extends: true\nagencies:\n- {key: mp-b, name: Cơ quan B, short: B, simulated: true}\n", "utf-8"
    )
    configuration = load_folder(child)
    assert set(configuration.agencies) == {"ubnd", "mp-a", "so-cu", "mp-b"}
    assert configuration.overview == ("on-time",) and configuration.identity.centre.en == "Operations centre"
    (child / "agencies.yaml").write_text("- {key: mp-a, name: A, short: A, simulated: true}\n", "utf-8")
    (child / "directives.yaml").write_text("[]", "utf-8")
    assert set(load_folder(child).agencies) == {"mp-a"} and not load_folder(child).register.documents


def test_a_copied_folder_reads_as_it_did_whatever_becomes_of_the_folders(tmp_path: Path) -> None:
    base, child, copy = (tmp_path / name for name in ("base", "child", "copy"))
    write(base)
    child.mkdir()
    (child / "city.yaml").write_text(f"extends: {base}\noverview: [on-time]\n", "utf-8")
    before = load_folder(child)
    copy.write_text("what lies there is replaced", "utf-8")
    assert copy_folder(child, copy) == copy
    assert copy_folder(copy, copy) == copy and copy_folder(child, tmp_path) == child
    assert {path.stat().st_mode & 0o777 for path in (copy, *copy.rglob("*")) if path.is_dir()} == {0o700}
    for folder in (base, child):
        for path in folder.glob("*.yaml"):
            path.write_text("[", "utf-8")
    assert load_folder(copy) == before


def test_a_copy_is_written_again_only_where_the_files_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must not keep a program from its start."""
    child, copy = tmp_path / "child", tmp_path / "copy"
    write(child)
    copy_folder(child, copy)
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", fail_as_full)
        assert copy_folder(child, copy) == copy
        (child / "more.yaml").write_text("[]", "utf-8")
        with pytest.raises(OSError, match="No space"):
            copy_folder(child, copy)
    assert not (copy / "more.yaml").exists()  # the old copy is whole
    assert copy_folder(child, copy) == copy and (copy / "more.yaml").exists()


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_copy_in_place_of_a_link_has_its_bases(depth: int, tmp_path: Path) -> None:
    child, copy = extending(tmp_path), tmp_path / "copy"
    linked = [copy_folder(child, copy), *sorted(copy.rglob(".extended-*"))][depth]
    rmtree(linked)
    linked.symlink_to(tmp_path / "other" if depth else linked)  # to itself
    (tmp_path / "other").mkdir()
    copy_folder(child, copy)
    for name in ("base", "middle", "child"):
        rmtree(tmp_path / name)
    assert "ubnd" in load_folder(copy).agencies and not list((tmp_path / "other").iterdir())
    assert not any(map(Path.is_symlink, [copy, *copy.rglob("*")]))


@pytest.mark.parametrize(
    ("vanished", "code"), [("child", ConfigCode.FOLDER_MISSING), ("base", ConfigCode.EXTENDED_FOLDER_MISSING)]
)
def test_a_folder_that_vanished_leaves_the_copy(vanished: str, code: ErrorCode, tmp_path: Path) -> None:
    child, copy = extending(tmp_path), tmp_path / "copy"
    copy_folder(child, copy)
    rmtree(tmp_path / vanished)
    with pytest.raises(ConfigError) as error:
        copy_folder(child, copy)
    assert codes(error.value.faults) == [code]
    assert "ubnd" in load_folder(copy).agencies


def extending(folder: Path) -> Path:
    """A configuration folder that extends one that extends `base`."""
    write(folder / "base")
    for name, extended in (("middle", "base"), ("child", "middle")):
        (folder / name).mkdir()
        (folder / name / "city.yaml").write_text(f"extends: ../{extended}\n", "utf-8")
    return folder / "child"


def test_extends_counts_in_a_folder_that_was_made_from_a_copy(tmp_path: Path) -> None:
    """Nobody looks for a hidden folder that holds an old base."""
    base, child, copy, restored = (tmp_path / name for name in ("base", "child", "copy", "restored"))
    write(base)
    child.mkdir()
    (child / "city.yaml").write_text(f"extends: {base}\n", "utf-8")
    copytree(copy_folder(child, copy), restored)
    (base / "agencies.yaml").write_text("- {key: mp-a, name: A, short: A, simulated: true}\n", "utf-8")
    (base / "directives.yaml").write_text("[]", "utf-8")
    assert "ubnd" in load_folder(copy).agencies and "ubnd" not in load_folder(restored).agencies


def fail_as_full(*_: object) -> None:
    raise OSError(ENOSPC, "No space left on device")


@dataclass(frozen=True)
class Broken:
    """A file with one wrong place: the line, code and parameters of its fault, and the suggestion."""

    stem: str
    body: str
    line: int
    code: ErrorCode
    params: dict[str, Any] = field(default_factory=dict)
    suggestion: ErrorCode | None = None
    name: str = ""  # which the suggestion means


def sources(old: str, new: str, line: int, code: ErrorCode, *rest: Any) -> Broken:
    return Broken("sources", SOURCES.replace(old, new), line, code, *rest)


def kpis(old: str, new: str, line: int, code: ErrorCode, *rest: Any) -> Broken:
    return Broken("kpis", KPIS.replace(old, new, 1), line, code, *rest)


MEANT = ConfigCode.DID_YOU_MEAN
BROKEN = {
    "unknown key": sources("licence: mô", "license: mô", 9, ConfigCode.KEY_UNKNOWN, {"key": "license"}, MEANT,
                           "licence"),
    "protocol": sources("http_json\n  add", "http_jsom\n  add", 3, RowCode.UNKNOWN_PROTOCOL, {"name": "http_jsom"},
                        MEANT, "http_json"),
    "unit": sources("unit: m, range", "unit: thước, range", 12, RowCode.UNKNOWN_UNIT, {"unit": "thước"},
                    ConfigCode.LIST_OF_UNITS),
    "unit near several": sources("unit: m, range", "unit: m³/j, range", 12, RowCode.UNKNOWN_UNIT, {"unit": "m³/j"},
                                 ConfigCode.LIST_OF_UNITS),
    "unit without tone marks": sources("unit: m, range", "unit: tan, range", 12, RowCode.UNKNOWN_UNIT, {"unit": "tan"},
                                       MEANT, "tấn"),
    "options": sources("{items: data}", "{itens: data}", 15, ConfigCode.KEY_UNKNOWN, {"key": "itens"}, MEANT, "items"),
    "age limit": sources("age_limit: 10m", "age_limit: 10s", 1, RowCode.AGE_LIMIT_BELOW_INTERVAL, {},
                         RowCode.RAISE_AGE_LIMIT),
    "deadline": sources("deadline: 5s", "deadline: 2m", 6, RowCode.DEADLINE_NOT_BELOW_INTERVAL, {},
                        RowCode.USUAL_DEADLINE),
    "twice": sources("key: real-gauge", "key: sim-tide", 16, ConfigCode.KEY_TAKEN, {"field": "key", "key": "sim-tide"},
                     ConfigCode.CHOOSE_ANOTHER_KEY),
    "kind": sources("stations(water)", "stations(watr)", 12, RowCode.UNKNOWN_STATION_KIND, {"name": "watr"}, MEANT,
                    "water"),
    "unset": sources("${SIMULATOR}", "${SIMULATR}", 4, RowCode.VARIABLE_NOT_SET, {"variable": "${SIMULATR}"}, MEANT,
                     "SIMULATOR"),
    "unset, another is alike": sources("${SIMULATOR}", "${SIMULATOR_KEY}", 4, RowCode.VARIABLE_NOT_SET,
                                       {"variable": "${SIMULATOR_KEY}"}, RowCode.SET_VARIABLE, "SIMULATOR_KEY"),
    "private": sources("${SIMULATOR}", "http://0x7f.1", 4, RowCode.PRIVATE_ADDRESS, {"host": "0x7f.1"},
                       RowCode.DECLARE_PRIVATE),
    "store": Broken("sources", SOURCES.replace("enabled: false", "address: http://x").replace("owner: ubnd",
                    "owner: so-cu"), 16, RowCode.SIMULATED_BESIDE_REAL, {},
                    RowCode.SEPARATE_STORES),
    "owner": kpis("owner: ubnd", "owner: ubdn", 8, RowCode.UNKNOWN_OWNER, {"name": "ubdn"}, MEANT, "ubnd"),
    "real owner": kpis("owner: mp-a", "owner: so-cu", 21, RowCode.REAL_OWNER_OF_SIMULATED, {"owner": "so-cu"},
                       RowCode.NAME_AN_OWNER),
    "series": kpis("[level-can-tho]", "[level-can-to]", 6, RowCode.UNKNOWN_SERIES, {"name": "level-can-to"}, MEANT,
                   "level-can-tho"),
    "domain": kpis("domain: environment", "domain: enviroment", 7, RowCode.UNKNOWN_DOMAIN, {"name": "enviroment"},
                   MEANT, "environment"),
    "scale": kpis("unit: m\n", "unit: cm\n", 6, RowCode.UNIT_NEEDS_SCALE, {"unit": "cm", "series_unit": "m"},
                  RowCode.SET_SCALE),
    "dimension": kpis("unit: m\n", "unit: giường\n", 4, RowCode.UNIT_MISMATCH, {"unit": "giường"}),
    "order": kpis("at: 2.0", "at: 1.7", 15, RowCode.LIMIT_OUT_OF_ORDER, {"limit": "bd3"}, RowCode.RISING_LIMITS),
    "seriousness": Broken("kpis", KPIS.replace("severity: attention", "severity: critical")
                          .replace("when: above, severity: critical}", "when: above, severity: attention}"),
                          15, RowCode.LIMIT_LESS_SERIOUS, {"limit": "bd3"}, RowCode.LEAST_SERIOUS_FIRST),
    "direction": kpis("at: 2.0, when: above", "at: 2.0, when: below", 15, RowCode.LIMIT_DIRECTION,
                      {"direction": "below", "previous": "above"}),
    "target": kpis('">= 95"', '"95 or so"', 26, RowCode.NOT_A_TARGET, {"value": "95 or so"}),
    "deadband without target": kpis('    target: ">= 95"\n', "", 26, RowCode.NO_TARGET, {"field": "target_deadband"}),
    "ratio": kpis(" to: [due-total],", "", 19, RowCode.RATIO_DENOMINATOR),
    "overview": Broken("city", CITY.replace("[water-level]", "[water-levl]"), 4, RowCode.UNKNOWN_KPI,
                       {"name": "water-levl"}, MEANT, "water-level"),
    "owners": Broken("city", CITY.replace("ubnd: mp-a}", "ubnd: mp-a, mp-a: mp-x}"), 5, RowCode.UNKNOWN_AGENCY,
                     {"name": "mp-x"}, MEANT, "mp-a"),
    "station place": Broken("stations", STATIONS.replace("31135", "31136"), 1, RowCode.UNKNOWN_PLACE, {"name": "31136"},
                            ConfigCode.KNOWN_NAMES),
    "successor": Broken("agencies", AGENCIES.replace("agency: ubnd", "agency: ubnb"), 7, RowCode.UNKNOWN_AGENCY,
                        {"name": "ubnb"}, MEANT, "ubnd"),
    "document agency": Broken("directives", DIRECTIVES.replace("issuer: ubnd", "issuer: ubdn"), 6,
                              RowCode.UNKNOWN_AGENCY, {"name": "ubdn"}, MEANT, "ubnd"),
    "task KPI": Broken("directives", DIRECTIVES.replace("[on-time]", "[on-tme]"), 10, RowCode.UNKNOWN_KPI,
                       {"name": "on-tme"}, MEANT, "on-time"),
    "generated": Broken("directives", DIRECTIVES.replace("generated: directives", "generated: all"), 1,
                        DirectiveCode.UNKNOWN_GENERATOR, {"name": "all"}, DirectiveCode.GENERATED_FORM),
    "double key": sources("  every: 60s\n", "  every: 60s\n  every: 61s\n", 6, YamlCode.KEY_TWICE, {"key": "every"},
                          YamlCode.KEEP_ONE),
    "id": Broken("agencies", AGENCIES.replace("key: ubnd", "key: UBND"), 1, ConfigCode.NOT_AN_ID, {"value": "UBND"},
                 ConfigCode.ID_FORM),
    "duration": sources("every: 60s", "every: 60", 5, RowCode.NOT_A_DURATION, {"value": "60"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_has_file_line_code_and_suggestion(tmp_path: Path, name: str) -> None:
    broken = BROKEN[name]
    fault = find(load_faults(write(tmp_path, **{broken.stem: broken.body})), broken.code, **broken.params)
    assert fault.file.endswith(f"{broken.stem}.yaml") and fault.line == broken.line
    if broken.suggestion is not None:
        assert fault.suggestion is not None and fault.suggestion.code == broken.suggestion
        assert fault.suggestion.params.get("name", "") == broken.name


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_quote_that_is_not_closed_is_told_where_it_opens(tmp_path: Path, quote: str) -> None:
    (fault,) = load_faults(write(tmp_path, sources=SOURCES.replace("http_json", f"{quote}http_json", 1)
                                 .replace("name: Trạm thật", f"name: {quote}Trạm thật{quote}")))  # fmt: skip
    assert (fault.failure.code, fault.line) == (YamlCode.QUOTED_TEXT, 3)


@pytest.mark.parametrize("key", ["real-levl", "real-level"])
def test_a_wrong_redundant_series_has_its_line_and_field(tmp_path: Path, key: str) -> None:
    rows = SOURCES.replace("each: [due, done]}", f"each: [due, done], redundant_with: {key}}}")
    fault = load_faults(write(tmp_path, sources=rows))[0]
    assert (fault.line, fault.field) == (14, "series[{each}-total].redundant_with")


def test_an_unknown_kind_of_stations_withholds_only_names_that_may_follow_from_it(tmp_path: Path) -> None:
    sources = SOURCES.replace("stations(water)", "stations(watr)")
    kpis = KPIS.replace("[due-total]", "[due-totl]").replace("dossiers-*", "dosiers-*")
    faults = load_faults(write(tmp_path, sources=sources, kpis=kpis))
    assert sorted(str(fault.failure.params["name"]) for fault in faults) == ["dosiers-*", "due-totl", "watr"]


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    rows = SOURCES.replace("unit: m, range", "unit: thước, range").replace("http_json\n  e", "httpjson\n  e")
    faults = load_faults(write(tmp_path, sources=rows, kpis=KPIS.replace("domain: env", "domain: ev")))
    for code, params in (
        (RowCode.UNKNOWN_UNIT, {"unit": "thước"}), (RowCode.UNKNOWN_PROTOCOL, {"name": "httpjson"}),
        (RowCode.UNKNOWN_DOMAIN, {"name": "evironment"}),
    ):  # fmt: skip
        find(faults, code, **params)
    faults = load_faults(write(tmp_path, sources=SOURCES, kpis=KPIS, units=UNITS.replace("31135", "31136")))
    places = [fault for fault in faults if fault.failure.code == RowCode.UNKNOWN_PLACE]
    assert {fault.failure.params["name"] for fault in places} == {"31135"}


def test_a_folder_or_file_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    assert codes(load_faults(tmp_path / "nowhere")) == [ConfigCode.FOLDER_MISSING]
    folder = write(tmp_path / "city", city=None)
    (fault,) = load_faults(folder)
    assert fault.failure.code == ConfigCode.UNREADABLE
    assert getattr(fault.failure.params["cause"], "code", "") == SystemCode.NOT_FOUND
    (folder / "city.yaml").write_text(CITY + "extends: ../elsewhere\n", "utf-8")
    (fault,) = load_faults(folder)
    assert (fault.failure.code, fault.line) == (ConfigCode.EXTENDED_FOLDER_MISSING, 8)
    (folder / "city.yaml").write_text(CITY + "extends: .\n", "utf-8")
    assert codes(load_faults(folder)) == [ConfigCode.EXTENDS_IN_A_CIRCLE]


def test_there_is_a_json_schema_of_every_file() -> None:
    schemas = json_schemas()
    assert {f"{stem}.yaml" for stem in FILES} <= set(schemas)
    assert "protocol" in str(schemas["sources.yaml"])


def test_a_secret_is_required_and_never_shown(tmp_path: Path) -> None:
    write(tmp_path, sources=SOURCES.replace("/tide", "/tide?key=${GAUGE_KEY}").replace("data}", '"${OTHER_TOKEN}"}'))
    faults = load_faults(tmp_path)
    assert [fault.failure.params["variable"] for fault in faults] == ["${GAUGE_KEY}", "${OTHER_TOKEN}"]
    first, second = (
        load_folder(tmp_path, {**ENVIRONMENT, "GAUGE_KEY": key, "OTHER_TOKEN": "t"}) for key in ("geheim", "neu")
    )
    assert first.sources[0].address.endswith("key=${GAUGE_KEY}") and "geheim" not in first.body
    assert first.sources[0].fingerprint != second.sources[0].fingerprint and first.fingerprint == second.fingerprint


def generated_documents(lead: str) -> list[dict[str, object]]:
    task = {"key": "m1", "title": "Việc", "lead": lead, "assigned": TODAY}
    document = {"key": "mp-1-2026", "number": "1/MP-KH", "kind": "kế hoạch", "issuer": "mp-a", "title": "Thử"}
    return [{**document, "simulated": True, "tasks": [task]}]


def test_simulated_documents_are_generated_as_of_the_day_and_checked_like_written_ones(tmp_path: Path) -> None:
    folder = write(tmp_path)
    register = load_folder(folder, generate=lambda day: generated_documents("mp-a")).register
    assert [document.key for document in register.documents] == ["ubnd-2322-2023", "mp-1-2026"]
    assert register.is_simulated
    faults = load_faults(folder, generate=lambda day: generated_documents("ubnd"))
    assert find(faults, DirectiveCode.REAL_AGENCY_OF_SIMULATED, agency="ubnd")


def test_simulated_documents_beside_real_sources_are_a_fault(tmp_path: Path) -> None:
    rows = SOURCES.replace("enabled: false", "address: http://x.example").replace("simulated: true", "enabled: false")
    folder = write(
        tmp_path,
        sources=rows,
        kpis="[]",
        city=CITY.replace("[water-level]", "[]"),
        directives=DIRECTIVES.replace("kpis: [on-time]", "kpis: []"),
    )
    faults = load_faults(folder, generate=lambda day: generated_documents("mp-a"))
    fault = find(faults, DirectiveCode.SIMULATED_WITH_REAL_SOURCES)
    assert fault.file.endswith("directives.yaml") and fault.line == 1  # generated: directives
