"""Times without signs between their parts: as texts and numbers, and never as Unix times."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.compact_time import compact_pattern
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_timestamp

PATTERNS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@pytest.mark.parametrize("kind", [int, float])
@pytest.mark.parametrize("value", [20261127, 2026112712, 202611271200, 20261127120000])
def test_number_is_read_by_a_pattern_as_its_text_is(value: int, kind: type) -> None:
    pattern = PATTERNS[len(str(value))]
    assert parse_timestamp(kind(value), pattern) == parse_timestamp(str(value), pattern)
    assert compact_pattern(kind(value)) == compact_pattern(str(value)) == pattern


@pytest.mark.parametrize(
    ("value", "pattern"),
    [(1112026, "%d%m%Y"), (92026, "%m%Y"), (20261127, "%Y-%m-%d"), (2026112, "%Y%m%d"), (20261127.5, "%Y%m%d"),
     (True, "%Y%m%d"), (202, "iso")],
)  # fmt: skip
def test_number_that_has_lost_zeros_is_not_read_by_a_pattern(value: Any, pattern: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_timestamp(value, pattern)
    assert caught.value.failure.code == ParseCode.NOT_A_TIME


@pytest.mark.parametrize("time_format", ["unix", "unix_ms"])
@pytest.mark.parametrize("value", ["20261127", 20261127, "202611271200", 202611271200, 20261127120000])
def test_compact_time_is_no_unix_time(value: Any, time_format: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_timestamp(value, time_format)
    expected = {"text": str(value), "pattern": PATTERNS[len(str(value))]}
    assert caught.value.failure == Failure(ParseCode.COMPACT_TIME, expected)


@pytest.mark.parametrize("value", ["20261327", "2026112725", 19991231, 1795780800, 1795780800000, True, 2.5, None, "a"])
def test_other_values_are_no_compact_times(value: Any) -> None:
    assert not compact_pattern(value)


def test_unix_times_of_ten_and_thirteen_digits_stay() -> None:
    assert parse_timestamp(1795780800, "unix") == datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert parse_timestamp(1795780800000, "unix_ms") == datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert parse_timestamp(2026112712, "unix").year == 2034
