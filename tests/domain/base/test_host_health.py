"""When the machine's state needs eyes: at each limit, and what a clock can be told by."""

from datetime import UTC, datetime, timedelta

import pytest

from ioc.domain.base.host_health import (
    BYTES_PER_GB,
    backup_condition,
    certificate_condition,
    clock_condition,
    disk_condition,
    retire,
    tls_condition,
)
from ioc.domain.kpis.kpi import Severity

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
DAY = timedelta(days=1)
NORMAL, ATTENTION, CRITICAL = Severity.NORMAL, Severity.ATTENTION, Severity.CRITICAL


@pytest.mark.parametrize(
    ("free", "total", "severity", "value"),
    [
        (50, 100, NORMAL, 50.0), (10, 100, NORMAL, 10.0), (9.9, 100, ATTENTION, 9.9), (2, 100, ATTENTION, 2.0),
        (1.9, 100, CRITICAL, 1.9), (0.99, 4, ATTENTION, 1.0), (0, 100, CRITICAL, 0.0), (0, 0, CRITICAL, 0.0),
    ],
)  # fmt: skip
def test_a_disk(free: float, total: float, severity: Severity, value: float) -> None:
    found = disk_condition(free * BYTES_PER_GB, total * BYTES_PER_GB, NOW)
    assert (found.severity, found.value, found.reason) == (severity, value, "" if severity is NORMAL else "low")


@pytest.mark.parametrize(
    ("offsets", "jumped", "behind", "severity", "value", "why"),
    [
        ({}, 0, 0, NORMAL, None, ""),
        ({"a": 500}, 0, 0, NORMAL, None, ""),  # one host may be wrong itself
        ({"a": 500, "b": 0}, 0, 0, NORMAL, 250, ""),  # two that contradict each other prove nothing
        ({"a": 0.4, "b": -1, "c": 900}, 0, 0, NORMAL, 0, ""),
        ({"a": 95, "b": 92}, 0, 0, ATTENTION, 90, "off"),
        ({"a": -95, "b": -92, "c": 0.1}, 0, 0, ATTENTION, -90, "off"),
        ({"a": 29, "b": 29}, 0, 0, NORMAL, 30, ""),
        ({"a": 0, "b": 0}, -3600, 0, ATTENTION, -3600, "jumped"),
        ({}, 29, 29, NORMAL, None, ""),
        ({}, 0, 31, ATTENTION, -31, "behind"),
    ],
)
def test_a_clock(
    offsets: dict[str, float], jumped: float, behind: float, severity: Severity, value: float | None, why: str
) -> None:
    found = clock_condition(offsets, jumped, behind, NOW)
    assert (found.severity, found.value, found.reason) == (severity, value, why)


@pytest.mark.parametrize(
    ("days", "of_ours", "of_a_source"),
    [(31, NORMAL, NORMAL), (29.9, ATTENTION, NORMAL), (13.9, ATTENTION, ATTENTION), (7, ATTENTION, ATTENTION),
     (6.9, CRITICAL, ATTENTION), (-1, CRITICAL, ATTENTION)],
)  # fmt: skip
def test_certificates(days: float, of_ours: Severity, of_a_source: Severity) -> None:
    ends = NOW + days * DAY
    ours, theirs = certificate_condition(ends, NOW), tls_condition("s", ends, NOW)
    assert (ours.severity, theirs.severity, theirs.key) == (of_ours, of_a_source, "tls-s")
    assert ours.reason == ("" if of_ours is NORMAL else "ended" if days < 0 else "ends")
    assert certificate_condition(None, NOW).reason == "unreadable"


def test_a_backup_may_be_twice_as_old_as_it_should_be() -> None:
    assert backup_condition(NOW - 2 * DAY, None, DAY, NOW).severity is NORMAL
    old = backup_condition(NOW - 2 * DAY - timedelta(seconds=1), None, DAY, NOW)
    assert (old.severity, old.value, old.reason) == (ATTENTION, 48, "old")
    assert backup_condition(None, NOW - 3 * DAY, DAY, NOW).reason == "never"
    assert (
        backup_condition(None, NOW - DAY, DAY, NOW).reason == ""
        and backup_condition(None, None, DAY, NOW).severity is NORMAL
    )


def test_what_is_gone_is_calm_and_keeps_its_key() -> None:
    one = retire(tls_condition("s", NOW, NOW), NOW)
    assert one.is_retired and one.key == "tls-s" and one.severity is NORMAL
