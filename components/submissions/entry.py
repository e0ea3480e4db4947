"""Forms of figures: their parts, what they hold, and the answers to what was sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
from dash import ALL, Output, State, html, no_update
from dash.development.base_component import Component

from components.submissions.figure_fields import difference_texts, figure_field_id, figure_fields, figure_texts
from components.submissions.period_view import PeriodRecordView
from components.ui.error_messages import describe
from components.ui.forms import draft_form, error_id, file_field, text_field
from components.ui.i18n import t
from components.ui.panel import Panel
from ioc.domain.submissions.errors import SubmissionCode, SubmissionError
from ioc.domain.submissions.form_workbook import differing_figures
from ioc.domain.submissions.submission import SubmissionEvent

_MAX_REASON = 1000
_SAID_AT_THE_FORM = (
    SubmissionCode.UNCHANGED, SubmissionCode.NO_FIGURES, SubmissionCode.OWN_FIGURES_SENT,
    SubmissionCode.TOO_MANY_CORRECTIONS,
)  # fmt: skip


class Entry(NamedTuple):
    """What a form of figures held when it was sent. `keys`: of its fields, in their order. `form_key`: of the form."""

    keys: tuple[str, ...]
    texts: Mapping[str, str]
    reason: str
    version: str
    form_key: str


@dataclass(frozen=True, slots=True)
class ShownPeriod:
    """What a page is about, which it keeps in a dcc.Store. `key`: of the obligation. `period`: key of the period."""

    key: str
    period: str


@dataclass(frozen=True, slots=True)
class FieldId:
    """The id of a field of the form; `key`: of its series."""

    key: str


@dataclass(frozen=True, slots=True)
class SentForm:
    """The state of `entry_state` as the browser sends it: `ids` and `texts` of the fields in their order."""

    ids: tuple[FieldId, ...]
    texts: tuple[str | None, ...]
    reason: str | None
    version: str | None
    key: str | None


def read_entry(form: SentForm) -> Entry:
    """The entry of the state of `entry_state`."""
    keys = tuple(each.key for each in form.ids)
    texts = {key: text or "" for key, text in zip(keys, form.texts, strict=False)}
    return Entry(keys, texts, form.reason or "", form.version or "", form.key or "")


def entry_state(page: str) -> dict[str, State]:
    """The state of a callback that sends the form of `page`."""
    field = figure_field_id(page, ALL)
    return {
        "ids": State(field, "id"), "texts": State(field, "value"), "reason": State(f"{page}-reason", "value"),
        "version": State(f"{page}-form", "data-version"), "key": State(f"{page}-form-key", "data"),
    }  # fmt: skip


def entry_outputs(page: str) -> dict[str, Output]:
    """What such a callback sets; `entry_answer` fills it."""
    field = figure_field_id(page, ALL)
    return {
        "texts": Output(field, "value"),
        "errors": Output(error_id(field), "children"),
        "alert": Output(f"{page}-alert", "children"),
        "reason": Output(f"{page}-reason", "value"),
        "reason_error": Output(error_id(f"{page}-reason"), "children"),
        "reason_hidden": Output(f"{page}-reason-box", "hidden", allow_duplicate=True),
        "version": Output(f"{page}-form", "data-version"),
        "saved": Output(f"{page}-form", "data-saved"),
        "key": Output(f"{page}-form-key", "data"),
    }


def entry_answer(
    entry: Entry, *, texts: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None,
    alert: object = None, **more: object,
) -> dict[str, Any]:  # fmt: skip
    """The answer to `entry`. `texts`: what fields hold now; in others stays what was typed, also since it was sent.

    `more`: other outputs.
    """
    return {
        "texts": [(texts or {}).get(key, no_update) for key in entry.keys],
        "errors": [(errors or {}).get(key, "") for key in entry.keys],
        "alert": alert,
        "reason": no_update,
        "reason_error": "",
        "reason_hidden": no_update,
        "version": no_update,
        "saved": no_update,
        "key": no_update,
        **more,
    }


def refused_entry(entry: Entry, error: SubmissionError, record: PeriodRecordView, lang: str) -> dict[str, Any]:
    """The answer to an entry that was refused; nothing typed is lost. An error of no part of the form is raised again.

    `record`: the period as it is now. Where somebody else has submitted meanwhile, the fields that differ say so, and
    the form is from then on about the present figures.
    """
    text, code = describe(error.failure, lang), error.failure.code
    if code in (SubmissionCode.CORRECTION_REASON_MISSING, SubmissionCode.CALLER_MISSING):
        return entry_answer(entry, reason_error=text, reason_hidden=False)
    if code in (SubmissionCode.SUBMISSION_CHANGED, SubmissionCode.MOMENT_REPORTED):
        latest = record.values.get(record.status.latest.id, {}) if record.status.latest else {}
        differing = difference_texts(differing_figures(record.obligation, entry.texts, latest), lang)
        hidden = record.status.effective is None
        return entry_answer(
            entry, errors=differing, alert=form_alert(text), version=record.status.version, reason_hidden=hidden
        )
    if code in _SAID_AT_THE_FORM:
        return entry_answer(entry, alert=form_alert(text))
    raise error


def form_alert(text: str) -> dbc.Alert:
    """Why the form was refused as a whole."""
    return dbc.Alert(text, color="danger")


def figures_form(
    page: str, record: PeriodRecordView | None, person: str, lang: str, *,
    begun: SubmissionEvent | None, reason: Component, others: Sequence[Component] = (), after: Sequence[Component] = (),
    send: str,
) -> Component:  # fmt: skip
    """The form of a period, without fields for none.

    `begun`: the submission whose figures it begins with. `others`: fields before the figures. `after`: boxes beside
    them; with them the reason, which is for each, stands above. `send`: the text of its button.
    """
    button = dbc.Button(send, id=f"{page}-send", color="primary")
    box = [
        html.H2(t("submissions.values", lang), className="box-title"),
        *others,
        *([] if record is None else [_fields(page, record, begun, lang)]),
        *([] if after else [reason]),
        html.Div(button),
    ]
    boxes = [html.Section(box, className="box form-stack"), *after]
    above = [html.Div(id=f"{page}-alert"), *([reason] if after else [])]
    return draft_form(
        f"{page}-form",
        [*above, html.Div(boxes, className="entry-grid" if after else "form-stack")],
        draft=_draft_name(page, record), person=person, version=record.status.version if record else "",
    )  # fmt: skip


def _fields(page: str, record: PeriodRecordView, begun: SubmissionEvent | None, lang: str) -> Component:
    obligation = record.obligation
    texts = figure_texts(obligation, record.values.get(begun.id, {}) if begun else {})
    return figure_fields(page, obligation, texts, lang, is_partial=obligation.may_be_partial)


def _draft_name(page: str, record: PeriodRecordView | None) -> str:
    if record is None:
        return ""
    is_ad_hoc = record.obligation.is_ad_hoc
    return " ".join([page, record.obligation.key, *([] if is_ad_hoc else [record.period.key])])


def reason_box(page: str, label: str, hint: str, *, is_hidden: bool, class_name: str = "") -> Component:
    """The field for a reason, or for who told the figures."""
    field = text_field(f"{page}-reason", label, hint=hint, max_length=_MAX_REASON)
    return html.Div(field, id=f"{page}-reason-box", hidden=is_hidden, className=class_name)


def file_box(page: str, key: str, period: str, lang: str) -> Component:
    """The box for a file instead: the forms to fill in, the field, its button and what is wrong in the file.

    `key`: of the obligation.
    """
    templates = [
        html.A(
            t(f"submissions.template_{kind}", lang), className="btn btn-secondary",
            href=f"/xuat/submission-form.{kind}?{urlencode({'bieu': key, 'ky': period})}",
        )
        for kind in ("xlsx", "csv")
    ]  # fmt: skip
    parts = [
        html.H2(t("submissions.upload", lang), className="box-title"),
        html.P(t("submissions.upload_line", lang), className="quiet"),
        html.Div(templates, className="page-bar"),
        file_field(
            f"{page}-file",
            t("submissions.upload_field", lang),
            "/files/figures",
            lang,
            accept=".xlsx,.csv",
            sender=f"{page}-send-file",
            clears=f"{page}-faults",
        ),
        Panel(id=f"{page}-faults"),
        html.Div(dbc.Button(t("submissions.upload_send", lang), id=f"{page}-send-file", color="primary")),
    ]
    return html.Section(parts, className="box form-stack")


def back_link(path: str, key: str, lang: str) -> Component:
    """The way back to the list."""
    return html.P(html.A(t("submissions.back_to", lang, page=t(key, lang)), href=path, className="cell-link"))


def page_parts(back: Component, parts: Iterable[Component]) -> Component:
    """A page of one form below its list."""
    return html.Div([back, *parts], className="working")
