"""The attention list: the strip at the foot of the overview, and the whole list."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

import htpy as h
from markupsafe import Markup

from components.directives.instruction import AttachedFigure, instruction_link
from components.directives.instruction_list import issued_instructions
from components.events.attention_groups import (
    Group,
    attention_event,
    attention_groups,
    attention_source,
    group_detail,
    group_link,
    group_title,
    remaining_kinds,
)
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
from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.ingest.health import FAILING_STATES
from ioc.domain.kpis.judgement import is_beyond_limit
from ioc.domain.snapshot import AttentionItem, AttentionKind, EventView, OverdueTask, Snapshot, SourceView

STRIP_SIZE = 3


def attention_strip(snapshot: Snapshot, lang: str) -> h.Element:
    """The first STRIP_SIZE groups and the numbers of the others; exercises come last and are not counted."""
    groups = attention_groups(snapshot, lang)
    rest = [group for group in groups[STRIP_SIZE:] if not group[0].is_drill]
    differences = _differences(snapshot, lang)
    return h.div(".strip")[
        (
            _group_notice(group, snapshot, lang)
            if len(group) > 1
            else _notice(group[0], snapshot, lang, differences.get(group[0], ""))
            for group in groups[:STRIP_SIZE]
        ),
        bool(rest) and _more(rest, lang),
        not groups and h.p(".notice.notice-empty")[h.span[mark("normal"), " ", t("overview.nothing", lang)]],
    ]


def attention_list(snapshot: Snapshot, lang: str, given: Sequence[IssuedInstruction] = ()) -> h.Element:
    """All items with the instructions that were `given` about them; exercises under a heading of their own."""
    real = [item for item in snapshot.attention if not item.is_drill]
    drill = [item for item in snapshot.attention if item.is_drill]
    differences = _differences(snapshot, lang)

    def row(item: AttentionItem) -> h.Element:
        notice = _notice(item, snapshot, lang, differences.get(item, ""))
        own = [each for each in given if (each.origin.page, each.origin.subject) == (item.link, item.key)]
        about = issued_instructions(own, snapshot.register.agencies, lang, with_title=False)
        return h.div(".notice-row")[notice, instruction_link(item_page(item), lang), about]

    return h.div(".notices")[
        map(row, real),
        not real and h.p(".nothing")[mark("normal"), " ", t("overview.nothing", lang)],
        bool(drill) and h.h2(".notices-drill")[drill_badge(lang), " ", t("overview.drill", lang)],
        map(row, drill),
    ]


def item_page(item: AttentionItem) -> str:
    """The address that means this one item: the page with its details may hold several."""
    return f"/can-chu-y?{urlencode({'muc': f'{item.kind.value} {item.key}'})}"


def attached_item(page: str, snapshot: Snapshot, lang: str) -> AttachedFigure | None:
    """What the list says of the item that `page` means at the moment of `snapshot`; None for any other page."""
    for item in snapshot.attention:
        if item_page(item) == page:
            simulated = t("common.simulated_short", lang) if item.is_simulated else ""
            drill = t("common.drill", lang) if item.is_drill else ""
            text = " · ".join(filter(None, (_detail(item, snapshot, lang), simulated, drill)))
            return AttachedFigure(item.link, item.key, _title(item, snapshot, lang), text, _owner(item, snapshot))
    return None


def _owner(item: AttentionItem, snapshot: Snapshot) -> str:
    """Key of the agency that answers for a KPI or a source; "" of other items."""
    match item.kind:
        case AttentionKind.KPI if item.key in snapshot.figures:
            return snapshot.figures[item.key].kpi.owner
        case AttentionKind.SOURCE if item.key in snapshot.sources_by_key:
            return snapshot.sources_by_key[item.key].source.owner
    return ""


def _more(rest: Sequence[Group], lang: str) -> h.Element:
    return h.a(".notice.notice-more", href="/can-chu-y")[
        h.span[t("overview.others", lang, n=format_number(sum(map(len, rest))))], remaining_kinds(rest, lang)
    ]


def _group_notice(group: Group, snapshot: Snapshot, lang: str) -> h.Element:
    """One card of several items that are alike; its severity is that of the gravest, its time the earliest."""
    gravest, since = group[0], min(item.since for item in group)
    return h.a(
        class_=["notice", f"sev-{gravest.severity.value}", gravest.is_drill and "is-drill"],
        href=group_link(group, snapshot),
    )[
        h.span(".notice-title")[mark(gravest.severity.value), h.span[group_title(group, snapshot, lang)]],
        h.span(".notice-detail")[group_detail(group, lang)],
        _provenance(gravest, snapshot, lang),
        h.span(".notice-since")[
            h.span[t("overview.since", lang, time=format_datetime(since, snapshot.at))],
            _age(gravest, since),
            badges(lang, simulated=any(item.is_simulated for item in group), drill=gravest.is_drill, short=True),
        ],
    ]


def _differences(snapshot: Snapshot, lang: str) -> dict[AttentionItem, str]:
    """What tells items of equal titles apart, for those that share theirs."""
    titles: dict[str, list[AttentionItem]] = {}
    for item in snapshot.attention:
        titles.setdefault(_title(item, snapshot, lang), []).append(item)
    found: dict[AttentionItem, str] = {}
    for same in titles.values():
        facts = [_distinctions(item, snapshot, lang) for item in same]
        best = max(range(len(facts[0])), key=lambda n: len({row[n] for row in facts}))
        if len(same) > 1:
            found |= {item: row[best] for item, row in zip(same, facts, strict=True)}
    return found


def _distinctions(item: AttentionItem, snapshot: Snapshot, lang: str) -> tuple[str, str, str]:
    """The place or document, the source, and since when: what may tell two items of one title apart."""
    since = t("overview.since", lang, time=format_datetime(item.since, snapshot.at))
    if event := attention_event(item, snapshot):
        return place_name(event, snapshot, lang), source_names(event, snapshot, lang), since
    number = item.facts.document_number if isinstance(item.facts, OverdueTask) else ""
    return number, item.key if attention_source(item, snapshot) else "", since


def _notice(item: AttentionItem, snapshot: Snapshot, lang: str, difference: str) -> h.Element:
    """The card of one item. `difference`: what tells it from another one of the same title; "" for none."""
    title = _title(item, snapshot, lang)
    return h.a(class_=["notice", f"sev-{item.severity.value}", item.is_drill and "is-drill"], href=item.link)[
        h.span(".notice-title")[mark(item.severity.value), h.span[title, difference and f" ({difference})"]],
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
            _age(item, item.since),
            _event_sources(item, snapshot, lang),
            badges(lang, simulated=item.is_simulated, drill=item.is_drill, short=True),
        ],
    ]


def _age(item: AttentionItem, since: datetime) -> h.Element | None:
    """How long ago `since` was. None of a task: its days overdue are counted from its due day, by one more."""
    return None if isinstance(item.facts, OverdueTask) else h.span(".age")[" · ", h.time(data_age=since.isoformat())]


def _event_sources(item: AttentionItem, snapshot: Snapshot, lang: str) -> h.Element | None:
    """The sources of an event, with a mark when none of them is live."""
    view = attention_event(item, snapshot)
    if view is None:
        return None
    lost = unavailable_badge(view, lang)
    return h.span(".notice-source")[" · ", lost and [h.b[lost], " · "], source_names(view, snapshot, lang)]


def _provenance(item: AttentionItem, snapshot: Snapshot, lang: str) -> Markup | None:
    if item.kind is AttentionKind.KPI and (figure := snapshot.figures.get(item.key)):
        return kpi_provenance(figure.kpi, snapshot, lang)
    return register_provenance(lang) if item.kind is AttentionKind.TASK else None


def _title(item: AttentionItem, snapshot: Snapshot, lang: str) -> str:
    """The item's name; of a source its status first, so that a lost gauge does not read as a flood."""
    if condition := _condition(item, snapshot):
        return condition_name(condition, snapshot, lang)
    if event := attention_event(item, snapshot):
        return event.event.title
    if item.facts:
        return overdue_title(item.facts, item.name, lang)
    if item.kind is AttentionKind.DISAGREEMENT:
        return t("redundancy.sources_disagree", lang, name=item.name.get(lang))
    view = attention_source(item, snapshot)
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
    if event := attention_event(item, snapshot):
        return _event_extent(event, snapshot, lang)
    if view := attention_source(item, snapshot):
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


def _condition(item: AttentionItem, snapshot: Snapshot) -> HostCondition | None:
    if item.kind is not AttentionKind.HOST:
        return None
    return next((condition for condition in snapshot.host_conditions if condition.key == item.key), None)
