"""The command that confirms due dates which were inferred from words of a document."""

from dataclasses import replace

from ioc.directives.context import DirectiveContext
from ioc.directives.documents import require_document_actor
from ioc.directives.visibility import is_visible
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.directive import Document
from ioc.domain.directives.positions import DocumentAct
from ioc.domain.directives.task_numbers import TaskNumbers, number_of_tasks
from ioc.storage.db import change_counter
from ioc.storage.directives import documents


def inferred_dues(document: Document) -> str:
    """The inferred due dates of a document, by task: what its page shows, and whoever confirms them has seen."""
    return "; ".join(f"{task.key}: {task.due:%d/%m/%Y}" for task in document.tasks if task.is_due_inferred)


def confirm_dues(
    context: DirectiveContext, key: str, shown: str, position: str, principal: Principal, *, on_behalf_of: str = ""
) -> TaskNumbers:
    """Confirms all inferred due dates of a document; returns of how many tasks. The words stay beside them.

    `shown`: `inferred_dues` as who confirms has seen them. PermissionDeniedError; ActError (UNKNOWN_DOCUMENT;
    EXTERNAL_MASTER; DUES_CHANGED: somebody has changed or confirmed them since; NOT_OPEN: there is none).
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        actor = require_document_actor(conn, principal, position, on_behalf_of, DocumentAct.ENTER, context.today())
        document = documents.find_document(conn, key)
        if document is None or not is_visible(conn, context, (actor.position, actor.acting), document):
            raise ActError(ActCode.UNKNOWN_DOCUMENT, key=key[:120])
        if document.master:
            raise ActError(ActCode.EXTERNAL_MASTER, master=document.master)
        what = inferred_dues(document)
        if what != shown:
            raise ActError(ActCode.DUES_CHANGED)
        if not what:
            raise ActError(ActCode.NOT_OPEN)
        tasks = tuple(replace(task, is_due_confirmed=True) if task.is_due_inferred else task for task in document.tasks)
        documents.put_document(conn, replace(document, tasks=tasks), now)
        context.write_entry(conn, principal, "directive-due-confirmed", key, what, actor.on_behalf_of)
    return number_of_tasks(task for task in document.tasks if task.is_due_inferred)
