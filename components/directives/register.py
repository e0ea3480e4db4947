"""The register's panels: filters, agencies, what is overdue and for how long, what waits for a transfer."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import htpy as h

from components.directives.charts import agency_rows
from components.directives.counters import counters
from components.directives.task_widgets import agency_name
from components.ui.format import day
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import badge
from ioc.domain.directives.counts import Counts
from ioc.domain.directives.filters import STATES, Choice, years
from ioc.domain.directives.progress import Assessment, buckets, exceptions, overdue
from ioc.domain.directives.rollup import TaskView

_STATE_WORDS = {
    "qua-han": "overdue", "sap-den-han": "soon", "trong-han": "in-time", "khong-thoi-han": "no-deadline",
    "cho-xac-nhan": "waiting", "hoan-thanh": "done", "chua-bao-cao": "no_report",
}  # fmt: skip


def filters(whole: Assessment, choice: Choice, lang: str) -> h.Element:
    """Links that narrow the register by year, agency and state; each keeps the others."""
    agencies = sorted(
        {key for one in whole.tasks if (key := one.holding.holder if choice.held else one.task.lead)},
        key=lambda key: agency_name(whole.register, key, lang),
    )
    return h.nav(".filters")[
        _filter("nam", say("directives.filter_year", lang), [(one, one) for one in years(whole)], choice, lang),
        _filter(
            "co-quan",
            say("directives.filter_agency", lang),
            [(key, agency_name(whole.register, key, lang)) for key in agencies],
            choice,
            lang,
        ),
        _filter(
            "trang-thai",
            say("directives.filter_state", lang),
            [(one, say(f"directives.{_STATE_WORDS[one]}", lang)) for one in STATES],
            choice,
            lang,
        ),
    ]


def link_to(choice: Choice, **changes: str) -> str:
    """The register's address for `choice` with `changes`."""
    now = {
        "nam": choice.year, "co-quan": choice.agency, "trang-thai": choice.state,
        "theo": "" if choice.held else "duoc-giao",
    } | changes  # fmt: skip
    return "/chi-dao?" + urlencode({key: value for key, value in now.items() if value})


def _filter(name: str, words: str, options: list[tuple[str, str]], choice: Choice, lang: str) -> h.Element:
    chosen = {"nam": choice.year, "co-quan": choice.agency, "trang-thai": choice.state}[name]
    shown = dict(options).get(chosen, chosen) or say("directives.all", lang)
    every = [("", say("directives.all", lang)), *options]
    return h.details(".filter", id=f"filter-{name}")[
        h.summary(class_=["chip", "filter-on" if chosen else None])[words, ": ", h.b[shown]],
        h.div(".filter-list")[
            (
                h.a(
                    ".filter-item",
                    href=link_to(choice, **{name: key}),
                    aria_current="true" if key == chosen else None,
                )[label]
                for key, label in every
            )
        ],
    ]


def agencies(found: Assessment, choice: Choice, lang: str) -> h.Element:
    """Open tasks with a due date by agency, as held or as assigned; a table whose bars are its numbers."""
    rows = agency_rows(found, choice.held)
    most = max((one.in_time + one.soon + one.overdue for _, one in rows), default=1)
    return h.div(".register-box")[
        h.div(".box-head")[
            h.h2(".box-title")[say("directives.by_agency", lang), bool(rows) and found.simulated and badge(lang)],
            h.nav(".chips")[_basis(choice, True, lang), _basis(choice, False, lang)],
        ],
        bool(rows)
        and h.table(".agency-table")[
            h.thead[
                h.tr[
                    h.th[say("directives.agency", lang)],
                    h.th(".agency-track"),
                    (h.th(".n")[say(f"directives.{name}", lang)] for name in ("in-time", "soon", "overdue")),
                ]
            ],
            h.tbody[(_agency(found, key, one, most, lang) for key, one in rows)],
        ],
        not rows and h.p(".nothing")[say("directives.none_due", lang)],
    ]


def _basis(choice: Choice, held: bool, lang: str) -> h.Element:
    words = say("directives.as_held" if held else "directives.as_assigned", lang)
    href = link_to(Choice(choice.year, "", choice.state, held))
    return h.a(".chip", href=href, aria_current="true" if choice.held is held else None)[words]


def _agency(found: Assessment, key: str | None, one: Counts, most: int, lang: str) -> h.Element:
    parts = (("in-time", one.in_time), ("soon", one.soon), ("overdue", one.overdue))
    width = 100 * sum(count for _, count in parts) / most
    return h.tr[
        h.td[agency_name(found.register, key, lang)],
        h.td(".agency-track")[
            h.span(".stack.stack-thin", style=f"width:{width:.1f}%", aria_hidden="true")[
                (h.i(class_=["seg", f"seg-{name}"], style=f"flex:{count}") for name, count in parts if count)
            ]
        ],
        (h.td(class_=["n", f"n-{name}" if count else "n-none"])[str(count)] for name, count in parts),
    ]


def todo(found: Assessment, lang: str, limit: int = 12) -> h.Element:
    """The overdue tasks, longest first, by their current lead."""
    late = overdue(found.tasks)
    rest = len(late) - limit
    return h.div(".register-box")[
        h.h2(".box-title")[
            say("directives.todo", lang),
            h.small[say("directives.todo_line", lang), ", ", say("directives.as_held", lang)],
            bool(late) and found.simulated and badge(lang),
        ],
        h.div(".rows")[(_late(one, found, lang) for one in late[:limit])],
        rest > 0
        and h.details(".chart-table")[
            h.summary[say("directives.todo_more", lang, n=rest)],
            h.div(".rows")[(_late(one, found, lang) for one in late[limit:])],
        ],
        not late and h.p(".nothing")[mark("normal"), " ", say("directives.todo_none", lang)],
    ]


def _late(one: TaskView, found: Assessment, lang: str) -> h.Element:
    who = agency_name(found.register, one.holding.holder, lang)
    return h.a(".row", href=f"/chi-dao/{one.document.key}")[
        h.span(".row-title")[one.task.title.said(lang)],
        h.span(".row-right.row-bad")[
            mark("critical"), " ", say("directives.over_days", lang, n=one.status.days_over)
        ],
        h.span(".row-line")[f"{who} · {one.document.number}"],
        h.span(".row-right.row-line")[_why(one, lang)],
    ]  # fmt: skip


def _why(one: TaskView, lang: str) -> str:
    if one.status.extensions:
        return say("directives.extended", lang, n=one.status.extensions)
    if one.status.reported is None:
        return say("directives.no_report", lang)
    return say("directives.last_report", lang, day=day(one.status.reported))


def ages(found: Assessment, lang: str) -> h.Element:
    """How many are overdue for how long."""
    sizes = buckets(found.tasks)
    most = max(sizes) or 1
    return h.div(".register-box")[
        h.h2(".box-title")[
            say("directives.ages", lang),
            h.small[say("directives.ages_line", lang)],
            any(sizes) and found.simulated and badge(lang),
        ],
        h.table(".buckets")[
            h.tbody[
                (
                    h.tr[
                        h.th(scope="row")[say(f"directives.bucket_{n}", lang)],
                        h.td[h.span(class_=["bucket", f"bucket-{n}"], style=f"width:{100 * size / most:.1f}%")],
                        h.td(".n")[h.b[str(size)]],
                    ]
                    for n, size in enumerate(sizes)
                )
            ]
        ],
    ]


def queue(found: Assessment, lang: str) -> h.Element | None:
    """Open tasks that nobody holds, each with the reason; nothing when there are none."""
    stuck = exceptions(found.tasks)
    if not stuck:
        return None
    return h.div(".register-box")[
        h.h2(".box-title")[
            say("directives.queue", lang), h.small[say("directives.queue_line", lang, n=len(stuck))],
            found.simulated and badge(lang),
        ],
        h.div(".rows")[(_stuck(one, found, lang) for one in stuck)],
    ]  # fmt: skip


def _stuck(one: TaskView, found: Assessment, lang: str) -> h.Element:
    return h.a(".row", href=f"/chi-dao/{one.document.key}")[
        h.span(".row-title")[one.task.title.said(lang)],
        h.span(".row-right")[one.document.number],
        h.span(".row-line.row-whole")[reason(one, found, lang)],
    ]


def reason(one: TaskView, found: Assessment, lang: str) -> str:
    """Why nobody holds the task."""
    last = agency_name(found.register, one.holding.last, lang)
    return say(f"directives.queue_{one.holding.stuck or 'none'}", lang, agency=last)


def panels(whole: Assessment, found: Assessment, choice: Choice, lang: str) -> Sequence[tuple[str, h.Node]]:
    """The register's panels but the stacked bars, by name; true and simulated documents each for themselves."""
    late = _parted(found, lambda one: bool(overdue(one.tasks)))
    return (
        ("filters", filters(whole, choice, lang)),
        ("counters", counters(found, lang)),
        ("agencies", _each(_parted(found, _with_due(choice)), lambda one: agencies(one, choice, lang))),
        ("todo", _each(late, lambda one: todo(one, lang))),
        ("ages", _each(late, lambda one: ages(one, lang))),
        ("queue", _each(found.apart(), lambda one: queue(one, lang))),
    )


def _parted(found: Assessment, holds: Callable[[Assessment], bool]) -> Sequence[Assessment]:
    """The parts that hold what a panel shows; all of it where none does, for the panel to say so once."""
    return [one for one in found.apart() if holds(one)] or [found]


def _with_due(choice: Choice) -> Callable[[Assessment], bool]:
    return lambda one: bool(agency_rows(one, choice.held))


def _each(parts: Sequence[Assessment], draw: Callable[[Assessment], h.Element | None]) -> h.Fragment:
    return h.fragment[(draw(one) for one in parts)]
