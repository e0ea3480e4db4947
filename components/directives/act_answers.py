"""The answers to the form of an act: it was done, what is wrong in it, what others did meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import ALL, Input, Output, State, html, no_update

from components.directives.act_fields import field_of
from components.directives.act_form import done_label, file_outputs, form_version
from components.directives.draft_files import (
    DraftFileView,
    draft_file_outputs,
    draft_file_state,
    shown_draft_files,
)
from components.ui.error_messages import describe
from components.ui.format import format_moment
from components.ui.forms import USED_FILE, error_id, fault_text
from components.ui.i18n import t
from ioc.domain.base.failure import Failure
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, TaskEvent
from ioc.domain.directives.evidence import EvidenceCode


@dataclass(frozen=True, slots=True)
class ActFieldId:
    """The id of a field of the form."""

    key: str


@dataclass(frozen=True, slots=True)
class SentAct:
    """The state of `act_state` as the browser sends it."""

    ids: tuple[ActFieldId, ...]
    texts: tuple[str | None, ...]
    version: str | None
    files: str | None
    kept_contents: tuple[str, ...] | None = None

    @property
    def handles(self) -> tuple[str, ...]:
        """Handles of the files that were sent."""
        return tuple(dict.fromkeys((self.files or "").split()))

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by field."""
        return {key.key: text or "" for key, text in zip(self.ids, self.texts, strict=False)}

    @property
    def expected_version(self) -> int | None:
        """The version of the task that the form showed; None where it names none."""
        return _number((self.version or "").partition(" ")[0])

    @property
    def draft_ms(self) -> int:
        """When the draft was written that the form began with; see `form_version`."""
        return _number((self.version or "").partition(" ")[2]) or 0


# Of the dialogs: does the act; withdraws the draft, once that was asked; returns it.
ACT_BUTTONS = ("go", "withdraw-ask-go", "return")
_DRAFT_FILES = ("kept", "kept_options", "no_kept")  # of `draft_file_outputs`


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _all_fields(page: str) -> dict[str, Any]:
    """The ids of all fields of the form."""
    return {"type": f"{page}-field", "key": ALL}


def act_presses(page: str) -> list[Input]:
    """The inputs of a callback that does the act."""
    return [Input(f"{page}-{name}", "n_clicks") for name in ACT_BUTTONS]


def act_state(page: str) -> dict[str, State]:
    """The state of a callback that does the act."""
    field = _all_fields(page)
    return {
        "ids": State(field, "id"), "texts": State(field, "value"), "version": State(f"{page}-form", "data-version"),
        "files": State(f"{page}-evidence", "handle"), "kept_contents": draft_file_state(page),
    }  # fmt: skip


def act_outputs(page: str) -> dict[str, Output]:
    """What such a callback sets; `act_answer` fills it."""
    return {
        "is_open": Output(f"{page}-act", "is_open", allow_duplicate=True),
        "is_asking": Output(f"{page}-withdraw-ask", "is_open", allow_duplicate=True),
        "errors": Output(error_id(_all_fields(page)), "children"),
        "alert": Output(f"{page}-alert", "children", allow_duplicate=True),
        "version": Output(f"{page}-form", "data-version", allow_duplicate=True),
        "saved": Output(f"{page}-form", "data-saved"),
        **file_outputs(page),
        **draft_file_outputs(page),
    }


def act_answer(
    form: SentAct, errors: Mapping[str, str] | None = None, *, alert: object = None, version: str = "", saved: str = "",
    file_error: str = "", draft_files: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The answer to a form. `saved`: id of the stored act; the dialog closes. Else it stays with what was typed.

    `version`: what the form stands on from now on. `draft_files`: of the draft that it then stands on.
    """
    return {
        "is_open": not saved,
        "is_asking": False,
        "errors": [(errors or {}).get(key.key, "") for key in form.ids],
        "alert": alert,
        "version": version or no_update,
        "saved": saved or no_update,
        "files": USED_FILE if saved else no_update,
        "file_error": file_error,
        **(draft_files or dict.fromkeys(_DRAFT_FILES, no_update)),
    }


def faulty_act(form: SentAct, faults: Mapping[str, str], lang: str) -> dict[str, Any]:
    """The answer to fields that hold nothing that can be stored."""
    typed = form.values
    return act_answer(form, {name: fault_text(key, typed.get(name, ""), lang) for name, key in faults.items()})


def refused_act(form: SentAct, act: Act, failure: Failure, lang: str) -> dict[str, Any]:
    """The answer to an act that was refused: at its field, or above the form."""
    text, field = describe(failure, lang), field_of(failure.code, failure.params, act)
    if failure.code in set(EvidenceCode):
        return act_answer(form, file_error=text)
    if any(key.key == field for key in form.ids):
        missing = failure.code == ActCode.FIELD_MISSING
        return act_answer(form, {field: t("tasks.fill_in", lang) if missing else text})
    return act_answer(form, alert=dbc.Alert(text, color="danger"))


def changed_act(
    form: SentAct, failure: Failure, changes: Sequence[TaskEvent], titles: Mapping[str, str], lang: str
) -> dict[str, Any]:
    """The answer to the second of two people: what the first did; what was typed stays, for the task as it is now."""
    done = [html.Li(event_line(event, titles, lang)) for event in changes]
    alert = dbc.Alert([html.P(describe(failure, lang)), html.Ul(done)], color="warning")
    return act_answer(form, alert=alert, version=form_version(changes[-1].id, form.draft_ms))


def changed_draft(
    form: SentAct, failure: Failure, draft_ms: int, draft: Sequence[str], who: str, lang: str, *, is_sent: bool,
    files: Sequence[DraftFileView] = (),
) -> dict[str, Any]:  # fmt: skip
    """The answer to who did not know a colleague's draft: what it says; what was typed stays and may take its place.

    `draft_ms`: when it was written. `draft`: what it states, by lines. `is_sent`: by who sends, not by who drafts.
    `files`: of the draft.
    """
    said = [
        html.P(t("tasks.draft_stands", lang, who=who)),
        html.Blockquote([html.P(line) for line in (*draft, *(each.file.name for each in files))]),
        html.P(t("tasks.draft_unsent" if is_sent else "tasks.draft_next", lang)),
    ]
    alert = dbc.Alert([html.P(describe(failure, lang)), *said], color="warning")
    return act_answer(
        form,
        alert=alert,
        version=form_version(form.expected_version, draft_ms),
        draft_files=shown_draft_files(files, lang),
    )


def lost_draft(form: SentAct, failure: Failure, lang: str) -> dict[str, Any]:
    """The answer to who began with a draft that is gone: what was typed stays, and stands on none from now on."""
    said = [t("tasks.draft_lost", lang), *([t("tasks.draft_lost_files", lang)] if form.kept_contents else [])]
    alert = dbc.Alert([html.P(describe(failure, lang)), *map(html.P, said)], color="warning")
    version = form_version(form.expected_version, 0)
    return act_answer(form, alert=alert, version=version, draft_files=shown_draft_files((), lang))


def event_line(event: TaskEvent, titles: Mapping[str, str], lang: str) -> str:
    """An act in one line: time, who, what; see `done_label`."""
    who = titles.get(event.position, event.position)
    return f"{format_moment(event.at)} · {who}: {done_label(event, lang)}"
