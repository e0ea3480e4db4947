"""The attention list: severe events, KPIs, lost sources, newly overdue tasks, overdue submissions, late instructions.

Of the KPIs those beyond a limit, or short of a target whose row marks that. The most serious first; drills after
everything real.
"""

from collections.abc import Iterator
from urllib.parse import quote

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.progress import overdue_task_attention
from ioc.domain.ingest.health import LOST_STATES, SourceState
from ioc.domain.kpis.judgement import is_beyond_limit
from ioc.domain.kpis.kpi import RANK, Severity
from ioc.domain.snapshot import AttentionItem, AttentionKind, Snapshot
from ioc.domain.submissions.overdue_alerts import overdue_submission_attention

_ORDER = {kind: n for n, kind in enumerate(AttentionKind)}


def attention_items(snapshot: Snapshot) -> tuple[AttentionItem, ...]:
    """All items, by severity, kind and age, the newest of each kind first."""
    items = [
        *_events(snapshot),
        *_kpis(snapshot),
        *_sources(snapshot),
        *_schema_drifts(snapshot),
        *_disagreements(snapshot),
        *_host_conditions(snapshot),
        *overdue_task_attention(snapshot.register, snapshot.at),
        *overdue_submission_attention(snapshot.submissions, snapshot.register.agencies, snapshot.at),
        *_followed(snapshot),
    ]
    return tuple(sorted(items, key=_rank))


def _rank(item: AttentionItem) -> tuple[bool, int, int, float]:
    return item.is_drill, -RANK[item.severity], _ORDER[item.kind], -item.since.timestamp()


def _events(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """Open severe events, also while their source is lost: they are in force until they end."""
    for view in snapshot.events:
        event = view.event
        if event.is_severe and event.is_current(snapshot.at):
            link = f"/ban-do?su-kien={quote(view.id, safe='')}" if event.area else f"/su-kien?loai={quote(event.kind)}"
            yield AttentionItem(
                AttentionKind.EVENT,
                view.id,
                event.severity,
                view.visible_since(snapshot.at),
                link,
                LocalizedText(event.title),
                view.is_simulated,
                view.is_drill,
            )


def _kpis(snapshot: Snapshot) -> Iterator[AttentionItem]:
    for key, figure in snapshot.figures.items():
        value = figure.value
        if value.severity is not Severity.NORMAL:
            name = figure.kpi.name
            limit = next((limit for limit in figure.kpi.limits if limit.key == value.level), None)
            if limit is not None and is_beyond_limit(figure.kpi, value):
                name = LocalizedText(f"{name.vi}: {limit.name.vi}", f"{name.get('en')}: {limit.name.get('en')}")
            yield AttentionItem(
                AttentionKind.KPI,
                key,
                value.severity,
                value.since,
                f"/chi-so/{key}",
                name,
                value.is_simulated,
                figure.is_drill,
            )


def _sources(snapshot: Snapshot) -> Iterator[AttentionItem]:
    for view in snapshot.sources:
        source, health = view.source, view.health
        if health.state in LOST_STATES:
            yield AttentionItem(
                AttentionKind.SOURCE,
                source.key,
                Severity.ATTENTION,
                health.since,
                "/nguon",
                source.name,
                source.is_simulated,
                source.is_drill,
            )


def _schema_drifts(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """Sources that answer, but otherwise than before."""
    for view in snapshot.sources:
        source, health = view.source, view.health
        if health.drift and health.state not in LOST_STATES | {SourceState.OFF}:
            yield AttentionItem(
                AttentionKind.SCHEMA_DRIFT,
                source.key,
                Severity.ATTENTION,
                health.drift_since or health.since,
                f"/nguon#source-{source.key}",
                source.name,
                source.is_simulated,
                source.is_drill,
            )


def _disagreements(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """Redundant sources that disagree, since the older of both values."""
    kpi_pages = {
        view.series.key: f"/chi-so/{key}"
        for key, figure in snapshot.figures.items()
        for view in figure.redundant_series
    }
    for point in snapshot.map_points:
        for view in point.series:
            if view.disagreement is not None:
                data_time = view.disagreement.data_time
                yield AttentionItem(
                    AttentionKind.DISAGREEMENT,
                    view.series.key,
                    Severity.ATTENTION,
                    min(view.data_time or data_time, data_time),
                    kpi_pages.get(view.series.key, f"/ban-do?don-vi={point.station.place}"),
                    view.series.name,
                    view.is_simulated,
                    view.is_drill,
                )


def _host_conditions(snapshot: Snapshot) -> Iterator[AttentionItem]:
    for condition in snapshot.host_conditions:
        if condition.severity is not Severity.NORMAL:
            yield AttentionItem(
                AttentionKind.HOST, condition.key, condition.severity, condition.since, "/can-chu-y#may"
            )


def _followed(snapshot: Snapshot) -> Iterator[AttentionItem]:
    """How many tasks are newly overdue, and how many instructions wait too long for a number.

    Numbers alone: what an instruction says is for the Office and who gave it.
    """
    followed = snapshot.followed
    found = (
        (AttentionKind.FOLLOWED_TASKS, "/chi-dao", followed.newly_overdue),
        (AttentionKind.INSTRUCTIONS, "/can-chu-y", followed.late_instructions),
    )
    for kind, link, counts in found:
        for each in counts:
            key = "simulated" if each.is_simulated else "official"
            yield AttentionItem(
                kind, key, Severity.ATTENTION, each.since, link, is_simulated=each.is_simulated, facts=each
            )
