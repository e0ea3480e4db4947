"""The register's numbers: tasks and rates, each rate with the tasks that it stands on."""

from typing import NamedTuple

import htpy as h

from components.sources.provenance import register_origin
from components.ui.format import NONE, number
from components.ui.i18n import say
from components.ui.icons import mark
from components.ui.status_badges import badge
from ioc.domain.directives.progress import Assessment, tally


class _Number(NamedTuple):
    value: str
    words: str
    unit: str = ""
    title: str = ""
    small: str = ""
    bad: bool = False


def counters(found: Assessment, lang: str) -> h.Element:
    """Six numbers; where there are simulated documents, theirs, and the true ones apart in a line above."""
    parts = found.apart() or (found,)
    return h.div(".counted")[(_line(one, lang) for one in parts[:-1]), _six(parts[-1], lang)]


def _line(part: Assessment, lang: str) -> h.Element:
    one = tally(part.tasks)
    words = say(
        "directives.part_line", lang, n=len(part.documents), tasks=one.total, done=one.done, overdue=one.overdue,
        dark=one.unjudged,
    )  # fmt: skip
    return h.p(".box.counted-line")[h.b[say("directives.part_true", lang)], h.span[words]]


def _six(found: Assessment, lang: str) -> h.Element:
    one = tally(found.tasks)
    withdrawn = say("directives.count_withdrawn", lang, n=one.withdrawn) if one.withdrawn else ""
    tasks = say("directives.count_tasks", lang, n=len(found.documents))
    numbers = (
        _Number(str(one.total), tasks, small=withdrawn),
        _Number(str(one.done), say("directives.count_done", lang, n=one.on_time)),
        _Number(str(one.overdue), say("directives.count_overdue", lang), bad=one.overdue > 0),
        _rate(one.overdue_of_all, say("directives.of_all", lang, n=one.total)),
        _rate(one.overdue_of_due, say("directives.of_due", lang, n=one.with_due)),
        _rate(
            one.overdue_of_decided,
            say("directives.of_decided", lang, n=one.decided),
            say("directives.decided_means", lang),
        ),
    )
    return h.div(".counters")[(_counter(each, found.simulated, lang) for each in numbers), register_origin(lang)]


def _rate(value: float | None, words: str, title: str = "") -> _Number:
    return _Number(NONE, words, "", title) if value is None else _Number(number(value, 1), words, "%", title)


def _counter(one: _Number, simulated: bool, lang: str) -> h.Element:
    return h.div(class_=["box", "counter", "counter-bad" if one.bad else None], title=one.title or None)[
        h.span(".counter-value")[h.b[one.value], one.unit and h.small[one.unit]],
        h.span(".counter-words")[one.bad and mark("critical"), one.bad and " ", one.words],
        one.small and h.span(".counter-small")[one.small],
        simulated and badge(lang, short=True),
    ]
