"""What was corrected in a document or a task, with what stood before."""

from collections.abc import Iterable, Mapping

import htpy as h

from components.directives.correction import MAX_QUOTED, WORDS, agency_names
from components.directives.task_register import place_name
from components.ui.format import NO_VALUE, format_date, format_moment, format_number
from components.ui.i18n import t
from ioc.domain.base.text import shorten
from ioc.domain.base.times import parse_day
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Correction, Document, FactChange
from ioc.domain.geo.place import AdminUnit

_DERIVED = ("is_due_confirmed", "assigned_on")  # follow from others that are shown


def corrections_markup(
    document: Document, titles: Mapping[str, str], units: Mapping[str, AdminUnit], agencies: Agencies, lang: str
) -> str:  # fmt: skip
    """The markup of all corrections of a document, the newest first; "" for none."""
    if not document.corrections:
        return ""
    named = {task.key: task.title.get(lang) for task in document.tasks}
    items = (
        h.li[
            _when_and_who(each, titles, lang),
            (
                h.p(".timeline-text")[change_text(change, units, agencies, lang, named.get(change.task, ""))]
                for change in _told_changes(each)
            ),
        ]
        for each in reversed(document.corrections)
    )
    return str(h.div[h.h2(".box-title")[t("correction.log", lang)], h.ol(".timeline")[items]])


def task_corrections(document: Document, task: str) -> list[Correction]:
    """The corrections of a document that concern the task, each with the changes of it alone."""
    found = []
    for each in document.corrections:
        changes = tuple(change for change in each.changes if change.task == task)
        if any(change.field not in _DERIVED for change in changes):
            found.append(Correction(each.at, each.actor, each.position, each.on_behalf_of, each.reason, changes))
    return found


def correction_item(
    correction: Correction, titles: Mapping[str, str], units: Mapping[str, AdminUnit], agencies: Agencies, lang: str
) -> h.Element:
    """A correction as an entry of a history."""
    return h.li[
        _when_and_who(correction, titles, lang),
        (h.p(".timeline-text")[change_text(change, units, agencies, lang)] for change in _told_changes(correction)),
    ]


def _when_and_who(correction: Correction, titles: Mapping[str, str], lang: str) -> h.Node:
    by = titles.get(correction.position, correction.position)
    behalf = titles.get(correction.on_behalf_of, correction.on_behalf_of)
    for_whom = t("tasks.for_whom", lang, who=behalf) if behalf else ""
    return h.fragment[
        h.time(".quiet", datetime=correction.at.isoformat())[format_moment(correction.at)],
        h.p(".timeline-act")[h.b[t("correction.act", lang)], f": {correction.reason}"],
        h.p(".quiet")[" · ".join(filter(None, (by, for_whom)))],
    ]


def _told_changes(correction: Correction) -> Iterable[FactChange]:
    """Its changes without those that follow from others."""
    return (change for change in correction.changes if change.field not in _DERIVED)


def change_text(
    change: FactChange, units: Mapping[str, AdminUnit], agencies: Agencies, lang: str, task: str = ""
) -> str:  # fmt: skip
    """What stood before and what stands now. `task`: title of the task, "" where that is clear."""
    name = t(f"correction.fact_{change.field}", lang)
    before, after = (_fact_text(change.field, text, units, agencies, lang) for text in (change.before, change.after))
    line = t("correction.change", lang, name=name, before=before, after=after)
    return t("correction.of_task", lang, task=shorten(task, 80), change=line) if task else line


def _fact_text(name: str, text: str, units: Mapping[str, AdminUnit], agencies: Agencies, lang: str) -> str:
    """A fact as a correction keeps it, in words."""
    if not text:
        return NO_VALUE
    if name in ("issued_on", "due"):
        day = parse_day(text)
        return format_date(day) if day else text
    if name == "weight":
        return format_number(float(text), 2).rstrip("0").rstrip(",")
    if name == "place":
        return place_name(text, units)
    if name in ("issuer", "lead", "coordinating"):
        return shorten(agency_names(text.split(), agencies, lang), MAX_QUOTED)
    if name in WORDS:
        return t(f"documents.{name}_{text}", lang)
    return shorten(text, MAX_QUOTED)
