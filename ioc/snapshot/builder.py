"""Builds one immutable Snapshot from the store, for the present or for a past moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ioc.config.configuration import Configuration
from ioc.domain.base.host_health import HostCondition
from ioc.domain.directives.followed import NO_FOLLOWED_TASKS, FollowedTasks
from ioc.domain.ingest.dropped import DropCounter, DropReason
from ioc.domain.ingest.health import SourceHealth, SourceState, health_at, initial_health
from ioc.domain.ingest.reading import StoredRejection
from ioc.domain.ingest.source import Source
from ioc.domain.kpis.kpi import FigureState, Kpi, KpiValue, Latest
from ioc.domain.kpis.moment import value_at
from ioc.domain.snapshot import KpiFigure, Line, SeriesView, Snapshot, SourceView
from ioc.domain.submissions.submission import Reminder, SubmissionData, SubmissionEvent
from ioc.snapshot.attention import attention_items
from ioc.snapshot.events import event_views
from ioc.snapshot.map_points import MapPointCache
from ioc.storage.db.store import Conn
from ioc.storage.directives.followed import followed_tasks
from ioc.storage.events import camera_images, events
from ioc.storage.events.events import OpenEvents
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import (
    drop_counters,
    host_health,
    kpi_values,
    newest_reading,
    readings,
    rejected_items,
    source_health,
)

LINE_SPAN = timedelta(hours=24)
# Compliance is counted over a year; a period that falls due in it may have ended up to 90 days and some earlier.
SUBMISSIONS_SPAN = timedelta(days=500)
LINE_POINTS = 96
LINE_STEP = LINE_SPAN / LINE_POINTS
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SnapshotData:
    """All rows that a snapshot is built from, as known at one moment."""

    values: Mapping[tuple[str, str], KpiValue]
    healths: Mapping[str, SourceHealth]
    latest: Mapping[str, Latest]
    lines: Mapping[str, Line]
    events: OpenEvents = field(default_factory=OpenEvents)
    submission_events: tuple[SubmissionEvent, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    camera_images: Mapping[str, datetime] = field(default_factory=dict)
    host_conditions: tuple[HostCondition, ...] = ()
    rejected_items: Sequence[StoredRejection] = ()
    dropped: Mapping[DropReason, Mapping[str, DropCounter]] = field(default_factory=dict)
    followed: FollowedTasks = NO_FOLLOWED_TASKS


def load_data(conn: Conn, configuration: Configuration, at: datetime | None, now: datetime) -> SnapshotData:
    """Read everything in the transaction of `conn`; `at` None means the present."""
    station_series = [series.key for source in configuration.sources for series in source.series if series.station]
    latest = (
        readings.latest(conn, station_series) if at is None else newest_reading.latest_known(conn, station_series, at)
    )
    values = kpi_values.current(conn, at)
    cadences = {kpi.key: kpi.cadence for kpi in configuration.kpis}
    event_records = events.open_events(conn, at or now, as_known=at is not None)
    lines = kpi_lines(conn, cadences, at or now, received_by=at)
    since = (at or now) - SUBMISSIONS_SPAN
    submission_events, reminders = submissions.list_events(conn, 0, at, since), submissions.reminders(conn, 0, at)
    image_times = camera_images.taken_times(conn, now) if at is None else {}  # images of the past are not kept
    healths, host_conditions = source_health.current(conn, at), host_health.current(conn, at)
    rejections, dropped = rejected_items.recent(conn, at=at), dropped_counts(conn) if at is None else {}
    return SnapshotData(
        values,
        healths,
        latest,
        lines,
        event_records,
        tuple(submission_events),
        tuple(reminders),
        image_times,
        host_conditions,
        rejections,
        dropped,
        followed_tasks(conn, configuration.register, at, now),
    )


def dropped_counts(conn: Conn) -> dict[DropReason, Mapping[str, DropCounter]]:
    """Dropped data so far: counters by reason and source."""
    return {reason: drop_counters.current(conn, reason) for reason in DropReason}


def with_new_rows(conn: Conn, data: SnapshotData) -> tuple[tuple[SubmissionEvent, ...], tuple[Reminder, ...]]:
    """Submission events and reminders of `data` followed by the rows added since; both logs are append-only."""
    submission_events = submissions.list_events(conn, data.submission_events[-1].id if data.submission_events else 0)
    reminders = submissions.reminders(conn, data.reminders[-1].id if data.reminders else 0)
    return (*data.submission_events, *submission_events), (*data.reminders, *reminders)


def kpi_lines(
    conn: Conn, cadences: Mapping[str, timedelta], end: datetime, received_by: datetime | None = None
) -> dict[str, Line]:
    """The last 24 hours of each KPI, downsampled with extremes kept.

    The start is rounded to the sampling step, so that the points do not move with every call.
    """
    start = end - LINE_SPAN - timedelta(seconds=end.timestamp() % LINE_STEP.total_seconds())
    return {
        key: readings.points(conn, kpi_values.series_key(key), start, end, LINE_POINTS, received_by, cadence)
        for key, cadence in cadences.items()
    }


def build_snapshot(
    data: SnapshotData, configuration: Configuration, points: MapPointCache, now: datetime, version: int, *, live: bool
) -> Snapshot:
    """The Snapshot at `now` from `data`. `points` must belong to the same configuration."""
    source_views = tuple(_source_view(source, data, now, live) for source in configuration.sources)
    values = {key: value_at(value, data.healths, now) for key, value in data.values.items()}
    drills = {key for source in configuration.sources if source.is_drill for key in source.series_units}
    placed = points.points_at(data.latest, values, source_views, now)
    pairs = {
        series_view.series.key: series_view
        for point in placed
        for series_view in point.series
        if series_view.redundant_sources
    }
    figures = {kpi.key: _figure(kpi, values, data.lines, now, drills, pairs) for kpi in configuration.kpis}
    bare = Snapshot(
        at=now,
        version=version,
        is_live=live,
        identity=configuration.identity,
        figures=figures,
        sources=source_views,
        map_points=placed,
        units=configuration.units,
        register=configuration.register,
        agency_names={key: agency.name for key, agency in configuration.agencies.items()},
        events=event_views(data.events.records, {view.source.key: view for view in source_views}, now),
        has_all_events=data.events.has_all,
        camera_image_times=data.camera_images,
        rejections=data.rejected_items,
        drop_counters=data.dropped,
        host_conditions=tuple(condition for condition in data.host_conditions if not condition.is_retired),
        overview_kpis=configuration.overview,
        followed=data.followed,
        kpi_sources=configuration.kpi_sources,
        submissions=SubmissionData(
            configuration.obligations, data.submission_events, data.reminders, configuration.compliance
        ),
    )
    return replace(bare, attention=attention_items(bare))


def _source_view(source: Source, data: SnapshotData, now: datetime, live: bool) -> SourceView:
    health = data.healths.get(source.key) or initial_health(source, now)
    return SourceView(source, health_at(health, source, now, timedelta(0) if live else source_health.LOG_STEP))


def _figure(
    kpi: Kpi,
    values: Mapping[tuple[str, str], KpiValue],
    lines: Mapping[str, Line],
    now: datetime,
    drills: set[str],
    redundant_views: Mapping[str, SeriesView],
) -> KpiFigure:
    value = values.get((kpi.key, "")) or KpiValue(kpi.key, FigureState.NO_DATA, now)
    places = {place: value_of_unit for (key, place), value_of_unit in values.items() if key == kpi.key and place}
    line = lines.get(kpi.key, ())
    # The line is read again each minute; appending every reading would redraw it each time.
    if value.value is not None and value.data_time and (not line or line[-1][0] < value.data_time - LINE_STEP):
        line = (*line, (value.data_time, value.value))
    inputs = (*kpi.formula.inputs, *kpi.formula.denominator)
    redundant = (
        tuple(redundant_views[key] for key in dict.fromkeys(inputs) if key in redundant_views)
        if redundant_views
        else ()
    )
    return KpiFigure(kpi, value, line, places, not drills.isdisjoint(inputs), redundant)


def next_expiry(snapshot: Snapshot, points_until: datetime) -> datetime:
    """The moment after which time alone changes the state of a KPI, a reading or a source of a live snapshot.

    `points_until`: until when its map points are valid.
    """
    figures = (value for each in snapshot.figures.values() for value in (each.value, *each.values_by_place.values()))
    sources = (view for view in snapshot.sources if view.health.state in (SourceState.LIVE, SourceState.LATE))
    expiries = [
        points_until,
        *(value.expires_at for value in figures),
        *(view.health.data_time + view.source.age_limit for view in sources if view.health.data_time),
    ]
    return min(filter(None, expiries))
