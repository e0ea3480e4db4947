"""What tests of the cache of snapshots share."""

import pytest

from ioc.snapshot import cache


@pytest.fixture
def build_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request of a snapshot builds a new one."""
    monkeypatch.setattr(cache, "BUILD_SECONDS", 0.0)
    monkeypatch.setattr(cache, "VERSION_CHECK_SECONDS", 0.0)
