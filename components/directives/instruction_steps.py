"""What is done to an instruction without a number: its dialog, its log, and the list of such instructions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dash_bootstrap_components as dbc
import htpy as h
from dash import ALL, Output, State, dcc, html
from dash.development.base_component import Component

from components.directives.correction_log import change_text
from components.directives.task_view import agency_name, document_path
from components.ui.dialogs import dialog, facts
from components.ui.format import format_date, format_moment, format_number
from components.ui.forms import date_field, draft_form, error_id, error_outputs, text_area, text_field
from components.ui.i18n import t
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Document, InstructionAct, InstructionStep
from ioc.domain.geo.place import AdminUnit

EDIT_PARAMETER = "sua"  # of /y-kien-chi-dao: key of the instruction that is sent again
REASON = "reason"


IN_DIALOG = (InstructionAct.RETURN, InstructionAct.WITHDRAW)  # what is sent again has a page
NUMBER, ISSUED = "stored-document-number", "stored-document-issued"  # of the form that issues one


@dataclass(frozen=True, slots=True)
class OpenedStep:
    """The act whose dialog is open: on the instruction `document`, in a position, for another one."""

    document: str
    act: InstructionAct
    position: str
    on_behalf_of: str = ""


def issue_dialog(today: date, lang: str) -> Component:
    """The dialog in which an instruction gets number and date; `issue_outputs` fills and opens it."""
    fields = [
        html.Div(id="stored-document-issuing-about"),
        text_field(NUMBER, t("documents.number", lang), hint=t("documents.number_hint", lang), max_length=80),
        date_field(ISSUED, t("documents.issued", lang), lang, format_date(today)),
    ]
    send = dbc.Button(t("instruction.issue", lang), id="stored-document-issue-go", color="primary")
    body, title = html.Div(fields, className="form-stack"), t("instruction.issue_title", lang)
    stores = [dcc.Store(id=f"stored-document-issuing-{name}") for name in ("version", "asked")]
    return html.Div([dialog("stored-document-issuing", title, body, [send], lang, size="md"), *stores])


def issue_outputs() -> dict[str, Any]:
    """What the callbacks set that open the dialog and issue the instruction."""
    return {
        "is_open": Output("stored-document-issuing", "is_open", allow_duplicate=True),
        "about": Output("stored-document-issuing-about", "children", allow_duplicate=True),
        "version": Output("stored-document-issuing-version", "data", allow_duplicate=True),
        "asked": Output("stored-document-issuing-asked", "data", allow_duplicate=True),
        "errors": error_outputs((NUMBER, ISSUED), allow_duplicate=True),
    }


def issue_state() -> dict[str, State]:
    """What stands in the dialog."""
    stores = {name: State(f"stored-document-issuing-{name}", "data") for name in ("version", "asked")}
    return {"number": State(NUMBER, "value"), "issued": State(ISSUED, "value"), **stores}


def edit_path(document: str) -> str:
    """The form in which who gave an instruction sends it again."""
    return f"/y-kien-chi-dao?{EDIT_PARAMETER}={document}"


def step_dialog(page: str, person: str, lang: str) -> Component:
    """The dialog `<page>-step`, whose button `<page>-step-go` gives an instruction back or withdraws it."""
    parts = [html.Div(id=f"{page}-step-alert"), html.Div(id=f"{page}-step-fields", className="form-stack")]
    form = draft_form(f"{page}-step-form", parts, draft="", person=person)
    go = dbc.Button(t("instruction.return", lang), id=f"{page}-step-go", color="primary")
    return html.Div(
        [
            dialog(f"{page}-step", "", form, [go], lang, size="md"),
            dcc.Store(id=f"{page}-step-opened"), dcc.Store(id=f"{page}-step-form-key"),
            dcc.Store(id=f"{page}-step-pressed"),
        ]
    )  # fmt: skip


def step_buttons(page: str, draft: Document, acts: Collection[InstructionAct], lang: str) -> list[Component]:
    """The buttons of a row for what its reader may do to the instruction, the main one last."""
    name, found = draft.title.get(lang), list[Component]()
    for act in IN_DIALOG:
        if act in acts:
            label = t(f"instruction.{act.value}", lang)
            named: Mapping[str, Any] = {"aria-label": f"{label}: {name}"}
            identity = {"type": f"{page}-step-do", "key": f"{act.value} {draft.key}"}
            found.append(html.Button(label, id=identity, type="button", className="btn btn-secondary", **named))
    if InstructionAct.SEND in acts:
        found.append(send_link(draft, lang))
    return found


def send_link(draft: Document, lang: str) -> Component:
    """The way to the form in which the instruction is corrected and sent again."""
    label = t("instruction.send_again" if draft.is_returned else "instruction.correct", lang)
    named: Mapping[str, Any] = {"aria-label": f"{label}: {draft.title.get(lang)}"}
    color = "primary" if draft.is_returned else "secondary"
    return html.A(label, href=edit_path(draft.key), className=f"btn btn-{color}", **named)


def asked_step(key: object) -> tuple[InstructionAct, str] | None:
    """Act and document of the button of a row with that `key`; None where it is none."""
    name, _, document = key.partition(" ") if isinstance(key, str) else ("", "", "")
    return (InstructionAct(name), document) if name in IN_DIALOG and document else None


def opened_step_outputs(page: str) -> dict[str, Output]:
    """What a callback that opens the dialog sets; `opened_step` fills it."""
    return {
        "is_open": Output(f"{page}-step", "is_open", allow_duplicate=True),
        "title": Output(f"{page}-step-title", "children"),
        "alert": Output(f"{page}-step-alert", "children", allow_duplicate=True),
        "fields": Output(f"{page}-step-fields", "children"),
        "draft": Output(f"{page}-step-form", "data-draft"),
        "version": Output(f"{page}-step-form", "data-version", allow_duplicate=True),
        "opened": Output(f"{page}-step-opened", "data"),
        "go": Output(f"{page}-step-go", "children"),
        "color": Output(f"{page}-step-go", "color"),
        "key": Output(f"{page}-step-form-key", "data", allow_duplicate=True),
    }


def opened_step(
    page: str, opened: OpenedStep, draft: Document, agencies: Agencies, key: str, lang: str
) -> dict[str, Any]:
    """The dialog for the instruction as it stands: a return with its reason, a withdrawal with what follows."""
    is_return = opened.act is InstructionAct.RETURN
    said = html.P(t("instruction.withdraw_what", lang))
    reason = text_area(
        {"type": f"{page}-step-field", "key": REASON}, t("instruction.reason", lang),
        hint=t("instruction.reason_hint", lang), max_length=1000,
    )  # fmt: skip
    return {
        "is_open": True,
        "title": t(f"instruction.{opened.act.value}_title", lang),
        "alert": None,
        "fields": [instruction_facts(draft, agencies, lang), reason if is_return else said],
        "draft": f"{opened.act.value} {draft.key}",
        "version": str(len(draft.steps)),
        "opened": {
            "document": draft.key, "act": opened.act.value, "position": opened.position,
            "on_behalf_of": opened.on_behalf_of,
        },
        "go": t(f"instruction.{opened.act.value}", lang),
        "color": "primary" if is_return else "danger",
        "key": key,
    }  # fmt: skip


def step_state(page: str) -> dict[str, Any]:
    """The state of a callback that does the act."""
    return {
        "opened": State(f"{page}-step-opened", "data"),
        "texts": State({"type": f"{page}-step-field", "key": ALL}, "value"),
        "version": State(f"{page}-step-form", "data-version"),
        "key": State(f"{page}-step-form-key", "data"),
    }


def step_outputs(page: str) -> dict[str, Any]:
    """What such a callback sets."""
    return {
        "is_open": Output(f"{page}-step", "is_open", allow_duplicate=True),
        "errors": Output(error_id({"type": f"{page}-step-field", "key": ALL}), "children"),  # type: ignore[dict-item]
        "alert": Output(f"{page}-step-alert", "children", allow_duplicate=True),
        "version": Output(f"{page}-step-form", "data-version", allow_duplicate=True),
        "saved": Output(f"{page}-step-form", "data-saved"),
    }


def instruction_facts(draft: Document, agencies: Agencies, lang: str) -> Component:
    """What the instruction says now: to whom, until when."""
    rows: list[tuple[str, str | Component]] = [(t("instruction.text", lang), draft.title.get(lang))]
    if origin := draft.origin:
        rows.append((t("instruction.to_agency", lang), agency_name(agencies, origin.agency, lang)))
        rows += [(t("instruction.wished", lang), format_date(origin.wished_on))] if origin.wished_on else []
        rows.append((t("instruction.given_at", lang), format_moment(origin.given_at)))
    return facts(rows)


def overtaken_alert(message: str, draft: Document, agencies: Agencies, lang: str) -> Component:
    """That somebody else was faster: the reason of a return, and what the instruction says now."""
    reason = [html.P(f"“{draft.steps[-1].reason}”")] if draft.is_returned else []
    alert: Component = dbc.Alert([html.P(message), *reason, instruction_facts(draft, agencies, lang)], color="warning")
    return alert


def step_line(step: InstructionStep, titles: Mapping[str, str], lang: str, *, with_time: bool = True) -> str:
    """Who did it, for whom, and when."""
    behalf = titles.get(step.on_behalf_of, step.on_behalf_of)
    parts = (
        titles.get(step.position, step.position), behalf and t("tasks.for_whom", lang, who=behalf),
        format_moment(step.at) if with_time else "",
    )  # fmt: skip
    return " · ".join(filter(None, parts))


def state_notice(draft: Document, titles: Mapping[str, str], lang: str) -> Component | None:
    """What the page of an instruction says first that was given back or withdrawn; None for any other document."""
    if not (draft.is_returned or draft.is_withdrawn):
        return None
    step = draft.steps[-1]
    said = [html.P(t(f"instruction.{step.act.value}_notice", lang, who=step_line(step, titles, lang)))]
    said += [html.P(f"“{step.reason}”")] if step.reason else []
    alert: Component = dbc.Alert(said, color="warning" if draft.is_returned else "secondary")
    return alert


def steps_markup(
    document: Document, titles: Mapping[str, str], units: Mapping[str, AdminUnit], agencies: Agencies, lang: str
) -> str:  # fmt: skip
    """The markup of what was done to the instruction until it was issued, the newest first; "" for nothing."""
    if not document.steps:
        return ""
    items = (
        h.li[
            h.time(".quiet", datetime=step.at.isoformat())[format_moment(step.at)],
            h.p(".timeline-act")[h.b[t(f"instruction.did_{step.act.value}", lang)], step.reason and f": {step.reason}"],
            (h.p(".timeline-text")[change_text(change, units, agencies, lang)] for change in step.changes),
            h.p(".quiet")[step_line(step, titles, lang, with_time=False)],
        ]
        for step in reversed(document.steps)
    )
    return str(h.div[h.h2(".box-title")[t("instruction.log", lang)], h.ol(".timeline")[items]])


def state_word(draft: Document, lang: str) -> str:
    """Whom an instruction without a number waits for."""
    name = "withdrawn" if draft.is_withdrawn else "returned" if draft.is_returned else "waiting"
    return t(f"instruction.state_{name}", lang)


def instruction_list(drafts: Sequence[Document], most: int, agencies: Agencies, lang: str) -> list[Component]:
    """The newest instructions without a number, `most` at most, each with the way to its page."""
    withdrawn = sum(each.is_withdrawn for each in drafts)
    count = format_number(len(drafts) - withdrawn)
    if withdrawn:
        count = t("instruction.unissued_withdrawn", lang, n=count, withdrawn=format_number(withdrawn))
    title = html.H2([t("instruction.unissued", lang), html.Small(count)], className="box-title")
    if not drafts:
        return [title, html.P(t("instruction.unissued_none", lang), className="quiet")]
    rows = [html.Li(_row(each, agencies, lang)) for each in drafts]
    more = [html.P(t("instruction.unissued_newest", lang, n=most), className="quiet")] if len(drafts) >= most else []
    return [title, html.Ul(rows, className="plain-list"), *more]


def _row(draft: Document, agencies: Agencies, lang: str) -> list[Component]:
    line, origin = [state_word(draft, lang)], draft.origin
    line += [agency_name(agencies, origin.agency, lang), format_moment(origin.given_at)] if origin else []
    badge: list[Any] = [" ", html.Span(t("common.simulated_short", lang), className="badge")]
    return [
        html.P(html.A(draft.title.get(lang), href=document_path(draft.key), className="work-title")),
        html.P([" · ".join(line), *(badge if draft.is_simulated else [])], className="quiet"),
    ]
