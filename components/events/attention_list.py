"""The attention list: the strip at the foot of the overview, and the whole list."""

import htpy as h

from components.events.descriptions import place_name, source_names, unavailable_badge
from components.events.overdue_text import overdue_detail, overdue_title
from components.kpi.limits import missed_target_text
from components.kpi.redundancy import disagreement_text
from components.kpi.tile import unit_text
from components.sources.host_health import condition_name, condition_text
from components.sources.provenance import kpi_provenance, register_provenance
from components.ui.error_messages import describe, describe_all
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import badges, drill_badge, source_status, source_status_label
from ioc.domain.base.host_health import HostCondition
from ioc.domain.ingest.health import FAILING_STATES
from ioc.domain.kpis.judgement import is_beyond_limit
from ioc.domain.snapshot import AttentionItem, AttentionKind, EventView, Snapshot, SourceView

STRIP_SIZE = 3


def attention_strip(snapshot: Snapshot, lang: str) -> h.Element:
    """The first STRIP_SIZE items and the number of the others; exercises come last and are not counted."""
    items = snapshot.attention
    rest = sum(not item.is_drill for item in items[STRIP_SIZE:])
    return h.div(".strip")[
        (_notice(item, snapshot, lang) for item in items[:STRIP_SIZE]),
        rest > 0 and _more(rest, lang),
        not items and h.p(".notice.notice-empty")[h.span[mark("normal"), " ", t("overview.nothing", lang)]],
    ]


def attention_list(snapshot: Snapshot, lang: str) -> h.Element:
    """All items; those of exercises under a heading of their own."""
    real = [item for item in snapshot.attention if not item.is_drill]
    drill = [item for item in snapshot.attention if item.is_drill]
    return h.div(".notices")[
        (_notice(view, snapshot, lang) for view in real),
        not real and h.p(".nothing")[mark("normal"), " ", t("overview.nothing", lang)],
        bool(drill) and h.h2(".notices-drill")[drill_badge(lang), " ", t("overview.drill", lang)],
        (_notice(view, snapshot, lang) for view in drill),
    ]


def _more(count: int, lang: str) -> h.Element:
    return h.a(".notice.notice-more", href="/can-chu-y")[t("overview.others", lang, n=count)]


def _notice(item: AttentionItem, snapshot: Snapshot, lang: str) -> h.Element:
    return h.a(class_=["notice", f"sev-{item.severity.value}", item.is_drill and "is-drill"], href=item.link)[
        h.span(".notice-title")[mark(item.severity.value), h.span[_title(item, snapshot, lang)]],
        h.span(".notice-detail")[_detail(item, snapshot, lang)],
        _provenance(item, snapshot, lang),
        h.span(".notice-since")[
            h.span[
                t(
                    "redundancy.data_of" if item.kind is AttentionKind.DISAGREEMENT else "overview.since",
                    lang,
                    time=format_datetime(item.since, snapshot.at),
                )
            ],
            h.span(".age")[" · ", h.time(data_age=item.since.isoformat())],
            _event_sources(item, snapshot, lang),
            badges(lang, simulated=item.is_simulated, drill=item.is_drill, short=True),
        ],
    ]


def _event_sources(item: AttentionItem, snapshot: Snapshot, lang: str) -> h.Element | None:
    """The sources of an event, with a mark when none of them is live."""
    view = _event(item, snapshot)
    if view is None:
        return None
    lost = unavailable_badge(view, lang)
    return h.span(".notice-source")[" · ", lost and [h.b[lost], " · "], source_names(view, snapshot, lang)]


def _provenance(item: AttentionItem, snapshot: Snapshot, lang: str) -> h.Element | None:
    if item.kind is AttentionKind.KPI and (figure := snapshot.figures.get(item.key)):
        return kpi_provenance(figure.kpi, snapshot, lang)
    return register_provenance(lang) if item.kind is AttentionKind.TASK else None


def _title(item: AttentionItem, snapshot: Snapshot, lang: str) -> str:
    """The item's name; of a source its status first, so that a lost gauge does not read as a flood."""
    if condition := _condition(item, snapshot):
        return condition_name(condition, snapshot, lang)
    if event := _event(item, snapshot):
        return event.event.title
    if item.facts:
        return overdue_title(item.facts, item.name, lang)
    if item.kind is AttentionKind.DISAGREEMENT:
        return t("redundancy.sources_disagree", lang, name=item.name.get(lang))
    view = _source(item, snapshot)
    if view is None:
        return _kpi_title(item, snapshot, lang)
    if item.kind is AttentionKind.SCHEMA_DRIFT:
        return t("overview.drift", lang, name=item.name.get(lang))
    word = source_status_label(source_status(view.health), lang)
    return f"{word[:1].upper()}{word[1:]}: {item.name.get(lang)}"


def _kpi_title(item: AttentionItem, snapshot: Snapshot, lang: str) -> str:
    """The name with its limit, which the item holds; where only the target is missed, that."""
    figure, name = snapshot.figures.get(item.key), item.name.get(lang)
    if item.kind is not AttentionKind.KPI or figure is None or is_beyond_limit(figure.kpi, figure.value):
        return name
    missed = missed_target_text(figure.kpi, figure.value, lang)
    return f"{name}: {missed}" if missed else name


def _detail(item: AttentionItem, snapshot: Snapshot, lang: str) -> str:
    """The explanation: value and time of a KPI, failure and owner of a source, extent of an event, and so on."""
    if item.kind is AttentionKind.KPI and (figure := snapshot.figures.get(item.key)):
        kpi, value = figure.kpi, figure.value
        value_label = f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}".strip()
        return (
            t("overview.value_at", lang, value=value_label, time=format_datetime(value.data_time, snapshot.at))
            if value.data_time
            else value_label
        )
    if item.kind is AttentionKind.DISAGREEMENT:
        views = (view for point in snapshot.map_points for view in point.series if view.series.key == item.key)
        series_view = next(views, None)
        return disagreement_text(series_view, snapshot, lang) if series_view else ""
    if condition := _condition(item, snapshot):
        return condition_text(condition, lang)
    if event := _event(item, snapshot):
        return _event_extent(event, snapshot, lang)
    if view := _source(item, snapshot):
        owner = snapshot.agency_names.get(view.source.owner)
        is_drift = item.kind is AttentionKind.SCHEMA_DRIFT
        explanation = describe_all(view.health.drift, lang) if is_drift else _source_failure(view, snapshot, lang)
        return " · ".join(filter(None, (explanation, owner.get(lang) if owner else "")))
    return overdue_detail(item.facts, lang) if item.facts else ""


def _source_failure(view: SourceView, snapshot: Snapshot, lang: str) -> str:
    """Why the source fails, and when it last succeeded."""
    error = view.health.last_error
    why = describe(error, lang) if error and view.health.state in FAILING_STATES else ""
    heard = view.health.last_success
    last = t("overview.last_contact", lang, time=format_datetime(heard, snapshot.at)) if heard else ""
    return " · ".join(filter(None, (why, last)))


def _event_extent(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """From when, until when and where the event applies; the place last, since a narrow notice may cut it off."""
    event, now = view.event, snapshot.at
    named = any(code in snapshot.units for code in event.unit_codes)
    area = place_name(view, snapshot, lang) if named else event.facts.get("area") or place_name(view, snapshot, lang)
    begins = (
        t("map.from", lang, time=format_datetime(event.started, now)) if event.started and event.started > now else ""
    )
    ends = t("events.until", lang, time=format_datetime(event.expires, now)) if event.expires else ""
    return " · ".join(filter(None, (begins, ends, area)))


def _event(item: AttentionItem, snapshot: Snapshot) -> EventView | None:
    if item.kind is not AttentionKind.EVENT:
        return None
    return next((view for view in snapshot.events if view.id == item.key), None)


def _condition(item: AttentionItem, snapshot: Snapshot) -> HostCondition | None:
    if item.kind is not AttentionKind.HOST:
        return None
    return next((condition for condition in snapshot.host_conditions if condition.key == item.key), None)


def _source(item: AttentionItem, snapshot: Snapshot) -> SourceView | None:
    if item.kind not in (AttentionKind.SOURCE, AttentionKind.SCHEMA_DRIFT):
        return None
    return next((view for view in snapshot.sources if view.source.key == item.key), None)
