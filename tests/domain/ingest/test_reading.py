"""Units, admission and times: what may be shown, and in which unit."""

from datetime import UTC, datetime, timedelta
from math import inf, isclose, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import untyped
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import city_date, from_ms, parse_time, to_ms
from ioc.domain.base.units import _SPELLINGS, _UNITS, UnknownUnitError, canonical_unit, convert
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD, Batch, Reading, RejectedItem, latest_value_time, validate_batch
from ioc.domain.ingest.source import Series

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LEVEL = Series("level", LocalizedText("mực nước"), "m", -3, 4)
WANTED = {"level": LEVEL}


@pytest.mark.parametrize(
    ("value", "given", "wanted", "expected"),
    [
        (10, "m/s", "km/h", 36),
        (250, "cm", "m", 2.5),
        (0.974, "ratio", "%", 97.4),
        (32, "°F", "°C", 0),
        (25, "oC", "°C", 25),
        (50, "μg/m³", "µg/m³", 50),  # U+03BC against U+00B5
        (0.05, "mg/m³", "µg/m³", 50),
        (4, "psu", "g/l", 4),
        (11965, "tỷ đồng", "đồng", 11965e9),
    ],
)
def test_feeds_units_become_the_series_unit(value: float, given: str, wanted: str, expected: float) -> None:
    assert isclose(convert(value, given, wanted), expected, abs_tol=1e-9)


def test_beds_never_become_dossiers_and_ppm_is_not_mass() -> None:
    for here, there in (("giường", "hồ sơ"), ("m", "°C"), ("ppm", "µg/m³"), ("", "giường")):
        with pytest.raises(UnknownUnitError):
            convert(1, here, there)


@given(st.sampled_from(sorted(_UNITS)), st.sampled_from(sorted(_UNITS)), st.floats(-1e6, 1e6))
def test_conversion_there_and_back_is_the_same(here: str, there: str, value: float) -> None:
    try:
        across = convert(value, here, there)
    except UnknownUnitError:
        return
    assert isclose(convert(across, there, here), value, rel_tol=1e-9, abs_tol=1e-6)


def test_every_spelling_leads_to_a_unit() -> None:
    assert {canonical_unit(spelt) for spelt in _SPELLINGS} <= set(_UNITS)


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (Reading("other", NOW, 1.0), "not in the row"),
        (Reading("level", NOW.replace(tzinfo=None), 1.0), "no zone"),
        (Reading("level", NOW + MAX_CLOCK_LEAD + timedelta(seconds=1), 1.0), "ahead"),
        (Reading("level", NOW, nan), "finite"),
        (Reading("level", NOW, inf), "finite"),
        (Reading("level", NOW, 4.1), "outside"),
        (Reading("level", NOW, 1e308), "too large"),
        (Reading("level", datetime(1, 1, 2, tzinfo=UTC), 1.0), "before 1900"),
        (Reading("level", NOW, 1.0, "giường"), "is not a"),
    ],
)
def test_what_is_not_admitted_is_kept_aside_with_its_reason(reading: Reading, reason: str) -> None:
    kept = validate_batch(Batch((reading, Reading("level", NOW, 186, "cm"))), WANTED, NOW)
    assert [one.value for one in kept.readings] == [1.86]
    assert len(kept.rejected_items) == 1 and reason in kept.rejected_items[0].failure


def test_a_source_may_say_that_it_has_no_value() -> None:
    kept = validate_batch(
        Batch((Reading("level", NOW, None),), (RejectedItem("row 3", untyped("no time")),)), WANTED, NOW
    )
    assert kept.readings[0].value is None
    assert len(kept.rejected_items) == 1


@given(st.lists(st.tuples(st.floats(allow_nan=True), st.sampled_from(["", "m", "cm", "g/l", "?"])), max_size=20))
def test_nothing_is_lost_between_kept_and_refused(items: list[tuple[float, str]]) -> None:
    batch = Batch(tuple(Reading("level", NOW, value, unit) for value, unit in items))
    kept = validate_batch(batch, WANTED, NOW)
    assert len(kept.readings) + len(kept.rejected_items) + kept.duplicate_count == len(items)
    assert all(one.value is not None and LEVEL.low <= one.value <= LEVEL.high for one in kept.readings)


def test_times_without_a_zone_are_the_citys_and_its_day_ends_at_its_midnight() -> None:
    assert parse_time("2026-11-24T16:18:00") == datetime(2026, 11, 24, 9, 18, tzinfo=UTC)
    assert parse_time("2026-11-24T16:18:00Z") == datetime(2026, 11, 24, 16, 18, tzinfo=UTC)
    assert city_date(datetime(2026, 11, 24, 17, 0, tzinfo=UTC)).isoformat() == "2026-11-25"
    assert latest_value_time(()) is None


@given(st.integers(0, 4_102_444_800_000))
def test_milliseconds_there_and_back(moment: int) -> None:
    assert to_ms(from_ms(moment)) == moment


def test_what_an_answer_says_again_is_counted_as_repeated_and_kept_once() -> None:
    flood = Batch(tuple(Reading("level", NOW - timedelta(minutes=n % 2), 1.0) for n in range(4000)))
    kept = validate_batch(flood, WANTED, NOW)
    assert (len(kept.readings), kept.duplicate_count, len(kept.rejected_items)) == (2, 3998, 0)


def test_a_value_that_is_told_last_stands_last_though_it_was_told_before() -> None:
    told = Batch(tuple(Reading("level", NOW, value) for value in (1.0, 2.0, 1.0)))
    assert [one.value for one in validate_batch(told, WANTED, NOW).readings] == [2.0, 1.0]
