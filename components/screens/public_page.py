"""The public page: selected KPIs and progress of directives, without scripts and links."""

from collections.abc import Mapping, Sequence

import htpy as h
from markupsafe import Markup

from components.directives.task_numbers import parts_text
from components.directives.task_widgets import plan_bar, reported_part
from components.kpi.tile import tile
from components.ui.format import NO_VALUE, format_number
from components.ui.i18n import LANGS, t
from components.ui.status_badges import severity_mark, simulated_badge
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.directives.followed import FollowedPart
from ioc.domain.directives.progress import DocumentView, assess_register, without_documents
from ioc.domain.directives.task_numbers import TaskNumbers
from ioc.domain.snapshot import Snapshot


def public_page(
    snapshot: Snapshot, kpis: Sequence[str], directives: bool, lang: str, *, style: str, icon: str
) -> str:  # fmt: skip
    """The whole document. `kpis`: keys in order; `style`: address of the stylesheet; `icon`: markup of its element."""
    title = t("public.title", lang, city=snapshot.identity.city.get(lang))
    body = [
        _head(snapshot, title, lang),
        _figures(snapshot, kpis, lang),
        directives and _directives(snapshot, lang),
        h.footer(".public-foot.quiet")[h.p[t("public.about", lang)], h.p[t("public.personal", lang)]],
    ]
    return str(
        h.html(lang=lang, data_theme="light")[
            h.head[
                h.meta(charset="utf-8"),
                h.meta(name="viewport", content="width=device-width, initial-scale=1"),
                h.title[title],
                Markup(icon),  # nosec B704
                h.link(rel="stylesheet", href=style),
            ],
            h.body[h.main(".public")[body]],
        ]
    )


def _head(snapshot: Snapshot, title: str, lang: str) -> h.Element:
    other = next(language for language in LANGS if language != lang)
    at = snapshot.at.astimezone(CITY_ZONE)
    return h.header(".public-head")[
        h.div[
            h.p(".quiet")[snapshot.identity.centre.get(lang)],
            h.h1[title],
            h.p(".quiet")[t("public.at", lang, time=f"{at:%H:%M}", day=f"{at:%d/%m/%Y}")],
        ],
        h.div(".public-tools")[
            snapshot.is_simulated and h.strong(".badge.badge-loud")[t("common.simulated", lang)],
            h.a(".link", href=f"?lang={other}", hreflang=other)[t("shell.other_language", lang)],
        ],
    ]


def _figures(snapshot: Snapshot, kpis: Sequence[str], lang: str) -> h.Element:
    figures = [snapshot.figures[key] for key in kpis if key in snapshot.figures]
    return h.section(aria_label=t("shell.kpis", lang))[
        h.div(".public-tiles")[(tile(figure, snapshot, lang, linked=False) for figure in figures)]
        if figures
        else h.p(".nothing")[t("public.none", lang)]
    ]


def _directives(snapshot: Snapshot, lang: str) -> h.Element:
    """Each document with its progress; no agency is named, since there is no room for explanations."""
    followed = snapshot.followed
    assessment = without_documents(assess_register(snapshot.register, snapshot.at), followed.documents)
    heads = ("document", "tasks", "done", "overdue", "progress")
    return h.section(".box")[
        h.h2(".box-title")[t("directives.progress", lang)],
        h.div(".wide")[
            h.table(".public-directives")[
                h.thead[h.tr[(h.th(class_=None if n in (0, 4) else "n")[t(f"public.{column}", lang)]
                              for n, column in enumerate(heads))]],
                h.tbody[
                    (_document(view, lang) for view in assessment.documents),
                    (_followed(part, lang) for part in followed.public_parts),
                ],
            ]
        ],
        not (assessment.documents or followed.public_parts) and h.p(".nothing")[t("directives.none", lang)],
    ]  # fmt: skip


def _document(view: DocumentView, lang: str) -> h.Element:
    counts, rollup, document = view.counts, view.rollup, view.document
    judged, numbers = rollup.percent is not None, view.numbers
    cells = {
        "tasks": format_number(numbers.tasks), "done": format_number(counts.done),
        "overdue": format_number(counts.overdue),
    }  # fmt: skip
    return h.tr[
        h.td[
            h.b[document.number],
            document.is_simulated and h.fragment[" ", simulated_badge(lang, short=True)],
            h.small(".quiet")[(document.short if document.short.vi else document.title).get(lang)],
            _parts_line(numbers, lang),
        ],
        _number_cells(cells, lang),
        h.td(".public-progress")[
            judged and rollup.severity and h.fragment[severity_mark(rollup.severity), " "],
            f"{format_number(rollup.percent)} %" if judged else t("directives.no_report", lang),
            judged and plan_bar(rollup.percent, rollup.planned_percent, rollup.severity, lang),
            rollup.is_partial and h.small(".quiet")[reported_part(rollup, lang)],
        ],
    ]


def _followed(part: FollowedPart, lang: str) -> h.Element:
    """All public documents that are followed in the program, as one row."""
    counts, numbers = part.statistics.counts, part.statistics.numbers
    cells = {
        "tasks": format_number(numbers.tasks), "done": format_number(counts.done),
        "overdue": format_number(counts.overdue),
    }  # fmt: skip
    done = counts.done_percent
    return h.tr[
        h.td[
            h.b[t("directives.followed_short", lang)],
            part.is_simulated and h.fragment[" ", simulated_badge(lang, short=True)],
            _parts_line(numbers, lang),
        ],
        _number_cells(cells, lang),
        h.td(".public-progress")[t("public.followed_done", lang, n=NO_VALUE if done is None else format_number(done))],
    ]


def _parts_line(numbers: TaskNumbers, lang: str) -> h.Node:
    """The parts of orders, which the figures beside count; too long for the cell of a number."""
    return numbers.parts > 0 and h.small(".quiet")[parts_text(numbers.parts, lang)]


def _number_cells(cells: Mapping[str, str], lang: str) -> list[h.Element]:
    return [h.td(".n", data_label=t(f"public.{name}", lang))[text] for name, text in cells.items()]
