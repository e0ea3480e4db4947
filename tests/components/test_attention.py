"""The strip and the list of what needs attention."""

from dataclasses import replace
from datetime import timedelta

from components.attention import notices, ordered, strip
from domain.kpi import Severity
from tests.city import full_city

CITY = full_city()


def many(count: int) -> tuple[object, ...]:
    one = CITY.attention[0]
    return tuple(replace(one, key=f"k{n}", since=one.since - timedelta(hours=n)) for n in range(count))


def test_most_serious_first_then_the_newest() -> None:
    old, new = CITY.attention
    grave = replace(old, severity=Severity.CRITICAL, since=old.since - timedelta(days=9))
    assert ordered([old, new, grave]) == [grave, new, old]


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
