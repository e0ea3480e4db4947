"""The machine is looked at: its disk, its clock's leaps, certificates, backups; and what is no more is let go."""

from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ioc.domain.base.host_health import HostCondition
from ioc.domain.kpis.kpi import Severity
from ioc.poller.host_monitor import HostMonitor, HostProbes
from ioc.snapshot.cache import SnapshotCache
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.timeseries import host_health as kept
from tests.city import source
from tests.poller.test_service import configured

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Usage = namedtuple("Usage", "total used free")


class World:
    """All that is looked at, as the test has it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.now, self.steady = store, NOW, 1000.0
        self.usage, self.clocks = Usage(10**11, 0, 5 * 10**10), dict[str, float]()
        self.certificates: dict[str, datetime] = {}
        self.configuration = configured(replace(source(), key="a"))
        self.folder = folder

    def machine(self, certificate: Callable[[], datetime | None] | None = None) -> HostMonitor:
        place = HostProbes(self.folder, certificate, lambda _: self.usage, lambda: self.steady)
        observed = SimpleNamespace(certificates=self.certificates, clocks=lambda _: self.clocks)
        return HostMonitor(self.store, self.configuration, lambda: self.now, place, cast(Any, observed))

    def passes(self, seconds: float, leap: float = 0) -> None:
        self.now += timedelta(seconds=seconds + leap)
        self.steady += seconds

    def found(self) -> dict[str, HostCondition]:
        with self.store.read() as conn:
            return {one.key: one for one in kept.current(conn)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(Store(f"sqlite:///{tmp_path / 'ioc.db'}")) as made:
        made.migrate()
        yield World(made, tmp_path)


def test_all_is_well_on_a_sound_machine_and_standing_still_costs_nothing(world: World) -> None:
    looked = world.machine()
    assert looked.record() == 4
    assert {one.severity for one in world.found().values()} == {Severity.NORMAL}
    for _ in range(3):
        world.passes(60)
        assert looked.record() == 0


def test_a_filling_disk_is_told_and_the_past_still_shows_it(world: World) -> None:
    looked = world.machine()
    looked.record()
    world.usage = Usage(10**11, 0, 10**9)
    world.passes(60)
    looked.record()
    full = world.now
    world.usage = Usage(10**11, 0, 6 * 10**10)
    world.passes(60)
    looked.record()
    reads = SnapshotCache(world.store, world.configuration, lambda: world.now)
    assert not [one for one in reads.snapshot().attention if one.kind == "host"]
    (one,) = [one for one in reads.at(full).attention if one.kind == "host"]
    assert (one.key, one.severity, one.since) == ("disk", Severity.CRITICAL, full)


@pytest.mark.parametrize("leap", [3600, -3600])
def test_a_leap_of_the_clock_is_told_for_an_hour(world: World, leap: float) -> None:
    looked = world.machine()
    looked.record()
    world.passes(60, leap)
    looked.record()
    assert world.found()["clock"].reason == ("jumped" if leap > 0 else "behind")
    world.passes(3700 if leap > 0 else 3601)
    looked.record()
    assert world.found()["clock"].reason == ""


def test_a_clock_that_went_back_while_nobody_looked_is_told(world: World) -> None:
    with world.store.write() as conn:
        change_counter.bump(conn, {"readings"}, NOW + timedelta(hours=2))
    world.machine().record()
    assert (world.found()["clock"].reason, world.found()["clock"].value) == ("behind", -7200)


def test_the_sources_clocks_are_compared(world: World) -> None:
    world.clocks.update({"a.example": 61.0, "b.example": 58.0, "c.example": 60.0})
    world.machine().record()
    assert (world.found()["clock"].reason, world.found()["clock"].value) == ("off", 60)


def test_certificates_are_read_and_let_go_with_their_source(world: World) -> None:
    world.certificates["a"] = NOW + timedelta(days=3)
    world.machine(lambda: None).record()
    assert world.found()["tls-a"].reason == "ends" and world.found()["certificate"].reason == "unreadable"
    world.certificates.clear()  # as after a new start: it stands until it is seen again
    world.machine().record()
    assert world.found()["tls-a"].reason == "ends" and world.found()["certificate"].is_retired
    world.configuration = configured(replace(source(), key="b"))
    assert world.machine().record() == 1 and world.found()["tls-a"].is_retired
    assert world.machine().record() == 0


def test_a_backup_that_does_not_come_is_told(world: World) -> None:
    world.configuration = replace(world.configuration, backup_every=timedelta(hours=1))
    looked = world.machine()
    with world.store.write() as conn:
        kept.record_backup(conn, NOW - timedelta(hours=3), 10, "ab")
    looked.record()
    assert world.found()["backup"].reason == "old"
    with world.store.write() as conn:
        kept.record_backup(conn, NOW, 10, "ab")
    looked.record()
    assert world.found()["backup"].reason == ""


def test_a_disk_that_cannot_be_measured_hides_nothing_else(world: World) -> None:
    place = HostProbes(world.folder / "gone", None, lambda path: path.stat(), lambda: 0.0)
    observed = cast(Any, SimpleNamespace(certificates={}, clocks=lambda _: {}))
    assert HostMonitor(world.store, world.configuration, lambda: NOW, place, observed).record() == 3
