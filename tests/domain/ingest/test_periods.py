"""Times that name a period are read as its start or its end, and nothing else is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_end, parse_interval, parse_timestamp
from ioc.domain.ingest.periods import PERIOD_FORMATS, period_bound

CITY = ZoneInfo("Asia/Ho_Chi_Minh")


def days_of(value: Any) -> tuple[str, str]:
    """The first day of a period and that of the next one."""
    start, end = (period_bound(value, name, UTC) for name in PERIOD_FORMATS)
    return f"{start:%Y-%m-%d}", f"{end + timedelta(seconds=1):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("value", "first", "following"),
    [
        *((text, "2014-07-01", "2014-10-01") for text in (
            "2014Q3", "2014-Q3", "2014 q3", "Q3/2014", "Q3-2014", "Q3 2014", "quý III/2014", "Quý 3/2014",
            "QUÝ III NĂM 2014", "quý 3 năm 2014", "quy3/2014", "2014 quý III",
        )),
        ("Q4/2014", "2014-10-01", "2015-01-01"), ("quý IV/2014", "2014-10-01", "2015-01-01"),
        *((text, "2014-08-04", "2014-08-11") for text in (
            "2014-W32", "2014W32", "W32/2014", "tuần 32/2014", "Tuần 32 năm 2014",
        )),
        ("2020-W53", "2020-12-28", "2021-01-04"), ("2015-W01", "2014-12-29", "2015-01-05"),
        *((text, "2014-07-01", "2014-08-01") for text in (
            "201407", 201407, "2014-07", "2014M07", "07/2014", "7/2014", "tháng 7/2014", "Tháng 7 năm 2014", "T7/2014",
        )),
        ("12/2014", "2014-12-01", "2015-01-01"),
        ("2014S1", "2014-01-01", "2014-07-01"), ("2014-H2", "2014-07-01", "2015-01-01"),
        ("6 tháng đầu năm 2014", "2014-01-01", "2014-07-01"), ("6 tháng cuối năm 2014", "2014-07-01", "2015-01-01"),
        ("2014", "2014-01-01", "2015-01-01"), (2014, "2014-01-01", "2015-01-01"),
        ("năm 2014", "2014-01-01", "2015-01-01"),
    ],
)  # fmt: skip
def test_periods(value: Any, first: str, following: str) -> None:
    assert days_of(value) == (first, following)


@pytest.mark.parametrize(
    "value",
    [
        "2014Q5", "2014Q0", "Q3", "2014-W54", "2021-W53", "2014-W00", "201413", "13/2014", "0/2014", "1814Q3",
        "2014Q33", "3014", 14, "2014S3", "2014-07-01", "Q3/14", "quý 3", "", "tuần 2014", 20140701, 2014.0, True,
        [2014], None,
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", PERIOD_FORMATS)
def test_other_texts_are_rejected(value: Any, name: str) -> None:
    with pytest.raises(ParseError):
        parse_timestamp(value, name)


def test_bounds_are_of_the_zone() -> None:
    assert parse_timestamp("2014Q3", "period_start", CITY) == datetime(2014, 7, 1, tzinfo=CITY)
    assert parse_timestamp("2014Q3", "period_end", CITY) == datetime(2014, 9, 30, 23, 59, 59, tzinfo=CITY)
    assert parse_end("Q3/2014", "period_end", CITY) == datetime(2014, 9, 30, 23, 59, 59, tzinfo=CITY)
    assert parse_interval("Q3/2014", "period_start", CITY)[0] == datetime(2014, 7, 1, tzinfo=CITY)


def test_a_period_is_no_time_without_the_format() -> None:
    with pytest.raises(ParseError) as error:
        parse_timestamp("2014Q3")
    assert error.value.failure.code == ParseCode.NOT_A_TIME


@given(st.text() | st.from_regex(r"[0-9QWqý/ -]{1,12}"))
def test_any_text_is_a_period_or_rejected(text: str) -> None:
    try:
        start, end = (parse_timestamp(text, name) for name in PERIOD_FORMATS)
    except ParseError:
        return
    assert timedelta(days=6) < end - start < timedelta(days=367)
