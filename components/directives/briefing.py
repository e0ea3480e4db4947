"""A briefing (giao ban): its items with their conclusions, what may be collected, the list of briefings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.directives.briefing_links import briefing_line, briefing_name, briefing_path
from components.directives.briefing_subjects import SubjectGroup
from components.directives.document_entry import EntryDraft
from components.ui.dialogs import dialog
from components.ui.error_messages import describe
from components.ui.format import format_date, format_moment
from components.ui.forms import Option, draft_form, field_group, text_area, text_field
from components.ui.i18n import t
from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.briefing import Briefing, BriefingItem, BriefingSubject, Conclusion, SubjectKind

TEXT, LEAD, DUE = "briefing-text", "briefing-lead", "briefing-due"
FIELDS = (TEXT, LEAD, DUE)
CONCLUDE, REMOVE, COLLECT = "briefing-conclude", "briefing-remove", "briefing-collect"
_AGENCIES = "briefing-agencies"


def briefing_list(briefings: Sequence[Briefing], lang: str) -> Component:
    """The briefings, each with the way to it."""
    if not briefings:
        return html.P(t("briefing.none", lang), className="quiet")
    rows = (
        html.Li(
            [
                html.A(briefing_name(each, lang), href=briefing_path(each.key), className="work-title"),
                html.P(briefing_line(each, lang), className="quiet mb-0"),
            ],
            className="briefing-row",
        )
        for each in briefings
    )
    return html.Ul(list(rows), className="plain-list")


def briefing_items(briefing: Briefing, lang: str, *, may_act: bool) -> list[Component]:
    """The items in their order, to be read from the room. `may_act`: with the buttons of who keeps the briefing."""
    if not briefing.items:
        return [html.P(t("briefing.empty", lang), className="box quiet")]
    return [_item(number, item, lang, may_act=may_act) for number, item in enumerate(briefing.items, 1)]


def _item(number: int, item: BriefingItem, lang: str, *, may_act: bool) -> Component:
    subject = item.subject
    head = [
        html.P([html.B(f"{number}"), " · ", t(f"briefing.kind_{subject.kind.value}", lang)], className="briefing-kind"),
        html.H2(html.A(subject.name, href=subject.page, className="link"), className="briefing-name"),
        html.P(subject.value, className="briefing-value"),
        html.P(t("briefing.as_of", lang, moment=format_moment(subject.at)), className="quiet mb-0"),
    ]
    acts = [html.Div(_item_buttons(number, item, lang), className="briefing-acts")] if may_act else []
    return html.Article([*head, *_conclusion(item.conclusion, lang), *acts], className="box briefing-item")


def _conclusion(conclusion: Conclusion, lang: str) -> list[Component]:
    if conclusion.is_empty:
        return []
    due = f"{t('briefing.due', lang)}: {conclusion.due}" if conclusion.due else ""
    return [
        html.Div(
            [
                html.H3(t("briefing.conclusion", lang)),
                html.P(conclusion.text, className="briefing-text"),
                html.P(" · ".join(filter(None, (conclusion.lead, due))), className="mb-0"),
            ],
            className="briefing-conclusion",
        )
    ]


def _item_buttons(number: int, item: BriefingItem, lang: str) -> list[Component]:
    key, label = str(item.number), "conclude" if item.conclusion.is_empty else "change"
    return [
        _button(CONCLUDE, key, t(f"briefing.{label}", lang), f"{number}. {item.subject.name}", "primary"),
        _button(REMOVE, key, t("briefing.remove", lang), f"{number}. {item.subject.name}", "secondary"),
    ]


def _button(kind: str, key: str, label: str, about: str, color: str) -> Component:
    named: Mapping[str, Any] = {"aria-label": f"{label}: {about}"}
    return html.Button(label, id={"type": kind, "key": key}, type="button", className=f"btn btn-{color}", **named)


def subject_key(subject: BriefingSubject) -> str:
    """The key of the button that collects it."""
    return f"{subject.kind.value} {subject.key}"


def prepared_groups(groups: Iterable[SubjectGroup], lang: str) -> list[Component]:
    """What may be collected, in groups; each row has its button."""
    shown = [_group(group, lang) for group in groups if group.subjects]
    return shown or [html.P(t("briefing.nothing_left", lang), className="quiet")]


def _group(group: SubjectGroup, lang: str) -> Component:
    more = group.total - len(group.subjects)
    count = [str(len(group.subjects)), *([t("briefing.more", lang, n=more)] if more > 0 else [])]
    title = html.H3([t(f"briefing.group_{group.name}", lang), " ", html.Small(" · ".join(count))])
    rows = [html.Li(_candidate(subject, lang), className="briefing-row") for subject in group.subjects]
    return html.Section([title, html.Ul(rows, className="plain-list")], className="briefing-group")


def _candidate(subject: BriefingSubject, lang: str) -> Component:
    words = [
        html.A(subject.name, href=subject.page, className="work-title"),
        html.P(subject.value, className="quiet mb-0"),
    ]
    button = _button(COLLECT, subject_key(subject), t("briefing.collect", lang), subject.name, "secondary")
    return html.Div([html.Div(words, className="work-words"), button], className="briefing-candidate")


def conclusion_dialog(person: str, agencies: Sequence[Option], lang: str) -> dbc.Modal:
    """The dialog of a conclusion. `agencies`: keys and names, which the browser proposes."""
    parts = [
        html.Div(id="briefing-alert", role="alert"),
        html.P(id="briefing-about", className="quiet"),
        *_conclusion_fields(agencies, lang),
    ]
    save = dbc.Button(t("briefing.conclude", lang), id="briefing-save", color="primary")
    form = draft_form("briefing-form", parts, draft="", person=person)
    return dialog("briefing-concluding", t("briefing.conclusion", lang), form, [save], lang)


def _conclusion_fields(agencies: Sequence[Option], lang: str) -> list[Component]:
    return [
        html.Datalist([html.Option(value=name) for _, name in agencies], id=_AGENCIES),
        text_area(TEXT, t("briefing.conclusion", lang), hint=t("briefing.clear_hint", lang), rows=4),
        field_group(
            text_field(LEAD, t("briefing.lead", lang), is_required=False, max_length=2000, choices=_AGENCIES),
            text_field(
                DUE, t("briefing.due", lang), is_required=False, max_length=60,
                placeholder=t("documents.row_due_hint", lang),
            ),
        ),
    ]  # fmt: skip


def entry_draft(briefing: Briefing, lang: str) -> EntryDraft:
    """The draft notice: a task for each conclusion. It carries out the instructions among the items concluded."""
    concluded = briefing.conclusions
    instructions = (each.subject.key for each in concluded if each.subject.kind is SubjectKind.INSTRUCTION)
    abstract = t("briefing.abstract", lang, day=format_date(briefing.day))
    tasks = tuple(each.conclusion.task for each in concluded)
    return EntryDraft("thông báo kết luận", abstract, "; ".join(instructions), tasks)


def notice_alert(briefing: Briefing | None, lang: str) -> dbc.Alert:
    """Says where the form comes from, or that no draft waits."""
    if briefing is None:
        return dbc.Alert(describe(Failure(ActCode.NO_NOTICE_WAITS), lang), color="warning")
    return dbc.Alert(t("briefing.from_briefing", lang, day=format_date(briefing.day)), color="info")
