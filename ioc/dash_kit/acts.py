"""What pages of directives share: the positions of who asks, the form of an act as it opens and as it is sent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from dash.development.base_component import Component

from components.directives.act_answers import (
    SentAct,
    act_answer,
    changed_act,
    changed_draft,
    faulty_act,
    lost_draft,
    refused_act,
)
from components.directives.act_buttons import other_acts, read_only_notice, shown_buttons
from components.directives.act_field_words import field_label
from components.directives.act_fields import field_texts, parse_act
from components.directives.act_form import REMARK, FormChoices, OpenedAct, act_label, decided_label, opened_act
from components.directives.act_presets import begun_fields, open_proposal
from components.directives.decided_event import decided_event, shown_event
from components.directives.instruction import task_page
from components.directives.instruction_list import issued_instructions
from components.directives.task_history import draft_origin, stated_lines, task_timeline
from components.directives.task_view import task_facts, task_head
from components.ui.error_messages import describe
from components.ui.format import format_moment
from components.ui.forms import NONE, Option
from components.ui.i18n import t
from components.ui.working import show_toast
from ioc.dash_kit.callbacks import closes_dialog, opens_dialog
from ioc.dash_kit.context import field_text, lang, principal, service
from ioc.dash_kit.files import SentFile, SentFiles
from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import return_draft
from ioc.directives.acts import ActResult, TaskChangedError
from ioc.directives.context import DirectiveContext
from ioc.directives.document_queries import document_actors
from ioc.directives.evidence import EvidenceService
from ioc.directives.queries import TaskDetail, find_task, own_positions
from ioc.directives.sent_drafts import DraftChangedError
from ioc.directives.work_list import stand_ins
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.base.times import from_ms, to_ms
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields
from ioc.domain.directives.agency import assignable
from ioc.domain.directives.decisions import decided_fields
from ioc.domain.directives.positions import DocumentAct, Position
from ioc.domain.directives.rollup import assess_progress
from ioc.domain.directives.task_state import TaskState
from ioc.snapshot.cache import SnapshotCache


def positions_of_principal() -> tuple[Position, ...]:
    """The positions that the principal holds today; none for who may not act at all."""
    try:
        return own_positions(service(DirectiveContext), principal())
    except PermissionDeniedError:
        return ()


def may_enter() -> bool:
    """Whether the principal enters documents, in an own position or for another one."""
    try:
        return bool(document_actors(service(DirectiveContext), DocumentAct.ENTER, principal()))
    except PermissionDeniedError:
        return False


def acting_options(lang: str) -> list[Option]:
    """In which positions the principal acts: the own ones, and those for which it stands in; see `acting_pair`."""
    own = [(each.key, each.title) for each in positions_of_principal()]
    deputed = stand_ins(service(DirectiveContext), principal()) if own else ()
    return own + [
        (acting_value(each.deputy, each.acting), t("tasks.for_whom", lang, who=each.acting.title)) for each in deputed
    ]


def acting_value(own: Position, acting: Position) -> str:
    """The value of a choice of positions: the own one, or with the one that it stands in for."""
    return own.key if own == acting else f"{own.key}|{acting.key}"


def acting_pair(value: str | None) -> tuple[str, str]:
    """The own position and the one that it stands in for, "" for none."""
    own, _, behalf = (value or "").partition("|")
    return own, behalf


def shown_task(task: str, position: str) -> dict[str, Any]:
    """What `task_outputs` sets: the task "document/task" as it is now, and what may be done in a position of a choice.

    PermissionDeniedError; ActError for a task, position or mandate that there is not.
    """
    context, now, (own, behalf) = service(DirectiveContext), lang(), acting_pair(position)
    detail = find_task(context, task, own, principal(), on_behalf_of=behalf)
    state, agencies = detail.state, context.agencies
    status = state.status(context.clock(), context.due_soon_days) if state else None
    offered = (*detail.acts, *detail.drafted, *(each.act for each in detail.mandated))
    progress = assess_progress(detail.task, status, context.limits, context.today()) if status else None
    others = other_acts(state.work_state if state else None, offered, now)
    if detail.is_read_only:
        others = read_only_notice(detail.system, state.changed_at if state else None, now)
    handed_over = {each.act for each in detail.drafts if not each.returned}.intersection(detail.drafted)
    given = issued_instructions(service(SnapshotCache).instructions([task_page(task)], None), agencies, now)
    return {
        "head": task_head(detail, now),
        "facts": task_facts(detail, status, progress, agencies, now, may_correct=may_enter(), given=given),
        "timeline": task_timeline(detail, agencies, context.units, now),
        "others": others,
        "buttons": shown_buttons(
            detail.acts, detail.mandated, detail.drafted, detail.titles, now, handed_over=handed_over
        ),
    }


def open_act_form(
    page: str, task: str, act: Act, choice: str, given: Mapping[str, str] | None = None, *, is_draft: bool = False
) -> dict[str, Any]:
    """The dialog with the form of an act, for the task as it is now. `given`: values that the button stands for.

    A draft of the act is what the form begins with, to send it or to change it.
    `choice`: of positions; in an own one the act is done for the first one whose mandate is needed, if any.
    `is_draft`: the button stands for the draft. PermissionDeniedError; ActError for a task, position or mandate that
    there is not, DRAFT_GONE where the draft is no more.
    """
    now, (position, on_behalf_of) = lang(), acting_pair(choice)
    detail = find_task(service(DirectiveContext), task, position, principal(), on_behalf_of=on_behalf_of)
    behalf = on_behalf_of or next((each.on_behalf_of for each in detail.mandated if each.act is act), "")
    decided = (given or {}).get("is_granted", "") if "is_granted" in ACT_RULES[act].required else ""
    note, draft = "", detail.draft_of(act, _request((given or {}).get("refers_to", "")))
    if is_draft and draft is None:
        raise ActError(ActCode.DRAFT_GONE)
    is_drafted = behalf == on_behalf_of and act in detail.drafted
    is_own = draft is not None and draft.position == (behalf or position) and is_drafted
    may_return = draft is not None and not draft.returned and not is_drafted
    opened = OpenedAct(
        task, act, position, behalf, is_drafted, to_ms(draft.at) if draft else 0, draft.refers_to if draft else 0
    )
    if draft:
        given = field_texts(act, draft.stated) | dict(given or {})
        note = draft_origin(draft, detail.titles, now)
    elif proposal := open_proposal(act, detail, given or {}):
        who = detail.titles.get(proposal.position, proposal.position)
        note = t("tasks.from_proposal", now, who=who, at=format_moment(proposal.at))
    elif act is Act.RECEIVE and (lost := detail.draft_of(Act.REQUEST_ADJUSTMENT)):
        note = t("tasks.ends_adjustment", now, act=act_label(lost.act, now), at=format_moment(lost.at))
    if not draft:
        given = begun_fields(act, detail, given or {})
    return opened_act(
        page, opened, detail, _choices(opened, detail), now, given=given, title=detail.task.title.get(now), note=note,
        is_own_draft=is_own, may_return=may_return, files=draft.files if draft else (), decided=decided,
        about=_about(act, detail, given or {}),
    )  # fmt: skip


def _about(act: Act, detail: TaskDetail, given: Mapping[str, str]) -> list[Component]:
    """The report or the request on which the act decides."""
    proposed = next((each for each in Act if each.value == given.get("proposed")), None)
    event = decided_event(act, detail, _request(given.get("refers_to", "")), proposed)
    return [shown_event(event, detail, service(DirectiveContext).agencies, lang())] if event else []


def _request(text: str) -> int | None:
    """The number of the act that a button answers; None where it names none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def handles_act_dialogs(page: str) -> None:
    """Registers what opens and closes the dialogs of `act_dialog` in the browser."""
    closes_dialog(f"{page}-act")
    opens_dialog(f"{page}-withdraw", f"{page}-withdraw-ask")


def send_act_form(opened: OpenedAct, form: SentAct, button: str = "") -> dict[str, Any]:
    """Does the act. What is wrong is said at its field; what others did meanwhile, above the form.

    `button`: id of the one that was pressed; those of the draft withdraw or return it instead.
    """
    context, now = service(DirectiveContext), lang()
    if button.endswith(("-withdraw-ask-go", "-return")):
        return _end_draft(opened, form, is_returned=button.endswith("-return"))
    parsed = parse_act(opened.act, form.values, context.stages)
    if parsed.faults:
        return faulty_act(form, parsed.faults, now)
    if form.values.get(REMARK, "").strip():  # nothing that is sent has it
        return act_answer(form, {REMARK: t("tasks.remark_not_sent", now)})
    command = ActCommand(
        opened.task, opened.act, parsed.stated, opened.position, opened.on_behalf_of, form.expected_version,
        draft_at=from_ms(form.draft_ms) if form.draft_ms else None,
        kept_contents=tuple(dict.fromkeys(form.kept_contents or ())),
    )  # fmt: skip
    evidence, who = service(EvidenceService), principal()
    sent = service(SentFiles)

    def read(handle: str) -> SentFile | None:
        return sent.read(handle, who)

    try:
        if opened.is_draft:
            draft = evidence.save_draft(command, form.handles, read, who)
            show_toast(t("tasks.handed_over", now, act=act_label(opened.act, now)), "success")
            return act_answer(form, saved=draft.at.isoformat())
        result = evidence.perform(command, form.handles, read, who)
    except DraftChangedError as error:
        return _overtaken_draft(error, opened, form)
    except TaskChangedError as error:
        detail = find_task(context, opened.task, opened.position, principal())
        changes = [replace(each, stated=decided_fields(each, detail.history)) for each in error.changes]
        return changed_act(form, error.failure, changes, detail.titles, now)
    except ActError as error:
        if error.failure.code == ActCode.DRAFT_GONE:
            return lost_draft(form, error.failure, now)
        field_text(error)  # audited if it is a denial
        return refused_act(form, opened.act, error.failure, now)
    _tell_done(decided_label(opened.act, form.values.get("is_granted"), now), result, now)
    return act_answer(form, saved=str(result.event.id))


def _overtaken_draft(error: DraftChangedError, opened: OpenedAct, form: SentAct) -> dict[str, Any]:
    """A colleague's draft stands: it is shown whole, and what was typed may take its place."""
    context, now, draft = service(DirectiveContext), lang(), error.draft
    titles = find_task(context, opened.task, opened.position, principal()).titles
    lines = stated_lines(draft.act, draft.stated, titles, context.agencies, now)
    lines += [draft_origin(draft, titles, now)] if draft.returned else []
    who = titles.get(draft.position, draft.position)
    return changed_draft(
        form, error.failure, to_ms(draft.at), lines, who, now, is_sent=not opened.is_draft, files=draft.files
    )


def _end_draft(opened: OpenedAct, form: SentAct, *, is_returned: bool) -> dict[str, Any]:
    """The draft with which the form began is withdrawn by its writer, or returned by who could send it."""
    now, remark = lang(), form.values.get(REMARK, "").strip()
    if is_returned and not remark:
        return act_answer(form, {REMARK: t("tasks.fill_in", now)})
    stated = ActFields(text=remark, refers_to=_request(str(opened.refers_to or "")))
    command = ActCommand(
        opened.task, opened.act, stated, opened.position, opened.on_behalf_of, draft_at=from_ms(opened.draft_ms)
    )
    try:
        if is_returned and (edited := _edited(opened, form, now)):
            return act_answer(form, {REMARK: t("tasks.edits_not_sent", now, fields=", ".join(edited))})
        if is_returned:
            return_draft(service(DirectiveContext), command, principal())
        else:
            service(EvidenceService).withdraw_draft(command, principal())
    except ActError as error:
        field_text(error)  # audited if it is a denial
        return refused_act(form, opened.act, error.failure, now)
    done = "tasks.draft_returned" if is_returned else "tasks.draft_withdrawn"
    show_toast(t(done, now, act=act_label(opened.act, now)), "success")
    return act_answer(form, saved=f"- {opened.draft_ms}")


def _edited(opened: OpenedAct, form: SentAct, lang: str) -> list[str]:
    """The fields in which something stands that is not in the draft: a return would lose it."""
    context, who = service(DirectiveContext), principal()
    detail = find_task(context, opened.task, opened.position, who, on_behalf_of=opened.on_behalf_of)
    draft = detail.draft_of(opened.act, opened.refers_to or None)
    if draft is None or to_ms(draft.at) != opened.draft_ms:  # the command says what became of it
        return []
    known = field_texts(opened.act, draft.stated)
    typed = {name: text.split() for name, text in form.values.items() if name not in (REMARK, "refers_to")}
    changed = (name for name, words in typed.items() if words not in ([], [NONE], known.get(name, "").split()))
    return [field_label(opened.act, name, lang) for name in changed]


def _tell_done(label: str, result: ActResult, lang: str) -> None:
    """Says that the act was done, and which linked tasks did not take it."""
    lines = [t("tasks.done", lang, act=label)]
    lines += [
        t("tasks.link_refused", lang, task=key, reason=describe(failure, lang))
        for key, failure in result.refused_links.items()
    ]
    show_toast("\n".join(lines), "warning" if result.refused_links else "success")


def _choices(opened: OpenedAct, detail: TaskDetail) -> FormChoices:
    """Agencies that exist today and take tasks, and the stages of products."""
    context, now = service(DirectiveContext), lang()
    existing = assignable(context.agencies, context.today()).values()
    agencies = sorted(((each.key, each.short_name.get(now)) for each in existing), key=lambda option: option[1])
    position = opened.on_behalf_of or opened.position
    return FormChoices(agencies, context.stages, position, _left_out(opened.act, detail.state, context.today()))


def _left_out(act: Act, state: TaskState | None, day: date) -> tuple[str, ...]:
    """The field that the act does not take now: a day that needs no moving, the day of a product without a number."""
    if act is Act.RETURN_COMPLETION and not (state and state.passed_at_office(day)):
        return ("due",)
    has_number = state and state.submission and state.submission.stated.document_number
    return ("completed_on",) if act is Act.CONFIRM_COMPLETION and not has_number else ()
