"""Who has not sent its figures, what is due soon, and what an agency's year adds up to."""

from collections.abc import Sequence

import htpy as h

from components.submissions.submission_words import agency_name, moment_of, period_name, span, status_mark
from components.ui.format import NONE, moment, number
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import marks, severity_mark
from ioc.domain.base.times import city_date
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.compliance import Record
from ioc.domain.submissions.submission import Owed, Reminder, Status

SHOWN = 200
_MISSING = ("agency", "duty", "period", "due", "over", "reminders")
_COMING = ("agency", "duty", "period", "due", "status")
_YEAR = ("agency", "owed", "late_n", "open_n", "on_time", "reminders", "acted")


def missing(snapshot: Snapshot, late: Sequence[Owed], lang: str) -> h.Element:
    """A row for every period that is late, the longest overdue first."""
    return h.section(".box.late-box")[
        h.div(".box-head")[
            h.h2(".box-title")[say("handed.missing", lang), h.small[say("handed.page_line", lang)]],
            h.a(".link", href="/cham-so-lieu.csv")[say("handed.export", lang)],
        ],
        _table(_MISSING, [_missing_row(snapshot, one, lang) for one in late[:SHOWN]], lang)
        if late
        else h.p(".nothing")[say("handed.none_missing" if snapshot.handed.duties else "handed.no_duties", lang)],
        len(late) > SHOWN and h.p(".quiet")[say("handed.more", lang, n=number(len(late) - SHOWN))],
    ]


def _missing_row(snapshot: Snapshot, one: Owed, lang: str) -> h.Element:
    return h.tr[
        _who(snapshot, one, lang),
        _what(snapshot, one, lang),
        h.td(data_label=say("handed.period", lang))[period_name(one.duty, one.period, lang)],
        h.td(".nowrap", data_label=say("handed.due", lang))[moment_of(one.standing.due)],
        h.td(".n.nowrap", data_label=say("handed.over", lang))[
            mark("critical"), " ", h.b[span(snapshot.at - one.standing.due, lang)]
        ],
        h.td(data_label=say("handed.reminders", lang))[
            reminded(one.reminders, snapshot, lang),
            h.a(".act-urge", href=f"/don-doc/{one.duty.key}/{one.period.key}")[say("handed.urge", lang)],
        ],
    ]


def reminded(reminders: Sequence[Reminder], snapshot: Snapshot, lang: str) -> str:
    """How often, and when last."""
    if not reminders:
        return say("handed.never", lang)
    return say("handed.reminded", lang, n=len(reminders), time=moment(reminders[-1].at, snapshot.at))


def coming(snapshot: Snapshot, soon: Sequence[Owed], lang: str) -> h.Element:
    """What is due soon, was returned, or waits for a release."""
    return h.section(".box.late-box")[
        h.h2(".box-title")[say("handed.coming", lang)],
        _table(_COMING, [_coming_row(snapshot, one, lang) for one in soon[:SHOWN]], lang)
        if soon
        else h.p(".nothing")[say("handed.none_coming", lang)],
    ]


def _coming_row(snapshot: Snapshot, one: Owed, lang: str) -> h.Element:
    return h.tr[
        _who(snapshot, one, lang),
        _what(snapshot, one, lang),
        h.td(data_label=say("handed.period", lang))[period_name(one.duty, one.period, lang)],
        h.td(".nowrap", data_label=say("handed.due", lang))[moment_of(one.standing.due)],
        h.td(data_label=say("handed.status", lang))[status_mark(one.standing.status, lang)],
    ]


def _who(snapshot: Snapshot, one: Owed, lang: str) -> h.Element:
    return h.td(".late-who")[h.b[agency_name(snapshot, one.agency, lang)]]


def _what(snapshot: Snapshot, one: Owed, lang: str) -> h.Element:
    return h.td(data_label=say("handed.duty", lang))[
        one.duty.name.said(lang),
        marks(lang, simulated=one.duty.simulated, drill=one.duty.key in drills(snapshot)),
        one.duty.basis.vi and h.small(".quiet")[one.duty.basis.said(lang)],
    ]


def drills(snapshot: Snapshot) -> set[str]:
    """The duties whose figures are of an exercise."""
    return {one.source.key for one in snapshot.sources if one.source.drill}


def year(snapshot: Snapshot, found: Sequence[Record], lang: str) -> h.Element:
    """A row for each agency, the one nearest to what the city does about it first."""
    counted = say(f"handed.year_line_{snapshot.handed.lateness.counts}", lang)
    limited = bool(snapshot.handed.lateness.limits)
    return h.section(".box.late-box")[
        h.h2(".box-title")[
            say("handed.year", lang),
            limited and h.small[counted],
            marks(lang, simulated=any(one.simulated for one in snapshot.handed.duties), drill=False),
        ],
        _table(_YEAR, [_year_row(snapshot, one, lang) for one in found], lang)
        if found
        else h.p(".nothing")[say("handed.none_year", lang)],
    ]


def _year_row(snapshot: Snapshot, one: Record, lang: str) -> h.Element:
    by_reminders = snapshot.handed.lateness.counts == "reminders"
    agency = snapshot.register.agencies.get(one.agency)
    ended = agency is not None and agency.until is not None and agency.until < city_date(snapshot.at)
    cells = (
        ("owed", number(one.owed), False),
        ("late_n", number(one.late), not by_reminders),
        ("open_n", number(one.open), False),
        ("on_time", NONE if one.on_time is None else f"{number(one.on_time * 100, 1)} %", False),
        ("reminders", number(one.reminders), by_reminders),
    )
    return h.tr[
        h.td(".late-who")[
            h.b[agency_name(snapshot, one.agency, lang)],
            ended and h.small(".quiet")[say("handed.ended", lang)],
        ],
        (
            h.td(".n", data_label=say(f"handed.{key}", lang))[h.b[text] if counted else text]
            for key, text, counted in cells
        ),
        h.td(data_label=say("handed.acted", lang))[_reached(one, by_reminders, lang)],
    ]


def _reached(one: Record, by_reminders: bool, lang: str) -> h.Fragment:
    count = one.reminders if by_reminders else one.late
    left = one.coming and say("handed.next", lang, n=one.coming.at - count, name=one.coming.name.said(lang))
    return h.fragment[
        h.span(".late-reached")[severity_mark(one.reached.severity), " ", one.reached.name.said(lang)]
        if one.reached
        else None,
        h.small(".quiet")[left] if left else None,
        NONE if not one.reached and not left else None,
    ]


def _table(columns: Sequence[str], rows: Sequence[h.Element], lang: str) -> h.Element:
    numbers = {"owed", "late_n", "open_n", "on_time", "over"} | ({"reminders"} if columns is _YEAR else set())
    heads = (h.th(class_="n" if key in numbers else None)[say(f"handed.{key}", lang)] for key in columns)
    return h.div(".wide")[h.table(".late")[h.thead[h.tr[heads]], h.tbody[rows]]]


def summary(snapshot: Snapshot, every: Sequence[Owed], found: Sequence[Record], lang: str) -> h.Fragment:
    """Five numbers over the whole."""
    status = [one.standing.status for one in every]
    owed, late = sum(one.owed for one in found), sum(one.late for one in found)
    rate = NONE if not owed else number((owed - late) / owed * 100, 1)
    agencies = {one.agency for one in every if one.standing.status is Status.LATE}
    numbers = (
        ("count_late", number(status.count(Status.LATE)), Status.LATE in status),
        ("count_agencies", number(len(agencies)), bool(agencies)),
        ("count_soon", number(status.count(Status.SOON)), False),
        ("count_waiting", number(status.count(Status.WAITING)), False),
        ("rate_on_time", rate, False),
    )
    return h.fragment[_ways(lang), _numbers(snapshot, numbers, lang)]


def _ways(lang: str) -> h.Element:
    """To the forms, for the screens of those who may use them."""
    ways = (("report", "/nhap-so-lieu", "desk"), ("release", "/duyet-so-lieu", "release"))
    return h.nav(".chips.late-ways")[
        (
            h.a(class_=["chip", f"may-{may}"], href=path)[say(f"handed.{key}", lang)]
            for may, path, key in (*ways, ("phone", "/bao-qua-dien-thoai", "call"))
        )
    ]


def _numbers(snapshot: Snapshot, numbers: Sequence[tuple[str, str, bool]], lang: str) -> h.Element:
    simulated = any(one.simulated for one in snapshot.handed.duties)
    drill = any(one.key in drills(snapshot) for one in snapshot.handed.duties)
    return h.div(".counters.counters-5")[
        (
            h.div(class_=["box", "counter", "counter-bad" if bad else None])[
                h.span(".counter-value")[h.b[value], key == "rate_on_time" and value != NONE and h.small["%"]],
                h.span(".counter-words")[bad and mark("critical"), bad and " ", say(f"handed.{key}", lang)],
                marks(lang, simulated=simulated, drill=drill, short=True),
            ]
            for key, value, bad in numbers
        )
    ]
