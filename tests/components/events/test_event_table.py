"""The list of events: most serious first, strangers' text as text, every mark where it belongs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from components.events.descriptions import display_facts, stage_label
from components.events.event_kinds import chips
from components.events.event_table import MAX_ROWS, event_list, sort_events
from ioc.domain.base.severity import Severity
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from tests.city import HOUR, NOW, full_city, told


def test_a_row_says_where_what_since_when_and_who() -> None:
    said = str(event_list(full_city(), "vi", ""))
    for part in (
        "Ngập nước trên đường",
        "phường Ninh Kiều",
        "đang xử lý",
        "Trạm thủy văn (mô phỏng)",
        "lĩnh vực: hạ tầng",
    ):
        assert part in said


def test_text_of_a_stranger_stays_text() -> None:
    view = told("x")
    bad = replace(view, event=replace(view.event, title="<img src=x onerror=alert(1)>", facts={"<b>": "<i>"}))
    said = str(event_list(replace(full_city(), events=(bad,)), "vi", ""))
    assert "<img" not in said and "<b>" not in said and "&lt;img" in said


def test_an_exercise_disagreement_and_lateness_are_said_in_both_languages() -> None:
    view = told("x", is_drill=True, disagreements=("due", "stage"), sources=("sim-tide", "sim-beds"))
    city = replace(full_city(), events=(replace(view, event=replace(view.event, due=NOW - HOUR)),))
    for lang, words in (("vi", ("DIỄN TẬP", "quá hạn", "hạn xử lý")), ("en", ("EXERCISE", "overdue", "due time"))):
        assert all(word in str(event_list(city, lang, "")) for word in words)


def test_the_most_serious_stand_first_and_a_long_list_says_how_long_it_is() -> None:
    calm = told("calm")
    calm = replace(calm, event=replace(calm.event, severity=Severity.NORMAL, observed=NOW))
    assert [one.event.key for one in sort_events([calm, told("x")])] == ["x", "calm"]
    many = replace(full_city(), events=tuple(told(f"k{n}") for n in range(MAX_ROWS + 5)))
    said = str(event_list(many, "vi", ""))
    assert f"{MAX_ROWS} mục đầu trong {MAX_ROWS + 5}" in said and said.count('<tr class="sev-') == MAX_ROWS


def test_chips_count_what_stands_and_mark_the_chosen_kind() -> None:
    said = str(chips(full_city(), "vi", "report"))
    assert 'aria-current="true"' in said and "Phản ánh hiện trường" in said


def test_facts_wear_words_of_the_screen_and_what_the_program_reads_is_none() -> None:
    facts = {"agency": "Cơ quan B", "topic-flood": "1", "hls": "http://x.example", "depth": "3"}
    event = replace(told("x").event, facts=facts)
    assert display_facts(event, "vi") == [("cơ quan xử lý", "Cơ quan B"), ("depth", "3")]
    assert display_facts(event, "en")[0] == ("agency", "Cơ quan B")


def test_a_field_is_shown_by_its_name_and_by_its_code_only_where_nothing_tells_its_name() -> None:
    event = replace(told("x").event, facts={"service": "den-duong", "service-name": "Đèn đường"})
    assert display_facts(event, "vi") == [("lĩnh vực", "Đèn đường")]
    assert display_facts(replace(event, facts={"service": "den-duong"}), "vi") == [("lĩnh vực", "den-duong")]


def test_the_words_of_an_alert_are_said_in_the_language_of_the_screen() -> None:
    view = told("x")
    facts = {"severity": "Severe", "urgency": "Expected", "certainty": "Likely", "category": "Met", "area": "Past"}
    view = replace(view, event=replace(view.event, source_status="Update", facts=facts))
    said = dict(display_facts(view.event, "vi"))
    assert said["mức độ nơi phát nêu"] == "nghiêm trọng" and said["nhóm"] == "khí tượng"
    assert said["tính cấp bách"] == "sắp xảy ra" and said["độ chắc chắn"] == "nhiều khả năng"
    assert said["khu vực"] == "Past"  # what people wrote stays what they wrote
    assert (stage_label(view, "vi"), stage_label(view, "en")) == ("cập nhật", "updated")
    own = replace(view, event=replace(view.event, source_status="đang xử lý"))
    assert stage_label(own, "en") == "đang xử lý"


def heard(state: SourceState, *, answered: bool = True, enabled: bool = True) -> Snapshot:
    """A city without any event, whose only source of reports is in that state."""
    city = full_city()
    row = replace(city.sources[0].source, is_enabled=enabled)
    health = SourceHealth(row.key, state, NOW - HOUR, data_time=NOW if answered else None)
    return replace(city, sources=(replace(city.sources[0], source=row, health=health),), events=())


@pytest.mark.parametrize(
    ("city", "word"),
    [
        (heard(SourceState.LATE, answered=False), "chậm cập nhật"),
        (heard(SourceState.STALE), "chưa cập nhật số liệu"),
        (heard(SourceState.DOWN), "mất kết nối"),
        (heard(SourceState.REFUSED), "bị từ chối"),
        (heard(SourceState.OFF, enabled=False), "tắt"),
    ],
)
def test_none_is_not_said_of_a_kind_whose_source_is_not_heard(city: Snapshot, word: str) -> None:
    said, named = str(event_list(city, "vi", "report")), str(chips(city, "vi", "report"))
    assert "Không có số liệu" in said and word in said
    assert "Hiện không có" not in said and "0 đang có hiệu lực" not in said
    assert named.count("<b>0</b>") == 1 and "no-count" in named, "only the sum of all is a number"


def test_none_is_said_of_a_kind_whose_source_is_live() -> None:
    said = str(event_list(heard(SourceState.LIVE), "vi", "report"))
    assert "Hiện không có" in said and "0 đang có hiệu lực" in said and "Không có số liệu" not in said


def test_a_source_that_is_off_by_configuration_or_of_an_exercise_does_not_speak_for_a_kind_that_another_brings() -> (
    None
):
    city = heard(SourceState.LIVE)
    live = city.sources[0]
    lost = replace(live, health=replace(live.health, state=SourceState.DOWN))
    other = replace(live.source, key="other")
    for idle in (replace(other, is_drill=True), replace(other, is_enabled=False)):
        beside = replace(lost, source=idle)
        assert "Hiện không có" in str(event_list(replace(city, sources=(live, beside)), "vi", "report"))
    both = replace(city, sources=(live, replace(lost, source=other)))
    assert "Hiện không có" not in str(event_list(both, "vi", "report")), "one of two is lost: nobody knows"


@pytest.mark.parametrize(
    ("state", "health", "word"),
    [
        (FigureState.STALE, SourceState.STALE, "chưa cập nhật số liệu"),
        (FigureState.ERROR, SourceState.DOWN, "mất kết nối"),
        (FigureState.OFF, SourceState.OFF, "tắt"),
        (FigureState.NO_DATA, SourceState.LATE, "chưa có số liệu"),
    ],
)
def test_an_event_wears_the_state_of_its_source_and_its_age(state: FigureState, health: SourceState, word: str) -> None:
    city = full_city()
    tide = replace(city.sources[0], health=replace(city.sources[0].health, state=health))
    gone = None if state is FigureState.NO_DATA else NOW - timedelta(minutes=12)
    view = replace(told("x"), state=state, source_state=health, last_heard=gone, age_limit=timedelta(minutes=10))
    row = str(event_list(replace(city, sources=(tide,), events=(view,)), "vi", "report")).split("<tr")[-1]
    assert f"is-{state.value}" in row and word in row
    assert (f'data-age="{gone.isoformat()}"' in row) if gone else True
    assert "data-limit" not in row, "nothing is left to count down to"


def test_a_screen_counts_on_by_itself_until_an_event_that_is_heard_is_too_old() -> None:
    view = replace(told("x"), age_limit=timedelta(minutes=10))
    row = str(event_list(replace(full_city(), events=(view,)), "vi", "report"))
    assert f'data-since="{NOW.isoformat()}" data-limit="600"' in row and "event-late" in row and "is-ok" in row


def test_an_exercise_stands_in_a_group_of_its_own_and_in_no_count_of_what_is_real() -> None:
    city = replace(full_city(), events=(told("real"), told("drill", is_drill=True)))
    said = str(event_list(city, "vi", "report"))
    assert "1 đang có hiệu lực" in said and said.index("1 đang có hiệu lực") < said.index("exercise")
    assert said.split("exercise")[0].count('<tr class="sev-') == said.split("exercise")[1].count('<tr class="sev-') == 1
    assert "<b>2</b>" not in str(chips(city, "vi", ""))


@pytest.mark.parametrize(
    ("lang", "word", "effect"), [("vi", "đang mở", "chậm nhiều"), ("en", "open", "significant delays")]
)
def test_words_and_effects_of_a_standard_are_said_in_the_readers_language(lang: str, word: str, effect: str) -> None:
    late = told("late")
    late = replace(late, event=replace(late.event, source_status="open", facts={"effect": "significant delays"}))
    assert stage_label(late, lang) == word and [one[1] for one in display_facts(late.event, lang)] == [effect]
