"""The attention strip and the attention list."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from components.events.attention_list import attention_list, attention_strip
from components.events.detail import event_detail
from components.events.event_table import event_list, event_table
from components.screens.shell import rail
from ioc.domain.base.failure import Failure
from ioc.domain.base.host_health import ConditionReason, HostComponent, HostCondition
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.followed import NewlyOverdue
from ioc.domain.directives.instruction import LateInstructions
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.clock_skew import skew_failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.kpis.kpi import FigureState, Severity
from ioc.domain.snapshot import AttentionItem, AttentionKind, EventView, OverdueTask, Snapshot
from ioc.domain.submissions.submission import SubmissionData
from ioc.snapshot.attention import attention_items
from ioc.web.live.ssr import fill_clocks
from tests.city import HOUR, NOW, event_view, full_city
from tests.domain.submissions.cases import make_obligation

CITY = full_city()
DRIFT = Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": 30})


def attention_copies(count: int) -> tuple[AttentionItem, ...]:
    item = CITY.attention[0]
    return tuple(replace(item, key=f"k{n}", since=item.since - timedelta(hours=n)) for n in range(count))


def test_lost_source_and_kpi_are_listed_with_reason_and_value() -> None:
    markup = str(attention_strip(CITY, "vi"))
    assert "Mất kết nối: Mất kết nối giường bệnh" in markup
    assert "không kết nối được máy chủ: cổng đóng, không ai nghe · bản tin cuối 15:18" in markup
    assert "1,86 m lúc 16:16" in markup


def test_clock_skew_is_not_shown_as_lost_connection() -> None:
    views = tuple(
        replace(view, health=replace(view.health, last_error=skew_failure(timedelta(days=1))))
        if view.source.key == "sim-beds"
        else view
        for view in CITY.sources
    )
    markup = str(attention_list(replace(CITY, sources=views), "vi"))
    assert "Đồng hồ nguồn sai giờ: Mất kết nối giường bệnh" in markup and "nhanh 24 giờ" in markup
    markup = str(attention_list(replace(CITY, sources=views), "en"))
    assert "The source&#39;s clock is off: " in markup and "24 h ahead" in markup


def test_schema_drift_is_listed_once_and_not_for_lost_sources() -> None:
    odd = tuple(
        replace(view, health=replace(view.health, drift=(DRIFT,), drift_since=CITY.at)) for view in CITY.sources
    )
    items = attention_items(replace(CITY, sources=odd))
    keys = [item.key for item in items if item.kind is AttentionKind.SCHEMA_DRIFT]
    assert len(keys) == len(set(keys)) > 0 and "sim-beds" not in keys
    markup = str(attention_list(replace(CITY, sources=odd, attention=items), "vi"))
    assert "Số liệu khác thường: " in markup and "quá 30 mục" in markup


def test_items_are_sorted_by_severity_then_kind() -> None:
    figures = dict(CITY.figures)
    figures["grave"] = replace(
        figures["water-level"], value=replace(figures["water-level"].value, severity=Severity.CRITICAL)
    )
    items = attention_items(replace(CITY, figures=figures))
    assert [(item.kind, item.key) for item in items][:3] == [
        ("kpi", "grave"),
        ("kpi", "water-level"),
        ("source", "sim-beds"),
    ]


def test_strip_shows_three_items_and_counts_the_rest() -> None:
    markup = str(attention_strip(replace(CITY, attention=attention_copies(5)), "vi"))
    assert markup.count("notice-title") == 3
    assert "và 2 mục khác" in markup
    assert "và" not in str(attention_strip(replace(CITY, attention=attention_copies(3)), "vi")).split("notice-more")[1:]


def test_exercises_are_counted_neither_in_the_strip_nor_in_the_rail() -> None:
    items = (
        *attention_copies(5),
        *(replace(item, key=f"d{n}", is_drill=True) for n, item in enumerate(attention_copies(2))),
    )
    assert "và 2 mục khác" in str(attention_strip(replace(CITY, attention=items), "vi"))
    assert ">5</b>" in str(rail("vi", "", items=items)).split("rail-overview")[1].split("rail-count")[1]


def test_items_show_since_when() -> None:
    markup = str(attention_strip(CITY, "vi"))
    assert "từ 14:18" in markup
    assert "data-age" in markup


def test_overdue_task_has_one_count_of_days() -> None:
    """It says "quá hạn 3 ngày" from its due day on; the age since the day after would be another number."""
    facts = OverdueTask("15/MP-UBND", date(2026, 11, 21), 3, None)
    task = replace(CITY.attention[0], kind=AttentionKind.TASK, facts=facts)
    for items in ((task,), (task, replace(task, key="other"))):
        city = replace(CITY, attention=items)
        for markup in map(str, (attention_strip(city, "vi"), attention_list(city, "vi"))):
            assert "từ 14:18" in markup and "data-age" not in markup
    assert "Quá hạn 3 ngày" in str(attention_list(city, "vi"))


def test_late_instructions_are_a_number_without_their_words() -> None:
    late = LateInstructions(2, datetime(2026, 11, 20, tzinfo=CITY_ZONE), is_simulated=True)
    city = replace(CITY, followed=replace(CITY.followed, late_instructions=(late,)))
    city = replace(city, attention=attention_items(city))
    for markup in (
        str(attention_list(city, "vi")),
        str(attention_strip(replace(city, attention=city.attention[-1:]), "vi")),
    ):
        assert "Chậm ban hành: 2 ý kiến chỉ đạo" in markup and "từ 00:00 20/11" in markup
        assert "mô phỏng" in markup.split("Chậm ban hành")[1]


def test_newly_overdue_followed_tasks_are_one_item() -> None:
    newly = NewlyOverdue(3, datetime(2026, 11, 20, tzinfo=CITY_ZONE), 7, is_simulated=False)
    city = replace(CITY, followed=replace(CITY.followed, newly_overdue=(newly,)))
    markup = str(attention_list(replace(city, attention=attention_items(city)), "vi"))
    assert "Mới quá hạn: 3 nhiệm vụ, phần việc" in markup and "từ 7 ngày trở xuống" in markup


def test_empty_list_says_so() -> None:
    calm = replace(CITY, attention=())
    assert "Không có mục nào cần chú ý" in str(attention_strip(calm, "vi"))
    assert "Không có mục nào cần chú ý" in str(attention_list(calm, "vi"))


def test_list_shows_all_items() -> None:
    assert str(attention_list(replace(CITY, attention=attention_copies(7)), "en")).count("notice-title") == 7


def test_overdue_submission_is_listed_last_and_links_to_compliance() -> None:
    owing = replace(make_obligation(), since=date(2026, 10, 1), agency=next(iter(CITY.register.agencies)))
    city = replace(CITY, submissions=SubmissionData((owing,)))
    city = replace(city, attention=attention_items(city))
    assert [item.kind for item in city.attention][-1] is AttentionKind.SUBMISSIONS
    markup = str(attention_list(city, "vi"))
    assert "Chậm cập nhật số liệu: " in markup and 'href="/cham-so-lieu"' in markup and "1 kỳ chưa gửi" in markup


def alert(key: str = "alert", **changes: Any) -> EventView:
    """A severe alert in force over two units."""
    event = replace(
        event_view(key).event, kind="alert", title="Bão số 9", severity=Severity.CRITICAL, due=None, place="",
        places=("31135", "31207"), expires=NOW + 3 * HOUR, facts={"severity": "Severe", "area": "ven biển"},
    )  # fmt: skip
    return replace(event_view(key), event=replace(event, **changes))


def city_with_events(*views: EventView) -> Snapshot:
    city = replace(CITY, events=views)
    return replace(city, attention=attention_items(city))


def test_severe_alert_is_first_with_source_area_and_end() -> None:
    city = city_with_events(alert())
    first = city.attention[0]
    assert (first.kind, first.severity, first.link) == (
        "event", Severity.CRITICAL, "/ban-do?su-kien=sim-tide%2Falert",
    )  # fmt: skip
    for markup in (str(attention_list(city, "vi")), str(attention_strip(city, "vi"))):
        for word in ("Bão số 9", "phường Ninh Kiều, phường Thốt Nốt", "hiệu lực đến 19:18", "Trạm thủy văn"):
            assert word in markup.split("</a>")[0], word


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": NOW},
        {"stage": EventStage.CANCELLED},
        {"stage": EventStage.CLOSED},
        {"severity": Severity.ATTENTION, "facts": {"severity": "Moderate"}},
        {"severity": Severity.NORMAL},  # all clear, though it is called severe
    ],
)
def test_ended_cancelled_or_mild_event_is_not_listed(changes: dict[str, Any]) -> None:
    assert "event" not in {item.kind for item in city_with_events(alert(**changes)).attention}


def test_alert_called_severe_by_its_sender_is_listed_whatever_its_severity() -> None:
    (item,) = (item for item in city_with_events(alert(severity=Severity.ATTENTION)).attention if item.kind == "event")
    assert item.severity is Severity.ATTENTION


def test_alert_stays_listed_when_its_source_is_lost() -> None:
    markup = str(attention_list(city_with_events(replace(alert(), state=FigureState.STALE)), "vi"))
    assert "Bão số 9" in markup and "chưa cập nhật số liệu" in markup.split("</a>")[0]


def test_alert_counts_from_its_first_report_on_every_page() -> None:
    first = NOW - 5 * HOUR
    view = replace(alert(kind="report", started=None, observed=NOW), recorded_at=NOW, first_reported=first)
    city = city_with_events(view)
    assert city.attention[0].since == first
    pages = (attention_list(city, "vi"), event_list(city, "vi", ""), event_table([view], city, "vi"))
    for markup in (*pages, event_detail(city, "vi", {"su-kien": view.id})):
        assert f'data-age="{first.isoformat()}"' in str(markup)
    assert (
        city_with_events(replace(view, event=replace(view.event, started=NOW - HOUR))).attention[0].since == NOW - HOUR
    )
    ahead = replace(view, event=replace(view.event, started=NOW + HOUR))
    assert city_with_events(ahead).attention[0].since == first and ahead.began_at == NOW + HOUR


def test_exercise_alert_is_last_with_badge_and_uncounted() -> None:
    city = city_with_events(replace(alert("drill"), is_drill=True), alert("real", severity=Severity.ATTENTION))
    assert [item.is_drill for item in city.attention] == [False] * (len(city.attention) - 1) + [True]
    real, drill = str(attention_list(city, "vi")).split("notices-drill")
    assert "DIỄN TẬP" not in real and drill.count("DIỄN TẬP") == 2
    count = str(rail("vi", "", items=city.attention)).split("rail-overview")[1].split("rail-count")[1]
    assert f">{len(city.attention) - 1}</b>" in count and "is-attention" in count


def card_lines(markup: str) -> list[str]:
    """The text of each card line by line, with its ages, and once more as paper has it, without them."""
    filled = re.sub("<svg.*?</svg>", "◌", fill_clocks(markup, NOW, "vi"))
    blocks = re.compile(r"<(?:(?:a|h2|p|div)\b|span class=\"(?:notice-(?:title|detail|since)|on-paper)\")[^>]*>")
    texts = (filled, re.sub(r'<span class="age">.*?</time></span>', "", filled))
    return [unescape(re.sub(r"<[^>]+>", "", part)) for text in texts for part in blocks.split(text)]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_cards_have_no_doubled_or_stray_space_or_separator(lang: str) -> None:
    clock = HostCondition(HostComponent.CLOCK, Severity.ATTENTION, NOW, 90.0, reason=ConditionReason.CLOCK_OFF)
    odd = [
        replace(view, health=replace(view.health, drift=(DRIFT,), drift_since=NOW - HOUR))
        if view.source.key != "sim-beds"
        else view
        for view in CITY.sources
    ]
    owing = replace(make_obligation(), since=date(2026, 10, 1), agency=next(iter(CITY.register.agencies)))
    lost = replace(alert("lost"), state=FigureState.STALE, is_drill=True)
    city = replace(CITY, host_conditions=(clock,), sources=tuple(odd), submissions=SubmissionData((owing,)))
    city = replace(city, events=(alert(), lost, replace(alert("seen"), sources=("sim-tide", "sim-beds"))))
    city = replace(city, attention=attention_items(city))
    lines = [line for line in card_lines(str(attention_list(city, lang))) if line]
    assert len(lines) > 40
    assert [line for line in lines if re.search(r"\s\s|·\s*·|^\s*·|·\s*$|\S·|·\S|TẬPMP|EXERCISESIM", line)] == []
