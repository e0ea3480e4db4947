"""Tasks that people act on in the program, as the page of directives counts them."""

import htpy as h

from components.directives.counters import followed_counters
from components.directives.grounds import Grounds
from components.directives.progress_bars import followed_agency_rows
from components.directives.register import ages_box, counts_table
from components.directives.task_numbers import unit_word
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.directive import Register
from ioc.domain.directives.followed import FollowedPart, FollowedTasks


def followed_panel(followed: FollowedTasks, register: Register, lang: str, *, is_live: bool) -> h.Element | None:
    """Counters, agencies and ages of overdue tasks, for each part; None where nothing is followed.

    `is_live`: they are those of now, which the register shows.
    """
    if not followed.parts:
        return None
    return h.section(".followed-tasks")[
        h.h2(".box-title")[t("directives.followed", lang)],
        h.p(".quiet")[t("directives.followed_hint", lang)],
        (_part(part, register, lang, is_live) for part in followed.parts),
        h.h2(".box-title")[t("directives.configured", lang)],
    ]


def _handling_line(part: FollowedPart, lang: str, grounds: Grounds | None) -> h.Element:
    """How the tasks were handled: time until received, returns, days at the Office, open petitions."""
    found = part.statistics.handling

    def words(name: str, size: float | None, tasks: int = 0, handling: str = "", digits: int = 0) -> h.Element:
        text = _of_tasks(t(f"directives.handling_{name}", lang, n=format_number(size, digits)), tasks, part, lang)
        return h.span[text, grounds.link(text, lang, handling=handling) if grounds and tasks else None]

    received = found.received_count
    return h.p(".box.counter-line")[
        h.b[t("directives.handling", lang)],
        words("received", found.received_days_mean, received, "da-tiep-nhan", digits=1) if received else None,
        words("returns", found.returns, found.returned_count, "tra-lai"),
        words("office", found.office_days),
        words("petitions", found.open_petitions, found.petition_count, "kien-nghi"),
        part.is_simulated and simulated_badge(lang, short=True),
    ]


def _of_tasks(text: str, tasks: int, part: FollowedPart, lang: str) -> str:
    """`text`, with the number of tasks that it is of, where there are some."""
    unit = unit_word(part.statistics.numbers, tasks, lang)
    return f"{text} ({format_number(tasks)} {unit})" if tasks else text


def _part(part: FollowedPart, register: Register, lang: str, is_live: bool) -> h.Fragment:
    grounds = Grounds(part.is_simulated) if is_live else None
    badge = part.is_simulated and simulated_badge(lang)
    return h.fragment[
        followed_counters(part, lang, grounds),
        _handling_line(part, lang, grounds),
        h.div(".register-grid")[
            h.div(".register-column")[
                h.section(".box")[
                    h.div(".register-box")[
                        h.h3(".box-title")[t("directives.by_agency", lang), badge],
                        counts_table(followed_agency_rows(part), register, lang, grounds),
                    ]
                ]
            ],
            h.div(".register-column")[
                h.section(".box")[ages_box(part.statistics.ageing, part.is_simulated, lang, grounds)]
            ],
        ],
    ]
