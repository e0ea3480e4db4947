"""Moments of addresses: one grammar, city time where no zone is named, and nothing but ValueError for the rest."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.times import CITY_ZONE, ClockChangeError, DayFault, day_fault, parse_day, parse_moment, parse_time

HALF_PAST_TWO = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)  # 14:30 in the city
SPELLINGS = (
    "24/11/2026 14:30", " 24/11/2026  14:30 ", "2026-11-24T14:30", "2026-11-24 14:30", "2026-11-24T14:30:00.000",
    "2026-11-24T07:30:00Z", "2026-11-24T14:30:00+07:00", "2026-11-24T14:30:00 07:00", "2026-11-24 14:30 0700",
    "2026-11-24T14:30 07:00", "20261124T143000",
)  # fmt: skip
REFUSED = (
    "x", "hôm qua", "99/99/2026 10:00", "24/11/2026", "24/11/2026 14:30 07:00", "14:30", "2026-11-24T25:00",
    "2026-11-24 14:30 15:45:00", "0001-01-01", "01/01/0001 00:00", "٢٤/١١/٢٠٢٦ 14:30", "1795505400000",
    "24/11/0001 00:00", "1899-12-31", "01/01/2201 07:00", "9999-12-31",
)  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_of_a_moment_is_read(text: str) -> None:
    assert parse_moment(text) == HALF_PAST_TWO


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_moment(text)


def test_a_blank_text_and_a_day_alone() -> None:
    assert parse_moment("") is None and parse_moment(" \t") is None
    assert parse_moment("2026-11-24") == datetime(2026, 11, 24, tzinfo=CITY_ZONE)


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        moment = parse_moment(text)
    except ValueError:
        return
    assert moment is None or moment.tzinfo is UTC


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_local_iso_and_city_spelling_agree(local: datetime) -> None:
    minute = local.replace(second=0, microsecond=0)
    assert (
        parse_moment(f"{minute:%d/%m/%Y %H:%M}") == parse_moment(minute.isoformat()) == minute.replace(tzinfo=CITY_ZONE)
    )


@pytest.mark.parametrize("text", ["24/11/2026", " 24.11.2026 ", "24-11-2026"])
def test_every_spelling_of_a_day_is_read(text: str) -> None:
    assert parse_day(text) == date(2026, 11, 24)


@pytest.mark.parametrize("text", ["", "31/02/2026", "32/13/2026", "2026-11-24", "24/11/26", "01/01/0001", "٢٤/١١/٢٠٢٦"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert parse_day(text) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("31/11/2026", DayFault.NO_SUCH_DAY), ("32.13.2026", DayFault.NO_SUCH_DAY), ("20/12/26", DayFault.SHORT_YEAR),
        (" 1-1-26 ", DayFault.SHORT_YEAR), ("20/12/3026", DayFault.NOT_A_DAY), ("mai", DayFault.NOT_A_DAY),
        ("2026-11-24", DayFault.NOT_A_DAY),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_day_is_told_apart(text: str, fault: DayFault) -> None:
    assert parse_day(text) is None and day_fault(text) is fault


def test_a_moment_of_more_than_a_hundred_characters_is_refused() -> None:
    text = "2026-11-24T14:30:00." + "0" * 80
    assert parse_moment(text) == HALF_PAST_TWO
    with pytest.raises(ValueError):
        parse_moment(text + "0")


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Africa/Casablanca", "2026-02-15"), ("Africa/Casablanca", "2026-03-22"),  # around Ramadan, standard time is +1
        ("Europe/Dublin", "2026-03-29"), ("Europe/Dublin", "2026-10-25"),  # winter time is the exception
        ("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-10-04"),  # by half an hour
        ("Asia/Beirut", "2026-03-29"), ("Asia/Beirut", "2026-10-25"),  # at midnight
        ("Pacific/Apia", "2011-12-30"),  # a day that was left out
    ],
)  # fmt: skip
def test_local_time_is_read_where_the_zone_has_it_once_and_refused_otherwise(zone: str, day: str) -> None:
    place, step = ZoneInfo(zone), timedelta(minutes=10)
    middle = datetime.fromisoformat(day)
    start = middle.replace(tzinfo=UTC) - timedelta(days=3)
    moments = defaultdict[datetime, list[datetime]](list)
    for n in range(7 * 144):
        moments[(start + n * step).astimezone(place).replace(tzinfo=None)].append(start + n * step)
    refused = 0
    for local in (middle - timedelta(days=1) + n * step for n in range(3 * 144)):
        if len(moments[local]) == 1:
            assert [parse_time(local.isoformat(), place)] == moments[local]
        else:
            refused += 1
            with pytest.raises(ClockChangeError):
                parse_time(local.isoformat(), place)
    assert refused in (3, 6, 144)  # half an hour, an hour, a day
