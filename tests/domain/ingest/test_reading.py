"""Validation of readings, and times."""

from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import city_date, from_ms, parse_time, to_ms
from ioc.domain.base.units import UnitCode
from ioc.domain.ingest.data_time import latest_value_time
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD, Batch, Reading, RejectedItem, ValidationCode
from ioc.domain.ingest.source import Series
from ioc.domain.ingest.validation import validate_batch

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LEVEL = Series("level", LocalizedText("mực nước"), "m", -3, 4)
SERIES = {"level": LEVEL}


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (Reading("other", NOW, 1.0), ValidationCode.SERIES_NOT_IN_ROW),
        (Reading("level", NOW.replace(tzinfo=None), 1.0), ValidationCode.TIME_WITHOUT_ZONE),
        (Reading("level", NOW + MAX_CLOCK_LEAD + timedelta(seconds=1), 1.0), ValidationCode.TIME_AHEAD),
        (Reading("level", NOW, nan), ParseCode.NUMBER_NOT_FINITE),
        (Reading("level", NOW, inf), ParseCode.NUMBER_NOT_FINITE),
        (Reading("level", NOW, 4.1), ValidationCode.OUT_OF_RANGE),
        (Reading("level", NOW, 1e308), ParseCode.NUMBER_TOO_LARGE),
        (Reading("level", datetime(1, 1, 2, tzinfo=UTC), 1.0), ValidationCode.TIME_TOO_EARLY),
        (Reading("level", NOW, 1.0, "giường", names_unit=True), UnitCode.DIFFERENT_QUANTITY),
        (Reading("level", NOW, 1.0, "giường"), ValidationCode.UNIT_OF_ROW),
        (Reading("level", NOW, 1.0, "furlong"), UnitCode.UNKNOWN),
    ],
)
def test_invalid_reading_is_rejected_with_its_code_and_the_others_are_kept(reading: Reading, code: ErrorCode) -> None:
    result = validate_batch(Batch((reading, Reading("level", NOW - timedelta(hours=1), 186, "cm"))), SERIES, NOW)
    assert [valid.value for valid in result.readings] == [1.86]
    assert [item.failure.code for item in result.rejected_items] == [code]


def test_failure_of_a_value_out_of_range_names_the_range() -> None:
    (item,) = validate_batch(Batch((Reading("level", NOW, 410, "cm"),)), SERIES, NOW).rejected_items
    assert item.failure.params == {"value": 4.1, "low": -3, "high": 4, "unit": "m"} and item.sample == "410 cm"


def test_reading_without_a_value_is_kept() -> None:
    rejected = RejectedItem("row 3", Failure(ParseCode.TIME_MISSING))
    result = validate_batch(Batch((Reading("level", NOW, None),), (rejected,)), SERIES, NOW)
    assert result.readings[0].value is None and result.rejected_items == (rejected,)


@given(st.lists(st.tuples(st.floats(allow_nan=True), st.sampled_from(["", "m", "cm", "g/l", "?"])), max_size=20))
def test_every_reading_is_kept_rejected_or_a_duplicate(items: list[tuple[float, str]]) -> None:
    batch = Batch(tuple(Reading("level", NOW, value, unit) for value, unit in items))
    result = validate_batch(batch, SERIES, NOW)
    assert len(result.readings) + len(result.rejected_items) + result.duplicate_count == len(items)
    assert all(valid.value is not None and LEVEL.low <= valid.value <= LEVEL.high for valid in result.readings)


def test_time_without_a_zone_is_local_and_the_day_ends_at_local_midnight() -> None:
    assert parse_time("2026-11-24T16:18:00") == datetime(2026, 11, 24, 9, 18, tzinfo=UTC)
    assert parse_time("2026-11-24T16:18:00Z") == datetime(2026, 11, 24, 16, 18, tzinfo=UTC)
    assert city_date(datetime(2026, 11, 24, 17, 0, tzinfo=UTC)).isoformat() == "2026-11-25"
    assert latest_value_time(()) is None


@given(st.integers(0, 4_102_444_800_000))
def test_time_survives_conversion_to_milliseconds(moment: int) -> None:
    assert to_ms(from_ms(moment)) == moment


def test_repeated_reading_is_kept_once_and_counted() -> None:
    flood = Batch(tuple(Reading("level", NOW - timedelta(minutes=n % 2), 1.0) for n in range(4000)))
    result = validate_batch(flood, SERIES, NOW)
    assert (len(result.readings), result.duplicate_count, len(result.rejected_items)) == (2, 3998, 0)


def test_of_readings_that_answers_repeat_the_last_keeps_its_place() -> None:
    batch = Batch(tuple(Reading("level", NOW, value, answer=n) for n, value in enumerate((1.0, 2.0, 1.0))))
    assert [reading.value for reading in validate_batch(batch, SERIES, NOW).readings] == [2.0, 1.0]
