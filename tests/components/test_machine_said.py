"""The machine's state in words: every reason in both languages, in the list and among what needs eyes."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from components.events.alerts import notices
from components.sources.host_health import conditions, told
from ioc.domain.base.host_health import Condition, Part
from ioc.domain.kpis.kpi import Severity
from ioc.snapshot.alerts import attention
from tests.city import NOW, full_city

CITY = full_city()
CRITICAL, ATTENTION, NORMAL = Severity.CRITICAL, Severity.ATTENTION, Severity.NORMAL
DISK = Condition(Part.DISK, CRITICAL, NOW, 0.8, 1.0, why="low")
ALL = (
    DISK, replace(DISK, severity=NORMAL, value=1250.0, share=60.0, why=""),
    Condition(Part.CLOCK, NORMAL, NOW), Condition(Part.CLOCK, NORMAL, NOW, 0.0),
    Condition(Part.CLOCK, ATTENTION, NOW, 90.0, why="off"), Condition(Part.CLOCK, ATTENTION, NOW, -90.0, why="off"),
    Condition(Part.CLOCK, ATTENTION, NOW, 90.0, why="jumped"),
    Condition(Part.CLOCK, ATTENTION, NOW, -90.0, why="jumped"),
    Condition(Part.CLOCK, ATTENTION, NOW, -90.0, why="behind"),
    Condition(Part.CERTIFICATE, NORMAL, NOW, 88.0), Condition(Part.CERTIFICATE, ATTENTION, NOW, why="unreadable"),
    Condition(Part.TLS, ATTENTION, NOW, 5.0, about="sim-tide", why="ends"),
    Condition(Part.TLS, ATTENTION, NOW, -5.0, about="sim-tide", why="ended"),
    Condition(Part.BACKUP, NORMAL, NOW, 3.0), Condition(Part.BACKUP, NORMAL, NOW),
    Condition(Part.WRITING, NORMAL, NOW), Condition(Part.WRITING, ATTENTION, NOW, 1234.0, why="shed"),
    Condition(Part.BACKUP, ATTENTION, NOW, 72.0, why="old"), Condition(Part.BACKUP, ATTENTION, NOW, why="never"),
)  # fmt: skip


def test_every_state_has_its_sentence_and_every_sentence_its_state() -> None:
    said = {lang: {told(one, lang) for one in ALL} for lang in ("vi", "en")}
    assert len(said["vi"]) == len(said["en"]) == len(ALL) and not said["vi"] & said["en"]
    path = Path(__file__).parents[2] / "components" / "messages" / "machine.toml"
    assert len(tomllib.loads(path.read_text("utf-8"))) == len(ALL) + 2  # title, unseen
    assert not any("{" in one or "machine." in one for one in said["vi"] | said["en"])


@pytest.mark.parametrize(("lang", "words"), [("vi", "chỉ còn 0,8 GB (1 %)"), ("en", "only 0,8 GB left (1 %)")])
def test_what_ails_it_needs_eyes(lang: str, words: str) -> None:
    city = replace(CITY, machine=(DISK, ALL[3], replace(ALL[11], about="sim-tide")))
    city = replace(city, attention=attention(city))
    assert city.attention[0].kind == "machine" and city.attention[0].severity is CRITICAL
    assert [one.key for one in city.attention if one.kind == "machine"] == ["disk", "tls-sim-tide"]
    assert words in str(notices(city, lang))


def test_the_list_tells_the_calm_ones_too_and_names_the_source() -> None:
    markup = str(conditions(replace(CITY, machine=ALL), "vi"))
    assert markup.count("<dt>") == len(ALL) and "còn 1.250 GB (60 %)" in markup
    name = next(one.source.name.vi for one in CITY.sources if one.source.key == "sim-tide")
    assert f"Chứng thư của nguồn {name}" in markup
    assert "Chưa có lần kiểm tra nào" in str(conditions(CITY, "vi"))
