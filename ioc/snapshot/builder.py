"""The read model: one frozen Snapshot from the store, as it is now or as it was at a past moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ioc.config.configuration import Configuration
from ioc.domain.base.host_health import Condition
from ioc.domain.ingest.dropped import GivenUp, Way
from ioc.domain.ingest.health import Health, first
from ioc.domain.ingest.reading import Aside
from ioc.domain.kpis.kpi import Kpi, KpiValue, Latest, State
from ioc.domain.snapshot import Figure, Line, SeriesView, Snapshot, SourceView
from ioc.domain.submissions.submission import Act, HandedIn, Reminder
from ioc.snapshot.alerts import attention
from ioc.snapshot.events import views
from ioc.snapshot.map_points import Points
from ioc.storage.db.store import Conn
from ioc.storage.events import camera_images as pictures
from ioc.storage.events import events
from ioc.storage.events.events import Told
from ioc.storage.submissions import submissions
from ioc.storage.timeseries import drop_counters as given_up
from ioc.storage.timeseries import host_health as machine
from ioc.storage.timeseries import kpi_values, readings, source_health
from ioc.storage.timeseries import rejected_items as refused

LINE_SPAN = timedelta(hours=24)
# What was handed in is looked back on over a year, and over the periods that fell due in it.
HANDED_SPAN = timedelta(days=500)
LINE_POINTS = 96
LINE_STEP = LINE_SPAN / LINE_POINTS


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knew at a moment, before it is put together."""

    values: Mapping[tuple[str, str], KpiValue]
    healths: Mapping[str, Health]
    latest: Mapping[str, Latest]
    lines: Mapping[str, Line]
    events: Sequence[Told] = ()
    acts: tuple[Act, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    pictures: Mapping[str, datetime] = field(default_factory=dict)
    machine: tuple[Condition, ...] = ()
    refused: Sequence[Aside] = ()
    given_up: Mapping[Way, Mapping[str, GivenUp]] = field(default_factory=dict)


def facts(conn: Conn, configuration: Configuration, at: datetime | None, now: datetime) -> Facts:
    """Everything from one consistent view; `at` None: the present."""
    series = [one.key for source in configuration.sources for one in source.series if one.station]
    latest = (
        readings.latest(conn, series)
        if at is None
        else {key: found for key in series if (found := readings.before(conn, key, at))}
    )
    values = kpi_values.current(conn, at)
    drawn = {one.key: one.cadence for one in configuration.kpis}
    told = events.standing(conn, at or now, past=at is not None)
    drawn_lines = lines(conn, drawn, at or now, received_by=at)
    since = (at or now) - HANDED_SPAN
    acts, reminders = submissions.acts(conn, 0, at, since), submissions.reminders(conn, 0, at)
    seen = pictures.taken(conn, now) if at is None else {}  # of the past there are none
    health, under = source_health.current(conn, at), machine.current(conn, at)
    aside, lost = refused.recent(conn, at=at), counts(conn) if at is None else {}
    return Facts(values, health, latest, drawn_lines, told, tuple(acts), tuple(reminders), seen, under, aside, lost)


def counts(conn: Conn) -> dict[Way, Mapping[str, GivenUp]]:
    """How much was given up until now, each way, by source."""
    return {way: given_up.current(conn, way) for way in Way}


def with_news(conn: Conn, held: Facts) -> tuple[tuple[Act, ...], tuple[Reminder, ...]]:
    """What was handed in and who was urged, the newest lines read and the others held: the logs only grow."""
    acts = submissions.acts(conn, held.acts[-1].id if held.acts else 0)
    reminders = submissions.reminders(conn, held.reminders[-1].id if held.reminders else 0)
    return (*held.acts, *acts), (*held.reminders, *reminders)


def lines(
    conn: Conn, cadences: Mapping[str, timedelta], end: datetime, received_by: datetime | None = None
) -> dict[str, Line]:
    """The last 24 hours of each KPI, its extremes kept. They begin at a round time, so that a line stands still."""
    start = end - LINE_SPAN - timedelta(seconds=end.timestamp() % LINE_STEP.total_seconds())
    return {
        key: readings.points(conn, kpi_values.series_of(key), start, end, LINE_POINTS, received_by, cadence)
        for key, cadence in cadences.items()
    }


def assemble(
    known: Facts, configuration: Configuration, points: Points, now: datetime, version: int, *, live: bool
) -> Snapshot:
    """A Snapshot at `now` from what was known then. `points`: of the same configuration."""
    seen = tuple(SourceView(one, known.healths.get(one.key) or first(one, now)) for one in configuration.sources)
    drills = {key for one in configuration.sources if one.drill for key in one.keys}
    placed = points.at(known.latest, known.values, seen, now)
    pairs = {one.series.key: one for point in placed for one in point.series if one.also}
    figures = {one.key: _figure(one, known, now, drills, pairs) for one in configuration.kpis}
    bare = Snapshot(
        at=now,
        version=version,
        live=live,
        identity=configuration.identity,
        figures=figures,
        sources=seen,
        points=placed,
        units=configuration.units,
        register=configuration.register,
        agency_names={key: one.name for key, one in configuration.agencies.items()},
        events=views(known.events, {one.source.key: one for one in seen}, now),
        pictures=known.pictures,
        refused=known.refused,
        given_up=known.given_up,
        machine=tuple(one for one in known.machine if not one.gone),
        overview=configuration.overview,
        handed=HandedIn(configuration.duties, known.acts, known.reminders, configuration.lateness),
    )
    return replace(bare, attention=attention(bare))


def _figure(kpi: Kpi, known: Facts, now: datetime, drills: set[str], pairs: Mapping[str, SeriesView]) -> Figure:
    value = known.values.get((kpi.key, "")) or KpiValue(kpi.key, State.NO_DATA, now)
    places = {place: one for (key, place), one in known.values.items() if key == kpi.key and place}
    line = known.lines.get(kpi.key, ())
    # A line that is read again each minute needs no newer end, which would redraw it with every reading.
    if value.value is not None and value.data_time and (not line or line[-1][0] < value.data_time - LINE_STEP):
        line = (*line, (value.data_time, value.value))
    inputs = (*kpi.formula.inputs, *kpi.formula.to)
    twice = tuple(pairs[key] for key in dict.fromkeys(inputs) if key in pairs) if pairs else ()
    return Figure(kpi, value, line, places, not drills.isdisjoint(inputs), twice)
