"""Every source: how it is and since when, how old its data, what it brought, whose it is."""

from datetime import datetime

import htpy as h

from components.kpi.tile import span_of
from components.sources.protocol_tests import passed, protocol_name
from components.ui.error_messages import reason, surprise
from components.ui.format import NONE, moment, number
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import CLOCK, FAILS, marks, sight, source_state
from ioc.domain.ingest.health import Health, SourceState
from ioc.domain.ingest.maintenance import current
from ioc.domain.snapshot import Snapshot, SourceView

# Most serious first.
ORDER: tuple[str, ...] = (
    SourceState.REFUSED,
    SourceState.DOWN,
    *FAILS,
    CLOCK,
    SourceState.STALE,
    SourceState.LATE,
    SourceState.LIVE,
    SourceState.OFF,
)
_COLUMNS = ("name", "since", "data", "last_good", "counts", "every", "owner")


def chips(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """A link per state with how many sources are in it."""
    counts = {shown: sum(sight(one.health) == shown for one in snapshot.sources) for shown in ORDER}
    whole = h.a(".chip", href="?", aria_current=None if chosen in counts else "true")[
        say("sources.all", lang), " ", h.b[len(snapshot.sources)]
    ]
    return h.nav(".chips")[
        whole,
        (
            h.a(".chip", href=f"?trang-thai={shown}", aria_current="true" if chosen == shown else None)[
                source_state(shown, lang), " ", h.b[count]
            ]
            for shown, count in counts.items()
            if count or chosen == shown
        ),
        bool(snapshot.handed.duties) and h.a(".chip", href="/cham-so-lieu")[mark("late"), say("handed.page", lang)],
    ]


def chosen_of(snapshot: Snapshot, chosen: str) -> list[SourceView]:
    """The sources that are shown as `chosen`, all where it is none."""
    return [one for one in snapshot.sources if chosen not in ORDER or sight(one.health) == chosen]


def source_table(snapshot: Snapshot, lang: str, chosen: str) -> h.Element:
    """The sources that are shown as `chosen` (all where it is none), a group per state."""
    found = chosen_of(snapshot, chosen)
    groups = [(shown, [one for one in found if sight(one.health) == shown]) for shown in ORDER]
    if not any(views for _, views in groups):
        return h.p(".nothing")[say("sources.none", lang)]
    return h.div(".box.wide")[
        h.table(".sources")[
            h.thead[h.tr[(h.th[say(f"sources.{key}", lang)] for key in _COLUMNS)]],
            (_group(shown, views, snapshot, lang) for shown, views in groups if views),
        ]
    ]


def _group(shown: str, views: list[SourceView], snapshot: Snapshot, lang: str) -> h.Element:
    return h.tbody[
        h.tr(".group")[
            h.th(colspan=len(_COLUMNS), scope="rowgroup")[
                source_state(shown, lang), " ", h.small[say("sources.count", lang, n=len(views))]
            ]
        ],
        (_row(one, snapshot, lang) for one in views),
    ]


def _row(view: SourceView, snapshot: Snapshot, lang: str) -> h.Element:
    source, health, now = view.source, view.health, snapshot.at
    names = snapshot.agency_names

    def said(column: str) -> str:
        """The column's name, for a screen that has no room for a head row."""
        return say(f"sources.{column}", lang)

    return h.tr(id=f"source-{source.key}")[
        h.td(".source-name")[
            h.span(".source-title")[
                source.name.said(lang), marks(lang, simulated=source.simulated, drill=source.drill)
            ],
            h.small(".quiet")[protocol_name(source.protocol, lang), " · ", source.key],
            health.last_error and _error(health.last_error, lang),
            health.surprise and _surprise(health, now, lang),
            _maintained(view, now, lang),
            health.state is SourceState.REFUSED and _mend(source.key, lang),
            _trials(view, now, lang),
        ],
        h.td(data_label=said("since"))[_when(health.since, now)],
        h.td(data_label=said("data"))[_data(view, now, lang)],
        h.td(data_label=said("last_good"))[_when(health.last_good, now)],
        h.td(data_label=said("counts"))[_counts(view, lang)],
        h.td(data_label=said("every"))[
            span_of(source.every.total_seconds(), lang),
            h.small(".quiet")[say("sources.deadline", lang, span=span_of(source.deadline.total_seconds(), lang))],
        ],
        h.td(data_label=said("owner"))[
            names[source.owner].said(lang) if source.owner in names else source.owner,
            h.small(".quiet")[source.licence.said(lang)],
        ],
    ]


def _when(at: datetime | None, now: datetime) -> h.Element | str:
    if at is None:
        return NONE
    return h.span(".when")[h.time(".age", data_age=at.isoformat()), h.small(".quiet")[moment(at, now)]]


def _data(view: SourceView, now: datetime, lang: str) -> h.Element | str:
    """The age of its data, with the bar that is empty at its limit."""
    at, limit = view.health.data_time, view.source.age_limit
    if at is None:
        return say("common.no_value", lang)
    return h.span(".when", data_since=at.isoformat(), data_limit=str(round(limit.total_seconds())))[
        h.time(".age", data_age=at.isoformat()),
        h.small(".quiet")[
            moment(at, now), " · ", say("sources.limit", lang, span=span_of(limit.total_seconds(), lang))
        ],
        h.span(".age-bar")[h.i],
    ]


def _counts(view: SourceView, lang: str) -> h.Element:
    health = view.health
    refused = say("sources.refused", lang, n=number(health.refused))
    return h.span(".when")[
        h.span[say("sources.kept", lang, n=number(health.kept))],
        h.small(".source-refused")[h.a(".link", href="#loai")[refused]]
        if health.refused
        else h.small(".quiet")[refused],
        health.repeated > 0 and h.small(".quiet")[say("sources.repeated", lang, n=number(health.repeated))],
    ]


def _mend(key: str, lang: str) -> h.Element:
    """What to do about a source that refuses us."""
    before, _, after = say("sources.mend", lang).partition("…")
    return h.small(".quiet")[before, h.code(".nowrap")[f"python app.py again {key}"], after]


def _error(kept: str, lang: str) -> h.Element:
    """The error in the screen's words; the technical sentence stands behind it for whoever mends the source."""
    return h.small(".source-error", title=kept)[say("sources.last_error", lang, text=reason(kept, lang))]


def _trials(view: SourceView, now: datetime, lang: str) -> h.Element:
    """The kinds of faults that its protocol was tried with, and when its own answers last had an unusual shape."""
    faults, last = passed(view.source.protocol), view.health.surprised
    how = surprise(view.health.last_surprise, lang)
    return h.details(".trials")[
        h.summary[say("trials.count", lang, n=number(len(faults)))],
        h.small(".quiet")[", ".join(say(f"trials.{one}", lang) for one in faults)],
        h.small(".quiet")[
            say("sources.surprised", lang, time=moment(last, now), text=how or NONE)
            if last
            else say("sources.never_surprised", lang)
        ],
    ]


def _surprise(health: Health, now: datetime, lang: str) -> h.Element:
    """How the answers differ from what is believed of them, and what is to be done about it."""
    told = surprise(health.surprise, lang)
    since = moment(health.surprised, now) if health.surprised else NONE
    return h.small(".source-error", title=health.surprise)[say("sources.surprise", lang, text=told, time=since)]


def _maintained(view: SourceView, now: datetime, lang: str) -> h.Element | None:
    found = current(view.source.maintenance, now)
    if found is None:
        return None
    window, end = found
    return h.small(".quiet")[say("sources.maintained", lang, time=moment(end, now), reason=window.reason or NONE)]
