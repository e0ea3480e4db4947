"""The strip and the list of what needs attention."""

from dataclasses import replace
from datetime import date, timedelta

from components.attention import notices, strip
from domain.handed_in import HandedIn
from domain.kpi import Severity
from domain.skew import sentence
from operations.attention import attention
from tests.city import full_city
from tests.domain.owing import duty

CITY = full_city()


def many(count: int) -> tuple[object, ...]:
    one = CITY.attention[0]
    return tuple(replace(one, key=f"k{n}", since=one.since - timedelta(hours=n)) for n in range(count))


def test_a_lost_source_is_told_as_lost_and_a_figure_with_its_value() -> None:
    markup = str(strip(CITY, "vi"))
    assert "Mất kết nối: Mất kết nối giường bệnh" in markup
    assert "không kết nối được máy chủ · bản tin cuối 15:18" in markup
    assert "1,86 m lúc 16:16" in markup


def test_a_clock_that_is_off_is_named_as_that_and_not_as_a_lost_connection() -> None:
    views = tuple(
        replace(one, health=replace(one.health, last_error=sentence(timedelta(days=1))))
        if one.source.key == "sim-beds"
        else one
        for one in CITY.sources
    )
    markup = str(notices(replace(CITY, sources=views), "vi"))
    assert "Đồng hồ của nguồn sai giờ: Mất kết nối giường bệnh" in markup and "nhanh 24 giờ" in markup
    markup = str(notices(replace(CITY, sources=views), "en"))
    assert "The source&#39;s clock is off: " in markup and "24 h ahead" in markup


def test_answers_that_are_not_what_they_were_are_told_once_and_not_of_a_source_that_is_lost() -> None:
    odd = tuple(
        replace(one, health=replace(one.health, surprise="count: 30, now 3", surprised=CITY.at)) for one in CITY.sources
    )
    found = attention(replace(CITY, sources=odd))
    keys = [one.key for one in found if one.kind == "answers"]
    assert len(keys) == len(set(keys)) > 0 and "sim-beds" not in keys
    markup = str(notices(replace(CITY, sources=odd, attention=found), "vi"))
    assert "Số liệu khác thường: " in markup and "số mục 30, nay 3: chưa dùng" in markup


def test_most_serious_first_then_figures_before_sources() -> None:
    figures = dict(CITY.figures)
    figures["grave"] = replace(
        figures["water-level"], value=replace(figures["water-level"].value, severity=Severity.CRITICAL)
    )
    found = attention(replace(CITY, figures=figures))
    assert [(one.kind, one.key) for one in found][:3] == [
        ("kpi", "grave"),
        ("kpi", "water-level"),
        ("source", "sim-beds"),
    ]


def test_three_are_shown_and_the_rest_is_counted() -> None:
    markup = str(strip(replace(CITY, attention=many(5)), "vi"))  # type: ignore[arg-type]
    assert markup.count("notice-title") == 3
    assert "và 2 mục khác" in markup
    assert "và" not in str(strip(replace(CITY, attention=many(3)), "vi")).split("notice-more")[1:]  # type: ignore[arg-type]


def test_each_says_since_when() -> None:
    markup = str(strip(CITY, "vi"))
    assert "từ 14:18" in markup
    assert "data-age" in markup


def test_calm_is_said_in_words() -> None:
    calm = replace(CITY, attention=())
    assert "Không có mục nào cần chú ý" in str(strip(calm, "vi"))
    assert "Không có mục nào cần chú ý" in str(notices(calm, "vi"))


def test_the_list_leaves_nothing_out() -> None:
    assert str(notices(replace(CITY, attention=many(7)), "en")).count("notice-title") == 7  # type: ignore[arg-type]


def test_an_agency_that_has_not_sent_its_figures_stands_after_all_else_and_leads_to_who_is_late() -> None:
    owing = replace(duty(), since=date(2026, 10, 1), agency=next(iter(CITY.register.agencies)))
    city = replace(CITY, handed=HandedIn((owing,)))
    city = replace(city, attention=attention(city))
    assert [one.kind for one in city.attention][-1] == "figures"
    markup = str(notices(city, "vi"))
    assert "Chậm cập nhật số liệu: " in markup and 'href="/cham-so-lieu"' in markup and "1 kỳ chưa gửi" in markup
