"""Which documents and tasks somebody sees, as lists and counts ask for it in SQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, false, or_, select

from ioc.domain.directives.directive import Visibility
from ioc.storage.db.dialect import json_list_has, json_text
from ioc.storage.directives.schema import (
    OPEN_END_MS,
    directive_document,
    directive_interval,
    directive_open_item,
    directive_task,
    directive_task_body,
)

_I, _T, _D, _B = directive_interval.c, directive_task.c, directive_document.c, directive_task_body.c


@dataclass(frozen=True, slots=True)
class ReadAccess:
    """What somebody sees: all, or the documents of these `visibilities`; besides, the restricted `documents` (numbers
    of their rows), and the tasks on which one of `agencies` is asked.
    """

    visibilities: tuple[str, ...] = ()
    documents: tuple[int, ...] = ()
    agencies: tuple[str, ...] = ()

    def of_documents(self) -> ColumnElement[bool]:
        """The documents that are seen, where visibilities are named."""
        return or_(_D.visibility.in_(self.visibilities), _D.id.in_(_listed(self.documents)))

    def of_asked(self, task_id: ColumnElement[int]) -> ColumnElement[bool]:
        """The tasks that are seen by who is asked on them."""
        return task_id.in_(tasks_asked_of(self.agencies))


FULL_ACCESS = ReadAccess()


def tasks_asked_of(agencies: Sequence[str]) -> Select[Any]:
    """The numbers of the tasks on which one of these agencies is asked, and has not answered."""
    return select(directive_open_item.c.task_id).where(directive_open_item.c.agency.in_(agencies))


def concerned_documents(
    conn: Connection, agencies: Collection[str], masters: Collection[str], keys: Sequence[str] | None = None
) -> dict[int, str]:
    """The keys of the restricted documents that concern one of `agencies` or come from one of `masters`, by row.

    An agency is concerned that leads, holds or coordinates one of the tasks. `keys`: of these documents alone.
    """
    if not agencies and not masters:
        return {}
    restricted = _D.visibility == Visibility.AGENCIES_CONCERNED.value
    if keys is not None:
        restricted = and_(restricted, _D.key.in_(_listed(keys)))
    # Lists that depend on no row: PostgreSQL reads each once, also where it does not know how large the tables are.
    among = _T.document_id.in_(select(_D.id).where(restricted))
    held = or_(_I.holder.in_(agencies), _I.assigned_agency.in_(agencies))
    by_holder = select(_T.document_id).join_from(directive_task, directive_interval, _I.task_id == _T.id)
    # The names are looked for as a text first: few bodies have to be read.
    mentioned = or_(false(), *(_B.body.contains(f'"{agency}"', autoescape=True) for agency in agencies))
    named = or_(json_text(conn, _B.body, "lead").in_(agencies), json_list_has(conn, _B.body, "coordinating", agencies))
    by_name = select(_T.document_id).join_from(directive_task, directive_task_body, _B.task_id == _T.id)
    query = select(_D.id, _D.key).where(
        restricted,
        or_(
            _D.master.in_(masters),
            _D.id.in_(by_holder.where(_I.valid_to_ms == OPEN_END_MS, held, among)),
            _D.id.in_(by_name.where(mentioned, named, among)),
        ),
    )
    return {row.id: row.key for row in conn.execute(query)}


def _listed(values: Sequence[int] | Sequence[str]) -> Any:
    """However many."""
    return bindparam(None, values, expanding=True, literal_execute=True)
