"""A small valid configuration folder, to be broken by the tests."""

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from components.ui.error_messages import describe
from ioc.config.configuration import Configuration
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.loading import load
from ioc.domain.base.failure import ErrorCode, Failure


class Options(BaseModel):
    """Options of the protocols of these tests."""

    model_config = ConfigDict(extra="forbid")
    has_own_time: ClassVar[bool] = True
    may_lack_time: ClassVar[bool] = False
    items: str = ""
    first_row: int = 1


PROTOCOLS: dict[str, Any] = {
    "http_json": SimpleNamespace(Options=Options),
    "spreadsheet": SimpleNamespace(Options=Options),
    "submissions": SimpleNamespace(Options=Options),
}
TODAY = date(2026, 11, 24)
ENVIRONMENT = {"SIMULATOR": "http://127.0.0.1:8051", "DATA": "/var/data"}

CITY = """\
identity:
  centre: {vi: Trung tâm giám sát, en: Operations centre}
  city: Thành phố Cần Thơ
overview: [water-level]
owners: {ubnd: mp-a}
retention: {normal: {raw_days: 30, minute_days: 90}}
limits: {soon_days: 5}
"""
SOURCES = """\
- key: sim-tide
  name: {vi: Trạm thủy văn, en: Gauge}
  protocol: http_json
  address: ${SIMULATOR}/tide
  every: 60s
  deadline: 5s
  age_limit: 10m
  owner: mp-a
  licence: mô phỏng
  simulated: true
  series:
    - {key: "level-{each}", name: "Mực nước {name}", unit: m, range: [-3, 4], each: stations(water)}
    - {key: "dossiers-{each}", name: "Hồ sơ {name}", unit: hồ sơ, range: [0, 9000], each: units}
    - {key: "{each}-total", name: "{each}", unit: hồ sơ, each: [due, done]}
  options: {items: data}
- key: real-gauge
  name: Trạm thật
  protocol: http_json
  every: 10m
  age_limit: 1h
  owner: ubnd
  licence: nội bộ
  enabled: false
  series: [{key: real-level, name: Mực nước, unit: m, place: 31135, station: can-tho}]
"""
KPIS = """\
kpis:
  - key: water-level
    name: {vi: Mực nước, en: Level}
    unit: m
    decimals: 2
    formula: {op: last, inputs: [level-can-tho]}
    domain: environment
    owner: ubnd
    definition: Mực nước tức thời
    legal_basis: Quyết định mô phỏng
    version: 1
    cadence: 1m
    limits:
      - {key: bd1, name: báo động I, at: 1.8, when: above, severity: attention, deadband: 0.02}
      - {key: bd3, name: báo động III, at: 2.0, when: above, severity: critical}
  - key: on-time
    name: Hồ sơ đúng hạn
    unit: "%"
    formula: {op: ratio, inputs: [done-total], to: [due-total], scale: 100, window: 24h}
    domain: administration
    owner: mp-a
    definition: Tỷ lệ
    legal_basis: Quyết định mô phỏng
    version: 1.0
    cadence: 1h
    target: ">= 95"
    target_deadband: 0.5
    target_severity: attention
  - key: dossiers
    name: Hồ sơ
    unit: hồ sơ
    formula: {op: sum, inputs: ["dossiers-*"], min_share: 0.5}
    domain: administration
    owner: mp-a
    definition: Tổng
    legal_basis: Quyết định mô phỏng
    version: 1
    cadence: 1h
    by_place: true
"""
AGENCIES = """\
- {key: ubnd, name: Ủy ban nhân dân thành phố, short: UBND}
- {key: mp-a, name: Cơ quan A (mô phỏng), short: Cơ quan A, simulated: true}
- key: so-cu
  name: Sở cũ
  short: Sở cũ
  until: 2025-06-30
  successors: [{agency: ubnd, on: 2025-07-01, basis: Nghị quyết}]
"""
STATIONS = """\
- {key: can-tho, name: {vi: Trạm Cần Thơ, en: Cần Thơ gauge}, kind: water, lon: 105.79, lat: 10.04, place: 31135}
"""
UNITS = """\
- {code: 31135, name: Ninh Kiều, kind: phường, area_km2: 9.0, lon: 105.785, lat: 10.03, former: Cần Thơ}
- {code: 31207, name: Thốt Nốt, kind: phường, area_km2: 40.0, lon: 105.53, lat: 10.27}
"""
DIRECTIVES = """\
generated: directives
documents:
  - key: ubnd-2322-2023
    number: 2322/UBND-KGVX
    kind: công văn
    issuer: ubnd
    published: 2023-06-30
    title: Triển khai ICT
    tasks:
      - {key: nv-1, title: Tham mưu, lead: so-cu, assigned: 2023-06-30, kpis: [on-time]}
"""
FILES = {
    "city": CITY,
    "sources": SOURCES,
    "kpis": KPIS,
    "agencies": AGENCIES,
    "stations": STATIONS,
    "units": UNITS,
    "directives": DIRECTIVES,
}


def write(folder: Path, **changes: str | None) -> Path:
    """Writes the files into `folder`; `changes` replace one by its stem, or leave it out (None)."""
    folder.mkdir(exist_ok=True)
    for stem, body in {**FILES, **changes}.items():
        if body is not None:
            (folder / f"{stem}.yaml").write_text(body, "utf-8")
    return folder


def load_folder(folder: Path, environment: dict[str, str] = ENVIRONMENT, **more: Any) -> Configuration:
    return load(folder, environment, more.pop("protocols", PROTOCOLS), today=TODAY, **more)


def load_faults(folder: Path, environment: dict[str, str] = ENVIRONMENT, **more: Any) -> tuple[ConfigFault, ...]:
    """The faults of a folder that cannot be loaded."""
    with pytest.raises(ConfigError) as caught:
        load_folder(folder, environment, **more)
    return caught.value.faults


def codes(faults: tuple[ConfigFault, ...]) -> list[str]:
    return [fault.failure.code for fault in faults]


def find(faults: tuple[ConfigFault, ...], code: ErrorCode, **params: Any) -> ConfigFault:
    """The one fault of `code` with `params`."""
    matching = [
        fault for fault in faults if fault.failure.code == code and params.items() <= fault.failure.params.items()
    ]
    assert len(matching) == 1, faults
    return matching[0]


_ACCENTED = re.compile("[\u00c0-\u1ef9]")


def assert_worded(*failures: Failure | None) -> None:
    """Each failure has a text in both languages; they are equal for an example of yaml only."""
    for failure in filter(None, failures):
        vi, en = describe(failure, "vi"), describe(failure, "en")
        assert vi == en or _ACCENTED.search(vi), vi
