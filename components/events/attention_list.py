"""What needs attention now: the strip at the overview's foot, and the whole list."""

import htpy as h

from components.events.descriptions import place_name, source_names, unavailable_badge
from components.events.overdue_text import overdue_detail, overdue_title
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
from ioc.domain.ingest.health import SourceState
from ioc.domain.snapshot import AttentionItem, AttentionKind, EventView, Snapshot, SourceView

STRIP_SIZE = 3
_FAILED_STATES = frozenset({SourceState.DOWN, SourceState.REFUSED})


def attention_strip(snapshot: Snapshot, lang: str) -> h.Element:
    """The first three, and how many others there are; those of exercises stand after all that is real, uncounted."""
    items = snapshot.attention
    rest = sum(not one.is_drill for one in items[STRIP_SIZE:])
    return h.div(".strip")[
        (_notice(one, snapshot, lang) for one in items[:STRIP_SIZE]),
        rest > 0 and _more(rest, lang),
        not items and h.p(".notice.notice-calm")[h.span[mark("normal"), " ", t("overview.calm", lang)]],
    ]


def attention_list(snapshot: Snapshot, lang: str) -> h.Element:
    """All of them, one below the other; what is of an exercise under a heading of its own."""
    real = [one for one in snapshot.attention if not one.is_drill]
    drill = [one for one in snapshot.attention if one.is_drill]
    return h.div(".notices")[
        (_notice(one, snapshot, lang) for one in real),
        not real and h.p(".nothing")[mark("normal"), " ", t("overview.calm", lang)],
        bool(drill) and h.h2(".notices-drill")[drill_badge(lang), " ", t("overview.drill", lang)],
        (_notice(one, snapshot, lang) for one in drill),
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
                    "redundancy.as_of" if item.kind is AttentionKind.DISAGREEMENT else "overview.since",
                    lang,
                    time=format_datetime(item.since, snapshot.at),
                )
            ],
            h.span(".age")["· ", h.time(data_age=item.since.isoformat())],
            _event_sources(item, snapshot, lang),
            badges(lang, simulated=item.is_simulated, drill=item.is_drill, short=True),
        ],
    ]


def _event_sources(item: AttentionItem, snapshot: Snapshot, lang: str) -> h.Element | None:
    """Who tells of an event and, where that is so, that nobody hears of it any more."""
    view = _event(item, snapshot)
    if view is None:
        return None
    lost = unavailable_badge(view, lang)
    return h.span(".notice-source")["· ", lost and [h.b[lost], " · "], source_names(view, snapshot, lang)]


def _provenance(item: AttentionItem, snapshot: Snapshot, lang: str) -> h.Element | None:
    if item.kind is AttentionKind.KPI and (figure := snapshot.figures.get(item.key)):
        return kpi_provenance(figure.kpi, snapshot, lang)
    return register_provenance(lang) if item.kind is AttentionKind.TASK else None


def _title(item: AttentionItem, snapshot: Snapshot, lang: str) -> str:
    """The name of the thing; of a source its state first: a gauge that is lost must not read as a flood."""
    if condition := _condition(item, snapshot):
        return condition_name(condition, snapshot, lang)
    if event := _event(item, snapshot):
        return event.event.title
    if item.facts:
        return overdue_title(item.facts, item.name, lang)
    if item.kind is AttentionKind.DISAGREEMENT:
        return t("redundancy.disagree", lang, name=item.name.get(lang))
    view = _source(item, snapshot)
    if view is None:
        return item.name.get(lang)
    if item.kind is AttentionKind.SCHEMA_DRIFT:
        return t("overview.unusual", lang, name=item.name.get(lang))
    word = source_status_label(source_status(view.health), lang)
    return f"{word[:1].upper()}{word[1:]}: {item.name.get(lang)}"


def _detail(item: AttentionItem, snapshot: Snapshot, lang: str) -> str:
    """The figure that is beyond its limit, why a source fails, when it was last heard and whose it is, or the item."""
    if item.kind is AttentionKind.KPI and (figure := snapshot.figures.get(item.key)):
        kpi, value = figure.kpi, figure.value
        shown = f"{format_number(value.value, kpi.decimals)} {unit_text(kpi, lang, value.value)}".strip()
        return (
            t("overview.at", lang, value=shown, time=format_datetime(value.data_time, snapshot.at))
            if value.data_time
            else shown
        )
    if item.kind is AttentionKind.DISAGREEMENT:
        seen = (seen for point in snapshot.map_points for seen in point.series if seen.series.key == item.key)
        return disagreement_text(found, snapshot, lang) if (found := next(seen, None)) else ""
    if condition := _condition(item, snapshot):
        return condition_text(condition, lang)
    if event := _event(item, snapshot):
        return _event_extent(event, snapshot, lang)
    if view := _source(item, snapshot):
        owner = snapshot.agency_names.get(view.source.owner)
        is_drift = item.kind is AttentionKind.SCHEMA_DRIFT
        why = describe_all(view.health.drift, lang) if is_drift else _source_failure(view, snapshot, lang)
        return " · ".join(filter(None, (why, owner.get(lang) if owner else "")))
    return overdue_detail(item.facts, lang) if item.facts else ""


def _source_failure(view: SourceView, snapshot: Snapshot, lang: str) -> str:
    """Why it fails, and when it last did not."""
    error = view.health.last_error
    why = describe(error, lang) if error and view.health.state in _FAILED_STATES else ""
    heard = view.health.last_success
    last = t("overview.last_heard", lang, time=format_datetime(heard, snapshot.at)) if heard else ""
    return " · ".join(filter(None, (why, last)))


def _event_extent(view: EventView, snapshot: Snapshot, lang: str) -> str:
    """From when and until when it holds, and where: a narrow notice may cut the latter off."""
    one, now = view.event, snapshot.at
    named = any(code in snapshot.units for code in one.unit_codes)
    area = place_name(view, snapshot, lang) if named else one.facts.get("area") or place_name(view, snapshot, lang)
    begins = t("map.from", lang, time=format_datetime(one.started, now)) if one.started and one.started > now else ""
    ends = t("events.until", lang, time=format_datetime(one.expires, now)) if one.expires else ""
    return " · ".join(filter(None, (begins, ends, area)))


def _event(item: AttentionItem, snapshot: Snapshot) -> EventView | None:
    if item.kind is not AttentionKind.EVENT:
        return None
    return next((view for view in snapshot.events if view.id == item.key), None)


def _condition(item: AttentionItem, snapshot: Snapshot) -> HostCondition | None:
    if item.kind is not AttentionKind.HOST:
        return None
    return next((found for found in snapshot.host_conditions if found.key == item.key), None)


def _source(item: AttentionItem, snapshot: Snapshot) -> SourceView | None:
    if item.kind not in (AttentionKind.SOURCE, AttentionKind.SCHEMA_DRIFT):
        return None
    return next((view for view in snapshot.sources if view.source.key == item.key), None)
