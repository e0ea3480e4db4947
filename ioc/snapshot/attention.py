"""What needs eyes now: grave events, KPIs beyond a limit, sources lost, tasks newly overdue, figures late.

Most serious first; what is of an exercise after all that is real.
"""

from collections.abc import Iterator
from urllib.parse import quote

from ioc.domain.base.host_health import COMPONENT_NAMES
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.progress import overdue_task_attention
from ioc.domain.ingest.health import LOST_STATES, SourceState
from ioc.domain.kpis.kpi import RANK, Severity
from ioc.domain.snapshot import AttentionItem, Snapshot
from ioc.domain.submissions.overdue_alerts import overdue_submission_attention

# Among equals: what is told to happen, what the city's figures say, what is not seen or not believed, what ails the
# machine, then what is late; the newest of each first.
KINDS = ("event", "kpi", "source", "answers", "apart", "machine", "task", "figures")


def attention_items(snapshot: Snapshot) -> tuple[AttentionItem, ...]:
    """The list at the foot of the overview. Titles are names of things; the drawing adds the words about them."""
    found = [
        *_events(snapshot),
        *_kpis(snapshot),
        *_sources(snapshot),
        *_schema_drifts(snapshot),
        *_disagreements(snapshot),
        *_host_conditions(snapshot),
        *overdue_task_attention(snapshot.register, snapshot.at),
        *overdue_submission_attention(snapshot.submissions, snapshot.register.agencies, snapshot.at),
    ]
    return tuple(sorted(found, key=_rank))


def _rank(one: AttentionItem) -> tuple[bool, int, int, float]:
    return one.is_drill, -RANK[one.severity], KINDS.index(one.kind), -one.since.timestamp()


def _events(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """Those that stand and are grave, also while nobody hears of their source: they are in force until they end."""
    for view in snapshot.events:
        one = view.event
        if one.is_severe and one.is_current(snapshot.at):
            link = f"/ban-do?su-kien={quote(view.id, safe='')}" if one.area else f"/su-kien?loai={quote(one.kind)}"
            yield AttentionItem(
                "event",
                view.id,
                one.severity,
                LocalizedText(one.title),
                LocalizedText(""),
                view.visible_since(snapshot.at),
                link,
                view.is_simulated,
                view.is_drill,
            )


def _kpis(snapshot: Snapshot) -> Iterator[AttentionItem]:
    for key, figure in snapshot.figures.items():
        value = figure.value
        if value.severity is not Severity.NORMAL:
            limit = next(one for one in figure.kpi.limits if one.key == value.level)
            name = figure.kpi.name
            title = LocalizedText(f"{name.vi}: {limit.name.vi}", f"{name.get('en')}: {limit.name.get('en')}")
            link = f"/chi-so/{key}"
            yield AttentionItem(
                "kpi",
                key,
                value.severity,
                title,
                LocalizedText(""),
                value.since,
                link,
                value.is_simulated,
                figure.is_drill,
            )


def _sources(snapshot: Snapshot) -> Iterator[AttentionItem]:
    for view in snapshot.sources:
        if view.health.state in LOST_STATES:
            source, since = view.source, view.health.since
            yield AttentionItem(
                "source",
                source.key,
                Severity.ATTENTION,
                source.name,
                LocalizedText(""),
                since,
                "/nguon",
                source.is_simulated,
                source.is_drill,
            )


def _schema_drifts(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """Sources that are heard, and whose answers are not what they were."""
    for view in snapshot.sources:
        source, health = view.source, view.health
        if health.drift and health.state not in LOST_STATES | {SourceState.OFF}:
            since, link = health.drift_since or health.since, f"/nguon#source-{source.key}"
            yield AttentionItem(
                "answers", source.key, Severity.ATTENTION, source.name, LocalizedText(""), since, link,
                source.is_simulated, source.is_drill,
            )  # fmt: skip


def _disagreements(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """What two sources tell differently, known since the older of both figures."""
    pages = {
        one.series.key: f"/chi-so/{key}" for key, figure in snapshot.figures.items() for one in figure.redundant_series
    }
    for point in snapshot.map_points:
        for one in point.series:
            if one.disagreement is not None:
                since = min(one.data_time or one.disagreement.data_time, one.disagreement.data_time)
                link = pages.get(one.series.key, f"/ban-do?don-vi={point.station.place}")
                yield AttentionItem(
                    "apart", one.series.key, Severity.ATTENTION, one.series.name, LocalizedText(""), since, link,
                    one.is_simulated, one.is_drill,
                )  # fmt: skip


def _host_conditions(snapshot: Snapshot) -> Iterator[AttentionItem]:
    for one in snapshot.host_conditions:
        if one.severity is not Severity.NORMAL:
            yield AttentionItem(
                "machine",
                one.key,
                one.severity,
                COMPONENT_NAMES[one.component],
                LocalizedText(""),
                one.since,
                "/can-chu-y#may",
            )
