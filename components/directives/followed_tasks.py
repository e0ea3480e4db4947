"""Tasks that people act on in the program, as the page of directives counts them."""

import htpy as h

from components.directives.counters import followed_counters
from components.directives.progress_bars import followed_agency_rows
from components.directives.register import ages_box, counts_table
from components.ui.i18n import t
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.directive import Register
from ioc.domain.directives.followed import FollowedPart, FollowedTasks


def followed_panel(followed: FollowedTasks, register: Register, lang: str) -> h.Element | None:
    """Counters, agencies and ages of overdue tasks, for each part; None where nothing is followed."""
    if not followed.parts:
        return None
    return h.section(".followed-tasks")[
        h.h2(".box-title")[t("directives.followed", lang)],
        h.p(".quiet")[t("directives.followed_hint", lang)],
        (_part(part, register, lang) for part in followed.parts),
        h.h2(".box-title")[t("directives.configured", lang)],
    ]


def _part(part: FollowedPart, register: Register, lang: str) -> h.Fragment:
    badge = part.is_simulated and simulated_badge(lang)
    return h.fragment[
        followed_counters(part, lang),
        h.div(".register-grid")[
            h.div(".register-column")[
                h.section(".box")[
                    h.div(".register-box")[
                        h.h3(".box-title")[t("directives.by_agency", lang), badge],
                        counts_table(followed_agency_rows(part), register, lang),
                    ]
                ]
            ],
            h.div(".register-column")[h.section(".box")[ages_box(part.statistics.ageing, part.is_simulated, lang)]],
        ],
    ]
