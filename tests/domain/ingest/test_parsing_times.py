"""Times that look like another thing: spans, offsets that no zone has, fractions, days with a blank, changed clocks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.parsing import ParseCode, ParseError, names_zone, parse_interval, parse_timestamp

NEW_YORK = ZoneInfo("America/New_York")
HALF_PAST_SEVEN = datetime(2026, 11, 26, 7, 30)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-26 07:30-08:30", "2026-11-26 10:00-11:00", "20260126 0730-0830", "2026-11-26 07:30-08",
        "2026-11-26 07-08", "2026-11-26T07-08", "2026-11-26-10:30", "2026-11-26-07:45", "2026-11-26-05:00",
        "2026-11-26T07:30-08:30", "20261126T0730-0830", "2026-11-26T07:30-08", "2026-11-26T03:00-05:00",
    ],
)  # fmt: skip
def test_span_of_time_is_no_offset(text: str) -> None:
    assert _failure(text) == Failure(ParseCode.NOT_A_TIME, {"text": text})


@pytest.mark.parametrize("offset", ["+00:07", "+07:15", "+14:30", "-12:30", "+15:00", "-13:00", "+07:00:30"])
def test_offset_that_no_zone_has_is_rejected(offset: str) -> None:
    text = f"2026-11-26T07:30:00{offset}"
    assert _failure(text) == Failure(ParseCode.NOT_A_TIME, {"text": text})


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026-11-26T07:30:00-05:00", 12, 30), ("2026-11-26T07:30-05:00", 12, 30), ("2026-11-26T07:30-0500", 12, 30),
        ("2026-11-26 07:30:00-05:00", 12, 30), ("2026-11-26 07:30:00+07:00", 0, 30),
        ("2026-11-26 07:30+07:00", 0, 30), ("2026-11-26 07:30+07", 0, 30), ("2026-11-26T07:30:00+05:45", 1, 45),
        ("2026-11-26T07:30:00-09:30", 17, 0), ("2026-11-26T03:30:00-05:00", 8, 30), ("2026-11-26T05:00-05:00", 10, 0),
        ("2026-11-26 07:30Z", 7, 30), ("20261126T073000.25Z", 7, 30),
    ],
)  # fmt: skip
def test_offset_of_iso_8601_is_read(text: str, hour: int, minute: int) -> None:
    assert parse_timestamp(text).replace(microsecond=0) == datetime(2026, 11, 26, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-26 10.30", "2026-11-26T10,5", "2026-11-26 10:30.5", "07.45", "1030.5"])
def test_only_seconds_have_a_fraction(text: str) -> None:
    assert _failure(text) == Failure(ParseCode.NOT_A_TIME, {"text": text})


@pytest.mark.parametrize("text", ["2026-11-26 ", " 2026-11-26", "20261126 ", "2026-11-26Z "])
def test_day_with_a_blank_lacks_its_time_of_day(text: str) -> None:
    assert _failure(text) == Failure(ParseCode.TIME_OF_DAY_MISSING, {"text": text})


def test_blanks_around_a_complete_time_or_a_slash_are_ignored() -> None:
    assert parse_timestamp(" 2026-11-26T07:30Z ") == HALF_PAST_SEVEN.replace(tzinfo=UTC)
    assert parse_interval("2026-11-26 / 2026-11-27") == parse_interval("2026-11-26/2026-11-27")
    assert parse_timestamp("26/11/2026 ", "%d/%m/%Y") == parse_timestamp("2026-11-26")


@pytest.mark.parametrize(
    ("text", "time_format"),
    [("2026-11-01 01:30", "iso"), ("2026-03-08T02:30:00", "iso"), ("01:30 01/11/2026", "%H:%M %d/%m/%Y")],
)
def test_time_that_the_zone_has_twice_or_not_at_all_is_rejected(text: str, time_format: str) -> None:
    expected = Failure(ParseCode.CLOCK_CHANGE, {"text": text, "zone": "America/New_York"})
    assert _failure(text, time_format, NEW_YORK) == expected
    assert parse_timestamp(text, time_format, CITY_ZONE)


def test_offset_of_the_declared_zone_is_no_span() -> None:
    assert parse_timestamp("2026-11-26T03:00-05:00", zone=NEW_YORK) == datetime(2026, 11, 26, 8, tzinfo=UTC)
    assert _failure("2026-07-26T03:00-05:00", zone=NEW_YORK).code == ParseCode.NOT_A_TIME  # it is -04:00 then


def test_time_with_an_offset_and_a_day_are_read_where_clocks_change() -> None:
    assert parse_timestamp("2026-11-01T01:30-05:00", zone=NEW_YORK) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    beirut = ZoneInfo("Asia/Beirut")  # its clocks go from 00:00 to 01:00
    for text, time_format in (("2026-03-29", "iso"), ("29/03/2026", "%d/%m/%Y")):
        assert parse_timestamp(text, time_format, beirut) == datetime(2026, 3, 28, 22, tzinfo=UTC)


def _failure(text: str, time_format: str = "iso", zone: ZoneInfo = CITY_ZONE) -> Failure:
    with pytest.raises(ParseError) as caught:
        parse_timestamp(text, time_format, zone)
    return caught.value.failure


def test_a_time_of_more_than_a_hundred_characters_is_rejected_and_names_no_zone() -> None:
    text = "2026-11-26T00:30:00.{}Z"
    assert parse_timestamp(text.format("0" * 79)) and names_zone(text.format("0" * 79))
    with pytest.raises(ParseError) as caught:
        parse_timestamp(text.format("0" * 100))
    assert caught.value.failure.code == ParseCode.NOT_A_TIME
    assert not names_zone(text.format("0" * 100))


def test_the_words_of_a_time_format_do_not_count_to_its_hundred_characters() -> None:
    title = "Báo cáo tình hình sản xuất " * 6
    assert parse_timestamp(f"{title}26/11/2026", f"{title}%d/%m/%Y") == parse_timestamp("2026-11-26")


@pytest.mark.parametrize(
    ("text", "time_format"),
    [
        ("27/11/2026 07:30 GMT+7", "%d/%m/%Y %H:%M GMT+7"), ("27/11/2026 07:30 GMT+7", "%d/%m/%Y %H:%M GMT%z"),
        ("27/11/2026, 07:30 (GMT+07:00)", "%d/%m/%Y, %H:%M (GMT%z)"),
        ("7:30 27-11-2026 UTC +7", "%H:%M %d-%m-%Y UTC %z"),
        ("27/11/2026 07:30 +07", "%d/%m/%Y %H:%M %z"), ("2026-11-27 07:30:00 +0700", "%Y-%m-%d %H:%M:%S +0700"),
        ("20261127T003000Z", "%Y%m%dT%H%M%SZ"), ("20261127T0030Z.csv", "%Y%m%dT%H%MZ.csv"),
        ("27/11/2026 00:30 UTC", "%d/%m/%Y %H:%M UTC"), ("27/11/2026 00:30 GMT", "%d/%m/%Y %H:%M %Z"),
    ],
)  # fmt: skip
def test_a_zone_that_the_pattern_states_or_the_text_has_is_that_of_the_time(text: str, time_format: str) -> None:
    expected = datetime(2026, 11, 27, 0, 30, tzinfo=UTC)
    for zone in (CITY_ZONE, NEW_YORK):
        assert parse_timestamp(text, time_format, zone) == expected and names_zone(text, time_format)


@pytest.mark.parametrize(
    "time_format", ["%d/%m/%Y %H:%M", "TRAM-GMTX-%Y%m%d%H%M-0200.csv", "Z%Y%m%d%H%M", "%Y-%m-%d %H:%M A-05:00"]
)
def test_other_words_of_a_pattern_are_no_zone(time_format: str) -> None:
    local = datetime(2026, 11, 27, 7, 30, tzinfo=CITY_ZONE)
    text = local.strftime(time_format)
    assert parse_timestamp(text, time_format) == local and not names_zone(text, time_format)


def test_an_offset_behind_a_name_of_utc_is_never_left_out() -> None:
    for time_format in ("%H:%M %d/%m/%Y %Z", "%H:%M %d/%m/%Y %Z+7"):
        assert _failure("07:30 27/11/2026 GMT+7", time_format).code == ParseCode.NOT_A_TIME


@pytest.mark.parametrize(
    ("text", "time_format"),
    [
        ("24/11/2026 09:00 +19:00", "%d/%m/%Y %H:%M %z"), ("24/11/2026 09:00 GMT+19", "%d/%m/%Y %H:%M GMT%z"),
        ("24/11/2026 09:00 -1300", "%d/%m/%Y %H:%M %z"), ("2026-11-24T09:00:00+19:00", "iso"),
    ],
)  # fmt: skip
def test_offset_that_no_zone_has_is_no_time(text: str, time_format: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_timestamp(text, time_format)
    assert caught.value.failure.code == ParseCode.NOT_A_TIME
