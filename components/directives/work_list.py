"""What waits for a position, in groups: each row with its acts in place, and figures that are due among the tasks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.directives.act_form import act_label, draft_label
from components.directives.briefing_links import briefing_line, briefing_name, briefing_path, notice_link
from components.directives.instruction_steps import step_buttons, step_line
from components.directives.task_view import agency_name, document_path, task_path
from components.directives.work_facts import kind_line, quotes, row_facts, row_sign, row_text
from components.directives.work_offers import Offer, button_key, is_drafted, row_offers
from components.directives.work_views import EntryView, WorkShown
from components.submissions.tables import form_path
from components.ui.failure_words import kind_names
from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.base.times import city_date
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, ItemKind, PositionKind
from ioc.domain.directives.briefing import Briefing
from ioc.domain.directives.directive import Document
from ioc.domain.directives.due_words import is_urgent
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct
from ioc.domain.submissions.submission import ObligationPeriod, SubmissionState

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "send": ("draft",),
    "answer": ("petition", "explanation", "coordination"),
    "decide": ("extension", "adjustment", "completion", "explanation_answer", "proposal"),
    "starred": ("starred_overdue",),
    "follow": ("pause_ended", "effect"),
    "due": ("own_tasks",),
}
DRAFTS = "drafts"  # the group of instructions and notices of briefings without number and date
RETURNED = "returned"  # the group of instructions that the Office gave back
GROUPS = (RETURNED, *_GROUPS, DRAFTS)


def work_counts(work: WorkShown) -> dict[str, int]:
    """How much waits in each group."""
    counts = {group: sum(work.counts.get(section, 0) for section in sections) for group, sections in _GROUPS.items()}
    counts["due"] += len(work.figures)
    return {**counts, RETURNED: len(work.returned), DRAFTS: len(work.drafts) + len(work.notices)}


def work_groups(page: str, work: WorkShown, lang: str, first: Sequence[Component] = ()) -> list[Component]:
    """The groups that have something, each with its number, after those of `first`; one text where nothing waits."""
    counts, groups = work_counts(work), list(first)
    for group in GROUPS:
        rows = _rows(page, group, work, lang)
        if rows:
            groups.append(_group(group, counts[group], counts[group] + _elsewhere(group, work) - len(rows), rows, lang))
    return groups or [html.P(t("tasks.work_none", lang), className="box quiet")]


def _elsewhere(group: str, work: WorkShown) -> int:
    """The rows of the group on which nothing is done here: its number leaves them out."""
    return sum(bool(each.row.master) for each in work.entries if each.section in _GROUPS.get(group, ()))


def _group(group: str, count: int, more: int, rows: Sequence[Component], lang: str) -> Component:
    """`count`: what waits; `more`: of it what is not shown."""
    title = html.H2([t(f"tasks.group_{group}", lang), html.Small(str(count))], className="box-title")
    last = [html.P(t("tasks.work_more", lang, n=more), className="quiet work-row")] if more > 0 else []
    listed = html.Ul([html.Li(row) for row in rows], className="plain-list")
    return html.Section([title, listed, *last], className=f"box group-{group}")


def _rows(page: str, group: str, work: WorkShown, lang: str) -> list[Component]:
    if group == RETURNED:
        return [_draft_row(page, draft, work, lang) for draft in work.returned]
    if group == DRAFTS:
        drafts = [_draft_row(page, draft, work, lang) for draft in work.drafts]
        return [*(_notice_row(briefing, work.behalf, lang) for briefing in work.notices), *drafts]
    entries = [entry for entry in work.entries if entry.section in _GROUPS[group]]
    if group != "due":
        order = _GROUPS[group]
        return [_entry_row(page, entry, work, lang) for entry in sorted(entries, key=lambda e: order.index(e.section))]
    dated = [(_due_order(entry), _entry_row(page, entry, work, lang)) for entry in entries]
    dated += [((city_date(each.status.due), False), _figure_row(each, lang)) for each in work.figures]
    return [row for _, row in sorted(dated, key=lambda pair: pair[0])]


def _due_order(entry: EntryView) -> tuple[date, bool]:
    """By due date; of the tasks without one the urgent ones first."""
    return entry.row.status.due or date.max, not is_urgent(entry.row.task.due_words)


def _entry_row(page: str, entry: EntryView, work: WorkShown, lang: str) -> Component:
    row, asked = entry.row, work.statements.get(entry.item.event) if entry.item else None
    title = html.A(row.task.title.get(lang), href=task_path(row.key), className="work-title")
    quoted = quotes(entry, asked)
    return work_row(
        row_sign(entry, work.today),
        [kind_line(entry, lang), title],
        " · ".join(row_facts(entry, asked, work, lang)),
        quoted,
        _acts(page, entry, asked, work, lang),
        is_simulated=row.is_simulated,
        lang=lang,
    )


def _acts(page: str, entry: EntryView, asked: ActFields | None, work: WorkShown, lang: str) -> list[Component]:
    """The buttons of a row; where another system keeps its document, what that is called."""
    row = entry.row
    if row.master:
        where = t("tasks.act_elsewhere", lang, system=work.systems.get(row.master, row.master))
        return [html.Span(where, className="quiet")]
    offers = [each for each in entry_offers(entry, asked, work.kind) if not work.acts or each.act in work.acts]
    return [_button(page, offer, entry, work.kind, lang) for offer in offers]


def entry_offers(entry: EntryView, asked: ActFields | None, kind: PositionKind) -> list[Offer]:
    """The buttons of a row for that kind of position, the main one last. `asked`: by the open item that waits."""
    marks = {
        Act.REQUEST_EXPLANATION: entry.is_explaining, Act.REQUEST_ADJUSTMENT: entry.is_adjusting,
        Act.PROPOSE: bool(entry.proposals), Act.WITHDRAW_PROPOSAL: not entry.own_proposal,
        Act.DECLINE_PROPOSAL: entry.section != "proposal" and not entry.proposals,
    }  # fmt: skip
    drafted = entry.draft.act if entry.draft else None
    offers = row_offers(entry.section.value, entry.row.status.work_state, asked, drafted, kind)
    return [each for each in offers if not marks.get(each.act)]


def work_row(
    sign: str,
    title: Sequence[Any],
    line: str,
    quoted: Sequence[str],
    buttons: Sequence[Component],
    *,
    is_simulated: bool,
    lang: str,
) -> Component:
    """A row of a group. `sign`: how urgent. `line`: facts. `quoted`: what somebody wrote. `buttons`: its acts."""
    badge = [html.Span(t("common.simulated_short", lang), className="badge")] if is_simulated else []
    words = [
        html.P([part for part in title if part], className="work-name"),
        html.P([line, " ", *badge], className="quiet"),
        *(html.Blockquote(f"“{text}”") for text in quoted if text),
    ]
    return html.Div(
        [
            html.Span(sign, className=f"cell-sign {_SIGN_KINDS[sign]}", **_HIDDEN),
            html.Div(words, className="work-words"),
            html.Div(list(buttons), className="work-acts"),
        ],
        className="work-row",
    )


_HIDDEN: Mapping[str, Any] = {"aria-hidden": "true"}
_SIGN_KINDS = {"◆": "is-critical", "▲": "is-attention", "●": "is-on", "◌": "is-off"}


def _button(page: str, offer: Offer, entry: EntryView, kind: PositionKind, lang: str) -> Component:
    label = t(f"tasks.do_{offer.label}", lang) if offer.label else act_label(offer.act, lang)
    if is_drafted(offer.act, kind):
        label = draft_label(offer.act, lang)
    asked = entry.item.event if entry.item else entry.draft.refers_to if entry.draft else None
    answers = ACT_RULES[offer.act].answers
    is_asked = answers is not None and entry.section in ("draft", answers.value)  # not what a proposal is about
    if answers is ItemKind.PROPOSAL and entry.proposals:
        asked, is_asked = entry.own_proposal or entry.proposals[-1].id, True
    if entry.section == "proposal" and not is_asked:
        offer = offer._replace(preset=str(asked))
    key = button_key(offer, entry.row.key, asked if is_asked else None)
    said = f"{label} {act_label(offer.act, lang)}" if offer.label == "view_draft" else label
    named: Mapping[str, Any] = {"aria-label": f"{said}: {entry.row.task.title.get(lang)}"}
    color = "primary" if offer.is_main else "secondary"
    return html.Button(
        label, id={"type": f"{page}-do", "key": key}, type="button", className=f"btn btn-{color}", **named
    )


def _figure_row(item: ObligationPeriod, lang: str) -> Component:
    """A period whose figures are due, with the reason if they were returned; the form of the figures does the act."""
    status, obligation, path = item.status, item.obligation, form_path(item.obligation, item.period)
    signs = {SubmissionState.OVERDUE: "◆", SubmissionState.REJECTED: "▲", SubmissionState.DUE_SOON: "▲"}
    returned = [SubmissionState.REJECTED] if status.is_returned else []
    facts = [
        t("tasks.figures", lang), t("tasks.due_line", lang, day=format_date(status.due)),
        *(t(f"submissions.status_{each.value}", lang) for each in dict.fromkeys((status.state, *returned))),
    ]  # fmt: skip
    reason = row_text(status.decision.reason) if status.is_returned and status.decision else ""
    name = obligation.name.get(lang)
    button = open_button("submissions.open_form", path, name, lang)
    title = html.A(name, href=path, className="work-title")
    sign = signs.get(status.state, "●")
    return work_row(
        sign, [title], " · ".join(facts), (reason,), [button], is_simulated=obligation.is_simulated, lang=lang
    )


def _draft_row(page: str, draft: Document, work: WorkShown, lang: str) -> Component:
    """An instruction that waits for number and date, or that the Office gave back, with the reason."""
    origin, facts = draft.origin, [t("tasks.for_whom", lang, who=work.behalf)] if work.behalf else []
    facts += [agency_name(work.agencies, origin.agency, lang), format_date(origin.given_at)] if origin else []
    if origin and origin.value:
        name = origin.name or work.subjects.get(draft.key, "")
        facts.append(t("tasks.from_named_figure" if name else "tasks.from_figure", lang, name=name, value=origin.value))
    issuing, path, name = DOCUMENT_GRANTS[DocumentAct.ISSUE], document_path(draft.key), draft.title.get(lang)
    if draft.steps:
        said = "returned_by" if draft.is_returned else "sent_by"
        facts.append(t(f"instruction.{said}", lang, who=step_line(draft.steps[-1], work.titles, lang)))
    if not draft.is_returned:
        facts.append(t("tasks.draft_waits", lang, kinds=kind_names(sorted(issuing), lang)))
    buttons = step_buttons(page, draft, work.steps.get(draft.key, ()), lang)
    buttons += [open_button("tasks.to_issue_open", path, name, lang)] if work.kind in issuing else []
    title, reason = html.A(name, href=path, className="work-title"), draft.steps[-1].reason if draft.steps else ""
    return work_row("▲", [title], " · ".join(facts), (reason,), buttons, is_simulated=draft.is_simulated, lang=lang)


def open_button(label: str, path: str, name: str, lang: str) -> Component:
    """The way to the page on which the act of a row is done. `name`: of what it opens, for screen readers."""
    named: Mapping[str, Any] = {"aria-label": f"{t(label, lang)}: {name}"}
    return html.A(t(label, lang), href=path, className="btn btn-primary", **named)


def _notice_row(briefing: Briefing, behalf: str, lang: str) -> Component:
    """A briefing that ended in a draft notice of conclusions."""
    title = html.A(briefing_name(briefing, lang), href=briefing_path(briefing.key), className="work-title")
    link = notice_link(briefing, lang)
    buttons = [link] if link else []
    facts = [*([t("tasks.for_whom", lang, who=behalf)] if behalf else []), briefing_line(briefing, lang)]
    return work_row("▲", [title], " · ".join(facts), (), buttons, is_simulated=False, lang=lang)
