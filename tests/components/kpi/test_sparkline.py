"""The sparkline: gaps, limits, last value."""

from datetime import timedelta

from components.kpi.sparkline import sparkline
from tests.city import NOW, line


def test_gap_starts_a_new_path() -> None:
    stroke = str(sparkline(line(1.2, 0.8))).split("spark-last")[0]
    assert stroke.count("M") == 2


def test_near_limit_is_drawn_and_far_one_omitted() -> None:
    assert "spark-limit" in str(sparkline(line(1.2, 0.8), 1.8))
    assert "spark-limit" not in str(sparkline(line(1.2, 0.8), 50.0))


def test_fewer_than_two_values_give_no_sparkline() -> None:
    assert sparkline(()) is None
    assert sparkline(((NOW, 1.0), (NOW + timedelta(hours=1), None))) is None


def test_flat_line_is_centred() -> None:
    flat = tuple((NOW + timedelta(minutes=n), 0.0) for n in range(3))
    assert "M0 50h0L240 50L480 50" in str(sparkline(flat))


def test_last_value_is_a_dot() -> None:
    broken = ((NOW, 1.0), (NOW + timedelta(hours=1), 2.0), (NOW + timedelta(hours=2), None))
    assert 'class="spark-last" d="M240 8h0"' in str(sparkline(broken))
    assert 'class="spark-last" d="M480 92h0"' in str(sparkline(((NOW, 2.0), (NOW + timedelta(hours=1), 1.0))))
