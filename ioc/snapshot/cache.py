"""The snapshot cache of a web process: the newest snapshot, rebuilt when the store changed, and past ones."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from ioc.config.configuration import Configuration, configuration_from_body
from ioc.domain.base.blocking import ensure_may_block
from ioc.domain.base.clock_set_back import CLOCK_TOLERANCE, is_within, was_set_back
from ioc.domain.base.disk_space import DiskSpace
from ioc.domain.base.host_health import HostComponent, HostCondition, disk_condition
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import Clock, city_date, to_ms
from ioc.domain.directives.agency import present_holder
from ioc.domain.directives.followed import FollowedTasks
from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.reading import lies_ahead
from ioc.domain.snapshot import Line, Snapshot
from ioc.snapshot.builder import (
    NEVER,
    SnapshotData,
    build_snapshot,
    dropped_counts,
    kpi_lines,
    load_data,
    next_expiry,
    with_new_rows,
)
from ioc.snapshot.map_points import MapPointCache
from ioc.snapshot.series_history import SeriesHistory
from ioc.snapshot.view import History
from ioc.storage import config_log
from ioc.storage.db import change_counter
from ioc.storage.db.change_counter import Versions
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives.followed import followed_tasks
from ioc.storage.directives.instructions import issued_instructions
from ioc.storage.events import camera_images, events
from ioc.storage.timeseries import host_health, kpi_values, readings, rejected_items, source_health

# Shortest time between two reads of the store's version where a build is due, and between two builds: half the CPU of
# 100 screens is building and drawing. A screen asks once a second, so that it is shown a build of this age at most.
VERSION_CHECK_SECONDS = 0.1
BUILD_SECONDS = 0.4
OLD_SECONDS = 3.0  # the age from which a snapshot is no longer served while another one is built
# Time alone changes what is shown (a task falls overdue, a source goes late): the longest time between two builds.
REFRESH_SECONDS = 30.0
# A 24-hour line is read again after this long, one KPI per build; those twice as old are read at once.
LINES_SECONDS = 60.0
FOLLOWED_SECONDS = 5.0  # shortest time between two counts of the tasks that are followed, which may be 60,000
MAX_REVISIONS = 500  # of one event


class SnapshotCache:
    """Thread-safe. One per web process."""

    def __init__(
        self, store: Store, configuration: Configuration, clock: Clock,
        disk_space: Callable[[], DiskSpace] | None = None,
    ) -> None:  # fmt: skip
        """`disk_space`: of the data folder; asked only while the poller, which records it, does not work."""
        self._store, self._configuration, self._clock = store, configuration, clock
        self._disk_space = disk_space
        self._versions_lock, self._build_lock, self._past_lock = (threading.Lock() for _ in range(3))
        self._past_configurations = _PastConfigurations(configuration)
        self._versions: Versions | None = None
        self._versions_read_at = self._built_at = float("-inf")
        self._line_read_at: dict[str, float] = {}
        self._followed_at, self._is_followed_due = float("-inf"), False
        self._points = MapPointCache(configuration)
        self._station_series = [
            series.key for source in configuration.sources for series in source.series if series.station
        ]
        self._history = SeriesHistory(store, configuration)
        self._snapshot: Snapshot | None = None
        self._data: tuple[SnapshotData, Versions] | None = None
        self._data_ms = 0
        self._expires_at = NEVER

    def store_versions(self) -> Versions:
        """The store's change counters and the poller's heartbeat, at most VERSION_CHECK_SECONDS or a build old."""
        if current := self._recent_versions():
            return current
        ensure_may_block()
        with self._versions_lock:
            if current := self._recent_versions():
                return current
            with self._store.read(quick=True) as conn:
                self._versions = change_counter.read(conn)
            self._versions_read_at = monotonic()
            return self._versions

    def _recent_versions(self) -> Versions | None:
        now = monotonic()
        # Until the next build is due, newer ones would change nothing.
        is_recent = now - self._versions_read_at <= VERSION_CHECK_SECONDS or now - self._built_at <= BUILD_SECONDS
        return self._versions if is_recent else None

    def versions(self) -> tuple[int, int, int]:
        """(store version, heartbeat, newest data time): the last two in epoch milliseconds, 0 for never."""
        current, store_versions = self.snapshot(), self.store_versions()
        heartbeat_ms = to_ms(store_versions.heartbeat_at) if store_versions.heartbeat_at else 0
        return current.version, heartbeat_ms, self._data_ms

    def snapshot(self) -> Snapshot:
        """The newest snapshot, at most BUILD_SECONDS old when the store has moved, OLD_SECONDS while one is built."""
        store_versions = self.store_versions()
        current = self._snapshot
        if current is not None and not self._is_due(store_versions, current):
            return current
        ensure_may_block()
        # While another thread builds, the previous snapshot is served, unless nobody has asked for long.
        if not self._build_lock.acquire(blocking=current is None or self._is_old(current)):
            return current or self.snapshot()
        try:
            if self._snapshot is None or self._is_due(self.store_versions(), self._snapshot):
                self._snapshot = self._build_snapshot()
                self._built_at = monotonic()
            return self._snapshot
        finally:
            self._build_lock.release()

    def last_snapshot(self) -> Snapshot:
        """The snapshot that was built last, of any age: for names, which a running process does not change."""
        return self._snapshot or self.snapshot()

    def _is_due(self, store_versions: Versions, current: Snapshot) -> bool:
        age = monotonic() - self._built_at
        now = self._clock()
        has_changed = store_versions.store != current.version or now > self._expires_at
        has_changed |= was_set_back(current.at, now, CLOCK_TOLERANCE)
        return age > BUILD_SECONDS and (has_changed or age > REFRESH_SECONDS)

    def _is_old(self, current: Snapshot) -> bool:
        is_recent = is_within(timedelta(seconds=OLD_SECONDS), current.at, self._clock(), CLOCK_TOLERANCE)
        return not is_recent or monotonic() - self._built_at > OLD_SECONDS

    def _build_snapshot(self) -> Snapshot:
        now = self._clock()
        with self._store.read(quick=True) as conn:
            store_versions = change_counter.read(conn)
            data = self._read_data(conn, self._data, store_versions, now)
        if self._data is None or data.followed is not self._data[0].followed:
            self._is_followed_due = False  # not before all is read: a count that fails is still due
        self._data = data, store_versions
        times = (health.data_time for health in data.healths.values() if health.data_time)
        newest = max((time for time in times if not lies_ahead(time, now)), default=None)
        self._data_ms = 0 if newest is None else to_ms(newest)
        conditions = self._host_conditions(data.host_conditions, store_versions, now)
        shown = replace(data, host_conditions=conditions)
        snapshot = replace(
            build_snapshot(shown, self._configuration, self._points, now, store_versions.store, live=True),
            topic_versions=store_versions.topics,
        )
        self._expires_at = next_expiry(snapshot, self._points.valid_until())
        return snapshot

    def _host_conditions(
        self, stored: tuple[HostCondition, ...], store_versions: Versions, now: datetime
    ) -> tuple[HostCondition, ...]:
        """The stored conditions; those of a poller that does not work with a disk that is short, if that is why."""
        if self._disk_space is None or store_versions.is_poller_working(now):
            return stored
        try:
            disk = disk_condition(self._disk_space(), now)
        except OSError:
            return stored
        if disk.severity is Severity.NORMAL:
            return stored
        others = (condition for condition in stored if condition.component is not HostComponent.DISK)
        return (disk, *others)

    def _read_data(
        self, conn: Conn, known: tuple[SnapshotData, Versions] | None, store_versions: Versions, now: datetime
    ) -> SnapshotData:
        """Reads again only the topics whose change counter moved since `known`; all where they do not go on from it."""
        if known is None or not store_versions.continues(known[1]):
            self._line_read_at = dict.fromkeys((kpi.key for kpi in self._configuration.kpis), monotonic())
            return load_data(conn, self._configuration, None, now)
        data, previous = known

        def moved(topic: str) -> bool:
            return store_versions.topics.get(topic) != previous.topics.get(topic)

        latest, since = ({}, None) if moved("history") else (data.latest, previous.topics["readings"])
        dropped = dropped_counts(conn) if moved("sources") else data.dropped
        has_rejected = dropped.get(DropReason.REJECTED) != data.dropped.get(DropReason.REJECTED)
        return SnapshotData(
            kpi_values.current(conn) if moved("kpis") else data.values,
            source_health.current(conn) if moved("sources") else data.healths,
            {**latest, **readings.latest(conn, self._station_series, since)} if moved("readings") else data.latest,
            {**data.lines, **kpi_lines(conn, self._due_lines(data.lines, moved("history")), now)},
            events.open_events(conn, now, previous=data.events.records) if moved("events") else data.events,
            *(with_new_rows(conn, data) if moved("submissions") else (data.submission_events, data.reminders)),
            camera_images.taken_times(conn, now) if moved("events") else data.camera_images,
            host_conditions=host_health.current(conn) if moved("host_health") else data.host_conditions,
            # Each item that is stored is counted.
            rejected_items=rejected_items.with_new_items(conn, data.rejected_items)
            if has_rejected
            else data.rejected_items,
            dropped=dropped,
            followed=self._read_followed(conn, data.followed, moved("directives"), now),
        )

    def _read_followed(self, conn: Conn, known: FollowedTasks, has_moved: bool, now: datetime) -> FollowedTasks:
        """Counts again once an act was done or the day has changed, FOLLOWED_SECONDS after the last count."""
        self._is_followed_due |= has_moved or known.day != city_date(now)
        if not self._is_followed_due or monotonic() - self._followed_at < FOLLOWED_SECONDS:
            return known
        self._followed_at = monotonic()
        return followed_tasks(conn, self._configuration.register, None, now)

    def _due_lines(self, lines: Mapping[str, Line], has_new_history: bool) -> dict[str, timedelta]:
        """KPIs whose lines are due, with their cadences. An empty line is always due, and all after a backfill."""
        now = monotonic()
        ages = sorted(((now - at, key) for key, at in self._line_read_at.items()), reverse=True)
        due = [
            key
            for n, (age, key) in enumerate(ages)
            if has_new_history or age > LINES_SECONDS * (2 if n else 1) or not lines[key]
        ]
        self._line_read_at |= dict.fromkeys(due, now)
        return {key: self._history.cadences[kpi_values.series_key(key)] for key in due}

    def at(self, moment: datetime) -> Snapshot:
        """The snapshot of a past `moment` (aware), from the logs and the configuration of that time, one at a time."""
        ensure_may_block()
        with self._past_lock:
            with self._store.read() as conn:
                configuration = self._past_configurations.at(conn, moment)
                data, store_versions = load_data(conn, configuration, moment, moment), change_counter.read(conn)
            return build_snapshot(
                data, configuration, MapPointCache(configuration), moment, store_versions.store, live=False
            )

    def configuration_at(self, moment: datetime) -> Configuration:
        """The configuration in force at `moment` (aware)."""
        with self._store.read() as conn:
            return self._past_configurations.at(conn, moment)

    def phoned_moments(self, series: str, start: datetime, end: datetime) -> list[datetime]:
        """The times of readings that were entered by phone."""
        with self._store.read() as conn:
            return readings.phoned_moments(conn, series, start, end)

    def revisions(self, source: str, key: str) -> list[events.EventRecord]:
        """The newest revisions of one event of a source, at most MAX_REVISIONS."""
        with self._store.read() as conn:
            return events.revisions(conn, source, key, MAX_REVISIONS)

    def instructions(self, pages: Collection[str], at: datetime | None) -> tuple[IssuedInstruction, ...]:
        """The instructions given on `pages` that everybody may see, with the holders of `at` (aware; None: now)."""
        now = self._clock()
        with self._store.read() as conn:
            then = self._configuration if at is None else self._past_configurations.at(conn, at)
            found = issued_instructions(conn, pages, at, now, then.register.due_soon_days)
        holders = (present_holder(then.agencies, each.holder, city_date(at or now)) for each in found)
        return tuple(replace(each, holder=holder) for each, holder in zip(found, holders, strict=True))

    def history_at(self, moment: datetime | None) -> History:
        """`history` as it was known at `moment` (aware; None: now)."""
        return partial(self._history.line, received_by=moment)

    @property
    def history(self) -> History:
        """See SeriesHistory.line."""
        return self._history.line


class _PastConfigurations:
    """Those that were in force, from their log. Thread-safe.

    The last one that was read is kept, and past moments share it: of 500 sources it takes megabytes.
    """

    def __init__(self, current: Configuration) -> None:
        """`current`: stands for those of moments before the log begins."""
        self._current, self._lock = current, threading.Lock()
        self._last: tuple[str, Configuration] | None = None  # the hash of its body

    def at(self, conn: Conn, moment: datetime) -> Configuration:
        """The configuration in force at `moment` (aware)."""
        digest = config_log.current_hash(conn, moment)
        if digest is None:
            return self._current
        with self._lock:
            if self._last is None or self._last[0] != digest:
                self._last = digest, configuration_from_body(config_log.body(conn, digest))
            return self._last[1]
