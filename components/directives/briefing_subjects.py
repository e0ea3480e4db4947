"""What may be collected for a briefing (giao ban), in the words in which it is collected."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from components.directives.task_view import agency_name, document_path, status_text, task_path
from components.directives.task_widgets import holder_name
from components.directives.work_views import EntryView, RowView
from components.events.attention_list import attached_item, item_page
from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.directives.acts import ActFields
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.briefing import BriefingSubject, Conclusion, SubjectKind
from ioc.domain.directives.directive import Document
from ioc.domain.snapshot import AttentionItem, Snapshot


class SubjectGroup(NamedTuple):
    """`name`: of the text "briefing.group_…". `total`: how many there are, which may be more than are shown."""

    name: str
    subjects: tuple[BriefingSubject, ...]
    total: int


class SubjectTexts(NamedTuple):
    """What the words of subjects depend on. `at`: the moment at which they are read."""

    agencies: Agencies
    at: datetime
    lang: str

    def petition(self, entry: EntryView, asked: Mapping[int, ActFields]) -> BriefingSubject:
        """An open petition: what is asked for, with the task and its state."""
        event, row = entry.item.event if entry.item else 0, entry.row
        stated = asked.get(event)
        name = stated.petition if stated else row.task.title.get(self.lang)
        value = f"{row.task.title.get(self.lang)} · {self._task_line(row)}"
        return BriefingSubject(SubjectKind.PETITION, str(event), task_path(row.key), name, value, self.at)

    def task(self, row: RowView) -> BriefingSubject:
        """A task with its state."""
        name, value = row.task.title.get(self.lang), self._task_line(row)
        return BriefingSubject(SubjectKind.TASK, row.key, task_path(row.key), name, value, self.at)

    def _task_line(self, row: RowView) -> str:
        due = row.status.due
        facts = (
            "★" if row.is_starred else "",
            holder_name(row.holder, self.agencies, self.lang),
            row.document_number,
            t("tasks.due_line", self.lang, day=format_date(due)) if due else "",
            status_text(row.status, self.lang),
            self._simulated(is_simulated=row.is_simulated),
        )
        return " · ".join(filter(None, facts))

    def instruction(self, draft: Document) -> BriefingSubject:
        """An instruction without a number; its own words are proposed as the conclusion."""
        name, origin, value, proposed = draft.title.get(self.lang), draft.origin, "", Conclusion()
        if origin is not None:
            agency = agency_name(self.agencies, origin.agency, self.lang)
            wished = format_date(origin.wished_on) if origin.wished_on else ""
            key = "tasks.from_named_figure" if origin.name else "tasks.from_figure"
            given = t(key, self.lang, name=origin.name, value=origin.value) if origin.value else ""
            simulated = self._simulated(is_simulated=draft.is_simulated)
            value = " · ".join(filter(None, (agency, format_date(origin.given_at), given, simulated)))
            proposed = Conclusion(origin.text, agency, wished)
        return BriefingSubject(
            SubjectKind.INSTRUCTION, draft.key, document_path(draft.key), name, value, self.at, proposed
        )

    def _simulated(self, *, is_simulated: bool) -> str:
        return t("common.simulated_short", self.lang) if is_simulated else ""


def attention_subjects(items: Iterable[AttentionItem], snapshot: Snapshot, lang: str) -> tuple[BriefingSubject, ...]:
    """Items of the attention list as they stand at the moment of `snapshot`."""
    found = ((item, attached_item(item_page(item), snapshot, lang)) for item in items)
    return tuple(
        BriefingSubject(
            SubjectKind.ATTENTION, f"{item.kind.value} {item.key}", figure.page, figure.name, figure.value, snapshot.at
        )
        for item, figure in found
        if figure is not None
    )
