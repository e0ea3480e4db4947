"""Tasks by document as stacked bars, with their table."""

from collections.abc import Sequence

import htpy as h

from components.ui.i18n import t
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.counts import TaskCounts
from ioc.domain.directives.progress import DocumentView, RegisterAssessment

# Class in the style sheet and in the catalogue, drawn from left to right.
SEGMENTS = ("on-time", "late", "done-free", "in-time", "overdue", "no-deadline", "not-judged")
_SEGMENT_KEYS = {"not-judged": "directives.not_judged"}


def segments(counts: TaskCounts) -> dict[str, int]:
    """A document's tasks in the classes of its bar; they add up to the total.

    Open tasks that are not overdue and never reported stand apart; those due soon count as in time.
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
    """What a segment is called."""
    return t(_SEGMENT_KEYS.get(name, f"directives.{name}"), lang)


def document_stack(assessment: RegisterAssessment, lang: str) -> h.Element:
    """One bar per document with tasks, true documents apart from simulated ones, all to one scale."""
    tasked, parts = [one for one in assessment.documents if one.counts.total], assessment.split_simulated()
    most, mixed = max((one.counts.total for one in tasked), default=1), len(parts) > 1
    return h.div(".register-box")[
        h.h2(".box-title")[
            t("directives.by_document", lang), assessment.is_simulated and not mixed and simulated_badge(lang)
        ],
        h.p(".legend", aria_hidden="true")[
            (h.span[h.i(class_=["seg", f"seg-{name}"]), segment_label(name, lang)] for name in _used_segments(tasked))
        ],
        (h.section(".part")[mixed and _part_title(one, lang), _part(one, most, lang)] for one in parts),
        not tasked and h.p(".nothing")[t("directives.none_match", lang)],
    ]


def _part_title(part: RegisterAssessment, lang: str) -> h.Element:
    kind = "made" if part.is_simulated else "true"
    return h.h3(".part-title")[t(f"directives.part_{kind}", lang), part.is_simulated and simulated_badge(lang)]


def _part(part: RegisterAssessment, most: int, lang: str) -> h.Fragment:
    """Its bars, most overdue first; below, its documents without any task on record."""
    rows = sorted((one for one in part.documents if one.counts.total), key=_order)
    bare = [one for one in part.documents if not one.tasks]
    return h.fragment[
        h.div(".stacks")[(_row(one, most, lang) for one in rows)],
        bool(rows) and _table(rows, lang),
        bool(bare) and _documents_without_tasks(bare, lang),
    ]


def _order(view: DocumentView) -> tuple[int, int, str]:
    return -view.counts.overdue, -view.counts.total, view.document.number


def _used_segments(rows: Sequence[DocumentView]) -> list[str]:
    return [name for name in SEGMENTS if any(segments(one.counts)[name] for one in rows)]


def _row(view: DocumentView, most: int, lang: str) -> h.Element:
    total = view.counts.total
    parts = [(name, count) for name, count in segments(view.counts).items() if count]
    said = ", ".join(f"{count} {segment_label(name, lang)}" for name, count in parts)
    return h.a(".stack-row", href=f"/chi-dao/{view.document.key}")[
        h.span(".stack-name")[view.document.number],
        h.span(".stack-track")[
            h.span(".stack", style=f"width:{100 * total / most:.1f}%", role="img", aria_label=said)[
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
                            h.td[one.document.number],
                            (h.td(".n")[str(segments(one.counts)[name])] for name in names),
                            h.td(".n")[h.b[str(one.counts.total)]],
                        ]
                        for one in rows
                    )
                ],
            ]
        ],
    ]


def _documents_without_tasks(rows: Sequence[DocumentView], lang: str) -> h.Element:
    return h.div(".bare")[
        h.h3[t("directives.untasked", lang)],
        h.p(".bare-links")[
            (h.a(".link", href=f"/chi-dao/{one.document.key}")[one.document.number] for one in rows)
        ],
    ]  # fmt: skip
