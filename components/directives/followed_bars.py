"""Tasks that people act on in the program, as rows of the box of progress on the overview."""

from collections.abc import Iterator, Sequence

import htpy as h

from components.directives.stacked_bar import segment_label, segments
from components.directives.task_numbers import counted_briefly
from components.ui.i18n import t
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.counts import TaskCounts
from ioc.domain.directives.followed import FollowedPart


def followed_rows(parts: Sequence[FollowedPart], mixed: bool, lang: str) -> Iterator[h.Element]:
    """One row for each part. `mixed`: the box shows official and simulated tasks."""
    for part in parts:
        counts, numbers = part.statistics.counts, part.statistics.numbers
        overdue = [t("directives.overdue_n", lang, n=counts.overdue)] if counts.overdue else []
        words = " · ".join([counted_briefly(numbers, counts.total, lang), *overdue])
        yield h.a(".progress-row.progress-followed", href="/chi-dao")[
            h.span(".progress-head")[
                h.span(".progress-name")[
                    t("directives.followed_short", lang),
                    mixed and part.is_simulated and simulated_badge(lang, short=True),
                ],
                h.span(".progress-value")[h.b[str(counts.done)], h.small[f"/{counts.total}"]],
            ],
            _stack(counts, lang),
            h.span(".progress-foot")[h.span[words], h.span[t("directives.followed_done", lang)]],
        ]


def _stack(counts: TaskCounts, lang: str) -> h.Element | None:
    sizes = [(name, size) for name, size in segments(counts).items() if size]
    if not sizes:
        return None
    label = ", ".join(f"{size} {segment_label(name, lang)}" for name, size in sizes)
    return h.span(".stack.stack-thin", role="img", aria_label=label)[
        (h.i(class_=["seg", f"seg-{name}"], style=f"flex:{size}") for name, size in sizes)
    ]
