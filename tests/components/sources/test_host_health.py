"""The machine's state in words: every reason in both languages, in the list and among what needs eyes."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from components.events.attention_list import attention_list
from components.sources import host_health
from components.sources.host_health import condition_text, host_health_section
from ioc.domain.base.host_health import HostComponent, HostCondition
from ioc.domain.kpis.kpi import Severity
from ioc.snapshot.attention import attention_items
from tests.city import NOW, full_city

CITY = full_city()
CRITICAL, ATTENTION, NORMAL = Severity.CRITICAL, Severity.ATTENTION, Severity.NORMAL
DISK = HostCondition(HostComponent.DISK, CRITICAL, NOW, 0.8, 1.0, reason="low")
ALL = (
    DISK,
    replace(DISK, severity=NORMAL, value=1250.0, free_percent=60.0, reason=""),
    HostCondition(HostComponent.CLOCK, NORMAL, NOW),
    HostCondition(HostComponent.CLOCK, NORMAL, NOW, 0.0),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, 90.0, reason="off"),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, -90.0, reason="off"),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, 90.0, reason="jumped"),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, -90.0, reason="jumped"),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, -90.0, reason="behind"),
    HostCondition(HostComponent.CERTIFICATE, NORMAL, NOW, 88.0),
    HostCondition(HostComponent.CERTIFICATE, ATTENTION, NOW, reason="unreadable"),
    HostCondition(HostComponent.TLS, ATTENTION, NOW, 5.0, subject="sim-tide", reason="ends"),
    HostCondition(HostComponent.TLS, ATTENTION, NOW, -5.0, subject="sim-tide", reason="ended"),
    HostCondition(HostComponent.BACKUP, NORMAL, NOW, 3.0),
    HostCondition(HostComponent.BACKUP, NORMAL, NOW),
    HostCondition(HostComponent.WRITING, NORMAL, NOW),
    HostCondition(HostComponent.WRITING, ATTENTION, NOW, 1234.0, reason="shed"),
    HostCondition(HostComponent.BACKUP, ATTENTION, NOW, 72.0, reason="old"),
    HostCondition(HostComponent.BACKUP, ATTENTION, NOW, reason="never"),
)


def test_every_state_has_its_sentence_and_every_sentence_its_state() -> None:
    said = {lang: {condition_text(one, lang) for one in ALL} for lang in ("vi", "en")}
    assert len(said["vi"]) == len(said["en"]) == len(ALL) and not said["vi"] & said["en"]
    path = Path(host_health.__file__).parents[1] / "messages" / "host_health.toml"
    assert len(tomllib.loads(path.read_text("utf-8"))) == len(ALL) + 2  # title, unseen
    assert not any("{" in one or "host_health." in one for one in said["vi"] | said["en"])


@pytest.mark.parametrize(("lang", "words"), [("vi", "chỉ còn 0,8 GB (1 %)"), ("en", "only 0,8 GB left (1 %)")])
def test_what_ails_it_needs_eyes(lang: str, words: str) -> None:
    city = replace(CITY, host_conditions=(DISK, ALL[3], replace(ALL[11], subject="sim-tide")))
    city = replace(city, attention=attention_items(city))
    assert city.attention[0].kind == "machine" and city.attention[0].severity is CRITICAL
    assert [one.key for one in city.attention if one.kind == "machine"] == ["disk", "tls-sim-tide"]
    assert words in str(attention_list(city, lang))


def test_the_list_tells_the_calm_ones_too_and_names_the_source() -> None:
    markup = str(host_health_section(replace(CITY, host_conditions=ALL), "vi"))
    assert markup.count("<dt>") == len(ALL) and "còn 1.250 GB (60 %)" in markup
    name = next(one.source.name.vi for one in CITY.sources if one.source.key == "sim-tide")
    assert f"Chứng thư của nguồn {name}" in markup
    assert "Chưa có lần kiểm tra nào" in str(host_health_section(CITY, "vi"))
