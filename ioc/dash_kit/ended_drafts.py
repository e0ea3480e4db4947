"""Drafts that nobody can send, or not now: who wrote one takes it away on the page of its task."""

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.directives.act_form import act_label
from components.directives.task_view import AgencyDraftView
from components.ui.format import format_moment
from components.ui.i18n import t
from components.ui.working import show_toast
from ioc.dash_kit.acts import acting_pair
from ioc.dash_kit.context import lang, principal, service
from ioc.directives.act_command import ActCommand
from ioc.directives.context import DirectiveContext
from ioc.directives.evidence import EvidenceService
from ioc.directives.queries import find_task
from ioc.domain.base.times import to_ms
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import ActFields

DISMISS = "task-dismiss"  # type of the ids of the buttons


def dismissal_buttons(task: str, choice: str) -> list[Component]:
    """A button for each draft of the position of `choice` that no form opens; none where there is no such task."""
    now = lang()
    try:
        own = _own_drafts(task, choice)
    except ActError:  # the page says why
        return []
    return [
        html.P(
            dbc.Button(
                t("tasks.dismiss_draft", now, act=act_label(draft.act, now), at=format_moment(draft.at)),
                id={"type": DISMISS, "key": _key(draft)}, color="secondary",
            )
        )
        for draft in own
    ]  # fmt: skip


def dismissal_text(task: str, choice: str, key: str) -> str:
    """What is thrown away with the draft of the button with that `key`. ActError: DRAFT_GONE for none."""
    draft = _own_draft(task, choice, key)
    return t("tasks.dismiss_draft_what", lang(), act=act_label(draft.act, lang()), at=format_moment(draft.at))


def dismiss_draft(task: str, choice: str, key: str) -> None:
    """Takes away the draft of the button with that `key`. ActError: DRAFT_GONE for none; else as `withdraw_draft`."""
    draft = _own_draft(task, choice, key)
    position, behalf = acting_pair(choice)
    command = ActCommand(
        task, draft.act, ActFields(refers_to=draft.stated.refers_to), position, behalf, draft_at=draft.at
    )
    service(EvidenceService).withdraw_draft(command, principal())
    show_toast(t("tasks.draft_dismissed", lang(), act=act_label(draft.act, lang())), "success")


def _own_draft(task: str, choice: str, key: str) -> AgencyDraftView:
    draft = next((each for each in _own_drafts(task, choice) if _key(each) == key), None)
    if draft is None:
        raise ActError(ActCode.DRAFT_GONE)
    return draft


def _own_drafts(task: str, choice: str) -> list[AgencyDraftView]:
    position, behalf = acting_pair(choice)
    detail = find_task(service(DirectiveContext), task, position, principal(), on_behalf_of=behalf)
    closed = [draft for draft in detail.drafts if draft.act not in detail.drafted]
    return [draft for draft in (*detail.ended_drafts, *closed) if draft.position == (behalf or position)]


def _key(draft: AgencyDraftView) -> str:
    return f"{draft.act.value} {draft.stated.refers_to or 0} {to_ms(draft.at)}"
