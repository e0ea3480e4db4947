"""The instructions (ý kiến chỉ đạo) that were given on what a page shows, each with its number and its state."""

from collections.abc import Sequence

import htpy as h

from components.directives.followed_documents import REGISTER
from components.directives.task_view import status_label, task_path
from components.directives.task_widgets import holder_name
from components.ui.format import format_date, format_moment
from components.ui.i18n import t
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.instruction import MAX_OF_PAGE, IssuedInstruction

_SHOWN = 10


def issued_instructions(
    items: Sequence[IssuedInstruction], agencies: Agencies, lang: str, *, with_title: bool = True
) -> h.Element | None:  # fmt: skip
    """The newest of them, the others folded; None for none. The task is linked for who may work on it."""
    if not items:
        return None
    return h.div(".given-instructions")[
        with_title and h.h2(".box-title")[t("instruction.given_here", lang), h.small[str(len(items))]],
        h.ul[(h.li[_item(each, agencies, lang)] for each in items[:_SHOWN])],
        len(items) > _SHOWN
        and h.details[
            h.summary[t("instruction.older", lang, n=len(items) - _SHOWN)],
            h.ul[(h.li[_item(each, agencies, lang)] for each in items[_SHOWN:])],
        ],
        len(items) >= MAX_OF_PAGE
        and h.p(".quiet")[
            t("instruction.newest_alone", lang, n=MAX_OF_PAGE),
            " ",
            h.a(".link.needs.needs-act_on_directives", href=REGISTER)[t("document_list.page", lang)],
        ],
    ]


def _item(item: IssuedInstruction, agencies: Agencies, lang: str) -> h.Fragment:
    origin, due = item.origin, item.status.due
    until = t("instruction.due", lang, day=format_date(due)) if due else ""
    facts = (item.number, format_moment(origin.given_at), holder_name(item.holder, agencies, lang), until)
    return h.fragment[
        h.p[origin.text],
        h.p(".quiet")[" · ".join(filter(None, facts)), " ", status_label(item.status, lang)],
        item.is_simulated and simulated_badge(lang),
        h.a(".link.needs.needs-act_on_directives", href=task_path(item.task))[t("instruction.open_task", lang)],
    ]
