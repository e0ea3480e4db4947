"""Conditions of the host: the severity at each limit, and when a clock counts as wrong."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ioc.domain.base.disk_space import DiskSpace, disk_space
from ioc.domain.base.host_health import (
    BYTES_PER_GB,
    backup_condition,
    certificate_condition,
    clock_condition,
    disk_condition,
    retire,
    tls_condition,
    writing_condition,
)
from ioc.domain.base.severity import Severity
from ioc.domain.ingest.dropped import single_drop

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
def test_disk_severity_follows_the_free_space(free: float, total: float, severity: Severity, value: float) -> None:
    condition = disk_condition(DiskSpace(free * BYTES_PER_GB, total * BYTES_PER_GB), NOW)
    assert (condition.severity, condition.value, condition.reason) == (
        severity,
        value,
        "" if severity is NORMAL else "low",
    )


@pytest.mark.parametrize(
    ("free", "free_inodes", "inodes", "severity", "percent", "reason"),
    [
        (50, 10, 100, NORMAL, 50, ""), (50, 9, 100, ATTENTION, 9, "inodes"), (50, 1, 100, CRITICAL, 1, "inodes"),
        (50, 0, 0, NORMAL, 50, ""),  # a file system without such a limit
        (5, 9, 100, ATTENTION, 5, "low"), (5, 1, 100, CRITICAL, 1, "inodes"), (1, 5, 100, CRITICAL, 1, "low"),
    ],
)  # fmt: skip
def test_disk_severity_follows_what_is_scarcer(
    free: float, free_inodes: int, inodes: int, severity: Severity, percent: float, reason: str
) -> None:
    disk = DiskSpace(free * BYTES_PER_GB, 100 * BYTES_PER_GB, free_inodes, inodes)
    condition = disk_condition(disk, NOW)
    assert (condition.severity, condition.free_percent, condition.reason) == (severity, percent, reason)
    assert condition.value == free


def test_disk_space_is_that_of_the_whole_disk(tmp_path: Path) -> None:
    disk, usage = disk_space(tmp_path), shutil.disk_usage(tmp_path)
    assert disk.total == usage.total and 0 < disk.free <= disk.total
    assert 0 <= disk.free_inodes <= disk.inodes


@pytest.mark.parametrize(
    ("offsets", "jumped", "behind", "severity", "value", "reason"),
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
def test_clock_is_wrong_when_most_hosts_agree_or_it_jumped(
    offsets: dict[str, float], jumped: float, behind: float, severity: Severity, value: float | None, reason: str
) -> None:
    condition = clock_condition(offsets, jumped, behind, NOW)
    assert (condition.severity, condition.value, condition.reason) == (severity, value, reason)


@pytest.mark.parametrize(
    ("days", "of_the_proxy", "of_a_source"),
    [(31, NORMAL, NORMAL), (29.9, ATTENTION, NORMAL), (13.9, ATTENTION, ATTENTION), (7, ATTENTION, ATTENTION),
     (6.9, CRITICAL, ATTENTION), (-1, CRITICAL, ATTENTION)],
)  # fmt: skip
def test_certificate_severity_follows_the_days_left(days: float, of_the_proxy: Severity, of_a_source: Severity) -> None:
    expires_at = NOW + days * DAY
    proxy, source = certificate_condition(expires_at, NOW), tls_condition("s", expires_at, NOW)
    assert (proxy.severity, source.severity, source.key) == (of_the_proxy, of_a_source, "tls-s")
    assert proxy.reason == ("" if of_the_proxy is NORMAL else "ended" if days < 0 else "ends")
    assert certificate_condition(None, NOW).reason == "unreadable"


def test_backup_is_late_after_twice_its_interval() -> None:
    assert backup_condition(NOW - 2 * DAY + timedelta(seconds=1), None, DAY, NOW).severity is NORMAL
    old = backup_condition(NOW - 2 * DAY, None, DAY, NOW)
    assert (old.severity, old.value, old.reason) == (ATTENTION, 48, "old")
    assert backup_condition(None, NOW - 3 * DAY, DAY, NOW).reason == "never"
    assert backup_condition(None, NOW - DAY, DAY, NOW).reason == ""
    assert backup_condition(None, None, DAY, NOW).severity is NORMAL


def test_a_time_that_a_clock_set_back_puts_into_the_future_counts_as_recent_for_no_condition() -> None:
    ahead = NOW + timedelta(hours=3)
    assert backup_condition(ahead, None, DAY, NOW).reason == "old"
    assert backup_condition(None, ahead, DAY, NOW).reason == "never"
    assert writing_condition([single_drop("a", 3, ahead)], NOW).severity is NORMAL
    assert writing_condition([single_drop("a", 3, NOW + timedelta(seconds=5))], NOW).severity is ATTENTION


def test_retired_condition_is_normal_and_keeps_its_key() -> None:
    condition = retire(tls_condition("s", NOW, NOW), NOW)
    assert condition.is_retired and condition.key == "tls-s" and condition.severity is NORMAL
