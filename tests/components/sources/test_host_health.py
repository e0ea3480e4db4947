"""Host health: a sentence for every condition in both languages, attention items."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from components.events.attention_list import attention_list
from components.sources import host_health
from components.sources.host_health import condition_name, condition_text, host_health_section
from ioc.domain.base.host_health import ConditionReason, HostComponent, HostCondition, background_task_condition
from ioc.domain.kpis.kpi import Severity
from ioc.domain.snapshot import AttentionKind
from ioc.snapshot.attention import attention_items
from tests.city import NOW, full_city

CITY = full_city()
TASKS = ("reminders", "simulated_history", "simulated_agencies", "simulated_tasks")
CRITICAL, ATTENTION, NORMAL = Severity.CRITICAL, Severity.ATTENTION, Severity.NORMAL
DISK = HostCondition(HostComponent.DISK, CRITICAL, NOW, 0.8, 1.0, reason=ConditionReason.LOW)
INODES = replace(DISK, value=50.0, reason=ConditionReason.FEW_INODES)
TEMPORARY_DISK = replace(DISK, component=HostComponent.TEMPORARY_DISK)
CONDITIONS = (
    DISK,
    replace(DISK, severity=NORMAL, value=1250.0, free_percent=60.0, reason=ConditionReason.NONE),
    HostCondition(HostComponent.CLOCK, NORMAL, NOW),
    HostCondition(HostComponent.CLOCK, NORMAL, NOW, 0.0),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, 90.0, reason=ConditionReason.CLOCK_OFF),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, -90.0, reason=ConditionReason.CLOCK_OFF),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, 90.0, reason=ConditionReason.CLOCK_JUMPED),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, -90.0, reason=ConditionReason.CLOCK_JUMPED),
    HostCondition(HostComponent.CLOCK, ATTENTION, NOW, -90.0, reason=ConditionReason.CLOCK_BEHIND),
    HostCondition(HostComponent.CERTIFICATE, NORMAL, NOW, 88.0),
    HostCondition(HostComponent.CERTIFICATE, ATTENTION, NOW, reason=ConditionReason.UNREADABLE),
    HostCondition(HostComponent.TLS, ATTENTION, NOW, 5.0, subject="sim-tide", reason=ConditionReason.EXPIRING),
    HostCondition(HostComponent.TLS, ATTENTION, NOW, -5.0, subject="sim-tide", reason=ConditionReason.EXPIRED),
    HostCondition(HostComponent.BACKUP, NORMAL, NOW, 3.0),
    HostCondition(HostComponent.BACKUP, NORMAL, NOW),
    HostCondition(HostComponent.WRITING, NORMAL, NOW),
    HostCondition(HostComponent.WRITING, ATTENTION, NOW, 1234.0, reason=ConditionReason.SHED),
    HostCondition(HostComponent.BACKUP, ATTENTION, NOW, 72.0, reason=ConditionReason.OLD),
    HostCondition(HostComponent.BACKUP, ATTENTION, NOW, reason=ConditionReason.NEVER),
    HostCondition(HostComponent.BACKGROUND_TASK, ATTENTION, NOW, subject="reminders", reason=ConditionReason.FAILING),
    HostCondition(HostComponent.WEBHOOK, ATTENTION, NOW, subject="qlvb", reason=ConditionReason.FAILING),
    INODES,
    TEMPORARY_DISK,
    replace(TEMPORARY_DISK, reason=ConditionReason.FEW_INODES),
)


def test_every_condition_has_its_own_sentence_and_none_is_unused() -> None:
    texts = {lang: {condition_text(condition, lang) for condition in CONDITIONS} for lang in ("vi", "en")}
    assert len(texts["vi"]) == len(texts["en"]) == len(CONDITIONS) and not texts["vi"] & texts["en"]
    path = Path(host_health.__file__).parents[1] / "messages" / "host_health.toml"
    others = {"title", "not_checked", *(f"background_task_{name}" for name in TASKS)}
    assert len(tomllib.loads(path.read_text("utf-8"))) == len(CONDITIONS) + len(HostComponent) + len(others)
    assert not any("{" in text or "host_health." in text for text in texts["vi"] | texts["en"])


@pytest.mark.parametrize(("lang", "words"), [("vi", "chỉ còn 0,8 GB (1 %)"), ("en", "only 0,8 GB left (1 %)")])
def test_conditions_beyond_normal_are_attention_items(lang: str, words: str) -> None:
    city = replace(CITY, host_conditions=(DISK, CONDITIONS[3], replace(CONDITIONS[11], subject="sim-tide")))
    city = replace(city, attention=attention_items(city))
    assert city.attention[0].kind is AttentionKind.HOST and city.attention[0].severity is CRITICAL
    assert [item.key for item in city.attention if item.kind is AttentionKind.HOST] == ["disk", "tls-sim-tide"]
    assert words in str(attention_list(city, lang))


def test_section_lists_normal_components_and_names_the_source() -> None:
    markup = str(host_health_section(replace(CITY, host_conditions=CONDITIONS), "vi"))
    assert markup.count("<dt>") == len(CONDITIONS) and "còn 1.250 GB (60 %)" in markup
    name = next(view.source.name.vi for view in CITY.sources if view.source.key == "sim-tide")
    assert f"Chứng thư của nguồn {name}" in markup
    assert "Chưa có lần kiểm tra nào" in str(host_health_section(CITY, "vi"))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_task_is_named_in_words_and_an_unknown_one_by_its_key(lang: str) -> None:
    def named(name: str) -> str:
        return condition_name(background_task_condition(name, NOW), CITY, lang)

    assert len({named(name) for name in TASKS}) == len(TASKS) and not any(name in named(name) for name in TASKS[1:])
    assert "of an older version" in named("of an older version")


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        (HostCondition(HostComponent.CLOCK, NORMAL, NOW), "none"),
        (HostCondition(HostComponent.BACKUP, NORMAL, NOW), "none"),
        (HostCondition(HostComponent.WRITING, NORMAL, NOW), "normal"),  # nothing lost is what it counts
        (HostCondition(HostComponent.CLOCK, NORMAL, NOW, 0.0), "normal"),
        (HostCondition(HostComponent.BACKUP, ATTENTION, NOW, reason=ConditionReason.NEVER), "attention"),
    ],
)
def test_an_unknown_condition_has_the_mark_of_no_data(condition: HostCondition, name: str) -> None:
    markup = str(host_health_section(replace(CITY, host_conditions=(condition,)), "vi"))
    assert f"mark-{name}" in markup and markup.count("mark-") == 1
