"""What web workers read: the newest snapshot, built once when the store has moved, and any past one."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic

from ioc.config.configuration import Configuration, configuration_from_body
from ioc.domain.base.times import Clock, to_ms
from ioc.domain.kpis.evaluation import is_small_cell
from ioc.domain.kpis.kpi import FormulaOp
from ioc.domain.snapshot import Line, Snapshot
from ioc.snapshot.builder import SnapshotData, build_snapshot, dropped_counts, kpi_lines, load_data, with_new_rows
from ioc.snapshot.map_points import MapPointCache
from ioc.storage import config_log
from ioc.storage.db import change_counter as versions
from ioc.storage.db.change_counter import Versions
from ioc.storage.db.store import Conn, Store
from ioc.storage.events import camera_images, events
from ioc.storage.timeseries import host_health, kpi_values, readings, rejected_items, source_health

# The store's version is looked up at most this often; a snapshot is built at most that often, which is a little more
# often than the writer commits.
VERSION_CHECK_SECONDS = 0.05
BUILD_SECONDS = 0.2
# Time itself moves what is shown (a task falls overdue, a source goes late), even if no reading comes.
REFRESH_SECONDS = 30.0
# The lines of 24 hours move slowly: one at a time is read again after this long, all that are twice as old at once.
LINES_SECONDS = 60.0
MAX_REVISIONS = 500  # that are told of one event


class SnapshotCache:
    """Thread-safe. One per web process."""

    def __init__(self, store: Store, configuration: Configuration, clock: Clock) -> None:
        self._store, self._configuration, self._clock = store, configuration, clock
        self._versions_lock, self._build_lock = threading.Lock(), threading.Lock()
        self._versions: Versions | None = None
        self._versions_read_at = self._built_at = float("-inf")
        self._line_read_at: dict[str, float] = {}
        self._points = MapPointCache(configuration)
        self._station_series = [one.key for source in configuration.sources for one in source.series if one.station]
        self._suppressed_series = _find_suppressed_series(configuration)
        self._cadences = _cadences(configuration)
        self._snapshot: Snapshot | None = None
        self._data: SnapshotData | None = None
        self._data_versions: Versions | None = None
        self._data_ms = 0

    def store_versions(self) -> Versions:
        """The store's versions and the poller's heartbeat, at most LOOK_SECONDS old."""
        with self._versions_lock:
            if self._versions is None or monotonic() - self._versions_read_at > VERSION_CHECK_SECONDS:
                with self._store.read() as conn:
                    self._versions = versions.read(conn)
                self._versions_read_at = monotonic()
            return self._versions

    def versions(self) -> tuple[int, int, int]:
        """(store version, heartbeat, newest data time): the last two in epoch milliseconds, 0 for never."""
        shown, seen = self.snapshot(), self.store_versions()
        return shown.version, to_ms(seen.heartbeat_at) if seen.heartbeat_at else 0, self._data_ms

    def snapshot(self) -> Snapshot:
        """The newest snapshot; never older than BUILD_SECONDS when the store has moved."""
        seen = self.store_versions()
        shown = self._snapshot
        if shown is not None and not self._is_due(seen, shown):
            return shown
        # Whoever comes while another thread builds is served what stands.
        if not self._build_lock.acquire(blocking=shown is None):
            return shown or self.snapshot()
        try:
            if self._snapshot is None or self._is_due(self.store_versions(), self._snapshot):
                self._snapshot = self._build_snapshot()
                self._built_at = monotonic()
            return self._snapshot
        finally:
            self._build_lock.release()

    def _is_due(self, seen: Versions, shown: Snapshot) -> bool:
        age = monotonic() - self._built_at
        return age > BUILD_SECONDS and (seen.store != shown.version or age > REFRESH_SECONDS)

    def _build_snapshot(self) -> Snapshot:
        now = self._clock()
        with self._store.read() as conn:
            seen = versions.read(conn)
            known = self._read_data(conn, seen, now)
        self._data, self._data_versions = known, seen
        self._data_ms = max((to_ms(one.data_time) for one in known.healths.values() if one.data_time), default=0)
        return build_snapshot(known, self._configuration, self._points, now, seen.store, live=True)

    def _read_data(self, conn: Conn, seen: Versions, now: datetime) -> SnapshotData:
        """Only the topics that moved are read again."""
        held, old = self._data, self._data_versions
        if held is None or old is None:
            self._line_read_at = dict.fromkeys((one.key for one in self._configuration.kpis), monotonic())
            return load_data(conn, self._configuration, None, now)

        def moved(topic: str) -> bool:
            return seen.topics.get(topic) != old.topics.get(topic)

        return SnapshotData(
            kpi_values.current(conn) if moved("kpis") else held.values,
            source_health.current(conn) if moved("sources") else held.healths,
            readings.latest(conn, self._station_series) if moved("readings") else held.latest,
            {**held.lines, **kpi_lines(conn, self._due_lines(held.lines), now)},
            events.open_events(conn, now) if moved("events") else held.events,
            *(with_new_rows(conn, held) if moved("submissions") else (held.submission_events, held.reminders)),
            camera_images.taken_times(conn, now) if moved("events") else held.camera_images,
            host_conditions=host_health.current(conn) if moved("host_health") else held.host_conditions,
            rejected_items=rejected_items.with_new_items(conn, held.rejected_items)
            if moved("sources")
            else held.rejected_items,
            dropped=dropped_counts(conn) if moved("sources") else held.dropped,
        )

    def _due_lines(self, held: Mapping[str, Line]) -> dict[str, timedelta]:
        """KPIs whose lines are to be read again now, with their cadences; one without may have its past filled now."""
        now = monotonic()
        ages = sorted(((now - at, key) for key, at in self._line_read_at.items()), reverse=True)
        due = [key for n, (age, key) in enumerate(ages) if age > LINES_SECONDS * (2 if n else 1) or not held[key]]
        self._line_read_at |= dict.fromkeys(due, now)
        return {key: self._cadences[kpi_values.series_key(key)] for key in due}

    def at(self, moment: datetime) -> Snapshot:
        """What was shown at a past `moment` (aware), from the logs."""
        with self._store.read() as conn:
            body = config_log.current(conn, moment)
            then = configuration_from_body(body) if body else self._configuration
            known, seen = load_data(conn, then, moment, moment), versions.read(conn)
        return build_snapshot(known, then, MapPointCache(then), moment, seen.store, live=False)

    def phoned_moments(self, series: str, start: datetime, end: datetime) -> list[datetime]:
        """The moments whose readings were told by telephone."""
        with self._store.read() as conn:
            return readings.phoned_moments(conn, series, start, end)

    def revisions(self, source: str, key: str) -> list[events.EventRecord]:
        """What a source told of one event, the newest first."""
        with self._store.read() as conn:
            return events.revisions(conn, source, key, MAX_REVISIONS)

    def history(self, series: str, start: datetime, end: datetime, points: int) -> Line:
        """A line from the store, its extremes kept; what counts too few people to be told is left out of it.

        Of a count that stands in a total nothing is told here: `kpi-<key>-<unit>`, the KPI by unit, says what may be.
        """
        with self._store.read() as conn:
            cadence = self._cadences.get(series, timedelta(0))
            line = readings.points(conn, series, start, end, points, cadence=cadence)
        if series not in self._suppressed_series:
            return line
        whole = self._suppressed_series[series]
        return tuple((at, None if value is None or whole or is_small_cell(value) else value) for at, value in line)


def _cadences(configuration: Configuration) -> Mapping[str, timedelta]:
    """How often a figure is expected: of KPIs, and of what agencies hand in."""
    handed = {
        cell.series.key: timedelta(days=one.cadence.max_days) for one in configuration.obligations for cell in one.cells
    }  # fmt: skip
    return {**handed, **{kpi_values.series_key(one.key): one.cadence for one in configuration.kpis}}


def _find_suppressed_series(configuration: Configuration) -> Mapping[str, bool]:
    """Series of a unit that count people; whether a total is made of them."""
    placed = {one.key for source in configuration.sources for one in source.series if one.place}
    found: dict[str, bool] = {}
    for kpi in configuration.kpis:
        for key in placed.intersection((*kpi.formula.inputs, *kpi.formula.denominator) if kpi.has_small_cells else ()):
            found[key] = found.get(key, False) or kpi.formula.op is FormulaOp.SUM
    return found
