"""Documents of other systems: their ids become keys here. Two ids never share a key, however alike they are spelt."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import sha256

from ioc.directives.context import DirectiveContext, load_positions
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.slug import slugify
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.directive import Document
from ioc.domain.directives.positions import Position, Positions
from ioc.domain.events.personal_ids import is_personal_id
from ioc.storage.db.store import Conn
from ioc.storage.directives import documents

_MAX_KEY, _MAX_BEGINNING, _DIGEST = 100, 80, 32  # characters
_MARK = "--"  # before a digest: no slug has it, so that no id can be chosen whose key is that of another one


def system_titles(stored: Positions, day: date) -> dict[str, str]:
    """The titles of external systems, by the key under which they keep documents; those of `day` before others."""
    systems = (each for each in stored.by_key.values() if each.master)
    return {each.master: each.title for each in sorted(systems, key=lambda each: each.is_valid(day))}


def system_of(context: DirectiveContext, principal: Principal) -> Position:
    """The position of a system that the API key holds today.

    ActError: SYSTEM_POSITION_MISSING for who never held one, POSITION_NOT_VALID where it has ended or not begun.
    """
    require(principal, Action.ACT_ON_DIRECTIVES)
    with context.store.read() as conn:
        stored = load_positions(conn)
    day = context.today()
    held = [each for each in stored.by_key.values() if each.kind is PositionKind.SYSTEM and each.is_held_by(principal)]
    if valid := next((each for each in held if each.is_valid(day)), None):
        return valid
    if held:
        raise ActError(ActCode.POSITION_NOT_VALID, position=held[0].title)
    raise ActError(ActCode.SYSTEM_POSITION_MISSING, key=principal.name)


def key_positions(context: DirectiveContext, principal: Principal) -> dict[str, str]:
    """The titles of the positions that API keys hold today, by short name of the key. PermissionDeniedError."""
    require(principal, Action.ADMINISTER)
    with context.store.read() as conn:
        stored, day = load_positions(conn), context.today()
    systems = (each for each in stored.by_key.values() if each.kind is PositionKind.SYSTEM and each.is_valid(day))
    return {each.holder: each.title for each in systems}


def external_document_key(context: DirectiveContext, system: Position, document: str) -> str:
    """The key of a document by its id in the system of that position. ActError (UNKNOWN_DOCUMENT)."""
    with context.store.read() as conn:
        found = documents.find_external(conn, system.master, document)
    if found is None:
        raise ActError(ActCode.UNKNOWN_DOCUMENT, key=document[:120])
    return found.key


def external_task_key(context: DirectiveContext, system: Position, document: str, task: str) -> str:
    """The key of a task by its ids in the system of that position. ActError (UNKNOWN_TASK)."""
    with context.store.read() as conn:
        key = documents.external_task_key(conn, system.master, document, task)
    if key is None:
        raise ActError(ActCode.UNKNOWN_TASK, key=f"{document}/{task}"[:120])
    return key


def with_keys(conn: Conn, master: str, document: Document) -> Document:
    """`document` of the system `master` with the keys that it and its tasks have here, or get now.

    Its tasks name their orders (`part_of`) by external id. ActError for an unknown order, or an id that is missing or
    holds personal data.
    """
    ids = (document.external_id, *(task.external_id for task in document.tasks))
    if not all(ids):
        raise ActError(ActCode.FIELD_MISSING, field="external_id")
    if any(map(is_personal_id, ids)):
        raise ActError(ActCode.PERSONAL_ID, field="external_id")
    stored = documents.find_external(conn, master, document.external_id)
    key = stored.key if stored else _free_key(master, document.external_id, lambda key: _is_document(conn, key))
    keys = {task.external_id: task.key for task in stored.tasks} if stored else {}
    taken = set(keys.values())
    for task in document.tasks:
        if task.external_id not in keys:
            keys[task.external_id] = _free_key("", task.external_id, taken.__contains__)
            taken.add(keys[task.external_id])
    unknown = next((task.part_of for task in document.tasks if task.part_of and task.part_of not in keys), None)
    if unknown is not None:
        raise ActError(ActCode.UNKNOWN_TASK, key=unknown)
    tasks = (replace(task, key=keys[task.external_id], part_of=keys.get(task.part_of, "")) for task in document.tasks)
    return replace(document, key=key, tasks=tuple(tasks))


def _is_document(conn: Conn, key: str) -> bool:
    return documents.find_header(conn, key) is not None


def _free_key(master: str, external_id: str, is_taken: Callable[[str], bool]) -> str:
    """The id as a slug; with a digest of it where the slug says nothing, was cut, or is another's."""
    slug, base = slugify(external_id, _MAX_KEY + 1), slugify(master)
    key = "-".join(filter(None, (base, slug)))
    if slug and len(key) <= _MAX_KEY and not is_taken(key):
        return key
    digest = sha256(f"{master}\0{external_id}".encode()).hexdigest()[:_DIGEST]
    return f"{key[:_MAX_BEGINNING].strip('-')}{_MARK}{digest}"
