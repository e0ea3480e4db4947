"""The form of an act in its dialog: what the page offers, the fields, what is wrong in them, what others changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import dash_bootstrap_components as dbc
from dash import Output, html
from dash.development.base_component import Component

from components.directives.act_field_words import field_hint, field_label, may_be_needed
from components.directives.act_fields import (
    AREAS,
    CHOICES,
    DAYS,
    NO,
    REFUSED,
    YES,
    act_fields,
    is_required,
)
from components.directives.draft_files import DraftFileView, draft_file_outputs, draft_files, shown_draft_files
from components.ui.dialogs import act_button, confirm_dialog, dialog
from components.ui.format import format_date, format_moment
from components.ui.forms import (
    NONE,
    USED_FILE,
    Option,
    date_field,
    draft_form,
    file_field,
    options_of,
    select_field,
    text_area,
    text_field,
)
from components.ui.i18n import catalogue, t
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, ItemKind, PositionKind, TaskEvent, possible_acts
from ioc.domain.directives.evidence import MAX_FILES, MAX_KB, EvidenceType
from ioc.domain.directives.proposals import PROPOSABLE
from ioc.domain.directives.task_state import TaskState

_PETITIONED = (PositionKind.CHAIRMAN, PositionKind.VICE_CHAIRMAN)
REMARK = "remark"  # the field for the remark with which a draft is returned
_HIDDEN = {"display": "none"}


class TaskVersionView(Protocol):
    """What a form needs of a task."""

    @property
    def state(self) -> TaskState | None: ...
    @property
    def history(self) -> Sequence[TaskEvent]: ...
    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class OpenedAct:
    """The act whose form is open. `task`: "document/task". `position`: who does it; `on_behalf_of`: for whom.

    `is_draft`: it is written for the leader of the agency, who sends it. `draft_ms`: when the draft that was read into
    the form was written (milliseconds since 1970 UTC), 0 for none; what is typed may stand on an older one, that of
    `form_version`. `refers_to`: number of the act that this draft answers, 0 for none.
    """

    task: str
    act: Act
    position: str
    on_behalf_of: str = ""
    is_draft: bool = False
    draft_ms: int = 0
    refers_to: int = 0


class FormChoices(NamedTuple):
    """What the fields offer. `agencies`: key and name. `stages`: their shares in percent. `position`: who acts.

    `left_out`: fields of the act that are not accepted now.
    """

    agencies: Sequence[Option]
    stages: Mapping[str, float]
    position: str = ""
    left_out: Collection[str] = ()


def act_label(act: Act, lang: str) -> str:
    """The words of a button."""
    return t(f"tasks.act_{act.value}", lang)


def draft_label(act: Act, lang: str) -> str:
    """The words of the button of who drafts the act."""
    return t("tasks.draft_of", lang, act=act_label(act, lang))


def decided_label(act: Act, is_granted: str | None, lang: str) -> str:
    """The words of an act with what it decides (YES, NO); those of its button for one that decides nothing."""
    key = f"tasks.decided_{act.value}_{is_granted}"
    return t(key, lang) if key in catalogue() else act_label(act, lang)


def done_label(event: TaskEvent, lang: str) -> str:
    """The words of an act that was done: of a decision what was decided, and until when."""
    stated, is_decision = event.stated, "is_granted" in ACT_RULES[event.act].required
    if not is_decision or stated.is_granted is None:
        return act_label(event.act, lang)
    label = decided_label(event.act, YES if stated.is_granted else NO, lang)
    if not stated.is_granted or stated.due is None:
        return label
    return f"{label} {t('tasks.stated_due', lang, day=format_date(stated.due))}"


def act_dialog(page: str, person: str, lang: str) -> Component:
    """The dialog `<page>-act`, whose button `<page>-go` does the act, and one that asks before a draft is withdrawn."""
    label = f"{t('tasks.evidence', lang)} ({t('tasks.optional', lang)})"
    files = file_field(
        f"{page}-evidence", label, "/files/evidence", lang, sender=f"{page}-go",
        accept=",".join(f".{each.value}" for each in EvidenceType), limit=MAX_FILES,
        hint=t("tasks.evidence_hint", lang, n=MAX_FILES, mb=MAX_KB // 1024),
    )  # fmt: skip
    parts = [
        html.Div(id=f"{page}-alert"),
        html.Div(id=f"{page}-fields", className="form-stack"),
        html.Div([draft_files(page, lang), files], id=f"{page}-evidence-box", hidden=True, className="form-stack"),
    ]
    form = draft_form(f"{page}-form", parts, draft="", person=person)
    go = dbc.Button(t("tasks.do", lang), id=f"{page}-go", color="primary")
    withdraw = act_button(f"{page}-withdraw", t("tasks.withdraw_draft", lang), is_danger=True, is_shown=False)
    give_back = act_button(f"{page}-return", t("tasks.return_draft", lang), is_shown=False)
    asking = confirm_dialog(
        f"{page}-withdraw-ask", t("tasks.withdraw_draft_ask", lang), t("tasks.withdraw_draft", lang), lang,
        t("tasks.withdraw_draft_what", lang),
    )  # fmt: skip
    return html.Div([dialog(f"{page}-act", "", form, [withdraw, give_back, go], lang), asking])


def opened_outputs(page: str) -> dict[str, Output]:
    """What a callback that opens the dialog sets; `opened_act` fills it."""
    return {
        "is_open": Output(f"{page}-act", "is_open", allow_duplicate=True),
        "title": Output(f"{page}-act-title", "children"),
        "fields": Output(f"{page}-fields", "children"),
        "alert": Output(f"{page}-alert", "children", allow_duplicate=True),
        "draft": Output(f"{page}-form", "data-draft"),
        "version": Output(f"{page}-form", "data-version", allow_duplicate=True),
        "opened": Output(f"{page}-opened-act", "data"),
        "go": Output(f"{page}-go", "children"),
        "withdraw": Output(f"{page}-withdraw", "style"),
        "return": Output(f"{page}-return", "style"),
        "no_files": Output(f"{page}-evidence-box", "hidden"),
        **file_outputs(page),
        **draft_file_outputs(page),
    }


def file_outputs(page: str) -> dict[str, Output]:
    """The files of the dialog, and what is wrong with them."""
    field = f"{page}-evidence"
    return {
        "files": Output(field, "handle", allow_duplicate=True),
        "file_error": Output(field, "error", allow_duplicate=True),
    }


def opened_act(
    page: str, opened: OpenedAct, task: TaskVersionView, choices: FormChoices, lang: str, *,
    given: Mapping[str, str] | None = None, title: str = "", note: str = "", is_own_draft: bool = False,
    may_return: bool = False, files: Sequence[DraftFileView] = (), decided: str = "", about: Sequence[Component] = (),
) -> dict[str, Any]:  # fmt: skip
    """The dialog with the form of the act. `given`: values that the form begins with. `title`: of the task.

    `decided`: YES or NO where the button that was pressed is the decision; the form does not ask for it again.
    `about`: what is decided on or answered, above the fields; they do not ask for it again.

    `note`: said above the form. `is_own_draft`: the form begins with what the position handed over, and may withdraw.
    `may_return`: it begins with what an officer handed over, and may give it back with a remark. `files`: of the draft
    with which it begins.
    """
    label = draft_label(opened.act, lang) if opened.is_draft else decided_label(opened.act, decided, lang)
    note = note or ("" if act_fields(opened.act) else t("tasks.nothing_to_fill", lang))
    hidden = [name for name, is_known in (("is_granted", decided), ("refers_to", about)) if is_known]
    return {
        "is_open": True,
        "title": f"{label}: {title}" if title else label,
        "fields": [*about, *_fields(page, opened.act, task, choices, given or {}, decided, hidden, lang)]
        + _remark(page, lang) * may_return,
        "alert": html.P(note, className="quiet") if note else None,
        "draft": f"act {opened.task} {opened.act.value} {(given or {}).get('refers_to', '')}",
        "version": form_version(task.version, opened.draft_ms),
        "opened": stored_opened(opened),
        "go": t("tasks.hand_over", lang) if opened.is_draft else label,
        "withdraw": None if is_own_draft else _HIDDEN,
        "return": None if may_return else _HIDDEN,
        "no_files": not ACT_RULES[opened.act].takes_files,
        "files": USED_FILE,  # those of another act
        "file_error": "",
        **shown_draft_files(files, lang),
    }


def form_version(version: int | None, draft_ms: int) -> str:
    """What a form stands on: the version of its task, None for any, and the draft that it began with, 0 for none.

    It is kept with what is typed in the tab, so that an older text does not pass for one that knows a newer draft.
    """
    task = "" if version is None else str(version)
    return f"{task} {draft_ms}" if draft_ms else task


def stored_opened(opened: OpenedAct) -> dict[str, Any]:
    """What the page keeps of the act whose form is open."""
    return asdict(opened) | {"act": opened.act.value}


def _fields(
    page: str, act: Act, task: TaskVersionView, choices: FormChoices, given: Mapping[str, str], decided: str,
    hidden: Collection[str], lang: str,
) -> list[Component]:  # fmt: skip
    left_out = {*choices.left_out, *(REFUSED if decided == NO else ())}
    names = [name for name in act_fields(act) if name not in left_out]
    fields = {name: _field(page, act, name, task, choices, given, decided, lang) for name in names}
    return [html.Div(field, hidden=name in hidden) for name, field in fields.items()]


def _remark(page: str, lang: str) -> list[Component]:
    """The field for what the officer is told whose draft is given back: no field of the act."""
    field = {"type": f"{page}-field", "key": REMARK}
    return [text_area(field, t("tasks.field_remark", lang), hint=t("tasks.hint_remark", lang), max_length=4000)]


def _field(
    page: str, act: Act, name: str, task: TaskVersionView, choices: FormChoices, given: Mapping[str, str], decided: str,
    lang: str,
) -> Component:  # fmt: skip
    field, label, value = (
        {"type": f"{page}-field", "key": name},
        field_label(act, name, lang, decided),
        given.get(name, ""),
    )
    if not (is_required(act, name) or may_be_needed(act, name, given, decided)):
        label = f"{label} ({t('tasks.optional', lang)})"
    hint = field_hint(act, name, task.state, lang)
    if name in DAYS:
        return date_field(field, label, lang, value, hint=hint)
    if name in AREAS:
        return text_area(field, label, value, hint=hint, max_length=4000)
    if options := _options(act, name, task, choices, lang):
        first = options[0][0] if len(options) == 1 and is_required(act, name) else NONE
        blank = [] if first != NONE else [(NONE, t("tasks.choose", lang))]
        return select_field(field, label, options_of([*blank, *options]), value or first, hint=hint)
    return text_field(
        field, label, value, hint=hint, is_required=is_required(act, name),
        max_length=250 if name == "linked_task" else 120,
        keyboard="decimal" if name == "percent" else None,
    )  # fmt: skip


def _options(act: Act, name: str, task: TaskVersionView, choices: FormChoices, lang: str) -> list[Option]:
    match name:
        case "agency":
            return list(choices.agencies)
        case "petition_to":
            leaders = [(kind.value, t(f"tasks.kind_{kind.value}", lang)) for kind in _PETITIONED]
            return [*leaders, *choices.agencies]
        case "stage":
            return [(key, f"{t(f'tasks.stage_{key}', lang)} ({share:g} %)") for key, share in choices.stages.items()]
        case "is_granted":
            return [(YES, t("tasks.granted", lang)), (NO, t("tasks.refused", lang))]
        case "refers_to":
            return _answerable(act, task, choices.position, lang)
        case "proposed":
            possible = possible_acts(task.state.work_state if task.state else None)
            asked = {None, *(item.kind for item in task.state.items)} if task.state else {None}
            proposable = (each for each in PROPOSABLE if each in possible and ACT_RULES[each].answers in asked)
            return [(each.value, act_label(each, lang)) for each in proposable]
        case _ if name in CHOICES:
            return [(each.value, t(f"tasks.{name}_{each.value}", lang)) for each in CHOICES[name]]
    return []


def _answerable(act: Act, task: TaskVersionView, position: str, lang: str) -> list[Option]:
    """The open items that the act answers, by what was asked; of proposals to withdraw those of `position`."""
    asked = {event.id: event.stated for event in task.history}
    items = task.state.items if task.state else ()
    return [
        (str(item.event), f"{format_moment(item.since)}: {_asked_text(item.kind, asked.get(item.event), lang)}")
        for item in items
        if item.kind is ACT_RULES[act].answers and (act is not Act.WITHDRAW_PROPOSAL or item.position == position)
    ]


def _asked_text(kind: ItemKind, stated: ActFields | None, lang: str) -> str:
    text = (stated.petition if kind is ItemKind.PETITION else stated.text) if stated else ""
    text = text[:90] or t(f"tasks.item_{kind.value}", lang)
    return t("tasks.asked_until", lang, day=format_date(stated.due), text=text) if stated and stated.due else text
