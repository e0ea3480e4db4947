"""What pages with instructions share: one without a number is given back or withdrawn in a dialog, or issued."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, no_update

from components.directives.instruction_steps import (
    IN_DIALOG,
    ISSUED,
    NUMBER,
    OpenedStep,
    asked_step,
    instruction_facts,
    opened_step,
    opened_step_outputs,
    overtaken_alert,
    step_outputs,
    step_state,
)
from components.directives.task_numbers import counted
from components.ui.error_messages import describe
from components.ui.failure_words import kind_names
from components.ui.forms import day_errors, error_texts
from components.ui.i18n import t
from components.ui.working import show_toast
from ioc.dash_kit.callbacks import closes_dialog, disabled_by, page_callback, pressed_button
from ioc.dash_kit.context import field_text, lang, principal, service
from ioc.dash_kit.form_keys import new_key
from ioc.dash_kit.typed import InputError, typed_text
from ioc.directives.assignment import assigned_numbers
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import document_actors, instruction_actors
from ioc.directives.instruction_steps import InstructionCommand, return_instruction, withdraw_instruction
from ioc.directives.instructions import issue_document, require_open
from ioc.directives.queries import find_document
from ioc.domain.access.permissions import Action
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Document, InstructionAct
from ioc.domain.directives.instruction import check_sent
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct

_FIELD_OF = {
    ActCode.ASSIGNED_LATER: ISSUED,
    ActCode.DAY_OUT_OF_RANGE: ISSUED,
    ActCode.KEY_TAKEN: NUMBER,
    ActCode.NUMBER_USED: NUMBER,
}
CHANGED = frozenset({ActCode.INSTRUCTION_CHANGED, ActCode.INSTRUCTION_RETURNED})
_ENDED = frozenset({ActCode.INSTRUCTION_ISSUED, ActCode.INSTRUCTION_WITHDRAWN})


def find_instruction(key: str) -> Document:
    """The document of that key. ActError (UNKNOWN_DOCUMENT)."""
    return find_document(service(DirectiveContext), key, principal(), Action.ACT_ON_DIRECTIVES).document


def required_actor(draft: Document, act: InstructionAct) -> Actor:
    """In which position the principal does `act` to the instruction. ActError that says why nobody does, or who may."""
    actor = instruction_actors(service(DirectiveContext), draft, principal()).get(act)
    if actor is not None:
        return actor
    with service(DirectiveContext).store.read() as conn:
        require_open(conn, draft)
    is_return = act is InstructionAct.RETURN
    if is_return:
        check_sent(draft)
    kinds = ", ".join(sorted(DOCUMENT_GRANTS[DocumentAct.ISSUE if is_return else DocumentAct.INSTRUCT]))
    raise ActError(ActCode.NOT_PERMITTED, act=f"{act.value}_instruction", permitted=kinds)


def handles_instructions(page: str, module: str) -> None:
    """Registers the callbacks of `step_dialog`, by which a page gives instructions back and withdraws them.

    `module`: the name of the page's module, to which they belong.
    """

    def open_step(pressed: dict[str, str | int]) -> dict[str, Any]:
        """Opens the dialog of the button that was pressed."""
        asked = asked_step(pressed.get("key"))
        if asked is None:
            raise InputError("no act of an instruction")
        return _opened(page, *asked)

    def do_step(
        _clicks: int, opened: OpenedStep, texts: tuple[str | None, ...], version: str | None, key: str | None
    ) -> dict[str, Any]:
        """Gives the instruction back or withdraws it; what is refused leaves the dialog open with what was typed."""
        return _do(opened, texts, seen_version(version), key or "")

    open_step.__module__ = do_step.__module__ = module
    page_callback(
        opened_step_outputs(page), inputs={"pressed": pressed_button(f"{page}-step-do", f"{page}-step-pressed")},
        action=Action.ACT_ON_DIRECTIVES, prevent_initial_call=True,
    )(open_step)  # fmt: skip
    page_callback(
        step_outputs(page), inputs={"_clicks": Input(f"{page}-step-go", "n_clicks")}, state=step_state(page),
        action=Action.ACT_ON_DIRECTIVES, prevent_initial_call=True, running=disabled_by(page, "step-go"),
    )(do_step)  # fmt: skip
    closes_dialog(f"{page}-step")


def _opened(page: str, act: InstructionAct, key: str) -> dict[str, Any]:
    draft = find_instruction(key)
    actor = required_actor(draft, act)
    opened = OpenedStep(key, act, actor.position.key, actor.on_behalf_of)
    return opened_step(page, opened, draft, service(DirectiveContext).agencies, new_key(), lang())


def _do(opened: OpenedStep, texts: tuple[str | None, ...], version: int, key: str) -> dict[str, Any]:
    context, now, by = service(DirectiveContext), lang(), principal()
    command = InstructionCommand(opened.document, version, opened.position, opened.on_behalf_of, key)
    if opened.act not in IN_DIALOG:
        raise InputError("no act of the dialog")
    reason, is_return = next(iter(texts), None) or "", opened.act is InstructionAct.RETURN
    if is_return and not reason.strip():
        return _answer(texts, error=t("common.missing", now))
    try:
        if is_return:
            return_instruction(context, command, reason, by)
        else:
            withdraw_instruction(context, command, by)
    except ActError as error:
        if error.failure.code not in CHANGED:
            return _answer(texts, alert=dbc.Alert(field_text(error), color="danger"))
        draft = find_instruction(opened.document)
        alert = overtaken_alert(field_text(error), draft, context.agencies, now)
        return _answer(texts, alert=alert, version=str(len(draft.steps)))
    show_toast(t(f"instruction.{opened.act.value}_done", now), "success")
    return _answer(texts, saved=f"{opened.document} {version}")


def _answer(
    texts: tuple[str | None, ...], *, error: str = "", alert: object = None, version: str = "", saved: str = ""
) -> dict[str, Any]:
    return {
        "is_open": not saved, "errors": [error] * len(texts), "alert": alert, "version": version or no_update,
        "saved": saved or no_update,
    }  # fmt: skip


def seen_version(text: str | None) -> int:
    """The number of steps that a form showed. InputError for anything else."""
    if not (text and text.isascii() and text.isdecimal() and len(text) < 9):
        raise InputError("no version of an instruction")
    return int(text)


def draft_offer(document: Document, carrying: str | None, acts: Mapping[InstructionAct, Actor]) -> dict[str, Any]:
    """Whether the principal may issue a document without a number, and what is said of it.

    `carrying`: number of the document that carries it out, as in DocumentLinks. `acts`: of `instruction_actors`.
    """
    context, now = service(DirectiveContext), lang()
    if carrying is not None:
        return {"who": t("instruction.carried" if carrying else "instruction.carried_unseen", now, number=carrying)}
    may_issue = bool(document_actors(context, DocumentAct.ISSUE, principal()))
    withdrawing = acts.get(InstructionAct.WITHDRAW)
    is_left = withdrawing is not None and withdrawing.acting.kind in DOCUMENT_GRANTS[DocumentAct.ISSUE]
    if document.is_withdrawn or (document.is_returned and not is_left):
        return {}
    kinds = kind_names(sorted(DOCUMENT_GRANTS[DocumentAct.ISSUE]), now)
    return {"may_issue": may_issue, "who": "" if may_issue else t("instruction.issue_who", now, kinds=kinds)}


def open_draft(key: str) -> dict[str, Any]:
    """The form that issues an instruction, with what that says now."""
    draft = find_instruction(key)
    about = instruction_facts(draft, service(DirectiveContext).agencies, lang())
    return _issue_answer({}) | {"about": about, "version": len(draft.steps)}


def issue_draft(
    key: str, number: str | None, issued: str | None, version: int | None, asked: str | None
) -> dict[str, Any]:
    """Issues an instruction with the number and the day that were typed; what is wrong is said at its field.

    Who did not know of a correction is told what the instruction says now, and may press once more; so may who typed a
    number that another document may have: `asked` is that number, once it was said.
    """
    context, by, now = service(DirectiveContext), principal(), lang()
    name, errors = typed_text(number, 80), day_errors({ISSUED: issued or ""}, now, required=(ISSUED,))
    errors |= {} if name else {NUMBER: t("common.missing", now)}
    day, actor = parse_day(issued or ""), next(iter(document_actors(context, DocumentAct.ISSUE, by)), None)
    if actor is None:
        kinds = ", ".join(sorted(DOCUMENT_GRANTS[DocumentAct.ISSUE]))
        raise ActError(ActCode.NOT_PERMITTED, act=DocumentAct.ISSUE.value, permitted=kinds)
    if errors or day is None:
        return _issue_answer(errors)
    try:
        done = issue_document(
            context,
            key,
            name,
            day,
            actor.position.key,
            by,
            on_behalf_of=actor.on_behalf_of,
            version=version,
            is_number_meant=name == asked,
        )
    except ActError as error:
        code = ActCode(error.failure.code)
        if code in CHANGED or code in _ENDED:
            draft = find_instruction(key)
            alert = overtaken_alert(field_text(error), draft, context.agencies, now)
            return _issue_answer({}) | {"about": alert, "version": len(draft.steps)}
        field = _FIELD_OF.get(code)
        if field is None:
            raise
        return _issue_answer({field: describe(error.failure, now)}, asked=name if code == ActCode.NUMBER_USED else "")
    tasks = counted("directives.tasks", assigned_numbers(find_instruction(key), done), now)
    show_toast(t("instruction.issued", now, number=name, tasks=tasks))
    return _issue_answer({}, is_open=False)


def _issue_answer(errors: Mapping[str, str], *, is_open: bool = True, asked: str = "") -> dict[str, Any]:
    texts = error_texts((NUMBER, ISSUED), errors)
    return {"is_open": is_open, "about": no_update, "version": no_update, "errors": texts, "asked": asked}
