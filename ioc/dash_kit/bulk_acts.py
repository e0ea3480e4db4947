"""An act on many tasks of a register: the dialog as it opens, the preview, and the act with a result for each task."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import dash_bootstrap_components as dbc
from dash import no_update

from components.directives.act_answers import event_line
from components.directives.act_form import act_label
from components.directives.bulk_acts import (
    ACTS,
    FIELDS,
    POSITION,
    TaskResult,
    assignment_facts,
    field_styles,
    read_fields,
    result_list,
    selection_text,
)
from components.directives.positions import actor_options, actor_value
from components.directives.task_numbers import counted
from components.directives.task_register import TaskRowView
from components.directives.task_widgets import holder_name
from components.ui.failure_words import kind_names
from components.ui.forms import NONE, chosen, error_texts, first_of, options_of
from components.ui.i18n import t
from ioc.dash_kit.context import lang, principal, service
from ioc.dash_kit.typed import InputError
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import ActResult, perform_all
from ioc.directives.assignment import assign_all
from ioc.directives.context import Actor, DirectiveContext
from ioc.directives.document_queries import act_actors
from ioc.directives.queries import find_document, find_task_if_readable
from ioc.directives.register_filter import WAITING, rows_of
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields
from ioc.domain.directives.decisions import decided_fields
from ioc.domain.directives.positions import permitted_kinds
from ioc.domain.directives.task_numbers import TaskNumbers

# Tasks of one bulk act, which takes some 3 s: those of a document are assigned in one transaction, every other act has
# a transaction of its own.
MAX_ACTS, MAX_ASSIGNED = 200, 500


def max_selected(act: Act) -> int:
    """To how many tasks at once the act is done."""
    return MAX_ASSIGNED if act is Act.ASSIGN else MAX_ACTS


@dataclass(frozen=True, slots=True)
class SelectedTask:
    """A selected row. `version`: of the task as the row showed it. `part_of`: the row of its order, "" for none.

    `holder`: short name of the agency that held it then.
    """

    id: str
    version: int
    name: str
    part_of: str = ""
    holder: str = ""

    @property
    def key(self) -> str:
        """The key of the task."""
        return self.id


@dataclass(frozen=True, slots=True)
class BulkAct:
    """The act of the dialog, on tasks by key and version. `token`: of this opening, so that it is done once."""

    act: Act
    tasks: tuple[SelectedTask, ...]
    token: str


def offered_bulk_acts() -> tuple[Act, ...]:
    """The acts that the principal may do to some tasks."""
    try:
        return tuple(act for act in ACTS if act_actors(service(DirectiveContext), act, principal()))
    except PermissionDeniedError:
        return ()


def assigners(query: Mapping[str, str]) -> str:
    """The kinds of positions that assign the tasks that the filter of the register lists.

    "" where they do not wait for it, or the principal may.
    """
    if query.get("trang-thai") != WAITING or act_actors(service(DirectiveContext), Act.ASSIGN, principal()):
        return ""
    return kind_names(permitted_kinds(Act.ASSIGN), lang())


def shown_selection(count: int, query: Mapping[str, str], *, is_all: bool) -> dict[str, Any]:
    """How many tasks are selected, all of the filter where `is_all`, and which buttons are disabled without any."""
    total = rows_of(service(DirectiveContext), query, principal(), limit=0).total if is_all else None
    text = selection_text(count, total, assigners(query), lang())
    return {"text": text, "disabled": [not (count or total)] * len(ACTS)}


def selected_rows(rows: Iterable[TaskRowView]) -> list[SelectedTask]:
    """These rows of the register, all selected."""
    agencies, now = service(DirectiveContext).agencies, lang()
    return [
        SelectedTask(each.key, each.version, each.task.title.get(now), holder=holder_name(each.holder, agencies, now))
        for each in rows
    ]


def open_bulk_act(act: Act, tasks: Sequence[SelectedTask], total: int, numbers: TaskNumbers) -> dict[str, Any]:
    """The dialog of the act for `tasks`, or why it cannot be done to the `total` rows (`numbers`) of the selection."""
    now = lang()
    actors = act_actors(service(DirectiveContext), act, principal())
    fault = _selection_fault(act, total, is_permitted=bool(actors))
    positions, chosen_tasks = actor_options(actors, now), counted("directives.tasks", numbers, now)
    return {
        "is_open": True,
        "title": t("register.bulk_title", now, act=act_label(act, now), tasks=chosen_tasks),
        "opened": None if fault else {
            "act": act, "tasks": [asdict(each) for each in tasks], "token": secrets.token_hex(16)
        },
        "positions": options_of(positions),
        "fields": [first_of(positions), "", NONE, "", ""],
        "styles": field_styles(act),
        "errors": error_texts(FIELDS, {}),
        "results": dbc.Alert(fault, color="warning") if fault else None,
        "go": True,
        "close": t("common.cancel", now),
    }  # fmt: skip


def _selection_fault(act: Act, count: int, *, is_permitted: bool) -> str:
    """Why the act cannot be done to what is selected, "" where it can be tried."""
    now = lang()
    if not is_permitted:
        return t("register.bulk_who", now, kinds=kind_names(permitted_kinds(act), now))
    if count > max_selected(act):
        return t("register.bulk_too_many", now, n=max_selected(act))
    return "" if count else t("register.bulk_nothing", now)


def perform_bulk_act(opened: BulkAct | None, fields: Sequence[str | None], *, is_preview: bool) -> dict[str, Any]:
    """What the act does, or would do, to each task. InputError for what was never offered."""
    same = {"is_all": no_update, "selected": no_update}
    if opened is None or opened.act not in ACTS:
        raise InputError("no act is open")
    texts = dict(zip(FIELDS, map(chosen, fields), strict=True))
    stated, errors = read_fields(opened.act, texts, lang())
    if errors:
        return {"errors": error_texts(FIELDS, errors), "results": None, "go": True, "close": no_update, **same}
    actor = _actor(opened.act, texts[POSITION])
    done_acts = _done(opened, stated, actor, is_preview=is_preview)
    facts = _facts(opened.tasks[:MAX_ASSIGNED]) if is_preview and opened.act is Act.ASSIGN else {}
    results = [
        TaskResult(
            task.name, each.failure if isinstance(each, ActError) else None,
            *facts.get(task.id, (task.holder, "")), _overtaking(task, each, actor),
        )
        for task, each in zip(opened.tasks, done_acts, strict=False)
    ]  # fmt: skip
    done = sum(result.failure is None for result in results)
    is_cut = any(result.failure and result.failure.code == ActCode.STORE_FAILED for result in results)
    shown = result_list(results, lang(), is_preview=is_preview)
    answer = {"errors": error_texts(FIELDS, {}), "results": shown, "go": not (is_cut or (is_preview and done))}
    if is_preview or is_cut:
        return answer | same | {"close": t("common.close" if is_cut else "common.cancel", lang())}
    return answer | {"is_all": False, "selected": [], "close": t("common.close", lang())}


def _overtaking(task: SelectedTask, result: ActResult | ActError, actor: Actor) -> tuple[str, ...]:
    """What others did since the row was shown, a line for each act, where that keeps the act from the task."""
    code = result.failure.code if isinstance(result, ActError) else ""
    is_assigned = code == ActCode.ACT_NOT_POSSIBLE and not task.version  # it waited for its assignment
    if code != ActCode.TASK_CHANGED and not is_assigned:
        return ()
    detail = find_task_if_readable(service(DirectiveContext), task.id, actor, principal())
    if detail is None:
        return ()
    since = [event for event in detail.history if event.id > task.version]
    whole = (replace(each, stated=decided_fields(each, detail.history)) for each in since)
    return tuple(event_line(each, detail.titles, lang()) for each in whole)


def _facts(tasks: Sequence[SelectedTask]) -> dict[str, tuple[str, str]]:
    """What the assignment of each task states, and what is to be looked at before it, by the key of the task."""
    context, found = service(DirectiveContext), dict[str, tuple[str, str]]()
    for key in dict.fromkeys(task.id.rpartition("/")[0] for task in tasks):
        with suppress(ActError):  # said as the result of its tasks
            document = find_document(context, key, principal()).document
            for task in document.tasks:
                facts = assignment_facts(document, task, context.agencies, context.today(), lang())
                found[f"{key}/{task.key}"] = facts
    return found


def _done(opened: BulkAct, stated: ActFields, actor: Actor, *, is_preview: bool) -> Sequence[ActResult | ActError]:
    """The results in the order of the tasks. What an assignment states is what was entered of each task."""
    context, by, tasks = service(DirectiveContext), principal(), opened.tasks[: max_selected(opened.act)]
    position, behalf = actor.position.key, actor.on_behalf_of
    if opened.act is Act.ASSIGN:
        keys = [task.id for task in tasks]
        done: Mapping[str, ActResult | ActError] = assign_all(
            context, keys, position, behalf, by, preview=is_preview, form_key="" if is_preview else opened.token
        )
        return [done[key] for key in keys]
    commands = tuple(
        ActCommand(
            task.id, opened.act, stated, position, behalf, task.version,
            idempotency_key="" if is_preview else f"{opened.token}-{number}",
        )
        for number, task in enumerate(tasks)
    )  # fmt: skip
    return perform_all(context, commands, by, preview=is_preview)


def _actor(act: Act, choice: str) -> Actor:
    """The position that was chosen. InputError for one that was never offered."""
    for actor in act_actors(service(DirectiveContext), act, principal()):
        if actor_value(actor) == choice:
            return actor
    raise InputError("unknown position")
