"""The table of events: order, escaping, badges, state of sources."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from components.districts.unit_card import event_section
from components.districts.unit_counts import no_events
from components.events.descriptions import display_facts, stage_label
from components.events.detail import event_detail
from components.events.event_export import event_export
from components.events.event_groups import sort_events
from components.events.event_kinds import chips, kind_names
from components.events.event_table import MAX_ROWS, event_list
from components.map.event_rows import serious_events
from ioc.domain.base.severity import Severity
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from tests.city import HOUR, NOW, event_view, full_city


def test_row_shows_title_place_stage_source_and_facts() -> None:
    markup = str(event_list(full_city(), "vi", ""))
    for part in (
        "Ngập nước trên đường",
        "phường Ninh Kiều",
        "đang xử lý",
        "Trạm thủy văn (mô phỏng)",
        "lĩnh vực: hạ tầng",
    ):
        assert part in markup


@pytest.mark.parametrize("kept", [True, False])
def test_personal_detail_is_linked_only_where_something_is_kept(kept: bool) -> None:
    city = replace(full_city(), events=(event_view("x", has_personal=kept),))
    assert ("/chi-tiet?su-kien=" in str(event_list(city, "vi", ""))) is kept


def test_text_of_a_source_is_escaped() -> None:
    view = event_view("x")
    bad = replace(view, event=replace(view.event, title="<img src=x onerror=alert(1)>", facts={"<b>": "<i>"}))
    markup = str(event_list(replace(full_city(), events=(bad,)), "vi", ""))
    assert "<img" not in markup and "<b>" not in markup and "&lt;img" in markup


def test_exercise_disagreement_and_lateness_are_translated() -> None:
    view = event_view("x", is_drill=True, disagreements=("due", "stage"), sources=("sim-tide", "sim-beds"))
    city = replace(full_city(), events=(replace(view, event=replace(view.event, due=NOW - HOUR)),))
    for lang, words in (("vi", ("DIỄN TẬP", "quá hạn", "hạn xử lý")), ("en", ("EXERCISE", "overdue", "due time"))):
        assert all(word in str(event_list(city, lang, "")) for word in words)


def test_events_are_sorted_by_severity_and_a_long_list_is_truncated_with_its_count() -> None:
    calm = event_view("calm")
    calm = replace(calm, event=replace(calm.event, severity=Severity.NORMAL, observed=NOW))
    assert [view.event.key for view in sort_events([calm, event_view("x")])] == ["x", "calm"]
    many = replace(full_city(), events=tuple(event_view(f"k{n}") for n in range(MAX_ROWS + 5)))
    markup = str(event_list(many, "vi", ""))
    assert f"{MAX_ROWS} mục đầu trong {MAX_ROWS + 5}" in markup and markup.count('<tr class="sev-') == MAX_ROWS


def test_long_texts_of_a_list_are_cut_and_linked_to_the_whole() -> None:
    view, text = event_view("x"), "Ngập sâu " * 222
    event = replace(view.event, text=text, facts={f"f{n}": text[:200] for n in range(24)})
    short, long = (replace(full_city(), events=(replace(view, event=one),)) for one in (view.event, event))
    markup = str(event_list(long, "vi", ""))
    assert text[:100] in markup and markup.count(f"/ban-do?{urlencode({'su-kien': view.id})}") == 2
    assert len(markup) < len(str(event_list(short, "vi", ""))) + 1_000
    assert text in str(event_detail(long, "vi", {"su-kien": view.id}))


def test_chips_show_counts_and_the_selected_kind() -> None:
    markup = str(chips(full_city(), "vi", "report"))
    assert 'aria-current="true"' in markup and "Phản ánh hiện trường" in markup


def test_facts_have_labels_and_internal_facts_are_hidden() -> None:
    facts = {"agency": "Cơ quan B", "topic-flood": "1", "hls": "http://x.example", "depth": "3"}
    event = replace(event_view("x").event, facts=facts)
    assert display_facts(event, "vi") == [("cơ quan xử lý", "Cơ quan B"), ("depth", "3")]
    assert display_facts(event, "en")[0] == ("agency", "Cơ quan B")


def test_service_is_shown_by_name_or_else_by_code() -> None:
    event = replace(event_view("x").event, facts={"service": "den-duong", "service-name": "Đèn đường"})
    assert display_facts(event, "vi") == [("lĩnh vực", "Đèn đường")]
    assert display_facts(replace(event, facts={"service": "den-duong"}), "vi") == [("lĩnh vực", "den-duong")]


def test_codes_of_an_alert_are_translated() -> None:
    view = event_view("x")
    facts = {"severity": "Severe", "urgency": "Expected", "certainty": "Likely", "category": "Met", "area": "Past"}
    view = replace(view, event=replace(view.event, source_status="Update", facts=facts))
    labels = dict(display_facts(view.event, "vi"))
    assert labels["mức độ nơi phát nêu"] == "nghiêm trọng" and labels["nhóm"] == "khí tượng"
    assert labels["tính cấp bách"] == "sắp xảy ra" and labels["độ chắc chắn"] == "nhiều khả năng"
    assert labels["khu vực"] == "Past"  # what people wrote stays what they wrote
    assert (stage_label(view, "vi"), stage_label(view, "en")) == ("cập nhật", "updated")
    own = replace(view, event=replace(view.event, source_status="đang xử lý"))
    assert stage_label(own, "en") == "đang xử lý"


def city_with_report_source(state: SourceState, *, answered: bool = True, enabled: bool = True) -> Snapshot:
    """A city without any event, whose only source of reports is in that state."""
    city = full_city()
    row = replace(city.sources[0].source, is_enabled=enabled)
    health = SourceHealth(row.key, state, NOW - HOUR, data_time=NOW if answered else None)
    return replace(city, sources=(replace(city.sources[0], source=row, health=health),), events=())


@pytest.mark.parametrize(
    ("city", "word"),
    [
        (city_with_report_source(SourceState.LATE, answered=False), "chậm cập nhật"),
        (city_with_report_source(SourceState.NO_DATA, answered=False), "chưa có số liệu"),
        (city_with_report_source(SourceState.STALE), "chưa cập nhật số liệu"),
        (city_with_report_source(SourceState.DOWN), "mất kết nối"),
        (city_with_report_source(SourceState.REFUSED), "bị từ chối"),
        (city_with_report_source(SourceState.OFF, enabled=False), "ngừng cập nhật"),
    ],
)
def test_no_events_is_not_claimed_while_the_source_is_unavailable(city: Snapshot, word: str) -> None:
    table, chip_markup = str(event_list(city, "vi", "report")), str(chips(city, "vi", "report"))
    assert "Chưa có số liệu" in table and word in table
    assert "Hiện không có" not in table and "0 đang có hiệu lực" not in table
    assert chip_markup.count("<b>0</b>") == 1 and "count-unknown" in chip_markup, "only the sum of all is a number"


def test_no_events_is_stated_when_the_source_is_live() -> None:
    markup = str(event_list(city_with_report_source(SourceState.LIVE), "vi", "report"))
    assert "Hiện không có" in markup and "0 đang có hiệu lực" in markup and "Chưa có số liệu" not in markup


def test_disabled_or_exercise_source_does_not_affect_a_kind_of_a_live_source() -> None:
    city = city_with_report_source(SourceState.LIVE)
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
        (FigureState.OFF, SourceState.OFF, "ngừng cập nhật"),
        (FigureState.NO_DATA, SourceState.LATE, "chưa có số liệu"),
        (FigureState.NO_DATA, SourceState.NO_DATA, "chưa có số liệu"),
    ],
)
def test_event_shows_state_and_last_contact_of_its_source(state: FigureState, health: SourceState, word: str) -> None:
    city = full_city()
    tide = replace(city.sources[0], health=replace(city.sources[0].health, state=health))
    gone = None if state is FigureState.NO_DATA else NOW - timedelta(minutes=12)
    view = replace(event_view("x"), state=state, source_state=health, last_heard=gone, age_limit=timedelta(minutes=10))
    row = str(event_list(replace(city, sources=(tide,), events=(view,)), "vi", "report")).split("<tr")[-1]
    assert f"is-{state.value}" in row and word in row
    assert (f'data-age="{gone.isoformat()}"' in row) if gone else True
    assert "data-limit" not in row, "nothing is left to count down to"


def test_live_event_has_the_attributes_for_counting_its_age() -> None:
    view = replace(event_view("x"), age_limit=timedelta(minutes=10))
    row = str(event_list(replace(full_city(), events=(view,)), "vi", "report"))
    assert f'data-since="{NOW.isoformat()}" data-limit="600"' in row and "event-late" in row and "is-ok" in row


def test_exercises_have_a_group_of_their_own_and_are_not_counted() -> None:
    city = replace(full_city(), events=(event_view("real"), event_view("drill", is_drill=True)))
    markup = str(event_list(city, "vi", "report"))
    assert "1 đang có hiệu lực" in markup and markup.index("1 đang có hiệu lực") < markup.index("exercise")
    assert (
        markup.split("exercise")[0].count('<tr class="sev-')
        == markup.split("exercise")[1].count('<tr class="sev-')
        == 1
    )
    assert "<b>2</b>" not in str(chips(city, "vi", ""))


@pytest.mark.parametrize(
    ("lang", "word", "effect"), [("vi", "đang xử lý", "chậm nhiều"), ("en", "open", "significant delays")]
)
def test_status_and_effect_codes_are_translated(lang: str, word: str, effect: str) -> None:
    late = event_view("late")
    late = replace(late, event=replace(late.event, source_status="open", facts={"effect": "significant delays"}))
    assert stage_label(late, lang) == word and [fact[1] for fact in display_facts(late.event, lang)] == [effect]


def test_counts_are_lower_bounds_where_more_events_are_open_than_are_listed() -> None:
    city = full_city()
    assert "≥" not in str(chips(city, "vi", "")) + str(event_list(city, "vi", ""))
    city = replace(city, has_all_events=False)
    assert "≥ " in str(chips(city, "vi", "")) and "≥ " in str(event_list(city, "vi", ""))
    live, more = city_with_report_source(SourceState.LIVE), "Còn sự việc không được liệt kê"
    kind = next(iter(kind_names(live, "vi")))
    assert more not in str(event_list(live, "vi", kind)) and no_events(kind, live) == 0
    live = replace(live, has_all_events=False)
    assert more in str(event_list(live, "vi", kind)) and no_events(kind, live) is None
    assert any(more in str(row) for row in event_export(live, {}, "vi").rows)
    none = replace(live, events=())
    assert more in str(serious_events(none, "vi", {})) and more in str(event_section(none, "thu", "vi"))


def test_past_moment_has_the_time_of_the_last_change_and_none_of_the_last_report() -> None:
    """Reports that change nothing are not logged: the time that the log has was shown as that of the data."""
    changed = NOW - timedelta(minutes=20)
    view = event_view("x", recorded_at=changed)
    live = replace(full_city(), events=(replace(view, event=replace(view.event, observed=NOW)),))
    past = replace(full_city(), events=(replace(view, event=replace(view.event, observed=changed)),), is_live=False)
    for city, words, data_time in ((live, "số liệu", NOW), (past, "thay đổi lần cuối", None)):
        table = event_export(city, {}, "vi")
        (cells,) = (row for row in table.rows if view.event.title in row)
        row = dict(zip((column.head for column in table.columns), cells, strict=True))
        assert (row["Thời điểm số liệu"], row["Thay đổi lần cuối"]) == (data_time, changed)
        for markup in (str(event_list(city, "vi", "")), str(event_detail(city, "vi", {"su-kien": view.id}))):
            (sources,) = re.findall(r'class="event-source">.*?<small class="quiet">(.*?)</small>', markup)
            assert sources.startswith(words)
