"""The register's counters: tasks and rates, each rate with its denominator."""

from typing import NamedTuple

import htpy as h

from components.directives.grounds import Grounds
from components.directives.task_numbers import counted, states_note, unit_word
from components.sources.provenance import followed_provenance, register_provenance
from components.ui.format import NO_VALUE, format_number
from components.ui.i18n import t
from components.ui.icons import mark
from components.ui.status_badges import simulated_badge
from ioc.domain.directives.counts import TaskCounts
from ioc.domain.directives.followed import FollowedPart
from ioc.domain.directives.progress import RegisterAssessment, count_tasks
from ioc.domain.directives.task_numbers import TaskNumbers


class _Counter(NamedTuple):
    value: str
    label: str
    unit: str = ""
    title: str = ""
    note: str = ""
    is_bad: bool = False
    state: str = ""  # by which the register shows what it counts


def register_counters(assessment: RegisterAssessment, lang: str) -> h.Element:
    """Six counters; if there are simulated documents, theirs, and a line above for the official ones."""
    parts = assessment.split_simulated() or (assessment,)
    return h.div(".counter-groups")[
        (_official_documents_line(part, lang) for part in parts[:-1]), _counter_row(parts[-1], lang)
    ]


def _official_documents_line(part: RegisterAssessment, lang: str) -> h.Element:
    counts = count_tasks(part.tasks)
    words = t(
        "directives.official_line",
        lang,
        n=len(part.documents),
        tasks=counted("directives.tasks", part.numbers, lang),
        done=counts.done,
        overdue=counts.overdue,
        unreported=counts.unreported,
    )
    return h.p(".box.counter-line")[h.b[t("directives.official", lang)], h.span[words]]


def _counter_row(assessment: RegisterAssessment, lang: str) -> h.Element:
    counts, both = count_tasks(assessment.tasks), assessment.numbers
    tasks = t(
        "directives.count_tasks",
        lang,
        tasks=t("directives.tasks_word", lang, n=both.tasks),
        n=len(assessment.documents),
    )
    return h.div(".counters")[_counters(counts, both, tasks, assessment.is_simulated, lang), register_provenance(lang)]


def followed_counters(part: FollowedPart, lang: str, grounds: Grounds | None) -> h.Element:
    """The same six counters of tasks that people act on in the program."""
    counts, numbers = part.statistics.counts, part.statistics.numbers
    words = t("directives.tasks_word", lang, n=numbers.tasks)
    return h.div(".counters")[
        _counters(counts, numbers, words, part.is_simulated, lang, grounds), followed_provenance(lang)
    ]


def _counters(
    counts: TaskCounts, both: TaskNumbers, tasks: str, simulated: bool, lang: str, grounds: Grounds | None = None
) -> list[h.Element]:
    total, apart = counts.total, (("withdrawn", counts.withdrawn), ("paused", counts.paused))
    states = ", ".join(f"{count} {t(f'directives.{name}', lang)}" for name, count in apart if count)
    notes = [t("directives.count_apart", lang, states=states)] if states else []
    of_all, of_due = (unit_word(both, each, lang) for each in (total, counts.with_due))
    numbers = (
        _Counter(
            str(both.tasks),
            tasks,
            note="; ".join(filter(None, (*notes, states_note(both, total, lang)))),
            state="trong-tong",
        ),
        _Counter(str(counts.done), t("directives.count_done", lang, n=counts.on_time), state="hoan-thanh"),
        _Counter(str(counts.overdue), t("directives.count_overdue", lang), is_bad=counts.overdue > 0, state="qua-han"),
        _rate(counts.overdue_percent, t("directives.of_all", lang, n=total, unit=of_all)),
        _rate(counts.overdue_percent_of_due, t("directives.of_due", lang, n=counts.with_due, unit=of_due)),
        _rate(
            counts.overdue_percent_of_outcomes,
            t("directives.of_decided", lang, n=counts.with_deadline_outcome),
            t("directives.decided_means", lang),
        ),
    )
    return [_counter(each, simulated, lang, grounds if each.state and each.value != "0" else None) for each in numbers]


def _rate(value: float | None, words: str, title: str = "") -> _Counter:
    return (
        _Counter(NO_VALUE, words, "", title) if value is None else _Counter(format_number(value, 1), words, "%", title)
    )


def _counter(counter: _Counter, simulated: bool, lang: str, grounds: Grounds | None) -> h.Element:
    return h.div(class_=["box", "counter", "counter-bad" if counter.is_bad else None], title=counter.title or None)[
        h.span(".counter-value")[h.b[counter.value], counter.unit and h.small[counter.unit]],
        h.span(".counter-words")[counter.is_bad and mark("critical"), counter.is_bad and " ", counter.label],
        counter.note and h.span(".counter-small")[counter.note],
        simulated and simulated_badge(lang, short=True),
        grounds and grounds.link(f"{counter.value} {counter.label}", lang, state=counter.state),
    ]
