"""The strip and the list of what needs attention."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from components.events.attention_list import attention_list, attention_strip
from components.events.detail import event_detail
from components.events.event_table import event_list, event_table
from components.screens.shell import rail
from ioc.domain.base.failure import Failure
from ioc.domain.events.event import EventStage
from ioc.domain.ingest.clock_skew import skew_failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.kpis.kpi import FigureState, Severity
from ioc.domain.snapshot import EventView, Snapshot
from ioc.domain.submissions.submission import SubmissionData
from ioc.snapshot.attention import attention_items
from tests.city import HOUR, NOW, full_city, told
from tests.domain.obligation_cases import duty

CITY = full_city()
DRIFT = Failure(IngestCode.ITEMS_LEFT_OUT, {"limit": 30})


def many(count: int) -> tuple[object, ...]:
    one = CITY.attention[0]
    return tuple(replace(one, key=f"k{n}", since=one.since - timedelta(hours=n)) for n in range(count))


def test_a_lost_source_is_told_as_lost_and_a_figure_with_its_value() -> None:
    markup = str(attention_strip(CITY, "vi"))
    assert "Mất kết nối: Mất kết nối giường bệnh" in markup
    assert "không kết nối được máy chủ: cổng đóng, không ai nghe · bản tin cuối 15:18" in markup
    assert "1,86 m lúc 16:16" in markup


def test_a_clock_that_is_off_is_named_as_that_and_not_as_a_lost_connection() -> None:
    views = tuple(
        replace(one, health=replace(one.health, last_error=skew_failure(timedelta(days=1))))
        if one.source.key == "sim-beds"
        else one
        for one in CITY.sources
    )
    markup = str(attention_list(replace(CITY, sources=views), "vi"))
    assert "Đồng hồ nguồn sai giờ: Mất kết nối giường bệnh" in markup and "nhanh 24 giờ" in markup
    markup = str(attention_list(replace(CITY, sources=views), "en"))
    assert "The source&#39;s clock is off: " in markup and "24 h ahead" in markup


def test_answers_that_are_not_what_they_were_are_told_once_and_not_of_a_source_that_is_lost() -> None:
    odd = tuple(replace(one, health=replace(one.health, drift=(DRIFT,), drift_since=CITY.at)) for one in CITY.sources)
    found = attention_items(replace(CITY, sources=odd))
    keys = [one.key for one in found if one.kind == "answers"]
    assert len(keys) == len(set(keys)) > 0 and "sim-beds" not in keys
    markup = str(attention_list(replace(CITY, sources=odd, attention=found), "vi"))
    assert "Số liệu khác thường: " in markup and "quá 30 mục" in markup


def test_most_serious_first_then_figures_before_sources() -> None:
    figures = dict(CITY.figures)
    figures["grave"] = replace(
        figures["water-level"], value=replace(figures["water-level"].value, severity=Severity.CRITICAL)
    )
    found = attention_items(replace(CITY, figures=figures))
    assert [(one.kind, one.key) for one in found][:3] == [
        ("kpi", "grave"),
        ("kpi", "water-level"),
        ("source", "sim-beds"),
    ]


def test_three_are_shown_and_the_rest_is_counted() -> None:
    markup = str(attention_strip(replace(CITY, attention=many(5)), "vi"))  # type: ignore[arg-type]
    assert markup.count("notice-title") == 3
    assert "và 2 mục khác" in markup
    assert "và" not in str(attention_strip(replace(CITY, attention=many(3)), "vi")).split("notice-more")[1:]  # type: ignore[arg-type]


def test_what_is_of_an_exercise_is_counted_neither_there_nor_beside_the_menu() -> None:
    items = (*many(5), *(replace(one, key=f"d{n}", is_drill=True) for n, one in enumerate(many(2))))  # type: ignore[type-var]
    assert "và 2 mục khác" in str(attention_strip(replace(CITY, attention=items), "vi"))  # type: ignore[arg-type]
    assert ">5</b>" in str(rail("vi", "", items=items)).split("rail-count")[1]  # type: ignore[arg-type]


def test_each_says_since_when() -> None:
    markup = str(attention_strip(CITY, "vi"))
    assert "từ 14:18" in markup
    assert "data-age" in markup


def test_calm_is_said_in_words() -> None:
    calm = replace(CITY, attention=())
    assert "Không có mục nào cần chú ý" in str(attention_strip(calm, "vi"))
    assert "Không có mục nào cần chú ý" in str(attention_list(calm, "vi"))


def test_the_list_leaves_nothing_out() -> None:
    assert str(attention_list(replace(CITY, attention=many(7)), "en")).count("notice-title") == 7  # type: ignore[arg-type]


def test_an_agency_that_has_not_sent_its_figures_stands_after_all_else_and_leads_to_who_is_late() -> None:
    owing = replace(duty(), since=date(2026, 10, 1), agency=next(iter(CITY.register.agencies)))
    city = replace(CITY, submissions=SubmissionData((owing,)))
    city = replace(city, attention=attention_items(city))
    assert [one.kind for one in city.attention][-1] == "figures"
    markup = str(attention_list(city, "vi"))
    assert "Chậm cập nhật số liệu: " in markup and 'href="/cham-so-lieu"' in markup and "1 kỳ chưa gửi" in markup


def alert(key: str = "alert", **changes: Any) -> EventView:
    """A severe alert in force over two units."""
    event = replace(
        told(key).event, kind="alert", title="Bão số 9", severity=Severity.CRITICAL, due=None, place="",
        places=("31135", "31207"), expires=NOW + 3 * HOUR, facts={"severity": "Severe", "area": "ven biển"},
    )  # fmt: skip
    return replace(told(key), event=replace(event, **changes))


def noticed(*views: EventView) -> Snapshot:
    city = replace(CITY, events=views)
    return replace(city, attention=attention_items(city))


def test_a_grave_alert_in_force_stands_first_with_its_source_its_area_and_its_end() -> None:
    city = noticed(alert())
    first = city.attention[0]
    assert (first.kind, first.severity, first.link) == (
        "event", Severity.CRITICAL, "/ban-do?su-kien=sim-tide%2Falert",
    )  # fmt: skip
    for drawn in (str(attention_list(city, "vi")), str(attention_strip(city, "vi"))):
        for word in ("Bão số 9", "phường Ninh Kiều, phường Thốt Nốt", "hiệu lực đến 19:18", "Trạm thủy văn"):
            assert word in drawn.split("</a>")[0], word


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
def test_what_is_over_cancelled_or_less_than_grave_does_not_stand_there(changes: dict[str, Any]) -> None:
    assert "event" not in {one.kind for one in noticed(alert(**changes)).attention}


def test_what_its_sender_calls_severe_stands_there_even_while_it_is_far_or_only_possible() -> None:
    (one,) = (one for one in noticed(alert(severity=Severity.ATTENTION)).attention if one.kind == "event")
    assert one.severity is Severity.ATTENTION


def test_an_alert_in_force_stays_when_its_source_is_lost_and_says_so() -> None:
    markup = str(attention_list(noticed(replace(alert(), state=FigureState.STALE)), "vi"))
    assert "Bão số 9" in markup and "chưa cập nhật số liệu" in markup.split("</a>")[0]


def test_an_alert_is_told_since_it_was_told_first_on_every_page_however_often_it_is_told_anew() -> None:
    first = NOW - 5 * HOUR
    view = replace(alert(kind="report", started=None, observed=NOW), recorded_at=NOW, first_reported=first)
    city = noticed(view)
    assert city.attention[0].since == first
    pages = (attention_list(city, "vi"), event_list(city, "vi", ""), event_table([view], city, "vi"))
    for drawn in (*pages, event_detail(city, "vi", {"su-kien": view.id})):
        assert f'data-age="{first.isoformat()}"' in str(drawn)
    assert noticed(replace(view, event=replace(view.event, started=NOW - HOUR))).attention[0].since == NOW - HOUR
    ahead = replace(view, event=replace(view.event, started=NOW + HOUR))
    assert noticed(ahead).attention[0].since == first and ahead.began_at == NOW + HOUR


def test_an_alert_of_an_exercise_stands_after_all_that_is_real_marked_and_uncounted() -> None:
    city = noticed(replace(alert("drill"), is_drill=True), alert("real", severity=Severity.ATTENTION))
    assert [one.is_drill for one in city.attention] == [False] * (len(city.attention) - 1) + [True]
    real, drill = str(attention_list(city, "vi")).split("notices-drill")
    assert "DIỄN TẬP" not in real and drill.count("DIỄN TẬP") == 2
    count = str(rail("vi", "", items=city.attention)).split("rail-count")[1]
    assert f">{len(city.attention) - 1}</b>" in count and "is-attention" in count
