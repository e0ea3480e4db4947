"""What a row of a work list says beside its name: how urgent it is, its facts, and what somebody wrote."""

from datetime import date, datetime
from textwrap import shorten

from dash import html
from dash.development.base_component import Component

from components.directives.act_fields import NO, YES
from components.directives.act_form import act_label, decided_label, draft_label
from components.directives.task_view import status_text
from components.directives.task_widgets import holder_name
from components.directives.work_views import DraftView, EntryView, ItemView, RowView, WorkShown
from components.ui.format import format_date, format_moment, format_time
from components.ui.i18n import t
from ioc.domain.base.times import city_date
from ioc.domain.directives.acts import Act, ActFields, TaskEvent
from ioc.domain.directives.task_status import DeadlineState, WorkState

_ROW_TEXT = 240  # characters of a report in its row; the dialog has all of it


def row_sign(entry: EntryView, today: date) -> str:
    """How urgent it is: an overdue task; an item that waits for more than three days."""
    state = entry.row.status.deadline_state
    waits = (today - city_date(entry.item.since)).days if entry.item else 0
    if state is DeadlineState.OVERDUE or (entry.item and entry.item.due and entry.item.due < today):
        return "◆"
    if state is DeadlineState.DUE_SOON or waits > 3:
        return "▲"
    return "◌" if entry.row.status.work_state is WorkState.NOT_STARTED else "●"


def kind_line(entry: EntryView, lang: str) -> Component | None:
    """What waits, before the name of the task; None where the group says it."""
    if entry.section == "draft" and entry.draft:
        return html.Span(f"{draft_label(entry.draft.act, lang)}{_until(entry.draft, lang)}: ")
    if entry.item is None and entry.section not in ("completion", "pause_ended", "effect"):
        return None
    return html.Span(f"{t(f'tasks.section_{entry.section.value}', lang)}: ")


def row_facts(entry: EntryView, asked: ActFields | None, work: WorkShown, lang: str) -> list[str]:
    """Agency, number, dates, state, and what was done about the row. `asked`: by the open item that waits."""
    row, item = entry.row, entry.item
    number = t("tasks.number_line", lang, number=row.document_number, task=row.task.key.removeprefix("nv-"))
    facts = [holder_name(row.holder, work.agencies, lang), number]
    if work.behalf:
        facts.insert(0, t("tasks.for_whom", lang, who=work.behalf))
    facts += _item_facts(item, work.today, lang) if item else _due_facts(row, lang)
    facts.append(status_text(row.status, lang))
    if entry.section == "own_tasks" and row.status.last_reported:
        facts.append(_reported_fact(row.status.last_reported, work.today, lang))
    if entry.sent_back:
        facts.append(_sent_back_fact(entry.sent_back, lang))
    if entry.news:
        facts.append(_news_fact(entry.news, entry.section, lang))
    if entry.draft:
        facts.append(_draft_fact(entry, entry.draft, lang))
    facts += [*_followed(entry, lang), *(_proposal_fact(each, work, lang) for each in entry.proposals)]
    if asked and asked.cause:
        facts.append(t(f"tasks.cause_{asked.cause.value}", lang))
    if asked and asked.proposed:
        facts.append(act_label(asked.proposed, lang))
    return facts


def _item_facts(item: ItemView, today: date, lang: str) -> list[str]:
    """When it was sent, the date that it asks for, that it came late."""
    days = (today - city_date(item.since)).days
    facts = [t("tasks.sent_days", lang, day=format_date(item.since), n=days) if days else t("tasks.sent_today", lang)]
    facts += [t("tasks.stated_due", lang, day=format_date(item.due))] if item.due else []
    return [*facts, t("tasks.asked_late", lang)] if item.is_late else facts


def _due_facts(row: RowView, lang: str) -> list[str]:
    """The due date, or the words that stand in its place."""
    if row.status.due:
        return [t("tasks.due_line", lang, day=format_date(row.status.due))]
    return [row.task.due_words] if row.task.due_words else []


def _reported_fact(at: datetime, today: date, lang: str) -> str:
    """When the last report was sent."""
    if city_date(at) == today:
        return t("tasks.reported_today", lang, at=format_time(at))
    return t("tasks.reported_last", lang, at=format_moment(at))


def _sent_back_fact(event: TaskEvent, lang: str) -> str:
    """Why the completion was returned; that more is to be done, or that a proposal was declined."""
    stated = event.stated
    if event.act is Act.DECLINE_PROPOSAL:
        return t("tasks.declined", lang)
    if stated.return_kind is None:
        return t("tasks.to_continue", lang)
    return t("tasks.returned", lang, kind=t(f"tasks.return_kind_{stated.return_kind.value}", lang))


def _news_fact(event: TaskEvent, section: str, lang: str) -> str:
    """Who looks after the row reminded of it; its agency was reminded, or refused what it asked for."""
    if section != "own_tasks":
        return t("tasks.reminded_at", lang, at=format_moment(event.at))
    return t(f"tasks.told_{event.act.value}", lang, day=format_date(event.day))


def _followed(entry: EntryView, lang: str) -> list[str]:
    """What is already asked for about the row."""
    marks = {"explaining": entry.is_explaining, "adjusting": entry.is_adjusting, "extending": entry.is_extending}
    return [t(f"tasks.{mark}", lang) for mark, is_set in marks.items() if is_set]


def _proposal_fact(event: TaskEvent, work: WorkShown, lang: str) -> str:
    """Who proposes what."""
    stated, who = event.stated, event.on_behalf_of or event.position
    decision = None if stated.is_granted is None else YES if stated.is_granted else NO
    what = decided_label(stated.proposed, decision, lang) if stated.proposed else ""
    return t("tasks.proposed_by", lang, who=work.titles.get(who, who), what=what)


def _draft_fact(entry: EntryView, draft: DraftView, lang: str) -> str:
    """When it was written or returned, of which act, unless the row names that, and the day that it asks for."""
    at, act = format_moment(draft.at), f"{act_label(draft.act, lang)}{_until(draft, lang)}"
    if entry.section == "draft":
        return t("tasks.drafted_at", lang, at=at)
    is_ended = draft.act is Act.REQUEST_ADJUSTMENT and entry.row.status.work_state is not WorkState.NOT_STARTED
    line = "ended" if is_ended else "returned" if draft.returned else "draft"
    return t(f"tasks.{line}_line", lang, act=act, at=at)


def _until(draft: DraftView, lang: str) -> str:
    day = draft.stated.due
    return f" {t('tasks.stated_due', lang, day=format_date(day))}" if day else ""


def quotes(entry: EntryView, asked: ActFields | None) -> tuple[str, ...]:
    """What is reported, cut, or asked, why it came back, what its agency was told, and what is said of the draft."""
    if entry.section == "draft" and entry.draft:
        return (entry.draft.stated.text,)
    request = (asked.petition if entry.section == "petition" else asked.text) if asked else ""
    sent_back = entry.sent_back.stated.text if entry.sent_back else ""
    report = row_text(entry.submitted.stated.text) if entry.submitted else ""
    news = entry.news.stated.text if entry.news and entry.section == "own_tasks" else ""
    advice = (each.stated.text for each in entry.proposals)
    return (
        report,
        request,
        *advice,
        sent_back,
        news,
        entry.draft.returned.text if entry.draft and entry.draft.returned else "",
    )


def row_text(text: str) -> str:
    """The first words of a text, as many as a row shows."""
    return shorten(text, _ROW_TEXT, placeholder=" …")
