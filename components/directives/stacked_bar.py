"""Tasks by document as stacked bars, with their table."""

from collections.abc import Sequence

import htpy as h

from components.ui.i18n import t
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.counts import TaskCounts
from ioc.domain.directives.progress import DocumentView, RegisterAssessment

# Names of CSS classes and catalogue keys, from left to right.
SEGMENTS = ("done_on_time", "done_late", "done_no_deadline", "on_track", "overdue", "no_deadline", "unreported")
_SEGMENT_KEYS = {"unreported": "directives.no_report"}


def segments(counts: TaskCounts) -> dict[str, int]:
    """A document's tasks by segment; the sizes add up to the total.

    Open tasks that are not overdue and never reported are "unreported"; those due soon count as in time.
    """
    sizes = (
        counts.on_time,
        counts.late,
        counts.done_no_deadline,
        counts.in_time + counts.due_soon - counts.in_time_unreported - counts.due_soon_unreported,
        counts.overdue,
        counts.no_deadline - counts.no_deadline_unreported,
        counts.unreported,
    )
    return dict(zip(SEGMENTS, sizes, strict=True))


def segment_label(name: str, lang: str) -> str:
    """The label of a segment."""
    return t(_SEGMENT_KEYS.get(name, f"directives.{name}"), lang)


def document_stack(assessment: RegisterAssessment, lang: str) -> h.Element:
    """One bar per document with tasks, official documents separate from simulated ones, all to one scale."""
    tasked, parts = [view for view in assessment.documents if view.counts.total], assessment.split_simulated()
    max_total, mixed = max((view.counts.total for view in tasked), default=1), len(parts) > 1
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.by_document", lang), assessment.is_simulated and not mixed and simulated_badge(lang)
        ],
        h.p(".legend", aria_hidden="true")[
            (h.span[h.i(class_=["seg", f"seg-{name}"]), segment_label(name, lang)] for name in _used_segments(tasked))
        ],
        (h.section(".part")[mixed and _part_title(part, lang), _part(part, max_total, lang)] for part in parts),
        not tasked and h.p(".nothing")[t("directives.none_match", lang)],
    ]


def _part_title(part: RegisterAssessment, lang: str) -> h.Element:
    kind = "simulated" if part.is_simulated else "official"
    return h.h3(".part-title")[t(f"directives.{kind}", lang), part.is_simulated and simulated_badge(lang)]


def _part(part: RegisterAssessment, max_total: int, lang: str) -> h.Fragment:
    """Bars, most overdue first; below them the documents without any task on record."""
    rows = sorted((view for view in part.documents if view.counts.total), key=_order)
    bare = [view for view in part.documents if not view.tasks]
    return h.fragment[
        h.div(".stacks")[(_row(view, max_total, lang) for view in rows)],
        bool(rows) and _table(rows, lang),
        bool(bare) and _documents_without_tasks(bare, lang),
    ]


def _order(view: DocumentView) -> tuple[int, int, str]:
    return -view.counts.overdue, -view.counts.total, view.document.number


def _used_segments(rows: Sequence[DocumentView]) -> list[str]:
    return [name for name in SEGMENTS if any(segments(view.counts)[name] for view in rows)]


def _row(view: DocumentView, max_total: int, lang: str) -> h.Element:
    total = view.counts.total
    parts = [(name, count) for name, count in segments(view.counts).items() if count]
    label = ", ".join(f"{count} {segment_label(name, lang)}" for name, count in parts)
    return h.a(".stack-row", href=f"/chi-dao/{view.document.key}")[
        h.span(".stack-name")[view.document.number],
        h.span(".stack-track")[
            h.span(".stack", style=f"width:{100 * total / max_total:.1f}%", role="img", aria_label=label)[
                (h.i(class_=["seg", f"seg-{name}"], style=f"flex:{count}", title=segment_label(name, lang))[str(count)]
                 for name, count in parts)
            ],
            h.span(".stack-total")[str(total)],
        ],
    ]  # fmt: skip


def _table(rows: Sequence[DocumentView], lang: str) -> h.Element:
    names = _used_segments(rows)
    return h.details(".chart-table")[
        h.summary[t("directives.table", lang)],
        h.div(".wide")[
            h.table[
                h.thead[
                    h.tr[
                        h.th[t("directives.document", lang)],
                        (h.th(".n")[segment_label(name, lang)] for name in names),
                        h.th(".n")[t("directives.total", lang)],
                    ]
                ],
                h.tbody[
                    (
                        h.tr[
                            h.td[view.document.number],
                            (h.td(".n")[str(segments(view.counts)[name])] for name in names),
                            h.td(".n")[h.b[str(view.counts.total)]],
                        ]
                        for view in rows
                    )
                ],
            ]
        ],
    ]


def _documents_without_tasks(rows: Sequence[DocumentView], lang: str) -> h.Element:
    return h.div(".documents-without-tasks")[
        h.h3[t("directives.documents_without_tasks", lang)],
        h.p(".document-links")[
            (h.a(".link", href=f"/chi-dao/{view.document.key}")[view.document.number] for view in rows)
        ],
    ]  # fmt: skip
