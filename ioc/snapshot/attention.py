"""The attention list: severe events, KPIs beyond a limit, lost sources, newly overdue tasks, late submissions.

Most severe first; items of an exercise after all real ones.
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

# Order among items of one severity; within a kind the newest first.
KINDS = ("event", "kpi", "source", "answers", "apart", "machine", "task", "figures")


def attention_items(snapshot: Snapshot) -> tuple[AttentionItem, ...]:
    """All attention items of a snapshot, sorted. A title is the name of the thing; components add the explanation."""
    items = [
        *_events(snapshot),
        *_kpis(snapshot),
        *_sources(snapshot),
        *_schema_drifts(snapshot),
        *_disagreements(snapshot),
        *_host_conditions(snapshot),
        *overdue_task_attention(snapshot.register, snapshot.at),
        *overdue_submission_attention(snapshot.submissions, snapshot.register.agencies, snapshot.at),
    ]
    return tuple(sorted(items, key=_rank))


def _rank(item: AttentionItem) -> tuple[bool, int, int, float]:
    return item.is_drill, -RANK[item.severity], KINDS.index(item.kind), -item.since.timestamp()


def _events(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """Open severe events. An event stays in force until it ends, even while its source is unavailable."""
    for view in snapshot.events:
        event = view.event
        if event.is_severe and event.is_current(snapshot.at):
            link = f"/ban-do?su-kien={quote(view.id, safe='')}" if event.area else f"/su-kien?loai={quote(event.kind)}"
            yield AttentionItem(
                "event",
                view.id,
                event.severity,
                LocalizedText(event.title),
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
            limit = next(limit for limit in figure.kpi.limits if limit.key == value.level)
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
    """Sources that answer, with answers whose structure differs from the learned profile."""
    for view in snapshot.sources:
        source, health = view.source, view.health
        if health.drift and health.state not in LOST_STATES | {SourceState.OFF}:
            since, link = health.drift_since or health.since, f"/nguon#source-{source.key}"
            yield AttentionItem(
                "answers", source.key, Severity.ATTENTION, source.name, LocalizedText(""), since, link,
                source.is_simulated, source.is_drill,
            )  # fmt: skip


def _disagreements(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """Series whose redundant sources disagree, since the older of both readings."""
    pages = {
        series_view.series.key: f"/chi-so/{key}"
        for key, figure in snapshot.figures.items()
        for series_view in figure.redundant_series
    }
    for point in snapshot.map_points:
        for series_view in point.series:
            if series_view.disagreement is not None:
                series, other_time = series_view.series, series_view.disagreement.data_time
                since = min(series_view.data_time or other_time, other_time)
                link = pages.get(series.key, f"/ban-do?don-vi={point.station.place}")
                yield AttentionItem(
                    "apart", series.key, Severity.ATTENTION, series.name, LocalizedText(""), since, link,
                    series_view.is_simulated, series_view.is_drill,
                )  # fmt: skip


def _host_conditions(snapshot: Snapshot) -> Iterator[AttentionItem]:
    for condition in snapshot.host_conditions:
        if condition.severity is not Severity.NORMAL:
            yield AttentionItem(
                "machine",
                condition.key,
                condition.severity,
                COMPONENT_NAMES[condition.component],
                LocalizedText(""),
                condition.since,
                "/can-chu-y#may",
            )
