"""Acts on many tasks at once: the bar below the register, the dialog of an act, and its result for each task."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.directives.act_form import act_label
from components.directives.task_register import short_name
from components.ui.error_messages import describe
from components.ui.format import format_date
from components.ui.forms import NONE, Option, date_field, day_errors, options_of, select_field, text_area, text_field
from components.ui.i18n import t
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import parse_day
from ioc.domain.directives.acts import Act, ActFields, ReminderChannel
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Document, Task

POSITION, TEXT, DUE = "register-position", "register-text", "register-due"
AGENCY, BASIS = "register-to-agency", "register-basis"
FIELDS = (POSITION, DUE, AGENCY, BASIS, TEXT)
# Act -> the fields that its dialog shows, besides the position.
ACTS: dict[Act, tuple[str, ...]] = {
    Act.ASSIGN: (), Act.REMIND: (TEXT,), Act.EXTEND: (DUE, BASIS, TEXT), Act.TRANSFER: (AGENCY, BASIS, TEXT),
}  # fmt: skip


class TaskResult(NamedTuple):
    """What became of the act on a task: `failure` None: done, or to be done.

    `facts`: the agency, or what an assignment would state; `warning`: what of it is to be looked at before it is done.
    `overtaking`: what others did since the row was shown, by lines.
    """

    title: str
    failure: Failure | None
    facts: str = ""
    warning: str = ""
    overtaking: Sequence[str] = ()


def bulk_bar(offered: Collection[Act], assigners: str, lang: str) -> Component:
    """How many tasks are selected, and what of `offered` can be done with them; for who may do none, nothing is shown.

    The other buttons stay in the page for its callbacks. `assigners`: see selection_text.
    """
    hidden = {"display": "none"}
    acts = [
        dbc.Button(
            act_label(act, lang), id=f"register-do-{act.value}", color="secondary", disabled=True,
            style=None if act in offered else hidden,
        )
        for act in ACTS
    ]  # fmt: skip
    parts = [
        html.P(selection_text(0, None, assigners, lang), id="register-selected", role="status", className="mb-0"),
        dbc.Button(t("register.select_all", lang), id="register-select-all", color="link"),
        dbc.Button(t("register.select_clear", lang), id="register-select-clear", color="link"),
        html.Div(acts, className="end"),
    ]
    label: Mapping[str, Any] = {"aria-label": t("register.bulk", lang)}
    return html.Section(parts, className="page-bar bulk-bar", hidden=not offered, **label)


def bulk_form(agencies: Sequence[Option], lang: str) -> Component:
    """The fields of all acts, each in a part that is shown for its acts; below them the results."""
    none = (NONE, t("views.agency_none", lang))
    fields = {
        POSITION: select_field(POSITION, t("register.bulk_position", lang), []),
        DUE: date_field(DUE, t("register.bulk_due", lang), lang),
        AGENCY: select_field(AGENCY, t("register.bulk_agency", lang), options_of([none, *agencies])),
        BASIS: text_field(
            BASIS, t("register.bulk_basis", lang), hint=t("positions.basis_hint", lang), is_required=False,
            max_length=120,
        ),
        TEXT: text_area(TEXT, t("register.bulk_text", lang), max_length=2000, rows=2),
    }  # fmt: skip
    shown = [html.Div(fields[field], id=f"{field}-box") for field in FIELDS]
    return html.Div([*shown, html.Div(id="register-results", role="status")], className="form-stack")


def bulk_buttons(lang: str) -> list[dbc.Button]:
    """The buttons of the dialog: nothing is done before it was previewed."""
    return [
        dbc.Button(t("register.bulk_preview", lang), id="register-preview", color="secondary"),
        dbc.Button(t("register.bulk_go", lang), id="register-go", color="primary", disabled=True),
    ]


def read_fields(act: Act, texts: Mapping[str, str], lang: str) -> tuple[ActFields, dict[str, str]]:
    """What the fields state for an act, and what is wrong by field."""
    shown = ACTS[act]
    errors = day_errors({DUE: texts[DUE]}, lang, required=(DUE,)) if DUE in shown else {}
    errors |= {field: t("common.missing", lang) for field in (AGENCY, BASIS) if field in shown and not texts[field]}
    stated = ActFields(
        text=texts[TEXT], basis=texts[BASIS] if BASIS in shown else "", agency=texts[AGENCY] if AGENCY in shown else "",
        due=parse_day(texts[DUE]) if DUE in shown else None,
        channel=ReminderChannel.SYSTEM if act is Act.REMIND else None,
    )  # fmt: skip
    return stated, errors


def field_styles(act: Act) -> list[dict[str, str] | None]:
    """Which parts of `bulk_form` an act shows, in the order of FIELDS."""
    return [None if field == POSITION or field in ACTS[act] else {"display": "none"} for field in FIELDS]


def selection_text(count: int, total: int | None, assigners: str, lang: str) -> str | list[Any]:
    """How many tasks are selected, or how to; `total`: all of the filter, None where they were chosen one by one.

    `assigners`: who may assign the tasks of the list, "" where none waits for it or the reader may.
    """
    if assigners and not count and not total:
        return t("sheet_import.assign_who", lang, kinds=assigners)
    if total is not None:
        return t("register.selected_all", lang, n=total)
    if count:
        return t("register.selected", lang, n=count)
    keys = html.Span(f" {t('register.selected_by_key', lang)}", className="with-keys")
    return [t("register.selected_none", lang), keys]


def assignment_facts(document: Document, task: Task, agencies: Agencies, today: date, lang: str) -> tuple[str, str]:
    """What the assignment of a task states (agency, document, due date), and what is to be looked at before it."""
    parts = sum(each.part_of == task.key for each in document.tasks)
    agency = t("documents.parts", lang, n=parts) if parts else short_name(task.lead, agencies, lang)
    warnings = []
    if task.due and task.due < today:
        warnings.append(t("register.bulk_due_past", lang))
    if task.is_due_inferred:
        warnings.append(t("register.bulk_due_inferred", lang, words=task.due_words))
    return " · ".join((agency, document.number, _due(task, lang))), "; ".join(warnings)


def _due(task: Task, lang: str) -> str:
    if task.due is None:
        return task.due_words or t("documents.no_due", lang)
    return t("instruction.due", lang, day=format_date(task.due))


def result_list(results: Iterable[TaskResult], lang: str, *, is_preview: bool) -> Component:
    """The result of each task: first those that are not done, then those with a warning."""
    rows = sorted(results, key=lambda result: (result.failure is None, not result.warning))
    done = sum(row.failure is None for row in rows)
    head = t("register.bulk_may" if is_preview else "register.bulk_done", lang, n=done, total=len(rows))
    word = t("register.bulk_would" if is_preview else "register.bulk_did", lang)
    items = [
        html.Tr([
            html.Td([row.title, html.Small(row.facts, className="quiet result-facts")] if row.facts else row.title),
            html.Td(_refused(row, row.failure, lang) if row.failure else _done(row, word)),
        ])
        for row in rows
    ]  # fmt: skip
    heads = html.Thead(html.Tr([html.Th(t("register.task", lang)), html.Th(t("register.bulk_result", lang))]))
    table = html.Table([heads, html.Tbody(items)], className="plain bulk-results")
    return html.Div([html.P(html.B(head)), html.Div(table, className="bulk-results-host", tabIndex=0)])


def _refused(row: TaskResult, failure: Failure, lang: str) -> list[Component | str]:
    done = [html.Small(line, className="quiet result-facts") for line in row.overtaking]
    return [f"▲ {describe(failure, lang)}", *done]


def _done(row: TaskResult, word: str) -> str | list[Component]:
    done = f"✓ {word}"
    return [html.Div(done), html.Div(f"▲ {row.warning}", className="result-warning")] if row.warning else done
