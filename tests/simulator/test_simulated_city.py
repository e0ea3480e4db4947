"""The simulated city: its values follow from seed and time, and are plausible for Cần Thơ."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from statistics import fmean

import pytest

from simulator import tide
from simulator.city import feeds, series_models, value
from simulator.noise import DAY, ZONE, hour_of
from simulator.places import PHUONG, UNITS

SEED = 2322
SPRING = datetime(2026, 11, 25, tzinfo=UTC).timestamp()
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def peaks(start: float, days: float) -> list[float]:
    """The times of high water, to five minutes."""
    times = [start + n * 300 for n in range(int(days * 288))]
    levels = [tide.harmonic(t) for t in times]
    return [times[n] for n in range(1, len(times) - 1) if levels[n - 1] < levels[n] >= levels[n + 1]]


def test_same_seed_and_moment_give_the_same_value() -> None:
    first = {key: value(key, NOON, SEED) for key in series_models()}
    assert first == {key: value(key, NOON, SEED) for key in reversed(list(series_models()))}


def test_another_seed_gives_other_values() -> None:
    same = [key for key in series_models() if value(key, NOON, SEED) == value(key, NOON, SEED + 1)]
    assert len(same) < len(series_models()) * 0.6  # counts of few and plans may agree


def test_every_series_has_one_source_and_a_finite_value() -> None:
    assert sum(len(feed.series_models) for feed in feeds().values()) == len(series_models())
    assert 250 <= len(series_models()) <= 500
    assert all(isfinite(value(key, NOON, SEED)) for key in series_models())


def test_there_are_103_unit_codes() -> None:
    assert (len(PHUONG), len(UNITS), len(set(UNITS))) == (31, 103, 103)


def test_spring_tide_has_two_high_waters_a_day_at_their_hours() -> None:
    times = peaks(SPRING - ZONE - DAY, 3)
    assert len(times) == 6
    assert all(4 <= hour_of(t) <= 8 or 16 <= hour_of(t) <= 20 for t in times)


def test_november_spring_tide_is_near_alarm_level_three_and_neap_tide_is_lower() -> None:
    spring = [tide.level(SEED, t) for t in peaks(SPRING - 2 * DAY, 4)]
    neap = [tide.level(SEED, t) for t in peaks(SPRING + 5.5 * DAY, 4)]
    assert 1.85 <= max(spring) <= 2.1
    assert max(neap) < max(spring) - 0.3


def test_spring_tide_returns_after_half_a_synodic_month() -> None:
    tops = [max(tide.harmonic(t) for t in range(int(day), int(day + DAY), 600)) - min(
        tide.harmonic(t) for t in range(int(day), int(day + DAY), 600)
    ) for day in (SPRING + n * DAY for n in range(-20, 21))]  # fmt: skip
    hills = [n - 20 for n in range(1, len(tops) - 1) if tops[n - 1] < tops[n] > tops[n + 1]]
    assert all(12 <= later - sooner <= 18 for sooner, later in pairwise(hills))
    assert 2 <= len(hills) <= 4


def test_water_level_changes_smoothly() -> None:
    levels = [tide.level(SEED, SPRING + 5 * n) for n in range(17_280)]
    assert max(abs(level - next_level) for level, next_level in pairwise(levels)) < 0.01


def test_salinity_falls_inland_and_rises_in_the_dry_season() -> None:
    order = ("tran-de", "long-phu", "dai-ngai", "an-lac-tay", "cai-con", "tra-noc")
    now = [value(f"salt-{name}-gl", NOON, SEED) for name in order]
    assert now == sorted(now, reverse=True)
    march, september = (datetime(2026, month, 18, 5, tzinfo=UTC) for month in (3, 9))
    assert value("salt-dai-ngai-gl", march, SEED) > 4 > value("salt-dai-ngai-gl", september, SEED)
    assert value("salt-line-km", march, SEED) > value("salt-line-km", september, SEED) + 15


def test_salinity_is_below_four_beyond_the_salt_line() -> None:
    from simulator.water import SALT, salt_line

    line = salt_line(SEED, SPRING)
    beyond = [name for name, km in SALT.items() if km > line + 1]
    assert all(value(f"{name}-gl", datetime.fromtimestamp(SPRING, UTC), SEED) < 4.2 for name in beyond)


def _mean_speed(moment: datetime) -> float:
    return fmean(value(key, moment, SEED) for key in series_models() if key.endswith("-speed"))


def test_traffic_is_slow_in_the_rush_hour_and_fast_at_night() -> None:
    rush, night = (datetime(2026, 11, 24, hour, 15, tzinfo=UTC) for hour in (10, 19))
    assert 15 < _mean_speed(rush) < 27 < _mean_speed(night)


def test_wet_season_has_more_rain() -> None:
    def rainfall(month: int) -> float:
        days = [datetime(2026, month, day, tzinfo=UTC) for day in range(1, 29)]
        return sum(value("rain-ninh-kieu-day", day, SEED) for day in days)

    assert rainfall(9) > rainfall(2) + 40


def test_rain_of_a_day_is_the_sum_of_its_hours() -> None:
    """The hourly value of the weather service is the sum of that hour, not the rate at its end."""
    end = datetime(2026, 9, 12, 17, tzinfo=UTC)
    hours = [value("weather-ninh-kieu-precipitation", end - timedelta(hours=n), SEED) for n in range(24)]
    assert sum(hours) == pytest.approx(value("rain-ninh-kieu-day", end, SEED), abs=1.2) and sum(hours) > 0


def test_rates_and_totals_are_within_plausible_ranges() -> None:
    def ratio(over: str, under: str) -> float:
        return value(over, NOON, SEED) / value(under, NOON, SEED) * 100

    assert 95 <= ratio("dossiers-on-time-week", "dossiers-done-week") <= 100
    assert 85 <= ratio("reports-on-time-count", "reports-under") <= 100
    assert 10 <= sum(value(key, NOON, SEED) for key in series_models() if key.startswith("reports-pending-")) <= 70
    assert 300 <= sum(value(key, NOON, SEED) for key in series_models() if key.endswith("-free")) <= 600


def test_service_score_is_100_minus_the_mean_loss_of_the_communes() -> None:
    parts = sum(value(f"service-{part}", NOON, SEED) for part in ("openness", "handling", "digitising", "online",
                                                               "satisfaction"))  # fmt: skip
    lost = fmean(value(f"service-lost-{code}", NOON, SEED) for code in UNITS)
    assert parts == pytest.approx(100 - lost, abs=0.1)


def test_dossiers_of_the_day_grow_until_midnight() -> None:
    start = NOON.timestamp() // DAY * DAY - ZONE
    done = [series_models()["dossiers-done-today"].value_at(SEED, start + n * 1800) for n in range(48)]
    assert done[0] == 0 and done == sorted(done) and done[-1] > 1000
