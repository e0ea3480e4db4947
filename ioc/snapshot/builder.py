"""The read model: one frozen Snapshot from the store, as it is now or as it was at a past moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ioc.config.configuration import Configuration
from ioc.domain.base.host_health import HostCondition
from ioc.domain.ingest.dropped import DropCounter, DropReason
from ioc.domain.ingest.health import SourceHealth, initial_health
from ioc.domain.ingest.reading import StoredRejection
from ioc.domain.kpis.kpi import FigureState, Kpi, KpiValue, Latest
from ioc.domain.snapshot import KpiFigure, Line, SeriesView, Snapshot, SourceView
from ioc.domain.submissions.submission import Reminder, SubmissionData, SubmissionEvent
from ioc.snapshot.attention import attention_items
from ioc.snapshot.events import event_views
from ioc.snapshot.map_points import MapPointCache
from ioc.storage.db.store import Conn
from ioc.storage.events import camera_images as pictures
from ioc.storage.events import events
from ioc.storage.events.events import EventRecord
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import drop_counters as given_up
from ioc.storage.timeseries import host_health as machine
from ioc.storage.timeseries import kpi_values, readings, source_health
from ioc.storage.timeseries import rejected_items as refused

LINE_SPAN = timedelta(hours=24)
# What was handed in is looked back on over a year, and over the periods that fell due in it.
SUBMISSIONS_SPAN = timedelta(days=500)
LINE_POINTS = 96
LINE_STEP = LINE_SPAN / LINE_POINTS


@dataclass(frozen=True, slots=True)
class SnapshotData:
    """What the store knew at a moment, before it is put together."""

    values: Mapping[tuple[str, str], KpiValue]
    healths: Mapping[str, SourceHealth]
    latest: Mapping[str, Latest]
    lines: Mapping[str, Line]
    events: Sequence[EventRecord] = ()
    submission_events: tuple[SubmissionEvent, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    camera_images: Mapping[str, datetime] = field(default_factory=dict)
    host_conditions: tuple[HostCondition, ...] = ()
    rejected_items: Sequence[StoredRejection] = ()
    dropped: Mapping[DropReason, Mapping[str, DropCounter]] = field(default_factory=dict)


def load_data(conn: Conn, configuration: Configuration, at: datetime | None, now: datetime) -> SnapshotData:
    """Everything from one consistent view; `at` None: the present."""
    series = [one.key for source in configuration.sources for one in source.series if one.station]
    latest = (
        readings.latest(conn, series)
        if at is None
        else {key: found for key in series if (found := readings.latest_before(conn, key, at))}
    )
    values = kpi_values.current(conn, at)
    drawn = {one.key: one.cadence for one in configuration.kpis}
    told = events.open_events(conn, at or now, as_known=at is not None)
    drawn_lines = kpi_lines(conn, drawn, at or now, received_by=at)
    since = (at or now) - SUBMISSIONS_SPAN
    acts, reminders = submissions.list_events(conn, 0, at, since), submissions.reminders(conn, 0, at)
    seen = pictures.taken_times(conn, now) if at is None else {}  # of the past there are none
    health, under = source_health.current(conn, at), machine.current(conn, at)
    aside, lost = refused.recent(conn, at=at), dropped_counts(conn) if at is None else {}
    return SnapshotData(
        values, health, latest, drawn_lines, told, tuple(acts), tuple(reminders), seen, under, aside, lost
    )


def dropped_counts(conn: Conn) -> dict[DropReason, Mapping[str, DropCounter]]:
    """How much was given up until now, each way, by source."""
    return {way: given_up.current(conn, way) for way in DropReason}


def with_new_rows(conn: Conn, data: SnapshotData) -> tuple[tuple[SubmissionEvent, ...], tuple[Reminder, ...]]:
    """What was handed in and who was urged, the newest lines read and the others held: the logs only grow."""
    acts = submissions.list_events(conn, data.submission_events[-1].id if data.submission_events else 0)
    reminders = submissions.reminders(conn, data.reminders[-1].id if data.reminders else 0)
    return (*data.submission_events, *acts), (*data.reminders, *reminders)


def kpi_lines(
    conn: Conn, cadences: Mapping[str, timedelta], end: datetime, received_by: datetime | None = None
) -> dict[str, Line]:
    """The last 24 hours of each KPI, its extremes kept. They begin at a round time, so that a line stands still."""
    start = end - LINE_SPAN - timedelta(seconds=end.timestamp() % LINE_STEP.total_seconds())
    return {
        key: readings.points(conn, kpi_values.series_key(key), start, end, LINE_POINTS, received_by, cadence)
        for key, cadence in cadences.items()
    }


def build_snapshot(
    data: SnapshotData, configuration: Configuration, points: MapPointCache, now: datetime, version: int, *, live: bool
) -> Snapshot:
    """A Snapshot at `now` from what was known then. `points`: of the same configuration."""
    seen = tuple(
        SourceView(one, data.healths.get(one.key) or initial_health(one, now)) for one in configuration.sources
    )
    drills = {key for one in configuration.sources if one.is_drill for key in one.series_keys}
    placed = points.points_at(data.latest, data.values, seen, now)
    pairs = {one.series.key: one for point in placed for one in point.series if one.redundant_sources}
    figures = {one.key: _figure(one, data, now, drills, pairs) for one in configuration.kpis}
    bare = Snapshot(
        at=now,
        version=version,
        is_live=live,
        identity=configuration.identity,
        figures=figures,
        sources=seen,
        map_points=placed,
        units=configuration.units,
        register=configuration.register,
        agency_names={key: one.name for key, one in configuration.agencies.items()},
        events=event_views(data.events, {one.source.key: one for one in seen}, now),
        camera_image_times=data.camera_images,
        rejections=data.rejected_items,
        drop_counters=data.dropped,
        host_conditions=tuple(one for one in data.host_conditions if not one.is_retired),
        overview_kpis=configuration.overview,
        submissions=SubmissionData(
            configuration.obligations, data.submission_events, data.reminders, configuration.compliance
        ),
    )
    return replace(bare, attention=attention_items(bare))


def _figure(
    kpi: Kpi, data: SnapshotData, now: datetime, drills: set[str], redundant_views: Mapping[str, SeriesView]
) -> KpiFigure:
    value = data.values.get((kpi.key, "")) or KpiValue(kpi.key, FigureState.NO_DATA, now)
    places = {place: one for (key, place), one in data.values.items() if key == kpi.key and place}
    line = data.lines.get(kpi.key, ())
    # A line that is read again each minute needs no newer end, which would redraw it with every reading.
    if value.value is not None and value.data_time and (not line or line[-1][0] < value.data_time - LINE_STEP):
        line = (*line, (value.data_time, value.value))
    inputs = (*kpi.formula.inputs, *kpi.formula.denominator)
    twice = (
        tuple(redundant_views[key] for key in dict.fromkeys(inputs) if key in redundant_views)
        if redundant_views
        else ()
    )
    return KpiFigure(kpi, value, line, places, not drills.isdisjoint(inputs), twice)
