"""Directives on the overview: the bars of the documents that need eyes first, and of the agencies."""

from collections.abc import Sequence

import htpy as h

from components.directives.task_widgets import agency_name, gap_text, plan_bar
from components.sources.provenance import register_origin
from components.ui.format import number
from components.ui.i18n import say
from components.ui.status_badges import badge, severity_mark
from ioc.domain.directives.counts import Counts
from ioc.domain.directives.progress import Assessment, DocumentView, assess, by_agency, tally
from ioc.domain.directives.rollup import Rollup, roll_up
from ioc.domain.kpis.kpi import RANK, Severity
from ioc.domain.snapshot import Snapshot


def directive_bars(snapshot: Snapshot, lang: str, limit: int = 3) -> h.Element:
    """The `limit` documents that need eyes first, then one row for all others."""
    found = assess(snapshot.register, snapshot.at)
    first, parts = urgent_first(found), found.apart()
    tasked = sum(bool(one.tasks) for one in first)
    cut = len(first) if len(first) <= limit and tasked == len(first) else min(limit, tasked)
    mixed = len(parts) > 1
    return h.div(".duties")[
        h.h2(".box-title")[say("directives.progress", lang), found.simulated and not mixed and badge(lang)],
        (_document(one, mixed, lang) for one in first[:cut]),
        (_others(part, first[cut:], mixed, lang) for part in reversed(parts)),
        not first and h.p(".nothing")[say("directives.none", lang)],
        register_origin(lang),
    ]


def agency_bars(snapshot: Snapshot, lang: str, limit: int = 5) -> h.Element:
    """Open tasks with a due date by the agency that holds them, most overdue first."""
    found = assess(snapshot.register, snapshot.at)
    parts = found.apart()
    held = [(key, one, part.simulated) for part in parts for key, one in agency_rows(part, held=True)]
    # Where true and simulated documents stand apart, the bars above take a row more.
    rows = sorted(held, key=lambda row: _pressing(row[0], row[1]))[: limit - (len(parts) > 1)]
    most = max((one.in_time + one.soon + one.overdue for _, one, _ in rows), default=0)
    whole = bool(rows) and all(simulated for *_, simulated in rows)
    return h.div(".duties")[
        h.h2(".box-title")[say("directives.agencies_short", lang), whole and badge(lang, short=True)],
        h.div(".agencies")[
            (
                _agency(agency_name(found.register, key, lang), one, most, simulated and not whole, lang)
                for key, one, simulated in rows
            )
        ],
        not rows and h.p(".nothing")[say("directives.none_due", lang)],
        register_origin(lang),
    ]


def urgent_first(found: Assessment) -> list[DocumentView]:
    """Documents by their bar's state, then by overdue tasks; those that cannot be judged after, without tasks last."""
    return sorted(found.documents, key=_urgency)


def _urgency(view: DocumentView) -> tuple[bool, int, int, float, str]:
    rollup = view.rollup
    rank = -1 if rollup.severity is None else RANK[rollup.severity]
    return not view.tasks, -rank, -view.counts.overdue, -(rollup.gap or 0.0), view.document.number


def agency_rows(found: Assessment, held: bool) -> list[tuple[str | None, Counts]]:
    """Agencies with open tasks that have a due date: most overdue first."""
    rows = [(key, tally(tasks)) for key, tasks in by_agency(found.tasks, held).items()]
    rows = [(key, one) for key, one in rows if one.in_time + one.soon + one.overdue]
    return sorted(rows, key=lambda row: _pressing(*row))


def _pressing(key: str | None, one: Counts) -> tuple[int, int, int, str]:
    return -one.overdue, -one.soon, -one.in_time, key or ""


def _document(view: DocumentView, mixed: bool, lang: str) -> h.Element:
    document, rollup = view.document, view.rollup
    short = document.short if document.short.vi else document.title
    return h.a(".duty", href=f"/chi-dao/{document.key}")[
        _head(document.number, rollup, mixed and document.simulated, lang), _line(short.said(lang), rollup, lang),
        *_bar(rollup, view.counts, lang),
    ]  # fmt: skip


def _others(part: Assessment, below: Sequence[DocumentView], mixed: bool, lang: str) -> h.Element | None:
    """The documents of `part` that stand `below` the bars, together; what cannot be judged needs no bar to say so."""
    rest = [one for one in part.documents if one in below]
    if not rest:
        return None
    tasks = [task for one in rest for task in one.tasks]
    rollup, counts = roll_up(tasks, part.tolerance), tally(tasks)
    head = _head(_others_name(part, len(rest), mixed, lang), rollup, mixed and part.simulated, lang)
    if rollup.percent is None:
        line = [say("directives.others_all", lang, n=len(rest)), *_said(rollup, counts, lang)]
        return h.a(".duty.duty-others", href="/chi-dao")[head, h.span(".duty-foot")[" · ".join(line)]]
    return h.a(".duty.duty-others", href="/chi-dao")[
        head, _line(say("directives.others_all", lang, n=len(rest)), rollup, lang), *_bar(rollup, counts, lang),
    ]  # fmt: skip


def _others_name(part: Assessment, count: int, mixed: bool, lang: str) -> str:
    if not mixed:
        return say("directives.others", lang)
    kind = "made" if part.simulated else "true"
    return say(f"directives.{'part' if count == len(part.documents) else 'others'}_{kind}", lang)


def _head(name: str, rollup: Rollup, simulated: bool, lang: str) -> h.Element:
    value: h.Node = say("directives.not_judged", lang)
    if rollup.percent is not None:
        value = h.fragment[h.b[number(rollup.percent)], h.small["%"]]
    mark = severity_mark(rollup.severity) if rollup.severity else None
    return h.span(".duty-head")[
        mark, h.span(".duty-name")[name, simulated and badge(lang, short=True)],
        h.span(class_=["duty-value", "duty-none" if rollup.percent is None else None])[value],
    ]  # fmt: skip


def _line(words: str, rollup: Rollup, lang: str) -> h.Element:
    """What it is about; and how many reported, where that is not all of them."""
    part = rollup.percent is not None and rollup.reported < rollup.total
    said = part and h.span(".duty-part")[say("directives.k_of_n", lang, k=rollup.reported, n=rollup.total)]
    return h.span(".duty-line")[h.span[words], said]


def _said(rollup: Rollup, counts: Counts, lang: str) -> list[str]:
    """How many tasks, and what most needs saying of them."""
    said = [say("directives.tasks", lang, n=counts.total)] if counts.total else [say("directives.no_tasks", lang)]
    if counts.overdue:
        said.append(say("directives.overdue_n", lang, n=counts.overdue))
    elif rollup.gap is not None and rollup.severity is Severity.NORMAL:
        said.append(say("directives.on_plan", lang))
    elif rollup.percent is None and counts.total:
        said.append(say("directives.no_report", lang))
    return said


def _bar(rollup: Rollup, counts: Counts, lang: str) -> tuple[h.Node, h.Element]:
    right = say("directives.plan", lang, n=number(rollup.planned)) if rollup.planned is not None else ""
    title = gap_text(rollup, lang) if rollup.percent is not None else None
    return (
        counts.total > 0 and plan_bar(rollup.percent, rollup.planned, rollup.severity, lang),
        h.span(".duty-foot", title=title)[h.span[" · ".join(_said(rollup, counts, lang))], h.span[right]],
    )


def _agency(name: str, one: Counts, most: int, simulated: bool, lang: str) -> h.Element:
    parts = (("in-time", one.in_time), ("soon", one.soon), ("overdue", one.overdue))
    width = 100 * sum(count for _, count in parts) / most if most else 0
    return h.div(".agency")[
        h.span(".agency-name")[name, simulated and h.fragment[" ", badge(lang, short=True)]],
        h.span(".agency-bar")[
            h.span(".stack", style=f"width:{width:.1f}%", aria_hidden="true")[
                (h.i(class_=f"seg seg-{name}", style=f"flex:{count}") for name, count in parts if count)
            ]
        ],
        h.span(".agency-counts")[
            (
                h.fragment["·" if n else None, h.span(title=say(f"directives.{name}", lang))[str(count)]]
                for n, (name, count) in enumerate(parts)
            )
        ],
    ]
