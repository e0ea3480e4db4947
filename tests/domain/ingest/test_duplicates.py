"""Several readings of one series at one moment, under two names, and nulls that end an answer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.ingest.duplicates import DuplicateRule
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import Batch, Reading, RejectedItem, ValidationCode, of_answer
from ioc.domain.ingest.source import Series
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.failures import codes, failures

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SERIES = {key: Series(key, LocalizedText(key), "m", -3, 5) for key in ("level", "other")}
STEP = timedelta(minutes=10)


def validate(*readings: Reading, rule: DuplicateRule | None = None, interval: timedelta = STEP) -> Batch:
    return validate_batch(Batch(readings), SERIES, NOW, duplicates=rule, interval=interval)


def values(batch: Batch) -> list[float | None]:
    return [reading.value for reading in batch.readings]


def level(minutes: float, value: float | None, **fields: object) -> Reading:
    """A reading so many minutes before NOW."""
    return Reading("level", NOW - timedelta(minutes=minutes), value, **fields)  # type: ignore[arg-type]


def test_two_values_at_one_moment_are_rejected_with_both_named() -> None:
    batch = validate(level(0, 1.0), level(0, 2.0), level(10, 3.0))
    assert values(batch) == [3.0] and codes(batch) == [ValidationCode.VALUES_DIFFER] * 2
    first, second = (item.failure.params for item in batch.rejected_items)
    assert (first["first"], first["second"]) == (1.0, 2.0) == (second["second"], second["first"])
    assert first["time"] == NOW and first["unit"] == "m"


def test_two_of_the_different_values_are_named_with_their_places() -> None:
    cells = [level(0, 1.0, place="S!C2"), level(10, 3.0), level(0, 2.0), level(0, 4.0, place="S!C9"), level(0, 1.0)]
    found = [item.failure.params for item in validate(*cells).rejected_items]
    places = [(one["first_place"], one["second_place"], one["n"], one["series"]) for one in found]
    assert places == [("S!C2", "#3", 3, "level"), ("#3", "S!C2", 3, "level"), ("S!C9", "S!C2", 3, "level")]


def test_value_out_of_range_makes_the_other_one_doubtful() -> None:
    batch = validate(level(0, 350.0), level(0, 2.0))
    assert values(batch) == [] and codes(batch) == [ValidationCode.VALUES_DIFFER] * 2


def test_equal_values_in_different_units_are_one_and_the_doubtful_one_stays() -> None:
    batch = validate(level(0, 186, unit="cm"), level(0, 1.86), level(0, 1.86, quality="suspect"))
    assert [(reading.value, reading.quality) for reading in batch.readings] == [(1.86, "suspect")]
    assert batch.duplicate_count == 2 and not batch.rejected_items


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(DuplicateRule.FIRST, 2.0), (DuplicateRule.LAST, 1.0), (DuplicateRule.MAX, 3.0), (DuplicateRule.MIN, 1.0)],
)
def test_row_decides_which_value_wins(rule: DuplicateRule, expected: float) -> None:
    batch = validate(level(0, 2.0), level(0, 3.0), level(0, 350.0), level(0, 1.0), rule=rule)
    assert values(batch) == [expected] and batch.duplicate_count == 2
    assert codes(batch) == [ValidationCode.OUT_OF_RANGE]


def test_later_answer_corrects_an_earlier_one() -> None:
    batch = validate(level(0, 1.0), *of_answer([level(0, 2.0)], 1))
    assert values(batch) == [1.0, 2.0] and not batch.rejected_items


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-5, 7), st.sampled_from(["m", "cm", "qqq"])), max_size=12),
    st.sampled_from([None, *DuplicateRule]),
)
def test_series_has_at_most_one_value_at_a_moment_and_nothing_is_lost(
    items: list[tuple[int, float, str]], rule: DuplicateRule | None
) -> None:
    batch = validate(*(level(minute, value, unit=unit) for minute, value, unit in items), rule=rule)
    assert len({reading.observed for reading in batch.readings}) == len(batch.readings)
    assert len(batch.readings) + len(batch.rejected_items) + batch.duplicate_count == len(items)


@pytest.mark.parametrize(
    ("first", "second", "is_clash"),
    [
        ("Đầm Dơi", "Dam Doi", True),
        ("CT-01", "CT 01", True),
        ("ct01", "CT01", True),
        ("Đầm", "Đầm", False),
        ("Mực  nước ", "Mực nước", False),  # spaces
        ("Mực", "Mu\u031b\u0323c", False),  # composed and decomposed
        ("d", "d\0", False),  # fills a field
        ("d", "d\0 \0", False),
        ("d", "\ufeffd\u200b", False),
        ("d", "\u2068d\u2069", False),
        ("d", "\u202ad\u202c", False),
        ("", "A", False),
    ],
)
def test_two_names_of_one_series_are_rejected(first: str, second: str, is_clash: bool) -> None:
    batch = validate(level(0, 1.0, name=first), level(10, 2.0, name=second), Reading("other", NOW, 3.0))
    assert codes(batch) == [ValidationCode.NAMES_OF_ONE_SERIES] * (2 * is_clash)
    assert values(batch) == ([3.0] if is_clash else [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("points", "kept"),
    [
        # KiWIS: a second after the last value.
        ([(30, 1.0), (20, 1.1), (10, 1.2), (10 - 1 / 60, None)], [1.0, 1.1, 1.2]),
        ([(10, 1.2), (10 - 1 / 60, None)], [1.2]),
        ([(10, 1.2), (10 - 1 / 60, None), (0, None)], [1.2, None]),
        # The step of the series has no value.
        ([(30, 1.0), (20, 1.1), (10, None)], [1.0, 1.1, None]),
        ([(20, 1.1), (10, None)], [1.1, None]),
        ([(30, 1.0), (20, None), (10, 1.2), (0, None)], [1.0, None, 1.2, None]),
        # A null and a value at one moment.
        ([(10, None), (10, 1.2)], [1.2]),
        # No value at all.
        ([(10, None), (0, None)], [None, None]),
    ],
)
def test_null_that_ends_an_answer_is_a_gap_mark_within_the_step(
    points: list[tuple[float, float | None]], kept: list[float | None]
) -> None:
    batch = validate(*(level(minutes, value) for minutes, value in points))
    assert values(batch) == kept and batch.gap_mark_count == len(points) - len(kept)


@pytest.mark.parametrize("observed", [datetime(1, 1, 1, tzinfo=UTC), NOW + timedelta(days=9), datetime(1970, 1, 1)])
@pytest.mark.parametrize("value", [1.2, None])
def test_reading_that_is_rejected_makes_no_null_a_gap_mark(observed: datetime, value: float | None) -> None:
    """The unset time of a program, year 1, made the step of the series 2,000 years."""
    batch = validate(Reading("level", observed, value), level(5, 1.88), level(0, None))
    assert values(batch) == [1.88, None] and batch.gap_mark_count == 0 and len(batch.rejected_items) == 1


def test_a_value_that_cannot_be_read_shows_the_step_too() -> None:
    unread = RejectedItem("", Failure(ParseCode.NOT_A_NUMBER), readings=(level(20, None),))
    readings = (level(25, 1.2), level(15, 1.4), level(8, None))
    batch = validate_batch(Batch(readings, (unread,)), SERIES, NOW)
    assert values(batch) == [1.2, 1.4, None] and batch.gap_mark_count == 0


@pytest.mark.parametrize("value", [1.2, None])
@pytest.mark.parametrize(("distance", "kept"), [(5.0, [1.88, None]), (1 / 60, [1.88])])
def test_reading_of_another_year_shows_no_step(value: float | None, distance: float, kept: list[float | None]) -> None:
    """Of a clock that was not set: it is stored with its time, but says nothing of how often there are values."""
    old = Reading("level", datetime(1970, 1, 1, tzinfo=UTC), value)
    batch = validate(old, level(5, 1.88), level(5 - distance, None))
    assert values(batch) == [value, *kept]


def test_null_of_a_later_answer_takes_the_value_away() -> None:
    batch = validate(level(10, 1.2), *of_answer([level(10 - 1 / 60, None)], 1))
    assert values(batch) == [1.2, None] and batch.gap_mark_count == 0


@given(st.integers(2, 8), st.integers(1, 3600), st.integers(1, 7200))
def test_null_counts_from_one_step_after_the_last_value_on(count: int, step: int, distance: int) -> None:
    last = NOW - timedelta(seconds=distance)
    times = [last - timedelta(seconds=step * n) for n in range(count)]
    batch = validate(*(Reading("level", time, 1.0) for time in times), Reading("level", NOW, None))
    assert batch.gap_mark_count == (distance < step)
    assert (None in values(batch)) is (distance >= step)


@given(st.lists(st.sampled_from([1.0, None]), min_size=3, max_size=12))
def test_null_on_the_grid_of_a_series_is_never_a_gap_mark(grid: list[float | None]) -> None:
    batch = validate(*(level(10 * (len(grid) - n), value) for n, value in enumerate(grid)))
    assert values(batch) == grid


@pytest.mark.parametrize("unknown", [level(0, 2.0, unit="qqq"), level(0, 2.0, unit="°C"), level(0, float("nan"))])
def test_value_beside_one_that_cannot_be_converted_is_rejected(unknown: Reading) -> None:
    batch = validate(level(0, 1.0), level(0, 1.0), unknown, level(10, 3.0))
    assert values(batch) == [3.0] and batch.duplicate_count == 1
    own, other = sorted(failures(batch), key=lambda one: one.code != ValidationCode.OTHER_VALUE_REJECTED)
    assert own.params == {"time": NOW, "cause": other}
    decided = validate(level(0, 1.0), unknown, rule=DuplicateRule.LAST)
    assert values(decided) == [1.0] and failures(decided) == [other]


def test_value_beside_one_of_another_answer_that_cannot_be_converted_stays() -> None:
    batch = validate(level(0, 2.0, unit="qqq"), *of_answer([level(0, 1.0)], 1))
    assert values(batch) == [1.0] and len(batch.rejected_items) == 1
