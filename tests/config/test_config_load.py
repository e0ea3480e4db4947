"""A valid folder becomes a Configuration; a wrong one tells all of its faults at once."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ioc.config.configuration import Configuration, configuration_from_body
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.loading import load
from ioc.config.schema.json_schema import json_schemas
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.kpis.kpi import Target
from tests.config.folders import (
    AGENCIES,
    CITY,
    DIRECTIVES,
    ENVIRONMENT,
    FILES,
    KPIS,
    PROTOCOLS,
    SOURCES,
    STATIONS,
    write,
)

TODAY = date(2026, 11, 24)


def loaded(folder: Path, environment: dict[str, str] = ENVIRONMENT) -> Configuration:
    return load(folder, environment, PROTOCOLS, today=TODAY)


def faults(folder: Path, environment: dict[str, str] = ENVIRONMENT) -> tuple[ConfigFault, ...]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, environment)
    return caught.value.faults


def only(folder: Path) -> ConfigFault:
    found = faults(folder)
    assert len(found) == 1, found
    return found[0]


def test_a_valid_folder_becomes_a_configuration(tmp_path: Path) -> None:
    made = loaded(write(tmp_path))
    tide, real = made.sources
    assert tide.address == "http://127.0.0.1:8051/tide"
    assert [one.key for one in tide.series] == [
        "level-can-tho", "dossiers-31135", "dossiers-31207", "due-total", "done-total",
    ]  # fmt: skip
    level = tide.series[0]
    assert (level.name, level.place, level.station) == (LocalizedText("Mực nước Trạm Cần Thơ"), "31135", "can-tho")
    assert not real.is_enabled and real.address == "" and real.poll_interval == timedelta(minutes=10)
    assert made.is_simulated and made.register.due_soon_days == 5 and made.retention["normal"].raw_days == 30
    assert made.kpis[0].owner == "mp-a" and made.kpis[1].target == Target(">=", 95)
    assert made.kpis[1].version == "1.0"
    assert made.kpis[2].formula.inputs == ("dossiers-31135", "dossiers-31207")


def test_body_restores_the_configuration_without_the_environment(tmp_path: Path) -> None:
    made = loaded(write(tmp_path))
    assert "8051" not in made.body and "${SIMULATOR}" in made.body
    past = configuration_from_body(made.body)
    assert past.kpis == made.kpis and past.units == made.units and past.register == made.register
    assert past.fingerprint == made.fingerprint
    assert [replace(one, address="", fingerprint="") for one in past.sources] == [
        replace(one, address="", fingerprint="") for one in made.sources
    ]


def test_fingerprint_of_a_source_moves_with_its_row_alone(tmp_path: Path) -> None:
    before = loaded(write(tmp_path))
    after = loaded(write(tmp_path, sources=SOURCES.replace("every: 60s", "every: 61s")))
    same = [one.fingerprint == other.fingerprint for one, other in zip(before.sources, after.sources, strict=True)]
    assert same == [False, True] and before.fingerprint != after.fingerprint
    moved = loaded(write(tmp_path), {**ENVIRONMENT, "SIMULATOR": "http://127.0.0.1:1"})
    assert moved.sources[0].fingerprint != before.sources[0].fingerprint


def test_a_folder_extends_another(tmp_path: Path) -> None:
    write(tmp_path / "base")
    child = tmp_path / "child"
    child.mkdir()
    (child / "city.yaml").write_text("extends: ../base\noverview: [on-time]\n", "utf-8")
    (child / "agencies.yaml").write_text(
        "extends: true\nagencies:\n- {key: mp-b, name: Cơ quan B, short: B, simulated: true}\n", "utf-8"
    )
    made = loaded(child)
    assert set(made.agencies) == {"ubnd", "mp-a", "so-cu", "mp-b"}
    assert made.overview == ("on-time",) and made.identity.centre.en == "Operations centre"
    (child / "agencies.yaml").write_text("- {key: mp-a, name: A, short: A, simulated: true}\n", "utf-8")
    (child / "directives.yaml").write_text("[]", "utf-8")
    assert set(loaded(child).agencies) == {"mp-a"} and not loaded(child).register.documents


BROKEN = {
    "unknown key": ("sources", SOURCES.replace("licence: mô", "license: mô"), 9, "'license' is unknown", "licence"),
    "protocol": ("sources", SOURCES.replace("http_json\n  add", "http_jsom\n  add"), 3, "http_jsom", "http_json"),
    "unit": ("sources", SOURCES.replace("unit: m, range", "unit: mét, range"), 12, "mét", ""),
    "options": ("sources", SOURCES.replace("{items: data}", "{itens: data}"), 15, "itens", "items"),
    "age limit": ("sources", SOURCES.replace("age_limit: 10m", "age_limit: 10s"), 1, "age_limit", "at least"),
    "deadline": ("sources", SOURCES.replace("deadline: 5s", "deadline: 2m"), 6, "deadline", "5s"),
    "twice": ("sources", SOURCES.replace("key: real-gauge", "key: sim-tide"), 16, "sim-tide", "another"),
    "kind": ("sources", SOURCES.replace("stations(water)", "stations(watr)"), 12, "watr", "water"),
    "unset": ("sources", SOURCES.replace("${SIMULATOR}", "${SIMULATR}"), 4, "SIMULATR", "SIMULATOR"),
    "private": ("sources", SOURCES.replace("${SIMULATOR}", "http://0x7f.1"), 4, "0x7f.1 lies on a", "private: true"),
    "store": ("sources", SOURCES.replace("enabled: false", "address: http://x").replace("owner: ubnd", "owner: so-cu"),
              16, "never share a store", "enabled: false"),
    "owner": ("kpis", KPIS.replace("owner: ubnd", "owner: ubdn"), 8, "ubdn", "ubnd"),
    "real owner": ("kpis", KPIS.replace("owner: mp-a", "owner: so-cu", 1), 21, "real agency", "owners"),
    "series": ("kpis", KPIS.replace("[level-can-tho]", "[level-can-to]"), 6, "level-can-to", "level-can-tho"),
    "domain": ("kpis", KPIS.replace("domain: environment", "domain: enviroment"), 7, "enviroment", "environment"),
    "scale": ("kpis", KPIS.replace("unit: m\n", "unit: cm\n"), 6, "'cm'", "scale: 100"),
    "dimension": ("kpis", KPIS.replace("unit: m\n", "unit: giường\n"), 4, "giường", ""),
    "order": ("kpis", KPIS.replace("at: 2.0", "at: 1.7"), 15, "out of order", "rising"),
    "seriousness": ("kpis", KPIS.replace("severity: attention", "severity: critical")
                    .replace("at: 2.0, when: above, severity: critical", "at: 2.0, when: above, severity: attention"),
                    15, "less serious", "least serious first"),
    "direction": ("kpis", KPIS.replace("at: 2.0, when: above", "at: 2.0, when: below"), 15, "below", ""),
    "target": ("kpis", KPIS.replace('">= 95"', '"95 or so"'), 26, "no target", ""),
    "ratio": ("kpis", KPIS.replace(" to: [due-total],", ""), 19, "ratio", ""),
    "overview": ("city", CITY.replace("[water-level]", "[water-levl]"), 4, "water-levl", "water-level"),
    "owners": ("city", CITY.replace("ubnd: mp-a}", "ubnd: mp-a, mp-a: mp-x}"), 5, "mp-x", "mp-a"),
    "station place": ("stations", STATIONS.replace("31135", "31136"), 1, "31136", "31135"),
    "successor": ("agencies", AGENCIES.replace("agency: ubnd", "agency: ubnb"), 7, "ubnb", "ubnd"),
    "document agency": ("directives", DIRECTIVES.replace("issuer: ubnd", "issuer: ubdn"), 6, "ubdn", "ubnd"),
    "task KPI": ("directives", DIRECTIVES.replace("[on-time]", "[on-tme]"), 10, "on-tme", "on-time"),
    "generated": ("directives", DIRECTIVES.replace("generated: directives", "generated: all"), 1, "all", "directives"),
    "double key": ("sources", SOURCES.replace("  every: 60s\n", "  every: 60s\n  every: 61s\n"), 6, "twice", ""),
    "id": ("agencies", AGENCIES.replace("key: ubnd", "key: UBND"), 1, "no id", "small letters"),
    "duration": ("sources", SOURCES.replace("every: 60s", "every: 60"), 5, "no duration", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_says_file_line_what_and_what_would_be_right(tmp_path: Path, name: str) -> None:
    stem, body, line, what, right = BROKEN[name]
    found = faults(write(tmp_path, **{stem: body}))
    fitting = [one for one in found if what in one.message and right in one.suggestion]
    assert fitting, found
    assert fitting[0].file.endswith(f"{stem}.yaml") and fitting[0].line == line, fitting


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    sources = SOURCES.replace("unit: m, range", "unit: mét, range").replace(
        "http_json\n  address", "httpjson\n  address"
    )
    found = faults(write(tmp_path, sources=sources, kpis=KPIS.replace("domain: env", "domain: ev"), units=None))
    text = "\n".join(map(str, found))
    assert all(word in text for word in ("mét", "httpjson", "evironment", "31135"))


def test_what_cannot_be_there_is_told(tmp_path: Path) -> None:
    assert "no such folder" in only(tmp_path / "nowhere").message
    folder = write(tmp_path / "city", city=None)
    assert "cannot be read" in only(folder).message
    (folder / "city.yaml").write_text(CITY + "extends: ../elsewhere\n", "utf-8")
    assert only(folder).line == 8
    (folder / "city.yaml").write_text(CITY + "extends: .\n", "utf-8")
    assert "circle" in only(folder).message


def test_schemas_know_every_file() -> None:
    known = json_schemas()
    assert {f"{stem}.yaml" for stem in FILES} <= set(known)
    assert "protocol" in str(known["sources.yaml"])


def test_a_secret_is_wanted_and_never_shown(tmp_path: Path) -> None:
    write(tmp_path, sources=SOURCES.replace("/tide", "/tide?key=${GAUGE_KEY}").replace("data}", '"${OTHER_TOKEN}"}'))
    missing = "\n".join(map(str, faults(tmp_path)))
    assert "GAUGE_KEY" in missing and "OTHER_TOKEN" in missing
    one, other = (loaded(tmp_path, {**ENVIRONMENT, "GAUGE_KEY": key, "OTHER_TOKEN": "t"}) for key in ("geheim", "neu"))
    assert one.sources[0].address.endswith("key=${GAUGE_KEY}") and "geheim" not in one.body
    assert one.sources[0].fingerprint != other.sources[0].fingerprint and one.fingerprint == other.fingerprint


def test_simulated_documents_are_made_as_of_the_day_and_judged_like_written_ones(tmp_path: Path) -> None:
    def made(lead: str) -> list[dict[str, object]]:
        task = {"key": "m1", "title": "Việc", "lead": lead, "assigned": TODAY}
        document = {"key": "mp-1-2026", "number": "1/MP-KH", "kind": "kế hoạch", "issuer": "mp-a", "title": "Thử"}
        return [{**document, "simulated": True, "tasks": [task]}]

    folder = write(tmp_path)
    both = load(folder, ENVIRONMENT, PROTOCOLS, today=TODAY, generate=lambda day: made("mp-a")).register
    assert [one.key for one in both.documents] == ["ubnd-2322-2023", "mp-1-2026"] and both.is_simulated
    with pytest.raises(ConfigError, match="is real, its task is simulated"):
        load(folder, ENVIRONMENT, PROTOCOLS, today=TODAY, generate=lambda day: made("ubnd"))
    sources = SOURCES.replace("enabled: false", "address: http://x.example").replace(
        "simulated: true", "enabled: false"
    )
    with pytest.raises(ConfigError, match="is simulated, but real sources are on"):
        write(
            folder,
            sources=sources,
            kpis="[]",
            city=CITY.replace("[water-level]", "[]"),
            directives=DIRECTIVES.replace("kpis: [on-time]", "kpis: []"),
        )
        load(folder, ENVIRONMENT, PROTOCOLS, today=TODAY, generate=lambda day: made("mp-a"))
