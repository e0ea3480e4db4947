"""Every source: status and since when, age of its data, counts, interval, owner."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

import htpy as h

from components.kpi.tile import duration_text
from components.ui.error_messages import describe, describe_all
from components.ui.format import NO_VALUE, format_datetime, format_number
from components.ui.i18n import catalogue, t
from components.ui.icons import mark
from components.ui.live_table import LiveCell, LiveColumn, LiveRow, matches, page_link
from components.ui.status_badges import (
    CLOCK_SKEW,
    FAILURE_KINDS,
    badges,
    source_status,
    source_status_badge,
    source_status_label,
)
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.health import SourceHealth, SourceState, states_own_time
from ioc.domain.ingest.maintenance import active_window
from ioc.domain.snapshot import Snapshot, SourceView

# Most severe first.
STATUS_ORDER: tuple[str, ...] = (
    SourceState.REFUSED,
    SourceState.DOWN,
    *FAILURE_KINDS,
    CLOCK_SKEW,
    SourceState.STALE,
    SourceState.LATE,
    SourceState.NO_DATA,
    SourceState.LIVE,
    SourceState.OFF,
)
STATUS = "trang-thai"  # parameter of the address
ALL_PROTOCOLS = "every"  # key of the faults tested for all protocols
_COLUMNS = ("name", "since", "data", "last_good", "counts", "every", "owner")
SOURCE_SORTS = (*_COLUMNS, "state")  # keys of the columns of the grid


def chips(snapshot: Snapshot, lang: str, chosen: str, params: Mapping[str, str] = MappingProxyType({})) -> h.Element:
    """A link per status with its number of sources; it keeps the other parameters of the address."""
    counts = {status: sum(source_status(view.health) == status for view in snapshot.sources) for status in STATUS_ORDER}
    all_sources = h.a(
        ".chip", href=page_link(params, **{STATUS: ""}), aria_current=None if chosen in counts else "true"
    )[t("sources.all", lang), " ", h.b[len(snapshot.sources)]]
    return h.nav(".chips", aria_label=t("sources.states", lang))[
        all_sources,
        (
            h.a(".chip", href=page_link(params, **{STATUS: status}), aria_current=chosen == status and "true")[
                source_status_badge(status, lang), " ", h.b[count]
            ]
            for status, count in counts.items()
            if count or chosen == status
        ),
        bool(snapshot.submissions.obligations)
        and h.a(".chip", href="/cham-so-lieu")[mark("late"), t("submissions.page", lang)],
    ]


def filter_by_status(snapshot: Snapshot, chosen: str) -> list[SourceView]:
    """The sources with the status `chosen`; all if it is unknown or empty."""
    return [view for view in snapshot.sources if chosen not in STATUS_ORDER or source_status(view.health) == chosen]


def source_table(snapshot: Snapshot, lang: str, chosen: str, words: str = "") -> h.Element:
    """The table of walls and paper: sources with the status `chosen` that `words` find, a group per status."""
    groups = {
        status: [view for view in views if matches(words, _search_text(view, lang))]
        for status, views in _groups(snapshot, chosen).items()
    }
    if not any(groups.values()):
        return h.p(".nothing")[t("sources.none", lang)]
    return h.div(".box.wide")[
        words and h.p(".quiet")[t("table.search", lang), ": ", h.b[words]],
        h.table(".sources")[
            h.thead[h.tr[(h.th[t(f"sources.{key}", lang)] for key in _COLUMNS)]],
            (_group(status, views, snapshot, lang) for status, views in groups.items() if views),
        ],
    ]


def _groups(snapshot: Snapshot, chosen: str) -> dict[str, list[SourceView]]:
    """Status -> the sources that have it, most severe first; only that of `chosen` if it is a status."""
    matching = filter_by_status(snapshot, chosen)
    return {status: [view for view in matching if source_status(view.health) == status] for status in STATUS_ORDER}


def source_columns(lang: str) -> list[LiveColumn]:
    """The columns of the grid; a phone shows name and age of the data, with the status below the name."""
    looks = (  # kind, width, share of the rest, width of the screen from which the column is shown
        ("wrapped", 190, 4, 0),
        ("", 110, 1, 1200),
        ("wrapped", 140, 2, 0),
        ("", 110, 1, 1200),
        ("wrapped", 120, 2, 700),
        ("wrapped", 130, 2, 1500),
        ("wrapped", 140, 2, 1000),
    )
    columns = [
        LiveColumn(key, t(f"sources.{key}", lang), None, *look) for key, look in zip(_COLUMNS, looks, strict=True)
    ]
    state = LiveColumn("state", t("kpi.state", lang), None, "wrapped", 150, 2, 700)
    return [columns[0], state, *columns[1:]]


def source_rows(snapshot: Snapshot, lang: str, chosen: str) -> list[LiveRow]:
    """A row for each status with its number of sources, and one for each source with the status `chosen`."""
    rows = []
    for status, views in _groups(snapshot, chosen).items():
        if not views:
            continue
        badge, count = source_status_badge(status, lang), h.small[t("sources.count", lang, n=len(views))]
        empty = (LiveCell(None),) * len(_COLUMNS)
        cells = (LiveCell(h.fragment[badge, count]), *empty)
        rows.append(LiveRow(f"status-{status}", source_status_label(status, lang), cells, is_group=True))
        rows += [_live_row(view, status, snapshot, lang) for view in views]
    return rows


def _live_row(view: SourceView, status: str, snapshot: Snapshot, lang: str) -> LiveRow:
    badge = source_status_badge(status, lang)
    name, *others = _cells(view, snapshot, lang)
    first = LiveCell(h.fragment[h.span(".only-narrow")[badge], name.content], name.order)
    state = LiveCell(badge, STATUS_ORDER.index(status))
    return LiveRow(source_row_id(view), _search_text(view, lang), (first, state, *others))


def source_row_id(view: SourceView) -> str:
    """The id of its row, part of links to it."""
    return f"source-{view.source.key}"


def _search_text(view: SourceView, lang: str) -> str:
    source = view.source
    parts = (source.name.get(lang), source.key, protocol_name(source.protocol, lang))
    return " ".join((*parts, source_status_label(source_status(view.health), lang)))


def _group(status: str, views: list[SourceView], snapshot: Snapshot, lang: str) -> h.Element:
    return h.tbody[
        h.tr(".group")[
            h.th(colspan=len(_COLUMNS), scope="rowgroup")[
                source_status_badge(status, lang), " ", h.small[t("sources.count", lang, n=len(views))]
            ]
        ],
        (_row(view, snapshot, lang) for view in views),
    ]


def _row(view: SourceView, snapshot: Snapshot, lang: str) -> h.Element:
    """A drawn row. `data-label` names the column, for a screen that has no room for a head row."""
    name, *others = _cells(view, snapshot, lang)
    return h.tr(id=source_row_id(view))[
        h.td(".source-name")[name.content],
        (
            h.td(data_label=t(f"sources.{key}", lang))[cell.content]
            for key, cell in zip(_COLUMNS[1:], others, strict=True)
        ),
    ]


def _cells(view: SourceView, snapshot: Snapshot, lang: str) -> tuple[LiveCell, ...]:
    """The cells of a source, by _COLUMNS."""
    source, health, now = view.source, view.health, snapshot.at
    names = snapshot.agency_names
    owner = names[source.owner].get(lang) if source.owner in names else source.owner
    every = source.poll_interval.total_seconds()
    deadline = t("sources.deadline", lang, span=duration_text(source.deadline.total_seconds(), lang))
    return (
        LiveCell(_name(view, now, lang), source.name.get(lang)),
        LiveCell(_when(health.since, now), _order(health.since)),
        LiveCell(_data(view, now, lang), _order(health.data_time)),
        LiveCell(_when(health.last_success, now), _order(health.last_success)),
        LiveCell(_counts(view, lang), health.accepted_count),
        LiveCell(h.fragment[duration_text(every, lang), h.small(".quiet")[deadline]], every),
        LiveCell(h.fragment[owner, h.small(".quiet")[source.licence.get(lang)]], owner),
    )


def _order(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _name(view: SourceView, now: datetime, lang: str) -> h.Fragment:
    """Name, protocol, and what is wrong with it."""
    source, health = view.source, view.health
    return h.fragment[
        h.span(".source-title")[
            source.name.get(lang), badges(lang, simulated=source.is_simulated, drill=source.is_drill)
        ],
        h.small(".quiet")[protocol_name(source.protocol, lang), " · ", source.key],
        health.last_error is not None and _error(health.last_error, lang),
        bool(health.drift) and _drift_line(health, now, lang),
        _maintenance_line(view, now, lang),
        source.off_reason is not None and h.small(".source-error")[describe(source.off_reason, lang)],
        health.state is SourceState.REFUSED and h.small(".quiet")[t("sources.repoll_hint", lang)],
        _protocol_tests(view, now, lang),
    ]


def _when(at: datetime | None, now: datetime) -> h.Element | str:
    if at is None:
        return NO_VALUE
    return h.span(".when")[h.time(".age", data_age=at.isoformat()), h.small(".quiet")[format_datetime(at, now)]]


def _data(view: SourceView, now: datetime, lang: str) -> h.Element | str:
    """The age of its data, with a bar that is empty at the age limit."""
    at, limit = view.health.data_time, view.source.age_limit
    if at is None:
        return t("common.no_value", lang)
    return h.span(".when", data_since=at.isoformat(), data_limit=str(round(limit.total_seconds())))[
        h.time(".age", data_age=at.isoformat()),
        h.small(".quiet")[
            format_datetime(at, now), " · ", t("sources.limit", lang, span=duration_text(limit.total_seconds(), lang))
        ],
        not states_own_time(view.health, view.source) and h.small(".quiet")[t("sources.no_own_time", lang)],
        h.span(".age-bar")[h.i],
    ]


def _counts(view: SourceView, lang: str) -> h.Element:
    health = view.health
    refused = t("sources.rejected", lang, n=format_number(health.rejected_count))
    return h.span(".when")[
        h.span[t("sources.accepted", lang, n=format_number(health.accepted_count))],
        h.small(".source-rejected")[h.a(".link", href="#loai")[refused]]
        if health.rejected_count
        else h.small(".quiet")[refused],
        health.duplicate_count > 0
        and h.small(".quiet")[t("sources.duplicates", lang, n=format_number(health.duplicate_count))],
    ]


def _error(failure: Failure, lang: str) -> h.Element:
    """The failure as text; its code and parameters are the title."""
    return h.small(".source-error", title=str(failure))[t("sources.last_error", lang, text=describe(failure, lang))]


def _protocol_tests(view: SourceView, now: datetime, lang: str) -> h.Element:
    """The kinds of faults that its protocol is tested with, and the last schema drift of its answers."""
    faults, last = covered_faults(view.source.protocol), view.health.drift_since
    how = describe_all(view.health.last_drift, lang)
    return h.details(".protocol-tests")[
        h.summary[t("protocol_tests.count", lang, n=format_number(len(faults)))],
        h.small(".quiet")[", ".join(t(f"protocol_tests.{fault}", lang) for fault in faults)],
        h.small(".quiet")[
            t("sources.last_drift", lang, time=format_datetime(last, now), text=how or NO_VALUE)
            if last
            else t("sources.no_drift", lang)
        ],
    ]


def _drift_line(health: SourceHealth, now: datetime, lang: str) -> h.Element:
    """How the answers differ from the learned profile, and since when."""
    drift_text = describe_all(health.drift, lang)
    since = format_datetime(health.drift_since, now) if health.drift_since else NO_VALUE
    return h.small(".source-error", title="; ".join(map(str, health.drift)))[
        t("sources.drift", lang, text=drift_text, time=since)
    ]


def _maintenance_line(view: SourceView, now: datetime, lang: str) -> h.Element | None:
    active = active_window(view.source.maintenance, now)
    if active is None:
        return None
    window, end = active
    return h.small(".quiet")[
        t("sources.maintenance", lang, time=format_datetime(end, now), reason=window.reason or NO_VALUE)
    ]


@cache
def protocol_tests() -> dict[str, dict[str, list[str]]]:
    """Protocol -> kind of fault -> tests that cover it: protocol_tests.toml, which a test compares with the tests."""
    return tomllib.loads((Path(__file__).parent / "protocol_tests.toml").read_text("utf-8"))


def covered_faults(protocol: str) -> tuple[str, ...]:
    """Kinds of faults that the protocol is tested with, those of all protocols first."""
    return tuple(dict.fromkeys((*protocol_tests()[ALL_PROTOCOLS], *protocol_tests().get(protocol, ()))))


def protocol_name(protocol: str, lang: str) -> str:
    """The protocol's label; its own name if the catalogue has none."""
    key = f"protocol_tests.protocol_{protocol}"
    return t(key, lang) if key in catalogue() else protocol
