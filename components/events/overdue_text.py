"""Overdue tasks and submissions, and instructions that wait too long, of the attention list in words."""

from datetime import timedelta

from components.ui.format import format_number
from components.ui.i18n import t
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.followed import NewlyOverdue
from ioc.domain.directives.instruction import LateInstructions
from ioc.domain.snapshot import OverdueFacts, OverdueSubmissions, OverdueTask


def overdue_title(facts: OverdueFacts, name: LocalizedText, lang: str) -> str:
    """What is overdue: the task by its `name`, the agency that owes figures, or how many."""
    if isinstance(facts, OverdueTask):
        return t("attention.task", lang, title=name.get(lang))
    if isinstance(facts, NewlyOverdue | LateInstructions):
        kind = "followed" if isinstance(facts, NewlyOverdue) else "instructions"
        return t(f"attention.{kind}", lang, n=format_number(facts.count))
    if facts.agency_count > 1:
        agency = t("attention.agencies", lang, n=format_number(facts.agency_count))
    else:
        agency = facts.agency.get(lang) if facts.agency else t("attention.unknown_agency", lang)
    return t("attention.submissions", lang, agency=agency)


def overdue_detail(facts: OverdueFacts, lang: str) -> str:
    """For how long, and who is in charge or what the city does about it."""
    if isinstance(facts, OverdueTask):
        return t(
            "attention.task_detail",
            lang,
            duration=t("attention.days", lang, n=format_number(facts.days_overdue)),
            due=facts.due.strftime("%d/%m/%Y"),
            number=facts.document_number,
            holder=facts.holder.get(lang) if facts.holder else t("attention.no_holder", lang),
        )
    if isinstance(facts, NewlyOverdue):
        return t("attention.followed_detail", lang, n=format_number(facts.days))
    if isinstance(facts, LateInstructions):
        return t("attention.instructions_detail", lang)
    several = facts.period_count > 1
    overdue = t("attention.overdue_up_to" if several else "attention.overdue", lang, duration=_duration(facts, lang))
    if facts.threshold is None:
        return f"{t('attention.periods_not_sent', lang, n=format_number(facts.period_count))}, {overdue}"
    if several:
        overdue = f"{t('attention.periods', lang, n=format_number(facts.period_count))}, {overdue}"
    # What the city does comes first: it is read from afar.
    return f"{facts.threshold.get(lang)} · {overdue}"


def _duration(facts: OverdueSubmissions, lang: str) -> str:
    if facts.longest >= timedelta(days=1):
        return t("attention.days", lang, n=format_number(facts.longest.days))
    hours = facts.longest // timedelta(hours=1)
    return t("attention.hours", lang, n=format_number(hours)) if hours else t("attention.under_hour", lang)
